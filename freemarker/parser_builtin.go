package freemarker

// This file parses ?built_in, the arguments that some built-ins bind at parse
// time, and lambdas.

import "slices"

func (p *parser) builtin(x expr) expr {
	p.take()
	t := p.expect(tID)
	name := p.image(t)
	bi := findBuiltin(name)
	if bi == nil {
		p.lx.checkConvention(t, conventionOf(name))
		p.fail(t.pos, "there is no built-in ?"+name)
	}
	p.lx.checkConvention(t, bi.conv)
	n := &builtinNode{pos: x.at(), target: x, bi: bi}
	if bi.lazyTarget {
		enableLazy(x)
	}
	switch bi.binds {
	case bindsLoopVar:
		p.bindLoopVar(n, x, t)
	case bindsLegacyEscaping:
		if p.autoEsc() {
			p.fail(t.pos, "?"+name+" is not allowed when auto-escaping is on")
		}
	case bindsMarkup:
		if !p.format.markup {
			p.fail(t.pos, "?"+name+" needs a markup output format")
		}
		n.format = p.format
	case bindsFormat:
		n.code = &codeEscaping{begin: p.began, template: p.began}
		if p.format != p.began.format {
			n.code.begin = escaping{p.format, p.escPolicy}
		}
	case bindsParams, bindsLambda:
		p.bindParams(n)
	case bindsDirectCall:
		if p.peek() == tOpenParen {
			p.take()
			n.args, n.called = p.positional(), true
			p.expect(tCloseParen)
			enableLazy(x)
		}
	}
	return n
}

// bindLoopVar checks that the operand of ?index or a similar built-in is the
// variable of an enclosing loop.
func (p *parser) bindLoopVar(n *builtinNode, x expr, t token) {
	id, ok := x.(*identNode)
	if !ok {
		if p.subst != "" {
			return // an #escape, whose own text has already been checked
		}
		p.fail(x.at(), "?"+n.bi.written+" needs the variable of a loop")
	}
	for _, l := range slices.Backward(p.loops) {
		if l.var1 == id.name || l.var2 == id.name && l.var2 != "" {
			if l.kind == loopUserDirective {
				p.fail(x.at(), "?"+n.bi.written+" does not work with the variable of a user-defined directive")
			}
			return
		}
	}
	p.fail(x.at(), "?"+n.bi.written+" needs the variable of a loop; there is none called "+id.name)
}

// bindParams parses the arguments of ?then, ?switch, ?map and similar
// built-ins.
func (p *parser) bindParams(n *builtinNode) {
	open := p.expect(tOpenParen)
	if n.bi.binds == bindsLambda {
		n.args = p.lambdaArgs()
	} else {
		n.args = p.positional()
	}
	p.expect(tCloseParen)
	n.called = true
	switch c := len(n.args); {
	case n.bi.binds == bindsLambda && c != 1:
		p.fail(open.pos, "?"+n.bi.written+" requires exactly 1 argument")
	case n.bi.name == "then" && c != 2:
		p.fail(open.pos, "?then requires exactly 2 arguments")
	case n.bi.name == "switch" && c < 2:
		p.fail(open.pos, "?switch requires at least 2 arguments")
	}
	if l, ok := n.args[0].(*lambdaNode); ok && len(l.params) != 1 {
		p.fail(l.pos, "?"+n.bi.written+" needs a lambda with exactly 1 parameter")
	}
}

func (p *parser) lambdaArgs() []expr {
	if !p.atExpression() {
		return nil
	}
	args := []expr{p.lambdaOrExpression()}
	for p.accept(tComma) || p.atExpression() {
		args = append(args, p.lambdaOrExpression())
	}
	return args
}

func (p *parser) lambdaOrExpression() expr {
	if _, ok := p.scanLambdaParams(0); !ok {
		return p.expression()
	}
	n := &lambdaNode{pos: p.ahead(0).pos}
	if p.accept(tOpenParen) {
		for p.peek() == tID {
			n.params = append(n.params, p.image(p.take()))
			p.accept(tComma)
		}
		p.expect(tCloseParen)
	} else {
		t := p.take()
		n.params = []string{p.image(t)}
	}
	for _, name := range n.params {
		if p.subst != "" && name == p.subst {
			p.fail(n.pos, "the variable of #escape cannot be the parameter of a lambda")
		}
	}
	p.expect(tLambdaArrow)
	p.scope = &scope{outer: p.scope, params: n.params}
	n.body = p.expression()
	p.scope = p.scope.outer
	return n
}

// enableLazy lets x generate its items lazily, if it can.
func enableLazy(x expr) {
	switch x := x.(type) {
	case *parenNode:
		enableLazy(x.x)
	case *indexNode:
		x.lazy = true
	case *builtinNode:
		if x.bi.canBeLazy {
			x.lazy = true
		}
	}
}

// newCall returns a call of x. If x is a built-in that takes arguments, they
// become part of its node.
func newCall(x expr, args []expr) expr {
	if b, ok := x.(*builtinNode); ok && b.bi.method != nil && !b.called {
		b.called, b.args = true, args
		return b
	}
	return &callNode{pos: x.at(), target: x, callArgs: callArgs{positional: args}}
}
