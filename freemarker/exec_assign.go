package freemarker

// Running assignments.

func (n *assignListNode) exec(e *env) error { return e.run(n.kids) }

func (n *assignNode) exec(e *env) error {
	if err := e.step(); err != nil {
		return err
	}
	ns := &e.ns
	var err error
	if n.ns != nil || n.scope != scopeNamespace {
		if ns, err = e.targetNamespace(n.scope, n.ns); err != nil {
			return err
		}
	}
	var v Value
	if n.op == tEquals {
		v, err = n.x.eval(e)
		if err == nil && v.kind == kMissing {
			v, err = e.unassigned(n.x)
		}
	} else {
		v, err = n.changed(e, ns)
	}
	if err != nil {
		return err
	}
	return e.assign(n.pos, ns, n.place, n.name, v)
}

// targetNamespace returns the namespace of an assignment; nil means a local variable.
func (e *env) targetNamespace(s assignScope, x expr) (*namespace, error) {
	if x != nil {
		v, err := x.eval(e)
		if err != nil {
			return nil, err
		}
		if v.kind != kNamespace {
			return nil, e.typeError(x, v, "a namespace")
		}
		return v.ref.(*namespace), nil
	}
	switch s {
	case scopeLocal:
		return nil, nil
	case scopeGlobal:
		return &e.globals, nil
	}
	return &e.ns, nil
}

// variableItems is the number of list items that a new variable counts as,
// because its name is also stored and indexed.
const variableItems = 4

// assign sets a variable of ns or, if ns is nil, a local variable. place is the
// variable's index, or negative if the parser does not know it.
func (e *env) assign(at pos, ns *namespace, place int32, name string, v Value) error {
	if ns == nil {
		return e.assignLocal(at, place, v)
	}
	if ns.set(place, name, v) {
		return e.growList(variableItems)
	}
	return nil
}

func (e *env) assignLocal(at pos, slot int32, v Value) error {
	if e.macro == nil {
		return fatalError(at, "a local variable was assigned outside a macro or function")
	}
	if slot < 0 || int(slot) >= len(e.macro.locals) {
		return fatalError(at, "a local variable was assigned outside the macro or function that declares it")
	}
	e.macro.locals[slot] = v
	return nil
}

// fatalError returns an error that <#attempt> does not catch.
func fatalError(at pos, msg string) error {
	err := newError(KindOther, at, msg)
	err.fatal = true
	return err
}

// changed computes the value that an operator such as += or ++ assigns.
func (n *assignNode) changed(e *env, ns *namespace) (Value, error) {
	var old Value
	if ns == nil {
		old = e.localVariable(n.name)
	} else {
		old = ns.lookup(n.name)
	}
	if old.missing() && e.settings.classic && n.op == tPlusEquals {
		old = String("")
	}
	if old.missing() {
		return old, e.missingError(&identNode{pos: n.pos, name: n.name})
	}
	if n.op == tPlusEquals {
		v, err := e.assigned(n.x)
		if err != nil {
			return v, err
		}
		return e.add(n.pos, nil, old, n.x, v)
	}
	if !old.isNumber() {
		return old, newError(KindType, n.pos, "the variable to change is not a number but a "+describe(old))
	}
	switch n.op {
	case tPlusPlus:
		v, err := e.addNumbers(old, Int(1))
		if err != nil {
			err = arithmeticError(n.pos, err)
		}
		return v, err
	case tMinusMinus:
		return e.arithmetic(n.pos, '-', old, Int(1))
	}
	v, err := e.number(n.x)
	if err != nil {
		return v, err
	}
	op := map[tokenKind]byte{tMinusEquals: '-', tTimesEquals: '*', tDivEquals: '/', tModEquals: '%'}[n.op]
	return e.arithmetic(n.pos, op, old, v)
}

// assigned evaluates the right-hand side of an assignment.
func (e *env) assigned(x expr) (Value, error) {
	v, err := x.eval(e)
	if err == nil && v.missing() {
		return e.unassigned(x)
	}
	return v, err
}

// unassigned returns the value to assign if x is missing, or the error.
func (e *env) unassigned(x expr) (Value, error) {
	if e.settings.classic {
		return String(""), nil
	}
	return Value{}, e.missingError(x)
}

func (n *blockAssignNode) exec(e *env) error {
	s, err := e.capture(func() error { return e.run(n.kids) })
	if err != nil {
		return err
	}
	v := String(s)
	if n.format != nil {
		v = n.format.fromMarkup(s)
	}
	ns, err := e.targetNamespace(n.scope, n.ns)
	if err != nil {
		return err
	}
	return e.assign(n.pos, ns, n.place, n.name, v)
}
