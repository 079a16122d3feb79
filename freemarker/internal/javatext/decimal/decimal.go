// Package decimal formats numbers as java.text.DecimalFormat does, with the patterns and
// options that FreeMarker's number formats allow.
package decimal

import (
	"math"
	"math/big"
	"strconv"
	"unicode/utf8"

	"temporal-twilio/freemarker/internal/javatext"
	"temporal-twilio/freemarker/internal/javatext/locale"
)

// MaxLength limits the digits of a number's text. Java has no such limit:
// 1e999999999 in the format "0" is a gigabyte of zeros.
const MaxLength = 1 << 20

// The errors of formatting. The text of ErrRounding is Java's.
var (
	ErrRounding = javatext.Reasonf("Rounding needed with the rounding mode being set to RoundingMode.UNNECESSARY")
	ErrTooLong  = javatext.Reasonf("The text of the number would have more than %d digits", MaxLength)
)

// Java's limits on the digits of integers and doubles: only BigInteger and
// BigDecimal may have more.
const (
	maxIntegerDigits  = 309
	maxFractionDigits = 340
)

// Format is a compiled number format. It is immutable and safe for concurrent
// use.
type Format struct {
	posPrefix, posSuffix string
	negPrefix, negSuffix string

	minInt, maxInt           int
	minFrac, maxFrac         int
	minExponent              int // digits of the exponent; 0 for no exponent
	groupSize                int // 0 for no grouping
	pointAlways              bool
	multiplier               int
	rounding                 rounding
	zero, point, group       rune
	minus, exponentSeparator string
	infinity, nan            string
}

// New compiles a number_format setting or an argument of ?string: "number", "currency",
// "percent", "computer", or a DecimalFormat pattern with FreeMarker's extended options
// after ";;" ("0.0;; roundingMode=halfUp"). The error's message is the one that FreeMarker
// appends to `Failed to get number format object for the "..." number format string: `.
func New(spec string, l locale.Locale) (*Format, error) {
	n := l.Numbers()
	switch spec {
	case "number":
		return compile(n.NumberPattern, symbolsOf(n))
	case "percent":
		return compile(n.PercentPattern, symbolsOf(n))
	case "currency":
		f, err := compile(n.CurrencyPattern, symbolsOf(n))
		if err != nil {
			return nil, err
		}
		if digits, ok := locale.CurrencyDigits(n.CurrencyCode); ok && digits >= 0 {
			if f.minFrac == f.maxFrac {
				f.minFrac = digits
			} else {
				f.minFrac = min(digits, f.minFrac)
			}
			f.maxFrac = digits
		}
		return f, nil
	case "computer":
		return Computer(), nil
	}
	return extended(spec, n)
}

var computer = func() *Format {
	s := symbols{
		decimal: '.', grouping: ',', monetaryDecimal: '.', monetaryGrouping: ',', zero: '0',
		minus: "-", percent: "%", perMille: "\u2030", exponent: "E", infinity: "INF", nan: "NaN",
	}
	f, err := compile("0.################", &s)
	if err != nil {
		panic(err)
	}
	return f
}()

// Computer returns the format of ?c and of "computer": independent of the
// locale, with at most 16 decimals, and with INF, -INF and NaN for non-finite
// numbers.
func Computer() *Format { return computer }

// Fraction returns the format of #{x; m2M4}: the locale's number format without
// grouping, with at least minDigits and at most maxDigits decimals. #{x} alone
// is Fraction(l, 0, 50). A minimum above the maximum is lowered to it.
func Fraction(l locale.Locale, minDigits, maxDigits int) *Format {
	n := l.Numbers()
	f, err := compile(n.NumberPattern, symbolsOf(n))
	if err != nil {
		panic("javatext: a locale's number pattern does not compile: " + err.Error())
	}
	f.groupSize = 0
	f.maxFrac = max(0, maxDigits)
	f.minFrac = min(max(0, minDigits), f.maxFrac)
	return f
}

// AppendInt64 appends v as Java formats an Integer or Long. The only errors are ErrRounding,
// if roundingMode=unnecessary forbids the rounding that the format needs, and ErrTooLong.
func (f *Format) AppendInt64(dst []byte, v int64) ([]byte, error) {
	negative := v < 0
	u := uint64(v)
	if negative {
		u = -u
	}
	if f.multiplier != 1 {
		m := uint64(max(f.multiplier, -f.multiplier))
		if u > math.MaxInt64 || m != 0 && u > math.MaxInt64/m {
			return f.AppendBigInt(dst, big.NewInt(v))
		}
		u *= m
		negative = u != 0 && negative != (f.multiplier < 0)
	}
	var buf [20]byte
	d := digits{negative: negative, mode: f.rounding}
	if u != 0 {
		d.text = strconv.AppendUint(buf[:0], u, 10)
	}
	d.point = len(d.text)
	d.trim()
	if f.minExponent > 0 {
		if err := d.round(min(f.maxInt, maxIntegerDigits)+min(f.maxFrac, maxFractionDigits), false, true); err != nil {
			return dst, err
		}
	}
	return f.append(dst, &d, true, f.limited())
}

// AppendBigInt appends v as Java formats a BigInteger. The value is not modified.
func (f *Format) AppendBigInt(dst []byte, v *big.Int) ([]byte, error) {
	if v.IsInt64() && (f.multiplier == 1 || v.BitLen() < 32) {
		return f.AppendInt64(dst, v.Int64())
	}
	if f.multiplier != 1 {
		v = new(big.Int).Mul(v, big.NewInt(int64(f.multiplier)))
	}
	if v.BitLen() > MaxLength*3 {
		return dst, ErrTooLong
	}
	d := digits{negative: v.Sign() < 0, mode: f.rounding, text: bigDigits(v)}
	d.point = len(d.text)
	d.trim()
	if f.minExponent > 0 {
		if err := d.round(f.maxInt+f.maxFrac, false, true); err != nil {
			return dst, err
		}
	}
	l := f.limits()
	if v.IsInt64() {
		l = f.limited()
	}
	return f.append(dst, &d, true, l)
}

// bigDigits returns the digits of |v|, and none for zero.
func bigDigits(v *big.Int) []byte {
	if v.Sign() == 0 {
		return nil
	}
	text := v.Append(make([]byte, 0, 40), 10)
	if text[0] == '-' {
		text = text[1:]
	}
	return text
}

// AppendFloat64 appends v as Java formats a Double: the digits of
// Double.toString, rounded according to the exact value.
func (f *Format) AppendFloat64(dst []byte, v float64) ([]byte, error) {
	if math.IsNaN(v) || math.IsInf(v, 0) && f.multiplier == 0 {
		return append(dst, f.nan...), nil
	}
	negative := math.Signbit(v) != (f.multiplier < 0)
	if f.multiplier != 1 {
		v *= float64(f.multiplier)
	}
	if math.IsInf(v, 0) {
		if negative {
			return append(append(append(dst, f.negPrefix...), f.infinity...), f.negSuffix...), nil
		}
		return append(append(append(dst, f.posPrefix...), f.infinity...), f.posSuffix...), nil
	}
	java := javatext.DoubleDigits(math.Abs(v))
	d := digits{negative: negative, mode: f.rounding}
	if v != 0 {
		d.text, d.point = java.Text[:java.Count], java.Point
	}
	l := f.limited()
	if err := d.limit(l, f.minExponent > 0, java.RoundedUp, java.Exact); err != nil {
		return dst, err
	}
	return f.append(dst, &d, false, l)
}

// AppendDecimal appends unscaled × 10^-scale as Java formats a BigDecimal. The unscaled
// value is not modified.
func (f *Format) AppendDecimal(dst []byte, unscaled *big.Int, scale int) ([]byte, error) {
	var buf [24]byte
	d := digits{negative: unscaled.Sign() < 0, mode: f.rounding}
	switch {
	case unscaled.Sign() == 0:
	case f.multiplier == 1 && unscaled.IsInt64():
		v := uint64(unscaled.Int64())
		if d.negative {
			v = -v
		}
		d.text = strconv.AppendUint(buf[:0], v, 10)
	default:
		if f.multiplier != 1 {
			unscaled = new(big.Int).Mul(unscaled, big.NewInt(int64(f.multiplier)))
			d.negative = unscaled.Sign() < 0
		}
		if unscaled.BitLen() > MaxLength*3 {
			return dst, ErrTooLong
		}
		d.text = bigDigits(unscaled)
	}
	if len(d.text) > 0 {
		d.point = len(d.text) - scale
	}
	l := f.limits()
	if err := d.limit(l, f.minExponent > 0, false, true); err != nil {
		return dst, err
	}
	return f.append(dst, &d, false, l)
}

// limits holds the digit limits for a type of number.
type limits struct{ minInt, maxInt, minFrac, maxFrac int }

func (f *Format) limits() limits { return limits{f.minInt, f.maxInt, f.minFrac, f.maxFrac} }

// limited returns the limits for types other than BigInteger and BigDecimal.
func (f *Format) limited() limits {
	return limits{
		min(f.minInt, maxIntegerDigits), min(f.maxInt, maxIntegerDigits),
		min(f.minFrac, maxFractionDigits), min(f.maxFrac, maxFractionDigits),
	}
}

// append appends prefix, digits and suffix.
func (f *Format) append(dst []byte, d *digits, integer bool, l limits) ([]byte, error) {
	if d.zero() {
		d.point = 0
	}
	if max(l.minInt, l.minFrac) > MaxLength || f.minExponent == 0 && min(d.point, l.maxInt) > MaxLength {
		return dst, ErrTooLong
	}
	prefix, suffix := f.posPrefix, f.posSuffix
	if d.negative {
		prefix, suffix = f.negPrefix, f.negSuffix
	}
	dst = append(dst, prefix...)
	if f.minExponent > 0 {
		dst = f.appendExponent(dst, d, l)
	} else {
		dst = f.appendFixed(dst, d, integer, l)
	}
	return append(dst, suffix...), nil
}

// digit appends a digit in the format's script.
func (f *Format) digit(dst []byte, d byte) []byte {
	if f.zero == '0' {
		return append(dst, d)
	}
	return utf8.AppendRune(dst, rune(uint16(f.zero)+uint16(d-'0')))
}

func (f *Format) appendFixed(dst []byte, d *digits, integer bool, l limits) []byte {
	count := max(l.minInt, d.point)
	next := 0 // index of the next digit to write
	if count > l.maxInt {
		count = l.maxInt // the least significant ones
		next = d.point - count
	}
	start := len(dst)
	for i := count - 1; i >= 0; i-- {
		if i < d.point && next < len(d.text) {
			dst = f.digit(dst, d.text[next])
			next++
		} else {
			dst = f.digit(dst, '0')
		}
		if f.groupSize > 0 && i > 0 && i%f.groupSize == 0 {
			dst = utf8.AppendRune(dst, f.group)
		}
	}
	fraction := l.minFrac > 0 || !integer && next < len(d.text)
	if !fraction && len(dst) == start {
		dst = f.digit(dst, '0')
	}
	if f.pointAlways || fraction {
		dst = utf8.AppendRune(dst, f.point)
	}
	text := d.text[min(next, len(d.text)):]
	if integer {
		text = nil
	}
	return f.appendFraction(dst, text, -d.point, l)
}

// appendFraction appends the digits after the point: first as many zeros as
// given (none if negative), then text.
func (f *Format) appendFraction(dst, text []byte, zeros int, l limits) []byte {
	for i := 0; i < l.maxFrac && (i < l.minFrac || len(text) > 0); i++ {
		if i < zeros || len(text) == 0 {
			dst = f.digit(dst, '0')
			continue
		}
		dst = f.digit(dst, text[0])
		text = text[1:]
	}
	return dst
}

func (f *Format) appendExponent(dst []byte, d *digits, l limits) []byte {
	exponent, minInt := d.point, l.minInt
	if repeat := l.maxInt; repeat > 1 && repeat > l.minInt {
		// Engineering notation: exponents are multiples of the maximum number
		// of integer digits.
		if exponent >= 1 {
			exponent = (exponent - 1) / repeat * repeat
		} else {
			exponent = (exponent - repeat) / repeat * repeat
		}
		minInt = 1
	} else {
		exponent -= minInt
	}
	whole := minInt
	if !d.zero() {
		whole = d.point - exponent
	}
	total := max(len(d.text), l.minInt+l.minFrac, whole)
	for i := range total {
		if i == whole {
			dst = utf8.AppendRune(dst, f.point)
		}
		if i < len(d.text) {
			dst = f.digit(dst, d.text[i])
		} else {
			dst = f.digit(dst, '0')
		}
	}
	if f.pointAlways && total == whole {
		dst = utf8.AppendRune(dst, f.point)
	}
	dst = append(dst, f.exponentSeparator...)
	if d.zero() {
		exponent = 0
	}
	if exponent < 0 {
		dst = append(dst, f.minus...)
		exponent = -exponent
	}
	var buf [20]byte
	text := strconv.AppendInt(buf[:0], int64(exponent), 10)
	if exponent == 0 {
		text = nil
	}
	for i := len(text); i < f.minExponent; i++ {
		dst = f.digit(dst, '0')
	}
	for _, c := range text {
		dst = f.digit(dst, c)
	}
	return dst
}
