package freemarker

// Comparing values.

func (op compareOp) holds(c int) bool {
	switch op {
	case opEqual:
		return c == 0
	case opNotEqual:
		return c != 0
	case opLess:
		return c < 0
	case opGreater:
		return c > 0
	case opLessEqual:
		return c <= 0
	}
	return c >= 0
}

// compareMode changes how compare handles values that cannot be compared.
type compareMode uint8

const (
	// mismatchDiffers makes values of different types unequal; without it,
	// comparing them is an error.
	mismatchDiffers compareMode = 1 << iota
	// nullIsFalse makes a comparison with a missing value false; without it,
	// the comparison is an error.
	nullIsFalse
)

// compare reports whether l op r holds. lx and rx are named in errors about
// missing values; if they are nil, the error names no operand.
func (e *env) compare(at pos, lx expr, l Value, op compareOp, rx expr, r Value, mode compareMode) (bool, error) {
	if e.settings.classic {
		l, r = e.classicOperand(l), e.classicOperand(r)
	}
	if l.missing() || r.missing() {
		if mode&nullIsFalse != 0 {
			return false, nil
		}
		x := lx
		if !l.missing() {
			x = rx
		}
		if x == nil {
			return false, otherError(at, "an operand of a comparison is null or missing")
		}
		return false, e.missingError(x)
	}
	c, ok, err := e.order(at, l, op, r)
	if err != nil {
		return false, err
	}
	if ok {
		return op.holds(c), nil
	}
	if e.settings.classic && lx != nil && rx != nil {
		return e.compareText(lx, l, op, rx, r)
	}
	if mode&mismatchDiffers != 0 && (op == opEqual || op == opNotEqual) {
		return op == opNotEqual, nil
	}
	return false, otherError(at, "a %s cannot be compared with a %s", describe(l), describe(r))
}

// classicOperand turns a missing value into an empty string.
func (e *env) classicOperand(v Value) Value {
	if v.missing() {
		return String("")
	}
	return v
}

// compareText compares values of different types as strings.
func (e *env) compareText(lx expr, l Value, op compareOp, rx expr, r Value) (bool, error) {
	a, err := e.plainTextOf(l, lx)
	if err != nil {
		return false, err
	}
	b, err := e.plainTextOf(r, rx)
	if err != nil {
		return false, err
	}
	c, _, err := e.orderStrings(String(a), String(b))
	return op.holds(c), err
}

// order compares two values. ok is false if they have no common type that can
// be compared.
func (e *env) order(at pos, l Value, op compareOp, r Value) (c int, ok bool, err error) {
	ordered := op != opEqual && op != opNotEqual
	switch {
	case l.isNumber() && r.isNumber():
		c, err := e.compareNumbers(l, r)
		if err != nil {
			err = otherError(at, "a number that is NaN cannot be compared")
		}
		return c, true, err
	case l.can(aDate) && r.can(aDate):
		return e.orderDates(at, l, r)
	case l.can(aString) && r.can(aString):
		if ordered {
			return 0, false, otherError(at, "strings can only be compared with == and !=")
		}
		return e.orderStrings(l, r)
	case l.can(aBoolean) && r.can(aBoolean):
		if ordered {
			return 0, false, otherError(at, "booleans can only be compared with == and !=")
		}
		a, err := e.truth(l)
		if err != nil {
			return 0, false, err
		}
		b, err := e.truth(r)
		return btoi(a) - btoi(b), true, err
	}
	return 0, false, nil
}

func (e *env) truth(v Value) (bool, error) {
	if v.kind == kBool {
		return v.bool(), nil
	}
	return v.ref.(booler).asBool(e)
}

func (e *env) orderDates(at pos, l, r Value) (int, bool, error) {
	l, err := e.date(l)
	if err != nil {
		return 0, false, err
	}
	if r, err = e.date(r); err != nil {
		return 0, false, err
	}
	if l.scale != r.scale {
		return 0, false, otherError(at, "dates of different types cannot be compared")
	}
	return cmpInt(l.num, r.num), true, nil
}

// date converts v, which must play the role of a date, to a plain date.
func (e *env) date(v Value) (Value, error) {
	if v.kind == kDate {
		return v, nil
	}
	return v.ref.(dater).asDate(e)
}

func (e *env) orderStrings(l, r Value) (int, bool, error) {
	a, err := e.stringOf(l)
	if err != nil {
		return 0, false, err
	}
	b, err := e.stringOf(r)
	if err != nil {
		return 0, false, err
	}
	if a == b {
		return 0, true, nil
	}
	if printable(a) && printable(b) {
		return 1, true, nil // because the collator ignores no printable character
	}
	if err := e.work(64 * (len(a) + len(b))); err != nil {
		return 0, false, err
	}
	return e.collator().Compare(a, b), true, nil
}

// stringOf converts v, which must play the role of a string, to a plain string.
func (e *env) stringOf(v Value) (string, error) {
	if v.kind == kString {
		return v.str(), nil
	}
	return v.ref.(stringer).asString(e)
}

// printable reports whether s consists only of printable ASCII characters.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
