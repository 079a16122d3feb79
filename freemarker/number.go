package freemarker

// Arithmetic as in FreeMarker's BigDecimal engine: sums are exact, products are
// rounded to 12 decimals, quotients have at least 12 decimals, and all rounding
// is half up. Numbers whose digits fit into an int64 are computed as integers,
// others with math/big.

import (
	"errors"
	"math"
	"math/big"
	"math/bits"
	"strconv"

	"temporal-twilio/freemarker/internal/javatext"
)

const minScale = 12 // minimum scale of quotients, and maximum scale of products

var pow10 = [...]int64{
	1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14,
	1e15, 1e16, 1e17, 1e18,
}

// bigPow10 returns 10^n.
func bigPow10(n int32) *big.Int {
	if int(n) < len(pow10) {
		return big.NewInt(pow10[n])
	}
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

var (
	errDivideByZero = errors.New("division by zero")
	errNotFinite    = errors.New("a number is not finite")
	errTooManyDigit = errors.New("a number has too many digits")
)

func newDecimal(unscaled int64, scale int32) Value {
	return Value{num: unscaled, scale: scale, kind: kDec}
}

// bigDecimal returns unscaled / 10^scale, stored as a small number if possible.
func bigDecimal(unscaled *big.Int, scale int32) Value {
	if unscaled.IsInt64() {
		return newDecimal(unscaled.Int64(), scale)
	}
	return Value{ref: unscaled, scale: scale, kind: kBigDec}
}

// isSmall reports whether v is stored as num / 10^scale. Ints have scale 0.
func (v Value) isSmall() bool { return v.kind >= kInt && v.kind <= kDec }

// toDecimal converts any number to a decimal.
func toDecimal(v Value) (Value, error) {
	switch v.kind {
	case kInt, kLong:
		return newDecimal(v.num, 0), nil
	case kBigInt:
		return bigDecimal(v.ref.(*big.Int), 0), nil
	case kDouble, kFloat:
		f := v.float()
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return Value{}, errNotFinite
		}
		if d, ok := shortDecimal(f); ok && v.kind == kDouble {
			return d, nil
		}
		return floatDecimal(f, v.kind == kFloat), nil
	}
	return v, nil
}

// shortDecimal is a faster floatDecimal for doubles with few decimals, such as
// prices; ok is false for others. Dividing two integers below 2^53 yields the
// double that is nearest to their quotient, so if the result is f, f is written
// with these digits.
func shortDecimal(f float64) (d Value, ok bool) {
	if abs := math.Abs(f); abs < 1e-3 || abs >= 1e7 {
		return Value{}, false
	}
	for scale, p := int32(1), 10.0; scale <= 4; scale, p = scale+1, p*10 {
		if n := math.Round(f * p); n/p == f {
			return newDecimal(int64(n), scale), true
		}
	}
	return Value{}, false
}

// floatDecimal returns new BigDecimal(Double.toString(f)) or, if single is set,
// the same with Float.toString.
func floatDecimal(f float64, single bool) Value {
	var buf [32]byte
	text := javatext.AppendDouble(buf[:0], f)
	if single {
		text = javatext.AppendFloat(buf[:0], float32(f))
	}
	v, _ := parseDecimal(string(text), maxDoubleScale)
	return v
}

// maxDoubleScale is greater than the scale and the number of digits of any
// floating point number's text.
const maxDoubleScale = 400

// unscaled returns the digits of a decimal as a big integer.
func (v Value) unscaled() *big.Int {
	if v.kind == kBigDec {
		return v.ref.(*big.Int)
	}
	return big.NewInt(v.num)
}

// rescale returns the digits of a decimal at a scale that is not smaller than
// its own.
func rescale(v Value, scale int32) *big.Int {
	u := v.unscaled()
	if scale > v.scale {
		return new(big.Int).Mul(u, bigPow10(scale-v.scale))
	}
	return u
}

// align brings two small decimals to the same scale, if the digits fit.
func align(a, b Value) (x, y int64, scale int32, ok bool) {
	if a.scale == b.scale {
		return a.num, b.num, a.scale, true
	}
	if a.scale < b.scale {
		x, ok = scaleUp(a.num, b.scale-a.scale)
		return x, b.num, b.scale, ok
	}
	y, ok = scaleUp(b.num, a.scale-b.scale)
	return a.num, y, a.scale, ok
}

func scaleUp(n int64, by int32) (int64, bool) {
	if int(by) >= len(pow10) {
		return 0, n == 0
	}
	return mulSmall(n, pow10[by])
}

func mulSmall(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	// Signed correction of the high word.
	shi := int64(hi)
	if a < 0 {
		shi -= b
	}
	if b < 0 {
		shi -= a
	}
	r := int64(lo)
	return r, shi == r>>63
}

// smallResult computes l op r for integers. It returns false if the result is
// not a 64-bit integer.
func smallResult(op byte, l, r int64) (int64, bool) {
	switch op {
	case '+':
		s := l + r
		return s, (s^l)&(s^r) >= 0
	case '-':
		s := l - r
		return s, (l^r)&(s^l) >= 0
	case '*':
		if l == int64(int32(l)) && r == int64(int32(r)) {
			return l * r, true
		}
		return mulSmall(l, r)
	case '%':
		if uint64(l|r) <= math.MaxUint32 && r != 0 { // 32-bit division is faster
			return int64(uint32(l) % uint32(r)), true
		}
		if r > 0 {
			return l % r, true
		}
	}
	return 0, false
}

// smallValue returns n, the result of an operation on integers. A remainder is
// a long, and any other result is a decimal.
func smallValue(op byte, n int64) Value {
	if op == '%' {
		return Value{num: n, kind: kLong}
	}
	return newDecimal(n, 0)
}

// integer is an expression whose value may be an integer. The method integer
// has no side effects and reports no error: if ok is false, the expression must
// be evaluated.
type integer interface {
	integer(e *env) (n int64, ok bool)
}

// isInteger reports whether v is an integer that is stored in num.
func (v *Value) isInteger() bool { return v.isSmall() && v.scale == 0 }

func (n *numberNode) integer(*env) (int64, bool) { return n.v.num, n.v.isInteger() }

func (n *identNode) integer(e *env) (int64, bool) {
	v := n.find(e)
	if v == nil || !v.isInteger() {
		return 0, false
	}
	return v.num, true
}

func (n *chainNode) integer(e *env) (l int64, ok bool) {
	if len(n.integers) == 0 {
		return 0, false
	}
	l, ok = n.integers[0].integer(e)
	for i := 0; ok && i < len(n.rest); i++ {
		var r int64
		if r, ok = n.integers[i+1].integer(e); ok {
			l, ok = smallResult(n.rest[i].op, l, r)
		}
	}
	return l, ok
}

// findIntegers sets n.integers if every operand may be an integer. The parser
// calls it when the chain is complete.
func (n *chainNode) findIntegers() {
	integers := make([]integer, 0, len(n.rest)+1)
	steps := len(n.rest)
	for i := range len(n.rest) + 1 {
		x := n.first
		if i > 0 {
			x = n.rest[i-1].x
		}
		one, ok := x.(integer)
		if chain, isChain := x.(*chainNode); isChain {
			ok = chain.integers != nil
			steps += chain.steps
		} else {
			steps++
		}
		if !ok {
			return
		}
		integers = append(integers, one)
	}
	n.integers, n.steps = integers, steps
}

// addNumbers returns a + b.
func (e *env) addNumbers(a, b Value) (Value, error) {
	a, b, err := decimals(a, b)
	if err != nil {
		return Value{}, err
	}
	if a.kind == kDec && b.kind == kDec {
		if x, y, scale, ok := align(a, b); ok {
			if r := x + y; (r^x)&(r^y) >= 0 {
				return newDecimal(r, scale), nil
			}
		}
	}
	return e.bigSum(a, b, (*big.Int).Add)
}

// subNumbers returns a - b.
func (e *env) subNumbers(a, b Value) (Value, error) {
	a, b, err := decimals(a, b)
	if err != nil {
		return Value{}, err
	}
	if a.kind == kDec && b.kind == kDec {
		if x, y, scale, ok := align(a, b); ok {
			if r := x - y; (x^y)&(r^x) >= 0 {
				return newDecimal(r, scale), nil
			}
		}
	}
	return e.bigSum(a, b, (*big.Int).Sub)
}

// bigSum computes a sum or difference of decimals that may be large.
func (e *env) bigSum(a, b Value, op func(z, x, y *big.Int) *big.Int) (Value, error) {
	scale := max(a.scale, b.scale)
	if err := e.checkDigits(a, scale-a.scale); err != nil {
		return Value{}, err
	}
	if err := e.checkDigits(b, scale-b.scale); err != nil {
		return Value{}, err
	}
	return e.checkedDecimal(op(new(big.Int), rescale(a, scale), rescale(b, scale)), scale)
}

// decimals converts two numbers to decimals.
func decimals(a, b Value) (x, y Value, err error) {
	if a, err = toDecimal(a); err != nil {
		return a, b, err
	}
	b, err = toDecimal(b)
	return a, b, err
}

// mulNumbers returns a * b, rounded to 12 decimals.
func (e *env) mulNumbers(a, b Value) (Value, error) {
	a, b, err := decimals(a, b)
	if err != nil {
		return Value{}, err
	}
	if a.kind == kDec && b.kind == kDec && a.scale+b.scale <= minScale {
		if r, ok := mulSmall(a.num, b.num); ok {
			return newDecimal(r, a.scale+b.scale), nil
		}
	}
	if err := e.checkDigits(a, 0); err != nil {
		return Value{}, err
	}
	if err := e.checkDigits(b, 0); err != nil {
		return Value{}, err
	}
	r, scale := new(big.Int).Mul(a.unscaled(), b.unscaled()), a.scale+b.scale
	if scale > minScale {
		r = divideHalfUp(r, bigPow10(scale-minScale))
		scale = minScale
	}
	return e.checkedDecimal(r, scale)
}

// divNumbers returns a / b with at least 12 decimals.
func (e *env) divNumbers(a, b Value) (Value, error) {
	a, b, err := decimals(a, b)
	if err != nil {
		return Value{}, err
	}
	if b.kind == kDec && b.num == 0 {
		return Value{}, errDivideByZero
	}
	scale := max(a.scale, b.scale, minScale)
	shift := scale + b.scale - a.scale // a*10^shift / b
	if a.kind == kDec && b.kind == kDec && shift >= 0 && int(shift) < len(pow10) {
		if r, ok := divSmall(a.num, pow10[shift], b.num); ok {
			return newDecimal(r, scale), nil
		}
	}
	if err := e.checkDigits(a, shift); err != nil {
		return Value{}, err
	}
	if err := e.checkDigits(b, -shift); err != nil {
		return Value{}, err
	}
	n, d := a.unscaled(), b.unscaled()
	if shift >= 0 {
		n = new(big.Int).Mul(n, bigPow10(shift))
	} else {
		d = new(big.Int).Mul(d, bigPow10(-shift))
	}
	return e.checkedDecimal(divideHalfUp(n, d), scale)
}

// divSmall returns a*m/b rounded half up, if it fits.
func divSmall(a, m, b int64) (int64, bool) {
	neg := (a < 0) != (b < 0)
	ua, ub := absInt(a), absInt(b)
	hi, lo := bits.Mul64(ua, uint64(m))
	if hi >= ub {
		return 0, false
	}
	q, r := bits.Div64(hi, lo, ub)
	if r >= ub-r {
		q++
	}
	if q > math.MaxInt64 {
		return 0, false
	}
	if neg {
		return -int64(q), true
	}
	return int64(q), true
}

func absInt(n int64) uint64 {
	if n < 0 {
		return uint64(-n)
	}
	return uint64(n)
}

// divideHalfUp returns n/d rounded to the nearest integer, ties away from zero.
func divideHalfUp(n, d *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(n, d, new(big.Int))
	r.Abs(r).Lsh(r, 1)
	if r.CmpAbs(d) >= 0 {
		if n.Sign()*d.Sign() < 0 {
			q.Sub(q, big.NewInt(1))
		} else {
			q.Add(q, big.NewInt(1))
		}
	}
	return q
}

// modNumbers returns the remainder of a and b, both truncated to a long.
func (e *env) modNumbers(a, b Value) (Value, error) {
	y := toLong(b)
	if y == 0 {
		return Value{}, errDivideByZero
	}
	if y == -1 {
		return Value{kind: kLong}, nil
	}
	return Value{num: toLong(a) % y, kind: kLong}, nil
}

// negate returns -v like the unary minus: an int becomes a long, and the
// minimum of either type is unchanged.
func (e *env) negate(v Value) (Value, error) {
	switch v.kind {
	case kInt:
		return Value{num: int64(int32(-v.num)), kind: kLong}, nil
	case kLong:
		return Value{num: -v.num, kind: kLong}, nil
	case kDouble, kFloat:
		return Value{num: int64(math.Float64bits(-1 * v.float())), kind: v.kind}, nil
	case kBigInt:
		return Value{ref: new(big.Int).Neg(v.ref.(*big.Int)), kind: kBigInt}, nil
	}
	r := negDecimal(v)
	if r.scale > minScale { // the engine multiplies by -1, and rounds
		return bigDecimal(divideHalfUp(r.unscaled(), bigPow10(r.scale-minScale)), minScale), nil
	}
	return r, nil
}

func negDecimal(v Value) Value {
	if v.kind == kDec && v.num != math.MinInt64 {
		return newDecimal(-v.num, v.scale)
	}
	return bigDecimal(new(big.Int).Neg(v.unscaled()), v.scale)
}

// sign returns the sign of a number.
func sign(v Value) int {
	switch v.kind {
	case kDouble, kFloat:
		switch f := v.float(); {
		case f > 0:
			return 1
		case f < 0:
			return -1
		}
		return 0
	case kBigDec, kBigInt:
		return v.ref.(*big.Int).Sign()
	}
	switch {
	case v.num > 0:
		return 1
	case v.num < 0:
		return -1
	}
	return 0
}

// compareNumbers returns -1, 0 or 1, or an error if one of the numbers is NaN.
func (e *env) compareNumbers(a, b Value) (int, error) {
	if a.isSmall() && b.isSmall() && a.scale == b.scale {
		return cmpInt(a.num, b.num), nil
	}
	if isNaN(a) || isNaN(b) {
		return 0, errNotFinite
	}
	sa, sb := sign(a), sign(b)
	if sa != sb {
		return cmpInt(int64(sa), int64(sb)), nil
	}
	if sa == 0 {
		return 0, nil
	}
	if a.kind == b.kind && a.kind == kDouble || isInf(a) || isInf(b) {
		return cmpFloat(toFloat(a), toFloat(b)), nil
	}
	a, b, err := decimals(a, b)
	if err != nil {
		return 0, err
	}
	if a.kind == kDec && b.kind == kDec {
		if x, y, _, ok := align(a, b); ok {
			return cmpInt(x, y), nil
		}
	}
	scale := max(a.scale, b.scale)
	// The numbers differ greatly in size, so compare them without expanding
	// their zeros.
	if d := digitsBefore(a) - digitsBefore(b); d > 1 || d < -1 {
		return cmpInt(int64(d), 0) * sa, nil
	}
	return rescale(a, scale).Cmp(rescale(b, scale)), nil
}

// digitsBefore estimates the number of digits before the point. The estimate is
// off by at most 1.
func digitsBefore(v Value) int {
	return int(float64(v.unscaled().BitLen())*0.30103) - int(v.scale)
}

func cmpInt(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func cmpFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// checkedDecimal is like bigDecimal, but for the result of a calculation: it
// checks the limits on digits and memory.
func (e *env) checkedDecimal(n *big.Int, scale int32) (Value, error) {
	v := bigDecimal(n, scale)
	if v.kind == kDec {
		return v, nil
	}
	if err := e.checkDigits(v, 0); err != nil {
		return v, err
	}
	return v, e.alloc(n.BitLen() / 8)
}

func isNaN(v Value) bool {
	return (v.kind == kDouble || v.kind == kFloat) && math.IsNaN(v.float())
}

func isInf(v Value) bool {
	return (v.kind == kDouble || v.kind == kFloat) && math.IsInf(v.float(), 0)
}

// toBigInt truncates a finite number to an integer.
func toBigInt(v Value) *big.Int {
	switch v.kind {
	case kBigInt:
		return v.ref.(*big.Int)
	case kInt, kLong:
		return big.NewInt(v.num)
	}
	u := v.unscaled()
	if v.scale <= 0 {
		return new(big.Int).Mul(u, bigPow10(-v.scale))
	}
	return new(big.Int).Quo(u, bigPow10(v.scale))
}

// toLong implements Number.longValue: integers keep their low 64 bits, and
// floating point numbers are clamped.
func toLong(v Value) int64 {
	switch v.kind {
	case kInt, kLong:
		return v.num
	case kDouble, kFloat:
		return floatToLong(v.float())
	case kDec:
		if v.scale == 0 {
			return v.num
		}
		if v.scale > 0 {
			if int(v.scale) >= len(pow10) {
				return 0
			}
			return v.num / pow10[v.scale]
		}
	}
	if v.scale < -100000 {
		return 0
	}
	return int64(lowBits(toBigInt(v)))
}

// lowBits returns n modulo 2^64.
func lowBits(n *big.Int) uint64 {
	m := new(big.Int).And(n, new(big.Int).SetUint64(math.MaxUint64))
	return m.Uint64()
}

func floatToLong(f float64) int64 { return saturate(f, math.MinInt64, math.MaxInt64) }

// saturate converts a double to an integer as Java does, by clamping it.
func saturate(f float64, least, most int64) int64 {
	switch {
	case math.IsNaN(f):
		return 0
	case f >= float64(most):
		return most
	case f <= float64(least):
		return least
	}
	return int64(f)
}

// toInt implements Number.intValue.
func toInt(v Value) int {
	switch v.kind {
	case kDouble, kFloat:
		return int(saturate(v.float(), math.MinInt32, math.MaxInt32))
	}
	return int(int32(toLong(v)))
}

// toFloat implements Number.doubleValue.
func toFloat(v Value) float64 {
	switch v.kind {
	case kInt, kLong:
		return float64(v.num)
	case kDouble, kFloat:
		return v.float()
	case kDec:
		if v.scale == 0 {
			return float64(v.num)
		}
	case kBigInt:
		f, _ := new(big.Float).SetInt(v.ref.(*big.Int)).Float64()
		return f
	}
	f, _ := strconv.ParseFloat(v.unscaled().String()+"e"+strconv.Itoa(int(-v.scale)), 64)
	return f
}

// toIntExact returns a number as a Java int, if it is one.
func toIntExact(v Value) (int, bool) {
	switch v.kind {
	case kInt:
		return int(v.num), true
	case kDouble, kFloat:
		f := v.float()
		return int(f), f == math.Trunc(f) && math.Abs(f) <= math.MaxInt32
	case kBigInt:
		return 0, false
	}
	n := toLong(v)
	d, err := toDecimal(Value{num: n, kind: kLong})
	if err != nil || n != int64(int32(n)) {
		return 0, false
	}
	c, err := (*env)(nil).compareNumbers(d, v)
	return int(n), err == nil && c == 0
}
