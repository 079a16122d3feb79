package triggers

// Patterns: what is looked for in a text, in Java's regular expressions.

import (
	"context"
	"strconv"
	"time"

	"temporal-twilio/javaregex"
)

// matchTimeout bounds the match of one pattern beside the engine's budget of
// steps, on a machine that has no time for it. Twilio waits 15 s in all.
const matchTimeout = 500 * time.Millisecond

// pattern is a compiled pattern.
type pattern struct {
	compiled *javaregex.Pattern
	// find is the engine's way to match: anywhere, or the whole text.
	find func(context.Context, string) (*javaregex.Match, error)
	// groups are all keys of matchGroups.
	groups []string
}

func compilePattern(source string, full bool) (*pattern, error) {
	compiled, err := javaregex.Compile(source)
	if err != nil {
		return nil, err
	}
	p := &pattern{compiled: compiled, find: compiled.Find}
	if full {
		p.find = compiled.Matches
	}
	for i, name := range compiled.GroupNames()[1:] {
		if name != "" {
			p.groups = append(p.groups, name)
		}
		p.groups = append(p.groups, strconv.Itoa(i+1))
	}
	return p, nil
}

// match holds the pattern against a text. A group that took no part is null.
func (p *pattern) match(ctx context.Context, text string) (groups map[string]*string, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, matchTimeout)
	defer cancel()
	match, err := p.find(ctx, text)
	if err != nil || match == nil {
		return nil, false, err
	}
	return match.Groups(), true, nil
}
