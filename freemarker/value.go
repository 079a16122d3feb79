package freemarker

// The values that a template works on. A Value is a small struct that holds
// numbers and strings without an allocation, and refers to everything larger.

import (
	"math"
	"math/big"
	"sync/atomic"
	"unsafe"
)

// kind is how a Value is stored. What a template may do with the value depends
// on its abilities; see can.
type kind uint8

const (
	kMissing kind = iota
	kString
	kInt    // a Java int, in num
	kLong   // a Java long, in num
	kDec    // a decimal number: num / 10^scale
	kBigDec // a decimal number: *big.Int / 10^scale
	kBigInt // an integer beyond a long: *big.Int
	kDouble // the bits of a float64
	kFloat  // the bits of a float64 that holds a Java float
	kBool
	kDate // num is milliseconds since 1970 UTC, scale is the dateType
	kList // *list
	kMap  // *hashMap
	kNamespace
	kMacro
	kMarkup
	kObject // object
)

// ability is a set of the roles that a value can play in a template. One value
// may play several: the result of ?matches is a boolean and a sequence.
type ability uint32

const (
	aString ability = 1 << iota
	aNumber
	aBoolean
	aDate
	aSequence
	aCollection
	aCollectionEx
	aHash
	aHashEx
	aMethod
	aMacro
	aMarkup
	aDirective
	aNamespace
	aAPI // ?has_api is true, as for a list or hash from the data model
	aLazy
	aLazySequence
)

var abilities = [...]ability{
	kMissing:   0,
	kString:    aString,
	kInt:       aNumber,
	kLong:      aNumber,
	kDec:       aNumber,
	kBigDec:    aNumber,
	kBigInt:    aNumber,
	kDouble:    aNumber,
	kFloat:     aNumber,
	kBool:      aBoolean,
	kDate:      aDate,
	kList:      aSequence,
	kMap:       aHash | aHashEx,
	kNamespace: aHash | aHashEx | aNamespace,
	kMacro:     aMacro | aDirective,
	kMarkup:    aMarkup,
	kObject:    0,
}

// Value is a value of a template's data model. The zero Value is a missing
// value (null). Values are immutable and safe for concurrent use.
type Value struct {
	ref   any
	num   int64
	scale int32
	kind  kind
}

// object is a value other than a plain string, number, boolean, list or hash.
// It implements the interfaces below that correspond to its abilities.
type object interface{ abilities() ability }

type (
	stringer interface {
		asString(e *env) (string, error)
	}
	booler interface {
		asBool(e *env) (bool, error)
	}
	dater interface {
		asDate(e *env) (Value, error)
	}
	sequence interface {
		size(e *env) (int, error)
		at(e *env, i int) (Value, error)
	}
	iterable interface {
		iterate(e *env) (iterator, error)
	}
	hash interface {
		get(e *env, key string) (Value, error)
	}
	hashEx interface {
		hash
		hashSize() int
		keys(e *env) []Value
		values(e *env) ([]Value, error)
	}
	method interface {
		call(e *env, at pos, args []Value) (Value, error)
		// wantsStrings reports whether arguments are converted to strings first.
		wantsStrings() bool
	}
	// transform is a directive that may run its body, and use or change the
	// output of the body.
	transform interface {
		run(e *env, at pos, args []namedValue, body func() error) error
	}
)

// iterator walks a sequence or a collection once.
type iterator interface {
	// hasNext reports whether there is a next element. If elements are computed
	// by a function, it computes the next one only if necessary.
	hasNext(e *env) (bool, error)
	// next returns the next element; ok is false at the end.
	next(e *env) (v Value, ok bool, err error)
}

type namedValue struct {
	name string
	val  Value
}

// can reports whether v plays at least one of the roles in a.
func (v Value) can(a ability) bool { return v.abilities()&a != 0 }

func (v Value) abilities() ability {
	switch v.kind {
	case kObject:
		return v.ref.(object).abilities()
	case kList:
		if v.ref.(*list).fromModel {
			return aSequence | aAPI
		}
	case kMap:
		if v.ref.(*hashMap).fromModel {
			return aHash | aHashEx | aAPI
		}
	}
	return abilities[v.kind]
}

func (v Value) missing() bool { return v.kind == kMissing }

// isNumber reports whether v is a number. It is faster than can(aNumber).
func (v Value) isNumber() bool { return v.kind >= kInt && v.kind <= kFloat }

// stringPtr marks a Value's ref as the first byte of a string of num bytes.
type stringPtr *byte

// String returns a string value, which must be UTF-8.
func String(s string) Value {
	return Value{ref: stringPtr(unsafe.StringData(s)), num: int64(len(s)), kind: kString}
}

// str returns the text of a kString.
func (v Value) str() string {
	p, _ := v.ref.(stringPtr)
	return unsafe.String((*byte)(p), int(v.num))
}

// Int returns an integer value: a Java int, or a long if it does not fit.
func Int(n int64) Value { return Value{num: n, kind: intKind(n)} }

func intKind(n int64) kind {
	if n == int64(int32(n)) {
		return kInt
	}
	return kLong
}

// Float returns a floating point value, a Java double.
func Float(f float64) Value { return Value{num: int64(math.Float64bits(f)), kind: kDouble} }

// BigInt returns an integer of any size; n must not be modified afterwards.
func BigInt(n *big.Int) Value {
	if n.IsInt64() {
		return Int(n.Int64())
	}
	return Value{ref: n, kind: kBigInt}
}

// Bool returns a boolean value.
func Bool(b bool) Value {
	if b {
		return Value{num: 1, kind: kBool}
	}
	return Value{kind: kBool}
}

// List returns a sequence. The slice must not be modified afterwards.
func List(items ...Value) Value {
	return Value{ref: &list{items: items, fromModel: true}, kind: kList}
}

// Entry is one key and its value in a Map.
type Entry struct {
	Key   string
	Value Value
}

// Map returns a hash that keeps the order of its entries. A later entry with
// the same key replaces the earlier one's value.
func Map(entries ...Entry) Value {
	m := newHashMap(len(entries))
	for _, x := range entries {
		m.set(x.Key, x.Value)
	}
	m.fromModel = true
	return Value{ref: m, kind: kMap}
}

func (v Value) float() float64 { return math.Float64frombits(uint64(v.num)) }

func (v Value) bool() bool { return v.num != 0 }

// dateType is the part of a point in time that a date value represents.
type dateType int32

const (
	dateUnknown dateType = iota
	dateTime             // a time of day
	dateDate             // a day
	dateDateTime
)

func dateValue(ms int64, t dateType) Value {
	return Value{num: ms, scale: int32(t), kind: kDate}
}

// list is a sequence held in memory. Concatenation shares the backing array if
// this list was the last one to grow it, so that building a list in a loop
// costs the same as Go's append.
type list struct {
	items     []Value
	tail      *int // how many elements of the backing array are in use; nil means all
	fromModel bool
}

func listOf(items []Value) Value { return Value{ref: &list{items: items}, kind: kList} }

func (l *list) size(*env) (int, error) { return len(l.items), nil }

func (l *list) at(_ *env, i int) (Value, error) {
	if i < 0 || i >= len(l.items) {
		return Value{}, nil
	}
	return l.items[i], nil
}

// concat returns l followed by more.
func (l *list) concat(more []Value) *list {
	n := len(l.items)
	if l.tail == nil || *l.tail != n || cap(l.items) < n+len(more) {
		items := make([]Value, n, 2*(n+len(more))+4)
		copy(items, l.items)
		taken := n
		l = &list{items: items, tail: &taken}
	}
	items := append(l.items, more...)
	*l.tail = len(items)
	return &list{items: items, tail: l.tail}
}

// hashMap is a hash that keeps insertion order.
type hashMap struct {
	names     []string
	vals      []Value
	index     map[string]int // only if there are many
	extra     int            // repeated keys of a literal, which count in ?size
	fromModel bool
}

// smallMap is the size up to which a search is cheaper than an index.
const smallMap = 8

func newHashMap(n int) *hashMap {
	return &hashMap{names: make([]string, 0, n), vals: make([]Value, 0, n)}
}

func (m *hashMap) find(key string) int {
	if m.index != nil {
		if i, ok := m.index[key]; ok {
			return i
		}
		return -1
	}
	for i, k := range m.names {
		if k == key {
			return i
		}
	}
	return -1
}

func (m *hashMap) set(key string, v Value) {
	if i := m.find(key); i >= 0 {
		m.vals[i] = v
		return
	}
	m.names = append(m.names, key)
	m.vals = append(m.vals, v)
	if m.index != nil {
		m.index[key] = len(m.names) - 1
	} else if len(m.names) > smallMap {
		m.index = make(map[string]int, 2*len(m.names))
		for i, k := range m.names {
			m.index[k] = i
		}
	}
}

func (m *hashMap) lookup(key string) Value {
	if i := m.find(key); i >= 0 {
		return m.vals[i]
	}
	return Value{}
}

// lookupNear is like lookup, but first tries the position at which the key was
// found last, because the maps that one expression reads usually have the same
// keys in the same order.
func (m *hashMap) lookupNear(key string, hint *uint32) Value {
	if v := m.near(key, hint); v != nil {
		return *v
	}
	return Value{}
}

// near returns a pointer to the value of a key, or nil. It starts to search at
// the position hint, and updates hint.
func (m *hashMap) near(key string, hint *uint32) *Value {
	h := atomic.LoadUint32(hint)
	if int(h) < len(m.names) && sameName(m.names[h], key) {
		return &m.vals[h]
	}
	i := m.find(key)
	if i < 0 {
		return nil
	}
	atomic.StoreUint32(hint, uint32(i))
	return &m.vals[i]
}

// sameName reports whether two names are equal. Most are short, so comparing
// them here is faster than calling memequal.
func sameName(a, b string) bool {
	n := len(a)
	switch {
	case n != len(b):
		return false
	case n > 8:
		return a == b
	case n >= 4:
		return word(a) == word(b) && word(a[n-4:]) == word(b[n-4:])
	}
	for i := range n {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// word returns the first four bytes of s.
func word(s string) uint32 {
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

func (m *hashMap) get(_ *env, key string) (Value, error) { return m.lookup(key), nil }

func (m *hashMap) hashSize() int { return len(m.names) + m.extra }

func (m *hashMap) keys(*env) []Value { return stringValues(m.names) }

func (m *hashMap) values(*env) ([]Value, error) { return m.vals, nil }

func stringValues(names []string) []Value {
	out := make([]Value, len(names))
	for i, s := range names {
		out[i] = String(s)
	}
	return out
}

// markup is text that is already in an output format, or plain text that must
// be escaped to become such text.
type markup struct {
	format  *outputFormat
	plain   string
	text    string
	isPlain bool // plain is set
	hasText bool // text is set
}

func markupValue(m *markup) Value { return Value{ref: m, kind: kMarkup} }

// markupText returns the text in its output format.
func (m *markup) markupText() string {
	if m.hasText {
		return m.text
	}
	return m.format.escape(m.plain)
}

// describe returns the type of a value for error messages.
func describe(v Value) string {
	if v.kind == kMacro {
		if v.ref.(*macroValue).def.function {
			return "function"
		}
		return "macro"
	}
	names := [...]struct {
		a ability
		s string
	}{
		{aNamespace, "namespace"},
		{aSequence, "sequence"},
		{aCollection, "collection"},
		{aHashEx, "extended_hash"},
		{aHash, "hash"},
		{aString, "string"},
		{aNumber, "number"},
		{aDate, "date/time"},
		{aBoolean, "boolean"},
		{aMarkup, "markup_output"},
		{aMethod, "method"},
		{aDirective, "transform"},
	}
	a, out := v.abilities(), ""
	for _, n := range names {
		if a&n.a == 0 || n.a == aHash && a&aHashEx != 0 {
			continue
		}
		if out != "" {
			out += "+"
		}
		out += n.s
	}
	if out == "" {
		return "value"
	}
	return out
}
