package triggers

// Patterns are Java regular expressions that say what to look for in a text.

import (
	"context"
	"errors"
	"strconv"

	"temporal-twilio/javaregex"
)

// Budgets, in steps of the engine, which executes about 30 steps per
// microsecond.
const (
	// freeSteps is the budget of each pattern. Patterns that people write need
	// a few hundred steps.
	freeSteps = 20_000
	// textSteps is the budget that all patterns share for one text, in addition
	// to freeSteps. It bounds the cost of patterns with nested repetitions,
	// however many there are.
	textSteps = 5_000_000
)

// pattern is a compiled pattern.
type pattern struct {
	// compiled is limited to freeSteps.
	compiled *javaregex.Pattern
	// full is true if the whole text must match, not only a part of it.
	full bool
	// groups lists all keys of matchGroups.
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

// match matches a text. A group that did not participate is null. All patterns
// that the text is matched with may share the budget. A pattern that needs more
// than is left fails, but does not affect patterns that stay within freeSteps.
func (p *pattern) match(ctx context.Context, text string, left *budget) (groups map[string]*string, found bool, err error) {
	match, err := p.find(ctx, text, left)
	if err != nil || match == nil {
		return nil, false, err
	}
	return match.Groups(), true, nil
}

// find tries the pattern with more and more steps, until they suffice or the
// budget is used up. The engine does not report how many steps it took, so find
// deducts all steps that it allowed for a try from the budget.
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

// matchesAlone reports whether the pattern matches a text, with the whole
// budget for itself.
func (p *pattern) matchesAlone(ctx context.Context, text string) bool {
	left := budget(textSteps)
	match, err := p.find(ctx, text, &left)
	return err == nil && match != nil
}
