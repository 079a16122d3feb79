package freemarker

// Built-ins that take a regular expression or a plain string.

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"temporal-twilio/freemarker/internal/javatext/locale"
	"temporal-twilio/javaregex"
)

func init() {
	regexMethod := func(lo, hi int, f func(e *env, n *builtinNode, s string, args []Value) (Value, error)) builtin {
		b := stringMethod(lo, hi, f)
		b.strings = true
		return b
	}
	define("matches", regexMethod(1, 2, matches))
	define("replace", regexMethod(2, 3, replace))
	define("split", regexMethod(1, 2, split))
	define("groups", builtin{eval: groups})
	define("keep_after", stringMethod(1, 2, keepPart))
	define("keep_after_last", stringMethod(1, 2, keepPart))
	define("keep_before", stringMethod(1, 2, keepPart))
	define("keep_before_last", stringMethod(1, 2, keepPart))
	define("ensure_starts_with", stringMethod(1, 3, ensureStartsWith))
}

// regexFlags holds the flags that the letters in a built-in's flags argument
// set.
type regexFlags struct {
	java      javaregex.Flags
	regex     bool
	firstOnly bool
}

func (f regexFlags) ignoreCase() bool { return f.java&javaregex.CaseInsensitive != 0 }

func parseFlags(s string) regexFlags {
	var f regexFlags
	for _, c := range s {
		switch c {
		case 'i':
			f.java |= javaregex.CaseInsensitive
		case 'm':
			f.java |= javaregex.Multiline
		case 'c':
			f.java |= javaregex.Comments
		case 's':
			f.java |= javaregex.DotAll
		case 'r':
			f.regex = true
		case 'f':
			f.firstOnly = true
		}
	}
	return f
}

type patternKey struct {
	source string
	flags  javaregex.Flags
	output int // maximum length of a replacement's result, in bytes
}

// maxPattern is the maximum length of a pattern in bytes: compiling takes up to
// a microsecond per byte, and cannot be interrupted.
const maxPattern = 16 << 10

var patterns cache[patternKey, *javaregex.Pattern]

// pattern returns the compiled form of a regular expression.
func (e *env) pattern(at pos, source string, f regexFlags) (*javaregex.Pattern, error) {
	k := patternKey{source, f.java, e.limits.StringBytes}
	for i := range e.recentPatterns {
		if r := &e.recentPatterns[i]; r.pattern != nil && r.key == k {
			return r.pattern, nil
		}
	}
	return e.compiledPattern(at, k)
}

// compiledPattern returns a pattern that is not among recentPatterns. It takes
// the pattern from the cache that all renderings share, or compiles it.
func (e *env) compiledPattern(at pos, k patternKey) (*javaregex.Pattern, error) {
	if len(k.source) > maxPattern {
		return nil, e.limitError("a regular expression is too long")
	}
	k.source = strings.Clone(k.source) // cloned, so that the cache does not keep a whole template in memory
	compile := func() (*javaregex.Pattern, error) {
		limits := javaregex.Limits{Output: e.limits.StringBytes}
		return javaregex.CompileLimits(k.source, k.flags, limits)
	}
	var p *javaregex.Pattern
	var err error
	if len(k.source) > maxSpec {
		if err := e.slow(); err != nil {
			return nil, err
		}
		p, err = compile()
	} else {
		p, err = patterns.get(k, func() (*javaregex.Pattern, error) {
			if err := e.slow(); err != nil {
				return nil, err
			}
			return compile()
		})
	}
	if re, ok := err.(*RenderError); ok {
		return nil, re
	}
	if err != nil {
		if _, ok := errors.AsType[*javaregex.BudgetError](err); ok {
			return nil, e.limitError("a regular expression is too large")
		}
		return nil, otherError(at, "the regular expression is not valid")
	}
	if len(k.source) <= maxSpec {
		r := &e.recentPatterns[e.nextPattern%len(e.recentPatterns)]
		e.nextPattern++
		r.key, r.pattern = k, p
	}
	return p, nil
}

// regexError converts a failed match into an error of the rendering.
func (e *env) regexError(at pos, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, errOverdue) {
		return e.limitError(err.Error())
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return e.contextError(err)
	}
	if _, ok := errors.AsType[*javaregex.BudgetError](err); ok {
		return e.limitError("a regular expression takes too much time or memory")
	}
	var replacement *javaregex.ReplacementError
	if errors.As(err, &replacement) && replacement.Group > 0 {
		return otherError(at, "the replacement refers to a group that does not exist")
	}
	// Other mistakes are unchecked exceptions in Java, which #attempt does not catch.
	return fatalError(at, "the replacement is not valid, or refers to a group by a name that does not exist")
}

// matched counts the cost of matching a pattern against s.
func (e *env) matched(s string) error { return e.work(1024 + 16*len(s)) }

func matches(e *env, n *builtinNode, s string, args []Value) (Value, error) {
	var f regexFlags
	if len(args) > 1 {
		f = parseFlags(args[1].str())
	}
	p, err := e.pattern(n.pos, args[0].str(), f)
	if err != nil {
		return Value{}, err
	}
	return object0(&regexMatch{place: n.pos, p: p, input: s}), nil
}

// regexMatch is the result of ?matches: as a boolean, whether the whole string
// matches; as a sequence, the matches in it.
type regexMatch struct {
	place    pos
	p        *javaregex.Pattern
	input    string
	found    []Value
	searched bool
	whole    bool
	tried    bool
}

func (*regexMatch) abilities() ability { return aBoolean | aSequence | aCollection }

func (m *regexMatch) asBool(e *env) (bool, error) {
	if !m.tried {
		if err := e.matched(m.input); err != nil {
			return false, err
		}
		w, err := m.p.MatchesWhole(clock{e}, m.input)
		if err != nil {
			return false, e.regexError(m.place, err)
		}
		m.whole, m.tried = w, true
	}
	return m.whole, nil
}

// groups matches the whole string. It returns the match, or nil if there is
// none.
func (m *regexMatch) groups(e *env) (*javaregex.Match, error) {
	if err := e.matched(m.input); err != nil {
		return nil, err
	}
	w, err := m.p.Matches(clock{e}, m.input)
	if err != nil {
		return nil, e.regexError(m.place, err)
	}
	m.whole, m.tried = w != nil, true
	return w, nil
}

func (m *regexMatch) all(e *env) ([]Value, error) {
	if m.searched {
		return m.found, nil
	}
	if err := e.matched(m.input); err != nil {
		return nil, err
	}
	found, err := m.p.FindAll(clock{e}, m.input, e.limits.ListItems+1)
	if err != nil {
		return nil, e.regexError(m.place, err)
	}
	if err := e.growList(len(found) * (m.p.GroupCount() + 4)); err != nil {
		return nil, err
	}
	m.found = make([]Value, len(found))
	for i, f := range found {
		m.found[i] = object0(&groupMatch{f})
	}
	m.searched = true
	return m.found, nil
}

func (m *regexMatch) size(e *env) (int, error) {
	found, err := m.all(e)
	return len(found), err
}

func (m *regexMatch) at(e *env, i int) (Value, error) {
	found, err := m.all(e)
	if err != nil {
		return Value{}, err
	}
	if i < 0 || i >= len(found) {
		return Value{}, otherError(m.place, "there is no match with this index")
	}
	return found[i], nil
}

func (m *regexMatch) iterate(e *env) (iterator, error) {
	found, err := m.all(e)
	return &seqIterator{s: &list{items: found}, n: len(found)}, err
}

// groupMatch is one of the matches in a string: its text and, for ?groups, its
// groups.
type groupMatch struct{ m *javaregex.Match }

func (*groupMatch) abilities() ability { return aString }

func (g *groupMatch) asString(*env) (string, error) {
	s, _ := g.m.Group(0)
	return s, nil
}

func groups(e *env, n *builtinNode) (Value, error) {
	v, err := n.target.eval(e)
	if err != nil {
		return v, err
	}
	switch m := v.ref.(type) {
	case *groupMatch:
		return groupList(m.m, false), e.growList(m.m.GroupCount() + 1)
	case *regexMatch:
		whole, err := m.groups(e)
		if err != nil {
			return v, err
		}
		if whole == nil {
			return object0(&noGroups{place: n.pos, n: m.p.GroupCount() + 1}), nil
		}
		return groupList(whole, true), e.growList(whole.GroupCount() + 1)
	}
	if v.missing() {
		return v, e.missingError(n)
	}
	return v, e.typeError(n.target, v, "the result of ?matches")
}

// groupList returns the groups of a match. A group that did not participate is
// empty if the match is of the whole string, and missing otherwise.
func groupList(m *javaregex.Match, whole bool) Value {
	items := make([]Value, m.GroupCount()+1)
	for i := range items {
		if s, ok := m.Group(i); ok || whole {
			items[i] = String(s)
		}
	}
	return listOf(items)
}

// noGroups is the result of ?groups for a string that does not match. Reading
// its items is an error.
type noGroups struct {
	place pos
	n     int
}

func (*noGroups) abilities() ability { return aSequence }

func (g *noGroups) size(*env) (int, error) { return g.n, nil }

func (g *noGroups) at(*env, int) (Value, error) {
	return Value{}, otherError(g.place, "the string did not match, so there are no groups")
}

func replace(e *env, n *builtinNode, s string, args []Value) (Value, error) {
	var f regexFlags
	if len(args) > 2 {
		f = parseFlags(args[2].str())
	}
	from, to := args[0].str(), args[1].str()
	if !f.regex {
		return e.replacePlain(s, from, to, f)
	}
	p, err := e.pattern(n.pos, from, f)
	if err != nil {
		return Value{}, err
	}
	if err := e.matched(s); err != nil {
		return Value{}, err
	}
	start := len(e.out) // the string is built in the output buffer
	out, found, err := p.AppendReplaced(clock{e}, e.out, s, to, !f.firstOnly)
	e.out = out[:start]
	switch {
	case err != nil:
		return Value{}, e.regexError(n.pos, err)
	case !found:
		return e.newString(s)
	}
	return e.newString(string(out[start:]))
}

// replacePlain implements ?replace without the flag r.
func (e *env) replacePlain(s, from, to string, f regexFlags) (Value, error) {
	if from == "" {
		return e.interleave(s, to, f.firstOnly)
	}
	hay, needle := s, from
	if f.ignoreCase() {
		hay, needle = lowered(s, from)
		if len(hay) != len(s) {
			hay, needle = s, from // the positions in hay and s differ, so do not ignore the case
		}
	}
	limit := -1
	if f.firstOnly {
		limit = 1
	}
	var b strings.Builder
	last := 0
	for ; limit != 0; limit-- {
		i := strings.Index(hay[last:], needle)
		if i < 0 {
			break
		}
		b.WriteString(s[last : last+i])
		b.WriteString(to)
		last += i + len(needle)
		if b.Len() > e.limits.StringBytes {
			return Value{}, e.limitError("a string is too long")
		}
	}
	if last == 0 {
		return String(s), nil
	}
	b.WriteString(s[last:])
	return e.newString(joinHalves(b.String()))
}

// interleave replaces the empty string: it inserts t before, between and after
// the characters.
func (e *env) interleave(s, t string, firstOnly bool) (Value, error) {
	if t == "" {
		return String(s), nil
	}
	if firstOnly {
		return e.newString(concat(t, s))
	}
	n := utf16Len(s)
	if len(t) > e.limits.StringBytes/(n+1) {
		return Value{}, e.limitError("a string is too long")
	}
	var b strings.Builder
	b.WriteString(t)
	for _, u := range units(s) {
		b.WriteString(unitString(rune(u)))
		b.WriteString(t)
	}
	return e.newString(joinHalves(b.String()))
}

func lowered(s, t string) (string, string) {
	root := locale.Locale{}
	return locale.Lower(root, s), locale.Lower(root, t)
}

func split(e *env, n *builtinNode, s string, args []Value) (Value, error) {
	var f regexFlags
	if len(args) > 1 {
		f = parseFlags(args[1].str())
	}
	sep := args[0].str()
	var parts []string
	switch {
	case f.regex:
		p, err := e.pattern(n.pos, sep, f)
		if err != nil {
			return Value{}, err
		}
		if err := e.matched(s); err != nil {
			return Value{}, err
		}
		if parts, err = p.Split(clock{e}, s, 0); err != nil {
			return Value{}, e.regexError(n.pos, err)
		}
	case sep == "":
		if err := e.growList(len(s)); err != nil {
			return Value{}, err
		}
		for _, u := range units(s) {
			parts = append(parts, unitString(rune(u)))
		}
	default:
		parts = splitPlain(s, sep, f.ignoreCase())
	}
	return listOf(stringValues(parts)), e.growList(len(parts))
}

func splitPlain(s, sep string, ignoreCase bool) []string {
	if ignoreCase {
		hay, needle := lowered(s, sep)
		if len(hay) == len(s) {
			var parts []string
			last := 0
			for {
				i := strings.Index(hay[last:], needle)
				if i < 0 {
					return append(parts, s[last:])
				}
				parts = append(parts, s[last:last+i])
				last += i + len(needle)
			}
		}
	}
	return strings.Split(s, sep)
}

// separator returns the start and the end of the first or the last separator in
// s. start is -1 if there is none.
func (e *env) separator(n *builtinNode, s, sep string, f regexFlags, last bool) (start, end int, err error) {
	if !f.regex {
		if f.java&^javaregex.CaseInsensitive != 0 {
			return 0, 0, otherError(n.pos, "?%s takes the flags m, s and c only together with r", n.bi.written)
		}
		if f.ignoreCase() {
			s, sep = lowered(s, sep)
		}
		if last {
			start = strings.LastIndex(s, sep)
		} else {
			start = strings.Index(s, sep)
		}
		return start, start + len(sep), nil
	}
	if last && sep == "" {
		return len(s), len(s), nil
	}
	p, err := e.pattern(n.pos, sep, f)
	if err != nil {
		return 0, 0, err
	}
	start = -1
	for from := 0; from <= len(s); {
		if err := e.matched(s[from:]); err != nil {
			return 0, 0, err
		}
		m, err := p.FindFrom(clock{e}, s, from)
		if err != nil {
			return 0, 0, e.regexError(n.pos, err)
		}
		if m == nil {
			break
		}
		start, end = m.Start(), m.End()
		if !last {
			break
		}
		if start >= len(s) { // the reference fails here, because it cannot search beyond the end
			return 0, 0, otherError(n.pos, "?%s cannot use a separator that matches the empty string at the end", n.bi.written)
		}
		_, size := utf8.DecodeRuneInString(s[start:])
		from = start + size
	}
	return start, end, nil
}

// keepPart implements ?keep_before, ?keep_after and their _last variants.
func keepPart(e *env, n *builtinNode, s string, args []Value) (Value, error) {
	sep, err := n.argString(e, args, 0)
	if err != nil {
		return Value{}, err
	}
	var f regexFlags
	if len(args) > 1 {
		flags, err := n.argString(e, args, 1)
		if err != nil {
			return Value{}, err
		}
		f = parseFlags(flags)
	}
	after := strings.HasPrefix(n.bi.name, "keep_after")
	start, end, err := e.separator(n, s, sep, f, strings.HasSuffix(n.bi.name, "_last"))
	switch {
	case err != nil:
		return Value{}, err
	case start < 0 && after:
		return String(""), nil
	case start < 0:
		return String(s), nil
	case after:
		return String(s[min(end, len(s)):]), nil
	}
	return String(s[:min(start, len(s))]), nil
}

func ensureStartsWith(e *env, n *builtinNode, s string, args []Value) (Value, error) {
	prefix, err := n.argString(e, args, 0)
	if err != nil {
		return Value{}, err
	}
	if len(args) == 1 {
		if strings.HasPrefix(s, prefix) {
			return String(s), nil
		}
		return e.newString(concat(prefix, s))
	}
	add, err := n.argString(e, args, 1)
	if err != nil {
		return Value{}, err
	}
	f := regexFlags{regex: true}
	if len(args) > 2 {
		flags, err := n.argString(e, args, 2)
		if err != nil {
			return Value{}, err
		}
		f = parseFlags(flags)
	}
	ok := false
	if f.regex {
		ok, err = e.looksAt(n, s, prefix, f)
	} else {
		if f.java&^javaregex.CaseInsensitive != 0 {
			return Value{}, otherError(n.pos, "?%s takes the flags m, s and c only together with r", n.bi.written)
		}
		t := s
		if f.ignoreCase() {
			t, prefix = lowered(s, prefix)
		}
		ok = strings.HasPrefix(t, prefix)
	}
	if err != nil || ok {
		return String(s), err
	}
	return e.newString(concat(add, s))
}

// looksAt reports whether a pattern matches at the start of s, like
// Matcher.lookingAt.
func (e *env) looksAt(n *builtinNode, s, source string, f regexFlags) (bool, error) {
	if _, err := e.pattern(n.pos, source, f); err != nil {
		return false, err
	}
	if f.java&javaregex.Comments != 0 {
		source += "\n" // in case the pattern ends in a comment
	}
	// \G matches only where the search starts.
	p, err := e.pattern(n.pos, "\\G(?:"+source+")", f)
	if err != nil {
		return false, err
	}
	if err := e.matched(s); err != nil {
		return false, err
	}
	m, err := p.Find(clock{e}, s)
	if err != nil {
		return false, e.regexError(n.pos, err)
	}
	return m != nil, nil
}
