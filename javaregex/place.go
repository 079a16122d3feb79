package javaregex

// This file reads what surrounds a position, for characters, assertions,
// lookbehind and back references. Java counts UTF-16 units, so its lookbehind
// may start between the halves of a surrogate pair. Here, that position is the
// middle of the character's four bytes.

import (
	"strings"
	"sync"
	"unicode/utf8"
)

// isMiddle reports whether pos is between the halves of a surrogate pair.
func (m *machine) isMiddle(pos int) bool {
	if pos < 2 || pos >= len(m.input) || utf8.RuneStart(m.input[pos]) || m.input[pos-2] < 0xF0 {
		return false
	}
	_, width := utf8.DecodeRuneInString(m.input[pos-2:])
	return width == 4
}

// charAt returns the character at pos and its length. An invalid byte is U+FFFD.
func (m *machine) charAt(pos int) (rune, int) {
	if b := m.input[pos]; b < utf8.RuneSelf {
		return rune(b), 1
	} else if b < 0xC0 && m.isMiddle(pos) {
		r, _ := utf8.DecodeRuneInString(m.input[pos-2:])
		return 0xDC00 + (r-0x10000)&0x3FF, 2
	}
	return utf8.DecodeRuneInString(m.input[pos:])
}

// charBefore returns the character that ends at pos, and its length.
func (m *machine) charBefore(pos int) (rune, int) {
	if b := m.input[pos-1]; b < utf8.RuneSelf {
		return rune(b), 1
	}
	if m.isMiddle(pos) {
		r, _ := utf8.DecodeRuneInString(m.input[pos-2:])
		return 0xD800 + (r-0x10000)>>10, 2
	}
	return utf8.DecodeLastRuneInString(m.input[:pos])
}

// unitBack returns the position one UTF-16 unit before pos.
func (m *machine) unitBack(pos int) int {
	if _, width := m.charBefore(pos); width < 4 {
		return pos - width
	}
	return pos - 2
}

// units returns the length in UTF-16 units of the input from start to end.
func (m *machine) units(start, end int) int {
	n := 0
	for i := start; i < end; {
		if m.input[i] < utf8.RuneSelf {
			i++
			n++
			continue
		}
		_, width := m.charAt(i)
		i += width
		if n++; width == 4 {
			n++
		}
	}
	return n
}

func isLineTerminator(r rune) bool {
	return r == '\n' || r == '\r' || r == 0x85 || r == 0x2028 || r == 0x2029
}

// assert reports whether the assertion holds at pos.
func (m *machine) assert(a assertion, pos int) bool {
	s := m.input
	switch a {
	case atBegin:
		return pos == 0
	case atEnd:
		return pos == len(s)
	case atLastMatch:
		return pos == int(m.last)
	case atWordBoundary:
		return m.wordBoundary(pos, false)
	case notWordBoundary:
		return !m.wordBoundary(pos, false)
	case atUnicodeBoundary:
		return m.wordBoundary(pos, true)
	case notUnicodeBoundary:
		return !m.wordBoundary(pos, true)
	case atGraphemeBound:
		return m.graphemeBoundary(pos)
	case atUnixFinalEnd:
		return pos == len(s) || pos == len(s)-1 && s[pos] == '\n'
	case atUnixLineEnd:
		return pos == len(s) || s[pos] == '\n'
	case atFinalLineEnd:
		return m.lineEnd(pos, true)
	case atLineEnd:
		return m.lineEnd(pos, false)
	case atUnixLineBegin:
		return pos < len(s) && (pos == 0 || s[pos-1] == '\n')
	}
	return m.lineBegin(pos)
}

// lineEnd reports whether pos is at the end of the input or before a line
// terminator. If final is set, the terminator must end the input. \r\n counts
// as one terminator.
func (m *machine) lineEnd(pos int, final bool) bool {
	s := m.input
	if pos == len(s) {
		return true
	}
	r, width := m.charAt(pos)
	if !isLineTerminator(r) || r == '\n' && pos > 0 && s[pos-1] == '\r' {
		return false
	}
	return !final || pos+width == len(s) || s[pos:] == "\r\n"
}

// lineBegin reports whether pos is after a line terminator or at the start of
// the input, but not at its end.
func (m *machine) lineBegin(pos int) bool {
	if pos == len(m.input) {
		return false
	}
	if pos == 0 {
		return true
	}
	r, _ := m.charBefore(pos)
	return isLineTerminator(r) && !(r == '\r' && m.input[pos] == '\n')
}

// wordASCII are the ASCII word characters.
var wordASCII = func() (table [utf8.RuneSelf]bool) {
	for _, r := range asciiWord {
		for c := r.lo; c <= r.hi; c++ {
			table[c] = true
		}
	}
	return table
}()

// wordSets are the sets that decide what \b treats as part of a word.
type wordSets struct{ letterOrDigit, unicode, mark runeSet }

var wordTables = sync.OnceValue(func() *wordSets {
	return &wordSets{
		letterOrDigit: categories(categorySets["LD"]),
		unicode:       known("is", "Word"),
		mark:          categories("Mn"),
	}
})

func (m *machine) wordBoundary(pos int, unicode bool) bool {
	s := m.input
	var before, after bool
	if pos > 0 {
		if b := s[pos-1]; b < utf8.RuneSelf {
			before = wordASCII[b]
		} else {
			r, _ := m.charBefore(pos)
			before = isWord(r, unicode) || isMark(r) && m.hasBase(m.unitBack(pos))
		}
	}
	if pos < len(s) {
		if b := s[pos]; b < utf8.RuneSelf {
			after = wordASCII[b]
		} else {
			r, _ := m.charAt(pos)
			after = isWord(r, unicode) || isMark(r) && m.hasBase(pos)
		}
	}
	return before != after
}

// isWord reports whether r is part of a word for \b. In ASCII mode, \b counts
// more characters than \w does.
func isWord(r rune, unicode bool) bool {
	if r < utf8.RuneSelf {
		return wordASCII[r]
	}
	if unicode {
		return wordTables().unicode.contains(r)
	}
	return wordTables().letterOrDigit.contains(r)
}

func isMark(r rune) bool { return r >= 0x300 && wordTables().mark.contains(r) }

// hasBase reports whether the marks up to the one at pos belong to a letter or
// digit. Java goes back by units, and so does not see a letter that is a
// surrogate pair.
func (m *machine) hasBase(pos int) bool {
	for {
		r, _ := m.charAt(pos)
		switch {
		case r < utf8.RuneSelf && r != '_' && wordASCII[r], r >= utf8.RuneSelf && wordTables().letterOrDigit.contains(r):
			return true
		case !isMark(r) || pos == 0:
			return false
		}
		pos = m.unitBack(pos)
		m.tick--
	}
}

// backref matches what a group has captured. It returns the end.
func (m *machine) backref(in *inst, pos int) (int, bool) {
	if int(in.group) >= m.prog.groups {
		return 0, false
	}
	start, end := int(m.groups[2*in.group]), int(m.groups[2*in.group+1])
	if start < 0 {
		return 0, false
	}
	if end < start {
		return 0, false
	}
	if caseless := in.optional || in.negative; caseless {
		return m.foldedBackref(in, start, end, pos)
	}
	text := m.input[start:end]
	m.tick -= len(text) >> 4
	return pos + len(text), strings.HasPrefix(m.input[pos:], text)
}

// foldedBackref is like backref, but ignores case. Like Java, it compares as
// many characters as the group has UTF-16 units, and then advances by as many
// units.
func (m *machine) foldedBackref(in *inst, start, end, pos int) (int, bool) {
	units := m.units(start, end)
	to := pos
	m.tick -= units
	for x, y, n := start, pos, 0; n < units; n++ {
		if x >= len(m.input) || y >= len(m.input) {
			return 0, false
		}
		a, widthA := m.charAt(x)
		b, widthB := m.charAt(y)
		if !equalFold(a, b, in.negative) {
			return 0, false
		}
		x, y = x+widthA, y+widthB
	}
	for n := 0; n < units; n++ {
		if to >= len(m.input) {
			return 0, false
		}
		_, width := m.charAt(to)
		if width == 4 && n+1 == units {
			return to + 2, true
		}
		if width == 4 {
			n++
		}
		to += width
	}
	return to, true
}

func equalFold(a, b rune, unicode bool) bool {
	switch {
	case a == b:
		return true
	case unicode:
		t := cases()
		return t.fold(a) == t.fold(b)
	}
	return isASCIILetter(a) && a^0x20 == b
}

// lineBreak matches \R: \r\n or one vertical space. On backtracking \r\n is reduced to \r.
func (m *machine) lineBreak(in *inst, pos int) (int32, int, bool) {
	if pos >= len(m.input) {
		return 0, 0, false
	}
	if strings.HasPrefix(m.input[pos:], "\r\n") {
		m.push(frameAlt, in.next, int32(pos+1), 0, 0)
		return in.next, pos + 2, true
	}
	r, width := m.charAt(pos)
	return in.next, pos + width, verticalSpace.contains(r)
}

// behind starts a lookbehind. It tries the shortest length first.
func (m *machine) behind(pc int32, in *inst, pos int) (int32, int, bool) {
	b := barrier{pc: pc, pos: int32(pos), behindTo: m.behindTo, at: int32(pos), left: m.behindReach(in, pos)}
	for n := in.min; n > 0; n-- {
		if b.at == 0 && in.byCharacter {
			break // Java goes back as far as possible
		}
		if !m.behindBack(in, &b) {
			return in.next, pos, in.negative
		}
	}
	if b.left < 0 {
		return in.next, pos, in.negative
	}
	m.behindTo = int32(pos)
	m.enter(b)
	return in.sub, int(b.at), true
}

// behindBack moves a lookbehind back by one step. It returns false if that is
// not possible.
func (m *machine) behindBack(in *inst, b *barrier) bool {
	if b.at == 0 || b.left <= 0 {
		return false
	}
	at := int(b.at)
	b.left--
	if !in.byCharacter {
		b.at = int32(m.unitBack(at))
		return true
	}
	_, width := m.charBefore(at)
	b.at = int32(at - width)
	if in.max < 0 && width == 4 {
		b.left--
	}
	return b.left >= 0
}

// behindReach returns how many steps back a lookbehind at pos may go; a
// negative number means that it fails. If the maximum length has overflowed,
// Java's further arithmetic is also wrong: in units, the lookbehind then
// reaches back to the start of the input or nowhere; in characters, as far back
// as the remaining input is long.
func (m *machine) behindReach(in *inst, pos int) int32 {
	const everywhere = 1<<31 - 1
	over := int(in.max) + 1<<31
	switch {
	case in.max >= 0:
		return in.max
	case in.byCharacter && over == 0:
		return 0
	case in.byCharacter:
		return int32(m.units(pos, len(m.input)))
	case pos >= over && m.units(0, min(pos, 4*over)) >= over:
		return everywhere
	}
	return -1
}

// behindStep retries a failed lookbehind one step further back.
func (m *machine) behindStep(in *inst, b barrier) (int32, int, bool) {
	if !m.behindBack(in, &b) {
		m.behindTo = b.behindTo
		return in.next, int(b.pos), in.negative
	}
	m.enter(b)
	return in.sub, int(b.at), true
}
