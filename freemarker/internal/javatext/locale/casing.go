package locale

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// Upper implements String.toUpperCase(locale): with the rules of Turkish, Azeri
// and Lithuanian, and "SS" for a sharp s.
func Upper(l Locale, s string) string {
	s = convert(l, s, 'a', 'z', uppers)
	if l.Language == "lt" { // x/text does not change the iota subscript for Lithuanian
		s = strings.ReplaceAll(s, "\u0345", "\u0399")
	}
	return s
}

// Lower implements String.toLowerCase(locale): with the rules of Turkish, Azeri
// and Lithuanian, and a final sigma at the ends of words.
func Lower(l Locale, s string) string {
	if strings.ContainsRune(s, sigma) {
		s = lowerSigmas(s)
	}
	if l.Language == "lt" {
		s = strings.ReplaceAll(strings.Map(lowerLithuanian, s), "\u0130", "i\u0307")
	}
	return convert(l, s, 'A', 'Z', lowers)
}

// lowerLithuanian lowers all letters except those to which Java adds a dot
// above in Lithuanian: golang.org/x/text lowers these as Java does, but would
// decompose some of the others.
func lowerLithuanian(r rune) rune {
	if strings.ContainsRune("IJ\u0130\u012e\u00cc\u00cd\u0128", r) {
		return r
	}
	return LowerChar(r)
}

const (
	sigma      = '\u03a3'
	smallSigma = '\u03c3'
	finalSigma = '\u03c2'
)

// lowerSigmas replaces capital sigmas with small ones: with a final one if it
// is the last cased letter of its word, but not the only one. What counts as a
// word is decided as in java.text.BreakIterator, which has fewer boundaries
// than Unicode's condition Final_Sigma: a hyphen or a digit does not end a
// word.
func lowerSigmas(s string) string {
	chars := []rune(s)
	out := make([]rune, len(chars))
	copy(out, chars)
	for i, c := range chars {
		if c == sigma {
			out[i] = smallSigma
			if casedInWord(chars, i, -1) && !casedInWord(chars, i, 1) {
				out[i] = finalSigma
			}
		}
	}
	return string(out)
}

// casedInWord reports whether there is a cased letter before or after a
// character, within its word.
func casedInWord(chars []rune, i, step int) bool {
	for i += step; 0 <= i && i < len(chars); i += step {
		c := chars[i]
		switch {
		case unicode.IsUpper(c), unicode.IsLower(c), unicode.IsTitle(c),
			unicode.In(c, unicode.Other_Lowercase, unicode.Other_Uppercase):
			return true
		case wordPart(c):
		case c == '.' || c == '\'' || c == '"' || c == '\u00ad' || unicode.In(c, unicode.Pd, unicode.Pc):
			// A single such character joins two parts of a word.
			if next := i + step; next < 0 || next >= len(chars) || !wordPart(chars[next]) {
				return false
			}
		default:
			return false
		}
	}
	return false
}

func wordPart(c rune) bool {
	return c != '\u00ad' && unicode.In(c, unicode.L, unicode.M, unicode.N, unicode.Cf)
}

var (
	uppers = casers(func(t language.Tag) cases.Caser { return cases.Upper(t) })
	lowers = casers(func(t language.Tag) cases.Caser { return cases.Lower(t) })
)

// casers returns a pool of Casers, which have state, for each language that
// Java handles specially and one for all others.
func casers(make func(language.Tag) cases.Caser) map[string]*sync.Pool {
	pools := map[string]*sync.Pool{}
	for _, lang := range []string{"und", "tr", "az", "lt"} {
		tag := language.Make(lang)
		pools[lang] = &sync.Pool{New: func() any { c := make(tag); return &c }}
	}
	return pools
}

// convert changes the case of s with a Caser from pools. from and to are the
// first and the last ASCII letter that it changes.
func convert(l Locale, s string, from, to byte, pools map[string]*sync.Pool) string {
	pool := pools[l.Language]
	if pool == nil {
		if t, ok := convertASCII(s, from, to); ok {
			return t
		}
		pool = pools["und"]
	}
	c := pool.Get().(*cases.Caser)
	defer pool.Put(c)
	i := strings.IndexFunc(s, caselessInJava)
	if i < 0 {
		return c.String(s)
	}
	var b strings.Builder
	for ; i >= 0; i = strings.IndexFunc(s, caselessInJava) {
		_, size := utf8.DecodeRuneInString(s[i:])
		b.WriteString(c.String(s[:i]))
		b.WriteString(s[i : i+size])
		s = s[i+size:]
	}
	b.WriteString(c.String(s))
	return b.String()
}

// caselessInJava reports whether the other case of a letter was added to
// Unicode after version 13, which JDK 17 uses.
func caselessInJava(r rune) bool {
	switch {
	case r < 0x2C2F:
		return false
	case r == 0x2C2F, r == 0x2C5F, r == 0xA7C0, r == 0xA7C1, r == 0xA7D0, r == 0xA7D1:
		return true
	}
	return 0xA7D6 <= r && r <= 0xA7D9 || 0x10570 <= r && r <= 0x105BC
}

// UpperChar implements Character.toUpperCase, which maps one character to one.
func UpperChar(r rune) rune {
	if caselessInJava(r) {
		return r
	}
	return unicode.ToUpper(r)
}

// LowerChar implements Character.toLowerCase.
func LowerChar(r rune) rune {
	if caselessInJava(r) {
		return r
	}
	return unicode.ToLower(r)
}

// convertASCII swaps the case of the ASCII letters in a range. It returns false
// if s is not ASCII.
func convertASCII(s string, from, to byte) (string, bool) {
	change := -1
	for i := range len(s) {
		if s[i] >= 0x80 {
			return "", false
		}
		if change < 0 && from <= s[i] && s[i] <= to {
			change = i
		}
	}
	if change < 0 {
		return s, true
	}
	b := []byte(s)
	for i := change; i < len(b); i++ {
		if from <= b[i] && b[i] <= to {
			b[i] ^= 0x20
		}
	}
	return string(b), true
}
