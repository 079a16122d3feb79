package decimal

import (
	"math"
	"strings"

	"temporal-twilio/freemarker/internal/javatext"
	"temporal-twilio/freemarker/internal/javatext/locale"
)

// symbols holds what a pattern's characters stand for.
type symbols struct {
	decimal, grouping                 rune
	monetaryDecimal, monetaryGrouping rune
	zero                              rune
	minus, percent, perMille          string
	exponent, infinity, nan           string
	currency, currencySymbol          string
}

func symbolsOf(n *locale.Numbers) *symbols {
	return &symbols{
		decimal: n.Decimal, grouping: n.Grouping,
		monetaryDecimal: n.MonetaryDecimal, monetaryGrouping: n.MonetaryGrouping,
		zero: n.ZeroDigit, minus: n.Minus, percent: n.Percent, perMille: n.PerMille,
		exponent: n.Exponent, infinity: n.Infinity, nan: n.NaN,
		currency: n.CurrencyCode, currencySymbol: n.CurrencySymbol,
	}
}

// The special characters of patterns, which are the same in every locale.
const (
	digitMark  = '#'
	zeroMark   = '0'
	groupMark  = ','
	pointMark  = '.'
	exponent   = 'E'
	separator  = ';'
	quote      = '\''
	currency   = '\u00a4'
	percent    = '%'
	perMille   = '\u2030'
	minusMark  = '-'
	outOfAffix = "#0,."
)

// pattern is the positive or the negative part of a DecimalFormat pattern.
type pattern struct {
	affixes    [2]string // prefix and suffix, with a quote before what must be expanded
	multiplier int

	left, zeros, right int // counts of the #, 0 and # placeholders, in this order
	point              int // digits before the point, or -1
	grouping           int // digits since the last comma, or -1
	exponentDigits     int
	money              bool
}

// compile compiles a java.text.DecimalFormat pattern.
func compile(text string, s *symbols) (*Format, error) {
	c := compiler{text: text, chars: []rune(text), symbols: s}
	f := &Format{
		multiplier: 1, zero: s.zero, point: s.decimal, group: s.grouping,
		minus: s.minus, exponentSeparator: s.exponent, infinity: s.infinity, nan: s.nan,
		maxInt: math.MaxInt32, maxFrac: math.MaxInt32,
	}
	if text == "" { // the same as for a new DecimalFormat
		f.negPrefix, f.groupSize = s.minus, 3
		return f, nil
	}
	positive, err := c.part(true)
	if err != nil {
		return nil, err
	}
	if err := apply(f, positive); err != nil {
		return nil, err
	}
	negative := [2]string{"'-" + positive.affixes[0], positive.affixes[1]}
	money := positive.money
	// Without a negative part, Java parses the positive one a second time, with
	// the rules for the negative one. They differ for "0E0E", for which
	// negative numbers lose their sign.
	if c.next < len(c.chars) {
		n, err := c.part(false)
		if err != nil {
			return nil, err
		}
		money = money || n.money
		if n.affixes != positive.affixes {
			negative = n.affixes
		}
	}
	f.posPrefix, f.posSuffix = s.expand(positive.affixes[0]), s.expand(positive.affixes[1])
	f.negPrefix, f.negSuffix = s.expand(negative[0]), s.expand(negative[1])
	if money {
		f.point, f.group = s.monetaryDecimal, s.monetaryGrouping
	}
	return f, nil
}

// compiler is the state of the compilation of a pattern.
type compiler struct {
	text    string
	chars   []rune
	next    int // where the negative part starts
	symbols *symbols
	affixes [2]strings.Builder // affixes of the part being read
}

// part parses the positive or the negative part of a pattern. Of the negative
// part, only the prefix and the suffix count.
func (c *compiler) part(positive bool) (*pattern, error) {
	p := &pattern{multiplier: 1, point: -1, grouping: -1}
	pos, quoted, more, err := c.affix(p, 0, c.next, positive)
	for more && err == nil { // digits may continue after a suffix: "0 0" means "00 "
		if pos, err = c.digits(p, pos, positive); err == nil {
			pos, quoted, more, err = c.affix(p, 1, pos, positive)
		}
	}
	if err != nil {
		return nil, err
	}
	for i := range p.affixes {
		p.affixes[i] = c.affixes[i].String()
		c.affixes[i].Reset()
	}
	p.interpret()
	if quoted || p.malformed() {
		return nil, javatext.Reasonf("Malformed pattern \"%s\"", c.text)
	}
	return p, nil
}

// affix parses a prefix (if which is 0) or a suffix (if it is 1) up to the next
// digit placeholder or the end of the part. It returns the position after it,
// whether a quote is left open, and whether digits follow.
func (c *compiler) affix(p *pattern, which, pos int, positive bool) (end int, quoted, more bool, err error) {
	text := &c.affixes[which]
	for ; pos < len(c.chars); pos++ {
		ch := c.chars[pos]
		doubled := pos+1 < len(c.chars) && c.chars[pos+1] == ch
		switch {
		case ch == quote && doubled:
			pos++
			text.WriteString("''")
		case ch == quote:
			quoted = !quoted
		case quoted:
			text.WriteRune(ch)
		case strings.ContainsRune(outOfAffix, ch):
			return pos, false, true, nil
		case ch == currency && doubled:
			pos++
			p.money = true
			text.WriteString("'\u00a4\u00a4")
		case ch == currency:
			p.money = true
			text.WriteString("'\u00a4")
		case ch == separator:
			if which == 0 || !positive {
				return pos, false, false, c.unquoted(ch)
			}
			c.next = pos + 1
			return len(c.chars), false, false, nil
		case ch == percent || ch == perMille:
			if p.multiplier != 1 {
				return pos, false, false, javatext.Reasonf("Too many percent/per mille characters in pattern \"%s\"", c.text)
			}
			if ch == percent {
				p.multiplier = 100
				text.WriteString("'%")
			} else {
				p.multiplier = 1000
				text.WriteString("'\u2030")
			}
		case ch == minusMark:
			text.WriteString("'-")
		default:
			text.WriteRune(ch)
		}
	}
	return pos, quoted, false, nil
}

func (c *compiler) unquoted(ch rune) error {
	return javatext.Reasonf("Unquoted special character '%c' in pattern \"%s\"", ch, c.text)
}

// expand replaces quoted signs with the locale's symbols. A sign that was
// quoted in the pattern may double the one before it: "¤'¤'" is a doubled
// currency sign.
func (s *symbols) expand(affix string) string {
	if !strings.ContainsRune(affix, quote) {
		return affix
	}
	var text strings.Builder
	chars := []rune(affix)
	for i := 0; i < len(chars); i++ {
		if chars[i] != quote || i+1 == len(chars) {
			text.WriteRune(chars[i])
			continue
		}
		i++
		switch chars[i] {
		case currency:
			if i+1 < len(chars) && chars[i+1] == currency {
				i++
				text.WriteString(s.currency)
			} else {
				text.WriteString(s.currencySymbol)
			}
		case percent:
			text.WriteString(s.percent)
		case perMille:
			text.WriteString(s.perMille)
		case minusMark:
			text.WriteString(s.minus)
		default:
			text.WriteRune(chars[i])
		}
	}
	return text.String()
}

// digits parses the digit placeholders, and returns the position after them.
// The placeholders of the negative part are ignored.
func (c *compiler) digits(p *pattern, pos int, positive bool) (int, error) {
	if !positive {
		for pos < len(c.chars) && (strings.ContainsRune(outOfAffix, c.chars[pos]) || c.chars[pos] == exponent) {
			pos++
		}
		return pos, nil
	}
	for ; pos < len(c.chars); pos++ {
		switch ch := c.chars[pos]; ch {
		case digitMark:
			if p.zeros > 0 {
				p.right++
			} else {
				p.left++
			}
			p.grouped()
		case zeroMark:
			if p.right > 0 {
				return pos, javatext.Reasonf("Unexpected '0' in pattern \"%s\"", c.text)
			}
			p.zeros++
			p.grouped()
		case groupMark:
			p.grouping = 0
		case pointMark:
			if p.point >= 0 {
				return pos, javatext.Reasonf("Multiple decimal separators in pattern \"%s\"", c.text)
			}
			p.point = p.left + p.zeros + p.right
		case exponent:
			if p.exponentDigits > 0 {
				return pos, javatext.Reasonf("Multiple exponential symbols in pattern \"%s\"", c.text)
			}
			for pos++; pos < len(c.chars) && c.chars[pos] == zeroMark; pos++ {
				p.exponentDigits++
			}
			if p.left+p.zeros < 1 || p.exponentDigits < 1 {
				return pos, javatext.Reasonf("Malformed exponential pattern \"%s\"", c.text)
			}
			return pos, nil
		default:
			return pos, nil
		}
	}
	return pos, nil
}

// grouped counts a digit of a group.
func (p *pattern) grouped() {
	if p.grouping >= 0 && p.point < 0 {
		p.grouping++
	}
}

// interpret adds required digits: it treats "##.###" as "#0.###", and ".###" as
// ".0##".
func (p *pattern) interpret() {
	if p.zeros == 0 && p.left > 0 && p.point >= 0 {
		n := max(p.point, 1)
		p.right = p.left - n
		p.left = n - 1
		p.zeros = 1
	}
}

func (p *pattern) malformed() bool {
	return p.point < 0 && p.right > 0 ||
		p.point >= 0 && (p.point < p.left || p.point > p.left+p.zeros) ||
		p.grouping == 0
}

var errTooManyDigits = javatext.Reasonf("The pattern has too many digits")

// apply configures the format from the digits of the positive part.
func apply(f *Format, p *pattern) error {
	total := p.left + p.zeros + p.right
	if total > MaxLength {
		return errTooManyDigits
	}
	point := p.point
	if point < 0 {
		point = total
	}
	f.multiplier = p.multiplier
	f.minExponent = p.exponentDigits
	f.minInt = point - p.left
	if p.exponentDigits > 0 {
		f.maxInt = p.left + f.minInt
	}
	f.maxFrac, f.minFrac = 0, 0
	if p.point >= 0 {
		f.maxFrac = total - p.point
		f.minFrac = p.left + p.zeros - p.point
	}
	f.groupSize = max(0, p.grouping)
	f.pointAlways = p.point == 0 || p.point == total
	return nil
}
