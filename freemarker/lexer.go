package freemarker

// The lexer splits a template's source into tokens. Which tokens are possible
// depends on the lexer's state, which some tokens change.

import (
	"strings"
	"unicode/utf8"
)

type lexState uint8

const (
	stText        lexState = iota // text with tags and interpolations
	stNoTags                      // inside a string literal: text with interpolations
	stExpr                        // an expression in a tag or interpolation
	stParen                       // inside parentheses: > and >= are operators
	stNoSpace                     // after <@: white space is a token
	stNamedArg                    // a named argument's value: "! " ends it
	stUnparsed                    // a comment or noparse
	stExprComment                 // a comment inside an expression
)

type lexer struct {
	src  string
	p    int // the next byte
	line int32
	col  int32 // the column of the last character read
	prev byte  // that character, if it was a line break

	state              lexState
	afterInterpolation lexState
	inInterpolation    bool
	curly, paren       int
	bracket            int
	inHeader           bool
	inInvocation       bool
	square             bool // tags are [#…]
	lenient            bool // tags need no #
	tagsSeen           bool // the tag syntax is established
	conv               convention
	unparsedTag        string
}

func newLexer(src string, line, col int32) lexer {
	return lexer{src: src, line: line, col: col - 1}
}

// fail panics with a *ParseError, which recoverParse recovers.
func (lx *lexer) fail(line, col int32, msg string) {
	panic(&ParseError{Line: int(line), Column: int(col), Message: msg})
}

// startsSpecial marks the bytes at which text may end.
var startsSpecial = [256]bool{'$': true, '<': true, '#': true, '[': true, '{': true}

// special marks the bytes that do more than advance the column by one.
var special [256]bool

func init() {
	special['\t'], special['\n'], special['\r'] = true, true, true
	for i := utf8.RuneSelf; i < 256; i++ {
		special[i] = true
	}
}

// advance moves to byte position to, updating line and column.
func (lx *lexer) advance(to int) {
	if lx.p >= to {
		return
	}
	if lx.prev != 0 {
		lx.breakLine(lx.src[lx.p])
	}
	i, col := lx.p, lx.col
	for ; i < to; i++ {
		c := lx.src[i]
		if !special[c] {
			col++
			continue
		}
		switch {
		case c == '\t':
			col += 8 - col%8
		case c == '\n', c == '\r':
			lx.prev = c
			if i+1 < to {
				lx.col = col + 1
				lx.breakLine(lx.src[i+1])
				col = lx.col
				continue
			}
			col++
		case c >= 0xF0:
			col += 2
		case c&0xC0 != 0x80: // not a continuation byte
			col++
		}
	}
	lx.p, lx.col = i, col
}

// breakLine starts a new line before the character c, unless c is the second
// character of a line break.
func (lx *lexer) breakLine(c byte) {
	if lx.prev != '\r' || c != '\n' {
		lx.line++
		lx.col = 0
	}
	lx.prev = 0
}

// next returns the next token.
func (lx *lexer) next() token {
	if lx.p >= len(lx.src) {
		return lx.eof()
	}
	switch lx.state {
	case stText, stNoTags:
		return lx.text()
	case stUnparsed:
		return lx.unparsed()
	}
	if k := starts[lx.src[lx.p]]; (k == startsSpace || k == startsTag || lx.state == stExprComment) && !lx.skip() {
		return lx.eof()
	}
	return lx.expression()
}

func (lx *lexer) eof() token {
	return token{pos{lx.line, lx.col}, extent{lx.line, int32(lx.p), int32(lx.p)}, tEOF, 0}
}

// take returns a token of the next n bytes.
func (lx *lexer) take(k tokenKind, n int) token {
	t := lx.begin(k)
	lx.advance(lx.p + n)
	t.end, t.endLine = int32(lx.p), lx.line
	return t
}

// takeWord is a faster take, for n bytes without line breaks, tabs or non-ASCII
// characters.
func (lx *lexer) takeWord(k tokenKind, n int) token {
	if lx.prev != 0 {
		lx.breakLine(' ')
	}
	t := token{pos{lx.line, lx.col + 1}, extent{lx.line, int32(lx.p), int32(lx.p + n)}, k, 0}
	lx.p += n
	lx.col += int32(n)
	return t
}

// begin returns a token that starts at the next byte. Its line and column are
// those of that byte.
func (lx *lexer) begin(k tokenKind) token {
	at := pos{lx.line, lx.col}
	if lx.p < len(lx.src) {
		c := lx.src[lx.p]
		if lx.prev != 0 && (lx.prev != '\r' || c != '\n') {
			at = pos{lx.line + 1, 0}
		}
		at.col++
		if c == '\t' {
			at.col += 7 - (at.col-1)%8
		}
	}
	return token{pos: at, extent: extent{start: int32(lx.p)}, kind: k}
}

// commentEnd finds the first --> or --].
func commentEnd(s string) int {
	for i := 0; ; i++ {
		j := strings.Index(s[i:], "--")
		if j < 0 || i+j+2 >= len(s) {
			return -1
		}
		i += j
		if c := s[i+2]; c == '>' || c == ']' {
			return i
		}
	}
}

// skip skips white space and comments inside an expression. It returns false at
// the end of the source.
func (lx *lexer) skip() bool {
	for lx.p < len(lx.src) {
		if lx.state == stExprComment {
			rest := lx.src[lx.p:]
			i := commentEnd(rest)
			if i < 0 {
				lx.advance(len(lx.src))
				return false
			}
			lx.advance(lx.p + i + 3)
			switch {
			case lx.paren > 0:
				lx.state = stParen
			case lx.inInvocation:
				lx.state = stNamedArg
			default:
				lx.state = stExpr
			}
			continue
		}
		switch c := lx.src[lx.p]; {
		case isBlank(c) && lx.state != stNoSpace:
			i := lx.p + 1
			for i < len(lx.src) && isBlank(lx.src[i]) {
				i++
			}
			lx.advance(i)
		case (c == '<' || c == '[') && lx.state != stNoSpace && isExprComment(lx.src[lx.p:]):
			lx.advance(lx.p + 4)
			lx.state = stExprComment
		default:
			return true
		}
	}
	return false
}

func isExprComment(s string) bool {
	return len(s) >= 4 && (s[1] == '#' || s[1] == '!') && s[2] == '-' && s[3] == '-'
}

func isBlank(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// text reads a token outside of tags and interpolations.
func (lx *lexer) text() token {
	c := lx.src[lx.p]
	rest := lx.src[lx.p:]
	switch c {
	case '$':
		if len(rest) > 1 && rest[1] == '{' {
			return lx.openInterpolation(tDollarOpen)
		}
		return lx.take(tText, 1)
	case '#':
		if len(rest) > 1 && rest[1] == '{' {
			return lx.openInterpolation(tHashOpen)
		}
		return lx.take(tText, 1)
	case '{':
		return lx.take(tText, 1)
	case '<', '[':
		if lx.state == stNoTags {
			return lx.take(tText, 1)
		}
		return lx.tag(rest)
	}
	if isBlank(c) {
		n := 1
		for n < len(rest) && isBlank(rest[n]) {
			n++
		}
		return lx.take(tTextSpace, n)
	}
	n := 1
	for n < len(rest) && !startsSpecial[rest[n]] {
		n++
	}
	return lx.take(tText, n)
}

func (lx *lexer) openInterpolation(k tokenKind) token {
	t := lx.takeWord(k, 2)
	lx.afterInterpolation, lx.inInterpolation = lx.state, true
	lx.state = stExpr
	return t
}

// unparsed reads a piece of a comment or of noparse.
func (lx *lexer) unparsed() token {
	rest := lx.src[lx.p:]
	switch c := rest[0]; c {
	case '-':
		if strings.HasPrefix(rest, "-->") || strings.HasPrefix(rest, "--]") {
			t := lx.take(tUnparsed, 3)
			if lx.unparsedTag == "-->" && lx.square == (rest[2] == ']') {
				t.kind = tUnparsedEnd
				lx.state = stText
			}
			return t
		}
		return lx.take(tUnparsed, 1)
	case '<', '[':
		n := endTagLength(rest)
		if n == 0 {
			return lx.take(tUnparsed, 1)
		}
		t := lx.take(tUnparsed, n)
		if strings.Trim(rest[:n], " \t\n\r<>[]/#") == lx.unparsedTag {
			t.kind = tUnparsedEnd
			lx.state = stText
		}
		return t
	}
	n := strings.IndexAny(rest, "<[-")
	if n < 0 {
		n = len(rest)
	}
	return lx.take(tUnparsed, n)
}

// endTagLength returns the length of the end tag at the start of s, whatever
// its name, or 0 if there is none.
func endTagLength(s string) int {
	i := 1
	if i >= len(s) || s[i] != '/' {
		return 0
	}
	i++
	if i < len(s) && s[i] == '#' {
		i++
	}
	name := i
	for i < len(s) && isLetter(s[i]) {
		i++
	}
	if i == name {
		return 0
	}
	for i < len(s) && isBlank(s[i]) {
		i++
	}
	if i >= len(s) || s[i] != '>' && s[i] != ']' {
		return 0
	}
	return i + 1
}

// eatNewline skips white space up to and including the first line break. It
// skips nothing if something else comes before that.
func (lx *lexer) eatNewline() {
	for i := lx.p; i < len(lx.src); {
		r, n := decodeUnit(lx.src[i:])
		if !isJavaSpace(r) {
			return
		}
		i += n
		if r == '\r' {
			if i == len(lx.src) {
				return // as in the reference, which reads one more character and therefore skips nothing
			}
			if i < len(lx.src) && lx.src[i] == '\n' {
				i++
			}
			lx.advance(i)
			return
		}
		if r == '\n' {
			lx.advance(i)
			return
		}
	}
}

// checkConvention establishes the template's naming convention, or checks that
// a token follows it.
func (lx *lexer) checkConvention(t token, c convention) {
	switch {
	case c == anyConvention || lx.conv == c:
	case lx.conv == anyConvention:
		lx.conv = c
	default:
		lx.fail(t.line, t.col, "all names of the template language must follow the same convention, "+
			"either likeThis or like_this")
	}
}

func conventionOf(name string) convention {
	for i := range len(name) {
		switch c := name[i]; {
		case c == '_':
			return legacyConvention
		case c >= 'A' && c <= 'Z':
			return camelConvention
		}
	}
	return anyConvention
}
