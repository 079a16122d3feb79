package freemarker

// Built-ins for sequences and hashes.

import "strings"

func init() {
	define("first", builtin{lazyTarget: true, eval: first})
	define("last", builtin{eval: func(e *env, n *builtinNode) (Value, error) {
		v, err := prepareSequence(e, n)
		if err != nil {
			return v, err
		}
		s := v.ref.(sequence)
		size, err := s.size(e)
		if err != nil || size == 0 {
			return Value{}, err
		}
		return s.at(e, size-1)
	}})
	define("reverse", builtin{eval: func(e *env, n *builtinNode) (Value, error) {
		v, err := prepareSequence(e, n)
		if err != nil {
			return v, err
		}
		if r, ok := v.ref.(*reversed); ok {
			return r.inner, nil
		}
		return object0(&reversed{s: v.ref.(sequence), inner: v}), nil
	}})
	define("size", builtin{lazyTarget: true, eval: size})
	define("sequence", builtin{lazyTarget: true, canBeLazy: true, eval: toSequence})
	define("join", builtin{
		binds: bindsDirectCall, prepare: prepareJoin, min: 1, max: 3, method: join,
	})
	define("seq_contains", builtin{
		binds: bindsDirectCall, prepare: prepareSequenceOrCollection, min: 1, max: 1, method: seqContains,
	})
	define("seq_index_of", builtin{
		binds: bindsDirectCall, prepare: prepareSequenceOrCollection, min: 1, max: 2, method: seqIndexOf,
	})
	define("seq_last_index_of", builtin{
		binds: bindsDirectCall, prepare: prepareSequenceOrCollection, min: 1, max: 2, method: seqIndexOf,
	})
	define("chunk", builtin{prepare: prepareSequence, min: 1, max: 2, method: chunk})
	define("sort", builtin{eval: func(e *env, n *builtinNode) (Value, error) {
		v, err := prepareSequence(e, n)
		if err != nil {
			return v, err
		}
		return e.sort(n, v, nil)
	}})
	define("sort_by", builtin{prepare: prepareSequence, min: 1, max: -1, method: sortBy})
	define("min", builtin{lazyTarget: true, eval: extreme(opLess)})
	define("max", builtin{lazyTarget: true, eval: extreme(opGreater)})
	define("keys", builtin{eval: func(e *env, n *builtinNode) (Value, error) {
		return hashPart(e, n, func(h hashEx) ([]Value, error) { return h.keys(e), nil })
	}})
	define("values", builtin{eval: func(e *env, n *builtinNode) (Value, error) {
		return hashPart(e, n, func(h hashEx) ([]Value, error) { return h.values(e) })
	}})
}

func first(e *env, n *builtinNode) (Value, error) {
	v, err := prepareSequenceOrCollection(e, n)
	if err != nil {
		return v, err
	}
	if v.can(aSequence) {
		s := v.ref.(sequence)
		size, err := s.size(e)
		if err != nil || size == 0 {
			return Value{}, err
		}
		return s.at(e, 0)
	}
	it, err := e.iterator(v)
	if err != nil {
		return v, err
	}
	v, _, err = it.next(e)
	return v, err
}

func size(e *env, n *builtinNode) (Value, error) {
	v, err := n.target.eval(e)
	if err != nil {
		return v, err
	}
	count := 0
	switch {
	case v.kind == kList:
		count = len(v.ref.(*list).items)
	case v.can(aSequence):
		count, err = v.ref.(sequence).size(e)
	case v.can(aCollectionEx):
		count = v.ref.(*lazyValue).knownSize
		if n.limit == 1 {
			count = min(count, 1)
		}
	case v.can(aHashEx):
		count = v.ref.(hashEx).hashSize()
	case v.can(aLazySequence):
		count, err = countItems(e, v.ref.(*lazyValue).it, int(n.limit))
	default:
		return v, e.typeError(n.target, v, "a sequence or a hash that can list its keys")
	}
	return Int(int64(count)), err
}

// countItems counts the remaining items of an iterator, up to a limit.
func countItems(e *env, it iterator, limit int) (int, error) {
	for count := 0; ; count++ {
		if _, ok, err := it.next(e); err != nil || !ok || count+1 == limit {
			return count + btoi(ok && err == nil), err
		}
	}
}

func toSequence(e *env, n *builtinNode) (Value, error) {
	v, err := prepareSequenceOrCollection(e, n)
	if err != nil || v.can(aSequence) {
		return v, err
	}
	l := v.ref.(*lazyValue)
	if n.lazy {
		return object0(&lazyValue{it: l.it, isSequence: true, knownSize: l.knownSize}), nil
	}
	items, err := e.items(v)
	return listOf(items), err
}

// hashPart returns the keys or the values of a hash.
func hashPart(e *env, n *builtinNode, part func(hashEx) ([]Value, error)) (Value, error) {
	v, err := n.target.eval(e)
	if err != nil {
		return v, err
	}
	if !v.can(aHashEx) {
		return v, e.typeError(n.target, v, "a hash that can list its keys")
	}
	h := v.ref.(hashEx)
	if err := e.listing(h); err != nil {
		return v, err
	}
	if err := e.growList(h.hashSize()); err != nil {
		return v, err
	}
	items, err := part(h)
	return object0(&joinedKeys{list{items: items}}), err
}

// listing counts a step for each entry of a hash that is about to be listed.
func (e *env) listing(h hashEx) error {
	e.charge(h.hashSize())
	return e.step()
}

func prepareJoin(e *env, n *builtinNode) (Value, error) {
	v, err := prepareSequenceOrCollection(e, n)
	if err == nil {
		err = refuseInfinite(n, v)
	}
	return v, err
}

func refuseInfinite(n *builtinNode, v Value) error {
	if r, ok := v.ref.(*rangeValue); ok && r.unbound {
		return otherError(n.pos, "?%s cannot process an endless range", n.bi.written)
	}
	return nil
}

func join(e *env, n *builtinNode, target Value, args []Value) (Value, error) {
	var texts [3]string
	for i := range args {
		s, err := n.argString(e, args, i)
		if err != nil {
			return Value{}, err
		}
		texts[i] = s
	}
	nArgs := len(args)
	it, err := e.iterator(target)
	if err != nil {
		return Value{}, err
	}
	var b strings.Builder
	any := false
	for {
		v, ok, err := it.next(e)
		if err != nil {
			return Value{}, err
		}
		if !ok {
			break
		}
		if v.missing() {
			continue
		}
		if any {
			b.WriteString(texts[0])
		}
		any = true
		s, _, err := e.text(v, n, false)
		if err != nil {
			return Value{}, wrapOther(n.pos, "?join failed", err)
		}
		b.WriteString(s)
		if b.Len() > e.limits.StringBytes {
			return Value{}, e.limitError("a string is too long")
		}
	}
	if any && nArgs > 2 {
		b.WriteString(texts[2])
	}
	if !any && nArgs > 1 {
		b.WriteString(texts[1])
	}
	return e.newString(joinHalves(b.String()))
}

// same reports whether an item of a sequence equals the value that is searched
// for.
func (e *env) same(n *builtinNode, item, searched Value) (bool, error) {
	if err := e.step(); err != nil {
		return false, err
	}
	eq, err := e.compare(n.pos, nil, item, opEqual, nil, searched, mismatchDiffers|nullIsFalse)
	if err != nil {
		err = wrapOther(n.pos, "?"+n.bi.written+" failed", err)
	}
	return eq, err
}

func seqContains(e *env, n *builtinNode, target Value, args []Value) (Value, error) {
	searched := args[0]
	it, err := e.iterator(target)
	if err != nil {
		return Value{}, err
	}
	for {
		v, ok, err := it.next(e)
		if err != nil || !ok {
			return Bool(false), err
		}
		eq, err := e.same(n, v, searched)
		if err != nil || eq {
			return Bool(eq), err
		}
	}
}

// seqIndexOf implements ?seq_index_of and ?seq_last_index_of.
func seqIndexOf(e *env, n *builtinNode, target Value, args []Value) (Value, error) {
	last := n.bi.name == "seq_last_index_of"
	searched, start, hasStart := args[0], 0, len(args) > 1
	if hasStart {
		var err error
		if start, err = n.argInt(args, 1); err != nil {
			return Value{}, err
		}
	}
	if !target.can(aSequence) {
		return seqIndexInCollection(e, n, target, searched, start, hasStart, last)
	}
	s := target.ref.(sequence)
	size, err := s.size(e)
	if err != nil {
		return Value{}, err
	}
	i, end, step := max(start, 0), size, 1
	if last {
		i, end, step = size-1, -1, -1
		if hasStart {
			i = min(start, size-1)
		}
	}
	for ; (i-end)*step < 0; i += step {
		v, err := s.at(e, i)
		if err != nil {
			return Value{}, err
		}
		eq, err := e.same(n, v, searched)
		if err != nil {
			return Value{}, err
		}
		if eq {
			return Int(int64(i)), nil
		}
	}
	return Int(-1), nil
}

func seqIndexInCollection(
	e *env, n *builtinNode, target, searched Value, start int, hasStart, last bool,
) (Value, error) {
	from, to := 0, int(^uint(0)>>1)
	if hasStart && last {
		to = start
	} else if hasStart {
		from = start
	}
	found := -1
	it, err := e.iterator(target)
	if err != nil || to < 0 {
		return Int(-1), err
	}
	for i := 0; i <= to; i++ {
		v, ok, err := it.next(e)
		if err != nil {
			return Value{}, err
		}
		if !ok {
			break
		}
		if i < from {
			continue
		}
		eq, err := e.same(n, v, searched)
		if err != nil {
			return Value{}, err
		}
		if eq {
			found = i
			if !last {
				break
			}
		}
	}
	return Int(int64(found)), nil
}

func chunk(e *env, n *builtinNode, target Value, args []Value) (Value, error) {
	count, err := n.argInt(args, 0)
	if err != nil {
		return Value{}, err
	}
	if count < 1 {
		return Value{}, otherError(n.pos, "argument 1 of ?chunk must be at least 1")
	}
	var fill Value
	if len(args) > 1 {
		fill = args[1]
	}
	items, err := e.items(target)
	if err != nil {
		return Value{}, err
	}
	var chunks []Value
	for len(items) > 0 {
		k := min(count, len(items))
		part := items[:k:k]
		if k < count && !fill.missing() {
			if err := e.growList(count); err != nil {
				return Value{}, err
			}
			part = append([]Value(nil), part...)
			for len(part) < count {
				part = append(part, fill)
			}
		}
		chunks = append(chunks, listOf(part))
		items = items[k:]
	}
	return listOf(chunks), e.growList(2 * len(chunks))
}

// extreme implements ?min and ?max.
func extreme(op compareOp) func(e *env, n *builtinNode) (Value, error) {
	return func(e *env, n *builtinNode) (Value, error) {
		v, err := prepareJoin(e, n)
		if err != nil {
			return v, err
		}
		it, err := e.iterator(v)
		if err != nil {
			return v, err
		}
		var best Value
		for {
			v, ok, err := it.next(e)
			if err != nil || !ok {
				return best, err
			}
			if v.missing() {
				continue
			}
			better := best.missing()
			if !better {
				if better, err = e.compare(n.pos, nil, v, op, nil, best, 0); err != nil {
					return v, err
				}
			}
			if better {
				best = v
			}
		}
	}
}

func sortBy(e *env, n *builtinNode, target Value, args []Value) (Value, error) {
	var path []string
	switch {
	case args[0].can(aString):
		s, err := e.stringOf(args[0])
		if err != nil {
			return Value{}, err
		}
		path = []string{s}
	case args[0].can(aSequence):
		items, err := e.items(args[0])
		if err != nil {
			return Value{}, err
		}
		for _, v := range items {
			if !v.can(aString) {
				return Value{}, otherError(n.pos, "the path of ?sort_by must consist of strings")
			}
			s, err := e.stringOf(v)
			if err != nil {
				return Value{}, err
			}
			path = append(path, s)
		}
	default:
		return Value{}, otherError(n.pos, "the argument of ?sort_by must be a string or a sequence of strings")
	}
	return e.sort(n, target, path)
}

// sort sorts a sequence by its items or, if path is not empty, by the values at
// that path in them.
func (e *env) sort(n *builtinNode, target Value, path []string) (Value, error) {
	items, err := e.items(target)
	if err != nil || len(items) == 0 {
		return target, err
	}
	if err := e.growList(3 * len(items)); err != nil {
		return Value{}, err
	}
	s := &sorter{e: e, n: n}
	order := make([]sortItem, len(items))
	for i, v := range items {
		if order[i].key, err = s.key(v, path); err != nil {
			return Value{}, err
		}
		order[i].place = i
	}
	if order, err = s.sort(order, make([]sortItem, len(order))); err != nil {
		return Value{}, err
	}
	sorted := make([]Value, len(items))
	for i, o := range order {
		sorted[i] = items[o.place]
	}
	return listOf(sorted), nil
}

// sorter sorts items by keys of one type.
type sorter struct {
	e   *env
	n   *builtinNode
	typ ability
}

// sortItem is the key of an item, and the index of the item.
type sortItem struct {
	key   Value
	place int
}

// sort is a merge sort, which is stable, and stops as soon as a comparison
// fails. The result is in items or in spare, which must have the same length.
func (s *sorter) sort(items, spare []sortItem) ([]sortItem, error) {
	for width := 1; width < len(items); width *= 2 {
		for lo := 0; lo < len(items); lo += 2 * width {
			mid, hi := min(lo+width, len(items)), min(lo+2*width, len(items))
			for i, j, k := lo, mid, lo; k < hi; k++ {
				right := i == mid
				if i < mid && j < hi {
					var err error
					if right, err = s.less(items[j].key, items[i].key); err != nil {
						return nil, err
					}
				}
				if right {
					spare[k] = items[j]
					j++
				} else {
					spare[k] = items[i]
					i++
				}
			}
		}
		items, spare = spare, items
	}
	return items, nil
}

// key returns the key by which an item is sorted.
func (s *sorter) key(key Value, path []string) (Value, error) {
	for _, name := range path {
		if err := s.e.step(); err != nil {
			return key, err
		}
		if !key.can(aHash) {
			return key, otherError(s.n.pos, "?sort_by cannot follow its path: a value on it is not a hash")
		}
		var err error
		if key, err = key.ref.(hash).get(s.e, name); err != nil {
			return key, err
		}
		if key.missing() {
			return key, otherError(s.n.pos, "?sort_by found no %s in an item", name)
		}
	}
	if s.typ == 0 {
		for _, a := range []ability{aString, aNumber, aDate, aBoolean} {
			if key.can(a) {
				s.typ = a
				break
			}
		}
		if s.typ == 0 {
			return key, otherError(s.n.pos, "only numbers, strings, dates and booleans can be sorted")
		}
	}
	if !key.can(s.typ) {
		return key, otherError(s.n.pos, "the values to be sorted must all have the same type")
	}
	var err error
	switch s.typ {
	case aString:
		var t string
		t, err = s.e.stringOf(key)
		key = String(t)
	case aDate:
		key, err = s.e.date(key)
	case aBoolean:
		var b bool
		b, err = s.e.truth(key)
		key = Bool(b)
	}
	return key, err
}

func (s *sorter) less(a, b Value) (bool, error) {
	if err := s.e.step(); err != nil {
		return false, err
	}
	switch s.typ {
	case aString:
		err := s.e.work(64 * (len(a.str()) + len(b.str())))
		return err == nil && s.e.collator().Compare(a.str(), b.str()) < 0, err
	case aNumber:
		c, err := s.e.compareNumbers(a, b)
		if err != nil {
			err = otherError(s.n.pos, "a number that is NaN cannot be compared")
		}
		return c < 0, err
	}
	return a.num < b.num, nil
}
