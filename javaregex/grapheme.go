package javaregex

// This file implements \X and \b{g}, with extended grapheme clusters as JDK 17
// defines them.

import "sync"

// graphemeClass is the role of a character in grapheme clusters.
type graphemeClass uint8

const (
	graphemeOther graphemeClass = iota
	graphemeCR
	graphemeLF
	graphemeControl
	graphemeExtend
	graphemeZWJ
	graphemeRI
	graphemePrepend
	graphemeSpacingMark
	graphemeL
	graphemeV
	graphemeT
	graphemeLV
	graphemeLVT
	graphemePictograph
)

var graphemeNames = []string{"", "CR", "LF", "CONTROL", "EXTEND", "ZWJ", "RI", "PREPEND", "SPACINGMARK", "L", "V", "T", "LV", "LVT", "EXTENDED_PICTOGRAPHIC"}

var graphemeSets = sync.OnceValue(func() []runeSet {
	sets := make([]runeSet, len(graphemeNames))
	for i, name := range graphemeNames[1:] {
		sets[i+1] = known("gb", name)
	}
	return sets
})

func graphemeClassOf(r rune) graphemeClass {
	if ' ' <= r && r <= '~' {
		return graphemeOther
	}
	for i, set := range graphemeSets() {
		if set.contains(r) {
			return graphemeClass(i)
		}
	}
	return graphemeOther
}

// breaks reports whether two adjacent characters are in different clusters,
// regardless of what precedes them. It implements Unicode's table of rules.
func breaks(a, b graphemeClass) bool { //nolint:cyclop // a table of Unicode's rules
	isControl := func(c graphemeClass) bool { return graphemeCR <= c && c <= graphemeControl }
	switch {
	case a == graphemeCR && b == graphemeLF:
		return false
	case isControl(a) || isControl(b):
		return true
	case a == graphemeL && (b == graphemeL || b == graphemeV || b == graphemeLV || b == graphemeLVT):
		return false
	case (a == graphemeLV || a == graphemeV) && (b == graphemeV || b == graphemeT):
		return false
	case (a == graphemeLVT || a == graphemeT) && b == graphemeT:
		return false
	}
	return b != graphemeExtend && b != graphemeZWJ && b != graphemeSpacingMark && a != graphemePrepend
}

// nextGrapheme returns the end of the cluster that starts at pos, or end if
// that comes first.
func (m *machine) nextGrapheme(pos, end int) int {
	r, width := m.charAt(pos)
	before := graphemeClassOf(r)
	pos += width
	flags := 0
	if before == graphemeRI {
		flags = 1
	}
	pictograph := before == graphemePictograph
	for pos < end {
		r, width = m.charAt(pos)
		class := graphemeClassOf(r)
		switch {
		case pictograph && before == graphemeZWJ && class == graphemePictograph:
		case before == graphemeRI && class == graphemeRI && flags%2 == 1:
		case breaks(before, class):
			return pos
		}
		if class == graphemeRI {
			flags++
		}
		pictograph = pictograph && (class == graphemePictograph || class == graphemeExtend || class == graphemeZWJ)
		before = class
		pos += width
		m.tick--
	}
	return min(pos, end)
}

// graphemeBoundary reports whether pos is between clusters. As in Java, the
// cluster before pos starts where the latest sub-match or the previous match
// ended, even if that is inside another cluster.
func (m *machine) graphemeBoundary(pos int) bool {
	switch {
	case pos == 0 || pos == len(m.input):
		return true
	case m.isMiddle(pos):
		return false
	case int(m.accepted) >= len(m.input):
		return false
	}
	return m.nextGrapheme(int(m.accepted), len(m.input)) <= pos
}
