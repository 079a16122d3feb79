package javaregex

// This file implements the grammar from alternatives down to one repeated atom:
// groups, flags, quantifiers. Characters and escapes are in parse_escape.go,
// classes in parse_class.go.

import "math"

// parser parses a pattern into a tree. It stops at the first error.
type parser struct {
	*lexer
	groups  int // opened so far, group 0 included
	names   map[string]int
	depth   int
	nesting int
	// sets holds the properties and predefined classes parsed so far, by name
	// and flags.
	sets map[setKey]runeSet
	// seen holds some of the classes parsed so far: patterns often repeat one.
	seen []seenClass
	// wide is the index of the last character that is a surrogate pair or half
	// of one, or -1.
	wide int
	// loops holds the unbounded loops outside of any other repetition. Java
	// remembers where they have failed, unless there is a back reference
	// (hasBackref).
	loops      []*node
	hasBackref bool
}

// setKey is a property or predefined class under the flags that change its meaning.
type setKey struct {
	name    string
	negated bool
	flags   Flags
}

// cachedSet returns the set of a key. It calls find only the first time.
func (p *parser) cachedSet(name string, negated bool, find func() (runeSet, error)) (runeSet, error) {
	key := setKey{name, negated, p.flags & (CaseInsensitive | UnicodeCharacterClass)}
	if set, ok := p.sets[key]; ok {
		return set, nil
	}
	set, err := find()
	if err != nil {
		return nil, err
	}
	if negated {
		set = set.negate()
	}
	if p.sets == nil {
		p.sets = make(map[setKey]runeSet)
	}
	p.sets[key] = nonNil(set)
	return p.sets[key], nil
}

// parse parses a pattern. The error is a *SyntaxError.
func parse(pattern string, flags Flags, limits Limits) (*tree, error) {
	switch {
	case len(pattern) > limits.Pattern:
		return nil, &SyntaxError{Index: -1, Message: "pattern is too long: shorten it"}
	case flags&^allFlags != 0:
		return nil, &SyntaxError{Index: -1, Message: "unknown flags: use the constants of this package"}
	case flags&CanonEq != 0:
		return nil, &SyntaxError{Index: -1, Message: "CANON_EQ is not supported: normalize pattern and input instead"}
	case flags&UnicodeCharacterClass != 0:
		flags |= UnicodeCase
	}
	p := &parser{lexer: newLexer(pattern, flags), groups: 1, nesting: limits.Nesting}
	p.wide = p.length - 1
	for p.wide >= 0 && !isWide(p.chars[p.wide]) {
		p.wide--
	}
	var root *node
	if flags&Literal != 0 {
		root = p.literal()
	} else {
		var err error
		if root, err = p.alternatives(); err != nil {
			return nil, err
		}
		if p.cursor != p.length {
			if p.peek() == ')' {
				p.cursor++
				return nil, p.errorf("unmatched ): write \\) for the character itself")
			}
			return nil, p.errorf("unexpected end of a comment: end it with a new line")
		}
	}
	for _, loop := range p.loops {
		loop.remembers = !p.hasBackref
	}
	return &tree{root: root, groups: p.groups, names: p.names}, nil
}

// literal returns the whole pattern as plain text.
func (p *parser) literal() *node {
	var nodes []*node
	for _, c := range p.chars[:p.length] {
		nodes = append(nodes, p.single(c))
	}
	return seqOf(nodes)
}

// single returns the node of one character, which matches in either case if the
// flags require it.
func (p *parser) single(c rune) *node {
	n := &node{kind: nodeSet, set: p.singleSet(c), literal: true}
	if p.has(CaseInsensitive) && p.has(UnicodeCase) && foldsOnlyBesideOthers(c) {
		n.alone = rangeOf(c, c)
	}
	return n
}

func (p *parser) singleSet(c rune) runeSet {
	switch {
	case !p.has(CaseInsensitive):
		return rangeOf(c, c)
	case p.has(UnicodeCase):
		return foldUnicode(c)
	}
	return foldASCII(c)
}

// alternatives reads a|b|c up to a ) or the end.
func (p *parser) alternatives() (*node, error) {
	if p.depth++; p.depth > p.nesting {
		return nil, p.errorf("groups are nested too deeply: at most %d levels are allowed", p.nesting)
	}
	defer func() { p.depth-- }()
	first, err := p.sequence()
	if err != nil || p.peek() != '|' {
		return first, err
	}
	alt := &node{kind: nodeAlt, subs: []*node{first}}
	for p.peek() == '|' {
		p.next()
		sub, err := p.sequence()
		if err != nil {
			return nil, err
		}
		alt.subs = append(alt.subs, sub)
	}
	return alt, nil
}

// sequence reads repeated atoms up to a |, a ) or the end.
func (p *parser) sequence() (*node, error) {
	var nodes []*node
	literals := 0 // how many adjacent literals are at the end of nodes
	end := func() {
		if literals == 1 {
			nodes[len(nodes)-1].standAlone()
		}
		literals = 0
	}
	for {
		var (
			n   *node
			err error
		)
		switch c := p.peek(); {
		case c == '|' || c == ')' || c == 0 && p.atEnd():
			end()
			return seqOf(nodes), nil
		case c == '(':
			n, err = p.groupAtom()
		case c == '?' || c == '*' || c == '+':
			p.next()
			return nil, p.errorf("dangling %c: put what it repeats before it, or write \\%c for the character itself", c, c)
		default:
			n, err = p.atom(c)
			if err == nil {
				n, err = p.quantifier(n)
			}
		}
		if err != nil {
			return nil, err
		}
		if n == nil || !n.literal {
			end()
		}
		if n == nil {
			continue
		}
		nodes = append(nodes, n)
		if n.literal {
			literals++
		}
	}
}

// standAlone adjusts a literal that is not next to another literal.
func (n *node) standAlone() {
	if n.alone != nil {
		n.set = n.alone
	}
}

// atom reads one character, class or assertion that begins with c.
func (p *parser) atom(c rune) (*node, error) {
	switch c {
	case '[':
		set, err := p.wholeClass()
		return &node{kind: nodeSet, set: set}, err
	case '\\':
		return p.escapedAtom()
	case '^':
		p.next()
		return assertNode(p.pick(atBegin, atBegin, atLineBegin, atUnixLineBegin)), nil
	case '$':
		p.next()
		return assertNode(p.pick(atFinalLineEnd, atUnixFinalEnd, atLineEnd, atUnixLineEnd)), nil
	case '.':
		p.next()
		switch {
		case p.has(DotAll):
			return &node{kind: nodeSet, set: allRunes}, nil
		case p.has(UnixLines):
			return &node{kind: nodeSet, set: rangeOf('\n', '\n').negate()}, nil
		}
		return &node{kind: nodeSet, set: lineTerminators.negate()}, nil
	case '{':
		return &node{kind: nodeEmpty}, nil // as in Java: an empty atom, which the { then repeats
	}
	n := p.single(c)
	p.next()
	return n, nil
}

func assertNode(a assertion) *node { return &node{kind: nodeAssert, assert: a} }

// pick chooses by the Multiline and UnixLines flags.
func (p *parser) pick(plain, unix, multi, multiUnix assertion) assertion {
	switch {
	case p.has(Multiline) && p.has(UnixLines):
		return multiUnix
	case p.has(Multiline):
		return multi
	case p.has(UnixLines):
		return unix
	}
	return plain
}

// groupAtom parses a group with its quantifier. It returns nil for flags
// without a group, as in (?i).
func (p *parser) groupAtom() (*node, error) {
	saved, outer := p.flags, len(p.loops)
	n, err := p.group()
	if err != nil || n == nil {
		return nil, err
	}
	if p.read() != ')' {
		return nil, p.errorf("unclosed group: add a ), or write \\( for the character itself")
	}
	p.flags = saved
	r, err := p.quantifier(n)
	if err == nil && r != n && n.kind == nodeGroup {
		p.loops = p.loops[:outer]
		if r.isLoop() && r.repeat == greedy && r.max == unbounded {
			p.loops = append(p.loops, r)
		}
	}
	return r, err
}

// group parses a group from its ( up to its ), which it does not consume.
func (p *parser) group() (*node, error) {
	if p.next() != '?' {
		return p.groupBody(&node{kind: nodeGroup, group: p.newGroup()})
	}
	switch c := p.skip(); c {
	case ':':
		return p.groupBody(&node{kind: nodeGroup})
	case '=', '!':
		return p.groupBody(&node{kind: nodeLook, negative: c == '!'})
	case '>':
		return p.groupBody(&node{kind: nodeAtomic})
	case '<':
		return p.namedGroupOrLookbehind()
	case '$', '@':
		return nil, p.errorf("unknown kind of group (?%c: write (?: for a non-capturing group, or \\( for the character itself", c)
	}
	p.unread()
	if err := p.inlineFlags(); err != nil {
		return nil, err
	}
	switch c := p.read(); c {
	case ')':
		return nil, nil
	case ':':
		return p.groupBody(&node{kind: nodeGroup})
	}
	return nil, p.errorf("unknown flag or kind of group: after (? write : = ! > <name> <= <! (without a P) or flags of idmsuxU")
}

// newGroup numbers a capturing group.
func (p *parser) newGroup() int {
	p.groups++
	return p.groups - 1
}

func (p *parser) groupBody(n *node) (*node, error) {
	body, err := p.alternatives()
	n.subs = []*node{body}
	return n, err
}

func (p *parser) namedGroupOrLookbehind() (*node, error) {
	c := p.read()
	if c == '=' || c == '!' {
		return p.lookbehind(c == '!')
	}
	name, err := p.groupName(c)
	if err != nil {
		return nil, err
	}
	if _, taken := p.names[name]; taken {
		return nil, p.errorf("there already is a group named %s: choose another name", name)
	}
	if p.names == nil {
		p.names = make(map[string]int)
	}
	n := &node{kind: nodeGroup, group: p.newGroup()}
	p.names[name] = n.group
	return p.groupBody(n)
}

// groupName parses a name that starts with c, and the > after it.
func (p *parser) groupName(c rune) (string, error) {
	if !isASCIILetter(c) {
		return "", p.errorf("the name of a group starts with a letter from A to Z, as in (?<name>")
	}
	var name []rune
	for isASCIILetter(c) || isDigit(c) {
		name = append(name, c)
		c = p.read()
	}
	if c != '>' {
		return "", p.errorf("the name of a group consists of letters from A to Z and digits, and ends with >")
	}
	return string(name), nil
}

func (p *parser) lookbehind(negative bool) (*node, error) {
	start := p.cursor
	n, err := p.groupBody(&node{kind: nodeLook, behind: true, negative: negative})
	if err != nil {
		return nil, err
	}
	lengths := studyOf(n.subs[0])
	if !lengths.maxValid {
		return nil, p.errorf("a lookbehind needs a maximum length: use {0,n} instead of *, + or a back reference")
	}
	n.behindMin, n.behindMax = lengths.min, lengths.max
	n.byCharacter = start <= p.wide
	return n, nil
}

func isWide(c rune) bool { return c >= 0x10000 || isSurrogate(c) }

func isSurrogate(c rune) bool { return 0xD800 <= c && c <= 0xDFFF }

// inlineFlags parses flags, as in (?im-s, and applies them. It stops at the
// first other character.
func (p *parser) inlineFlags() error {
	on := true
	for c := p.peek(); ; c = p.next() {
		flag := Flags(0)
		switch c {
		case 'i':
			flag = CaseInsensitive
		case 'm':
			flag = Multiline
		case 's':
			flag = DotAll
		case 'd':
			flag = UnixLines
		case 'u':
			flag = UnicodeCase
		case 'x':
			flag = Comments
		case 'U':
			flag = UnicodeCharacterClass | UnicodeCase
		case 'c':
			if !on {
				continue // turning c off is allowed, since it is never on
			}
			p.next()
			return p.errorf("the flag c (CANON_EQ) is not supported: normalize pattern and input instead")
		case '-':
			if !on {
				return nil
			}
			on = false
			continue
		default:
			return nil
		}
		if on {
			p.flags |= flag
		} else {
			p.flags &^= flag
		}
	}
}

// quantifier reads the ? * + or {n,m} after n, if there is one.
func (p *parser) quantifier(n *node) (*node, error) {
	r := &node{kind: nodeRepeat, subs: []*node{n}, max: unbounded}
	switch p.peek() {
	case '?':
		r.max, r.optional = 1, true
		p.next()
	case '*':
		p.next()
	case '+':
		r.min = 1
		p.next()
	case '{':
		if err := p.count(r); err != nil {
			return nil, err
		}
	default:
		return n, nil
	}
	n.standAlone()
	r.once = studyOf(n)
	switch p.peek() {
	case '?':
		p.next()
		r.repeat = lazy
	case '+':
		p.next()
		r.repeat = possessive
	}
	return r, nil
}

// count reads {n}, {n,} or {n,m}.
func (p *parser) count(r *node) error {
	c := p.char(p.cursor + 1)
	if !isDigit(c) {
		p.skip()
		return p.errorf("after { write a count, as in {2} or {2,5}, or write \\{ for the character itself")
	}
	p.skip()
	var err error
	if r.min, c, err = p.number(c); err != nil {
		return err
	}
	r.max = r.min
	if c == ',' {
		if c = p.read(); c == '}' {
			r.max = unbounded
		} else if r.max, c, err = p.number(c); err != nil {
			return err
		}
	}
	switch {
	case c != '}':
		return p.errorf("a count ends with }: write {n}, {n,} or {n,m}")
	case r.max < r.min:
		return p.errorf("the first count is greater than the second: swap them")
	}
	r.optional = r.min == 0 && r.max == 1 // {0,1} is the same as ? in Java, oddities included
	return nil
}

// number parses the digits that start with c. It also returns the character
// after them.
func (p *parser) number(c rune) (int, rune, error) {
	n := 0
	for ; isDigit(c); c = p.read() {
		if n = n*10 + int(c-'0'); n > math.MaxInt32 {
			return 0, c, p.errorf("the count is too large: at most %d", math.MaxInt32)
		}
	}
	return n, c, nil
}
