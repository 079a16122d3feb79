package freemarker

// This file executes the elements of a template.

func (n *textNode) exec(e *env) error { return e.write(n.text) }

func (n *outputNode) exec(e *env) error {
	v, err := n.x.eval(e)
	if err != nil {
		return err
	}
	switch v.kind {
	case kString:
		return n.write(e, v.str())
	case kInt, kLong, kDec, kDouble:
		if e.settings.fast && !n.autoEsc {
			e.out = appendGrouped(e.out, v)
			return e.checkOutput()
		}
	case kMarkup:
		return n.writeMarkup(e, v.ref.(*markup))
	}
	s, _, err := e.text(v, n.x, false)
	if err != nil {
		return err
	}
	return n.write(e, s)
}

// write prints the text of the value, escaped if auto-escaping is on.
func (n *outputNode) write(e *env, s string) error {
	if n.autoEsc {
		s = n.format.escape(s)
	}
	return e.write(s)
}

func (n *outputNode) writeMarkup(e *env, m *markup) error {
	if m.format.same(n.format) || n.format.mixing {
		return e.write(m.markupText())
	}
	if !m.isPlain {
		return otherError(n.x.at(), "%s markup cannot be printed as %s", m.format.name, n.format.name)
	}
	return e.write(n.format.escape(m.plain))
}

func (n *outputNode) result(e *env) (Value, error) {
	v, err := n.x.eval(e)
	if err != nil {
		return v, err
	}
	v, _, err = e.textOrMarkup(v, n.x, false)
	return v, err
}

func (n *numberOutputNode) exec(e *env) error {
	v, err := n.result(e)
	if err != nil {
		return err
	}
	s := v.str()
	if n.format != nil {
		s = n.format.escape(s)
	}
	return e.write(s)
}

func (n *numberOutputNode) result(e *env) (Value, error) {
	v, err := e.number(n.x)
	if err != nil {
		return v, err
	}
	lo, hi := 0, 50
	if n.hasFormat {
		lo, hi = n.minFrac, n.maxFrac
	}
	out, err := formatNumber(nil, e.fractionFormat(lo, hi), v)
	if err != nil {
		return v, formatError(n.pos, "cannot format the number", err)
	}
	return String(string(out)), e.grow(len(out))
}

func (n *blockNode) exec(e *env) error {
	if n.kind == blockIf { // an #if with a single branch: cleanUp replaces the #if with that branch
		ok, err := e.boolean(n.cond)
		if err != nil || !ok {
			return err
		}
	}
	return e.run(n.kids)
}

func (n *ifNode) exec(e *env) error {
	for _, k := range n.kids {
		if err := e.step(); err != nil {
			return err
		}
		b := k.(*blockNode)
		if b.cond != nil {
			ok, err := e.boolean(b.cond)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
		}
		return e.run(b.kids)
	}
	return nil
}

func (n *switchNode) exec(e *env) error {
	matched := false
	var fallback *blockNode
	for _, c := range n.cases {
		if err := e.step(); err != nil {
			return err
		}
		if c.kind == blockDefault {
			fallback = c
		}
		if !matched && c.cond != nil {
			l, err := n.x.eval(e)
			if err != nil {
				return err
			}
			r, err := c.cond.eval(e)
			if err != nil {
				return err
			}
			if matched, err = e.compare(c.cond.at(), n.x, l, opEqual, c.cond, r, 0); err != nil {
				return err
			}
		}
		if matched {
			if err := e.run(c.kids); err != nil {
				return endSwitch(err)
			}
		}
	}
	if !matched && fallback != nil {
		return endSwitch(e.run(fallback.kids))
	}
	return nil
}

// endSwitch lets a #break end its #switch. As in the reference, a #continue
// also ends it.
func endSwitch(err error) error {
	if err == errBreak || err == errContinue {
		return nil
	}
	return err
}

func (n *jumpNode) exec(*env) error { return n.signal }

func (n *silentNode) exec(*env) error { return nil }

func (n *returnNode) exec(e *env) error {
	if n.x != nil {
		v, err := n.x.eval(e)
		if err != nil {
			return err
		}
		e.returned = v
	}
	if n.last {
		return nil
	}
	return errReturn
}

func (n *stopNode) exec(e *env) error {
	if n.x == nil {
		return otherError(n.pos, "#stop")
	}
	if _, err := e.plainText(n.x); err != nil {
		return err
	}
	return otherError(n.pos, "#stop")
}

func (n *attemptNode) exec(e *env) error {
	start, quiet := len(e.out), e.quiet
	e.quiet = false
	err := n.body.exec(e)
	e.quiet = quiet
	if err == nil {
		return nil
	}
	e.out = e.out[:start]
	re, ok := err.(*RenderError)
	if !ok || re.Kind == KindLimit || re.fatal {
		return err
	}
	e.errors = append(e.errors, err)
	err = e.run(n.recover.kids)
	e.errors = e.errors[:len(e.errors)-1]
	return err
}

func (n *compressNode) exec(e *env) error {
	start := len(e.out)
	err := e.run(n.kids)
	if err != nil && !isJump(err) {
		return err
	}
	if err := e.work(16 * (len(e.out) - start)); err != nil {
		return err
	}
	text := compress(string(e.out[start:]), false)
	e.out = append(e.out[:start], text...)
	return err
}

func (n *settingNode) exec(e *env) error {
	v, err := n.x.eval(e)
	if err != nil {
		return err
	}
	var s string
	switch {
	case v.can(aString):
		s, err = e.stringOf(v)
	case v.kind == kBool:
		s = "false"
		if v.bool() {
			s = "true"
		}
	case v.isNumber():
		s = javaNumberText(v)
	default:
		s, err = e.plainTextOf(v, n.x)
	}
	if err != nil {
		return err
	}
	return e.set(n.pos, n.name, s)
}

func (n *refusedNode) exec(e *env) error {
	for _, x := range []expr{n.name, n.encoding} {
		if x == nil {
			continue
		}
		if _, err := e.plainText(x); err != nil {
			return err
		}
	}
	if n.parse != nil {
		if err := e.yesNo(n.parse); err != nil {
			return err
		}
	}
	if n.optional != nil {
		optional, err := e.boolean(n.optional)
		if err != nil || optional {
			return err
		}
	}
	return otherError(n.pos, "%s cannot load other templates", n.what)
}

// yesNo checks that x is a boolean, or a string such as "yes" or "n" that old
// templates use instead.
func (e *env) yesNo(x expr) error {
	v, err := x.eval(e)
	if err != nil {
		return err
	}
	if !v.can(aString) {
		_, err = e.boolean(&fixedNode{pos: x.at(), v: v})
		if v.missing() {
			err = e.missingError(x)
		}
		return err
	}
	s, err := e.stringOf(v)
	if err != nil {
		return err
	}
	if _, ok := parseYesNo(s); !ok {
		return otherError(x.at(), "a boolean is needed here")
	}
	return nil
}

func (n *visitNode) exec(e *env) error {
	if n.x != nil {
		v, err := n.x.eval(e)
		if err != nil {
			return err
		}
		if n.what == "#visit" || !v.missing() {
			return e.typeError(n.x, v, "a node")
		}
	}
	return otherError(n.pos, "%s needs an XML node", n.what)
}

func (n *macroNode) exec(e *env) error {
	e.defineMacro(n.def)
	return nil
}

func (e *env) defineMacro(d *macroDef) {
	e.ns.set(d.place, d.name, Value{ref: &macroValue{def: d}, kind: kMacro})
}

func (n *transformNode) exec(e *env) error {
	v, err := n.x.eval(e)
	if err != nil {
		return err
	}
	t, ok := v.ref.(transform)
	if !ok {
		return e.typeError(n.x, v, "a transform")
	}
	args, err := e.namedValues(n.args)
	if err != nil {
		return err
	}
	return t.run(e, n.pos, args, func() error { return e.run(n.kids) })
}

func (e *env) namedValues(named []namedArg) ([]namedValue, error) {
	if err := e.growList(len(named)); err != nil {
		return nil, err
	}
	args := make([]namedValue, len(named))
	for i, a := range named {
		v, err := a.x.eval(e)
		if err != nil {
			return nil, err
		}
		args[i] = namedValue{a.name, v}
	}
	return args, nil
}
