package freemarker

// The iteration order of java.util.HashMap, which is visible in the keys of
// namespaces and in the order of named macro arguments.

import (
	"sort"
	"unicode/utf8"
)

// javaHash returns the result of String.hashCode for s, which depends on its
// UTF-16 units.
func javaHash(s string) int32 {
	var h int32
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			h = 31*h + int32(c)
			i++
			continue
		}
		r, n := decodeUnit(s[i:])
		i += n
		if r >= 0x10000 {
			r -= 0x10000
			h = 31*h + 0xD800 + r>>10
			h = 31*h + 0xDC00 + r&0x3FF
			continue
		}
		h = 31*h + r
	}
	return h
}

// javaHashOrder returns the indexes of names in the order in which a HashMap
// iterates over them if they are inserted in the given order.
func javaHashOrder(names []string) []int {
	capacity := 16
	for len(names) > capacity*3/4 {
		capacity *= 2
	}
	order := make([]int, len(names))
	bucket := make([]uint32, len(names))
	for i, s := range names {
		h := uint32(javaHash(s))
		order[i] = i
		bucket[i] = (h ^ h>>16) & uint32(capacity-1)
	}
	sort.SliceStable(order, func(a, b int) bool { return bucket[order[a]] < bucket[order[b]] })
	return order
}
