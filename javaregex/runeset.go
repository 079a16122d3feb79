package javaregex

// This file implements sets of characters, which every class, property and case
// fold is converted to.

import (
	"slices"
	"sort"
)

// maxRune is the last code point. Surrogates count as characters here, because
// a pattern may contain them.
const maxRune = 0x10FFFF

// runeRange is an inclusive range of characters.
type runeRange struct{ lo, hi rune }

// runeSet is a set of characters: sorted ranges that do not touch. It is
// immutable.
type runeSet []runeRange

var allRunes = runeSet{{0, maxRune}}

// setOf makes a set of single characters.
func setOf(runes ...rune) runeSet {
	ranges := make([]runeRange, len(runes))
	for i, r := range runes {
		ranges[i] = runeRange{r, r}
	}
	return normalize(ranges)
}

// rangeOf makes a set of the characters from lo to hi.
func rangeOf(lo, hi rune) runeSet { return runeSet{{lo, hi}} }

// normalize sorts ranges and joins those that touch, in place.
func normalize(ranges []runeRange) runeSet {
	slices.SortFunc(ranges, func(a, b runeRange) int { return int(a.lo - b.lo) })
	joined := ranges[:0]
	for _, r := range ranges {
		if n := len(joined); n > 0 && r.lo <= joined[n-1].hi+1 {
			joined[n-1].hi = max(joined[n-1].hi, r.hi)
			continue
		}
		joined = append(joined, r)
	}
	return joined
}

// contains reports whether r is in the set.
func (s runeSet) contains(r rune) bool {
	if len(s) <= 8 {
		for _, x := range s {
			if r <= x.hi {
				return r >= x.lo
			}
		}
		return false
	}
	i := sort.Search(len(s), func(i int) bool { return r <= s[i].hi })
	return i < len(s) && r >= s[i].lo
}

// union returns the characters in any of the sets.
func union(sets ...runeSet) runeSet {
	switch len(sets) {
	case 0:
		return nil
	case 1:
		return sets[0]
	case 2:
		return unionOfTwo(sets[0], sets[1])
	}
	return unionOfTwo(union(sets[:len(sets)/2]...), union(sets[len(sets)/2:]...))
}

func unionOfTwo(a, b runeSet) runeSet {
	switch {
	case len(a) == 0:
		return b
	case len(b) == 0:
		return a
	}
	merged := make(runeSet, 0, len(a)+len(b))
	for len(a) > 0 || len(b) > 0 {
		var next runeRange
		if len(b) == 0 || len(a) > 0 && a[0].lo <= b[0].lo {
			next, a = a[0], a[1:]
		} else {
			next, b = b[0], b[1:]
		}
		if n := len(merged); n > 0 && next.lo <= merged[n-1].hi+1 {
			merged[n-1].hi = max(merged[n-1].hi, next.hi)
		} else {
			merged = append(merged, next)
		}
	}
	return merged
}

// intersect returns the characters in both sets.
func intersect(a, b runeSet) runeSet {
	var both runeSet
	for len(a) > 0 && len(b) > 0 {
		lo, hi := max(a[0].lo, b[0].lo), min(a[0].hi, b[0].hi)
		if lo <= hi {
			both = append(both, runeRange{lo, hi})
		}
		if a[0].hi < b[0].hi {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return both
}

// negate returns the characters that are not in the set.
func (s runeSet) negate() runeSet {
	rest := make(runeSet, 0, len(s)+1)
	next := rune(0)
	for _, r := range s {
		if r.lo > next {
			rest = append(rest, runeRange{next, r.lo - 1})
		}
		next = r.hi + 1
	}
	if next <= maxRune {
		rest = append(rest, runeRange{next, maxRune})
	}
	return rest
}

// minus returns the characters of s that are not in t.
func (s runeSet) minus(t runeSet) runeSet { return intersect(s, t.negate()) }
