package freemarker

// ?truncate and its variants: _w cuts only between words, _c anywhere, and _m
// may end in markup. They work on UTF-16 units.

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
)

func init() {
	for _, name := range []string{
		"truncate", "truncate_w", "truncate_c", "truncate_m", "truncate_w_m", "truncate_c_m",
	} {
		define(name, stringMethod(1, 3, truncateMethod))
	}
}

const (
	plainTerminator  = "[...]"
	markupTerminator = "<span class='truncateTerminator'>[&#8230;]</span>"
)

// truncation is the state of one call.
type truncation struct {
	s        []uint16
	max      int
	words    bool // cut only between words
	chars    bool // never look for words
	end      Value
	endLen   int
	endText  string
	isMarkup bool
}

func truncateMethod(e *env, n *builtinNode, s string, args []Value) (Value, error) {
	limit, err := n.argInt(args, 0)
	if err != nil {
		return Value{}, err
	}
	if limit < 0 {
		return Value{}, otherError(n.pos, "argument 1 of ?%s cannot be negative", n.bi.written)
	}
	t := truncation{
		max: limit, words: strings.HasPrefix(n.bi.name, "truncate_w"),
		chars: strings.HasPrefix(n.bi.name, "truncate_c"),
	}
	withMarkup := strings.HasSuffix(n.bi.name, "_m")
	if err := t.terminator(e, n, args, withMarkup); err != nil {
		return Value{}, err
	}
	if utf16Len(s) <= limit {
		return String(s), nil
	}
	if len(args) < 2 && withMarkup {
		t.end, t.endLen, t.isMarkup = formatHTML.fromMarkup(markupTerminator), 3, true
	}
	t.s = units(s)
	cut, ok := t.cut()
	if !ok || cut == "" {
		return t.end, nil
	}
	if !t.isMarkup {
		return e.newString(concat(cut, t.endText))
	}
	m := t.end.ref.(*markup)
	return concatMarkup(n.pos, &markup{format: m.format, plain: cut, isPlain: true}, m)
}

// terminator sets the text that ends a truncated result, and the length that
// this text counts as.
func (t *truncation) terminator(e *env, n *builtinNode, args []Value, withMarkup bool) error {
	if len(args) < 2 {
		t.end, t.endText, t.endLen = String(plainTerminator), plainTerminator, len(plainTerminator)
		return nil
	}
	switch {
	case args[1].can(aString):
		s, err := n.argString(e, args, 1)
		if err != nil {
			return err
		}
		t.end, t.endText, t.endLen = String(s), s, utf16Len(s)
	case withMarkup && args[1].kind == kMarkup:
		t.end, t.isMarkup, t.endLen = args[1], true, 3
		if m := args[1].ref.(*markup); m.htmlLike() {
			text := m.markupText()
			if err := e.work(8 * len(text)); err != nil {
				return err
			}
			t.endLen = lengthWithoutTags(text)
		}
	case withMarkup:
		return otherError(n.pos, "argument 2 of ?%s must be a string or markup", n.bi.written)
	default:
		return otherError(n.pos, "argument 2 of ?%s must be a string", n.bi.written)
	}
	if len(args) > 2 {
		l, err := n.argInt(args, 2)
		if err != nil {
			return err
		}
		if l < 0 {
			return otherError(n.pos, "argument 3 of ?%s cannot be negative", n.bi.written)
		}
		t.endLen = l
	}
	return nil
}

func (m *markup) htmlLike() bool {
	return m.format == formatHTML || m.format == formatXML || m.format == formatXHTML
}

func (t *truncation) space(i int) bool { return isJavaSpace(rune(t.s[i])) }

func (t *truncation) dot(i int) bool { return t.s[i] == '.' || t.s[i] == 0x2026 }

// wordEnd reports whether a word ends after position i.
func (t *truncation) wordEnd(i int) bool { return i+1 >= len(t.s) || t.space(i+1) }

func (t *truncation) text(end int, space bool) string {
	s := stringOfUnits(t.s[:end])
	if space {
		s += " "
	}
	return s
}

// cut returns the part of the string to keep, or false if nothing is kept.
func (t *truncation) cut() (string, bool) {
	initial := t.max - t.endLen - 1
	last := t.skipSpace(initial)
	if last < 0 {
		return "", false
	}
	if !t.chars {
		if s, ok := t.cutWord(last); ok {
			return s, true
		}
		if t.words {
			return "", false
		}
	}
	if last == initial && t.wordEnd(last) {
		last--
		if last < 0 {
			return "", false
		}
	}
	for again := true; again; {
		again = false
		if last = t.skipSpace(last); last < 0 {
			return "", false
		}
		if t.dot(last) && !t.wordEnd(last) && t.endRemovesDots() {
			for last >= 0 && t.dot(last) {
				last--
			}
			if last < 0 {
				return "", false
			}
			again = true
		}
	}
	return t.text(last+1, t.wordEnd(last)), true
}

func (t *truncation) skipSpace(i int) int {
	for i >= 0 && t.space(i) {
		i--
	}
	return i
}

// cutWord cuts after the last word that fits. It returns false if there is no
// such word or, unless cutting inside words is forbidden, if the result would
// be shorter than three quarters of the maximum.
func (t *truncation) cutWord(last int) (string, bool) {
	endLen := t.endLen + 1
	lowest := 0
	if !t.words {
		lowest = max(int(math.Ceil(float64(t.max)*0.75))-endLen-1, 0)
	}
	i := min(t.max-endLen-1, last)
	followedBySpace := i+1 >= len(t.s) || i+1 < 0 || t.space(i+1)
	for ; i >= lowest; i-- {
		space := t.space(i)
		if !space && followedBySpace {
			return t.text(i+1, true), true
		}
		followedBySpace = space
	}
	return "", false
}

// endRemovesDots reports whether dots directly before the terminator are
// removed.
func (t *truncation) endRemovesDots() bool {
	if !t.isMarkup {
		return strings.HasPrefix(t.endText, ".") || strings.HasPrefix(t.endText, "\u2026")
	}
	m := t.end.ref.(*markup)
	return !m.htmlLike() || startsWithDot(m.markupText())
}

func stringOfUnits(u []uint16) string {
	var b strings.Builder
	for i := 0; i < len(u); i++ {
		r := rune(u[i])
		if utf16.IsSurrogate(r) {
			if i+1 < len(u) {
				if full := utf16.DecodeRune(r, rune(u[i+1])); full != '\uFFFD' {
					b.WriteRune(full)
					i++
					continue
				}
			}
			writeHalf(&b, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// skipTag returns the index after the tag, comment or CDATA section whose "<"
// is just before i. It calls visit for each character of a CDATA section; if
// visit returns false, skipTag returns the index of that character and false.
func skipTag(s string, i int, visit func(r rune) bool) (int, bool) {
	rest := s[i:]
	closing := ">"
	switch {
	case strings.HasPrefix(rest, "!--"):
		i += 3
		closing = "-->"
	case strings.HasPrefix(rest, "![CDATA["):
		i += 8
		for i < len(s) && !strings.HasPrefix(s[i:], "]]>") {
			r, n := decodeUnit(s[i:])
			if !visit(r) {
				return i, false
			}
			i += n
		}
		return i + 3, true
	}
	j := strings.Index(s[min(i, len(s)):], closing)
	if j < 0 {
		return len(s), true
	}
	return i + j + len(closing), true
}

// lengthWithoutTags returns the length of the visible text of HTML or XML.
func lengthWithoutTags(s string) int {
	count := 0
	for i := 0; i < len(s); {
		r, n := decodeUnit(s[i:])
		i += n
		switch r {
		case '<':
			i, _ = skipTag(s, i, func(rune) bool { count++; return true })
		case '&':
			for i < len(s) && s[i] != ';' {
				i++
			}
			i++
			count++
		default:
			count++
			if r >= 0x10000 {
				count++
			}
		}
	}
	return count
}

// startsWithDot reports whether the visible text of HTML or XML starts with a
// dot or ellipsis.
func startsWithDot(s string) bool {
	isDot := func(r rune) bool { return r == '.' || r == 0x2026 }
	for i := 0; i < len(s); {
		r, n := decodeUnit(s[i:])
		i += n
		switch r {
		case '<':
			var first rune
			next, ok := skipTag(s, i, func(r rune) bool { first = r; return false })
			if !ok {
				return isDot(first)
			}
			i = next
		case '&':
			name, _, _ := strings.Cut(s[i:], ";")
			switch name {
			case "hellip", "period":
				return true
			}
			if code, ok := strings.CutPrefix(name, "#"); ok {
				base := 10
				if strings.HasPrefix(strings.ToLower(code), "x") {
					base, code = 16, code[1:]
				}
				r, err := strconv.ParseInt(code, base, 32)
				return err == nil && isDot(rune(r))
			}
			return false
		default:
			return isDot(r)
		}
	}
	return false
}
