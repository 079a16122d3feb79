package triggers

// Patterns: what is looked for in a text, in Java's regular expressions.

import (
	"context"
	"errors"
	"strconv"

	"temporal-twilio/javaregex"
)

// Steps of the engine, of which a machine does about 30 in a microsecond.
const (
	// freeSteps are what each pattern has for itself: those that people write end
	// within a few hundred.
	freeSteps = 20_000
	// textSteps are what all patterns have together for one text beyond that: one
	// that repeats inside repetitions takes them all, and 40 of them no more.
	textSteps = 5_000_000
)

// pattern is a compiled pattern.
type pattern struct {
	// compiled has freeSteps.
	compiled *javaregex.Pattern
	// full says that the whole text must match, and not a part of it.
	full bool
	// groups are all keys of matchGroups.
	groups []string
}

func compilePattern(source string, full bool) (*pattern, error) {
	compiled, err := javaregex.CompileLimits(source, 0, javaregex.Limits{Steps: freeSteps})
	if err != nil {
		return nil, err
	}
	p := &pattern{compiled: compiled, full: full}
	for i, name := range compiled.GroupNames()[1:] {
		if name != "" {
			p.groups = append(p.groups, name)
		}
		p.groups = append(p.groups, strconv.Itoa(i+1))
	}
	return p, nil
}

// budget is what is left of a text's textSteps.
type budget int

// match holds the pattern against a text. A group that took no part is null. The
// budget may be shared by all patterns that are held against the text; one that
// needs more than is left of it fails, and takes nothing from those that need
// none.
func (p *pattern) match(ctx context.Context, text string, left *budget) (groups map[string]*string, found bool, err error) {
	match, err := p.find(ctx, text, left)
	if err != nil || match == nil {
		return nil, false, err
	}
	return match.Groups(), true, nil
}

// find tries with ever more steps: the engine does not say how many it took, so
// a try counts as all that it had.
func (p *pattern) find(ctx context.Context, text string, left *budget) (*javaregex.Match, error) {
	match, err := p.try(ctx, text, p.compiled)
	for steps := min(4*freeSteps, *left); exceeded(err) && steps > 0; steps = min(4*steps, *left) {
		*left -= steps
		match, err = p.try(ctx, text, p.compiled.WithLimits(javaregex.Limits{Steps: int(steps)}))
	}
	return match, err
}

func (p *pattern) try(ctx context.Context, text string, limited *javaregex.Pattern) (*javaregex.Match, error) {
	if p.full {
		return limited.Matches(ctx, text)
	}
	return limited.Find(ctx, text)
}

func exceeded(err error) bool {
	over := (*javaregex.BudgetError)(nil)
	return errors.As(err, &over) && over.Budget == javaregex.BudgetSteps
}

// takes reports whether the pattern matches a text that is held against it alone.
func (p *pattern) takes(ctx context.Context, text string) bool {
	left := budget(textSteps)
	match, err := p.find(ctx, text, &left)
	return err == nil && match != nil
}
