package freemarker

// Running loops.

// loopState is the state that a #list without a variable keeps for its #items.
type loopState struct {
	v    Value
	it   iterator
	hash bool
	x    expr
}

func (n *loopNode) exec(e *env) error {
	_, err := n.run(e)
	return err
}

func (n *loopElseNode) exec(e *env) error {
	any, err := n.loop.run(e)
	if err != nil || any {
		return err
	}
	return e.run(n.loop.otherwise.kids)
}

// run runs the loop. It reports whether there were any items.
func (n *loopNode) run(e *env) (bool, error) {
	v, err := n.x.eval(e)
	if err != nil {
		return false, err
	}
	if v.missing() {
		if !e.settings.classic {
			return false, e.missingError(n.x)
		}
		v = listOf(nil)
	} else if e.settings.classic && !n.hash && !v.can(aSequence|aCollection) {
		v = listOf([]Value{v})
	}
	f := e.push(frameLoop)
	defer e.pop(f)
	if n.var1 != "" {
		f.var1, f.var2 = n.var1, n.var2
		return e.loop(f, n.x, v, nil, n.hash, n.kids)
	}
	s := &loopState{v: v, hash: n.hash, x: n.x}
	any, err := s.open(e)
	if err != nil || !any {
		return false, err
	}
	f.loop = s
	return true, e.run(n.kids)
}

// open checks that the value can be listed, and reports whether it has any
// items.
func (s *loopState) open(e *env) (bool, error) {
	if s.hash {
		if !s.v.can(aHashEx) {
			return false, hashLoopError(e, s.x, s.v)
		}
		return s.v.ref.(hashEx).hashSize() > 0, nil
	}
	if s.v.can(aCollection) {
		it, err := e.iterator(s.v)
		if err != nil {
			return false, err
		}
		s.it = it
		return it.hasNext(e)
	}
	if !s.v.can(aSequence) {
		return false, e.typeError(s.x, s.v, "a sequence or collection")
	}
	n, err := s.v.ref.(sequence).size(e)
	return n > 0, err
}

func hashLoopError(e *env, x expr, v Value) error {
	if v.can(aSequence | aCollection) {
		return newError(KindType, x.at(), "a loop with two variables needs a hash")
	}
	return e.typeError(x, v, "a hash that can list its keys")
}

func (n *itemsNode) exec(e *env) error {
	f := e.findLoop("")
	if f == nil {
		return otherError(n.pos, "#items must run inside its #list")
	}
	if f.entered || f.loop == nil {
		return otherError(n.pos, "#items can only run once in a #list, which must not have its own variable")
	}
	f.entered = true
	f.var1, f.var2 = n.var1, n.var2
	s := f.loop
	_, err := e.loop(f, s.x, s.v, s.it, s.hash, n.kids)
	f.var1, f.var2 = "", ""
	return err
}

func (n *sepNode) exec(e *env) error {
	f := e.findLoop("")
	if f == nil {
		return otherError(n.pos, "#sep must run inside a loop")
	}
	if !f.hasNext {
		return nil
	}
	return e.run(n.kids)
}

// loop runs kids for each item of v, with the loop variables in f. It reports
// whether there were any items.
func (e *env) loop(f *frame, x expr, v Value, it iterator, isHash bool, kids []node) (bool, error) {
	if isHash {
		return e.loopHash(f, x, v, kids)
	}
	switch r := v.ref.(type) {
	case *list:
		return e.loopList(f, r.items, kids)
	case *joinedKeys:
		return e.loopList(f, r.items, kids)
	case *rangeValue:
		if !r.unbound {
			return e.loopRange(f, r, kids)
		}
	}
	if v.can(aCollection) {
		if it == nil {
			var err error
			if it, err = e.iterator(v); err != nil {
				return false, err
			}
		}
		return e.loopIterator(f, it, kids)
	}
	if v.can(aSequence) {
		it, err := e.iterator(v)
		if err != nil {
			return false, err
		}
		return e.loopIterator(f, it, kids)
	}
	if v.can(aHashEx) {
		return false, newError(KindType, x.at(), "a loop over a hash needs two variables")
	}
	return false, e.typeError(x, v, "a sequence or collection")
}

// endLoop hides the loop variables and returns the error of the loop: err or,
// if err is a #break, nil.
func (f *frame) endLoop(err error) error {
	f.visible = false
	if err == errBreak {
		return nil
	}
	return err
}

func (e *env) loopList(f *frame, items []Value, kids []node) (any bool, err error) {
	f.visible = true
	for i := range items {
		f.index, f.val1, f.hasNext = i, items[i], i+1 < len(items)
		if err := e.step(); err != nil {
			return true, err
		}
		if err := e.run(kids); err != nil && err != errContinue {
			return true, f.endLoop(err)
		}
	}
	f.visible, f.index = false, len(items)
	return len(items) > 0, nil
}

func (e *env) loopRange(f *frame, r *rangeValue, kids []node) (any bool, err error) {
	f.visible = true
	v := int64(r.first)
	for i, n := 0, r.n; i < n; i++ {
		f.index, f.hasNext = i, i+1 < n
		f.val1.num, f.val1.kind = v, intKind(v)
		v += int64(r.step)
		if err := e.step(); err != nil {
			return true, err
		}
		if err := e.run(kids); err != nil && err != errContinue {
			return true, f.endLoop(err)
		}
	}
	f.visible, f.index = false, r.n
	return r.n > 0, nil
}

func (e *env) loopIterator(f *frame, it iterator, kids []node) (any bool, err error) {
	any, err = it.hasNext(e)
	if err != nil || !any {
		return false, err
	}
	for f.hasNext = true; f.hasNext; f.index++ {
		v, ok, err := it.next(e)
		if err != nil || !ok {
			return true, err
		}
		f.val1 = v
		if f.hasNext, err = it.hasNext(e); err != nil {
			return true, err
		}
		f.visible = true
		if err := e.step(); err != nil {
			return true, err
		}
		if err := e.run(kids); err != nil && err != errContinue {
			return true, f.endLoop(err)
		}
		f.visible = false // the code that computes the next item must not see this item
	}
	return true, nil
}

func (e *env) loopHash(f *frame, x expr, v Value, kids []node) (any bool, err error) {
	if !v.can(aHashEx) {
		return false, hashLoopError(e, x, v)
	}
	h := v.ref.(hashEx)
	if err := e.listing(h); err != nil {
		return false, err
	}
	keys := h.keys(e)
	vals, err := h.values(e)
	if err != nil {
		return false, err
	}
	f.visible = true
	for i := range keys {
		f.index, f.val1, f.hasNext = i, keys[i], i+1 < len(keys)
		f.val2 = vals[i]
		if err := e.step(); err != nil {
			return true, err
		}
		if err := e.run(kids); err != nil && err != errContinue {
			return true, f.endLoop(err)
		}
	}
	f.visible = false
	return len(keys) > 0, nil
}
