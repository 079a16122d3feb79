package freemarker

// Evaluating expressions.

func (n *numberNode) eval(*env) (Value, error) { return n.v, nil }
func (n *boolNode) eval(*env) (Value, error)   { return n.v, nil }
func (n *fixedNode) eval(*env) (Value, error)  { return n.v, nil }

func (n *stringNode) eval(e *env) (Value, error) {
	if n.parts == nil {
		return String(n.s), nil
	}
	start := len(e.out)
	var mk *markup
	for _, p := range n.parts {
		if err := e.step(); err != nil {
			e.out = e.out[:start]
			return Value{}, err
		}
		part := String(p.text)
		if p.out != nil {
			var err error
			if part, err = p.out.result(e); err != nil {
				e.out = e.out[:start]
				return Value{}, err
			}
		}
		if mk == nil && part.kind == kString {
			e.out = append(e.out, part.str()...)
			continue
		}
		var err error
		if mk, err = e.appendMarkup(n, mk, e.out[start:], part); err != nil {
			e.out = e.out[:start]
			return Value{}, err
		}
		e.out = e.out[:start]
	}
	if mk != nil {
		return markupValue(mk), nil
	}
	s := joinHalves(string(e.out[start:]))
	e.out = e.out[:start]
	return String(s), e.grow(len(s))
}

// appendMarkup appends a part of a string literal to the markup of the parts
// before it or, if mk is nil, to their text.
func (e *env) appendMarkup(n *stringNode, mk *markup, text []byte, part Value) (*markup, error) {
	if mk == nil {
		right := part.ref.(*markup)
		if len(text) == 0 {
			return right, nil
		}
		v, err := concatMarkup(n.pos, &markup{format: right.format, plain: string(text), isPlain: true}, right)
		if err != nil {
			return nil, err
		}
		return v.ref.(*markup), nil
	}
	right, ok := part.ref.(*markup)
	if !ok {
		right = &markup{format: mk.format, plain: part.str(), isPlain: true}
	}
	v, err := concatMarkup(n.pos, mk, right)
	if err != nil {
		return nil, err
	}
	if err := e.grow(len(v.ref.(*markup).plain) + len(v.ref.(*markup).text)); err != nil {
		return nil, err
	}
	return v.ref.(*markup), nil
}

func (n *listNode) eval(e *env) (Value, error) {
	if n.constant.kind == kList {
		return n.constant, nil
	}
	e.charge(len(n.items))
	if err := e.growList(len(n.items)); err != nil {
		return Value{}, err
	}
	items := make([]Value, len(n.items))
	for i, x := range n.items {
		v, err := x.eval(e)
		if err != nil {
			return Value{}, err
		}
		if v.missing() && !e.settings.classic {
			return Value{}, e.missingError(x)
		}
		items[i] = v
	}
	return listOf(items), nil
}

func (n *hashNode) eval(e *env) (Value, error) {
	e.charge(len(n.keys))
	if err := e.growList(2 * len(n.keys)); err != nil {
		return Value{}, err
	}
	m := newHashMap(len(n.keys))
	for i, k := range n.keys {
		key, err := e.plainText(k)
		if err != nil {
			return Value{}, err
		}
		v, err := n.values[i].eval(e)
		if err != nil {
			return Value{}, err
		}
		if v.missing() && !e.settings.classic {
			return Value{}, e.missingError(n.values[i])
		}
		m.set(key, v)
	}
	m.extra = len(n.keys) - len(m.names)
	return Value{ref: m, kind: kMap}, nil
}

func (n *identNode) eval(e *env) (Value, error) {
	if err := e.step(); err != nil {
		return Value{}, err
	}
	if v := n.find(e); v != nil {
		return *v, nil
	}
	return n.search(e)
}

// find returns a pointer to the variable's value, or nil if the variable must
// be searched for. The value must be read before anything else runs.
func (n *identNode) find(e *env) *Value {
	if n.depth >= 0 {
		f := e.top
		for d := n.depth; d > 0; d-- {
			f = f.outer
		}
		var v *Value
		switch n.which {
		case varFirst:
			v = &f.val1
		case varSecond:
			v = &f.val2
		case varParam:
			v = &f.vals[n.param]
		default:
			return nil
		}
		if v.kind == kMissing {
			return nil
		}
		return v
	}
	if n.depth == -2 {
		return nil
	}
	if n.slot >= 0 && e.macro != nil {
		if v := &e.macro.locals[n.slot]; v.kind != kMissing {
			return v
		}
	}
	if n.place >= 0 {
		if v := &e.ns.vals[n.place]; v.kind != kMissing {
			return v
		}
	} else if len(e.ns.more.names) > 0 {
		if v := e.ns.where(n.name); v != nil {
			return v
		}
	}
	if len(e.globals.vals) > 0 || e.model.kind != kMap {
		return nil
	}
	if v := e.model.ref.(*hashMap).near(n.name, &n.hint); v != nil && v.kind != kMissing {
		return v
	}
	return shared(n.name)
}

// search looks up the variable in the places where find does not look.
func (n *identNode) search(e *env) (Value, error) {
	if n.depth == -2 {
		return e.variable(n.name)
	}
	if n.depth >= 0 {
		f := e.top
		for d := n.depth; d > 0; d-- {
			f = f.outer
		}
		switch n.which {
		case varIndex:
			return Value{num: int64(f.index), kind: kInt}, nil
		case varHasNext:
			return Bool(f.hasNext), nil
		case varParam:
			if f.kind == frameLambda {
				return Value{}, nil
			}
		}
		v, hidden := e.frameVariable(f.outer, n.name)
		if !v.missing() || hidden {
			return v, nil
		}
	}
	if n.slot >= 0 && e.macro != nil {
		if v := e.macro.locals[n.slot]; v.kind != kMissing {
			return v, nil
		}
	}
	return e.nonLocal(n.name)
}

func (n *parenNode) eval(e *env) (Value, error) { return n.x.eval(e) }

func (n *dotNode) eval(e *env) (Value, error) {
	if err := e.step(); err != nil {
		return Value{}, err
	}
	switch t := n.target.(type) {
	case *identNode:
		if e.stepsLeft <= 0 {
			break
		}
		if v := t.find(e); v != nil && v.kind == kMap { // avoids copying the map's value
			e.stepsLeft--
			return v.ref.(*hashMap).lookupNear(n.key, &n.hint), nil
		}
	case *builtinNode:
		if t.bi.keyed != nil && !t.called {
			return t.evalKeyed(e, n.key)
		}
	}
	v, err := n.target.eval(e)
	if err != nil {
		return Value{}, err
	}
	if v.kind == kMap {
		return v.ref.(*hashMap).lookupNear(n.key, &n.hint), nil
	}
	if v.can(aHash) {
		return v.ref.(hash).get(e, n.key)
	}
	if v.missing() && e.settings.classic {
		return v, nil
	}
	return Value{}, e.typeError(n.target, v, "a hash")
}

func (n *callNode) eval(e *env) (Value, error) {
	if id, ok := n.target.(*identNode); ok && e.stepsLeft > 0 {
		if v := id.find(e); v != nil && v.kind == kMacro {
			e.stepsLeft -= 2
			return e.callFunction(n.pos, v.ref.(*macroValue), &n.callArgs)
		}
	}
	if err := e.step(); err != nil {
		return Value{}, err
	}
	v, err := n.target.eval(e)
	if err != nil {
		return Value{}, err
	}
	if v.kind == kMacro {
		return e.callFunction(n.pos, v.ref.(*macroValue), &n.callArgs)
	}
	if !v.can(aMethod) {
		return Value{}, e.typeError(n.target, v, "a method or function")
	}
	m := v.ref.(method)
	args, err := e.arguments(n.positional, m.wantsStrings())
	if err != nil {
		return Value{}, err
	}
	return m.call(e, n.pos, args)
}

// arguments evaluates the arguments of a method.
func (e *env) arguments(xs []expr, asStrings bool) ([]Value, error) {
	if err := e.growList(len(xs)); err != nil {
		return nil, err
	}
	args := make([]Value, len(xs))
	for i, x := range xs {
		v, err := x.eval(e)
		if err != nil {
			return nil, err
		}
		if asStrings {
			s, err := e.plainTextOf(v, x)
			if err != nil {
				return nil, err
			}
			v = String(s)
		}
		args[i] = v
	}
	return args, nil
}

// evalQuietly evaluates the operand of !, ??, ?default or a similar operator.
// If the operand is in parentheses, a missing value anywhere in it makes it
// missing.
func (e *env) evalQuietly(x expr) (Value, error) {
	if err := e.step(); err != nil {
		return Value{}, err
	}
	if _, ok := x.(*parenNode); !ok {
		return x.eval(e)
	}
	saved := e.quiet
	e.quiet = true
	v, err := x.eval(e)
	e.quiet = saved
	if err != nil && isMissing(err) {
		return Value{}, nil
	}
	return v, err
}

func (n *defaultNode) eval(e *env) (Value, error) {
	v, err := e.evalQuietly(n.x)
	if err != nil || !v.missing() {
		return v, err
	}
	if n.other == nil {
		return emptyDefault, nil
	}
	return n.other.eval(e)
}

func (n *existsNode) eval(e *env) (Value, error) {
	v, err := e.evalQuietly(n.x)
	return Bool(!v.missing()), err
}

func (n *notNode) eval(e *env) (Value, error) {
	if err := e.step(); err != nil {
		return Value{}, err
	}
	b, err := e.boolean(n.x)
	return Bool(!b), err
}

func (n *logicNode) eval(e *env) (Value, error) {
	for _, x := range n.xs {
		if err := e.step(); err != nil {
			return Value{}, err
		}
		b, err := e.boolean(x)
		if err != nil {
			return Value{}, err
		}
		if b == n.or {
			return Bool(b), nil
		}
	}
	return Bool(!n.or), nil
}

// boolean evaluates x, which must be a boolean.
func (e *env) boolean(x expr) (bool, error) {
	if r, ok := unwrap(x).(*rangeNode); ok { // rejected without being evaluated
		return false, newError(KindType, r.pos, "expected a boolean, but this is a sequence")
	}
	v, err := x.eval(e)
	if err != nil {
		return false, err
	}
	if v.kind == kBool {
		return v.bool(), nil
	}
	if v.can(aBoolean) {
		return v.ref.(booler).asBool(e)
	}
	if e.settings.classic {
		empty, err := e.isEmpty(v)
		return !empty, err
	}
	return false, e.typeError(x, v, "a boolean")
}

// number evaluates x, which must be a number.
func (e *env) number(x expr) (Value, error) {
	v, err := x.eval(e)
	if err != nil || v.isNumber() {
		return v, err
	}
	return v, e.typeError(x, v, "a number")
}

func (n *signNode) eval(e *env) (Value, error) {
	if !n.constant.missing() {
		return n.constant, nil
	}
	if err := e.step(); err != nil {
		return Value{}, err
	}
	v, err := n.x.eval(e)
	if err != nil {
		return v, err
	}
	if v.missing() && !n.minus {
		return v, nil
	}
	if !v.isNumber() {
		return v, e.typeError(n.x, v, "a number")
	}
	if n.minus {
		return e.negate(v)
	}
	return v, nil
}

func (n *chainNode) eval(e *env) (Value, error) {
	if e.stepsLeft > n.steps {
		if v, ok := n.integer(e); ok {
			e.stepsLeft -= n.steps
			return smallValue(n.rest[len(n.rest)-1].op, v), nil
		}
	}
	l, err := n.first.eval(e)
	if err != nil {
		return Value{}, err
	}
	for i := range n.rest {
		link := &n.rest[i]
		if err := e.step(); err != nil {
			return Value{}, err
		}
		if link.op != '+' && !l.isNumber() {
			return Value{}, e.typeError(n.operand(i), l, "a number")
		}
		var r Value
		if c, ok := link.x.(*numberNode); ok {
			r = c.v
		} else if r, err = link.x.eval(e); err != nil {
			return Value{}, err
		}
		if l.isSmall() && r.isSmall() && l.scale|r.scale == 0 {
			if v, ok := smallResult(link.op, l.num, r.num); ok {
				l = smallValue(link.op, v)
				continue
			}
		}
		if l, err = n.general(e, i, l, r); err != nil {
			return Value{}, err
		}
	}
	return l, nil
}

// general computes link i of the chain, whose operands are l and r, for values
// of any kind.
func (n *chainNode) general(e *env, i int, l, r Value) (Value, error) {
	link := &n.rest[i]
	if link.op == '+' {
		var left expr
		if i == 0 {
			left = n.first
		}
		return e.add(n.pos, left, l, link.x, r)
	}
	if !r.isNumber() {
		return Value{}, e.typeError(link.x, r, "a number")
	}
	return e.arithmetic(n.pos, link.op, l, r)
}

// operand returns the expression to name in errors about the left operand of
// link i: the chain's first operand or, for the result of earlier links, the
// chain itself.
func (n *chainNode) operand(i int) expr {
	if i == 0 {
		return n.first
	}
	return n
}

// arithmetic computes l op r for numbers, op being one of -*/%.
func (e *env) arithmetic(at pos, op byte, l, r Value) (v Value, err error) {
	switch op {
	case '-':
		v, err = e.subNumbers(l, r)
	case '*':
		v, err = e.mulNumbers(l, r)
	case '/':
		v, err = e.divNumbers(l, r)
	default:
		v, err = e.modNumbers(l, r)
	}
	if err != nil {
		return v, arithmeticError(at, err)
	}
	return v, nil
}

func arithmeticError(at pos, err error) error {
	re, ok := err.(*RenderError)
	if ok {
		return re
	}
	re = newError(KindOther, at, err.Error())
	re.fatal = err == errNotFinite
	return re
}

// add computes l + r, which may be numbers, lists, hashes, strings or markup.
// lx and rx are named in errors about the operands; they may be nil.
func (e *env) add(at pos, lx expr, l Value, rx expr, r Value) (Value, error) {
	switch {
	case l.isNumber() && r.isNumber():
		v, err := e.addNumbers(l, r)
		if err != nil {
			return v, arithmeticError(at, err)
		}
		return v, nil
	case l.kind == kString && r.kind == kString:
		n := len(l.str()) + len(r.str())
		if err := e.grow(n); err != nil {
			return Value{}, err
		}
		return String(concat(l.str(), r.str())), nil
	case l.can(aSequence) && r.can(aSequence):
		return e.concatLists(l, r)
	}
	hashes := l.can(aHash) && r.can(aHash)
	a, ok, err := e.textOrMarkup(l, blame(lx, at), hashes)
	if err != nil {
		return Value{}, err
	}
	if !ok {
		return e.concatHashes(l, r)
	}
	b, ok, err := e.textOrMarkup(r, blame(rx, at), hashes)
	if err != nil {
		return Value{}, err
	}
	if !ok {
		return e.concatHashes(l, r)
	}
	return e.joinText(at, a, b)
}

// joinText joins two values that are strings or markup.
func (e *env) joinText(at pos, a, b Value) (Value, error) {
	if a.kind == kString && b.kind == kString {
		s := concat(a.str(), b.str())
		return String(s), e.grow(len(s))
	}
	l, r := asMarkup(a, b), asMarkup(b, a)
	v, err := concatMarkup(at, l, r)
	if err != nil {
		return v, err
	}
	return v, e.grow(len(v.ref.(*markup).plain) + len(v.ref.(*markup).text))
}

// asMarkup returns v as markup, in the format of other if v is plain text.
func asMarkup(v, other Value) *markup {
	if m, ok := v.ref.(*markup); ok {
		return m
	}
	return &markup{format: other.ref.(*markup).format, plain: v.str(), isPlain: true}
}

// blame returns the expression to name in an error: x or, if that is nil, a
// nameless expression at the given position.
func blame(x expr, at pos) expr {
	if x == nil {
		return &fixedNode{pos: at}
	}
	return x
}

func (e *env) concatLists(l, r Value) (Value, error) {
	right, err := e.items(r)
	if err != nil {
		return Value{}, err
	}
	left, ok := l.ref.(*list)
	if !ok {
		items, err := e.items(l)
		if err != nil {
			return Value{}, err
		}
		left = &list{items: items}
	}
	n := len(left.items) + len(right)
	if n > e.limits.ListItems {
		return Value{}, e.limitError("a list is too long")
	}
	grown := len(right)
	if left.tail == nil || cap(left.items) < n || *left.tail != len(left.items) {
		grown = 2 * n
	}
	if err := e.growList(min(grown, e.limits.ListItems)); err != nil {
		return Value{}, err
	}
	return Value{ref: left.concat(right), kind: kList}, nil
}

// concatHashes joins two hashes. If both have a key, the value in the right
// hash wins. The keys of the left hash come first.
func (e *env) concatHashes(l, r Value) (Value, error) {
	if !l.can(aHashEx) || !r.can(aHashEx) {
		return Value{ref: &joinedHash{l.ref.(hash), r.ref.(hash)}, kind: kObject}, e.growList(1)
	}
	left, right := l.ref.(hashEx), r.ref.(hashEx)
	if left.hashSize() == 0 {
		return r, nil
	}
	if right.hashSize() == 0 {
		return l, nil
	}
	if err := e.growList(2 * (left.hashSize() + right.hashSize())); err != nil {
		return Value{}, err
	}
	m := newHashMap(left.hashSize() + right.hashSize())
	for _, h := range []hashEx{left, right} {
		vals, err := h.values(e)
		if err != nil {
			return Value{}, err
		}
		for i, k := range h.keys(e) {
			if i < len(vals) && (!vals[i].missing() || m.find(k.str()) < 0) {
				m.set(k.str(), vals[i])
			}
		}
	}
	return Value{ref: m, kind: kMap}, nil
}

// joinedHash is the sum of two hashes, at least one of which cannot list its
// keys. Each may itself be such a sum, and both may be the same: a sum that is
// doubled thirty times has a billion parts.
type joinedHash struct{ l, r hash }

func (*joinedHash) abilities() ability { return aHash }

func (h *joinedHash) get(e *env, key string) (Value, error) {
	for {
		if err := e.enter(); err != nil {
			return Value{}, err
		}
		v, err := h.r.get(e, key)
		e.leave()
		if err != nil || !v.missing() {
			return v, err
		}
		left, ok := h.l.(*joinedHash)
		if !ok {
			return h.l.get(e, key)
		}
		h = left
	}
}

func (n *compareNode) eval(e *env) (Value, error) {
	if err := e.step(); err != nil {
		return Value{}, err
	}
	l, err := n.l.eval(e)
	if err != nil {
		return Value{}, err
	}
	r, err := n.r.eval(e)
	if err != nil {
		return Value{}, err
	}
	if l.isSmall() && r.isSmall() && l.scale == r.scale {
		return Bool(n.op.holds(cmpInt(l.num, r.num))), nil
	}
	b, err := e.compare(n.pos, n.l, l, n.op, n.r, r, 0)
	return Bool(b), err
}

func (n *lambdaNode) eval(*env) (Value, error) {
	return Value{}, otherError(n.pos, "a lambda can only be an argument of a built-in such as ?map or ?filter")
}

func (n *rangeNode) eval(e *env) (Value, error) {
	if err := e.step(); err != nil {
		return Value{}, err
	}
	from, err := e.number(n.from)
	if err != nil {
		return Value{}, err
	}
	first := toInt(from)
	if n.kind == rangeUnbound {
		return Value{ref: &rangeValue{first: first, step: 1, unbound: true, adaptive: true}, kind: kObject}, nil
	}
	to, err := e.number(n.to)
	if err != nil {
		return Value{}, err
	}
	return Value{ref: newRange(first, toInt(to), n.kind), kind: kObject}, nil
}
