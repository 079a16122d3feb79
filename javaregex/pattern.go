package javaregex

// This file contains the API: patterns, searches and matches.

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Flags are the flags of java.util.regex.Pattern, with the same values.
type Flags int

// The flags, each with the letter that sets it inside a pattern.
const (
	UnixLines             Flags = 0x01  // (?d): only \n ends a line
	CaseInsensitive       Flags = 0x02  // (?i): ASCII letters match in either case
	Comments              Flags = 0x04  // (?x): white space and #… in the pattern are ignored
	Multiline             Flags = 0x08  // (?m): ^ and $ match at every line
	Literal               Flags = 0x10  // the pattern is plain text
	DotAll                Flags = 0x20  // (?s): . also matches line terminators
	UnicodeCase           Flags = 0x40  // (?u): (?i) applies to all letters
	CanonEq               Flags = 0x80  // canonical equivalence: refused
	UnicodeCharacterClass Flags = 0x100 // (?U): \w, \d, \s, \b and POSIX classes are Unicode's; sets UnicodeCase

	allFlags = 0x1ff
)

// SyntaxError says why a pattern is not valid in Java.
type SyntaxError struct {
	// Index is the byte offset in the pattern at which Java reports the error,
	// or -1 if the error has no position.
	Index int
	// Message says what is wrong and what to write instead.
	Message string
}

func (e *SyntaxError) Error() string {
	if e.Index < 0 {
		return "javaregex: " + e.Message
	}
	return fmt.Sprintf("javaregex: %s near index %d", e.Message, e.Index)
}

// Pattern is a compiled pattern. It is immutable and safe for concurrent use.
type Pattern struct {
	source string
	limits Limits
	prog   *program
}

// Compile compiles a pattern with no flags and DefaultLimits. The error is a *SyntaxError.
func Compile(pattern string) (*Pattern, error) { return CompileFlags(pattern, 0) }

// CompileFlags is like Compile, but with flags that apply from the start of the
// pattern. CanonEq is refused.
func CompileFlags(pattern string, flags Flags) (*Pattern, error) {
	return CompileLimits(pattern, flags, DefaultLimits)
}

// CompileLimits is like CompileFlags, but with other limits.
func CompileLimits(pattern string, flags Flags, limits Limits) (*Pattern, error) {
	limits = limits.withDefaults()
	tree, err := parse(pattern, flags, limits)
	if err != nil {
		return nil, err
	}
	return newPattern(pattern, limits, compile(tree)), nil
}

// WithLimits returns the same pattern with other limits for each call. It costs
// one small allocation; nothing is compiled again.
func (p *Pattern) WithLimits(limits Limits) *Pattern {
	return newPattern(p.source, limits.withDefaults(), p.prog)
}

func newPattern(source string, limits Limits, prog *program) *Pattern {
	return &Pattern{source: source, limits: limits, prog: prog}
}

// String returns the pattern as it was passed to Compile.
func (p *Pattern) String() string { return p.source }

// GroupCount returns the number of capturing groups, not counting group 0, the whole match.
func (p *Pattern) GroupCount() int { return p.prog.groups - 1 }

// GroupNames returns the name of each group from 0 on, or "" for a group
// without a name.
func (p *Pattern) GroupNames() []string {
	names := make([]string, p.prog.groups)
	for name, group := range p.prog.names {
		names[group] = name
	}
	return names
}

// Find returns the first match in input, as Matcher.find() does, or nil if
// there is none. The error is a *BudgetError, or the context's.
func (p *Pattern) Find(ctx context.Context, input string) (match *Match, err error) {
	// This method is small enough to be inlined into the caller: a match that
	// the caller does not keep is then not allocated.
	var found result
	if p.find(ctx, input, 0, &found, &err) {
		match = &Match{found}
	}
	return
}

// FindFrom returns the first match that starts at byte start or later, as
// Matcher.find(int) does except that \G matches at start: anchors and
// lookbehind see the whole input. A start outside of the input finds nothing;
// one inside a character is moved to the next.
func (p *Pattern) FindFrom(ctx context.Context, input string, start int) (match *Match, err error) {
	if start < 0 || start > len(input) {
		return nil, nil
	}
	for start < len(input) && !utf8.RuneStart(input[start]) {
		start++
	}
	var found result
	if p.find(ctx, input, start, &found, &err) {
		match = &Match{found}
	}
	return match, err
}

// Matches returns the match of the whole input, as Matcher.matches() does, or nil.
func (p *Pattern) Matches(ctx context.Context, input string) (match *Match, err error) {
	var found result // as in Find
	if p.find(ctx, input, wholeInput, &found, &err) {
		match = &Match{found}
	}
	return
}

// MatchesWhole reports whether the whole input matches, as Matcher.matches()
// does. It does not allocate for most patterns.
func (p *Pattern) MatchesWhole(ctx context.Context, input string) (found bool, err error) {
	var match result
	found = p.find(ctx, input, wholeInput, &match, &err)
	return found, err
}

// FindAll returns the matches that repeated calls of Matcher.find() find: each
// search starts where the previous match ended, or one character further if
// that match was empty. A limit of 0 or less means all. If a budget or the
// context ends the search, it returns the matches so far with the error.
func (p *Pattern) FindAll(ctx context.Context, input string, limit int) ([]*Match, error) {
	var (
		space  workspace
		groups [10]int32
		m      machine
		all    []*Match
	)
	m.stack, m.barriers, m.locals, m.groups = space.stack[:], space.barriers[:], space.locals[:], groups[:]
	if err := m.begin(ctx, p, input); err != nil {
		return nil, err
	}
	for start, last := 0, 0; start <= len(input); {
		found, err := p.next(ctx, &m, start, last)
		if err != nil || !found {
			return all, err
		}
		if len(all)*matchBytes > p.limits.Output {
			return all, &BudgetError{BudgetOutput, p.limits.Output}
		}
		match := &Match{result{pattern: p, input: input}}
		if copy(match.few[:], m.groups) < len(m.groups) {
			many := slices.Clone(m.groups)
			match.many = &many
		}
		all = append(all, match)
		if len(all) == limit {
			break
		}
		start, last = m.after()
	}
	return all, nil
}

// matchBytes is the approximate size of a Match.
const matchBytes = 80

// after returns where the next search starts, and the position at which \G
// matches in that search.
func (m *machine) after() (start, last int) {
	last = int(m.groups[1])
	start = last
	if int(m.groups[0]) == last {
		start += runeWidth(m.input, start)
	}
	return start, last
}

// Match is a match of a pattern. It shares the input's memory.
type Match struct{ result }

// result is a match in memory provided by find's caller.
type result struct {
	pattern *Pattern // nil if there is no match
	input   string
	few     [10]int32 // start and end of each group; -1 if it did not participate
	many    *[]int32  // the same, if there are more groups than few can hold
}

// bounds returns the start and the end of group i.
func (m *Match) bounds(i int) (start, end int) {
	switch {
	case i < 0 || i > m.GroupCount():
		return -1, -1
	case m.many != nil:
		return int((*m.many)[2*i]), int((*m.many)[2*i+1])
	}
	return int(m.few[2*i]), int(m.few[2*i+1])
}

// Start returns the byte offset at which the match starts.
func (m *Match) Start() int { return m.GroupStart(0) }

// End returns the byte offset after the match.
func (m *Match) End() int { return m.GroupEnd(0) }

// GroupCount returns the number of capturing groups of the pattern, not counting group 0.
func (m *Match) GroupCount() int { return m.pattern.GroupCount() }

// GroupStart returns the byte offset at which group i starts, or -1 if it did
// not participate or does not exist.
func (m *Match) GroupStart(i int) int {
	start, _ := m.bounds(i)
	return start
}

// GroupEnd returns the byte offset after group i, or -1 if it did not
// participate or does not exist.
func (m *Match) GroupEnd(i int) int {
	_, end := m.bounds(i)
	return end
}

// Group returns the text of group i, 0 being the whole match, and whether it
// participated. A group that does not exist did not.
func (m *Match) Group(i int) (string, bool) {
	start, end := m.bounds(i)
	if start < 0 {
		return "", false
	}
	return m.input[start:end], true
}

// Named returns the text of each named group that participated.
func (m *Match) Named() map[string]string {
	named := make(map[string]string, len(m.pattern.prog.names))
	for name, group := range m.pattern.prog.names {
		if text, ok := m.Group(group); ok {
			named[name] = text
		}
	}
	return named
}

// wholeInput is passed as the start of a search to require a match of the whole
// input.
const wholeInput = -1

// find makes one search from start on, where \G matches, with its own budget.
func (p *Pattern) find(ctx context.Context, input string, start int, found *result, err *error) bool {
	// The machine's memory is set here, because the compiler would move it to
	// the heap if a method set it.
	var m machine
	if p.prog.small {
		var space struct {
			stack  [6]frame
			locals [4]int32
		}
		m.stack, m.locals = space.stack[:], space.locals[:]
	} else {
		var space workspace
		m.stack, m.barriers, m.locals = space.stack[:], space.barriers[:], space.locals[:]
	}
	m.groups = found.few[:]
	if *err = m.begin(ctx, p, input); *err != nil {
		return false
	}
	ok, fault := p.next(ctx, &m, start, max(start, 0))
	if !ok {
		*err = fault
		return false
	}
	found.pattern, found.input = p, input
	if len(m.groups) > len(found.few) {
		many := slices.Clone(m.groups) // keeping m.groups would move the machine to the heap
		found.many = &many
	}
	return true
}

// next makes one search with a machine on which begin has been called. The
// groups of the match are in m.
func (p *Pattern) next(ctx context.Context, m *machine, start, last int) (bool, error) {
	m.last, m.accepted = int32(last), int32(last)
	if p.prog.usesLastMatch {
		m.memo = nil // remembered failures may not hold for the next search
	}
	found := false
	if m.whole = start == wholeInput; m.whole {
		found = m.matchAll()
	} else {
		found = m.search(start) >= 0
	}
	if m.ended == "" {
		return found, nil
	}
	return false, p.ending(ctx, m.ended)
}

// ending returns the error of a match that a budget has ended.
func (p *Pattern) ending(ctx context.Context, budget Budget) error {
	switch budget {
	case BudgetSteps:
		return &BudgetError{BudgetSteps, p.limits.Steps}
	case BudgetTime:
		return &BudgetError{BudgetTime, int(p.limits.Time.Milliseconds())}
	case BudgetMemory:
		return &BudgetError{BudgetMemory, p.limits.Memory}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return context.DeadlineExceeded // the context's timer has not fired yet
}
