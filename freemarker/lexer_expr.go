package freemarker

// This file contains the part of the lexer that reads the tokens of
// expressions.

import "unicode/utf8"

// operators lists the tokens with a fixed text, by first character, longest
// first.
var operators [256][]struct {
	text string
	kind tokenKind
}

func init() {
	for _, o := range []struct {
		text string
		kind tokenKind
	}{
		{"...", tEllipsis},
		{"..<", tDotDotLess},
		{"..!", tDotDotLess},
		{"..*", tDotDotAsterisk},
		{"..", tDotDot},
		{".", tDot},
		{"??", tExists},
		{"?", tBuiltIn},
		{"==", tDoubleEquals},
		{"=", tEquals},
		{"!=", tNotEquals},
		{"!", tExclam},
		{"++", tPlusPlus},
		{"+=", tPlusEquals},
		{"+", tPlus},
		{"-&gt;", tLambdaArrow},
		{"->", tLambdaArrow},
		{"--", tMinusMinus},
		{"-=", tMinusEquals},
		{"-", tMinus},
		{"**", tDoubleStar},
		{"*=", tTimesEquals},
		{"*", tTimes},
		{"/=", tDivEquals},
		{"/", tDivide},
		{"%=", tModEquals},
		{"%", tPercent},
		{"&lt;=", tLessEquals},
		{"&lt;", tLess},
		{"&gt;=", tEscapedGTE},
		{"&gt;", tEscapedGT},
		{"&amp;&amp;", tAnd},
		{"&&", tAnd},
		{"&", tAnd},
		{"||", tOr},
		{"|", tOr},
		{"<=", tLessEquals},
		{"<", tLess},
		{"\\lte", tLessEquals},
		{"\\lt", tLess},
		{"\\gte", tEscapedGTE},
		{"\\gt", tEscapedGT},
		{"\\and", tAnd},
		{",", tComma},
		{";", tSemicolon},
		{":", tColon},
		{"[", tOpenBracket},
		{"(", tOpenParen},
		{")", tCloseParen},
		{"{", tOpenCurly},
	} {
		operators[o.text[0]] = append(operators[o.text[0]], o)
	}
}

// starts maps the first byte of a token inside an expression to its possible kinds.
var starts [256]start

type start uint8

const (
	startsOther start = iota
	startsWord
	startsRaw // a word, or r"…"
	startsString
	startsNumber
	startsSpace
	startsTag    // < and [ may start a comment
	startsSingle // an operator of one character that is not part of another one
)

// singles holds the operators of startsSingle.
var singles [256]tokenKind

func init() {
	for i := range starts {
		switch c := byte(i); {
		case c == 'r':
			starts[i] = startsRaw
		case isLetter(c):
			starts[i] = startsWord
		case c == '"', c == '\'':
			starts[i] = startsString
		case isDigit(c):
			starts[i] = startsNumber
		case isBlank(c):
			starts[i] = startsSpace
		case c == '<', c == '[':
			starts[i] = startsTag
		case len(operators[i]) == 1 && len(operators[i][0].text) == 1:
			starts[i], singles[i] = startsSingle, operators[i][0].kind
		}
	}
}

// keyword returns the kind of the token for a word, which is tID unless the
// word is a keyword.
func keyword(s string) tokenKind {
	switch s {
	case "false":
		return tFalse
	case "true":
		return tTrue
	case "lt":
		return tLess
	case "lte":
		return tLessEquals
	case "gt":
		return tEscapedGT
	case "gte":
		return tEscapedGTE
	case "in":
		return tIn
	case "as":
		return tAs
	case "using":
		return tUsing
	}
	return tID
}

// expression reads a token inside an expression.
func (lx *lexer) expression() token { //nolint:cyclop // a table of first characters
	rest := lx.src[lx.p:]
	c := rest[0]
	switch starts[c] {
	case startsWord:
		return lx.word(rest)
	case startsRaw:
		if len(rest) > 1 && (rest[1] == '"' || rest[1] == '\'') {
			if n := rawLength(rest); n > 0 {
				return lx.take(tRawString, n)
			}
		}
		return lx.word(rest)
	case startsString:
		return lx.string(rest)
	case startsNumber:
		return lx.number(rest)
	case startsSingle:
		return lx.operator(lx.takeWord(singles[c], 1))
	case startsSpace: // only after <@
		n := 1
		for n < len(rest) && isBlank(rest[n]) {
			n++
		}
		t := lx.take(tTerminatingSpace, n)
		lx.state = stExpr
		return t
	}
	switch {
	case c == '}':
		return lx.closeCurly()
	case c == '>':
		return lx.greater(rest)
	case c == '/' && lx.state != stParen && len(rest) > 1 && (rest[1] == '>' || rest[1] == ']'):
		return lx.emptyEnd(rest)
	case c == ']':
		return lx.closeBracket()
	case len(rest) > 1 && (rest[1] == '{' && (c == '$' || c == '#') || c == '[' && rest[1] == '='):
		t := lx.begin(tEOF)
		lx.fail(t.line, t.col, "an interpolation is not allowed inside an expression")
	case c == '!' && lx.state == stNamedArg && len(rest) > 1 && isBlank(rest[1]):
		n := 2
		for n < len(rest) && isBlank(rest[n]) {
			n++
		}
		t := lx.take(tTerminatingExclam, n)
		lx.state = stExpr
		return t
	}
	for _, o := range operators[c] {
		if n := len(o.text); n == 1 || n <= len(rest) && rest[1] == o.text[1] && rest[:n] == o.text {
			return lx.operator(lx.takeWord(o.kind, n))
		}
	}
	if n, _ := idLength(rest); n > 0 {
		return lx.word(rest)
	}
	lx.badCharacter(rest)
	return token{}
}

// word reads an identifier or a keyword.
func (lx *lexer) word(rest string) token {
	n, plain := idLength(rest)
	if plain {
		return lx.takeWord(keyword(rest[:n]), n)
	}
	return lx.take(tID, n)
}

// string reads a string literal.
func (lx *lexer) string(rest string) token {
	n, has := lx.scanString(rest)
	var t token
	if has&hasSpecial == 0 {
		t = lx.takeWord(tString, n)
	} else {
		t = lx.take(tString, n)
	}
	t.has = has
	return t
}

// operator tracks open parentheses and brackets, and changes the state at the
// outermost parentheses.
func (lx *lexer) operator(t token) token {
	switch t.kind {
	case tOpenBracket:
		lx.bracket++
	case tOpenCurly:
		lx.curly++
	case tOpenParen:
		lx.paren++
		if lx.paren == 1 {
			lx.state = stParen
		}
	case tCloseParen:
		lx.paren--
		if lx.paren == 0 {
			lx.state = stExpr
			if lx.inInvocation {
				lx.state = stNamedArg
			}
		}
	}
	return t
}

func (lx *lexer) greater(rest string) token {
	if lx.state == stParen {
		if len(rest) > 1 && rest[1] == '=' {
			return lx.take(tNaturalGTE, 2)
		}
		return lx.take(tNaturalGT, 1)
	}
	t := lx.take(tDirectiveEnd, 1)
	lx.endHeader()
	if lx.square || lx.inInterpolation {
		t.kind = tNaturalGT
	} else {
		lx.state = stText
	}
	return t
}

func (lx *lexer) endHeader() {
	if lx.inHeader {
		lx.eatNewline()
		lx.inHeader = false
	}
}

func (lx *lexer) emptyEnd(rest string) token {
	t := lx.take(tEmptyDirectiveEnd, 2)
	if lx.tagsSeen && (rest[1] == ']') != lx.square {
		lx.fail(t.line, t.col, "the tag must not end with \""+rest[1:2]+"\"")
	}
	lx.endHeader()
	lx.state = stText
	return t
}

func (lx *lexer) closeBracket() token {
	t := lx.take(tCloseBracket, 1)
	switch {
	case lx.bracket > 0:
		lx.bracket--
	case !lx.square || lx.inInterpolation:
		lx.fail(t.line, t.col, "unexpected \"]\": no bracket is open")
	default:
		t.kind = tDirectiveEnd
		lx.endHeader()
		lx.state = stText
	}
	return t
}

func (lx *lexer) closeCurly() token {
	t := lx.takeWord(tCloseCurly, 1)
	switch {
	case lx.curly > 0:
		lx.curly--
	case lx.inInterpolation:
		lx.state = lx.afterInterpolation
		lx.inInterpolation = false
	default:
		lx.fail(t.line, t.col, "unexpected \"}\": no brace is open")
	}
	return t
}

func (lx *lexer) number(rest string) token {
	n := 1
	for n < len(rest) && isDigit(rest[n]) {
		n++
	}
	if n+1 < len(rest) && rest[n] == '.' && isDigit(rest[n+1]) {
		n += 2
		for n < len(rest) && isDigit(rest[n]) {
			n++
		}
		return lx.take(tDecimal, n)
	}
	return lx.take(tInteger, n)
}

func rawLength(s string) int {
	for i := 2; i < len(s); i++ {
		if s[i] == s[1] {
			return i + 1
		}
	}
	return 0
}

// scanString returns the length and the traits of the string literal at the
// start of s.
func (lx *lexer) scanString(s string) (n int, has traits) {
	for i := 1; i < len(s); i++ {
		c := s[i]
		switch c {
		case s[0]:
			return i + 1, has
		case '{':
			has |= hasBrace
		case '\\':
			has |= hasEscape
			i++
			if i >= len(s) {
				lx.failAt(len(s))
			}
			switch s[i] {
			case 'n', 't', 'r', 'f', 'b', 'g', 'l', 'a', '\\', '\'', '"', '{', '=':
				if s[i] == '{' {
					has |= hasBrace
				}
			case 'x':
				if i+1 >= len(s) {
					lx.failAt(len(s))
				}
				i++
				if !isHex(s[i]) {
					lx.failAt(i)
				}
			default:
				lx.failAt(i)
			}
		default:
			if special[c] {
				has |= hasSpecial
			}
		}
	}
	lx.failAt(len(s))
	return 0, 0
}

func isHex(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// failAt reports that the character n bytes from here is not allowed there.
func (lx *lexer) failAt(n int) {
	end := lx.p + n
	if end < len(lx.src) {
		_, size := utf8.DecodeRuneInString(lx.src[end:])
		if end+size >= len(lx.src) && size < 4 { // the reference reads one more character and fails at that character
			lx.failAtEnd()
		}
		lx.advance(end + 1)
		if size == 4 { // two UTF-16 units, the first of which is at fault
			lx.col--
		}
		lx.fail(lx.line, lx.col, "this character is not allowed here")
	}
	lx.failAtEnd()
}

// failAtEnd reports that the source ended in the middle of a token.
func (lx *lexer) failAtEnd() {
	lx.advance(len(lx.src))
	if lx.prev != 0 {
		lx.fail(lx.line+1, 0, "the template ends inside a token")
	}
	lx.fail(lx.line, lx.col+1, "the template ends inside a token")
}

// badCharacter reports that rest does not start with a token. The error is at
// the first character that cannot be part of a token.
func (lx *lexer) badCharacter(rest string) {
	n := 0
	switch rest[0] {
	case '#':
		n = 1
	case '\\':
		n = 1
		for _, o := range operators['\\'] {
			m := 0
			for m < len(rest) && m < len(o.text) && rest[m] == o.text[m] {
				m++
			}
			n = max(n, m)
		}
	}
	lx.failAt(n)
}

// idLength returns the length of the identifier at the start of s, or 0, and
// whether it has neither escapes nor non-ASCII characters.
func idLength(s string) (n int, plain bool) {
	if len(s) > 0 && idByte[s[0]] {
		for n = 1; n < len(s) && idPart[s[n]]; {
			n++
		}
	}
	if n == len(s) || s[n] != '\\' && s[n] < utf8.RuneSelf {
		return n, true
	}
	i := n
	for i < len(s) {
		c := s[i]
		switch {
		case idPart[c] && i > 0:
			i++
		case c == '\\' && i+1 < len(s) && (s[i+1] == '-' || s[i+1] == '.' || s[i+1] == ':' || s[i+1] == '#'):
			i += 2
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(s[i:])
			if !isIDRune(r) {
				return i, i == n
			}
			i += size
		default:
			return i, i == n
		}
	}
	return i, i == n
}

// idByte marks the ASCII characters with which an identifier may start, and
// idPart those that it may contain.
var idByte, idPart [256]bool

func init() {
	for c := byte('@'); c <= 'Z'; c++ {
		idByte[c] = true
	}
	for c := byte('a'); c <= 'z'; c++ {
		idByte[c] = true
	}
	idByte['_'], idByte['$'] = true, true
	idPart = idByte
	for c := byte('0'); c <= '9'; c++ {
		idPart[c] = true
	}
}
