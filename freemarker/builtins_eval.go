package freemarker

// Built-ins that run code (?eval and ?interpret), built-ins that bind arguments
// to macros and functions, and ?eval_json.

import "strings"

func init() {
	define("eval", builtin{binds: bindsFormat, eval: evalString})
	define("interpret", builtin{binds: bindsFormat, eval: interpret})
	define("eval_json", onString(func(e *env, n *builtinNode, s string) (Value, error) {
		if err := e.alloc(2 * len(s)); err != nil {
			return Value{}, err
		}
		v, err := parseJSON(e, s)
		if err != nil {
			return v, wrapOther(n.pos, "?eval_json failed", err)
		}
		return v, nil
	}))
	define("with_args", builtin{prepare: prepareCallable, min: 1, max: 1, method: withArgs})
	define("with_args_last", builtin{prepare: prepareCallable, min: 1, max: 1, method: withArgs})
}

func evalString(e *env, n *builtinNode) (Value, error) {
	v, err := prepareString(e, n)
	if err != nil {
		return v, err
	}
	if err := e.parseWork(len(v.str())); err != nil {
		return v, err
	}
	x, err := parseExpression("("+v.str()+")", e.limits, e.lexical(n.code.begin, n.code.template))
	if err != nil {
		return v, e.codeError(n, err)
	}
	if err := e.enter(); err != nil {
		return v, err
	}
	defer e.leave()
	v, err = x.eval(e)
	if err != nil {
		return v, wrapOther(n.pos, "?eval failed", err)
	}
	return v, nil
}

// parseWork counts the cost of parsing n bytes of code for a built-in, and
// returns an error if it exceeds a limit.
func (e *env) parseWork(n int) error {
	if n > e.limits.SourceBytes {
		return e.limitError("the code for a built-in is too long")
	}
	return e.alloc(1024 + 64*n)
}

// codeError returns the render error for an error in parsing the code of a
// built-in.
func (e *env) codeError(n *builtinNode, err error) error {
	if e.failed != nil {
		return e.failed
	}
	if pe, ok := err.(*ParseError); ok && pe.Limit {
		return e.limitError("code for ?" + n.bi.written + ": " + pe.Message)
	}
	if pe, ok := err.(*ParseError); ok { // omit the error's text: it may quote values of the model
		return otherError(n.pos, "the code for ?%s is not valid at line %d, column %d", n.bi.written, pe.Line, pe.Column)
	}
	return wrapOther(n.pos, "the code for ?"+n.bi.written+" is not valid", err)
}

// lexical returns the context in which code for a built-in is parsed. Parsing
// also stops when the rendering is cancelled or its time is up, because long
// code can take longer to parse than the rendering may take.
func (e *env) lexical(begin, template escaping) *lexical {
	return &lexical{format: begin.format, escPolicy: begin.policy, began: template, check: e.checkClock}
}

// parseExpression parses an expression whose scope is known only at run time.
// It ignores what follows the expression.
func parseExpression(src string, limits *Limits, lex *lexical) (x expr, err error) {
	p := &parser{lx: newLexer(validSource(src), 1, 1), limits: limits, lexical: *lex, dynamic: true}
	p.lx.state = stExpr
	defer recoverParse(&err)
	return p.expression(), nil
}

func interpret(e *env, n *builtinNode) (Value, error) {
	v, err := n.target.eval(e)
	if err != nil {
		return v, err
	}
	if v.can(aSequence) {
		s := v.ref.(sequence)
		size, err := s.size(e)
		if err != nil {
			return v, err
		}
		if size == 0 {
			return v, e.missingError(n.target)
		}
		if size > 1 { // the template's name, which is never shown
			name, err := s.at(e, 1)
			if err != nil {
				return v, err
			}
			if _, err := e.plainTextOf(name, n.target); err != nil {
				return v, err
			}
		}
		if v, err = s.at(e, 0); err != nil {
			return v, err
		}
	} else if !v.can(aString) {
		return v, e.typeError(n.target, v, "a sequence or string")
	}
	src, err := e.plainTextOf(v, n.target)
	if err != nil {
		return v, err
	}
	if err := e.parseWork(len(src)); err != nil {
		return v, err
	}
	t := &Template{name: e.template.name, limits: e.limits}
	if err := t.parse(src, e.lexical(n.code.begin, n.code.begin), true); err != nil {
		return v, e.codeError(n, err)
	}
	return object0(&interpreted{t: t}), nil
}

// interpreted is the result of ?interpret: a directive that runs the template.
type interpreted struct{ t *Template }

func (*interpreted) abilities() ability { return aDirective }

func (i *interpreted) run(e *env, at pos, _ []namedValue, body func() error) error {
	if err := e.enter(); err != nil {
		return err
	}
	quiet := e.quiet
	e.quiet = false
	err := i.render(e)
	e.quiet = quiet
	e.leave()
	if err != nil {
		if isJump(err) {
			return fatalError(at, err.Error())
		}
		return wrapOther(at, "the code for ?interpret failed", err)
	}
	return body()
}

func (i *interpreted) render(e *env) error {
	e.charge(len(i.t.root.macros))
	for _, m := range i.t.root.macros {
		e.defineMacro(m.def)
	}
	return i.t.root.node.exec(e)
}

func prepareCallable(e *env, n *builtinNode) (Value, error) {
	v, err := n.target.eval(e)
	if err == nil && v.kind != kMacro && !v.can(aMethod) {
		err = e.typeError(n.target, v, "a macro, function, directive or method")
	}
	return v, err
}

func withArgs(e *env, n *builtinNode, target Value, args []Value) (Value, error) {
	last := n.bi.name == "with_args_last"
	arg := args[0]
	if target.kind != kMacro {
		if !arg.can(aSequence) {
			return target, otherError(n.pos, "?%s of a method needs a sequence", n.bi.written)
		}
		items, err := e.items(arg)
		if err != nil {
			return target, err
		}
		return object0(&boundCall{n: n, m: target.ref.(method), args: items, last: last}), nil
	}
	m := *target.ref.(*macroValue)
	m.bound = &boundArgs{last: last}
	switch {
	case arg.can(aSequence):
		items, err := e.items(arg)
		if err != nil {
			return target, err
		}
		m.bound.positional = items
	case arg.can(aHashEx):
		if m.def.function {
			return target, otherError(n.pos, "?%s of a function needs a sequence", n.bi.written)
		}
		m.bound.byName = true
		h := arg.ref.(hashEx)
		if err := e.growList(2 * h.hashSize()); err != nil {
			return target, err
		}
		vals, err := h.values(e)
		if err != nil {
			return target, err
		}
		for i, k := range h.keys(e) {
			m.bound.named = append(m.bound.named, namedValue{k.str(), vals[i]})
		}
	default:
		return target, otherError(n.pos, "the argument of ?%s must be a sequence or a hash", n.bi.written)
	}
	return Value{ref: &m, kind: kMacro}, nil
}

// boundCall is a method with arguments bound to it.
type boundCall struct {
	n    *builtinNode
	m    method
	args []Value
	last bool
}

func (*boundCall) abilities() ability { return aMethod }

func (b *boundCall) wantsStrings() bool { return b.m.wantsStrings() }

func (b *boundCall) call(e *env, at pos, args []Value) (Value, error) {
	if err := e.growList(2 * (len(b.args) + len(args))); err != nil {
		return Value{}, err
	}
	bound := append([]Value(nil), b.args...)
	if b.m.wantsStrings() {
		for i, v := range bound {
			s, err := e.plainTextOf(v, b.n)
			if err != nil {
				return v, wrapOther(at, "a bound argument cannot be converted to a string", err)
			}
			bound[i] = String(s)
		}
	}
	all := append(bound, args...)
	if b.last {
		all = append(append([]Value(nil), args...), bound...)
	}
	if err := e.enter(); err != nil {
		return Value{}, err
	}
	defer e.leave()
	return b.m.call(e, at, all)
}

// resolveName resolves the name of a template relative to another, as
// ?absolute_template_name does.
func resolveName(base, name string) string {
	switch {
	case strings.Contains(name, "://"):
		return name
	case strings.HasPrefix(name, "/"):
		if i := strings.Index(base, "://"); i > 0 {
			name = base[:i+2] + name
		}
	default:
		name = base[:strings.LastIndexByte(base, '/')+1] + name
	}
	if strings.Contains(name, "://") || strings.HasPrefix(name, "/") {
		return name
	}
	return "/" + name
}
