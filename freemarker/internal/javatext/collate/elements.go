package collate

import (
	"strings"
	"unicode/utf8"
)

// end is returned by next after the last element. No element has this order.
const end int32 = -1

// A character that no rule mentions has two orders: unmappedOrder, so that it
// sorts after all other characters, and its code point.
const unmappedOrder int32 = 0x7fff0000

// elements returns the orders of a string's characters one by one.
type elements struct {
	t       *tables
	text    string
	pos     int
	pending []int32 // the remaining orders of the previous character
	swap    rune    // a character that no rule mentions, whose own order comes next
}

func (e *elements) next() int32 {
	if len(e.pending) > 0 {
		order := e.pending[0]
		e.pending = e.pending[1:]
		return order
	}
	if e.swap != 0 {
		if e.swap > 0xffff { // two UTF-16 units
			high := 0xd800 + (e.swap-0x10000)>>10
			e.swap = 0xdc00 + (e.swap-0x10000)&0x3ff
			return int32(uint32(high) << 16)
		}
		order := int32(uint32(e.swap) << 16)
		e.swap = 0
		return order
	}
	if e.pos >= len(e.text) {
		return end
	}
	ch := e.rune()
	order := e.t.order(ch)
	if order == unmapped {
		e.swap = ch
		return unmappedOrder
	}
	if order >= contractions {
		order = e.contraction(order)
	}
	if order >= expansions {
		e.pending = e.t.expansions[order-expansions]
		order = e.pending[0]
		e.pending = e.pending[1:]
	}
	if e.t.swapsThai && (thaiVowel(ch) || laoVowel(ch)) && e.pos < len(e.text) {
		order = e.reorder(ch, order)
	}
	return order
}

// rune consumes the next character.
func (e *elements) rune() rune {
	if c := e.text[e.pos]; c < utf8.RuneSelf {
		e.pos++
		return rune(c)
	}
	r, size := utf8.DecodeRuneInString(e.text[e.pos:])
	e.pos += size
	return r
}

// contraction returns the order of the longest string that starts with the
// character just consumed and has its own order, and moves past it.
func (e *elements) contraction(order int32) int32 {
	list := e.t.contractions[order-contractions]
	best := list[0]
	start := e.pos - len(list[0].text)
	for _, c := range list[1:] {
		if len(c.text) > len(best.text) && strings.HasPrefix(e.text[start:], c.text) {
			best = c
		}
	}
	e.pos = start + len(best.text)
	return best.order
}

// Thai and Lao write some vowels before the consonant that they are spoken
// after.
func thaiVowel(r rune) bool { return 0x0e40 <= r && r <= 0x0e44 }
func laoVowel(r rune) bool  { return 0x0ec0 <= r && r <= 0x0ec4 }

// reorder puts the orders of the following consonant before those of a vowel.
func (e *elements) reorder(vowel rune, order int32) int32 {
	at := e.pos
	consonant := e.rune()
	thai := thaiVowel(vowel) && 0x0e01 <= consonant && consonant <= 0x0e2e
	lao := laoVowel(vowel) && 0x0e81 <= consonant && consonant <= 0x0eae
	if !thai && !lao {
		e.pos = at
		return order
	}
	orders := make([]int32, 0, 8)
	first := e.t.order(consonant)
	if first >= contractions {
		first = e.contraction(first)
	}
	if first >= expansions {
		orders = append(orders, e.t.expansions[first-expansions]...)
	} else {
		orders = append(orders, first)
	}
	orders = append(orders, order)
	orders = append(orders, e.pending...)
	e.pending = orders[1:]
	return orders[0]
}
