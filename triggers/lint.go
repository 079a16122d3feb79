package triggers

// Lint finds triggers that load, but probably do not do what their author
// wants.

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"temporal-twilio/sms"
)

// Finding is a likely mistake in a trigger, or a hint about it.
type Finding struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Trigger string `json:"trigger"`
	Message string `json:"message"`
}

func (f Finding) String() string {
	return fmt.Sprintf("%s:%d: trigger %q: %s", f.File, f.Line, f.Trigger, f.Message)
}

// maxTries limits how often Lint matches one trigger's texts against another's
// pattern, so that Lint takes a few seconds in total.
const maxTries = 5_000_000

// Lint looks for triggers that never fire, that fire together, that take too
// long or whose failures go unnoticed. It tries texts generated from the
// patterns, so each finding is correct, but some problems may be missed. In a
// set of more than 645 triggers, it tries fewer of each trigger's texts on the
// others.
func (s *Set) Lint(ctx context.Context) []Finding {
	findings := slices.Clone(s.warnings)
	say := func(t *Trigger, format string, args ...any) {
		findings = append(findings, Finding{t.File, t.Line, t.Name, fmt.Sprintf(format, args...)})
	}
	samples := make([][]string, len(s.triggers))
	tried := min(maxSamples, max(1, maxTries/max(1, len(s.triggers)*len(s.triggers))))
	for i, t := range s.triggers {
		samples[i] = t.samples(ctx)
		if t.slow(ctx, samples[i]) {
			say(t, "the pattern exceeds its budget on a long text, which makes the trigger fail; avoid nested repetitions")
		}
		if words, event := s.unheard(t, samples[i]); len(words) == len(samples[i]) && len(words) > 0 && !t.pattern.matchesAlone(ctx, "x "+words[0]+" x") {
			say(t, "it never fires: all texts that it matches are %s, a separate event; set event: %s", event, event)
		} else if len(words) > 0 {
			say(t, "it never fires for %s: Twilio handles that text as %s, a separate event; add a trigger with event: %s, or list this number's own keywords under keywords:", quotedList(words), event, event)
		}
		if text, name := t.incomplete(ctx, samples[i]); name != "" {
			say(t, "it fails for %q: the workflow ID needs ${%s}, and this text has none; make the group mandatory, or leave it out of the ID", text, name)
		}
		if t.event == sms.EventReceived && t.echoError.text(&Event{}) == "" && !t.retry {
			say(t, "the sender may never learn that publishing failed; add an echoError, or onPublishError: retry")
		}
	}
	for i, later := range s.triggers {
		if by := s.hiddenBy(ctx, i, samples[i]); by != nil {
			say(later, "it never fires: trigger %q at line %d matches %q first and stops", by.Name, by.Line, samples[i][0])
			continue
		}
		for j, earlier := range s.triggers[:i] {
			if earlier.stop || !earlier.meets(later) {
				continue
			}
			text, both := s.first(ctx, later, samples[j][:min(tried, len(samples[j]))])
			if !both {
				text, both = s.first(ctx, earlier, samples[i][:min(tried, len(samples[i]))])
			}
			if both {
				say(later, "it fires together with trigger %q at line %d, for example for %q; to fire only one of them, set stop: true on the first", earlier.Name, earlier.Line, text)
			}
		}
	}
	return findings
}

// slow reports whether the pattern exceeds the budget on a long text that
// repeats a sample or a common character.
func (t *Trigger) slow(ctx context.Context, samples []string) bool {
	for _, seed := range append([]string{"a", "1", " "}, samples...) {
		if seed == "" {
			continue
		}
		long := strings.Repeat(seed, maxSampleLength/len(seed)+1)[:maxSampleLength-1] + "!"
		left := budget(textSteps)
		if _, err := t.pattern.find(ctx, strings.ToValidUTF8(long, ""), &left); err != nil {
			return true
		}
	}
	return false
}

// incomplete returns a sample that matches the trigger but leaves a part of its
// workflow ID without a value, and the name of that part.
func (t *Trigger) incomplete(ctx context.Context, samples []string) (text, name string) {
	for _, text := range samples {
		left := budget(textSteps)
		groups, _, _ := t.pattern.match(ctx, text, &left)
		e := newEvent(t.Name, t.secret, sms.Inbound{
			MessageSID: "SM", AccountSID: "AC", MessagingServiceSID: "MG", From: "+1", To: "+1", Event: t.event, Body: text,
		}, groups)
		if name := t.missing(&e); name != "" {
			return text, name
		}
	}
	return "", ""
}

// unheard returns the samples that never reach an ordinary trigger, because
// each of its numbers treats them as another event, such as an opt-out. event
// is the event that the first such sample becomes.
func (s *Set) unheard(t *Trigger, samples []string) (words []string, event sms.EventKind) {
	if t.event != sms.EventReceived {
		return nil, ""
	}
	for _, text := range samples {
		if s.hears(t, text) || slices.Contains(words, text) {
			continue
		}
		if len(words) == 0 {
			event = s.Event(sms.Inbound{To: s.numbers(t)[0], Body: text})
		}
		words = append(words, text)
	}
	return words, event
}

// hears reports whether a text to any of the trigger's numbers is the event
// that the trigger is for.
func (s *Set) hears(t *Trigger, text string) bool {
	return slices.ContainsFunc(s.numbers(t), func(number string) bool { return s.meant(t, sms.Inbound{To: number, Body: text}) })
}

// numbers returns the trigger's numbers. For a trigger without any, it returns
// all numbers that have keywords of their own, and "" for the rest.
func (s *Set) numbers(t *Trigger) []string {
	if len(t.to) > 0 {
		return t.to
	}
	return append([]string{""}, slices.Sorted(maps.Keys(s.keywords))...)
}

func quotedList(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = strconv.Quote(word)
	}
	return strings.Join(quoted, ", ")
}

// hiddenBy returns an earlier trigger that matches all samples of this one and
// stops the triggers after it.
func (s *Set) hiddenBy(ctx context.Context, i int, samples []string) *Trigger {
	if len(samples) == 0 {
		return nil
	}
	for _, earlier := range s.triggers[:i] {
		if !earlier.stop || earlier.condition != nil || !earlier.covers(s.triggers[i]) {
			continue
		}
		all := true
		for _, text := range samples {
			all = all && earlier.pattern.matchesAlone(ctx, text)
		}
		if all {
			return earlier
		}
	}
	return nil
}

// covers reports whether a trigger applies wherever another one does: to its
// event, its account and each of its numbers.
func (t *Trigger) covers(other *Trigger) bool {
	if t.event != other.event || t.account != "" && t.account != other.account {
		return false
	}
	if len(t.to) == 0 {
		return true
	}
	for _, number := range other.to {
		if !slices.Contains(t.to, number) {
			return false
		}
	}
	return len(other.to) > 0
}

// meets reports whether a text may reach both triggers. It returns false if
// either has a condition, which may decide between them.
func (t *Trigger) meets(other *Trigger) bool {
	if t.event != other.event || t.condition != nil || other.condition != nil || t.account != "" && other.account != "" && t.account != other.account {
		return false
	}
	return len(t.to) == 0 || len(other.to) == 0 || slices.ContainsFunc(t.to, func(number string) bool { return slices.Contains(other.to, number) })
}

// first returns the first of the given texts that the trigger matches.
func (s *Set) first(ctx context.Context, t *Trigger, texts []string) (string, bool) {
	for _, text := range texts {
		if text == "" || !s.hears(t, text) {
			continue
		}
		if t.pattern.matchesAlone(ctx, text) {
			return text, true
		}
	}
	return "", false
}

// TaskQueues returns the task queues on which triggers start workflows, with
// the triggers that name them.
func (s *Set) TaskQueues() map[string][]*Trigger {
	queues := map[string][]*Trigger{}
	for _, t := range s.triggers {
		switch a := t.action.(type) {
		case *start:
			queues[a.taskQueue] = append(queues[a.taskQueue], t)
		case *signalWithStart:
			queues[a.start.taskQueue] = append(queues[a.start.taskQueue], t)
		}
	}
	return queues
}
