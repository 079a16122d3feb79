package collate

import (
	_ "embed"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The rules of the JDK: one line with those of all collators, and a line for
// each set of rules that locales add; gen/Collations.java describes the format.
//
//go:embed rules.txt.gz
var packed []byte

var unescape = strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\r`, "\r")

// cutRules splits a line into the locales that it applies to and the rules.
func cutRules(line string) (names []string, rules string, tailored bool) {
	if head, rest, ok := strings.Cut(line, "\t"); ok {
		return strings.Fields(head), unescape.Replace(rest), true
	}
	return nil, unescape.Replace(line), false
}

// strength is the kind of difference that a rule's sign denotes.
type strength int

const (
	none strength = iota
	reset
	identical
	tertiaryDifference
	secondaryDifference
	primaryDifference
)

var strengths = map[byte]strength{
	'=': identical, ',': tertiaryDifference, ';': secondaryDifference, '<': primaryDifference, '&': reset,
}

// entry is one rule: a string, how it differs from the previous string, and the
// extension whose orders follow its own.
type entry struct {
	strength  strength
	chars     string
	extension string
}

// parse parses rules: signs of strength, each followed by a string. Quotes
// escape signs.
func parse(rules string) []entry {
	var entries []entry
	var current entry
	extending := false
	put := func(s string) {
		if extending {
			current.extension += s
		} else {
			current.chars += s
		}
	}
	for i := 0; i < len(rules); {
		c := rules[i]
		switch {
		case strengths[c] != none:
			if current.strength != none {
				entries = append(entries, current)
			}
			current, extending = entry{strength: strengths[c]}, false
			i++
		case c == '/':
			extending = true
			i++
		case c == ' ':
			i++
		case c == '\'':
			// The character after the opening quote is quoted, even if it is a
			// quote.
			_, size := utf8.DecodeRuneInString(rules[i+1:])
			end := i + 1 + size
			for end < len(rules) && rules[end] != '\'' {
				end++
			}
			put(rules[i+1 : end])
			i = end + 1
		default:
			_, size := utf8.DecodeRuneInString(rules[i:])
			put(rules[i : i+size])
			i += size
		}
	}
	return append(entries, current)
}

// merger puts entries into order, like java.text.MergeCollation.
type merger struct {
	list []entry
	seen map[string]bool
	last *entry // the entry after which the next one goes
	save *entry // the entry at the end of the list
}

// merge returns the entries in the order that they define. An entry goes after
// the previous one, and is moved there if it already exists. A reset names the
// entry after which the next one goes.
func merge(entries []entry) []entry {
	m := merger{seen: map[string]bool{}}
	for i := range entries {
		m.add(entries[i])
	}
	return m.list
}

func (m *merger) find(chars string) int {
	if m.seen[chars] {
		for i, e := range slices.Backward(m.list) {
			if e.chars == chars {
				return i
			}
		}
	}
	return -1
}

func (m *merger) add(e entry) {
	if m.last != nil && e.chars == m.last.chars && e.extension == m.last.extension {
		return
	}
	follow := true
	if e.strength != reset {
		if old := m.find(e.chars); old >= 0 {
			m.list = append(m.list[:old], m.list[old+1:]...)
		}
		m.seen[e.chars] = true
		at, excess := m.place()
		if excess != "" {
			e.extension = excess + e.extension
			if at != len(m.list) {
				m.last = m.save
				follow = false
			}
		}
		if at == len(m.list) {
			m.save = &e
		}
		m.list = append(m.list, entry{})
		copy(m.list[at+1:], m.list[at:])
		m.list[at] = e
	}
	if follow {
		m.last = &e
	}
}

// place returns the index for the next entry, which goes after m.last. If
// m.last is a reset to a string without an entry, the next entry goes after the
// last entry that the string starts with, and excess, the rest of the string,
// becomes an extension.
func (m *merger) place() (at int, excess string) {
	switch {
	case m.last == nil:
		return 0, ""
	case m.last.strength != reset:
		return m.find(m.last.chars) + 1, ""
	}
	for i, e := range slices.Backward(m.list) {
		if rest, ok := strings.CutPrefix(m.last.chars, e.chars); ok {
			return i + 1, rest
		}
	}
	return 0, ""
}

// An order from expansions up to contractions refers to an entry of
// tables.expansions, and one from contractions up to an entry of
// tables.contractions.
const (
	expansions   int32 = 0x7e000000
	contractions int32 = 0x7f000000
	unmapped     int32 = -1
	unfilled     int32 = 0x70000000 // added to a character whose order is not known yet
)

// contraction is a string with its own order. The first of a list is the single
// character, whose order applies unless a longer string matches.
type contraction struct {
	text  string
	order int32
}

// tables holds the orders of characters that rules define.
type tables struct {
	low          [0x250]int32
	high         map[rune]int32
	expansions   [][]int32
	contractions [][]contraction
	french       bool // accents are compared from the end of the string
	swapsThai    bool
	isPlain      [128]bool
}

func (t *tables) order(r rune) int32 {
	if int(r) < len(t.low) {
		return t.low[r]
	}
	if o, ok := t.high[r]; ok {
		return o
	}
	return unmapped
}

func (t *tables) setOrder(r rune, order int32) {
	if int(r) < len(t.low) {
		t.low[r] = order
	} else {
		t.high[r] = order
	}
}

// build builds tables from rules, like java.text.RBTableBuilder.
func build(rules string) *tables {
	t := &tables{high: map[rune]int32{}}
	for i := range t.low {
		t.low[i] = unmapped
	}
	order := int32(0)
	for _, e := range merge(parse(rules)) {
		chars := e.chars
		if rest, ok := strings.CutSuffix(chars, "@"); ok && rest != "" {
			t.french, chars = true, rest
		} else if rest, ok := strings.CutSuffix(chars, "!"); ok && rest != "" {
			t.swapsThai, chars = true, rest
		}
		switch e.strength {
		case primaryDifference:
			order = (order + 0x10000) & ^0xffff
		case secondaryDifference:
			order = (order + 0x100) & ^0xff
		case tertiaryDifference:
			order++
		}
		value := order
		if e.extension != "" {
			value = t.expansion(order, e.extension)
		}
		if r, size := utf8.DecodeRuneInString(chars); size == len(chars) {
			t.add(r, value)
		} else {
			t.contract(chars, value)
		}
	}
	t.addComposed()
	for _, list := range t.expansions {
		for i, o := range list {
			if unfilled < o && o < expansions {
				ch := o - unfilled
				if list[i] = t.single(ch); list[i] == unmapped {
					list[i] = ch & 0xffff
				}
			}
		}
	}
	t.markPlain()
	return t
}

// single returns the order of a character on its own, even if contractions
// start with it.
func (t *tables) single(r rune) int32 {
	o := t.order(r)
	if o >= contractions {
		o = t.contractions[o-contractions][0].order
	}
	return o
}

func (t *tables) add(r rune, order int32) {
	if t.order(r) >= contractions {
		t.contract(string(r), order)
	} else {
		t.setOrder(r, order)
	}
}

// contract assigns an order to a string of characters.
func (t *tables) contract(s string, order int32) {
	r, _ := utf8.DecodeRuneInString(s)
	list := t.list(r)
	// The JDK also keeps a list for the last character, for reading backwards.
	// This matters for a character without an order: in a list, its order is
	// unmapped, which equals end. Such a character therefore ends its string
	// instead of sorting after all others.
	last, _ := utf8.DecodeLastRuneInString(s)
	defer t.list(last)
	for i := range *list {
		if (*list)[i].text == s {
			(*list)[i].order = order
			return
		}
	}
	*list = append(*list, contraction{s, order})
}

// list returns the contractions that start with a character. The first is the character itself.
func (t *tables) list(r rune) *[]contraction {
	at := t.order(r)
	if at < contractions {
		t.contractions = append(t.contractions, []contraction{{string(r), at}})
		at = contractions + int32(len(t.contractions)) - 1
		t.setOrder(r, at)
	}
	return &t.contractions[at-contractions]
}

// expansion adds an expansion to the tables and returns the order that refers
// to it. The expansion consists of the given order, unless that is unmapped,
// and the orders of chars.
func (t *tables) expansion(order int32, chars string) int32 {
	var list []int32
	if order != unmapped {
		list = append(list, order)
	}
	for _, r := range chars {
		o := t.single(r)
		if o == unmapped {
			o = unfilled + r
		}
		list = append(list, o)
	}
	t.expansions = append(t.expansions, list)
	return expansions + int32(len(t.expansions)) - 1
}

// addComposed assigns orders to the characters that Unicode decomposes, from
// the orders of their parts. Hangul syllables are not among them.
func (t *tables) addComposed() {
	for _, r := range composed() {
		if t.single(r) != unmapped {
			continue
		}
		parts := norm.NFD.String(string(r))
		if first, size := utf8.DecodeRuneInString(parts); size == len(parts) {
			if o := t.single(first); o != unmapped {
				t.add(r, o)
			}
			continue
		}
		if o := t.contracted(parts); o != unmapped {
			t.add(r, o)
			continue
		}
		known := true
		for _, part := range parts {
			// The JDK processes UTF-16 units here, and has no order for a
			// surrogate.
			known = known && part <= 0xffff && t.single(part) != unmapped
		}
		if known {
			t.add(r, t.expansion(unmapped, parts))
		}
	}
}

// contracted returns the order of a string, or unmapped if the string has no
// order of its own.
func (t *tables) contracted(s string) int32 {
	r, _ := utf8.DecodeRuneInString(s)
	if o := t.order(r); o >= contractions {
		for _, c := range t.contractions[o-contractions] {
			if c.text == s {
				return c.order
			}
		}
	}
	return unmapped
}
