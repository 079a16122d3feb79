package freemarker

// This file formats numbers in the default format of ${n} and in that of ?c.
// Package javatext handles patterns and other locales.

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"temporal-twilio/freemarker/internal/javatext"
	"temporal-twilio/freemarker/internal/javatext/decimal"
)

// appendGrouped formats a number in java.text's default format for en_US:
// digits in groups of three, and at most three decimals, rounded half even.
func appendGrouped(out []byte, v Value) []byte {
	switch v.kind {
	case kInt, kLong:
		if v.num >= 0 && v.num < 1000 {
			return appendBelow1000(out, uint64(v.num))
		}
		var buf [24]byte
		return appendGroups(out, v.num < 0, strconv.AppendUint(buf[:0], absInt(v.num), 10), nil)
	case kDouble, kFloat:
		return appendFloatGrouped(out, v.float())
	case kBigInt:
		n := v.ref.(*big.Int)
		return appendGroups(out, n.Sign() < 0, new(big.Int).Abs(n).Append(nil, 10), nil)
	}
	return appendDecimalGrouped(out, v, 3)
}

func appendFloatGrouped(out []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(out, "NaN"...)
	case math.IsInf(f, 1):
		return append(out, "∞"...)
	case math.IsInf(f, -1):
		return append(out, "-∞"...)
	}
	if math.Abs(f) >= maxExact {
		return appendLargeFloat(out, f)
	}
	var buf [32]byte
	whole, frac := thousandths(f)
	if math.Signbit(f) {
		out = append(out, '-')
	}
	if whole < 1000 {
		out = appendBelow1000(out, whole)
	} else {
		out = appendGroups(out, false, strconv.AppendUint(buf[:0], whole, 10), nil)
	}
	if frac == 0 {
		return out
	}
	out = append(out, '.', byte('0'+frac/100))
	if frac %= 100; frac > 0 {
		out = append(out, byte('0'+frac/10))
		if frac %= 10; frac > 0 {
			out = append(out, byte('0'+frac))
		}
	}
	return out
}

// maxExact is the limit below which Java's digits of a double include the third
// decimal.
const maxExact = 1 << 42

// appendLargeFloat writes the digits of a double as Java does.
func appendLargeFloat(out []byte, f float64) []byte {
	d := javatext.DoubleDigits(f)
	text := bytes.Clone(d.Text[:d.Count])
	for len(text) < d.Point {
		text = append(text, '0')
	}
	return appendGroups(out, f < 0, text[:d.Point], text[d.Point:])
}

// thousandths rounds |f| < 2^53 half even to three decimals. It uses the exact
// value, mant / 2^shift: mant * 1000 fits into 63 bits.
func thousandths(f float64) (whole, frac uint64) {
	b := math.Float64bits(f)
	mant, exp := b&(1<<52-1), int(b>>52&0x7FF)
	if exp == 0 { // f is zero, or far too small
		return 0, 0
	}
	mant |= 1 << 52
	shift := 1075 - exp
	if shift >= 64 { // |f| is below 2^-11, which is less than half of 0.001
		return 0, 0
	}
	if shift <= 52 {
		whole = mant >> shift
		mant &= 1<<shift - 1
	}
	mant *= 1000
	frac = mant >> shift
	if shift > 0 {
		half := uint64(1) << (shift - 1)
		if rest := mant & (1<<shift - 1); rest > half || rest == half && frac&1 == 1 {
			frac++
		}
	}
	if frac == 1000 {
		return whole + 1, 0
	}
	return whole, frac
}

// appendBelow1000 formats a number that needs no groups.
func appendBelow1000(out []byte, n uint64) []byte {
	switch {
	case n < 10:
		return append(out, byte('0'+n))
	case n < 100:
		return append(out, byte('0'+n/10), byte('0'+n%10))
	}
	return append(out, byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10))
}

// appendDecimalGrouped writes a decimal with at most maxFrac decimals.
func appendDecimalGrouped(out []byte, v Value, maxFrac int32) []byte {
	neg := sign(v) < 0
	if v.kind == kDec && v.scale >= 0 && int(v.scale) < len(pow10) {
		var buf [40]byte
		u := absInt(v.num)
		if v.scale == 0 {
			return appendGroups(out, neg, strconv.AppendUint(buf[:0], u, 10), nil)
		}
		if v.scale > maxFrac {
			u = halfEven(u, uint64(pow10[v.scale-maxFrac]))
		}
		scale := min(v.scale, maxFrac)
		p := uint64(pow10[scale])
		whole, frac := u/p, u%p
		for scale > 0 && frac%10 == 0 {
			frac /= 10
			scale--
		}
		b := strconv.AppendUint(buf[:0], whole, 10)
		n := len(b)
		for i := scale - 1; i >= 0; i-- {
			b = append(b, byte('0'+frac/uint64(pow10[i])%10))
		}
		return appendGroups(out, neg, b[:n], b[n:])
	}
	s := decimalText(roundHalfEven(v, maxFrac))
	s = strings.TrimPrefix(s, "-")
	whole, frac, _ := strings.Cut(s, ".")
	return appendGroups(out, neg, []byte(whole), []byte(frac))
}

func halfEven(n, d uint64) uint64 {
	q, r := n/d, n%d
	if r > d-r || r == d-r && q&1 == 1 {
		q++
	}
	return q
}

// roundHalfEven rounds a decimal to a scale.
func roundHalfEven(v Value, scale int32) Value {
	if v.scale <= scale {
		return v
	}
	d := bigPow10(v.scale - scale)
	q, r := new(big.Int).QuoRem(v.unscaled(), d, new(big.Int))
	r.Abs(r).Lsh(r, 1)
	if c := r.CmpAbs(d); c > 0 || c == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(int64(sign(v))))
	}
	return bigDecimal(q, scale)
}

// appendGroups writes sign, whole part in groups of three, and decimals.
func appendGroups(out []byte, neg bool, whole, frac []byte) []byte {
	if neg {
		out = append(out, '-')
	}
	first := (len(whole)-1)%3 + 1
	out = append(out, whole[:first]...)
	for whole = whole[first:]; len(whole) > 0; whole = whole[3:] {
		out = append(out, ',', whole[0], whole[1], whole[2])
	}
	if len(frac) > 0 {
		out = append(out, '.')
		out = append(out, frac...)
	}
	return out
}

// computerText returns the result of ?c: at most 16 decimals, no groups.
func computerText(v Value) string {
	switch v.kind {
	case kInt, kLong:
		return strconv.FormatInt(v.num, 10)
	case kDouble, kFloat:
		var buf [32]byte
		text, _ := decimal.Computer().AppendFloat64(buf[:0], v.float())
		return string(text)
	case kBigInt:
		return v.ref.(*big.Int).String()
	}
	s := decimalText(roundHalfEven(v, 16))
	if s == "0" && sign(v) < 0 {
		return "-0"
	}
	return s
}

// javaNumberText returns what Number.toString returns, for numbers that
// #setting converts to strings.
func javaNumberText(v Value) string {
	switch v.kind {
	case kInt, kLong:
		return strconv.FormatInt(v.num, 10)
	case kBigInt:
		return v.ref.(*big.Int).String()
	case kDouble, kFloat:
		if v.kind == kFloat {
			return string(javatext.AppendFloat(nil, float32(v.float())))
		}
		return string(javatext.AppendDouble(nil, v.float()))
	}
	digits, sign := v.unscaled().String(), ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	scale := int(v.scale)
	exponent := len(digits) - 1 - scale
	switch {
	case scale == 0:
		return sign + digits
	case scale > 0 && exponent >= -6:
		if missing := scale + 1 - len(digits); missing > 0 {
			digits = strings.Repeat("0", missing) + digits
		}
		return sign + digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	case len(digits) > 1:
		digits = digits[:1] + "." + digits[1:]
	}
	return fmt.Sprintf("%s%sE%+d", sign, digits, exponent)
}
