package triggers

// Near misses explain why a trigger does not fire for a text, and how its
// pattern could be improved.

import (
	"context"
	"fmt"
	"math/bits"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"temporal-twilio/sms"
)

// Near is a trigger that almost fires.
type Near struct {
	Trigger string `json:"trigger"`
	// Says is the condition under which the trigger would fire.
	Says string `json:"says"`
}

// easings are the ways in which a match may be relaxed.
var easings = []struct {
	says string
	ease func(string) string // nil: ignore case
}{
	{"the text had no invisible characters", visible},
	{"the text had no leading or trailing spaces", strings.TrimSpace},
	{"the text had single spaces", func(text string) string { return spaces.ReplaceAllString(text, " ") }},
	{"case were ignored; begin the pattern with (?iu)", nil},
}

var spaces = regexp.MustCompile(`[\s\p{Zs}]{2,}`)

// visible removes invisible characters, and replaces special spaces with
// ordinary ones.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Zs, r):
			return ' '
		case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r):
			return -1
		}
		return r
	}, text)
}

// NearMisses finds the triggers that a message almost fires, and what keeps
// each of them from firing.
func (s *Set) NearMisses(ctx context.Context, message sms.Inbound) []Near {
	var near []Near
	event := s.Event(message)
	for _, t := range s.triggers {
		says := ""
		taken := t.matchesQuickly(ctx, message.Body, false)
		switch {
		case taken && message.Reaction() != nil && !t.reactions:
			says = fmt.Sprintf("it had reactions: true: the text is the reaction %s", message.Reaction().Emoji)
		case taken && !s.meant(t, message):
			says = fmt.Sprintf("its event were %s", event)
		case taken && len(t.to) > 0 && !slices.Contains(t.to, message.To):
			says = "the text went to one of the numbers listed under to:"
		case taken && t.account != "" && t.account != message.AccountSID:
			says = "the text went to its account"
		case taken && t.condition != nil:
			says = "its condition held"
		case !taken && s.meant(t, message):
			says = t.eased(ctx, message.Body)
		}
		if says != "" {
			near = append(near, Near{t.Name, "would fire if " + says})
		}
	}
	return near
}

// eased describes the smallest set of easings that makes the pattern match. If
// there is none, but the pattern matches a part of the text, it says that.
// Otherwise, it returns "".
func (t *Trigger) eased(ctx context.Context, body string) string {
	subsets := make([]uint, 0, 1<<len(easings))
	for set := uint(1); set < 1<<len(easings); set++ {
		subsets = append(subsets, set)
	}
	slices.SortStableFunc(subsets, func(a, b uint) int { return bits.OnesCount(a) - bits.OnesCount(b) })
	for _, set := range subsets {
		text, anyCase, says := body, false, []string(nil)
		for i, easing := range easings {
			if set&(1<<i) == 0 {
				continue
			}
			says = append(says, easing.says)
			if easing.ease == nil {
				anyCase = true
			} else {
				text = easing.ease(text)
			}
		}
		if t.matchesQuickly(ctx, text, anyCase) {
			return strings.Join(says, ", and ")
		}
	}
	if part := (&pattern{compiled: t.pattern.compiled}); t.pattern.full {
		if match, err := part.try(ctx, body, part.compiled); err == nil && match != nil {
			return "the text were only a part of it: the pattern must match the whole text"
		}
	}
	return ""
}

// matchesQuickly reports whether the pattern matches within freeSteps. If
// anyCase is true, case is ignored.
func (t *Trigger) matchesQuickly(ctx context.Context, text string, anyCase bool) bool {
	p := t.pattern
	if anyCase {
		var err error
		if p, err = compilePattern("(?iu)"+t.source, t.pattern.full); err != nil {
			return false
		}
	}
	match, err := p.try(ctx, text, p.compiled)
	return err == nil && match != nil
}

var (
	oneWord = regexp.MustCompile(`^\pL+$`)
	ends    = regexp.MustCompile(`[^\\*]\$$`)
	classes = regexp.MustCompile(`\\[wWbB]`)
)

// Hints suggests changes to patterns that probably do not match what their
// authors mean, given how people write texts. A hint does not mean that there
// is a mistake.
func (s *Set) Hints(ctx context.Context) []Finding {
	var hints []Finding
	for _, t := range s.triggers {
		say := func(format string, args ...any) {
			hints = append(hints, Finding{t.File, t.Line, t.Name, fmt.Sprintf(format, args...)})
		}
		samples := t.samples(ctx)
		if len(samples) == 0 {
			continue
		}
		bare := strings.TrimPrefix(t.source, "(?i)")
		if text := "is " + samples[0] + " meant?"; oneWord.MatchString(bare) && t.matchesQuickly(ctx, text, false) {
			say("it also fires for %q; for the word alone, write %s^\\s*%s\\s*$", text, strings.TrimSuffix(t.source, bare), bare)
		}
		if ends.MatchString(t.source) && !t.matchesQuickly(ctx, samples[0]+" ", false) {
			say("it does not fire for %q, with the trailing space that keyboards add; end the pattern with \\s*$", samples[0]+" ")
		}
		if classes.MatchString(t.source) && !strings.Contains(t.source, "(?U") && !strings.Contains(t.source, "U)") {
			say("in Java, \\w and \\b treat only ASCII letters as parts of a word, so Zoë is not a word; write (?U) before the pattern")
		}
	}
	return hints
}
