package javatext

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"sync"
)

// Digits holds the decimal digits that JDK 17 computes for a floating point
// number: those of Double.toString, which java.text.DecimalFormat starts from.
// Usually, but not always, they are the shortest digits that identify the
// number: 2e23 is 1.9999999999999998E23. That is JDK-4511638, fixed in JDK 19.
type Digits struct {
	Text      [20]byte // '0' to '9', the first Count of them
	Count     int
	Point     int  // the value is 0.Text × 10^Point
	Exact     bool // the digits are known to be the number's exact value
	RoundedUp bool // the digits are greater than the exact value
}

const (
	fractionBits = 52   // bits of the fraction of a float64
	bias         = 1023 // bias of the exponent of a float64
	hiddenBit    = 1 << fractionBits
)

// DoubleDigits returns the digits of |f|, which must be finite.
func DoubleDigits(f float64) (d Digits) {
	b := math.Float64bits(f)
	exp, frac := int(b>>fractionBits&0x7ff), b&(hiddenBit-1)
	significant := fractionBits + 1
	switch {
	case exp != 0:
		frac |= hiddenBit
	case frac == 0:
		d.Text[0], d.Count = '0', 1
		return d
	default: // subnormal
		shift := bits.LeadingZeros64(frac) - (63 - fractionBits)
		frac <<= shift
		exp = 1 - shift
		significant -= shift
	}
	d.develop(exp-bias, frac, significant)
	return d
}

// floatDigits returns the digits of |f|, which must be finite.
func floatDigits(f float32) (d Digits) {
	b := math.Float32bits(f)
	exp, frac := int(b>>23&0xff), uint64(b&(1<<23-1))
	significant := 24
	switch {
	case exp != 0:
		frac |= 1 << 23
	case frac == 0:
		d.Text[0], d.Count = '0', 1
		return d
	default:
		shift := bits.LeadingZeros32(uint32(frac)) - 8
		frac <<= shift
		exp = 1 - shift
		significant -= shift
	}
	d.develop(exp-127, frac<<(fractionBits-23), significant)
	return d
}

// bitsOf5[i] is the number of bits of 5^i, as the JDK estimates it.
var bitsOf5 = [...]int{
	0, 3, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28, 31, 33, 35, 38, 40, 42, 45, 47, 49, 52, 54, 56, 59, 61,
}

func estimateBitsOf5(power int) int {
	if power < len(bitsOf5) {
		return bitsOf5[power]
	}
	return power * 3
}

var powersOf5 = func() (p [27]int64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 5
	}
	return p
}()

// scaled is a number, b/s × 10^exp, with half a unit in its last place, m/s ×
// 10^exp. b is frac × 2^b2 × 5^b5, s is 2^s2 × 5^s5, and m is 2^m2 × 5^m5.
type scaled struct {
	frac                   int64
	b2, b5, s2, s5, m2, m5 int
	exp                    int
}

// develop is the JDK's variant of Steele and White's algorithm: it produces
// digits until the rest is less than half a unit in the last place. Its quirks
// are kept: it stops late at powers of two, and when integers overflow.
func (d *Digits) develop(exp int, frac uint64, significant int) {
	tail := bits.TrailingZeros64(frac)
	width := fractionBits + 1 - tail
	tiny := max(0, width-exp-1) // bits after the binary point
	if tiny == 0 && -21 <= exp && exp <= 62 && width < 64 {
		d.integer(exp, frac, significant)
		return
	}
	n := scaled{frac: int64(frac >> tail), exp: estimateExponent(frac, exp)}
	n.b5, n.s5 = max(0, -n.exp), max(0, n.exp)
	n.m5 = n.b5
	n.b2 = n.b5 + tiny + exp
	n.s2 = n.s5 + tiny
	n.m2 = n.b2 - significant
	n.b2 -= width - 1
	common := min(n.b2, n.s2)
	n.b2 -= common
	n.s2 -= common
	n.m2 -= common
	if width == 1 { // a power of two: the next smaller number is nearer
		n.m2--
	}
	if n.m2 < 0 {
		n.b2 -= n.m2
		n.s2 -= n.m2
		n.m2 = 0
	}
	widthB := width + n.b2 + estimateBitsOf5(n.b5)
	width10S := n.s2 + 1 + estimateBitsOf5(n.s5+1)
	var up bool
	switch {
	case widthB < 32 && width10S < 32:
		up = small[int32](d, &n)
	case widthB < 64 && width10S < 64:
		up = small[int64](d, &n)
	default:
		up = d.large(&n)
	}
	d.Point = n.exp + 1
	if up {
		d.roundUp()
	}
}

// integer develops a number without a fraction that fits in 63 bits.
func (d *Digits) integer(exp int, frac uint64, significant int) {
	if exp >= fractionBits {
		frac <<= exp - fractionBits
	} else {
		frac >>= fractionBits - exp
	}
	drop := 0
	if exp > significant {
		drop = insignificantDigits(exp - significant - 1)
		power := uint64(powersOf5[drop]) << drop
		rest := frac % power
		frac /= power
		if rest >= power>>1 && drop != 0 {
			frac++
		}
	}
	text := strconv.AppendUint(d.Text[:0], frac, 10)
	d.Point = len(text) + drop
	d.Count = len(text)
	for d.Count > 1 && d.Text[d.Count-1] == '0' {
		d.Count--
	}
}

// insignificantDigits returns floor(log10(2^power)), or 0 for powers below two.
func insignificantDigits(power int) int {
	if power <= 1 || power > 63 {
		return 0
	}
	n := 0
	for v := uint64(1) << power; v >= 10; v /= 10 {
		n++
	}
	return n
}

// stops reports whether a single digit may be enough: in E notation, Java
// requires two.
func stops(exp int) bool { return -3 <= exp && exp < 8 }

// small develops digits with int or long arithmetic, and reports whether the
// last one must be rounded up.
func small[T int32 | int64](d *Digits, n *scaled) bool {
	b := T(n.frac) * T(powersOf5[n.b5]) << n.b2
	s := T(powersOf5[n.s5]) << n.s2
	m := T(powersOf5[n.m5]) << n.m2
	tens := s * 10
	q := b / s
	b = 10 * (b % s)
	m *= 10
	low, high := b < m, b+m > tens
	if q == 0 && !high {
		n.exp--
	} else {
		d.add(int64(q))
	}
	if !stops(n.exp) {
		low, high = false, false
	}
	for !low && !high {
		q = b / s
		b = 10 * (b % s)
		m *= 10
		if m > 0 {
			low, high = b < m, b+m > tens
		} else { // overflow
			low, high = true, true
		}
		d.add(int64(q))
	}
	d.Exact = b == 0
	rest := b<<1 - tens
	return d.roundsUp(low, high, cmpZero(rest))
}

func cmpZero[T int32 | int64](v T) int {
	switch {
	case v < 0:
		return -1
	case v > 0:
		return 1
	}
	return 0
}

// wide holds the big integers of one conversion.
type wide struct{ b, s, m, tens, q, sum big.Int }

var wides = sync.Pool{New: func() any { return new(wide) }}

var five = big.NewInt(5)

// power sets z to a product of powers of five and two.
func (w *wide) power(z *big.Int, fives, twos int) {
	if fives < len(powersOf5) {
		z.SetInt64(powersOf5[fives])
	} else {
		z.SetInt64(int64(fives))
		z.Exp(five, z, nil)
	}
	z.Lsh(z, uint(twos))
}

// large is like small, but for numbers of any size.
func (d *Digits) large(n *scaled) bool {
	w := wides.Get().(*wide)
	defer wides.Put(w)
	w.power(&w.s, n.s5, n.s2)
	w.power(&w.b, n.b5, n.b2)
	w.q.SetInt64(n.frac)
	w.b.Mul(&w.b, &w.q)
	w.power(&w.m, n.m5+1, n.m2+1)
	w.power(&w.tens, n.s5+1, n.s2+1)
	q := w.digit()
	low, high := w.stop()
	if q == 0 && !high {
		n.exp--
	} else {
		d.add(q)
	}
	if !stops(n.exp) {
		low, high = false, false
	}
	for !low && !high {
		q = w.digit()
		w.m.Mul(&w.m, ten)
		low, high = w.stop()
		d.add(q)
	}
	rest := 0
	if low && high {
		w.b.Lsh(&w.b, 1)
		rest = w.b.Cmp(&w.tens)
	}
	d.Exact = w.b.Sign() == 0
	return d.roundsUp(low, high, rest)
}

var ten = big.NewInt(10)

// digit returns b/s and multiplies the remainder by ten.
func (w *wide) digit() int64 {
	w.q.QuoRem(&w.b, &w.s, &w.b)
	w.b.Mul(&w.b, ten)
	return w.q.Int64()
}

func (w *wide) stop() (low, high bool) {
	w.sum.Add(&w.b, &w.m)
	return w.b.Cmp(&w.m) < 0, w.tens.Cmp(&w.sum) <= 0
}

func (d *Digits) add(q int64) {
	if d.Count < len(d.Text) {
		d.Text[d.Count] = '0' + byte(q)
		d.Count++
	}
}

// roundsUp decides whether the last digit is rounded up; rest is the result of
// comparing the remainder with half a unit of that digit.
func (d *Digits) roundsUp(low, high bool, rest int) bool {
	switch {
	case !high:
		return false
	case !low:
		return true
	case rest == 0:
		return d.Text[d.Count-1]&1 != 0
	}
	return rest > 0
}

func (d *Digits) roundUp() {
	i := d.Count - 1
	for ; i > 0 && d.Text[i] == '9'; i-- {
		d.Text[i] = '0'
	}
	if d.Text[i] == '9' {
		d.Text[0] = '1'
		d.Point++
		return // as in the JDK, this does not count as rounded up
	}
	d.Text[i]++
	d.RoundedUp = true
}

// estimateExponent estimates floor(log10(value)); the estimate may be one too
// high.
func estimateExponent(frac uint64, exp int) int {
	mantissa := math.Float64frombits(uint64(bias)<<fractionBits | frac&(hiddenBit-1))
	// Each product is rounded separately, as in Java.
	a := float64((mantissa - 1.5) * 0.289529654)
	b := float64(float64(exp) * 0.301029995663981)
	return int(math.Floor(float64(float64(a+0.176091259) + b)))
}

// AppendDouble appends Double.toString(f) as JDK 17 writes it.
func AppendDouble(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.Signbit(f):
		dst = append(dst, '-')
	}
	if math.IsInf(f, 0) {
		return append(dst, "Infinity"...)
	}
	d := DoubleDigits(f)
	return d.append(dst)
}

// AppendFloat appends Float.toString(f) as JDK 17 writes it.
func AppendFloat(dst []byte, f float32) []byte {
	switch {
	case f != f:
		return append(dst, "NaN"...)
	case math.Signbit(float64(f)):
		dst = append(dst, '-')
	}
	if math.IsInf(float64(f), 0) {
		return append(dst, "Infinity"...)
	}
	d := floatDigits(f)
	return d.append(dst)
}

// append formats the digits with a point from 10^-3 up to below 10^7, otherwise
// with an exponent.
func (d *Digits) append(dst []byte) []byte {
	text := d.Text[:d.Count]
	switch {
	case 0 < d.Point && d.Point < 8:
		whole := min(d.Count, d.Point)
		dst = append(dst, text[:whole]...)
		for i := whole; i < d.Point; i++ {
			dst = append(dst, '0')
		}
		dst = append(dst, '.')
		if whole == d.Count {
			return append(dst, '0')
		}
		return append(dst, text[whole:]...)
	case -3 < d.Point && d.Point <= 0:
		dst = append(dst, '0', '.')
		for i := d.Point; i < 0; i++ {
			dst = append(dst, '0')
		}
		return append(dst, text...)
	}
	dst = append(dst, text[0], '.')
	if d.Count == 1 {
		dst = append(dst, '0')
	}
	dst = append(dst, text[1:]...)
	dst = append(dst, 'E')
	return strconv.AppendInt(dst, int64(d.Point)-1, 10)
}
