package dateformat

import (
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// errNoMatch is the error for a text that does not match a pattern.
// Format.ParseZone replaces it by an error that quotes the text.
var errNoMatch = errors.New("no match")

// parser parses one text by a pattern. Positions count bytes.
type parser struct {
	f         *simple
	text      string
	fields    fields
	zone      *Zone // the zone that the text names, or the format's
	ambiguous bool  // the two-digit year may mean 80 years ago or 20 years ahead
}

// now is the clock. Tests set it to the time of their corpus.
var now = time.Now

// century returns the instant 80 years ago, which starts the hundred years to
// which two-digit years belong.
func century() int64 { return now().AddDate(-80, 0, 0).UnixMilli() }

// parse parses a date at the start of a text, ignoring what follows. It returns
// the zone that the text names, or the format's.
func (f *simple) parse(text string) (int64, *Zone, error) {
	p := parser{f: f, text: text, zone: f.zone}
	p.fields.weeks = f.weeks
	pos := 0
	for i := range f.items {
		it := &f.items[i]
		if it.letter == 0 {
			if !strings.HasPrefix(text[pos:], it.text) {
				return 0, p.zone, errNoMatch
			}
			pos += len(it.text)
			continue
		}
		abut := i+1 < len(f.items) && numeric(&f.items[i+1])
		if pos = p.field(pos, it, abut); pos < 0 {
			return 0, p.zone, errNoMatch
		}
	}
	ms := p.fields.time(p.zone, f.dates.Buddhist)
	if p.ambiguous && ms < century() {
		p.fields.value[fieldYear] += 100
		p.fields.value[fieldWeekYear] += 100
		ms = p.fields.time(p.zone, f.dates.Buddhist)
	}
	return ms, p.zone, nil
}

// numeric reports whether an item may be a number. A number directly before
// such an item has as many digits as letters in the pattern, as in "yyyyMMdd".
func numeric(it *item) bool {
	switch it.letter {
	case 0, 'G', 'E', 'a', 'z', 'Z', 'X':
		return false
	case 'M', 'L':
		return it.count <= 2
	}
	return true
}

// field reads a field and returns the position after it, or -1.
func (p *parser) field(start int, it *item, abut bool) int {
	pos := start
	for ; ; pos++ {
		if pos >= len(p.text) {
			return -1
		}
		if p.text[pos] != ' ' && p.text[pos] != '\t' {
			break
		}
	}
	d := p.f.dates
	switch it.letter {
	case 'G':
		return p.name(start, fieldEra, 0, d.Eras, d.LongEras)
	case 'E':
		if end := p.name(start, fieldWeekday, 1, d.Weekdays); end > 0 {
			return end
		}
		return p.name(start, fieldWeekday, 1, d.ShortWeekdays)
	case 'a':
		return p.name(start, fieldAmPm, 0, d.AmPm, d.LongAmPm)
	case 'M', 'L':
		switch {
		case it.count < 3:
		case it.letter == 'L':
			return p.name(start, fieldMonth, 0, d.ShortMonths, d.AloneShortMonths, d.Months, d.AloneMonths)
		case p.f.alone:
			return p.name(start, fieldMonth, 0, d.AloneShortMonths, d.AloneMonths)
		default:
			return p.name(start, fieldMonth, 0, d.ShortMonths, d.Months)
		}
	case 'z', 'Z':
		return p.zoneText(start, pos)
	case 'X':
		return p.isoZone(pos, it.count)
	}
	text := p.text
	if abut {
		end, ok := skipUnits(text, start, it.count)
		if !ok || end < pos {
			return -1
		}
		text = text[:end]
	}
	v, end, ok := p.number(text, pos)
	if !ok {
		return -1
	}
	p.set(it, v, pos, end)
	return end
}

// skipUnits advances by a number of UTF-16 units. It fails at the end of the text.
func skipUnits(s string, pos, units int) (int, bool) {
	for ; units > 0; units-- {
		if pos >= len(s) {
			return pos, false
		}
		_, size := utf8.DecodeRuneInString(s[pos:])
		if size == 4 {
			units--
		}
		pos += size
	}
	return pos, true
}

// fieldOf maps pattern letters to calendar fields, for letters whose number is
// the value of the field.
var fieldOf = map[byte]int{
	'd': fieldDay, 'H': fieldHourOfDay, 'm': fieldMinute, 's': fieldSecond, 'S': fieldMillisecond,
	'D': fieldDayOfYear, 'F': fieldWeekdayInMonth, 'w': fieldWeekOfYear, 'W': fieldWeekOfMonth, 'K': fieldHour,
}

// set sets a field to a number that was parsed between two positions.
func (p *parser) set(it *item, v int32, from, end int) {
	switch it.letter {
	case 'y', 'Y':
		if it.count <= 2 && twoDigits(p.text[from:end]) {
			year, _, _ := gregorian.date(floorDiv(century(), dayMillis))
			if p.f.dates.Buddhist {
				year += buddhistYears
			}
			start := int32(year)
			p.ambiguous = v == start%100
			if v < start%100 {
				v += 100
			}
			v += start / 100 * 100
		}
		if it.letter == 'y' {
			p.fields.set(fieldYear, v)
		} else {
			p.fields.set(fieldWeekYear, v)
		}
	case 'M', 'L':
		p.fields.set(fieldMonth, v-1)
	case 'k':
		if v == 24 {
			v = 0
		}
		p.fields.set(fieldHourOfDay, v)
	case 'h':
		if v == 12 {
			v = 0
		}
		p.fields.set(fieldHour, v)
	case 'u':
		switch {
		case v == 7:
			v = 1
		case 0 < v && v < 7:
			v++
		}
		p.fields.set(fieldWeekday, v)
	default:
		p.fields.set(fieldOf[it.letter], v)
	}
}

// twoDigits reports whether a text is two digits of any script.
func twoDigits(s string) bool {
	n := 0
	for _, r := range s {
		if !unicode.Is(unicode.Nd, r) {
			return false
		}
		n++
	}
	return n == 2
}

// name parses the longest matching name, ignoring case, and sets a field to the
// name's index in its list plus base.
func (p *parser) name(pos, field, base int, lists ...[]string) int {
	best, length, found := 0, -1, false
	for _, names := range lists {
		for i, name := range names {
			if len(name) > length || !found {
				if n, ok := foldPrefix(p.text[pos:], name); ok && n > length {
					best, length, found = i, n, true
				}
			}
		}
	}
	if !found {
		return -1
	}
	p.fields.set(field, int32(best+base))
	if pos+length == 0 {
		return -1 // Java treats position 0 as a failure
	}
	return pos + length
}

// foldPrefix reports whether a text starts with a name, ignoring case as
// String.regionMatches does, and how many bytes of the text match.
func foldPrefix(s, name string) (int, bool) {
	i := 0
	for _, want := range name {
		if i >= len(s) {
			return 0, false
		}
		got, size := utf8.DecodeRuneInString(s[i:])
		if got != want {
			a, b := unicode.ToUpper(got), unicode.ToUpper(want)
			if a != b && unicode.ToLower(a) != unicode.ToLower(b) {
				return 0, false
			}
		}
		i += size
	}
	return i, true
}

// number parses an integer as NumberFormat.getIntegerInstance(locale) does,
// which accepts digits of any script, an exponent, and symbols for infinity,
// and narrows it to an int.
func (p *parser) number(s string, pos int) (v int32, end int, ok bool) {
	n := p.f.numbers
	if strings.HasPrefix(s[pos:], n.NaN) {
		return 0, pos + len(n.NaN), true
	}
	negative := strings.HasPrefix(s[pos:], n.Minus)
	if negative {
		pos += len(n.Minus)
	}
	if strings.HasPrefix(s[pos:], n.Infinity) {
		if negative {
			return -1 << 31, pos + len(n.Infinity), true
		}
		return 1<<31 - 1, pos + len(n.Infinity), true
	}
	digits, end := p.digits(s, pos)
	if end == pos {
		return 0, 0, false
	}
	exponent := 0
	if strings.HasPrefix(s[end:], n.Exponent) {
		at := end + len(n.Exponent)
		minus := strings.HasPrefix(s[at:], n.Minus)
		if minus {
			at += len(n.Minus)
		}
		if e, after := p.digits(s, at); after > at && len(e) < 19 {
			exponent, _ = strconv.Atoi("0" + e)
			exponent = int(int32(exponent))
			if minus {
				exponent = -exponent
			}
			end = after
		}
	}
	return toInt(strings.TrimLeft(digits, "0"), exponent, negative), end, true
}

// digits returns the digits at a position as ASCII, and the position after them.
func (p *parser) digits(s string, pos int) (string, int) {
	start := pos
	for pos < len(s) && '0' <= s[pos] && s[pos] <= '9' {
		pos++
	}
	if pos == len(s) || s[pos] < utf8.RuneSelf {
		return s[start:pos], pos
	}
	text := []byte(s[start:pos])
	zero := p.f.numbers.ZeroDigit
	for pos < len(s) {
		r, size := utf8.DecodeRuneInString(s[pos:])
		switch {
		case '0' <= r && r <= '9':
			text = append(text, byte(r))
		case zero <= r && r <= zero+9:
			text = append(text, '0'+byte(r-zero))
		case r > 0x7f && r <= 0xffff && unicode.Is(unicode.Nd, r):
			text = append(text, '0'+digitValue(r))
		default:
			return string(text), pos
		}
		pos += size
	}
	return string(text), pos
}

// digitValue returns the value of a decimal digit. The digits of a script are
// consecutive, from 0 to 9.
func digitValue(r rune) byte {
	v := byte(0)
	for ; v < 9 && unicode.Is(unicode.Nd, r-1); r-- {
		v++
	}
	return v
}

// toInt returns the result of Number.intValue() for the number that
// NumberFormat would return: a long is truncated, and a double beyond the range
// of long is clamped.
func toInt(digits string, exponent int, negative bool) int32 {
	point := len(digits) + exponent // 0.digits × 10^point
	whole := strings.TrimRight(digits, "0")
	if whole == "" {
		return 0
	}
	var value float64
	switch {
	case point >= len(whole) && point < 20:
		if point == len(digits) {
			whole = digits
		}
		u, err := strconv.ParseUint(whole+strings.Repeat("0", point-len(whole)), 10, 64)
		if err == nil && (u < 1<<63 || negative && u == 1<<63) {
			if negative {
				u = -u
			}
			return int32(u)
		}
		value = 1e19
	case point > 19:
		value = 1e19
	case point <= 0:
		return 0
	default: // not an integer: the double is truncated
		value, _ = strconv.ParseFloat("0."+whole+"e"+strconv.Itoa(point), 64)
	}
	if negative {
		value = -value
	}
	return int32(max(-1<<31, min(1<<31-1, value)))
}
