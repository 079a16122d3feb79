package freemarker

// Built-ins for values of any type: ?string, ?c, type tests, and those that
// handle missing values.

func init() {
	test := func(name string, f func(v Value) bool) {
		define(name, builtin{eval: func(e *env, n *builtinNode) (Value, error) {
			v, err := n.target.eval(e)
			if err == nil && v.missing() {
				err = e.missingError(n.target)
			}
			return Bool(f(v)), err
		}})
	}
	for name, a := range map[string]ability{
		"is_boolean": aBoolean, "is_collection": aCollection, "is_collection_ex": aCollectionEx,
		"is_date": aDate, "is_date_like": aDate, "is_directive": aDirective,
		"is_enumerable": aSequence | aCollection, "is_hash": aHash, "is_hash_ex": aHashEx,
		"is_indexable": aSequence, "is_macro": aMacro, "is_markup_output": aMarkup, "is_method": aMethod,
		"is_node": 0, "is_number": aNumber, "is_sequence": aSequence, "is_string": aString,
		"has_api": aAPI,
	} {
		test(name, func(v Value) bool { return v.can(a) })
	}
	test("is_transform", func(v Value) bool { return v.kind == kObject && v.can(aDirective) })
	for name, t := range map[string]dateType{
		"is_date_only": dateDate, "is_time": dateTime, "is_datetime": dateDateTime,
		"is_unknown_date_like": dateUnknown,
	} {
		test(name, func(v Value) bool {
			if d, ok := v.ref.(*dateParser); ok {
				return d.t == t
			}
			return v.kind == kDate && v.scale == int32(t)
		})
	}
	define("c", builtin{eval: computer})
	define("string", builtin{
		prepare: prepareForString, strings: true, min: 0, max: -1,
		method: formatWith, alone: formatAlone, keyed: formatKeyed,
	})
	define("boolean", onString(func(e *env, n *builtinNode, s string) (Value, error) {
		switch {
		case s == "true", e.settings.hasBooleans && s == e.settings.booleans[1]:
			return Bool(true), nil
		case s == "false", e.settings.hasBooleans && s == e.settings.booleans[0]:
			return Bool(false), nil
		}
		return Value{}, otherError(n.pos, "the string is not a boolean")
	}))
	define("namespace", builtin{eval: func(e *env, n *builtinNode) (Value, error) {
		v, err := n.target.eval(e)
		if err != nil {
			return v, err
		}
		if v.kind != kMacro {
			return v, e.typeError(n.target, v, "a macro or function")
		}
		if v.ref.(*macroValue).def == passMacro {
			return Value{}, nil
		}
		return e.namespace(), nil
	}})
	defineExistence()
	defineRefused()
	define("then", builtin{binds: bindsParams, eval: func(e *env, n *builtinNode) (Value, error) {
		b, err := e.boolean(n.target)
		if err != nil {
			return Value{}, err
		}
		return e.nonMissing(n.args[1-btoi(b)])
	}})
	define("switch", builtin{binds: bindsParams, eval: switchValue})
}

func (e *env) nonMissing(x expr) (Value, error) {
	v, err := x.eval(e)
	if err == nil && v.missing() {
		err = e.missingError(x)
	}
	return v, err
}

func switchValue(e *env, n *builtinNode) (Value, error) {
	v, err := e.nonMissing(n.target)
	if err != nil {
		return v, err
	}
	for i := 0; i+1 < len(n.args); i += 2 {
		if err := e.step(); err != nil {
			return v, err
		}
		c, err := e.nonMissing(n.args[i])
		if err != nil {
			return v, err
		}
		eq, err := e.compare(n.pos, n.target, v, opEqual, n.args[i], c, 0)
		if err != nil {
			return v, err
		}
		if eq {
			return e.nonMissing(n.args[i+1])
		}
	}
	if len(n.args)%2 == 0 {
		return v, otherError(n.pos, "?switch matched no case and has no default")
	}
	return e.nonMissing(n.args[len(n.args)-1])
}

// defineExistence defines the built-ins that accept missing values.
func defineExistence() {
	define("exists", builtin{eval: func(e *env, n *builtinNode) (Value, error) {
		v, err := e.evalQuietly(n.target)
		return Bool(!v.missing()), err
	}})
	define("if_exists", builtin{eval: func(e *env, n *builtinNode) (Value, error) {
		v, err := e.evalQuietly(n.target)
		if err == nil && v.missing() {
			v = nothingValue
		}
		return v, err
	}})
	define("has_content", builtin{eval: func(e *env, n *builtinNode) (Value, error) {
		v, err := e.evalQuietly(n.target)
		if err != nil {
			return v, err
		}
		empty, err := e.isEmpty(v)
		return Bool(!empty), err
	}})
	define("default", builtin{
		prepare: func(e *env, n *builtinNode) (Value, error) { return e.evalQuietly(n.target) },
		max:     -1,
		method: func(e *env, n *builtinNode, target Value, args []Value) (Value, error) {
			if !target.missing() {
				return target, nil
			}
			if len(args) == 0 {
				return Value{}, otherError(n.pos, "?default needs an argument")
			}
			for _, a := range args {
				if !a.missing() {
					return a, nil
				}
			}
			return Value{}, nil
		},
	})
}

// isEmpty reports whether a value is missing or empty: the opposite of
// ?has_content.
func (e *env) isEmpty(v Value) (bool, error) {
	switch {
	case v.missing():
		return true, nil
	case v.can(aSequence):
		n, err := v.ref.(sequence).size(e)
		return n == 0, err
	case v.can(aString):
		s, err := e.stringOf(v)
		return s == "", err
	case v.kind == kMarkup:
		m := v.ref.(*markup)
		if m.isPlain {
			return m.plain == "", nil
		}
		return m.text == "", nil
	case v.can(aCollection):
		it, err := e.iterator(v)
		if err != nil {
			return false, err
		}
		_, ok, err := it.next(e)
		return !ok, err
	case v.can(aHashEx):
		return v.ref.(hashEx).hashSize() == 0, nil
	case v.can(aHash), v.can(aNumber | aDate | aBoolean):
		return false, nil
	}
	return true, nil
}

// defineRefused defines the built-ins that would reach outside the template,
// and those that work only on XML.
func defineRefused() {
	define("api", builtin{eval: func(_ *env, n *builtinNode) (Value, error) {
		return Value{}, otherError(n.pos, "?api is not available")
	}})
	define("new", builtin{eval: func(e *env, n *builtinNode) (Value, error) {
		if _, err := e.plainText(n.target); err != nil {
			return Value{}, err
		}
		return Value{}, otherError(n.pos, "?new is not available")
	}})
	for _, name := range nodeBuiltins {
		define(name, builtin{eval: func(e *env, n *builtinNode) (Value, error) {
			v, err := n.target.eval(e)
			if err == nil {
				err = e.typeError(n.target, v, "an XML node")
			}
			return v, err
		}})
	}
	define("absolute_template_name", builtin{
		prepare: prepareString, min: 1, max: 1,
		method: func(e *env, n *builtinNode, target Value, args []Value) (Value, error) {
			base, err := n.argString(e, args, 0)
			if err != nil {
				return Value{}, err
			}
			return e.newString(resolveName(base, target.str()))
		},
		alone: func(e *env, _ *builtinNode, target Value) (Value, error) {
			return e.newString(resolveName(e.template.name, target.str()))
		},
	})
}

func computer(e *env, n *builtinNode) (Value, error) {
	v, err := n.target.eval(e)
	switch {
	case err != nil:
		return v, err
	case v.isNumber():
		return e.newString(computerText(v))
	case v.can(aBoolean):
		b, err := e.truth(v)
		if b {
			return String("true"), err
		}
		return String("false"), err
	}
	return v, e.typeError(n.target, v, "a number or boolean")
}

// prepareForString evaluates the operand of ?string.
func prepareForString(e *env, n *builtinNode) (Value, error) {
	v, err := n.target.eval(e)
	switch {
	case err != nil || v.kind == kBool:
		return v, err
	case v.isNumber():
		return v, e.checkDefaultNumberFormat(n.pos)
	case v.can(aDate):
		d, err := e.date(v)
		if err != nil {
			return d, err
		}
		return d, e.checkDefaultDateFormat(n.pos, dateType(d.scale))
	case v.can(aBoolean):
		return v, nil
	case v.can(aString):
		s, err := e.stringOf(v)
		v = String(s)
		if err == nil && n.called {
			err = e.typeError(n, v, "a method")
		}
		return v, err
	}
	return v, e.typeError(n.target, v, "a number, date, boolean or string")
}

// checkDefaultNumberFormat checks the number format in the settings. If it is
// invalid, ?string fails even with an explicit format.
func (e *env) checkDefaultNumberFormat(at pos) error {
	if e.settings.numberFormat == "number" {
		return nil
	}
	if _, err := e.numberFormat(e.settings.numberFormat); err != nil {
		return formatError(at, "the number format of the settings", err)
	}
	return nil
}

// formatAlone implements x?string.
func formatAlone(e *env, n *builtinNode, v Value) (Value, error) {
	if v.isNumber() || v.kind == kDate || v.can(aBoolean) {
		return object0(&formatter{n, v, e.settings}), nil
	}
	return v, nil
}

// formatWith implements x?string(…).
func formatWith(e *env, n *builtinNode, v Value, args []Value) (Value, error) {
	switch {
	case v.can(aBoolean):
		if len(args) != 2 {
			return v, otherError(n.pos, "?string of a boolean needs two arguments")
		}
		b, err := e.truth(v)
		return args[1-btoi(b)], err
	case len(args) != 1:
		return v, otherError(n.pos, "?string needs one argument")
	}
	return formatAs(e, n, v, args[0].str())
}

// formatKeyed implements x?string.key.
func formatKeyed(e *env, n *builtinNode, v Value, key string) (Value, error) {
	if v.kind == kString || v.can(aBoolean) {
		return v, e.typeError(n, v, "a hash")
	}
	return formatAs(e, n, v, key)
}

func formatAs(e *env, n *builtinNode, v Value, spec string) (Value, error) {
	var s string
	var err error
	if v.kind == kDate {
		s, err = e.dateText(n.pos, v, spec, true)
	} else {
		s, err = e.numberText(n.pos, v, spec, true)
	}
	return String(s), err
}

// formatter is the value of x?string without arguments: a string, a method and,
// unless x is a boolean, a hash. The string is formatted with the settings that
// were in effect when ?string was evaluated, even if they have changed since.
type formatter struct {
	n        *builtinNode
	v        Value
	settings *settingsState
}

func (f *formatter) abilities() ability {
	if f.v.can(aBoolean) {
		return aString | aMethod
	}
	return aString | aMethod | aHash
}

func (*formatter) wantsStrings() bool { return true }

func (f *formatter) call(e *env, _ pos, args []Value) (Value, error) {
	return formatWith(e, f.n, f.v, args)
}

func (f *formatter) get(e *env, key string) (Value, error) { return formatAs(e, f.n, f.v, key) }

func (f *formatter) asString(e *env) (string, error) {
	switch {
	case f.v.isNumber():
		defer e.useSettings(f.settings)()
		return e.numberText(f.n.pos, f.v, "", false)
	case f.v.kind == kDate:
		defer e.useSettings(f.settings)()
		return e.dateText(f.n.pos, f.v, "", false)
	}
	if f.v.can(aString) {
		return e.stringOf(f.v)
	}
	b, err := e.truth(f.v)
	if err != nil {
		return "", err
	}
	return e.booleanText(f.n.pos, b, true)
}
