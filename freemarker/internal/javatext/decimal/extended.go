package decimal

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"temporal-twilio/freemarker/internal/javatext"
	"temporal-twilio/freemarker/internal/javatext/locale"
)

// This file parses FreeMarker's extension of patterns: options after ";;", or
// after the ";" that ends the negative part: `0.##;; roundingMode=halfUp,
// groupingSeparator="_"`. See "Extended Java decimal format" in the FreeMarker
// manual.

// options parses the extension. Positions count UTF-16 units, as in Java's
// messages.
type options struct {
	src []uint16
	pos int

	locale     *locale.Numbers
	symbols    *symbols
	rounding   *rounding
	multiplier *int
}

// extended compiles a pattern with options.
func extended(spec string, n *locale.Numbers) (*Format, error) {
	o := options{src: utf16.Encode([]rune(spec)), locale: n, symbols: symbolsOf(n)}
	pattern := o.standard()
	o.space()
	if o.pos < len(o.src) {
		if err := o.read(); err != nil {
			return nil, err
		}
	}
	f, err := compile(pattern, o.symbols)
	if err != nil {
		return nil, err
	}
	if o.rounding != nil {
		f.rounding = *o.rounding
	}
	if o.multiplier != nil {
		f.multiplier = *o.multiplier
	}
	return f, nil
}

// standard returns the part that is a java.text.DecimalFormat pattern and moves
// past it.
func (o *options) standard() string {
	semicolons, quoted := 0, false
	pos := o.pos
	for ; pos < len(o.src); pos++ {
		if c := o.src[pos]; c == ';' && !quoted {
			if semicolons++; semicolons == 2 {
				break
			}
		} else if c == '\'' {
			if quoted && pos+1 < len(o.src) && o.src[pos+1] == '\'' {
				pos++
			} else {
				quoted = !quoted
			}
		}
	}
	end := len(o.src)
	if semicolons == 2 {
		end = pos
		if o.src[pos-1] == ';' {
			end--
		}
	}
	o.pos = min(pos+1, len(o.src))
	return o.text(0, end)
}

func (o *options) text(from, to int) string { return string(utf16.Decode(o.src[from:to])) }

func (o *options) space() {
	for o.pos < len(o.src) {
		switch o.src[o.pos] {
		case ' ', '\t', '\r', '\n', 0xa0:
			o.pos++
		default:
			return
		}
	}
}

func (o *options) skip(c uint16) bool {
	if o.pos < len(o.src) && o.src[o.pos] == c {
		o.pos++
		return true
	}
	return false
}

// read parses name=value pairs, separated by commas or white space.
func (o *options) read() error {
	var symbol *string // overrides the symbol of the currency code
	for {
		name := o.name()
		if name == "" {
			return o.expected("name")
		}
		o.space()
		if !o.skip('=') {
			return o.expected("\"=\"")
		}
		o.space()
		value, ok, err := o.value()
		if err != nil {
			return err
		}
		if !ok {
			return o.expected("value")
		}
		end := o.pos
		if name == "currencySymbol" {
			symbol = &value
		} else if err := o.set(name, value); err != nil {
			return err
		}
		o.space()
		if o.skip(',') {
			o.space()
		} else if o.pos == len(o.src) {
			break
		} else if o.pos == end {
			return o.expected("parameter separator whitespace or comma")
		}
	}
	if symbol != nil {
		o.symbols.currencySymbol = *symbol
	}
	return nil
}

var roundings = map[string]rounding{
	"up": up, "down": down, "ceiling": ceiling, "floor": floor,
	"halfDown": halfDown, "halfEven": halfEven, "halfUp": halfUp, "unnecessary": unnecessary,
}

// set applies one option.
func (o *options) set(name, value string) error {
	invalid := func(why string) error {
		return javatext.Reasonf("%s is an invalid value for the \"%s\" parameter: %s", quoted(value), name, why)
	}
	var char *rune
	var text *string
	s := o.symbols
	switch name {
	case "roundingMode":
		mode, ok := roundings[value]
		if !ok {
			return invalid("Should be one of: up, down, ceiling, floor, halfDown, halfEven, unnecessary")
		}
		o.rounding = &mode
		return nil
	case "multiplier", "multipier":
		v, err := strconv.ParseInt(value, 10, 32)
		if err != nil {
			return invalid("Malformed integer.")
		}
		m := int(v)
		o.multiplier = &m
		return nil
	case "currencyCode":
		if _, ok := locale.CurrencyDigits(value); !ok {
			return invalid("Not a known ISO 4217 code.")
		}
		s.currency, s.currencySymbol = value, o.locale.SymbolOf(value)
		return nil
	case "exponentSeparator":
		s.exponent = value
		return nil
	case "infinity":
		s.infinity = value
		return nil
	case "nan":
		s.nan = value
		return nil
	case "decimalSeparator":
		char = &s.decimal
	case "monetaryDecimalSeparator":
		char = &s.monetaryDecimal
	case "groupingSeparator":
		char = &s.grouping
	case "zeroDigit":
		char = &s.zero
	case "minusSign":
		text = &s.minus
	case "percent":
		text = &s.percent
	case "perMill":
		text = &s.perMille
	default:
		return javatext.Reasonf("Unsupported parameter name, %s. The supported names are: currencyCode, "+
			"decimalSeparator, exponentSeparator, groupingSeparator, infinity, minusSign, "+
			"monetaryDecimalSeparator, multipier, multiplier, nan, perMill, percent, roundingMode, zeroDigit", quoted(name))
	}
	units := utf16.Encode([]rune(value))
	if len(units) != 1 {
		return invalid("Must contain exactly 1 character.")
	}
	if char != nil {
		*char = rune(units[0])
	} else {
		*text = value
	}
	return nil
}

func (o *options) name() string {
	start := o.pos
	for o.pos < len(o.src) && (identifierStart(o.src[o.pos]) || o.pos > start && identifierPart(o.src[o.pos])) {
		o.pos++
	}
	return o.text(start, o.pos)
}

// value parses a value: an unquoted identifier or number, or anything between
// quotes, in which quotes are doubled.
func (o *options) value() (value string, ok bool, err error) {
	start := o.pos
	var open uint16
	doubled := false
	for ; o.pos < len(o.src); o.pos++ {
		c := o.src[o.pos]
		switch {
		case c == '\'' || c == '"':
			switch {
			case open == 0 && o.pos != start:
				return "", false, javatext.Reasonf("The %c character can only be used for quoting values, "+
					"but it was in the middle of an non-quoted value.", rune(c))
			case open == 0:
				open = c
			case c == open && o.pos+1 < len(o.src) && o.src[o.pos+1] == open:
				o.pos++
				doubled = true
			case c == open:
				value = o.text(start+1, o.pos)
				o.pos++
				if q := string(rune(open)); doubled {
					value = strings.ReplaceAll(value, q+q, q)
				}
				return value, true, nil
			}
		case open == 0 && !identifierPart(c):
			return o.text(start, o.pos), o.pos > start, nil
		}
	}
	if open != 0 {
		return "", false, javatext.Reasonf("The %c quotation wasn't closed when the end of the source was reached.", rune(open))
	}
	return o.text(start, o.pos), o.pos > start, nil
}

// expected returns FreeMarker's error for options that lack something, such as
// a name, at the position.
func (o *options) expected(what string) error {
	end := len(o.src)
	for end > 0 && unicode.IsSpace(rune(o.src[end-1])) && o.src[end-1] != 0xa0 {
		end--
	}
	found := "reached the end of the input."
	const most, mark = 10, "[...]"
	switch {
	case o.pos >= end:
	case o.pos+most >= end:
		found = "found: " + o.text(o.pos, end)
	default:
		found = "found: " + o.text(o.pos, o.pos+most-len(mark)) + mark
	}
	return javatext.Reasonf("Expected a(n) %s at position %d (0-based), but %s", what, o.pos, found)
}

// identifierStart returns the result of Character.isJavaIdentifierStart.
func identifierStart(c uint16) bool {
	return unicode.In(rune(c), unicode.L, unicode.Nl, unicode.Sc, unicode.Pc)
}

// identifierPart returns the result of Character.isJavaIdentifierPart.
func identifierPart(c uint16) bool {
	return identifierStart(c) || unicode.In(rune(c), unicode.Nd, unicode.Mn, unicode.Mc, unicode.Cf) ||
		c <= 8 || 0x0e <= c && c <= 0x1b || 0x7f <= c && c <= 0x9f
}

// quoted quotes a text like FreeMarker's StringUtil.jQuote.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString("\\n")
		case c == '\r':
			b.WriteString("\\r")
		case c == '\f':
			b.WriteString("\\f")
		case c == '\b':
			b.WriteString("\\b")
		case c == '\t':
			b.WriteString("\\t")
		case c < 0x20:
			fmt.Fprintf(&b, "\\u00%02X", c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
