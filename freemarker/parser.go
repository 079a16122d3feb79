package freemarker

// The parser's core: the token stream, errors, the context that directives set
// for their content, and the text level of the grammar.

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// parser turns a source into a syntax tree. It panics with a *ParseError.
type parser struct {
	lx       lexer
	tok      token // the next one, if ready
	ready    bool
	queue    []token // tokens after tok that have been read ahead
	last     pos     // position of the token consumed last
	lastLine int32   // the line on which it ends
	buf      [4]token
	defaults int    // how many right operands of ! and .. are being parsed
	right    mark   // start of the outermost of them
	lead     expr   // an operand that was parsed before its operator
	nodes    []node // a stack of future children
	exprs    []expr // a stack of future arguments
	limits   *Limits
	depth    int
	filled   int // how many tokens have been read or scanned, if check is set

	lexical
	record  *[]token // consumed tokens are also appended here
	tagged  bool     // the text has directives
	fixed   bool     // there are no tokens beyond tok and queue
	subst   string   // an identifier that is replaced by substX
	substX  expr
	dynamic bool // the code's scope is known only at run time
	own     varScope
	copied  int // how many tokens #escape has added
}

// mark is a position in the source to which the parser can return.
type mark struct {
	lx    lexer
	tok   token
	queue []token
	ready bool
	depth int
	unary bool // an operand is scanned from here, not an expression
}

// lexical is the part of the state that is shared with code inside string literals.
type lexical struct {
	loops               []*loopScope
	breakable, continua int
	inMacro, inFunction bool
	needsArgs           bool
	macro               *macroScope
	vars                *varScope // nil if the code's scope is known only at run time
	scope               *scope
	escapes             []escapeDef
	format              *outputFormat
	escPolicy           escPolicy
	began               escaping // at the start of the template, before its header
	stripSpace          bool
	stripText           bool
	mixed               int          // nesting depth of content, for stripText
	check               func() error // may be nil; called regularly, and ends parsing with its error
	trims               bool
}

// loopScope is an enclosing loop, or a user-defined directive whose nested
// content hides the loop's variable.
type loopScope struct {
	var1, var2 string
	kind       loopKind
	hash       bool
	scope      *scope
}

type loopKind uint8

const (
	loopList loopKind = iota
	loopForeach
	loopItems
	loopUserDirective
)

// scope is a frame of local variables that will exist at run time.
type scope struct {
	outer      *scope
	var1, var2 string // variables of a loop
	params     []string
}

// macroScope collects the local variables of the macro being parsed.
type macroScope struct {
	slots  nameList
	idents []*identNode
}

// varScope collects the variables of the template being parsed, to find out
// which of them it assigns.
type varScope struct {
	assigned nameList
	idents   []*identNode
}

// resolve sets the places of the variables, and returns the names that have
// one.
func (s *varScope) resolve() nameList {
	if len(s.assigned.names) > 0 {
		for _, id := range s.idents {
			id.place = s.assigned.find(id.name)
		}
	}
	return s.assigned
}

// assignedSlot returns the slot of an assigned variable, or -1 if its scope is known
// only at run time.
func (p *parser) assignedSlot(name string) int32 {
	if p.dynamic {
		return -1
	}
	return p.vars.assigned.add(name)
}

// escapeDef is an enclosing #escape. Its expression has already been checked in
// its own context: the loops, output format and escaping there.
type escapeDef struct {
	variable  string
	toks      []token
	loops     []*loopScope
	format    *outputFormat
	escPolicy escPolicy
}

func (p *parser) fail(at pos, msg string) {
	if p.defaults > 0 {
		p.scanRight()
	}
	panic(&ParseError{Line: int(at.line), Column: int(at.col), Message: msg})
}

func (p *parser) failLimit(at pos, msg string) {
	panic(&ParseError{Line: int(at.line), Column: int(at.col), Message: msg, Limit: true})
}

// enter counts one more level of nesting in the source.
func (p *parser) enter() {
	p.depth++
	if p.depth > p.limits.Nesting {
		p.failLimit(p.last, "expressions or directives are nested too deeply")
	}
}

func (p *parser) leave() { p.depth-- }

// read returns a new token.
func (p *parser) read() token {
	if p.fixed {
		return token{kind: tEOF}
	}
	p.tick()
	return p.lx.next()
}

// tick counts a token, and calls check regularly.
func (p *parser) tick() {
	if p.check != nil {
		p.filled++
		if p.filled%1024 == 0 && p.check() != nil {
			p.failLimit(p.last, "parsing was stopped")
		}
	}
}

// fill reads the next token, and returns its kind.
func (p *parser) fill() tokenKind {
	p.tok, p.ready = p.read(), true
	return p.tok.kind
}

func (p *parser) peek() tokenKind {
	if p.ready {
		return p.tok.kind
	}
	return p.fill()
}

// ahead returns the token n positions ahead; 0 is the next one.
func (p *parser) ahead(n int) token {
	if !p.ready {
		p.fill()
	}
	if n == 0 {
		return p.tok
	}
	if len(p.queue) == 0 {
		p.queue = p.buf[:0]
	}
	for len(p.queue) < n {
		p.queue = append(p.queue, p.read())
	}
	return p.queue[n-1]
}

// take consumes the next token.
func (p *parser) take() token {
	if !p.ready {
		p.fill()
	}
	t := p.tok
	p.ready = len(p.queue) > 0
	if p.ready {
		p.tok, p.queue = p.queue[0], p.queue[1:]
	}
	if p.record != nil {
		*p.record = append(*p.record, t)
	}
	p.last, p.lastLine = t.pos, t.endLine
	return t
}

func (p *parser) expect(k tokenKind) token {
	if p.peek() != k {
		p.unexpected()
	}
	return p.take()
}

// accept consumes the next token if it is of kind k.
func (p *parser) accept(k tokenKind) bool {
	if p.peek() == k {
		p.take()
		return true
	}
	return false
}

func (p *parser) unexpected() {
	t := p.ahead(0)
	if t.kind == tEOF {
		p.fail(t.pos, "unexpected end of the template; is a directive or an expression not closed?")
	}
	p.fail(t.pos, "unexpected "+strconv.Quote(p.image(t)))
}

// image returns the text of a token, without the backslashes in an identifier.
func (p *parser) image(t token) string {
	s := p.lx.src[t.start:t.end]
	if t.kind == tID && strings.IndexByte(s, '\\') >= 0 {
		return strings.ReplaceAll(s, "\\", "")
	}
	return s
}

func (p *parser) autoEsc() bool {
	return p.format.markup && p.escPolicy != escDisabled
}

func (p *parser) escFormat() *outputFormat {
	if p.autoEsc() {
		return p.format
	}
	return nil
}

// parseTemplate parses a whole template into root.
func parseTemplate(root *rootNode, src string, limits *Limits, lex *lexical, dynamic bool) (err error) {
	if len(src) > limits.SourceBytes {
		return &ParseError{Line: 1, Column: 1, Message: "the template is too long", Limit: true}
	}
	src = validSource(src)
	p := parsers.Get().(*parser)
	p.lx.src, p.lx.line = src, 1
	p.limits, p.lexical, p.dynamic = limits, *lex, dynamic
	p.vars = &p.own
	p.stripSpace = true
	defer recoverParse(&err)
	if k := p.peek(); k == tTrivialFTLHeader || k == tFTLHeader {
		p.header()
	} else if k == tTextSpace {
		if k := p.ahead(1).kind; k == tTrivialFTLHeader || k == tFTLHeader {
			p.header()
		}
	}
	kids := p.content(&root.macros)
	p.expect(tEOF)
	root.node = p.strip(kids)
	root.vars = p.own.resolve()
	p.release()
	return nil
}

// release makes the parser available for reuse. Only its stacks are kept.
func (p *parser) release() {
	nodes, exprs, idents := p.nodes, p.exprs, p.own.idents
	clear(nodes[:cap(nodes)])
	clear(exprs[:cap(exprs)])
	clear(idents)
	*p = parser{}
	p.nodes, p.exprs, p.own.idents = nodes[:0], exprs[:0], idents[:0]
	parsers.Put(p)
}

// parsers is a pool of parsers for reuse. A parser that has failed is not
// reused.
var parsers = sync.Pool{New: func() any { return &parser{} }}

// rootNode is a parsed template: its content, and the macros that are defined
// before it runs.
type rootNode struct {
	node   node
	macros []*macroNode
	vars   nameList // the variables that the template assigns, by place
}

func recoverParse(err *error) {
	switch r := recover().(type) {
	case nil:
	case *ParseError:
		*err = r
	default: // a bug in this package
		*err = &ParseError{Line: 1, Column: 1, Message: fmt.Sprint("internal error: ", r)}
	}
}

func validSource(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// content parses text, interpolations and directives up to a tag that belongs
// to an enclosing directive.
func (p *parser) content(macros *[]*macroNode) []node {
	p.enter()
	p.mixed++
	base := len(p.nodes)
	for {
		var n node
		switch k := p.peek(); k {
		case tText, tTextSpace:
			t := p.text()
			if t == nil {
				continue
			}
			n = t
		case tDollarOpen:
			n = p.dollar()
		case tHashOpen:
			n = p.numerical()
		default:
			n = p.directive(k, macros)
			if n == nil {
				p.mixed--
				p.leave()
				kids := slices.Clone(p.nodes[base:])
				p.nodes = p.nodes[:base]
				return kids
			}
			p.tagged = true
		}
		p.nodes = append(p.nodes, n)
	}
}

// text reads adjacent pieces of text as one node. It returns nil if the text is
// to be stripped.
func (p *parser) text() *textNode {
	first := p.take()
	last := first
	for k := p.peek(); k == tText || k == tTextSpace; k = p.peek() {
		last = p.take()
	}
	if p.stripText && p.mixed == 1 {
		return nil
	}
	return &textNode{element: span(first, last), text: p.lx.src[first.start:last.end]}
}

func span(first, last token) element {
	return element{pos: first.pos, endLine: last.endLine}
}

// spanBlock returns a group that spans a tag and the children that follow it.
func spanBlock(first, end token, kids []node) group {
	g := group{element: span(first, end), kids: kids}
	if len(kids) > 0 {
		g.endLine = kids[len(kids)-1].base().endLine
	}
	return g
}

func (p *parser) dollar() *outputNode {
	first := p.take()
	x := p.expression()
	last := p.expect(tCloseCurly)
	switch x.(type) {
	case *hashNode, *listNode:
		p.fail(x.at(), "a list or hash cannot be printed")
	}
	return &outputNode{element: span(first, last), x: p.escaped(x), format: p.format, autoEsc: p.autoEsc()}
}

func (p *parser) numerical() *numberOutputNode {
	first := p.take()
	x := p.expression()
	p.numberOnly(x)
	n := &numberOutputNode{x: x, format: p.escFormat()}
	var format token
	if p.accept(tSemicolon) {
		format = p.expect(tID)
	}
	n.element = span(first, p.expect(tCloseCurly))
	if format.kind == tID {
		p.fractionDigits(n, format)
	}
	return n
}

// fractionDigits reads the format of #{x; m1M3}.
func (p *parser) fractionDigits(n *numberOutputNode, t token) {
	s := p.image(t)
	minFrac, maxFrac := -1, -1
	for i := 0; i < len(s); {
		into := &minFrac
		if s[i] == 'M' {
			into = &maxFrac
		} else if s[i] != 'm' {
			p.fail(t.pos, "a number format is made of m and M, each followed by a number")
		}
		end := i + 1
		for end < len(s) && s[end] != 'm' && s[end] != 'M' {
			end++
		}
		if end == i+1 && end == len(s) {
			break // a letter without a number at the end is ignored
		}
		d, err := strconv.Atoi(s[i+1 : end])
		if err != nil || *into != -1 {
			p.fail(t.pos, "a number format is made of m and M, each followed by a number")
		}
		*into = d
		i = end
	}
	switch {
	case minFrac == -1 && maxFrac == -1:
		p.fail(t.pos, "a number format needs m or M")
	case maxFrac == -1:
		maxFrac = minFrac
	case minFrac == -1:
		minFrac = 0
	}
	if minFrac > maxFrac {
		p.fail(t.pos, "the minimum number of fraction digits is greater than the maximum")
	}
	if maxFrac > 50 {
		p.fail(t.pos, "there cannot be more than 50 fraction digits")
	}
	n.hasFormat, n.minFrac, n.maxFrac = true, minFrac, maxFrac
}

// escaped applies the enclosing #escape directives to an interpolation.
func (p *parser) escaped(x expr) expr {
	for _, escape := range slices.Backward(p.escapes) {
		x = p.applyEscape(escape, x)
	}
	return x
}

// maxCopied limits the tokens that #escape adds to a template: its expression
// is parsed again for each interpolation.
const maxCopied = 400_000

// applyEscape parses the expression of an #escape again, and replaces its
// variable by x.
func (p *parser) applyEscape(def escapeDef, x expr) expr {
	q := &parser{
		lx: p.lx, limits: p.limits, depth: p.depth + 1, lexical: p.lexical, dynamic: p.dynamic,
		fixed: true, subst: def.variable, substX: x,
	}
	if q.ready = len(def.toks) > 0; q.ready {
		q.tok, q.queue = def.toks[0], def.toks[1:len(def.toks):len(def.toks)]
	}
	q.escapes = nil
	q.loops, q.format, q.escPolicy = def.loops, def.format, def.escPolicy
	if q.depth > p.limits.Nesting {
		p.failLimit(x.at(), "#escape directives are nested too deeply")
	}
	p.copied += len(def.toks)
	if p.copied > maxCopied {
		p.failLimit(x.at(), "#escape has too many long expressions to apply")
	}
	y := q.expression()
	p.needsArgs = p.needsArgs || q.needsArgs
	return y
}
