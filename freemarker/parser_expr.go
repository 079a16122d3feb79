package freemarker

// The expression level of the grammar.

import (
	"math"
	"slices"
	"strings"
)

// expression parses an expression; || has the lowest precedence.
func (p *parser) expression() expr {
	p.enter()
	if k := p.peek(); k != tPlus && k != tMinus && k != tExclam {
		x := p.primary()
		if !isBinary[p.peek()] {
			p.leave()
			return x
		}
		p.lead = x
	}
	x := p.or()
	p.leave()
	return x
}

// isBinary marks the binary operators.
var isBinary = [256]bool{
	tOr: true, tAnd: true, tEquals: true, tDoubleEquals: true, tNotEquals: true, tNaturalGTE: true,
	tNaturalGT: true, tEscapedGTE: true, tEscapedGT: true, tLessEquals: true, tLess: true, tDotDot: true,
	tDotDotLess: true, tDotDotAsterisk: true, tPlus: true, tMinus: true, tTimes: true, tDivide: true,
	tPercent: true,
}

func (p *parser) or() expr { return p.logic(tOr, p.and) }

func (p *parser) and() expr { return p.logic(tAnd, p.equality) }

// logic parses operands joined by operator, which is || or &&.
func (p *parser) logic(operator tokenKind, operand func() expr) expr {
	l := operand()
	if p.peek() != operator {
		return l
	}
	n := &logicNode{pos: l.at(), xs: []expr{l}, or: operator == tOr}
	for p.accept(operator) {
		r := operand()
		if len(n.xs) == 1 {
			p.booleanOnly(l)
		}
		p.booleanOnly(r)
		n.xs = append(n.xs, r)
	}
	return n
}

func (p *parser) equality() expr {
	l := p.relation()
	var op compareOp
	switch p.peek() {
	case tEquals, tDoubleEquals:
		op = opEqual
	case tNotEquals:
		op = opNotEqual
	default:
		return l
	}
	p.take()
	r := p.relation()
	for _, x := range []expr{l, r} {
		if _, ok := x.(*hashNode); ok {
			p.fail(x.at(), "a hash cannot be compared")
		}
	}
	for _, x := range []expr{l, r} {
		if _, ok := x.(*listNode); ok {
			p.fail(x.at(), "a list cannot be compared")
		}
	}
	return p.newCompare(l, r, op)
}

func (p *parser) relation() expr {
	l := p.rangeExpr()
	var op compareOp
	switch p.peek() {
	case tNaturalGTE, tEscapedGTE:
		op = opGreaterEqual
	case tNaturalGT, tEscapedGT:
		op = opGreater
	case tLessEquals:
		op = opLessEqual
	case tLess:
		op = opLess
	default:
		return l
	}
	p.take()
	r := p.rangeExpr()
	p.numberOnly(l)
	p.numberOnly(r)
	return p.newCompare(l, r, op)
}

// newCompare returns a comparison. It records how far ?size needs to count.
func (p *parser) newCompare(l, r expr, op compareOp) expr {
	setCountLimit(l, r, op)
	setCountLimit(r, l, mirrored[op])
	return &compareNode{pos: l.at(), l: l, r: r, op: op}
}

var mirrored = [...]compareOp{
	opEqual: opEqual, opNotEqual: opNotEqual, opLess: opGreater, opGreater: opLess,
	opLessEqual: opGreaterEqual, opGreaterEqual: opLessEqual,
}

func setCountLimit(size, number expr, op compareOp) {
	b, ok := unwrap(size).(*builtinNode)
	if !ok || b.bi.name != "size" {
		return
	}
	n, ok := unwrap(number).(*numberNode)
	if !ok {
		return
	}
	if i, ok := toIntExact(n.v); ok {
		b.limit = int32(min(i+1, math.MaxInt32))
		if op == opLess || op == opGreaterEqual {
			b.limit = int32(i)
		}
	}
}

func unwrap(x expr) expr {
	for {
		pn, ok := x.(*parenNode)
		if !ok {
			return x
		}
		x = pn.x
	}
}

func (p *parser) rangeExpr() expr {
	l := p.additive()
	var n *rangeNode
	switch p.peek() {
	case tDotDotLess:
		p.take()
		n = &rangeNode{from: l, to: p.additive(), kind: rangeExclusive}
	case tDotDotAsterisk:
		p.take()
		n = &rangeNode{from: l, to: p.additive(), kind: rangeSized}
	case tDotDot:
		p.take()
		n = &rangeNode{from: l, kind: rangeUnbound}
		if p.startsUnary() {
			p.beginRight(true)
			n.to, n.kind = p.additive(), rangeInclusive
			p.defaults--
		}
	default:
		return l
	}
	p.numberOnly(l)
	if n.to != nil {
		p.numberOnly(n.to)
	}
	n.pos = l.at()
	return n
}

func (p *parser) additive() expr {
	l := p.multiplicative()
	var n *chainNode
	for {
		op := byte('+')
		switch p.peek() {
		case tPlus:
		case tMinus:
			op = '-'
		default:
			if n != nil {
				n.findIntegers()
				return n
			}
			return l
		}
		p.take()
		r := p.multiplicative()
		if op == '-' {
			if n == nil {
				p.numberOnly(l)
			}
			p.numberOnly(r)
		}
		if n == nil {
			n = &chainNode{pos: l.at(), first: l}
		}
		n.rest = append(n.rest, chainLink{op, r})
	}
}

func (p *parser) multiplicative() expr {
	l := p.unary()
	var n *chainNode
	for {
		var op byte
		switch p.peek() {
		case tTimes:
			op = '*'
		case tDivide:
			op = '/'
		case tPercent:
			op = '%'
		default:
			if n != nil {
				n.findIntegers()
				return n
			}
			return l
		}
		p.take()
		r := p.unary()
		if n == nil {
			p.numberOnly(l)
			n = &chainNode{pos: l.at(), first: l}
		}
		p.numberOnly(r)
		n.rest = append(n.rest, chainLink{op, r})
	}
}

func (p *parser) unary() expr {
	if x := p.lead; x != nil {
		p.lead = nil
		return x
	}
	switch p.peek() {
	case tPlus, tMinus:
		t := p.take()
		n := &signNode{pos: t.pos, minus: t.kind == tMinus, x: p.primary()}
		if num, ok := n.x.(*numberNode); ok {
			n.constant = num.v
			if n.minus {
				n.constant, _ = (*env)(nil).negate(num.v)
			}
		}
		return n
	case tExclam:
		var nots []token
		for p.peek() == tExclam {
			nots = append(nots, p.take())
		}
		if len(nots) > p.limits.Nesting {
			p.failLimit(nots[0].pos, "too many ! in a row")
		}
		x := p.primary()
		for _, not := range slices.Backward(nots) {
			x = &notNode{pos: not.pos, x: x}
		}
		return x
	}
	return p.primary()
}

// primary parses an atom and the operators that follow it: .name, [key],
// (args), ?built_in, !default and ??.
func (p *parser) primary() expr {
	x := p.atom()
	for n := 0; ; n++ {
		switch p.peek() {
		case tDot:
			x = p.dot(x)
		case tOpenBracket:
			x = p.index(x)
		case tOpenParen:
			p.take()
			args := p.positional()
			p.expect(tCloseParen)
			x = newCall(x, args)
		case tBuiltIn:
			x = p.builtin(x)
		case tExclam, tTerminatingExclam:
			x = p.defaultTo(x)
		case tExists:
			p.take()
			x = &existsNode{pos: x.at(), x: x}
		default:
			return x
		}
		if n >= 4*p.limits.Nesting {
			p.failLimit(x.at(), "an operand has too many operators after it")
		}
	}
}

func (p *parser) atom() expr {
	switch p.peek() {
	case tInteger, tDecimal:
		t := p.take()
		v, err := parseDecimal(p.image(t), p.limits.NumberDigits)
		if err != nil {
			p.failLimit(t.pos, err.Error())
		}
		return &numberNode{pos: t.pos, v: v}
	case tOpenCurly:
		return p.hashLiteral()
	case tString, tRawString:
		return p.stringLiteral(true)
	case tTrue, tFalse:
		t := p.take()
		return &boolNode{pos: t.pos, v: Bool(t.kind == tTrue)}
	case tOpenBracket:
		t := p.take()
		n := &listNode{pos: t.pos, items: p.positional()}
		p.expect(tCloseBracket)
		n.fold()
		return n
	case tID:
		return p.identifier()
	case tOpenParen:
		t := p.take()
		x := p.expression()
		p.expect(tCloseParen)
		return &parenNode{pos: t.pos, x: x}
	case tDot:
		return p.special()
	}
	p.unexpected()
	return nil
}

// fold evaluates a list at parse time if all of its items are literals.
func (n *listNode) fold() {
	items := make([]Value, len(n.items))
	for i, x := range n.items {
		switch x := x.(type) {
		case *numberNode:
			items[i] = x.v
		case *boolNode:
			items[i] = x.v
		case *stringNode:
			if x.parts != nil {
				return
			}
			items[i] = String(x.s)
		case *listNode:
			if x.constant.missing() {
				return
			}
			items[i] = x.constant
		default:
			return
		}
	}
	n.constant = listOf(items)
}

func (p *parser) identifier() expr {
	t := p.expect(tID)
	name := p.image(t)
	if p.subst != "" && name == p.subst {
		return p.substX
	}
	n := &identNode{pos: t.pos, name: name, depth: -1, slot: -1, place: -1}
	if p.dynamic {
		n.depth = -2
		return n
	}
	depth := int32(0)
	for s := p.scope; s != nil; s = s.outer {
		if which, i := s.find(name); which != varNone {
			n.depth, n.which, n.param = depth, which, i
			break
		}
		depth++
	}
	if p.macro != nil {
		p.macro.idents = append(p.macro.idents, n)
	}
	p.vars.idents = append(p.vars.idents, n)
	return n
}

// find returns which of the frame's variables has this name and, for a
// parameter, its index.
func (s *scope) find(name string) (frameVar, int32) {
	for i, v := range s.params {
		if v == name {
			return varParam, int32(i)
		}
	}
	if s.var1 != "" && strings.HasPrefix(name, s.var1) {
		switch name[len(s.var1):] {
		case "":
			return varFirst, 0
		case "_index":
			return varIndex, 0
		case "_has_next":
			return varHasNext, 0
		}
	}
	if s.var2 != "" && s.var2 == name {
		return varSecond, 0
	}
	return varNone, 0
}

func (p *parser) hashLiteral() expr {
	n := &hashNode{pos: p.take().pos}
	if p.atExpression() {
		for {
			k := p.expression()
			if !p.accept(tComma) && !p.accept(tColon) {
				p.unexpected()
			}
			v := p.expression()
			p.stringOnly(k)
			n.keys = append(n.keys, k)
			n.values = append(n.values, v)
			if !p.accept(tComma) {
				break
			}
		}
	}
	p.expect(tCloseCurly)
	return n
}

// stringLiteral parses a string, and the interpolations in it.
func (p *parser) stringLiteral(interpolate bool) *stringNode {
	t := p.take()
	image := p.lx.src[t.start:t.end]
	if t.kind == tRawString {
		return &stringNode{pos: t.pos, s: image[2 : len(image)-1]}
	}
	s := image[1 : len(image)-1]
	if t.has&hasEscape != 0 {
		s = unescapeString(s)
	}
	n := &stringNode{pos: t.pos, s: s}
	if interpolate && t.has&hasBrace != 0 && (strings.Contains(image, "${") || strings.Contains(image, "#{")) &&
		utf16Len(s) > 3 && (strings.Contains(s, "${") || strings.Contains(s, "#{")) {
		n.parts = p.stringParts(s, t)
	}
	return n
}

// stringParts parses the content of a string literal, which is text with
// interpolations.
func (p *parser) stringParts(s string, t token) []stringPart {
	q := &parser{
		lx: newLexer(s, t.line, t.col+1), limits: p.limits, depth: p.depth + 1, lexical: p.lexical,
		dynamic: p.dynamic,
	}
	q.lx.state, q.lx.conv = stNoTags, p.lx.conv
	if q.depth > p.limits.Nesting {
		p.failLimit(t.pos, "string literals are nested too deeply")
	}
	q.escapes = nil
	if p.defaults > 0 {
		defer func() {
			if r := recover(); r != nil {
				p.scanRight() // panics if the source has an earlier mistake
				panic(r)
			}
		}()
	}
	parts := []stringPart{}
	for {
		switch q.peek() {
		case tText, tTextSpace:
			t := q.take()
			text := s[t.start:t.end]
			if n := len(parts); n > 0 && parts[n-1].out == nil {
				parts[n-1].text += text
			} else {
				parts = append(parts, stringPart{text: text})
			}
		case tDollarOpen:
			parts = append(parts, stringPart{out: q.dollar()})
		case tHashOpen:
			parts = append(parts, stringPart{out: q.numerical()})
		default:
			p.lx.conv = q.lx.conv
			p.needsArgs = p.needsArgs || q.needsArgs
			return parts
		}
	}
}

// unescapeString decodes the escapes of a string literal that the lexer has
// checked.
func unescapeString(s string) string {
	var room [64]byte
	out := room[:0]
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			return joinHalves(string(append(out, s...)))
		}
		out = append(out, s[:i]...)
		c := s[i+1]
		s = s[i+2:]
		if c != 'x' {
			if e := escapes[c]; e != 0 {
				c = e
			}
			out = append(out, c)
			continue
		}
		r, n := rune(0), 0
		for n < 4 && n < len(s) && isHex(s[n]) {
			r = r<<4 | hexValue(s[n])
			n++
		}
		out = append(out, unitString(r)...)
		s = s[n:]
	}
}

// escapes maps a letter after a backslash to its meaning, if that is not the
// letter itself.
var escapes = [256]byte{
	'n': '\n', 't': '\t', 'r': '\r', 'f': '\f', 'b': '\b', 'g': '>', 'l': '<', 'a': '&',
}

func hexValue(c byte) rune {
	if isDigit(c) {
		return rune(c - '0')
	}
	return rune(c|0x20-'a') + 10
}

func (p *parser) special() expr {
	dot := p.take()
	t := p.expect(tID)
	name := p.image(t)
	p.lx.checkConvention(t, conventionOf(name))
	n := &specialNode{pos: dot.pos, name: name}
	switch name {
	case "output_format", "outputFormat":
		n.fixed = String(p.format.name)
	case "auto_esc", "autoEsc":
		n.fixed = Bool(p.autoEsc())
	case "args":
		if !p.inMacro && !p.inFunction {
			p.fail(t.pos, ".args exists only inside a macro or function")
		}
		p.needsArgs = true
	}
	if _, ok := specialVariables[name]; !ok {
		p.fail(t.pos, "there is no special variable ."+name)
	}
	return n
}

func (p *parser) dot(x expr) expr {
	p.take()
	switch p.peek() {
	case tID, tTimes, tDoubleStar:
	case tLess, tLessEquals, tEscapedGT, tEscapedGTE, tFalse, tTrue, tIn, tAs, tUsing:
		if t := p.ahead(0); !isLetter(p.lx.src[t.start]) {
			p.take()
			p.fail(t.pos, "a name must follow the dot")
		}
	default:
		p.unexpected()
	}
	t := p.take()
	switch x.(type) {
	case *listNode, *stringNode, *boolNode:
		p.fail(x.at(), "a list, string or boolean literal cannot be followed by a dot")
	}
	return &dotNode{pos: x.at(), target: x, key: p.image(t)}
}

func (p *parser) index(x expr) expr {
	p.take()
	key := p.expression()
	p.expect(tCloseBracket)
	switch x.(type) {
	case *boolNode, *numberNode:
		p.fail(x.at(), "a boolean or number literal has no items")
	}
	enableLazy(x)
	return &indexNode{pos: x.at(), target: x, key: key}
}

func (p *parser) defaultTo(x expr) expr {
	if p.accept(tTerminatingExclam) {
		return &defaultNode{pos: x.at(), x: x}
	}
	p.take()
	n := &defaultNode{pos: x.at(), x: x}
	if p.startsExpression() {
		p.beginRight(false)
		n.other = p.expression()
		p.defaults--
	}
	return n
}

// positional parses arguments or list items; the commas between them are
// optional.
func (p *parser) positional() []expr {
	if !p.atExpression() {
		return nil
	}
	base := len(p.exprs)
	p.exprs = append(p.exprs, p.expression())
	for p.accept(tComma) || p.atExpression() {
		p.exprs = append(p.exprs, p.expression())
	}
	args := slices.Clone(p.exprs[base:])
	p.exprs = p.exprs[:base]
	return args
}

// atExpression reports whether the next token can start an expression.
func (p *parser) atExpression() bool { return startsExpr[p.peek()] }

var startsExpr = [256]bool{
	tString: true, tRawString: true, tFalse: true, tTrue: true, tInteger: true, tDecimal: true, tDot: true,
	tPlus: true, tMinus: true, tExclam: true, tOpenBracket: true, tOpenParen: true, tOpenCurly: true, tID: true,
}

func (p *parser) numberOnly(x expr) {
	switch x.(type) {
	case *stringNode, *listNode, *hashNode, *boolNode:
		p.fail(x.at(), "a number is needed here")
	}
}

func (p *parser) booleanOnly(x expr) {
	switch x.(type) {
	case *stringNode, *listNode, *hashNode, *numberNode:
		p.fail(x.at(), "a boolean is needed here")
	}
}

func (p *parser) stringOnly(x expr) {
	switch x.(type) {
	case *numberNode, *listNode, *hashNode, *boolNode:
		p.fail(x.at(), "a string is needed here")
	}
}
