package freemarker

// Built-ins for the variables of loops.

func init() {
	loop := func(name string, f func(l *frame) Value) {
		define(name, builtin{binds: bindsLoopVar, eval: func(e *env, n *builtinNode) (Value, error) {
			l, err := e.loopOf(n)
			if err != nil {
				return Value{}, err
			}
			return f(l), nil
		}})
	}
	loop("index", func(l *frame) Value { return Int(int64(l.index)) })
	loop("counter", func(l *frame) Value { return Int(int64(l.index) + 1) })
	loop("has_next", func(l *frame) Value { return Bool(l.hasNext) })
	loop("is_last", func(l *frame) Value { return Bool(!l.hasNext) })
	loop("is_first", func(l *frame) Value { return Bool(l.index == 0) })
	loop("is_odd_item", func(l *frame) Value { return Bool(l.index%2 == 0) })
	loop("is_even_item", func(l *frame) Value { return Bool(l.index%2 != 0) })
	loop("item_parity", func(l *frame) Value { return String([...]string{"odd", "even"}[l.index%2]) })
	loop("item_parity_cap", func(l *frame) Value { return String([...]string{"Odd", "Even"}[l.index%2]) })
	define("item_cycle", builtin{
		binds: bindsLoopVar, min: 1, max: -1,
		prepare: func(e *env, n *builtinNode) (Value, error) {
			l, err := e.loopOf(n)
			if err != nil {
				return Value{}, err
			}
			return Int(int64(l.index)), nil
		},
		method: func(_ *env, _ *builtinNode, target Value, args []Value) (Value, error) {
			return args[int(target.num)%len(args)], nil
		},
	})
}

// loopOf returns the running loop whose variable is the operand.
func (e *env) loopOf(n *builtinNode) (*frame, error) {
	name := ""
	if id, ok := n.target.(*identNode); ok {
		name = id.name
	}
	l := e.findLoop(name)
	if l == nil {
		return nil, otherError(n.pos, "there is no running loop with the variable %s", name)
	}
	return l, nil
}
