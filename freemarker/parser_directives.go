package freemarker

// This file parses directives: conditions, loops, assignments and blocks.

import "slices"

// directive parses a directive, or returns nil at a tag that does not start
// one.
func (p *parser) directive(k tokenKind, macros *[]*macroNode) node { //nolint:cyclop // a table of the directives
	switch k {
	case tIf:
		return p.ifDirective(macros)
	case tList:
		return p.list(macros)
	case tForeach:
		return p.foreach(macros)
	case tAssign, tGlobal, tLocal:
		return p.assign(macros)
	case tInclude:
		return p.include()
	case tImport:
		return p.importDirective()
	case tMacro, tFunction:
		return p.macroDefinition(macros)
	case tCompress:
		first := p.take()
		kids := p.content(macros)
		n := &compressNode{group{element: span(first, p.expect(tEndCompress))}}
		n.kids = kids
		return n
	case tUnifiedCall:
		return p.userCall(macros)
	case tItems:
		return p.items(macros)
	case tSep:
		return p.sep(macros)
	case tCall:
		return p.call()
	case tComment, tTerseComment:
		return p.comment()
	case tNoParse:
		return p.noParse()
	case tTransform:
		return p.transform(macros)
	case tSwitch:
		return p.switchDirective(macros)
	case tSetting:
		return p.setting()
	case tEscape, tNoEscape:
		return p.escape(k, macros)
	case tAttempt:
		return p.attempt(macros)
	case tOutputFormat:
		return p.outputFormatBlock(macros)
	case tAutoEsc, tNoAutoEsc:
		return p.autoEscBlock(k, macros)
	case tVisit, tRecurse, tSimpleRecurse, tFallback:
		return p.visit()
	}
	return p.simpleDirective(k)
}

// simpleDirective parses a directive without content.
func (p *parser) simpleDirective(k tokenKind) node {
	switch k {
	case tBreak, tContinue:
		t := p.take()
		if k == tBreak && p.breakable < 1 {
			p.fail(t.pos, "#break must be inside a loop or a #switch")
		}
		if k == tContinue && p.continua < 1 {
			p.fail(t.pos, "#continue must be inside a loop")
		}
		n := &jumpNode{element: span(t, t), signal: errBreak}
		if k == tContinue {
			n.signal = errContinue
		}
		return n
	case tReturn, tSimpleReturn:
		return p.returnDirective()
	case tStop:
		first := p.take()
		x := p.expression()
		p.looseEnd()
		return &stopNode{element: span(first, first), x: x}
	case tHalt:
		t := p.take()
		return &stopNode{element: span(t, t)}
	case tFlush:
		t := p.take()
		return &silentNode{element: span(t, t), kind: silentFlush}
	case tTrim, tLTrim, tRTrim, tNoTrim:
		t := p.take()
		p.trims = true
		return &silentNode{
			element: span(t, t), kind: silentTrim,
			left: k == tTrim || k == tLTrim, right: k == tTrim || k == tRTrim,
		}
	case tNested, tSimpleNested:
		return p.nested()
	}
	return nil
}

// looseEnd expects the end of a tag, > or />.
func (p *parser) looseEnd() token {
	if k := p.peek(); k != tDirectiveEnd && k != tEmptyDirectiveEnd {
		p.unexpected()
	}
	return p.take()
}

func (p *parser) ifDirective(macros *[]*macroNode) node {
	first := p.take()
	cond := p.expression()
	end := p.expect(tDirectiveEnd)
	kids := p.content(macros)
	n := &ifNode{}
	n.kids = append(n.kids, &blockNode{group: spanBlock(first, end, kids), kind: blockIf, cond: cond})
	for p.peek() == tElseIf {
		t := p.take()
		cond := p.expression()
		end := p.looseEnd()
		kids := p.content(macros)
		n.kids = append(n.kids, &blockNode{group: spanBlock(t, end, kids), kind: blockElseIf, cond: cond})
	}
	if p.peek() == tElse {
		t := p.take()
		kids := p.content(macros)
		n.kids = append(n.kids, &blockNode{group: spanBlock(t, t, kids), kind: blockElse})
	}
	branches := n.kids
	n.element = span(first, p.expect(tEndIf))
	n.kids = branches
	return n
}

func (p *parser) list(macros *[]*macroNode) node {
	first := p.take()
	n := &loopNode{x: p.expression()}
	if p.accept(tAs) {
		n.var1 = p.image(p.expect(tID))
		if p.accept(tComma) {
			n.var2 = p.image(p.expect(tID))
		}
	}
	p.expect(tDirectiveEnd)
	enableLazy(n.x)
	p.scope = &scope{outer: p.scope, var1: n.var1, var2: n.var2}
	l := &loopScope{var1: n.var1, var2: n.var2, hash: n.var2 != "", scope: p.scope}
	p.loops = append(p.loops, l)
	if n.var1 != "" {
		p.breakable++
		p.continua++
		if n.var1 == n.var2 {
			p.fail(first.pos, "the two variables of a loop must differ")
		}
	}
	kids := p.content(macros)
	if n.var1 != "" {
		p.breakable--
		p.continua--
	} else if l.kind != loopItems {
		p.fail(first.pos, "#list needs \"as variable\" or an #items inside")
	}
	p.loops = p.loops[:len(p.loops)-1]
	p.scope = p.scope.outer
	n.hash = l.hash
	var otherwise *blockNode
	if p.peek() == tElse {
		t := p.take()
		elseKids := p.content(macros)
		otherwise = &blockNode{group: spanBlock(t, t, elseKids), kind: blockLoopElse}
	}
	end := p.expect(tEndList)
	n.element = span(first, end)
	n.kids = kids
	if otherwise == nil {
		return n
	}
	n.otherwise = otherwise
	c := &loopElseNode{group: group{element: span(first, end)}, loop: n}
	c.kids = []node{n, otherwise}
	return c
}

func (p *parser) foreach(macros *[]*macroNode) node {
	first := p.take()
	n := &loopNode{var1: p.image(p.expect(tID))}
	p.expect(tIn)
	n.x = p.expression()
	p.expect(tDirectiveEnd)
	enableLazy(n.x)
	p.scope = &scope{outer: p.scope, var1: n.var1}
	p.loops = append(p.loops, &loopScope{var1: n.var1, kind: loopForeach, scope: p.scope})
	p.breakable++
	p.continua++
	kids := p.content(macros)
	end := p.expect(tEndForeach)
	p.breakable--
	p.continua--
	p.loops = p.loops[:len(p.loops)-1]
	p.scope = p.scope.outer
	n.element = span(first, end)
	n.kids = kids
	return n
}

func (p *parser) items(macros *[]*macroNode) node {
	first := p.take()
	n := &itemsNode{var1: p.image(p.expect(tID))}
	if p.accept(tComma) {
		n.var2 = p.image(p.expect(tID))
	}
	p.expect(tDirectiveEnd)
	if len(p.loops) == 0 {
		p.fail(first.pos, "#items must be inside a #list")
	}
	l := p.loops[len(p.loops)-1]
	if l.var1 != "" {
		p.fail(first.pos, "this loop cannot have an #items inside")
	}
	l.kind, l.var1 = loopItems, n.var1
	if n.var2 != "" {
		l.var2, l.hash = n.var2, true
		if n.var1 == n.var2 {
			p.fail(first.pos, "the two variables of a loop must differ")
		}
	}
	p.breakable++
	p.continua++
	if l.scope != nil {
		l.scope.var1, l.scope.var2 = n.var1, n.var2
	}
	kids := p.content(macros)
	end := p.expect(tEndItems)
	p.breakable--
	p.continua--
	l.var1, l.var2 = "", ""
	if l.scope != nil {
		l.scope.var1, l.scope.var2 = "", ""
	}
	n.element = span(first, end)
	n.kids = kids
	return n
}

func (p *parser) sep(macros *[]*macroNode) node {
	first := p.take()
	if len(p.loops) == 0 {
		p.fail(first.pos, "#sep must be inside a loop")
	}
	kids := p.content(macros)
	n := &sepNode{spanBlock(first, first, kids)}
	if p.peek() == tEndSep {
		n.endLine = p.take().endLine
	}
	return n
}

func (p *parser) switchDirective(macros *[]*macroNode) node {
	first := p.take()
	n := &switchNode{x: p.expression()}
	p.expect(tDirectiveEnd)
	var kids []node
	for k := p.peek(); k == tTextSpace || k == tComment || k == tTerseComment; k = p.peek() {
		if k != tTextSpace {
			kids = append(kids, p.comment())
		} else if t := p.take(); !p.stripText || p.mixed != 1 {
			kids = append(kids, &textNode{element: span(t, t), text: p.lx.src[t.start:t.end]})
		}
	}
	if len(kids) == 1 && p.stripSpace {
		if _, text := kids[0].(*textNode); text {
			kids = nil
		}
	}
	p.breakable++
	for p.peek() == tCase || p.peek() == tDefault {
		kids = append(kids, p.caseBlock(n, first, macros))
	}
	if len(n.cases) > 0 {
		p.accept(tTextSpace)
	}
	end := p.expect(tEndSwitch)
	p.breakable--
	n.element = span(first, end)
	n.kids = kids
	return n
}

func (p *parser) caseBlock(n *switchNode, first token, macros *[]*macroNode) node {
	t := p.take()
	c := &blockNode{kind: blockDefault}
	if t.kind == tCase {
		c.kind, c.cond = blockCase, p.expression()
		p.expect(tDirectiveEnd)
	}
	c.group = spanBlock(t, t, p.content(macros))
	if c.kind == blockDefault {
		for _, other := range n.cases {
			if other.kind == blockDefault {
				p.fail(first.pos, "a #switch can only have one #default")
			}
		}
	}
	n.cases = append(n.cases, c)
	return c
}

func (p *parser) attempt(macros *[]*macroNode) node {
	first := p.take()
	body := asSingle(p.content(macros))
	t := p.expect(tRecover)
	kids := p.content(macros)
	n := &attemptNode{body: body}
	n.recover = &blockNode{group: spanBlock(t, t, kids), kind: blockRecover}
	if p.peek() != tEndRecover && p.peek() != tEndAttempt {
		p.unexpected()
	}
	n.element = span(first, p.take())
	n.kids = []node{body, n.recover}
	return n
}

// asSingle combines several nodes into one.
func asSingle(kids []node) node {
	switch len(kids) {
	case 0:
		return &textNode{}
	case 1:
		return kids[0]
	}
	first, last := kids[0].base(), kids[len(kids)-1].base()
	return &blockNode{
		group: group{element: element{pos: first.pos, endLine: last.endLine}, kids: kids}, kind: blockMixed,
	}
}

func (p *parser) returnDirective() node {
	first := p.take()
	end := first
	var x expr
	if first.kind == tReturn {
		x = p.expression()
		end = p.looseEnd()
	}
	switch {
	case p.inMacro && x != nil:
		p.fail(first.pos, "a macro cannot return a value")
	case !p.inMacro && p.inFunction && x == nil:
		p.fail(first.pos, "a function must return a value")
	case !p.inMacro && !p.inFunction && x == nil:
		p.fail(first.pos, "#return must be inside a macro or function")
	}
	return &returnNode{element: span(first, end), x: x}
}

func (p *parser) nested() node {
	first := p.take()
	end := first
	var args []expr
	if first.kind == tNested {
		args = p.positional()
		end = p.looseEnd()
	}
	if !p.inMacro {
		p.fail(first.pos, "#nested must be inside a macro")
	}
	return &nestedNode{element: span(first, end), args: args}
}

func (p *parser) comment() node {
	first := p.take()
	last, _ := p.unparsed(first)
	return &silentNode{element: span(first, last), kind: silentComment}
}

func (p *parser) noParse() node {
	first := p.take()
	last, text := p.unparsed(first)
	return &textNode{element: span(first, last), text: text}
}

// unparsed reads up to the tag that ends a comment or #noparse, and returns
// that tag and the text before it.
func (p *parser) unparsed(first token) (token, string) {
	start := p.ahead(0).start
	if k := p.peek(); k != tUnparsed && k != tUnparsedEnd {
		p.unexpected()
	}
	for {
		t := p.take()
		switch {
		case t.kind == tUnparsedEnd:
			return t, p.lx.src[start:t.start]
		case p.peek() != tUnparsed && p.peek() != tUnparsedEnd:
			// The reference treats a piece that ends in ; as the end tag.
			if p.lx.src[t.end-1] == ';' {
				return t, p.lx.src[start:t.start]
			}
			p.fail(first.pos, "this comment or #noparse is not closed")
		}
	}
}

func (p *parser) escape(k tokenKind, macros *[]*macroNode) node {
	first := p.take()
	if k == tNoEscape {
		if len(p.escapes) == 0 {
			p.fail(first.pos, "#noescape must be inside #escape")
		}
		saved := p.escapes
		p.escapes = saved[: len(saved)-1 : len(saved)-1]
		kids := p.content(macros)
		n := &blockNode{group: group{element: span(first, p.expect(tEndNoEscape))}, kind: blockEscape}
		p.escapes = saved
		n.kids = kids
		return n
	}
	if p.autoEsc() {
		p.fail(first.pos, "#escape is not allowed when auto-escaping is on")
	}
	def := escapeDef{variable: p.image(p.expect(tID)), loops: p.loops, format: p.format, escPolicy: p.escPolicy}
	p.expect(tAs)
	outerRecord := p.record
	p.record = &def.toks
	p.expression()
	p.record = outerRecord
	p.expect(tDirectiveEnd)
	saved := p.escapes
	p.escapes = append(slices.Clip(saved), def)
	kids := p.content(macros)
	p.escapes = saved
	n := &blockNode{group: group{element: span(first, p.expect(tEndEscape))}, kind: blockEscape}
	n.kids = kids
	return n
}

func (p *parser) outputFormatBlock(macros *[]*macroNode) node {
	first := p.take()
	x := p.expression()
	p.expect(tDirectiveEnd)
	v, ok := constantValue(x)
	if !ok {
		p.fail(x.at(), "the name of the output format must be a constant")
	}
	if v.kind != kString {
		p.fail(x.at(), "the name of the output format must be a string")
	}
	saved := p.format
	p.format = p.namedFormat(v.str(), first.pos)
	kids := p.content(macros)
	n := &blockNode{group: group{element: span(first, p.expect(tEndOutputFormat))}, kind: blockOutputFormat}
	n.kids = kids
	p.format = saved
	return n
}

// namedFormat returns the output format with the given name. {X} nests X into
// the current format.
func (p *parser) namedFormat(name string, at pos) *outputFormat {
	if len(name) == 0 || name[0] != '{' {
		f, msg := findFormat(name)
		if f == nil {
			p.fail(at, msg)
		}
		return f
	}
	if name[len(name)-1] != '}' {
		p.fail(at, "an output format that starts with \"{\" must end with \"}\"")
	}
	inner, msg := findFormat(name[1 : len(name)-1])
	if inner == nil {
		p.fail(at, msg)
	}
	if !inner.markup || !p.format.markup {
		p.fail(at, "only markup output formats can be combined")
	}
	return combineFormats(p.format, inner)
}

func (p *parser) autoEscBlock(k tokenKind, macros *[]*macroNode) node {
	first := p.take()
	saved := p.escPolicy
	end := tEndNoAutoEsc
	if k == tAutoEsc {
		if !p.format.markup {
			p.fail(first.pos, "auto-escaping needs a markup output format")
		}
		p.escPolicy, end = escSupported, tEndAutoEsc
	} else {
		p.escPolicy = escDisabled
	}
	kids := p.content(macros)
	n := &blockNode{group: group{element: span(first, p.expect(end))}, kind: blockAutoEsc}
	n.kids = kids
	p.escPolicy = saved
	return n
}
