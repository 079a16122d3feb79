package freemarker

// Built-ins that apply a function to items, such as ?map and ?filter.

func init() {
	define("map", builtin{binds: bindsLambda, lazyTarget: true, canBeLazy: true, eval: stream(streamMap)})
	define("filter", builtin{binds: bindsLambda, lazyTarget: true, canBeLazy: true, eval: stream(streamFilter)})
	define("take_while", builtin{binds: bindsLambda, lazyTarget: true, canBeLazy: true, eval: stream(streamTake)})
	define("drop_while", builtin{binds: bindsLambda, lazyTarget: true, canBeLazy: true, eval: stream(streamDrop)})
}

type streamKind uint8

const (
	streamMap streamKind = iota
	streamFilter
	streamTake
	streamDrop
)

// stream returns the implementation of ?map, ?filter, ?take_while or
// ?drop_while.
func stream(k streamKind) func(e *env, n *builtinNode) (Value, error) {
	return func(e *env, n *builtinNode) (Value, error) {
		v, err := prepareSequenceOrCollection(e, n)
		if err != nil {
			return v, err
		}
		src, err := e.iterator(v)
		if err != nil {
			return v, err
		}
		f, err := e.function(n.args[0])
		if err != nil {
			return v, err
		}
		isSequence := v.can(aSequence | aLazySequence)
		it := &streamIterator{kind: k, src: src, f: f, at: n.args[0].at()}
		if !n.lazy {
			if !isSequence {
				return v, otherError(n.pos, "the result of ?%s must be listed or turned into a sequence", n.bi.written)
			}
			items, err := e.items(object0(&lazyValue{it: it, knownSize: -1}))
			return listOf(items), err
		}
		it.wrap = true
		known := -1
		if k == streamMap {
			known = knownSize(e, v)
		}
		return object0(&lazyValue{it: it, isSequence: isSequence, knownSize: known}), nil
	}
}

// knownSize returns the size of a sequence or collection if it is known without
// iterating, otherwise -1.
func knownSize(e *env, v Value) int {
	if l, ok := v.ref.(*lazyValue); ok {
		return l.knownSize
	}
	if v.can(aCollection) && !v.can(aSequence) {
		return -1
	}
	n, err := v.ref.(sequence).size(e)
	if err != nil {
		return -1
	}
	return n
}

// itemFunc is the function that is applied to each item.
type itemFunc func(e *env, v Value) (Value, error)

// function returns the function that is passed to ?map, ?filter and similar
// built-ins.
func (e *env) function(x expr) (itemFunc, error) {
	if l, ok := x.(*lambdaNode); ok {
		// The lambda sees the variables that are in scope where it is written.
		top := e.top
		return func(e *env, v Value) (Value, error) {
			saved := e.top
			e.top = top
			f := e.push(frameLambda)
			f.params = l.params
			f.vals = append(f.vals[:0], v)
			r, err := l.body.eval(e)
			e.pop(f)
			e.top = saved
			return r, err
		}, nil
	}
	v, err := x.eval(e)
	if err != nil {
		return nil, err
	}
	if v.kind == kMacro {
		m := v.ref.(*macroValue)
		return func(e *env, v Value) (Value, error) {
			return e.callFunction(x.at(), m, &callArgs{positional: []expr{&fixedNode{pos: x.at(), v: v}}})
		}, nil
	}
	if v.can(aMethod) {
		m := v.ref.(method)
		return func(e *env, v Value) (Value, error) {
			if m.wantsStrings() {
				s, err := e.plainTextOf(v, x)
				if err != nil {
					return v, err
				}
				v = String(s)
			}
			return m.call(e, x.at(), []Value{v})
		}, nil
	}
	return nil, e.typeError(x, v, "a lambda, function or method")
}

// streamIterator applies a function to the items of another iterator.
type streamIterator struct {
	kind streamKind
	src  iterator
	f    itemFunc
	at   pos
	wrap bool // whether to report errors of f as failures of the built-in
	done bool

	ahead    Value // the next item, if it has already been computed
	hasAhead bool
}

func (it *streamIterator) hasNext(e *env) (bool, error) {
	if it.hasAhead {
		return true, nil
	}
	if it.kind == streamMap {
		return it.src.hasNext(e)
	}
	v, ok, err := it.find(e)
	it.ahead, it.hasAhead = v, ok
	return ok, err
}

func (it *streamIterator) next(e *env) (Value, bool, error) {
	if it.hasAhead {
		it.hasAhead = false
		return it.ahead, true, nil
	}
	return it.find(e)
}

// find computes the next item of the result.
func (it *streamIterator) find(e *env) (Value, bool, error) {
	for !it.done {
		v, ok, err := it.src.next(e)
		if err != nil || !ok {
			return v, false, err
		}
		if it.kind == streamDrop && it.f == nil {
			return v, true, nil
		}
		r, err := it.f(e, v)
		if err == nil {
			err = it.check(r)
		}
		if err != nil {
			if it.wrap {
				err = wrapOther(it.at, "the function failed for an item", err)
			}
			return v, false, err
		}
		switch it.kind {
		case streamMap:
			return r, true, nil
		case streamFilter:
			if r.bool() {
				return v, true, nil
			}
		case streamTake:
			if r.bool() {
				return v, true, nil
			}
			it.done = true
		case streamDrop:
			if !r.bool() {
				it.f = nil
				return v, true, nil
			}
		}
	}
	return Value{}, false, nil
}

// check returns an error if the built-in cannot use the result of its function.
func (it *streamIterator) check(r Value) error {
	switch {
	case r.missing():
		return otherError(it.at, "the function returned no value")
	case it.kind != streamMap && r.kind != kBool:
		return otherError(it.at, "the function must return a boolean, but it returned a %s", describe(r))
	}
	return nil
}
