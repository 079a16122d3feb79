package javaregex

// This file computes what is known about a pattern without an input: the bytes
// that a match can start with, and text that every match contains.

import "unicode/utf8"

// byteSet is a set of what can come next: bytes and the end of the input.
type byteSet [5]uint64

// everything contains every byte and the end of the input.
var everything = byteSet{1<<64 - 1, 1<<64 - 1, 1<<64 - 1, 1<<64 - 1, 1}

func (b *byteSet) has(c byte) bool { return b[c>>6]>>(c&63)&1 != 0 }

// hasEnd reports whether the end of the input is in the set.
func (b *byteSet) hasEnd() bool { return b[4] != 0 }

func (b *byteSet) add(lo, hi byte) {
	for c := int(lo); c <= int(hi); c++ {
		b[c>>6] |= 1 << (c & 63)
	}
}

func (b *byteSet) addEnd() { b[4] = 1 }

// or returns what is in either set.
func (b byteSet) or(other *byteSet) byteSet {
	for i := range b {
		b[i] |= other[i]
	}
	return b
}

// and returns what is in both sets.
func (b byteSet) and(other *byteSet) byteSet {
	for i := range b {
		b[i] &= other[i]
	}
	return b
}

// meets reports whether the sets have a common element.
func (b *byteSet) meets(other *byteSet) bool { return b.and(other) != byteSet{} }

// firstInfo describes how the matches of a part of a pattern can start. A match
// that is not empty starts with one of bytes. If empty is set, the part can
// also match no characters, provided that one of passes comes next.
type firstInfo struct {
	bytes  byteSet
	empty  bool
	passes byteSet
}

// nothing returns the firstInfo of a part that matches no characters, whatever
// comes next.
func nothing() firstInfo { return firstInfo{empty: true, passes: everything} }

// anything returns the firstInfo of an unknown part.
func anything() firstInfo { return firstInfo{bytes: everything, empty: true, passes: everything} }

func (f *firstInfo) or(other *firstInfo) {
	f.bytes = f.bytes.or(&other.bytes)
	f.passes = f.passes.or(&other.passes)
	f.empty = f.empty || other.empty
}

// then returns the firstInfo of f followed by g.
func (f firstInfo) then(g *firstInfo) firstInfo {
	if f.empty {
		bytes := g.bytes.and(&f.passes)
		f.bytes = f.bytes.or(&bytes)
		f.passes = f.passes.and(&g.passes)
		f.empty = g.empty
	}
	return f
}

// next returns what can come next in the input at a position where f starts.
func (f *firstInfo) next() byteSet { return f.bytes.or(&f.passes) }

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

// first returns how the matches of n can start. It is computed once per node.
func (n *node) first() *firstInfo {
	if n.firsts == nil {
		n.firsts = new(firstInfo)
		n.findFirst(n.firsts)
	}
	return n.firsts
}

func (n *node) findFirst(f *firstInfo) {
	switch n.kind {
	case nodeEmpty, nodeLook:
		*f = nothing()
	case nodeAssert:
		*f = firstInfo{empty: true, passes: n.assert.passes()}
	case nodeSet:
		f.bytes.addSet(n.set)
	case nodeSeq:
		*f = nothing()
		for i := 0; i < len(n.subs) && f.empty; i++ {
			*f = f.then(n.subs[i].first())
		}
	case nodeAlt:
		for _, sub := range n.subs {
			f.or(sub.first())
		}
	case nodeGroup, nodeAtomic:
		*f = *n.subs[0].first()
	case nodeRepeat:
		if n.max > 0 {
			*f = *n.subs[0].first()
		}
		if n.min == 0 {
			f.empty, f.passes = true, everything
		}
	case nodeLineBreak:
		f.bytes.addSet(verticalSpace)
	case nodeGrapheme:
		f.bytes.addSet(allRunes)
	default:
		*f = anything()
	}
}

// passes returns what can come next at a position where the assertion holds.
func (a assertion) passes() byteSet {
	var next byteSet
	switch a {
	case atEnd:
	case atUnixFinalEnd, atUnixLineEnd:
		next.add('\n', '\n')
	case atFinalLineEnd, atLineEnd:
		next.addSet(lineTerminators)
	default:
		return everything
	}
	next.addEnd()
	return next
}

// table returns what can come next at a position where f starts, or nil if that
// is anything.
func (f *firstInfo) table() *byteSet {
	next := f.next()
	if next == everything {
		return nil
	}
	return &next
}

// literalChar returns the only character that n matches, or false if n matches
// anything else.
func (n *node) literalChar() (rune, bool) {
	if n.kind == nodeSet && len(n.set) == 1 && n.set[0].lo == n.set[0].hi && !isSurrogate(n.set[0].lo) {
		return n.set[0].lo, true
	}
	return 0, false
}

// literals collects text that every match contains.
type literals struct {
	run     []byte // the text that ends at the current node
	longest []byte
	prefix  []byte // the text that every match begins with
	moved   bool   // the walk has passed something that is not text
}

// walk visits, in order, the parts that every match of n passes through.
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

// cutPrefix ends the prefix, but not the run: an assertion matches no text, so
// the text before and after it is contiguous in the input.
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

// gatherNeeds collects, in order, the class of each character that every match
// must contain.
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
				return // another repetition would not add any either
			}
		}
	}
}

// isHopeless reports whether the input from pos on lacks a character that every
// match contains. It is called after a match has taken many steps.
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

// minLength returns the minimum number of characters of a match of n.
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
