package javaregex

// This file finds characters by name, for \N{…}. The names of letters and
// symbols come from x/text, whose Unicode version is newer than JDK 17's, so
// characters that JDK 17 does not have are omitted.

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/text/unicode/runenames"
)

// charByName returns the character with the given name, as
// Character.codePointOf does: its name in any case, the old name of a control
// character, or, for characters without a name, the block and the code point,
// as in "CJK UNIFIED IDEOGRAPHS 4E00".
func charByName(name string) (rune, bool) {
	name = strings.ToUpper(strings.TrimFunc(name, func(r rune) bool { return r <= ' ' }))
	index := nameIndex()
	hash := nameHash(name)
	i, _ := slices.BinarySearch(index, uint64(hash)<<32)
	for ; i < len(index) && uint32(index[i]>>32) == hash; i++ {
		if r := rune(uint32(index[i])); runenames.Name(r) == name {
			return r, true
		}
	}
	for i, control := range strings.Split(unicodeIndex()["name Cc"].text, "/") {
		if control == name {
			if i >= 0x20 {
				i += 0x7F - 0x20
			}
			return rune(i), true
		}
	}
	return charByBlock(name)
}

func nameHash(name string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(name))
	return h.Sum32()
}

// nameIndex has an entry for each name, with its hash in the upper half and the
// character in the lower. The entries are sorted, take 260 KB, and are built
// when the first \N is compiled.
var nameIndex = sync.OnceValue(func() []uint64 {
	index := make([]uint64, 0, 34_000)
	for _, r := range categories("Cn Cs Co Cc").negate() {
		for c := r.lo; c <= r.hi; c++ {
			if name := runenames.Name(c); name != "" && name[0] != '<' {
				index = append(index, uint64(nameHash(name))<<32|uint64(c))
			}
		}
	}
	slices.Sort(index)
	return index
})

func charByBlock(name string) (rune, bool) {
	space := strings.LastIndexByte(name, ' ')
	if space < 0 {
		return 0, false
	}
	code, err := strconv.ParseUint(name[space+1:], 16, 32)
	if err != nil || code > maxRune || strings.ToUpper(strconv.FormatUint(code, 16)) != name[space+1:] {
		return 0, false
	}
	r := rune(code)
	block, ok := blockSet(strings.ReplaceAll(name[:space], " ", "_"))
	if !ok || !block.contains(r) || categories("Cn Cc").contains(r) {
		return 0, false
	}
	own := runenames.Name(r)
	return r, own == "" || own[0] == '<'
}
