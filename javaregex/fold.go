package javaregex

// This file implements case-insensitive matching: it returns the characters
// that a letter or a range matches.

// foldASCII returns r and, if it is an ASCII letter, its other case.
func foldASCII(r rune) runeSet {
	if isASCIILetter(r) {
		return setOf(r, r^0x20)
	}
	return rangeOf(r, r)
}

// foldUnicode returns all characters that (?iu) treats as equal to r.
func foldUnicode(r rune) runeSet {
	if r < 0x80 && !isASCIILetter(r) {
		return rangeOf(r, r)
	}
	t := cases()
	fold := t.fold(r)
	return setOf(append([]rune{fold}, t.folding[fold]...)...)
}

// foldsOnlyBesideOthers reports whether, under (?iu), a literal character that
// is not next to another literal matches only itself. Java finds other cases by
// way of the upper case, which ß, the lower case of ẞ, does not have.
func foldsOnlyBesideOthers(r rune) bool {
	if r < 0x80 {
		return false
	}
	t := cases()
	upper := t.toUpper(r)
	return upper == t.toLower(upper) && len(t.folding[upper]) > 0
}

// foldRangeASCII returns the characters of a range under (?i): those between
// its ends, and the other case of each ASCII letter among them.
func foldRangeASCII(lo, hi rune) runeSet {
	set := []runeRange{{lo, hi}}
	for c := rune('A'); c <= 'Z'; c++ {
		if other := c | 0x20; lo <= c && c <= hi || lo <= other && other <= hi {
			set = append(set, runeRange{c, c}, runeRange{other, other})
		}
	}
	return normalize(set)
}

// foldRangeUnicode is like foldRangeASCII, but under (?iu). It also returns the
// characters whose upper case, or the lower case of that, is between the ends.
func foldRangeUnicode(lo, hi rune) runeSet {
	set := []runeRange{{lo, hi}}
	for _, c := range cases().cased {
		if lo <= c.upper && c.upper <= hi || lo <= c.fold && c.fold <= hi {
			set = append(set, runeRange{c.char, c.char})
		}
	}
	return normalize(set)
}
