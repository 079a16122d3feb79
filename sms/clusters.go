package sms

// A cluster consists of the characters that a reader sees as one, such as a
// letter with its accent, a flag, or a family composed of several emoji. Twilio
// keeps each cluster in one segment.

import "unicode"

const (
	zeroWidthJoiner    = '\u200d'
	zeroWidthNonJoiner = '\u200c'
)

// clusterer finds where clusters end. It follows the rules of Unicode Standard
// Annex 29 for extended grapheme clusters, except those that apply only to
// ill-formed text.
type clusterer struct {
	base    rune // the first character
	last    rune
	regions int // number of regional indicators so far; two make a flag
}

// joins takes the next character of a text, and reports whether that character
// belongs to the same cluster as the previous one.
func (c *clusterer) joins(r rune) bool {
	joined := c.last != 0 && c.accepts(r)
	if !joined {
		c.base, c.regions = r, 0
	}
	if isRegional(r) {
		c.regions++
	}
	c.last = r
	return joined
}

func (c *clusterer) accepts(r rune) bool {
	switch {
	case r < 0x300: // the characters in this range, which are the most common, never join another
		return false
	case unicode.IsControl(c.last):
		return false
	case r == zeroWidthJoiner, r == zeroWidthNonJoiner, unicode.Is(unicode.M, r), isThaiAm(r), isTag(r):
		return true
	case isSkinTone(r):
		return isPictograph(c.base)
	case c.last == zeroWidthJoiner:
		return isPictograph(r)
	case isRegional(r):
		return isRegional(c.last) && c.regions == 1
	}
	return joinsJamo(c.last, r)
}

func isThaiAm(r rune) bool   { return r == 0x0E33 || r == 0x0EB3 }
func isTag(r rune) bool      { return r >= 0xE0020 && r <= 0xE007F }
func isSkinTone(r rune) bool { return r >= 0x1F3FB && r <= 0x1F3FF }
func isRegional(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }

// isPictograph reports whether r may start an emoji.
func isPictograph(r rune) bool {
	return r >= 0x1F000 && r <= 0x1FAFF && !isRegional(r) || r >= 0x2190 && r <= 0x2BFF
}

// joinsJamo reports whether r continues a Korean syllable.
func joinsJamo(last, r rune) bool {
	leading := func(r rune) bool { return r >= 0x1100 && r <= 0x115F || r >= 0xA960 && r <= 0xA97C }
	vowel := func(r rune) bool { return r >= 0x1160 && r <= 0x11A7 || r >= 0xD7B0 && r <= 0xD7C6 }
	trailing := func(r rune) bool { return r >= 0x11A8 && r <= 0x11FF || r >= 0xD7CB && r <= 0xD7FB }
	syllable := func(r rune) bool { return r >= 0xAC00 && r <= 0xD7A3 }
	switch {
	case leading(last):
		return leading(r) || vowel(r) || syllable(r)
	case vowel(last), syllable(last) && (last-0xAC00)%28 == 0:
		return vowel(r) || trailing(r)
	case trailing(last), syllable(last):
		return trailing(r)
	}
	return false
}
