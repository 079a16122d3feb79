package freemarker

// Built-ins for numbers, and those that convert other values to numbers.

import (
	"math"
	"math/big"
)

func init() {
	onNumber := func(f func(e *env, n *builtinNode, v Value) (Value, error)) builtin {
		return builtin{eval: func(e *env, n *builtinNode) (Value, error) {
			v, err := e.number(n.target)
			if err != nil {
				return v, err
			}
			return f(e, n, v)
		}}
	}
	define("abs", onNumber(func(_ *env, _ *builtinNode, v Value) (Value, error) { return absolute(v), nil }))
	define("floor", onNumber(func(e *env, n *builtinNode, v Value) (Value, error) { return toWhole(n, v, -1, false) }))
	define("ceiling", onNumber(func(e *env, n *builtinNode, v Value) (Value, error) { return toWhole(n, v, 1, false) }))
	define("round", onNumber(func(e *env, n *builtinNode, v Value) (Value, error) { return toWhole(n, v, -1, true) }))
	define("int", onNumber(func(_ *env, _ *builtinNode, v Value) (Value, error) {
		return Value{num: int64(toInt(v)), kind: kInt}, nil
	}))
	define("short", onNumber(func(_ *env, _ *builtinNode, v Value) (Value, error) {
		return Value{num: int64(int16(toInt(v))), kind: kInt}, nil
	}))
	define("byte", onNumber(func(_ *env, _ *builtinNode, v Value) (Value, error) {
		return Value{num: int64(int8(toInt(v))), kind: kInt}, nil
	}))
	define("double", onNumber(func(_ *env, _ *builtinNode, v Value) (Value, error) { return Float(toFloat(v)), nil }))
	define("float", onNumber(func(_ *env, _ *builtinNode, v Value) (Value, error) {
		f := float64(float32(toFloat(v)))
		return Value{num: int64(math.Float64bits(f)), kind: kFloat}, nil
	}))
	define("is_nan", onNumber(func(_ *env, _ *builtinNode, v Value) (Value, error) { return Bool(isNaN(v)), nil }))
	define("is_infinite", onNumber(func(_ *env, _ *builtinNode, v Value) (Value, error) { return Bool(isInf(v)), nil }))
	define("lower_abc", onNumber(func(_ *env, n *builtinNode, v Value) (Value, error) { return letters(n, v, 'a') }))
	define("upper_abc", onNumber(func(_ *env, n *builtinNode, v Value) (Value, error) { return letters(n, v, 'A') }))
	for name, t := range map[string]dateType{"date": dateDate, "time": dateTime, "datetime": dateDateTime} {
		define("number_to_"+name, onNumber(func(_ *env, n *builtinNode, v Value) (Value, error) {
			ms, ok := toMillis(v)
			if !ok {
				return Value{}, otherError(n.pos, "the number is too large for a date")
			}
			return dateValue(ms, t), nil
		}))
	}
	define("long", builtin{eval: func(e *env, n *builtinNode) (Value, error) {
		v, err := n.target.eval(e)
		switch {
		case err != nil:
			return v, err
		case v.isNumber():
			return Value{num: toLong(v), kind: kLong}, nil
		case v.can(aDate):
			d, err := e.date(v)
			return Value{num: d.num, kind: kLong}, err
		}
		return v, e.typeError(n.target, v, "a number or date")
	}})
	define("number", onString(parseNumber))
}

// parseNumber implements ?number.
func parseNumber(e *env, n *builtinNode, s string) (Value, error) {
	switch s {
	case "INF", "Infinity":
		return Float(math.Inf(1)), nil
	case "-INF", "-Infinity":
		return Float(math.Inf(-1)), nil
	case "NaN":
		return Float(math.NaN()), nil
	}
	v, err := parseDecimal(s, e.limits.NumberDigits)
	if err == errTooManyDigit {
		return v, e.limitError(err.Error())
	}
	if err != nil {
		return v, newError(KindType, n.pos, "the string is not a number")
	}
	return v, nil
}

func absolute(v Value) Value {
	switch v.kind {
	case kInt:
		if v.num < 0 {
			return Value{num: int64(int32(-v.num)), kind: kInt}
		}
	case kLong:
		if v.num < 0 {
			return Value{num: -v.num, kind: kLong}
		}
	case kDouble, kFloat:
		if v.float() < 0 {
			return Value{num: int64(math.Float64bits(-v.float())), kind: v.kind}
		}
	case kBigInt:
		return Value{ref: new(big.Int).Abs(v.ref.(*big.Int)), kind: kBigInt}
	default:
		if sign(v) < 0 {
			return negDecimal(v)
		}
	}
	return v
}

// toWhole converts a number to a double and rounds it down (-1) or up (1), after
// adding one half if half is set.
func toWhole(n *builtinNode, v Value, direction int, half bool) (Value, error) {
	f := toFloat(v)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return v, fatalError(n.pos, "the number is not finite")
	}
	whole := math.Floor(f)
	switch {
	case half && f-whole >= 0.5:
		whole++
	case direction > 0:
		whole = math.Ceil(f)
	}
	if math.Abs(whole) < 1<<62 {
		return newDecimal(int64(whole), 0), nil
	}
	i, _ := new(big.Float).SetFloat64(whole).Int(nil)
	return bigDecimal(i, 0), nil
}

// letters returns a, b, … z, aa, ab, … for 1, 2, ….
func letters(n *builtinNode, v Value, first byte) (Value, error) {
	i, ok := toIntExact(v)
	if !ok || i < 1 {
		return v, otherError(n.pos, "?%s needs a whole number of at least 1", n.bi.written)
	}
	// As in the reference, start with the smallest number that has as many
	// letters as the result, and increase each letter as far as possible. Large
	// numbers overflow an int32, as they overflow the reference's int. For the
	// largest numbers, the reference loops forever.
	whole, reached, weight := int32(i), int32(1), int32(1)
	for reached+weight*26 <= whole {
		if weight *= 26; weight == 0 {
			return v, otherError(n.pos, "?%s does not support numbers as large as %d", n.bi.written, i)
		}
		reached += weight
	}
	var out []byte
	for ; weight != 0; weight /= 26 {
		more := (whole - reached) / weight
		out = append(out, first+byte(more))
		reached += more * weight
	}
	return String(string(out)), nil
}

// toMillis rounds a number to whole milliseconds. It returns false for numbers
// that are too large.
func toMillis(v Value) (int64, bool) {
	switch v.kind {
	case kInt, kLong:
		return v.num, true
	case kDouble, kFloat:
		f := math.Floor(v.float() + 0.5)
		return floatToLong(f), true
	case kBigInt:
		return 0, false
	}
	whole := toBigInt(v)
	if v.scale > 0 {
		whole = divideHalfUp(v.unscaled(), bigPow10(v.scale))
	}
	return whole.Int64(), whole.IsInt64()
}
