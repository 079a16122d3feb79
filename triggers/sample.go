package triggers

// Samples are texts that a pattern matches, generated from the pattern.

import (
	"context"
	"regexp"
	"regexp/syntax"
	"strings"
)

const (
	// maxSamples limits how many texts are generated for a pattern.
	maxSamples = 12
	// maxSampleLength limits the length of each text. No inbound text is
	// longer.
	maxSampleLength = 1600
)

// Syntax of Java's patterns that Go lacks, and that can be ignored when
// generating a text: possessive quantifiers, atomic groups, lookaround.
var (
	possessive = regexp.MustCompile(`([+*?}])\+`)
	grouping   = strings.NewReplacer("(?>", "(?:")
	lookaround = regexp.MustCompile(`\(\?<?[=!][^()]*\)`)
)

// Examples returns a text for each trigger, for people to try. It leaves out
// triggers whose pattern is too complex.
func (s *Set) Examples(ctx context.Context) []string {
	examples := []string{}
	for _, t := range s.triggers {
		samples := t.samples(ctx)
		if len(samples) == 0 || strings.TrimSpace(samples[0]) == "" {
			continue
		}
		example := samples[0]
		if typed := strings.TrimSpace(example); t.pattern.matchesAlone(ctx, typed) {
			example = typed
		}
		// All examples use the same number, so that "cancel 42" is
		// about "Order Number 42".
		if start := strings.TrimRight(example, "x7"); start != example && t.pattern.matchesAlone(ctx, start+"42") {
			example = start + "42"
		}
		examples = append(examples, example)
	}
	return examples
}

// samples returns texts that the trigger matches, or none if its pattern is too
// complex. They are only examples of what it matches.
func (t *Trigger) samples(ctx context.Context) []string {
	source := lookaround.ReplaceAllString(grouping.Replace(possessive.ReplaceAllString(t.source, "$1")), "")
	tree, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return nil
	}
	var good []string
	for _, text := range expand(tree.Simplify(), 0) {
		if t.pattern.matchesAlone(ctx, text) {
			good = append(good, text)
		}
	}
	return good
}

// expand returns texts for a part of a pattern.
func expand(re *syntax.Regexp, depth int) []string {
	if depth > 50 {
		return nil
	}
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 { // Go stores such a literal in upper case
			return []string{strings.ToLower(string(re.Rune))}
		}
		return []string{string(re.Rune)}
	case syntax.OpCharClass:
		return []string{string(pick(re.Rune))}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return []string{"x", "7"}
	case syntax.OpCapture:
		return expand(re.Sub[0], depth+1)
	case syntax.OpStar, syntax.OpQuest:
		return limited(append(expand(re.Sub[0], depth+1), ""))
	case syntax.OpPlus:
		return expand(re.Sub[0], depth+1)
	case syntax.OpRepeat:
		return repeat(expand(re.Sub[0], depth+1), re.Min)
	case syntax.OpConcat:
		texts := []string{""}
		for _, sub := range re.Sub {
			texts = join(texts, expand(sub, depth+1))
		}
		return texts
	case syntax.OpAlternate:
		var texts []string
		for _, sub := range re.Sub {
			texts = append(texts, expand(sub, depth+1)...)
		}
		return limited(texts)
	case syntax.OpNoMatch:
		return nil
	default: // anchors and boundaries match no text
		return []string{""}
	}
}

// pick returns a character from the ranges, preferably one that people would
// type.
func pick(ranges []rune) rune {
	for _, wanted := range "x7A -" {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= wanted && wanted <= ranges[i+1] {
				return wanted
			}
		}
	}
	if len(ranges) == 0 {
		return 'x'
	}
	return ranges[0]
}

func repeat(texts []string, times int) []string {
	all := []string{""}
	for range min(times, maxSampleLength) {
		all = join(all, texts)
	}
	return all
}

// join returns each start followed by each end, within the limits.
func join(starts, ends []string) []string {
	var all []string
	for _, end := range ends {
		for _, start := range starts {
			if len(start)+len(end) <= maxSampleLength {
				all = append(all, start+end)
			}
		}
	}
	return limited(all)
}

func limited(texts []string) []string { return texts[:min(len(texts), maxSamples)] }
