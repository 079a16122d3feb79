// Package collate compares text as java.text.Collator does, with the JDK's own
// rules rather than CLDR's. FreeMarker's ==, ?sort and ?seq_contains compare
// strings in this way.
package collate

import (
	"sync"

	"temporal-twilio/freemarker/internal/javatext/locale"
)

// Collator compares strings by a locale's rules. It is immutable and safe for
// concurrent use.
type Collator struct {
	tables func() *tables
}

// For returns the equivalent of Collator.getInstance(locale), with tertiary
// strength and no decomposition. The collators of a language share their
// tables, which are built on first use.
func For(l locale.Locale) *Collator {
	r := ruleTables()
	for _, name := range [...]string{l.Language + "_" + l.Country, l.Language} {
		if c, ok := r[name]; ok {
			return c
		}
	}
	return r[""]
}

// Equal reports whether Compare(a, b) == 0. It is faster for strings of plain
// letters and digits.
func (c *Collator) Equal(a, b string) bool {
	if a == b {
		return true
	}
	if c.tables().plain(a) && c.tables().plain(b) {
		return false
	}
	return c.Compare(a, b) == 0
}

// Compare returns -1, 0 or 1, as java.text.Collator.compare does.
func (c *Collator) Compare(a, b string) int {
	if a == b {
		return 0
	}
	t := c.tables()
	cmp := comparison{source: elements{t: t, text: a}, target: elements{t: t, text: b}, second: true, third: true}
	return cmp.run(t)
}

// The orders of a character: primary in the upper two bytes, then secondary,
// then tertiary.
func primary(order int32) int32   { return int32(uint32(order) >> 16) }
func secondary(order int32) int32 { return order >> 8 & 0xff }
func tertiary(order int32) int32  { return order & 0xff }

// comparison is the state of RuleBasedCollator.compare.
type comparison struct {
	source, target elements
	result         int
	second, third  bool // whether secondary and tertiary differences still count
}

func (c *comparison) run(t *tables) int {
	var s, u int32
	nextSource, nextTarget := true, true
	for {
		if nextSource {
			s = c.source.next()
		}
		if nextTarget {
			u = c.target.next()
		}
		nextSource, nextTarget = true, true
		if s == end || u == end {
			break
		}
		ps, pu := primary(s), primary(u)
		switch {
		case s == u:
			if t.french && ps != 0 && !c.second {
				c.second, c.third = true, false
			}
		case ps == pu:
			c.lower(s, u)
		case s == 0:
			nextTarget = false
		case u == 0:
			nextSource = false
		case ps == 0:
			c.differ(1)
			nextTarget = false
		case pu == 0:
			c.differ(-1)
			nextSource = false
		case ps < pu:
			return -1
		default:
			return 1
		}
	}
	if s != end {
		return c.rest(&c.source, s, 1)
	}
	if u != end {
		return c.rest(&c.target, u, -1)
	}
	return c.result
}

// differ records a secondary difference, unless there is an earlier one.
func (c *comparison) differ(result int) {
	if c.second {
		c.result, c.second = result, false
	}
}

// lower compares two elements of the same primary order.
func (c *comparison) lower(s, u int32) {
	if !c.second {
		return
	}
	if a, b := secondary(s), secondary(u); a != b {
		c.result, c.second = sign(a, b), false
	} else if a, b := tertiary(s), tertiary(u); c.third && a != b {
		c.result, c.third = sign(a, b), false
	}
}

func sign(a, b int32) int {
	if a < b {
		return -1
	}
	return 1
}

// rest compares the elements that are left of the longer string; order is the
// first of them. result is 1 if that string is the source, -1 if it is the
// target.
func (c *comparison) rest(e *elements, order int32, result int) int {
	for ; order != end; order = e.next() {
		if primary(order) != 0 {
			return result
		}
		if secondary(order) != 0 {
			c.differ(result)
		}
	}
	return c.result
}

// ruleTables holds the collators by language, or language and country; the root's is "".
var ruleTables = sync.OnceValue(func() map[string]*Collator {
	collators := map[string]*Collator{}
	root := ""
	for line := range locale.Lines(packed) {
		names, rules, tailored := cutRules(line)
		if !tailored {
			root = rules
			collators[""] = &Collator{tables: sync.OnceValue(func() *tables { return build(root) })}
			continue
		}
		c := &Collator{tables: sync.OnceValue(func() *tables { return build(root + rules) })}
		for _, name := range names {
			collators[name] = c
		}
	}
	return collators
})
