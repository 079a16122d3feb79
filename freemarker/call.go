package freemarker

// This file calls macros and functions, and runs the nested content of calls.

// macroValue is a macro or function as a value. It consists of the definition
// and of the arguments that ?with_args has bound.
type macroValue struct {
	def   *macroDef
	bound *boundArgs
}

// boundArgs holds the arguments of ?with_args and ?with_args_last.
type boundArgs struct {
	named      []namedValue
	positional []Value
	byName     bool
	last       bool
}

// passMacro is the value of the special variable .pass: a macro that does
// nothing.
var passMacro = &macroDef{name: ".pass", catchSlot: -1, body: &group{}}

// callArgs holds the arguments of a call as they are written in the template.
type callArgs struct {
	named      []namedArg
	positional []expr
	byName     bool
}

func (n *userCallNode) exec(e *env) error {
	v, err := n.x.eval(e)
	if err != nil {
		return err
	}
	if v.kind == kMacro {
		m := v.ref.(*macroValue)
		if m.def == passMacro {
			return nil
		}
		if m.def.function && !n.legacy {
			return otherError(n.pos, "a function cannot be called like a directive")
		}
		return e.invoke(n.pos, m, &n.callArgs, n)
	}
	t, ok := v.ref.(transform)
	if !ok {
		return e.typeError(n.x, v, "a user-defined directive or macro")
	}
	args, err := e.namedValues(n.named)
	if err != nil {
		return err
	}
	return t.run(e, n.pos, args, func() error { return e.run(n.kids) })
}

// callFunction calls a function and returns its value. Its output is discarded.
func (e *env) callFunction(at pos, m *macroValue, args *callArgs) (Value, error) {
	e.returned = Value{}
	err := e.invoke(at, m, args, nil)
	return e.returned, err
}

// invoke runs a macro or a function.
func (e *env) invoke(at pos, m *macroValue, args *callArgs, call *userCallNode) error {
	if call == nil && !m.def.function {
		return otherError(at, "a macro cannot be called in an expression")
	}
	e.stepsLeft -= len(args.positional) + len(args.named)
	if err := e.enter(); err != nil {
		return err
	}
	start := len(e.out)
	d, top, macro := m.def, e.top, e.macro
	ctx := e.newCtx()
	if ctx.def != d {
		ctx.def = d
	}
	if call != nil {
		ctx.content, ctx.params, ctx.hasParams = call.kids, call.params, call.hasParams
		ctx.callerFrame, ctx.caller, ctx.extras = top, macro, true
	}
	complete, err := e.bind(at, ctx, m, args)
	if err == nil {
		e.top, e.macro = nil, ctx
		if !complete {
			err = e.applyDefaults(at, ctx)
		}
		if err == nil && d.needsArgs {
			err = e.setArgs(at, ctx)
		}
		if err == nil {
			err = e.run(d.body.kids)
		}
		e.top, e.macro = top, macro
	}
	e.freeCtx(ctx)
	e.leave()
	if call == nil {
		e.out = e.out[:start]
	}
	if err != nil && err == errReturn {
		return nil
	}
	return err
}

// newCtx returns the context of a call inside the current one.
func (e *env) newCtx() *macroCtx {
	if e.running == len(e.ctxs) {
		ctx := &macroCtx{}
		ctx.locals = ctx.inline[:0]
		e.ctxs = append(e.ctxs, ctx)
	}
	ctx := e.ctxs[e.running]
	e.running++
	return ctx
}

// freeCtx releases the context of the innermost call.
func (e *env) freeCtx(ctx *macroCtx) {
	e.running--
	ctx.inline = [4]Value{}
	if ctx.extras {
		*ctx = macroCtx{def: ctx.def}
		ctx.locals = ctx.inline[:0]
	}
}

// bind allocates the local variables and sets the parameters that have
// arguments. complete is true if every parameter is known to have a value.
func (e *env) bind(at pos, ctx *macroCtx, m *macroValue, args *callArgs) (complete bool, err error) {
	d := m.def
	if n := len(d.slots.names); n <= len(ctx.inline) {
		ctx.locals = ctx.locals[:n]
	} else {
		if err := e.alloc(n * valueBytes); err != nil {
			return false, err
		}
		ctx.locals, ctx.extras = make([]Value, n), true
	}
	if m.bound != nil || args.byName || d.catchSlot >= 0 {
		return false, e.bindArgs(at, ctx, m, args)
	}
	if len(args.positional) > len(d.params) {
		return false, tooManyArgs(at, d)
	}
	complete = len(args.positional) == len(d.params)
	for i, x := range args.positional {
		v, err := x.eval(e)
		if err != nil {
			return false, err
		}
		ctx.locals[i] = v
		complete = complete && v.kind != kMissing
	}
	return complete, nil
}

func tooManyArgs(at pos, d *macroDef) error {
	return otherError(at, "too many arguments for %s: it accepts %d", d.name, len(d.params))
}

// argBinder sets the parameters of one call.
type argBinder struct {
	e        *env
	at       pos
	ctx      *macroCtx
	bound    *boundArgs
	next     int // the next parameter to be set by position
	catchMap *hashMap
	catchAll *list
	later    []namedValue // bound by name with ?with_args_last; added after the arguments of the call
}

func (b *argBinder) useMap() {
	b.catchMap = newHashMap(4)
	b.ctx.locals[b.ctx.def.catchSlot] = Value{ref: b.catchMap, kind: kMap}
}

func (b *argBinder) useList() {
	b.catchAll = &list{}
	b.ctx.locals[b.ctx.def.catchSlot] = Value{ref: b.catchAll, kind: kList}
}

// bindArgs sets the parameters from the arguments of the call, by name or by
// position, and from those that ?with_args and ?with_args_last have bound. The
// catch-all parameter, if there is one, collects the arguments that no other
// parameter takes.
func (e *env) bindArgs(at pos, ctx *macroCtx, m *macroValue, args *callArgs) error {
	b := &argBinder{e: e, at: at, ctx: ctx, bound: m.bound}
	if b.bound != nil {
		if err := b.bindBound(args); err != nil {
			return err
		}
	}
	var err error
	if args.byName {
		err = b.bindNamed(args.named)
	} else {
		err = b.bindList(args.positional)
	}
	if err != nil {
		return err
	}
	for _, a := range b.later {
		if b.catchMap != nil && b.catchMap.find(a.name) < 0 {
			b.catchMap.set(a.name, a.val)
		}
	}
	if b.bound != nil && b.bound.last && !b.bound.byName {
		for _, v := range b.bound.positional {
			if err := b.position(v); err != nil {
				return err
			}
		}
	}
	return nil
}

// bindBound sets the bound arguments. Those that ?with_args_last bound by
// position come after the arguments of the call, so bindBound checks them but
// does not set them.
func (b *argBinder) bindBound(args *callArgs) error {
	d := b.ctx.def
	if b.bound.byName {
		if err := b.e.growList(2 * len(b.bound.named)); err != nil {
			return err
		}
		for _, a := range b.bound.named {
			if i := d.hasParam(a.name); i >= 0 {
				b.ctx.locals[i] = a.val
				continue
			}
			if d.catchSlot < 0 {
				return b.unknownParam(a.name)
			}
			if b.catchMap == nil {
				b.useMap()
			}
			if b.bound.last {
				b.later = append(b.later, a)
			} else {
				b.catchMap.set(a.name, a.val)
			}
		}
		return nil
	}
	if b.bound.last {
		if len(args.named) > 0 && len(b.bound.positional) > 0 {
			return otherError(b.at, "arguments cannot be given by name to a macro with arguments bound by position")
		}
		if d.catchSlot < 0 && len(args.positional)+len(b.bound.positional) > len(d.params) {
			return tooManyArgs(b.at, d)
		}
		return nil
	}
	if len(b.bound.positional) > len(d.params) && d.catchSlot < 0 {
		return tooManyArgs(b.at, d)
	}
	for _, v := range b.bound.positional {
		if err := b.position(v); err != nil {
			return err
		}
	}
	return nil
}

// position sets the next parameter, or adds to the catch-all list.
func (b *argBinder) position(v Value) error {
	d := b.ctx.def
	if b.next < len(d.params) {
		b.ctx.locals[b.next] = v
		b.next++
		return nil
	}
	if b.catchAll == nil {
		if d.catchSlot < 0 {
			return tooManyArgs(b.at, d)
		}
		b.useList()
	}
	b.catchAll.items = append(b.catchAll.items, v)
	return b.e.growList(1)
}

func (b *argBinder) unknownParam(name string) error {
	return otherError(b.at, "%s has no parameter %s", b.ctx.def.name, name)
}

func (b *argBinder) bindNamed(named []namedArg) error {
	d := b.ctx.def
	if d.catchSlot >= 0 && b.catchMap == nil && b.catchAll == nil {
		if len(named) == 0 && b.bound != nil && !b.bound.byName {
			b.useList()
		} else {
			b.useMap()
		}
	}
	for _, a := range named {
		i := d.hasParam(a.name)
		if i < 0 && b.catchMap == nil {
			if b.catchAll != nil {
				return otherError(b.at, "%s cannot take both named and positional arguments", d.name)
			}
			return b.unknownParam(a.name)
		}
		v, err := a.x.eval(b.e)
		if err != nil {
			return err
		}
		if i >= 0 {
			b.ctx.locals[i] = v
		} else {
			b.catchMap.set(a.name, v)
		}
	}
	return nil
}

func (b *argBinder) bindList(args []expr) error {
	d := b.ctx.def
	if d.catchSlot >= 0 && b.catchMap == nil && b.catchAll == nil {
		if len(args) == 0 && b.bound != nil && b.bound.byName {
			b.useMap()
		} else {
			b.useList()
		}
	}
	if len(args)+b.next > len(d.params) && b.catchAll == nil {
		if b.catchMap != nil {
			return otherError(b.at, "%s cannot take both named and positional arguments", d.name)
		}
		return tooManyArgs(b.at, d)
	}
	for _, x := range args {
		v, err := x.eval(b.e)
		if err != nil {
			return err
		}
		if err := b.position(v); err != nil {
			return err
		}
	}
	return nil
}

// applyDefaults sets the parameters without an argument to their defaults. A
// default may refer to other parameters that have a default.
func (e *env) applyDefaults(at pos, ctx *macroCtx) error {
	d := ctx.def
	for {
		e.charge(len(d.params) >> 3)
		resolved := false
		var firstErr error
		for i := range d.params {
			if !ctx.locals[i].missing() {
				continue
			}
			x := d.defaults[i]
			if x == nil && e.settings.classic {
				continue
			}
			if x == nil {
				return otherError(at, "%s needs a value for its parameter %s", d.name, d.params[i])
			}
			v, err := x.eval(e)
			if err == nil && v.missing() {
				if e.settings.classic {
					continue
				}
				err = e.missingError(x)
			}
			if err == nil {
				ctx.locals[i] = v
				resolved = true
				continue
			}
			if !isMissing(err) {
				return err
			}
			if firstErr == nil {
				firstErr = err
			}
		}
		if firstErr == nil || !resolved {
			return firstErr
		}
	}
}

// setArgs computes the special variable .args.
func (e *env) setArgs(at pos, ctx *macroCtx) error {
	d := ctx.def
	ctx.extras = true
	var rest Value
	if d.catchSlot >= 0 {
		rest = ctx.locals[d.catchSlot]
	}
	if d.function {
		items := append([]Value(nil), ctx.locals[:len(d.params)]...)
		if l, ok := rest.ref.(*list); ok {
			items = append(items, l.items...)
		}
		ctx.args = listOf(items)
		return e.growList(len(items))
	}
	m := newHashMap(len(d.params))
	for i, p := range d.params {
		m.set(p, ctx.locals[i])
	}
	switch r := rest.ref.(type) {
	case *list:
		if len(r.items) > 0 {
			return otherError(at, "%s uses .args, so it can only be called with named arguments", d.name)
		}
	case *hashMap:
		for i, k := range r.names {
			m.set(k, r.vals[i])
		}
	}
	ctx.args = Value{ref: m, kind: kMap}
	return e.growList(len(m.names))
}

// exec runs the content between the start tag and the end tag of the macro's
// call.
func (n *nestedNode) exec(e *env) error {
	ctx := e.macro
	var vals []Value
	if ctx.hasParams {
		if err := e.growList(len(ctx.params)); err != nil {
			return err
		}
		vals = make([]Value, len(ctx.params))
	}
	for i, x := range n.args {
		v, err := x.eval(e)
		if err != nil {
			return err
		}
		if i < len(vals) {
			vals[i] = v
		}
	}
	if len(ctx.content) == 0 {
		return nil
	}
	if err := e.enter(); err != nil {
		return err
	}
	defer e.leave()
	top := e.top
	e.top, e.macro = ctx.callerFrame, ctx.caller
	var f *frame
	if ctx.hasParams {
		f = e.push(frameNested)
		f.params, f.vals = ctx.params, vals
	}
	err := e.run(ctx.content)
	if f != nil {
		e.pop(f)
	}
	e.top, e.macro = top, ctx
	return err
}
