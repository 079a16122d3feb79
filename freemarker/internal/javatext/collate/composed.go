package collate

import (
	"sync"

	"golang.org/x/text/unicode/norm"
)

// composed lists the characters with a canonical decomposition, except for the
// Hangul syllables.
var composed = sync.OnceValue(func() []rune {
	var list []rune
	for r := rune(0xc0); r <= 0x2fa1d; r++ {
		switch r {
		case 0x3400: // Han characters, none of which decompose
			r = 0xa000
		case 0xac00: // Hangul
			r = 0xf900
		case 0x10000:
			r = 0x11080
		case 0x12000:
			r = 0x1d000
		case 0x1e000:
			r = 0x2f800
		}
		var buf [4]byte
		if p := norm.NFD.Properties(append(buf[:0], string(r)...)); p.Decomposition() != nil {
			list = append(list, r)
		}
	}
	return list
})

// markPlain marks ASCII characters such that strings of them are equal only if
// they are identical: no marked character is ignorable or part of a
// contraction, and no two have the same order.
func (t *tables) markPlain() {
	seen := map[int32]bool{}
	for r := range rune(128) {
		o := t.order(r)
		if o != unmapped && o < expansions && (primary(o) != 0 || secondary(o) != 0) && !seen[o] {
			t.isPlain[r] = true
		}
		seen[o] = true
	}
}

// plain reports whether a string consists of characters that markPlain has
// marked.
func (t *tables) plain(s string) bool {
	for i := range len(s) {
		if s[i] >= 128 || !t.isPlain[s[i]] {
			return false
		}
	}
	return true
}
