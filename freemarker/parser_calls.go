package freemarker

// This file parses assignments, macros and their calls, settings and the
// header.

import "slices"

import "strings"

func (p *parser) assign(macros *[]*macroNode) node {
	first := p.take()
	scope := scopeNamespace
	switch first.kind {
	case tGlobal:
		scope = scopeGlobal
	case tLocal:
		scope = scopeLocal
		if !p.inMacro && !p.inFunction {
			p.fail(first.pos, "#local must be inside a macro or function")
		}
	}
	name, at := p.targetName()
	if !isAssignOp(p.peek()) {
		return p.blockAssign(first, scope, name, macros)
	}
	var kids []node
	for {
		kids = append(kids, p.assignment(scope, name, at))
		i := 0
		if p.peek() == tComma {
			i = 1
		}
		if k := p.ahead(i).kind; k != tID && k != tString || !isAssignOp(p.ahead(i+1).kind) {
			break
		}
		if i == 1 {
			p.take()
		}
		name, at = p.targetName()
	}
	if ns := p.inNamespace(scope); ns != nil {
		for _, k := range kids {
			n := k.(*assignNode)
			n.ns, n.place = ns, -1
		}
	}
	end := p.looseEnd()
	if len(kids) == 1 {
		n := kids[0].(*assignNode)
		n.element = span(first, end)
		return n
	}
	n := &assignListNode{group{span(first, end), kids}}
	return n
}

func isAssignOp(k tokenKind) bool {
	switch k {
	case tEquals, tPlusEquals, tMinusEquals, tTimesEquals, tDivEquals, tModEquals, tPlusPlus, tMinusMinus:
		return true
	}
	return false
}

// targetName parses the name of a variable, which may be a string literal.
func (p *parser) targetName() (string, pos) {
	switch p.peek() {
	case tID:
		t := p.take()
		return p.image(t), t.pos
	case tString, tRawString:
		s := p.stringLiteral(false)
		return s.s, s.pos
	}
	p.unexpected()
	return "", pos{}
}

func (p *parser) assignment(scope assignScope, name string, at pos) *assignNode {
	n := &assignNode{scope: scope, name: name, op: p.take().kind, place: p.slot(scope, name)}
	if n.op != tPlusPlus && n.op != tMinusMinus {
		n.x = p.expression()
	}
	n.element = element{pos: at, endLine: p.lastLine}
	return n
}

// slot returns the slot of an assigned variable, or -1 if it has none.
func (p *parser) slot(scope assignScope, name string) int32 {
	switch {
	case scope == scopeLocal && p.macro != nil:
		return p.macro.slots.add(name)
	case scope == scopeNamespace:
		return p.assignedSlot(name)
	}
	return -1
}

// inNamespace parses "in ns".
func (p *parser) inNamespace(scope assignScope) expr {
	if p.peek() != tIn {
		return nil
	}
	t := p.take()
	ns := p.expression()
	if scope != scopeNamespace {
		p.fail(t.pos, "only #assign can assign to a namespace")
	}
	return ns
}

func (p *parser) blockAssign(first token, scope assignScope, name string, macros *[]*macroNode) node {
	n := &blockAssignNode{scope: scope, name: name, place: -1, ns: p.inNamespace(scope)}
	if n.ns == nil {
		n.place = p.slot(scope, name)
	}
	p.expect(tDirectiveEnd)
	kids := p.content(macros)
	k := p.peek()
	if k != tEndLocal && k != tEndAssign && k != tEndGlobal {
		p.unexpected()
	}
	end := p.take()
	if k != [...]tokenKind{scopeNamespace: tEndAssign, scopeGlobal: tEndGlobal, scopeLocal: tEndLocal}[scope] {
		p.fail(end.pos, "the end tag does not match the start tag")
	}
	n.element = span(first, end)
	n.kids = kids
	if p.format.markup {
		n.format = p.format
	}
	return n
}

func (p *parser) macroDefinition(macros *[]*macroNode) node {
	first := p.take()
	if p.inMacro || p.inFunction {
		p.fail(first.pos, "macros and functions cannot be defined inside each other")
	}
	d := &macroDef{pos: first.pos, function: first.kind == tFunction}
	p.inMacro, p.inFunction = !d.function, d.function
	p.needsArgs = false
	outer := p.lexical
	p.scope, p.macro = nil, &macroScope{}
	p.loops, p.breakable, p.continua = nil, 0, 0
	d.name, _ = p.targetName()
	d.place = p.assignedSlot(d.name)
	p.accept(tOpenParen)
	p.parameters(d, outer)
	p.accept(tCloseParen)
	p.expect(tDirectiveEnd)
	kids := p.content(macros)
	if k := p.peek(); k != tEndMacro && k != tEndFunction {
		p.unexpected()
	}
	end := p.take()
	if (end.kind == tEndFunction) != d.function {
		p.fail(end.pos, "the end tag does not match the start tag")
	}
	d.slots, d.needsArgs = p.macro.slots, p.needsArgs
	for _, id := range p.macro.idents {
		id.slot = p.macro.slots.find(id.name)
	}
	p.loops, p.breakable, p.continua = outer.loops, outer.breakable, outer.continua
	p.scope, p.macro = outer.scope, outer.macro
	p.inMacro, p.inFunction = false, false
	n := &macroNode{group: group{span(first, end), kids}, def: d}
	d.body = &n.group
	*macros = append(*macros, n)
	return n
}

// parameters parses the parameters of a macro. Built-ins such as ?index in
// their defaults may refer to the loops around the macro.
func (p *parser) parameters(d *macroDef, outer lexical) {
	d.catchSlot = -1
	catchAll, hasDefaults := false, false
	var params nameList
	p.loops = outer.loops
	for p.peek() == tID {
		t := p.take()
		name := p.image(t)
		if p.accept(tEllipsis) {
			catchAll = true
		}
		var def expr
		if p.accept(tEquals) {
			def = p.expression()
			hasDefaults = true
		}
		p.accept(tComma)
		if d.catchAll != "" {
			p.fail(t.pos, "a catch-all parameter must be the last one")
		}
		if catchAll {
			if def != nil {
				p.fail(t.pos, "a catch-all parameter cannot have a default")
			}
			d.catchAll = name
			continue
		}
		if hasDefaults && def == nil {
			p.fail(t.pos, "parameters without a default must come before those with one")
		}
		if i := params.find(name); i >= 0 {
			d.defaults[i] = def
			continue
		}
		params.add(name)
		d.defaults = append(d.defaults, def)
	}
	p.loops = nil
	// Parameters take the first slots. None is taken yet: their defaults are
	// expressions, which declare no local variables.
	d.params = slices.Clip(params.names)
	p.macro.slots = params
	if d.catchAll != "" {
		d.catchSlot = p.macro.slots.add(d.catchAll)
	}
}

// userCall parses <@name args; params>content</@name>.
func (p *parser) userCall(macros *[]*macroNode) node {
	first := p.take()
	n := &userCallNode{x: p.expression()}
	p.accept(tTerminatingSpace)
	if p.peek() == tID && p.ahead(1).kind == tEquals {
		n.byName, n.named = true, p.namedArgs()
	} else {
		n.positional = p.positional()
	}
	if p.accept(tSemicolon) {
		n.hasParams = true
		p.nestedParams(n)
	}
	if p.peek() == tEmptyDirectiveEnd {
		n.element = span(first, p.take())
		return n
	}
	p.expect(tDirectiveEnd)
	pushed := 0
	for _, name := range n.params {
		pushed += p.hideLoopVar(name)
	}
	if n.hasParams {
		p.scope = &scope{outer: p.scope, params: n.params}
	}
	kids := p.content(macros)
	end := p.expect(tUnifiedCallEnd)
	if n.hasParams {
		p.scope = p.scope.outer
	}
	p.loops = p.loops[:len(p.loops)-pushed]
	p.checkEndName(n, end)
	n.element = span(first, end)
	n.kids = kids
	return n
}

func (p *parser) nestedParams(n *userCallNode) {
	p.accept(tTerminatingSpace)
	if p.peek() != tID {
		return
	}
	for {
		n.params = append(n.params, p.image(p.expect(tID)))
		p.accept(tTerminatingSpace)
		if !p.accept(tComma) {
			return
		}
		p.accept(tTerminatingSpace)
	}
}

// hideLoopVar records that a parameter of nested content hides a loop variable.
// It returns how many scopes it has added to p.loops: 1 or 0.
func (p *parser) hideLoopVar(name string) int {
	for _, loop := range slices.Backward(p.loops) {
		if loop.var1 == name {
			if loop.kind == loopUserDirective {
				return 0
			}
			p.loops = append(p.loops, &loopScope{var1: name, kind: loopUserDirective})
			return 1
		}
	}
	return 0
}

// checkEndName checks that </@name> has the name of the start tag.
func (p *parser) checkEndName(n *userCallNode, end token) {
	image := p.lx.src[end.start:end.end]
	name := strings.TrimSpace(image[3 : len(image)-1])
	if name == "" {
		return
	}
	x := n.x
	if c, ok := x.(*builtinNode); ok && c.called && (c.bi.name == "with_args" || c.bi.name == "with_args_last") {
		x = c.target
	}
	start := sourceName(x)
	if start == "" {
		p.fail(end.pos, "the end tag must be </@>")
	}
	if start != name {
		p.fail(end.pos, "the end tag must be </@> or </@"+start+">")
	}
}

// sourceName returns a path of names as it is written in the source.
func sourceName(x expr) string {
	switch x := x.(type) {
	case *identNode:
		return escapeName(x.name)
	case *dotNode:
		if t := sourceName(x.target); t != "" {
			return t + "." + escapeName(x.key)
		}
	}
	return ""
}

var nameEscaper = strings.NewReplacer("-", `\-`, ".", `\.`, ":", `\:`, "#", `\#`)

func escapeName(s string) string { return nameEscaper.Replace(s) }

// namedArgs parses name=value pairs, and returns them in the order of a Java
// HashMap. The last of several pairs with the same name wins.
func (p *parser) namedArgs() []namedArg {
	var names []string
	byName := map[string]expr{}
	for p.peek() == tID {
		name := p.image(p.take())
		p.expect(tEquals)
		p.lx.state, p.lx.inInvocation = stNamedArg, true
		if _, ok := byName[name]; !ok {
			names = append(names, name)
		}
		byName[name] = p.expression()
	}
	p.lx.inInvocation = false
	return hashOrdered(names, byName)
}

func hashOrdered(names []string, byName map[string]expr) []namedArg {
	args := make([]namedArg, len(names))
	for i, k := range javaHashOrder(names) {
		args[i] = namedArg{names[k], byName[names[k]]}
	}
	return args
}

func (p *parser) call() node {
	first := p.take()
	t := p.expect(tID)
	id := &identNode{pos: t.pos, name: p.image(t), depth: -2, slot: -1, place: -1}
	n := &userCallNode{x: id, legacy: true}
	if p.peek() == tID && p.ahead(1).kind == tEquals {
		n.byName, n.named = true, p.namedArgs()
	} else {
		p.accept(tOpenParen)
		n.positional = p.positional()
		p.accept(tCloseParen)
	}
	n.element = span(first, p.looseEnd())
	return n
}

func (p *parser) transform(macros *[]*macroNode) node {
	first := p.take()
	n := &transformNode{x: p.expression()}
	p.accept(tSemicolon)
	var names []string
	byName := map[string]expr{}
	for p.peek() == tID {
		name := p.image(p.take())
		p.expect(tEquals)
		if _, ok := byName[name]; !ok {
			names = append(names, name)
		}
		byName[name] = p.expression()
	}
	n.args = hashOrdered(names, byName)
	if p.peek() == tEmptyDirectiveEnd {
		n.element = span(first, p.take())
		return n
	}
	p.expect(tDirectiveEnd)
	kids := p.content(macros)
	n.element = span(first, p.expect(tEndTransform))
	n.kids = kids
	return n
}

func (p *parser) setting() node {
	first := p.take()
	t := p.expect(tID)
	p.expect(tEquals)
	x := p.expression()
	end := p.looseEnd()
	name := p.image(t)
	p.lx.checkConvention(t, conventionOf(name))
	if _, ok := settings[name]; !ok {
		p.fail(t.pos, "there is no setting "+name+" that a template can change")
	}
	return &settingNode{element: span(first, end), name: name, x: x}
}

func (p *parser) include() node {
	first := p.take()
	n := &refusedNode{what: "#include", name: p.expression()}
	p.accept(tSemicolon)
	for p.peek() == tID {
		t := p.take()
		p.expect(tEquals)
		x := p.expression()
		name := p.image(t)
		switch {
		case strings.EqualFold(name, "parse"):
			n.parse = p.checkInclude(x, true)
		case strings.EqualFold(name, "encoding"):
			n.encoding = x
			if v, ok := constantValue(x); ok {
				n.encoding = nil
				if v.kind != kString {
					p.fail(x.at(), "the encoding must be a string")
				}
			}
		case strings.EqualFold(name, "ignore_missing"), name == "ignoreMissing":
			p.lx.checkConvention(t, conventionOf(name))
			p.checkInclude(x, false)
			n.optional = x
		default:
			p.fail(t.pos, "there is no parameter "+name+" of #include")
		}
	}
	n.element = span(first, p.looseEnd())
	return n
}

// checkInclude checks a flag of #include. If the flag is constant, it returns
// nil. Otherwise, it returns the flag, which must be checked when it is
// evaluated.
func (p *parser) checkInclude(x expr, allowString bool) expr {
	v, ok := constantValue(x)
	if !ok {
		return x
	}
	if v.kind != kBool && (!allowString || v.kind != kString) {
		p.fail(x.at(), "a boolean is needed here")
	}
	return nil
}

func (p *parser) importDirective() node {
	first := p.take()
	x := p.expression()
	p.expect(tAs)
	p.expect(tID)
	return &refusedNode{what: "#import", name: x, element: span(first, p.looseEnd())}
}

func (p *parser) visit() node {
	first := p.take()
	n := &visitNode{what: "#visit"}
	end := first
	switch first.kind {
	case tVisit:
		n.x = p.expression()
	case tRecurse, tSimpleRecurse:
		n.what = "#recurse"
		if first.kind == tRecurse && p.atExpression() {
			n.x = p.expression()
		}
	case tFallback:
		n.what = "#fallback"
		if !p.inMacro {
			p.fail(first.pos, "#fallback must be inside a macro")
		}
	}
	if first.kind == tVisit || first.kind == tRecurse {
		if p.accept(tUsing) {
			p.expression()
		}
		end = p.looseEnd()
	}
	n.element = span(first, end)
	return n
}
