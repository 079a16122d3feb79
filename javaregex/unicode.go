package javaregex

// This file holds what JDK 17 knows about characters (Unicode 13): categories, scripts, blocks,
// binary properties and case. Go's own tables follow a newer Unicode, so everything comes from
// unicode.txt, which was written by a JDK. A table is decoded when a pattern first needs it.

import (
	_ "embed"
	"strings"
	"sync"
)

//go:generate sh -c "java --add-opens java.base/java.lang=ALL-UNNAMED --add-opens java.base/java.util.regex=ALL-UNNAMED internal/jdk/Tables.java > unicode.txt"

//go:embed unicode.txt
var unicodeText string

// unicodeTable is one line of unicode.txt, decoded at first use.
type unicodeTable struct {
	text string
	once sync.Once
	set  runeSet
}

// unicodeIndex finds the tables by kind and name, as in "gc Lu"; scripts and blocks have an entry
// for each of their names.
var unicodeIndex = sync.OnceValue(func() map[string]*unicodeTable {
	index := make(map[string]*unicodeTable, 1500)
	for line := range strings.Lines(unicodeText) {
		head, text, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok {
			continue
		}
		table := &unicodeTable{text: text}
		kind, names, _ := strings.Cut(head, " ")
		separator := " "
		if kind == "blk" {
			separator = "/"
		}
		for name := range strings.SplitSeq(names, separator) {
			index[kind+" "+name] = table
		}
	}
	return index
})

// lookup returns the set of that kind and name.
func lookup(kind, name string) (runeSet, bool) {
	table, ok := unicodeIndex()[kind+" "+name]
	if !ok {
		return nil, false
	}
	table.once.Do(func() { table.set = decodeRanges(table.text) })
	return table.set, true
}

// known is lookup for a name that is certain to exist.
func known(kind, name string) runeSet {
	set, ok := lookup(kind, name)
	if !ok {
		panic("javaregex: unicode.txt has no " + kind + " " + name)
	}
	return set
}

// categories returns the union of some general categories, as in "Lu Ll Lt".
func categories(names string) runeSet {
	var sets []runeSet
	for name := range strings.FieldsSeq(names) {
		sets = append(sets, known("gc", name))
	}
	return union(sets...)
}

// decodeRanges reads a set as Tables.java writes it.
func decodeRanges(text string) runeSet {
	set := make(runeSet, 0, len(text)/2)
	for at := rune(0); text != ""; {
		var gap, length rune
		gap, text = decodeNumber(text)
		length, text = decodeNumber(text)
		set = append(set, runeRange{at + gap, at + gap + length - 1})
		at += gap + length
	}
	return set
}

// decodeNumber reads a number in base 32, lowest digit first, and returns the text after it.
func decodeNumber(text string) (rune, string) {
	var n rune
	for i, shift := 0, 0; ; i, shift = i+1, shift+5 {
		digit := decodeDigit(text[i])
		n |= digit & 31 << shift
		if digit < 32 {
			return n, text[i+1:]
		}
	}
}

func decodeDigit(c byte) rune {
	switch {
	case c >= 'a':
		return rune(c-'a') + 26
	case c >= 'A':
		return rune(c - 'A')
	case c >= '0':
		return rune(c-'0') + 52
	case c == '+':
		return 62
	}
	return 63
}

// caseTables are the simple case mappings, and what follows from them for UnicodeCase.
type caseTables struct {
	upper, lower map[rune]rune
	// cased are the characters that a mapping changes, in order, with folded and upper beside.
	cased []casedRune
	// folding has, for each result of fold, the other characters that fold to it.
	folding map[rune][]rune
}

type casedRune struct{ char, upper, fold rune }

var cases = sync.OnceValue(func() *caseTables {
	t := &caseTables{
		upper:   decodeMapping("upper"),
		lower:   decodeMapping("lower"),
		folding: make(map[rune][]rune, 1500),
	}
	changed := make(map[rune]bool, len(t.upper)+len(t.lower))
	for r := range t.upper {
		changed[r] = true
	}
	for r := range t.lower {
		changed[r] = true
	}
	runes := make([]rune, 0, len(changed))
	for r := range changed {
		runes = append(runes, r)
	}
	for _, r := range setOf(runes...) {
		for c := r.lo; c <= r.hi; c++ {
			fold := t.fold(c)
			t.cased = append(t.cased, casedRune{c, t.toUpper(c), fold})
			if fold != c {
				t.folding[fold] = append(t.folding[fold], c)
			}
		}
	}
	return t
})

// decodeMapping reads a table of (gap, signed difference).
func decodeMapping(name string) map[rune]rune {
	text := unicodeIndex()["map "+name].text
	mapping := make(map[rune]rune, len(text)/4)
	for at := rune(0); text != ""; {
		var gap, difference rune
		gap, text = decodeNumber(text)
		difference, text = decodeNumber(text)
		at += gap
		if difference&1 != 0 {
			mapping[at] = at - difference/2
		} else {
			mapping[at] = at + difference/2
		}
	}
	return mapping
}

// toUpper is Character.toUpperCase.
func (t *caseTables) toUpper(r rune) rune {
	if u, ok := t.upper[r]; ok {
		return u
	}
	return r
}

// toLower is Character.toLowerCase.
func (t *caseTables) toLower(r rune) rune {
	if l, ok := t.lower[r]; ok {
		return l
	}
	return r
}

// fold is how Java compares characters under UnicodeCase: in lower case, by way of upper case.
func (t *caseTables) fold(r rune) rune { return t.toLower(t.toUpper(r)) }
