package freemarker

// The JSON parser of ?eval_json. It also allows comments. Numbers keep all
// their digits.

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode"
)

type jsonReader struct {
	e     *env
	s     string
	p     int
	depth int
}

// parseJSON reads a JSON text as a value of the template.
func parseJSON(e *env, s string) (Value, error) {
	r := &jsonReader{e: e, s: s}
	if err := r.space(); err != nil {
		return Value{}, err
	}
	v, err := r.value()
	if err != nil {
		return v, err
	}
	if err := r.space(); err != nil {
		return v, err
	}
	if r.p != len(s) {
		return v, errors.New("there is text after the value")
	}
	return v, nil
}

// space skips white space and comments.
func (r *jsonReader) space() error {
	for r.p < len(r.s) {
		rest := r.s[r.p:]
		switch {
		case isBlank(rest[0]):
			r.p++
		case strings.HasPrefix(rest, "\u00A0"):
			r.p += 2
		case strings.HasPrefix(rest, "\uFEFF"):
			r.p += 3
		case strings.HasPrefix(rest, "//"):
			i := strings.IndexAny(rest, "\r\n")
			if i < 0 {
				i = len(rest)
			}
			r.p += i
		case strings.HasPrefix(rest, "/*"):
			i := strings.Index(rest[2:], "*/")
			if i < 0 {
				return errors.New("a comment is not closed")
			}
			r.p += i + 4
		default:
			return nil
		}
	}
	return nil
}

func (r *jsonReader) value() (Value, error) {
	if err := r.e.step(); err != nil {
		return Value{}, err
	}
	if r.p >= len(r.s) {
		return Value{}, errors.New("a value is missing at the end")
	}
	c := r.s[r.p]
	switch {
	case c == '"':
		s, err := r.text()
		return String(s), err
	case c == '-' || c == '.' || isDigit(c):
		return r.number()
	case c == '{' || c == '[':
		r.depth++
		if r.depth > r.e.limits.Nesting {
			return Value{}, r.e.limitError("JSON is nested too deeply")
		}
		defer func() { r.depth-- }()
		if c == '[' {
			return r.array()
		}
		return r.object()
	}
	return r.word()
}

func (r *jsonReader) word() (Value, error) {
	end := r.p
	for i, c := range r.s[r.p:] {
		if !unicode.IsLetter(c) && c != '_' && c != '$' && (i == 0 || c < '0' || c > '9') {
			break
		}
		end = r.p + i + len(string(c))
	}
	word := r.s[r.p:end]
	r.p = end
	switch word {
	case "true":
		return Bool(true), nil
	case "false":
		return Bool(false), nil
	case "null":
		return Value{}, nil
	}
	return Value{}, errors.New("a value was expected")
}

func (r *jsonReader) number() (Value, error) {
	start := r.p
	if err := r.startOfNumber(); err != nil {
		return Value{}, err
	}
	for r.p < len(r.s) && isDigit(r.s[r.p]) {
		r.p++
	}
	if r.p >= len(r.s) || r.s[r.p] != '.' && r.s[r.p]|0x20 != 'e' {
		if n, err := strconv.ParseInt(r.s[start:r.p], 10, 64); err == nil {
			return Int(n), nil
		}
	}
	for r.p < len(r.s) {
		c, last := r.s[r.p], r.s[r.p-1]
		if c != '.' && c|0x20 != 'e' && !isDigit(c) && !((c == '+' || c == '-') && last|0x20 == 'e') {
			break
		}
		r.p++
	}
	v, err := parseDecimal(r.s[start:r.p], r.e.limits.NumberDigits)
	if err == errTooManyDigit {
		return v, r.e.limitError(err.Error())
	}
	if err != nil {
		return v, err
	}
	return narrow(v), nil
}

// startOfNumber consumes the sign of a number and checks its first digits.
func (r *jsonReader) startOfNumber() error {
	if r.s[r.p] == '-' {
		r.p++
		if r.p >= len(r.s) || !isDigit(r.s[r.p]) && r.s[r.p] != '.' {
			return errors.New("a digit was expected after -")
		}
	}
	digits := r.s[r.p:]
	if digits[0] == '.' {
		return errors.New("a number cannot start with a decimal point")
	}
	if digits[0] == '0' && len(digits) > 1 && isDigit(digits[1]) {
		return errors.New("a number cannot have leading zeros")
	}
	return nil
}

// narrow turns a whole decimal number into an int or long, if it fits.
func narrow(v Value) Value {
	whole := toBigInt(v)
	if !whole.IsInt64() {
		return v
	}
	n := Value{num: whole.Int64(), kind: kLong}
	if c, err := (*env)(nil).compareNumbers(n, v); err != nil || c != 0 {
		return v
	}
	if n.num >= math.MinInt32 && n.num <= math.MaxInt32 {
		n.kind = kInt
	}
	return n
}

func (r *jsonReader) text() (string, error) {
	r.p++
	var b strings.Builder
	for r.p < len(r.s) {
		c := r.s[r.p]
		switch {
		case c == '"':
			r.p++
			return joinHalves(b.String()), nil
		case c < ' ':
			return "", errors.New("there is a control character in a string")
		case c != '\\':
			b.WriteByte(c)
			r.p++
			continue
		}
		r.p++
		if err := r.escape(&b); err != nil {
			return "", err
		}
	}
	return "", errors.New("a string is not closed")
}

func (r *jsonReader) escape(b *strings.Builder) error {
	if r.p >= len(r.s) {
		return errors.New("an escape sequence is incomplete")
	}
	c := r.s[r.p]
	r.p++
	if c == 'u' {
		if r.p+4 > len(r.s) {
			return errors.New("\\u needs four hexadecimal digits")
		}
		n, err := strconv.ParseUint(r.s[r.p:r.p+4], 16, 16)
		if err != nil {
			return errors.New("\\u needs four hexadecimal digits")
		}
		r.p += 4
		b.WriteString(unitString(rune(n)))
		return nil
	}
	i := strings.IndexByte(`"\/bfnrt`, c)
	if i < 0 {
		return errors.New("an escape sequence is unknown")
	}
	b.WriteByte("\"\\/\b\f\n\r\t"[i])
	return nil
}

// after consumes the comma or closing bracket after a value, and reports
// whether it was the bracket.
func (r *jsonReader) after(closing byte) (bool, error) {
	if err := r.space(); err != nil {
		return false, err
	}
	if r.p >= len(r.s) {
		return false, errors.New("a list or object is not closed")
	}
	c := r.s[r.p]
	if c != ',' && c != closing {
		return false, errors.New("a comma or a closing bracket was expected")
	}
	r.p++
	return c == closing, nil
}

// start consumes the opening bracket. If the closing bracket follows
// immediately, start also consumes it and returns true.
func (r *jsonReader) start(closing byte) (bool, error) {
	r.p++
	if err := r.space(); err != nil {
		return false, err
	}
	if r.p < len(r.s) && r.s[r.p] == closing {
		r.p++
		return true, nil
	}
	return false, nil
}

func (r *jsonReader) array() (Value, error) {
	items := []Value{}
	done, err := r.start(']')
	for !done && err == nil {
		if err = r.space(); err != nil {
			break
		}
		var v Value
		if v, err = r.value(); err != nil {
			break
		}
		items = append(items, v)
		if err = r.e.growList(1); err != nil {
			break
		}
		done, err = r.after(']')
	}
	return listOf(items), err
}

func (r *jsonReader) object() (Value, error) {
	m := newHashMap(4)
	done, err := r.start('}')
	for !done && err == nil {
		if err = r.space(); err != nil {
			break
		}
		var k, v Value
		if k, err = r.value(); err != nil {
			break
		}
		if k.kind != kString {
			return k, errors.New("the keys of an object must be strings")
		}
		if err = r.space(); err != nil {
			break
		}
		if r.p >= len(r.s) || r.s[r.p] != ':' {
			return k, errors.New("a colon was expected")
		}
		r.p++
		if err = r.space(); err != nil {
			break
		}
		if v, err = r.value(); err != nil {
			break
		}
		m.set(k.str(), v)
		if err = r.e.growList(2); err != nil {
			break
		}
		done, err = r.after('}')
	}
	return Value{ref: m, kind: kMap}, err
}
