package javaregex

// This file holds what can be known of a pattern before it meets an input: the bytes that a match
// can begin with, and text that every match contains.

import "unicode/utf8"

// byteSet is a set of bytes.
type byteSet [4]uint64

var allBytes = byteSet{1<<64 - 1, 1<<64 - 1, 1<<64 - 1, 1<<64 - 1}

func (b *byteSet) has(c byte) bool { return b[c>>6]>>(c&63)&1 != 0 }

func (b *byteSet) add(lo, hi byte) {
	for c := int(lo); c <= int(hi); c++ {
		b[c>>6] |= 1 << (c & 63)
	}
}

// meets reports whether a byte is in both sets.
func (b *byteSet) meets(other *byteSet) bool {
	return b[0]&other[0]|b[1]&other[1]|b[2]&other[2]|b[3]&other[3] != 0
}

// firstInfo says how the matches of a part can begin: with one of bytes; or, if empty, it may
// also take no characters at all, and then what follows decides.
type firstInfo struct {
	bytes byteSet
	empty bool
}

// anything is the firstInfo of what is not known.
func anything() firstInfo { return firstInfo{bytes: allBytes, empty: true} }

func (f *firstInfo) or(other *firstInfo) {
	for i := range f.bytes {
		f.bytes[i] |= other.bytes[i]
	}
	f.empty = f.empty || other.empty
}

// then returns the beginnings of f followed by g.
func (f firstInfo) then(g *firstInfo) firstInfo {
	if f.empty {
		f.empty = false
		f.or(g)
	}
	return f
}

// addSet adds the first bytes of the characters in set.
func (b *byteSet) addSet(set runeSet) {
	for _, r := range set {
		if r.lo < utf8.RuneSelf {
			b.add(byte(r.lo), byte(min(r.hi, utf8.RuneSelf-1)))
		}
		switch lo := max(r.lo, utf8.RuneSelf); {
		case r.hi < utf8.RuneSelf:
		case lo <= 0xFFFD && r.hi >= 0xD800: // an invalid byte is U+FFFD, half a pair is a surrogate
			b.add(0x80, 0xFF)
		default:
			b.add(leadByte(lo), leadByte(r.hi))
		}
	}
}

func leadByte(r rune) byte {
	switch {
	case r < 0x80:
		return byte(r)
	case r < 0x800:
		return 0xC0 | byte(r>>6)
	case r < 0x10000:
		return 0xE0 | byte(r>>12)
	}
	return 0xF0 | byte(r>>18)
}

// first returns how the matches of n can begin. It is computed once a node.
func (n *node) first() *firstInfo {
	if n.firsts == nil {
		n.firsts = new(firstInfo)
		n.findFirst(n.firsts)
	}
	return n.firsts
}

func (n *node) findFirst(f *firstInfo) {
	switch n.kind {
	case nodeEmpty, nodeAssert, nodeLook:
		f.empty = true
	case nodeSet:
		f.bytes.addSet(n.set)
	case nodeSeq:
		f.empty = true
		for _, sub := range n.subs {
			if !f.empty {
				return
			}
			f.empty = false
			f.or(sub.first())
		}
	case nodeAlt:
		for _, sub := range n.subs {
			f.or(sub.first())
		}
	case nodeGroup, nodeAtomic:
		f.or(n.subs[0].first())
	case nodeRepeat:
		if n.max > 0 {
			f.or(n.subs[0].first())
		}
		f.empty = f.empty || n.min == 0
	case nodeLineBreak:
		f.bytes.addSet(verticalSpace)
	case nodeGrapheme:
		f.bytes.addSet(allRunes)
	default:
		*f = anything()
	}
}

// table returns the bytes, or nil if a match may also take nothing, or begin with any byte.
func (f *firstInfo) table() *byteSet {
	if f.empty || f.bytes == allBytes {
		return nil
	}
	bytes := f.bytes
	return &bytes
}

// literalChar returns the only character of a set.
func (n *node) literalChar() (rune, bool) {
	if n.kind == nodeSet && len(n.set) == 1 && n.set[0].lo == n.set[0].hi && !isSurrogate(n.set[0].lo) {
		return n.set[0].lo, true
	}
	return 0, false
}

// literals gathers text that every match contains.
type literals struct {
	run     []byte // the text that ends where the walk is
	longest []byte
	prefix  []byte // the text that every match begins with
	moved   bool   // the walk has passed something that is not text
}

// walk visits what every match of n goes through, in order.
func (l *literals) walk(n *node) {
	switch n.kind {
	case nodeSet:
		if c, ok := n.literalChar(); ok {
			l.run = utf8.AppendRune(l.run, c)
			return
		}
		l.cut()
	case nodeSeq, nodeGroup, nodeAtomic:
		for _, sub := range n.subs {
			l.walk(sub)
		}
	case nodeEmpty:
	case nodeAssert:
		l.cutPrefix()
	case nodeRepeat:
		l.cut()
		if n.min > 0 && !n.first().empty {
			l.walk(n.subs[0])
			l.cut()
		}
	default:
		l.cut()
	}
}

// cutPrefix ends the prefix, not the run: an assertion takes no text, but begins no match.
func (l *literals) cutPrefix() {
	if !l.moved {
		l.prefix = append([]byte(nil), l.run...)
		l.moved = true
	}
}

func (l *literals) cut() {
	l.cutPrefix()
	if len(l.run) > len(l.longest) {
		l.longest = append([]byte(nil), l.run...)
	}
	l.run = l.run[:0]
}

// gatherNeeds notes a class for each character that every match has to contain, in order.
func (c *compiler) gatherNeeds(n *node) {
	switch n.kind {
	case nodeSet:
		c.needs = append(c.needs, c.class(n.set))
	case nodeSeq, nodeGroup, nodeAtomic:
		for _, sub := range n.subs {
			c.gatherNeeds(sub)
		}
	case nodeRepeat:
		for range min(n.min, 4) {
			before := len(c.needs)
			if before < 64 && !n.first().empty {
				c.gatherNeeds(n.subs[0])
			}
			if len(c.needs) == before {
				return // nor would it add any the next time
			}
		}
	}
}

// isHopeless reports whether the input from pos on lacks a character that every match contains. It is
// asked when a match has taken long.
func (m *machine) isHopeless(pos int) bool {
	for _, class := range m.prog.needs {
		for {
			if pos >= len(m.input) {
				return true
			}
			r, width := m.charAt(pos)
			pos += width
			if class.contains(r) {
				break
			}
		}
	}
	return false
}

// minLength returns how many characters a match of n has at least.
func (n *node) minLength() int {
	const enough = 1 << 24
	length := 0
	switch n.kind {
	case nodeSet, nodeLineBreak, nodeGrapheme:
		return 1
	case nodeSeq, nodeGroup, nodeAtomic:
		for _, sub := range n.subs {
			length += sub.minLength()
		}
	case nodeAlt:
		length = enough
		for _, sub := range n.subs {
			length = min(length, sub.minLength())
		}
	case nodeRepeat:
		if n.min > 0 {
			length = n.min * n.subs[0].minLength()
		}
	}
	return min(length, enough)
}
