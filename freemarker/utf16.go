package freemarker

// Java's strings are UTF-16: lengths and positions count units, and a string
// may be split inside a surrogate pair. Here, text is UTF-8, except that a lone
// surrogate is encoded like any other code point (three bytes, ED A0..BF xx).
// The halves of a pair that meet again are joined, and lone surrogates become
// U+FFFD in the output.

import (
	"strings"
	"unicode/utf8"
)

// isASCII reports whether s consists of bytes below 0x80.
func isASCII(s string) bool {
	for len(s) >= 8 {
		if (s[0]|s[1]|s[2]|s[3]|s[4]|s[5]|s[6]|s[7])&0x80 != 0 {
			return false
		}
		s = s[8:]
	}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// decodeUnit decodes the code point at the start of s, which may be a lone
// surrogate, and returns it with its length in bytes.
func decodeUnit(s string) (rune, int) {
	if s[0] == 0xED && len(s) >= 3 && s[1] >= 0xA0 && s[1] < 0xC0 {
		return 0xD000 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), 3
	}
	return utf8.DecodeRuneInString(s)
}

// utf16Len returns the length of s in UTF-16 units.
func utf16Len(s string) int {
	if isASCII(s) {
		return len(s)
	}
	n := 0
	for i := range len(s) {
		c := s[i]
		if c&0xC0 != 0x80 { // not a continuation byte
			n++
			if c >= 0xF0 {
				n++
			}
		}
	}
	return n
}

// byteOffset returns the byte position of unit u of s. If the unit is the
// second half of a pair, half is true, and the position is the pair's start.
func byteOffset(s string, u int) (i int, half bool) {
	for u > 0 && i < len(s) {
		c := s[i]
		switch {
		case c < 0x80:
			i++
		case c >= 0xF0:
			if u == 1 {
				return i, true
			}
			u--
			i += 4
		case c >= 0xE0:
			i += 3
		default:
			i += 2
		}
		u--
	}
	return min(i, len(s)), false
}

// slice16 returns the units from..to of s. The caller has checked the bounds.
func slice16(s string, from, to int) string {
	if isASCII(s) {
		return s[from:to]
	}
	a, halfA := byteOffset(s, from)
	b, halfB := byteOffset(s[a:], to-from+btoi(halfA))
	b += a
	if !halfA && !halfB {
		return s[a:b]
	}
	var out strings.Builder
	if halfA {
		if from == to {
			return ""
		}
		r, n := utf8.DecodeRuneInString(s[a:])
		writeHalf(&out, 0xDC00+(r-0x10000)&0x3FF)
		a += n
	}
	if a < b {
		out.WriteString(s[a:b])
	}
	if halfB && b >= a {
		r, _ := utf8.DecodeRuneInString(s[b:])
		writeHalf(&out, 0xD800+(r-0x10000)>>10)
	}
	return out.String()
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// writeHalf writes one surrogate.
func writeHalf(b *strings.Builder, r rune) {
	b.WriteByte(0xE0 | byte(r>>12))
	b.WriteByte(0x80 | byte(r>>6)&0x3F)
	b.WriteByte(0x80 | byte(r)&0x3F)
}

// unitString returns the string of one UTF-16 unit.
func unitString(r rune) string {
	if r >= 0xD800 && r < 0xE000 {
		var b strings.Builder
		writeHalf(&b, r)
		return b.String()
	}
	return string(r)
}

// units returns s as UTF-16 units.
func units(s string) []uint16 {
	out := make([]uint16, 0, len(s))
	for i := 0; i < len(s); {
		r, n := decodeUnit(s[i:])
		i += n
		if r >= 0x10000 {
			out = append(out, uint16(0xD800+(r-0x10000)>>10), uint16(0xDC00+(r-0x10000)&0x3FF))
			continue
		}
		out = append(out, uint16(r))
	}
	return out
}

// joinHalves joins surrogates that form a pair.
func joinHalves(s string) string {
	if strings.IndexByte(s, 0xED) < 0 {
		return s
	}
	var out strings.Builder
	changed := false
	last := 0
	for i := 0; i+6 <= len(s); i++ {
		if s[i] != 0xED || s[i+1]&0xF0 != 0xA0 || s[i+3] != 0xED || s[i+4]&0xF0 != 0xB0 {
			continue
		}
		hi, _ := decodeUnit(s[i:])
		lo, _ := decodeUnit(s[i+3:])
		out.WriteString(s[last:i])
		out.WriteRune((hi-0xD800)<<10 + (lo - 0xDC00) + 0x10000)
		i += 5
		last = i + 1
		changed = true
	}
	if !changed {
		return s
	}
	out.WriteString(s[last:])
	return out.String()
}

// concat joins two strings. If they meet inside a surrogate pair, it joins the
// halves.
func concat(a, b string) string {
	if len(a) >= 3 && len(b) >= 3 && a[len(a)-3] == 0xED && b[0] == 0xED {
		return joinHalves(a + b)
	}
	return a + b
}

// wellFormed returns s as valid UTF-8: surrogate pairs are joined, and lone
// surrogates replaced by U+FFFD.
func wellFormed(s string) string { return replaceHalves(s, "\uFFFD") }

// replaceHalves returns s as valid UTF-8: surrogate pairs are joined, and lone
// surrogates replaced.
func replaceHalves(s, replacement string) string {
	if strings.IndexByte(s, 0xED) < 0 {
		return s
	}
	s = joinHalves(s)
	if utf8.ValidString(s) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); {
		r, n := decodeUnit(s[i:])
		if r >= 0xD800 && r < 0xE000 {
			out.WriteString(replacement)
		} else {
			out.WriteRune(r)
		}
		i += n
	}
	return out.String()
}

// isJavaSpace returns the result of Character.isWhitespace for one UTF-16 unit.
func isJavaSpace(r rune) bool {
	switch {
	case r <= ' ':
		return r >= 9 && r <= 13 || r >= 0x1C && r <= 0x20
	case r == 0x1680, r >= 0x2000 && r <= 0x200A && r != 0x2007,
		r == 0x2028, r == 0x2029, r == 0x205F, r == 0x3000:
		return true
	}
	return false
}
