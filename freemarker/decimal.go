package freemarker

// This file parses decimal numbers as java.math.BigDecimal does, and writes
// them without an exponent.

import (
	"errors"
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

var errNoNumber = errors.New("not a number")

// parseDecimal returns new BigDecimal(s). It returns errTooManyDigit if the
// number of digits or the scale is greater than maxDigits. Digits may be of any
// script.
func parseDecimal(s string, maxDigits int) (Value, error) {
	digits, scale, rest, neg := significand(s)
	if len(digits) == 0 {
		return Value{}, errNoNumber
	}
	if rest != "" {
		x, ok := parseExponent(rest[1:])
		if !ok || rest[0]|0x20 != 'e' {
			return Value{}, errNoNumber
		}
		scale -= x
	}
	if len(digits) > maxDigits || scale > maxDigits || scale < -maxDigits {
		return Value{}, errTooManyDigit
	}
	if len(digits) <= 18 {
		n, _ := strconv.ParseInt(string(digits), 10, 64)
		if neg {
			n = -n
		}
		return newDecimal(n, int32(scale)), nil
	}
	n, ok := new(big.Int).SetString(string(digits), 10)
	if !ok {
		return Value{}, errNoNumber
	}
	if neg {
		n.Neg(n)
	}
	return bigDecimal(n, int32(scale)), nil
}

// significand parses a sign, digits and a point. It also returns what follows
// them.
func significand(s string) (digits []byte, scale int, rest string, neg bool) {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		neg = s[0] == '-'
		s = s[1:]
	}
	digits = make([]byte, 0, len(s))
	point := false
	for s != "" {
		if s[0] == '.' && !point {
			point = true
			s = s[1:]
			continue
		}
		d, n := decimalDigit(s)
		if n == 0 {
			break
		}
		digits, s = append(digits, d), s[n:]
		if point {
			scale++
		}
	}
	return digits, scale, s, neg
}

// decimalDigit returns the digit that s starts with, as '0' to '9', and the
// digit's length in bytes, or 0 if s does not start with a digit. As in Java,
// digits beyond U+FFFF do not count.
func decimalDigit(s string) (digit byte, length int) {
	if s[0] < utf8.RuneSelf {
		if isDigit(s[0]) {
			return s[0], 1
		}
		return 0, 0
	}
	r, n := utf8.DecodeRuneInString(s)
	if r > 0xFFFF || !unicode.Is(unicode.Nd, r) {
		return 0, 0
	}
	return '0' + byte(digitValue(r)), n
}

// digitValue returns the value of a decimal digit of any script. The digits of
// a script are consecutive; those of several scripts may be adjacent.
func digitValue(r rune) rune {
	for _, t := range unicode.Nd.R16 {
		if r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	return 0
}

// parseExponent reads the exponent of a number: a sign and digits.
func parseExponent(s string) (int, bool) {
	text := make([]byte, 0, 12)
	if s != "" && (s[0] == '+' || s[0] == '-') {
		text, s = append(text, s[0]), s[1:]
	}
	if s == "" {
		return 0, false
	}
	for s != "" {
		d, n := decimalDigit(s)
		if n == 0 {
			return 0, false
		}
		text, s = append(text, d), s[n:]
	}
	x, err := strconv.ParseInt(string(text), 10, 32)
	return int(x), err == nil
}

// decimalText formats a decimal number in full, without an exponent or trailing
// zeros.
func decimalText(v Value) string {
	s := v.unscaled().String()
	neg := strings.HasPrefix(s, "-")
	if neg {
		s = s[1:]
	}
	if v.scale <= 0 {
		if s != "0" {
			s += strings.Repeat("0", int(-v.scale))
		}
	} else {
		if len(s) <= int(v.scale) {
			s = strings.Repeat("0", int(v.scale)-len(s)+1) + s
		}
		s = s[:len(s)-int(v.scale)] + "." + s[len(s)-int(v.scale):]
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if neg && s != "0" {
		s = "-" + s
	}
	return s
}
