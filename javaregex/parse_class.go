package javaregex

// This file parses character classes: [a-z], unions, intersections, negation,
// and \p{…}.

import "slices"

// classParser parses one pair of brackets, or the right side of an &&.
type classParser struct {
	*parser
	// small collects single characters below 256, which Java keeps in a
	// separate bit set. If hasSmall is set, all of them are added at an && or
	// at the end.
	small    []rune
	hasSmall bool
	// parts have been parsed and are combined by sum; last is the latest
	// operand, if there is one.
	parts   []runeSet
	last    runeSet
	hasLast bool
}

// seenClass is a class that has been parsed, with its text, flags and set.
type seenClass struct {
	text  []rune
	flags Flags
	set   runeSet
}

// wholeClass parses a class that is not inside another. Classes with the same
// text and flags share a set, which is then prepared for matching once.
func (p *parser) wholeClass() (runeSet, error) {
	rest := p.chars[p.cursor:]
	for _, seen := range p.seen {
		if seen.flags == p.flags && len(seen.text) <= len(rest) && slices.Equal(seen.text, rest[:len(seen.text)]) {
			p.cursor += len(seen.text)
			return seen.set, nil
		}
	}
	start := p.cursor
	set, err := p.class(true)
	if err == nil && len(p.seen) < 8 {
		p.seen = append(p.seen, seenClass{p.chars[start:min(p.cursor, p.length)], p.flags, set})
	}
	return set, err
}

// class parses a class whose [ is next, or whose first character follows the
// cursor. If consume is set, it also consumes the closing ]; otherwise, the
// enclosing class does.
func (p *parser) class(consume bool) (runeSet, error) {
	if p.depth++; p.depth > p.nesting {
		return nil, p.errorf("classes are nested too deeply: at most %d levels are allowed", p.nesting)
	}
	defer func() { p.depth-- }()
	c := &classParser{parser: p}
	negated := false
	ch := p.next()
	if ch == '^' && p.char(p.cursor-1) == '[' {
		negated = true
		p.next()
	}
	if err := c.operands(); err != nil {
		return nil, err
	}
	if consume {
		p.next()
	}
	c.takeSmall()
	if negated {
		return c.sum().negate(), nil
	}
	return c.sum(), nil
}

// operands reads up to the closing ].
func (c *classParser) operands() error {
	for {
		switch ch := c.peek(); {
		case ch == '[':
			set, err := c.class(true)
			if err != nil {
				return err
			}
			c.add(set)
			continue
		case ch == '&':
			if c.next() == '&' {
				if err := c.intersection(); err != nil {
					return err
				}
				continue
			}
			c.unread()
		case ch == 0 && c.atEnd():
			return c.errorf("unclosed character class: add a ], or write \\[ for the character itself")
		case ch == ']' && (len(c.parts) > 0 || c.hasSmall):
			return nil
		}
		if err := c.element(); err != nil {
			return err
		}
	}
}

// add makes set the latest operand.
func (c *classParser) add(set runeSet) {
	c.last, c.hasLast = set, true
	c.parts = append(c.parts, set)
}

// sum returns the union of everything that has been parsed. It is computed
// once, because a class may have thousands of operands.
func (c *classParser) sum() runeSet { return union(c.parts...) }

// takeSmall adds the collected characters to the sum.
func (c *classParser) takeSmall() {
	if !c.hasSmall {
		return
	}
	set := setOf(c.small...)
	if len(c.parts) == 0 {
		c.last, c.hasLast = set, true
	}
	c.parts = append(c.parts, set)
	c.hasSmall = false
}

// intersection reads what follows an &&, whose second & is next.
func (c *classParser) intersection() error {
	var right []runeSet
	for ch := c.next(); ch != ']' && ch != '&'; ch = c.peek() {
		isBracket := ch == '['
		if !isBracket {
			c.unread() // a run of literals is one operand up to the ]
		}
		set, err := c.class(isBracket)
		if err != nil {
			return err
		}
		right = append(right, set)
	}
	c.takeSmall()
	hasRight := len(right) > 0
	if hasRight {
		c.last, c.hasLast = union(right...), true
	}
	switch {
	case len(c.parts) == 0 && !hasRight:
		return c.errorf("&& needs an operand on at least one side")
	case len(c.parts) == 0:
		c.parts = append(c.parts, c.last)
	case !c.hasLast:
		return c.errorf("&& needs an operand on its right after these operands: add one")
	default:
		c.parts = append(c.parts[:0], intersect(c.sum(), c.last))
	}
	return nil
}

// element reads a character, a range or an escape.
func (c *classParser) element() error {
	var ch rune
	if c.peek() == '\\' {
		set, escaped, err := c.classEscape()
		if err != nil {
			return err
		}
		if set != nil {
			c.add(set)
			return nil
		}
		ch = escaped
	} else {
		ch = c.peek()
		c.next()
	}
	if c.peek() == '-' {
		switch end := c.char(c.cursor + 1); end {
		case '[', ']':
		default:
			return c.rangeTo(ch)
		}
	}
	c.addSingle(ch)
	return nil
}

// classEscape parses an escape. It returns a set, or the character that may
// start a range.
func (c *classParser) classEscape() (runeSet, rune, error) {
	if ch := c.nextEscaped(); ch == 'p' || ch == 'P' {
		set, err := c.property(ch == 'P')
		return set, 0, err
	}
	beginsRange := c.char(c.cursor+1) == '-'
	c.unread()
	e, err := c.escape(true, beginsRange)
	if err != nil {
		return nil, 0, err
	}
	if e.kind == escapeSet {
		return nonNil(e.set), 0, nil
	}
	return nil, e.char, nil
}

// nonNil returns s, or an empty set for nil, because nil means that there is no
// set.
func nonNil(s runeSet) runeSet {
	if s == nil {
		return runeSet{}
	}
	return s
}

// rangeTo parses the rest of a range that starts with lo, from the - on.
func (c *classParser) rangeTo(lo rune) error {
	c.next()
	hi := c.peek()
	if hi == '\\' {
		e, err := c.escape(true, true)
		if err != nil {
			return err
		}
		if hi = e.char; e.kind == escapeSet {
			hi = -1
		}
	} else {
		c.next()
	}
	switch {
	case hi < lo:
		return c.errorf("illegal range in a class: write the lower character first, or \\- for a hyphen")
	case !c.has(CaseInsensitive):
		c.add(rangeOf(lo, hi))
	case c.has(UnicodeCase):
		c.add(foldRangeUnicode(lo, hi))
	default:
		c.add(foldRangeASCII(lo, hi))
	}
	return nil
}

// addSingle adds a character, and its other cases according to the flags.
func (c *classParser) addSingle(ch rune) {
	caseless, unicode := c.has(CaseInsensitive), c.has(UnicodeCase)
	if ch >= 256 || caseless && unicode && foldsOutOfLatin1(ch) {
		c.add(c.singleSet(ch))
		return
	}
	c.small, c.hasSmall = append(c.small, ch), true
	switch {
	case !caseless:
	case isASCIILetter(ch):
		c.small = append(c.small, ch^0x20)
	case unicode && ch >= 0x80:
		c.small = append(c.small, cases().toLower(ch), cases().toUpper(ch))
	}
}

// foldsOutOfLatin1 reports whether some character above U+00FF folds to ch.
func foldsOutOfLatin1(ch rune) bool {
	switch ch {
	case 'I', 'i', 'K', 'k', 'S', 's', 0xB5, 0xC5, 0xE5, 0xFF:
		return true
	}
	return false
}

// property reads \p{…} or \pL; the cursor is at the p.
func (p *parser) property(negated bool) (runeSet, error) {
	var name string
	if p.next() != '{' {
		p.unread()
		p.next()
		name = string(p.char(p.cursor))
		p.read()
	} else {
		p.next()
		start := p.cursor
		for p.read() != '}' {
			if p.cursor > p.length {
				return nil, p.errorf("unclosed \\p{: add a }")
			}
		}
		name = string(p.chars[start : p.cursor-1])
		if name == "" {
			return nil, p.errorf("\\p{} needs a name: write a property, as in \\p{L}")
		}
	}
	return p.cachedSet(name, negated, func() (runeSet, error) {
		set, message := propertySet(name, p.flags)
		if message != "" {
			return nil, p.errorf("%s", message)
		}
		return set, nil
	})
}
