package freemarker

// Sequences that are not lists in memory, such as ranges and results that are
// generated lazily, and the iteration over all sequences.

import "math"

// rangeValue is first..last in one of its forms. An unbounded range is infinite
// in loops.
type rangeValue struct {
	first, step, n    int
	unbound, adaptive bool
	inclusive         bool
}

func newRange(first, to int, k rangeKind) *rangeValue {
	r := &rangeValue{first: first, step: 1, adaptive: k == rangeSized, inclusive: k == rangeInclusive}
	if k == rangeSized {
		to += first
	}
	r.n = to - first
	if first > to {
		r.step = -1
		r.n = -r.n
	}
	if r.inclusive {
		r.n++
	}
	return r
}

func (r *rangeValue) abilities() ability {
	if r.unbound {
		return aSequence | aCollection
	}
	return aSequence
}

func (r *rangeValue) size(*env) (int, error) {
	if r.unbound {
		return math.MaxInt32, nil
	}
	return r.n, nil
}

func (r *rangeValue) at(_ *env, i int) (Value, error) {
	if n, _ := r.size(nil); i < 0 || i >= n {
		return Value{}, otherError(pos{}, "there is no item %d in the range", i)
	}
	return Int(int64(r.first + i*r.step)), nil
}

func (r *rangeValue) iterate(*env) (iterator, error) { return &rangeIterator{r: r}, nil }

type rangeIterator struct {
	r *rangeValue
	i int
}

func (it *rangeIterator) hasNext(*env) (bool, error) { return it.r.unbound || it.i < it.r.n, nil }

func (it *rangeIterator) next(e *env) (Value, bool, error) {
	if !it.r.unbound && it.i >= it.r.n {
		return Value{}, false, nil
	}
	v := Int(int64(it.r.first + it.i*it.r.step))
	it.i++
	return v, true, e.step()
}

// seqIterator walks a sequence by index.
type seqIterator struct {
	s sequence
	i int
	n int
}

func (it *seqIterator) hasNext(*env) (bool, error) { return it.i < it.n, nil }

func (it *seqIterator) next(e *env) (Value, bool, error) {
	if it.i >= it.n {
		return Value{}, false, nil
	}
	v, err := it.s.at(e, it.i)
	it.i++
	if err == nil {
		err = e.step()
	}
	return v, true, err
}

// lazyValue is the result of a built-in such as ?map or ?filter if its items
// are computed while they are consumed.
type lazyValue struct {
	it         iterator
	isSequence bool
	knownSize  int // -1 if unknown
}

func (l *lazyValue) abilities() ability {
	a := aCollection | aLazy
	if l.knownSize >= 0 {
		a |= aCollectionEx
	}
	if l.isSequence {
		a |= aLazySequence
	}
	return a
}

func (l *lazyValue) iterate(*env) (iterator, error) { return l.it, nil }

// iterator returns an iterator over v, a sequence or collection.
func (e *env) iterator(v Value) (iterator, error) {
	if v.can(aCollection) {
		return v.ref.(iterable).iterate(e)
	}
	s := v.ref.(sequence)
	n, err := s.size(e)
	return &seqIterator{s: s, n: n}, err
}

// items returns all items of a sequence or collection.
func (e *env) items(v Value) ([]Value, error) {
	if l, ok := v.ref.(*list); ok {
		return l.items, nil
	}
	it, err := e.iterator(v)
	if err != nil {
		return nil, err
	}
	var out []Value
	if s, ok := v.ref.(sequence); ok {
		n, err := s.size(e)
		if err != nil {
			return nil, err
		}
		if err := e.growList(n); err != nil {
			return nil, err
		}
		out = make([]Value, 0, n)
	}
	for {
		v, ok, err := it.next(e)
		if err != nil {
			return nil, err
		}
		if !ok {
			return out, nil
		}
		if len(out) == cap(out) {
			if err := e.growList(2*len(out) + 1); err != nil {
				return nil, err
			}
		}
		out = append(out, v)
	}
}

// joinedKeys is the result of ?keys and ?values: a sequence that is also a
// collection.
type joinedKeys struct{ list }

func (*joinedKeys) abilities() ability { return aSequence | aCollection }

// at returns an item. Unlike in a list, a negative index is an error.
func (k *joinedKeys) at(e *env, i int) (Value, error) {
	if i < 0 {
		return Value{}, otherError(pos{}, "there is no item %d", i)
	}
	return k.list.at(e, i)
}

func (k *joinedKeys) iterate(*env) (iterator, error) {
	return &seqIterator{s: &k.list, n: len(k.items)}, nil
}

// reversed is the result of ?reverse.
type reversed struct {
	s     sequence
	inner Value
}

func (*reversed) abilities() ability { return aSequence }

func (r *reversed) size(e *env) (int, error) { return r.s.size(e) }

func (r *reversed) at(e *env, i int) (Value, error) {
	n, err := r.s.size(e)
	if err != nil {
		return Value{}, err
	}
	return r.s.at(e, n-1-i)
}

func (n *indexNode) eval(e *env) (Value, error) {
	if err := e.step(); err != nil {
		return Value{}, err
	}
	if b, ok := n.target.(*builtinNode); ok && b.bi.keyed != nil && !b.called {
		key, err := n.key.eval(e)
		if err != nil {
			return Value{}, err
		}
		if key.kind == kString {
			return b.evalKeyed(e, key.str())
		}
	}
	v, err := n.target.eval(e)
	if err != nil {
		return Value{}, err
	}
	if v.missing() {
		if e.settings.classic {
			return v, nil
		}
		return Value{}, e.missingError(n.target)
	}
	key, err := n.key.eval(e)
	if key.missing() && e.settings.classic {
		key = String("")
	}
	switch {
	case err != nil:
		return Value{}, err
	case key.missing():
		return Value{}, e.missingError(n.key)
	case key.isNumber():
		return n.byNumber(e, v, toInt(key))
	case key.can(aString):
		s, err := e.plainTextOf(key, n.key)
		if err != nil {
			return Value{}, err
		}
		if v.can(aHash) {
			return v.ref.(hash).get(e, s)
		}
		return Value{}, e.typeError(n.target, v, "a hash")
	}
	if r, ok := key.ref.(*rangeValue); ok {
		return n.byRange(e, v, r)
	}
	return Value{}, e.typeError(n.key, key, "a number, a range or a string")
}

func (n *indexNode) byNumber(e *env, v Value, i int) (Value, error) {
	if v.can(aSequence) {
		s := v.ref.(sequence)
		size, err := s.size(e)
		if err != nil || i >= size {
			return Value{}, err
		}
		return s.at(e, i)
	}
	if v.can(aLazySequence) {
		it, err := e.iterator(v)
		if err != nil || i < 0 {
			return Value{}, err
		}
		for ; ; i-- {
			item, ok, err := it.next(e)
			if err != nil || !ok || i == 0 {
				return item, err
			}
		}
	}
	s, err := e.sliceable(n.target, v)
	if err != nil {
		return Value{}, err
	}
	if i < 0 {
		return Value{}, otherError(n.pos, "a negative index is not allowed")
	}
	if err := e.work(len(s)); err != nil {
		return Value{}, err
	}
	if i >= utf16Len(s) {
		return Value{}, otherError(n.pos, "the index is beyond the end of the string")
	}
	return String(slice16(s, i, i+1)), nil
}

// sliceable returns v as the string that an index or range applies to.
func (e *env) sliceable(x expr, v Value) (string, error) {
	if v.kind == kMarkup {
		return "", e.typeError(x, v, "a sequence or string")
	}
	s, ok, err := e.text(v, x, true)
	if err == nil && !ok {
		err = e.typeError(x, v, "a sequence or string")
	}
	return s, err
}

// byRange returns v[range], where v is a sequence or a string.
func (n *indexNode) byRange(e *env, v Value, r *rangeValue) (Value, error) {
	if v.can(aLazySequence) {
		return n.lazyRange(e, v, r)
	}
	var s string
	var size int
	var err error
	seq := v.can(aSequence)
	if seq {
		size, err = v.ref.(sequence).size(e)
	} else {
		s, err = e.sliceable(n.target, v)
		size = utf16Len(s)
	}
	if err != nil {
		return Value{}, err
	}
	count, err := r.countIn(n.key.at(), size)
	if err != nil {
		return Value{}, err
	}
	if seq {
		return e.sliceList(v.ref.(sequence), r, count)
	}
	if count == 0 {
		return String(""), nil
	}
	if err := e.work(len(s)); err != nil {
		return Value{}, err
	}
	end := r.first + count
	if r.step < 0 && count > 1 {
		if !r.inclusive || count != 2 {
			return Value{}, otherError(n.key.at(), "a string cannot be sliced backwards")
		}
		end = r.first
	}
	out := slice16(s, r.first, end)
	return String(out), e.grow(len(out))
}

func (e *env) sliceList(s sequence, r *rangeValue, count int) (Value, error) {
	if err := e.growList(count); err != nil {
		return Value{}, err
	}
	items := make([]Value, count)
	for i := range items {
		v, err := s.at(e, r.first+i*r.step)
		if err != nil {
			return Value{}, err
		}
		items[i] = v
	}
	return listOf(items), nil
}

// countIn returns the number of items in the slice of a sequence that has size
// items.
func (r *rangeValue) countIn(at pos, size int) (int, error) {
	if !r.unbound && r.n == 0 {
		return 0, nil
	}
	if r.first < 0 {
		return 0, otherError(at, "a slice cannot start below 0")
	}
	if r.first > size || r.first == size && !(r.adaptive && r.step == 1) {
		return 0, otherError(at, "the range starts beyond the end of what it is applied to")
	}
	if r.unbound {
		return size - r.first, nil
	}
	last := r.first + (r.n-1)*r.step
	switch {
	case last < 0 && !r.adaptive:
		return 0, otherError(at, "the range ends below 0")
	case last < 0:
		return r.first + 1, nil
	case last >= size && !r.adaptive:
		return 0, otherError(at, "the range ends beyond the end of what it is applied to")
	case last >= size:
		return size - r.first, nil
	}
	return r.n, nil
}

// lazyRange slices a sequence that is generated lazily.
func (n *indexNode) lazyRange(e *env, v Value, r *rangeValue) (Value, error) {
	l := v.ref.(*lazyValue)
	if !r.unbound && r.n == 0 {
		return String(""), nil // as in the reference, which treats everything but lists in memory as strings here
	}
	if r.first < 0 {
		return Value{}, otherError(n.key.at(), "a slice cannot start below 0")
	}
	size := -1
	if l.knownSize >= 0 {
		var err error
		if size, err = r.countIn(n.key.at(), l.knownSize); err != nil {
			return Value{}, err
		}
		if size == 0 {
			return String(""), nil
		}
	}
	if !r.unbound && !r.adaptive && r.first+(r.n-1)*r.step < 0 {
		return Value{}, otherError(n.key.at(), "the range ends below 0")
	}
	if r.step < 0 {
		return n.lazyBackwards(e, l.it, r)
	}
	it := &sliceIterator{it: l.it, skip: r.first, left: r.n, r: r, at: n.key.at()}
	if n.lazy {
		return Value{ref: &lazyValue{it: it, isSequence: true, knownSize: size}, kind: kObject}, nil
	}
	items, err := e.items(Value{ref: &lazyValue{it: it, knownSize: -1}, kind: kObject})
	return listOf(items), err
}

func (n *indexNode) lazyBackwards(e *env, it iterator, r *rangeValue) (Value, error) {
	low := max(r.first-(r.n-1), 0)
	if err := e.growList(r.first - low + 1); err != nil {
		return Value{}, err
	}
	items := make([]Value, r.first-low+1)
	next := len(items) - 1
	for i := 0; i <= r.first; i++ {
		v, ok, err := it.next(e)
		if err != nil {
			return Value{}, err
		}
		if !ok {
			return Value{}, otherError(n.pos, "the range starts beyond the end of what it is applied to")
		}
		if i >= low {
			items[next] = v
			next--
		}
	}
	return listOf(items), nil
}

// sliceIterator returns a slice of the items of another iterator.
type sliceIterator struct {
	it   iterator
	skip int
	left int
	r    *rangeValue
	at   pos
}

// start skips the items before the slice.
func (it *sliceIterator) start(e *env) error {
	for ; it.skip > 0; it.skip-- {
		if _, ok, err := it.it.next(e); err != nil || !ok {
			if err == nil {
				err = otherError(it.at, "the range starts beyond the end of what it is applied to")
			}
			return err
		}
	}
	return nil
}

func (it *sliceIterator) hasNext(e *env) (bool, error) {
	if err := it.start(e); err != nil {
		return false, err
	}
	if !it.r.unbound && it.left == 0 {
		return false, nil
	}
	if !it.r.adaptive {
		return true, nil
	}
	return it.it.hasNext(e)
}

func (it *sliceIterator) next(e *env) (Value, bool, error) {
	if err := it.start(e); err != nil {
		return Value{}, false, err
	}
	if !it.r.unbound {
		if it.left == 0 {
			return Value{}, false, nil
		}
		it.left--
	}
	v, ok, err := it.it.next(e)
	if err == nil && !ok && !it.r.adaptive {
		err = otherError(it.at, "the range ends beyond the end of what it is applied to")
	}
	return v, ok, err
}
