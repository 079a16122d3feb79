package javaregex

// This file parses escapes: characters by number or name, predefined classes, assertions and back
// references.

// escapeKind is the meaning of an escape.
type escapeKind uint8

const (
	escapeChar escapeKind = iota
	escapeSet
	escapeNode
)

// escaped is an escape that has been read.
type escaped struct {
	kind escapeKind
	char rune
	set  runeSet
	node *node
}

// escapedAtom reads an escape outside of classes.
func (p *parser) escapedAtom() (*node, error) {
	if c := p.nextEscaped(); c == 'p' || c == 'P' {
		set, err := p.property(c == 'P')
		return &node{kind: nodeSet, set: set}, err
	}
	p.unread()
	e, err := p.escape(false, false)
	if err != nil {
		return nil, err
	}
	switch e.kind {
	case escapeChar:
		return p.single(e.char), nil
	case escapeSet:
		return &node{kind: nodeSet, set: e.set}, nil
	}
	return e.node, nil
}

// escape parses an escape whose backslash is at the cursor. At either end of a
// range \v is a character; elsewhere it is a class.
func (p *parser) escape(inClass, inRange bool) (escaped, error) {
	c := p.skip()
	if !inClass {
		if n, err := p.escapedNode(c); n != nil || err != nil {
			return escaped{kind: escapeNode, node: n}, err
		}
	}
	if c == 'v' && inRange {
		return escaped{char: '\v'}, nil
	}
	if set, ok := p.predefined(c); ok {
		return escaped{kind: escapeSet, set: set}, nil
	}
	char, err := p.escapedChar(c)
	return escaped{char: char}, err
}

// escapedNode parses an escape that is neither a character nor a class. It
// returns nil if c starts none of these.
func (p *parser) escapedNode(c rune) (*node, error) {
	switch {
	case '1' <= c && c <= '9':
		return p.backref(p.groupNumber(int(c - '0'))), nil
	case c == 'k':
		return p.namedBackref()
	case c == 'b':
		return p.boundary()
	case c == 'B' && p.has(UnicodeCharacterClass):
		return assertNode(notUnicodeBoundary), nil
	}
	switch c {
	case 'A':
		return assertNode(atBegin), nil
	case 'B':
		return assertNode(notWordBoundary), nil
	case 'G':
		return assertNode(atLastMatch), nil
	case 'R':
		return &node{kind: nodeLineBreak}, nil
	case 'X':
		return &node{kind: nodeGrapheme}, nil
	case 'Z':
		if p.has(UnixLines) {
			return assertNode(atUnixFinalEnd), nil
		}
		return assertNode(atFinalLineEnd), nil
	case 'z':
		return assertNode(atEnd), nil
	}
	return nil, nil
}

// groupNumber parses further digits of a back reference for as long as that
// many groups have been opened.
func (p *parser) groupNumber(number int) int {
	for {
		c := p.peek()
		if !isDigit(c) {
			return number
		}
		more := number*10 + int(c-'0')
		if p.groups-1 < more {
			return number
		}
		number = more
		p.read()
	}
}

func (p *parser) backref(group int) *node {
	n := &node{kind: nodeBackref, group: group}
	p.hasBackref = true
	if p.has(CaseInsensitive) {
		n.foldASCII, n.foldUnicode = !p.has(UnicodeCase), p.has(UnicodeCase)
	}
	return n
}

func (p *parser) namedBackref() (*node, error) {
	if p.read() != '<' {
		return nil, p.errorf("after \\k write the name of a group, as in \\k<name>")
	}
	name, err := p.groupName(p.read())
	if err != nil {
		return nil, err
	}
	group, ok := p.names[name]
	if !ok {
		return nil, p.errorf("there is no group named %s before this position: write (?<%s>…) first", name, name)
	}
	return p.backref(group), nil
}

// boundary reads the rest of \b or \b{g}.
func (p *parser) boundary() (*node, error) {
	if p.peek() == '{' {
		if p.skip() == 'g' {
			if p.read() == '}' {
				return assertNode(atGraphemeBound), nil
			}
			return nil, p.errorf("unknown boundary: write \\b, or \\b{g} for one between graphemes")
		}
		p.unread()
		p.unread()
	}
	if p.has(UnicodeCharacterClass) {
		return assertNode(atUnicodeBoundary), nil
	}
	return assertNode(atWordBoundary), nil
}

// predefined returns the set of a predefined class, such as \d or \w. A capital
// letter negates it.
func (p *parser) predefined(c rune) (runeSet, bool) {
	lower := c | 0x20
	if !isASCIILetter(c) || lower != 'd' && lower != 'h' && lower != 's' && lower != 'v' && lower != 'w' {
		return nil, false
	}
	set, _ := p.cachedSet(`\`+string(lower), c != lower, func() (runeSet, error) {
		return predefinedSet(lower, p.has(UnicodeCharacterClass)), nil
	})
	return set, true
}

func predefinedSet(c rune, unicode bool) runeSet {
	switch c {
	case 'd':
		if unicode {
			return categories("Nd")
		}
		return asciiPOSIX["Digit"]
	case 'h':
		return horizontalSpace
	case 's':
		if unicode {
			return known("is", "White_Space")
		}
		return asciiPOSIX["Space"]
	case 'v':
		return verticalSpace
	}
	if unicode {
		return known("is", "Word")
	}
	return asciiWord
}

// escapedChar reads an escaped character; c is the character after the backslash.
func (p *parser) escapedChar(c rune) (rune, error) {
	switch c {
	case '0':
		return p.octal()
	case 'N':
		return p.namedChar()
	case 'a':
		return '\a', nil
	case 'c':
		if p.cursor < p.length {
			return p.read() ^ 64, nil
		}
		return 0, p.errorf("after \\c write a control character's letter, as in \\cA")
	case 'e':
		return 0x1B, nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
		return p.unicodeEscape()
	case 'x':
		return p.hexadecimal()
	}
	if isASCIILetter(c) || isDigit(c) || c == 0 && p.cursor > p.length {
		return 0, p.errorf("illegal escape: write the letter without a backslash, or two backslashes to match one")
	}
	return c, nil
}

func isOctal(c rune) bool { return '0' <= c && c <= '7' }

func (p *parser) octal() (rune, error) {
	n := p.read()
	if !isOctal(n) {
		return 0, p.errorf("after \\0 write one to three octal digits, at most \\0377")
	}
	m := p.read()
	if !isOctal(m) {
		p.unread()
		return n - '0', nil
	}
	o := p.read()
	if !isOctal(o) || n > '3' {
		p.unread()
		return (n-'0')*8 + m - '0', nil
	}
	return (n-'0')*64 + (m-'0')*8 + o - '0', nil
}

// hexDigit returns the value of a hexadecimal digit, or -1.
func hexDigit(c rune) rune {
	switch {
	case isDigit(c):
		return c - '0'
	case 'a' <= c|0x20 && c|0x20 <= 'f' && isASCIILetter(c):
		return c | 0x20 - 'a' + 10
	}
	return -1
}

func (p *parser) hexadecimal() (rune, error) {
	c := p.read()
	switch {
	case hexDigit(c) >= 0:
		if d := p.read(); hexDigit(d) >= 0 {
			return hexDigit(c)*16 + hexDigit(d), nil
		}
	case c == '{' && hexDigit(p.peek()) >= 0:
		var n rune
		c = p.read()
		for ; hexDigit(c) >= 0; c = p.read() {
			if n = n*16 + hexDigit(c); n > maxRune {
				return 0, p.errorf("there is no such code point: at most \\x{10FFFF}")
			}
		}
		if c != '}' {
			return 0, p.errorf("unclosed \\x{: add a }")
		}
		return n, nil
	}
	return 0, p.errorf("after \\x write two hexadecimal digits, or braces as in \\x{1F600}")
}

// unicodeEscape reads \uhhhh, and the low surrogate after a high one.
func (p *parser) unicodeEscape() (rune, error) {
	high, err := p.fourDigits()
	if err != nil || high < 0xD800 || high > 0xDBFF {
		return high, err
	}
	after := p.cursor
	if p.read() == '\\' && p.read() == 'u' {
		low, err := p.fourDigits()
		if err != nil {
			return 0, err
		}
		if 0xDC00 <= low && low <= 0xDFFF {
			return 0x10000 + (high-0xD800)<<10 + (low - 0xDC00), nil
		}
	}
	p.cursor = after
	return high, nil
}

func (p *parser) fourDigits() (rune, error) {
	var n rune
	for range 4 {
		d := hexDigit(p.read())
		if d < 0 {
			return 0, p.errorf("after \\u write four hexadecimal digits")
		}
		n = n*16 + d
	}
	return n, nil
}

// namedChar reads the rest of \N{NAME}.
func (p *parser) namedChar() (rune, error) {
	if p.read() != '{' {
		return 0, p.errorf("after \\N write a character's name in braces, as in \\N{EURO SIGN}")
	}
	start := p.cursor
	for p.read() != '}' {
		if p.cursor >= p.length {
			return 0, p.errorf("unclosed \\N{: add a }")
		}
	}
	name := string(p.chars[start : p.cursor-1])
	char, ok := charByName(name)
	if !ok {
		return 0, p.errorf("there is no character named %q: see the Unicode charts, or write \\x{…}", name)
	}
	return char, nil
}
