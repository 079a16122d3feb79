package freemarker

// This file defines how built-ins are declared and called. The built-ins
// themselves are in builtins_*.go, grouped by the type of value that they work
// on.

import "strings"

// builtin is a built-in, such as ?upper_case.
type builtin struct {
	name       string     // in the legacy naming convention
	written    string     // as it is written in the template
	conv       convention // of written
	binds      binding
	lazyTarget bool // its operand may be generated lazily
	canBeLazy  bool // its result may be generated lazily

	// eval computes the value of a built-in that is not a method.
	eval func(e *env, n *builtinNode) (Value, error)

	// For a built-in that takes arguments, prepare evaluates and checks the
	// operand, and method computes the result.
	prepare  func(e *env, n *builtinNode) (Value, error)
	method   func(e *env, n *builtinNode, target Value, args []Value) (Value, error)
	strings  bool // the arguments are converted to strings
	min, max int  // number of arguments; max < 0 means any number

	// alone, if set, returns the value of x?name without arguments.
	alone func(e *env, n *builtinNode, target Value) (Value, error)
	// keyed, if set, returns the value of x?name.key.
	keyed func(e *env, n *builtinNode, target Value, key string) (Value, error)
}

// binding is what a built-in needs from its context in the template.
type binding uint8

const (
	bindsNothing        binding = iota
	bindsLoopVar                // the loop whose variable is the operand
	bindsLegacyEscaping         // nothing, but not allowed when auto-escaping is on
	bindsMarkup                 // the output format, which must be a markup format
	bindsFormat                 // the output format and escaping
	bindsParams                 // its arguments, unevaluated
	bindsLambda                 // its argument, which may be a lambda
	bindsDirectCall             // nothing, but a direct call allows a lazy operand
)

// builtins holds all built-ins, in both naming conventions, by first letter.
// Few names share their first letter, and most of those differ in length, so a
// linear search is faster than a map lookup.
var builtins [256][]*builtin

// define adds a built-in under its names in both naming conventions.
func define(name string, b builtin) {
	b.name = name
	b.add(name)
	if camel := camelName(name); camel != name {
		b.add(camel)
	}
}

// add adds a built-in under its name in one naming convention.
func (b builtin) add(written string) {
	b.written, b.conv = written, conventionOf(written)
	builtins[written[0]] = append(builtins[written[0]], &b)
}

// findBuiltin returns the built-in with this name, or nil if there is none.
func findBuiltin(name string) *builtin {
	for _, b := range builtins[name[0]] {
		if len(b.written) == len(name) && b.written == name {
			return b
		}
	}
	return nil
}

// camelName returns the name in the camel case convention.
func camelName(name string) string {
	parts := strings.Split(name, "_")
	var out strings.Builder
	out.WriteString(parts[0])
	iso := parts[0] == "iso"
	for _, p := range parts[1:] {
		switch {
		case iso && (p == "fz" || p == "nz"):
			out.WriteString(strings.ToUpper(p))
		default:
			out.WriteString(strings.ToUpper(p[:1]) + p[1:])
		}
	}
	return out.String()
}

func (n *builtinNode) eval(e *env) (Value, error) {
	if err := e.step(); err != nil {
		return Value{}, err
	}
	b := n.bi
	if b.eval != nil {
		return b.eval(e, n)
	}
	target, err := b.prepare(e, n)
	if err != nil {
		return Value{}, err
	}
	if n.called {
		return n.call(e, target)
	}
	if b.alone != nil {
		return b.alone(e, n, target)
	}
	return object0(&boundMethod{n: n, target: target}), nil
}

// call evaluates the arguments and calls the method.
func (n *builtinNode) call(e *env, target Value) (Value, error) {
	base := len(e.args)
	e.stepsLeft -= len(n.args)
	for _, x := range n.args {
		v, err := x.eval(e)
		if err != nil {
			e.args = e.args[:base]
			return Value{}, err
		}
		if n.bi.strings && v.kind != kString {
			s, err := e.plainTextOf(v, x)
			if err != nil {
				e.args = e.args[:base]
				return Value{}, err
			}
			v = String(s)
		}
		e.args = append(e.args, v)
	}
	v, err := n.apply(e, target, e.args[base:])
	e.args = e.args[:base]
	return v, err
}

func (n *builtinNode) apply(e *env, target Value, args []Value) (Value, error) {
	if len(args) < n.bi.min || n.bi.max >= 0 && len(args) > n.bi.max {
		return Value{}, otherError(n.pos, "wrong number of arguments for ?%s: %d", n.bi.written, len(args))
	}
	for i := range args {
		if args[i].kind == kString {
			e.charge(len(args[i].str()) >> 6)
		}
	}
	return n.bi.method(e, n, target, args)
}

// evalKeyed evaluates x?name.key.
func (n *builtinNode) evalKeyed(e *env, key string) (Value, error) {
	target, err := n.bi.prepare(e, n)
	if err != nil {
		return Value{}, err
	}
	return n.bi.keyed(e, n, target, key)
}

// boundMethod is the value of x?name for a built-in that takes arguments but is
// not called directly: a method whose operand has already been evaluated.
type boundMethod struct {
	n      *builtinNode
	target Value
}

func (*boundMethod) abilities() ability { return aMethod }

func (m *boundMethod) wantsStrings() bool { return m.n.bi.strings }

func (m *boundMethod) call(e *env, _ pos, args []Value) (Value, error) {
	return m.n.apply(e, m.target, args)
}

// The functions for builtin.prepare.

func prepareString(e *env, n *builtinNode) (Value, error) {
	v, err := n.target.eval(e)
	if err != nil || v.kind == kString {
		return v, err
	}
	s, _, err := e.text(v, n.target, false)
	return String(s), err
}

func prepareSequence(e *env, n *builtinNode) (Value, error) {
	v, err := n.target.eval(e)
	if err == nil && !v.can(aSequence) {
		err = e.typeError(n.target, v, "a sequence")
	}
	return v, err
}

func prepareSequenceOrCollection(e *env, n *builtinNode) (Value, error) {
	v, err := n.target.eval(e)
	if err == nil && !v.can(aSequence|aCollection) {
		err = e.typeError(n.target, v, "a sequence or collection")
	}
	return v, err
}

// onString returns a built-in without arguments that applies f to the operand,
// converted to a string.
func onString(f func(e *env, n *builtinNode, s string) (Value, error)) builtin {
	return builtin{eval: func(e *env, n *builtinNode) (Value, error) {
		v, err := prepareString(e, n)
		if err != nil {
			return v, err
		}
		if len(v.str()) > 64 {
			if err := e.work(len(v.str())); err != nil {
				return Value{}, err
			}
		}
		return f(e, n, v.str())
	}}
}

// stringMethod returns a built-in with lo to hi arguments that applies f to the
// operand, converted to a string.
func stringMethod(lo, hi int, f func(e *env, n *builtinNode, s string, args []Value) (Value, error)) builtin {
	return builtin{
		prepare: prepareString, min: lo, max: hi,
		method: func(e *env, n *builtinNode, target Value, args []Value) (Value, error) {
			if len(target.str()) > 64 {
				if err := e.work(len(target.str())); err != nil {
					return Value{}, err
				}
			}
			return f(e, n, target.str(), args)
		},
	}
}

// newString returns s as a value. It counts the memory of s, and returns an
// error if a limit is exceeded.
func (e *env) newString(s string) (Value, error) { return String(s), e.grow(len(s)) }

// argString returns an argument that must be a string.
func (n *builtinNode) argString(e *env, args []Value, i int) (string, error) {
	if args[i].kind == kString {
		return args[i].str(), nil
	}
	if args[i].can(aString) {
		s, err := e.stringOf(args[i])
		e.charge(len(s) >> 6)
		return s, err
	}
	return "", otherError(n.pos, "argument %d of ?%s must be a string", i+1, n.bi.written)
}

// argInt returns an argument as an int. The argument must be a number.
func (n *builtinNode) argInt(args []Value, i int) (int, error) {
	if !args[i].isNumber() {
		return 0, otherError(n.pos, "argument %d of ?%s must be a number", i+1, n.bi.written)
	}
	return toInt(args[i]), nil
}
