package dateformat

import (
	"strings"
	"unicode/utf8"

	"temporal-twilio/freemarker/internal/javatext"
	"temporal-twilio/freemarker/internal/javatext/locale"
)

// letters are the pattern letters of SimpleDateFormat.
const letters = "GyMdkHmsSEDFwWahKzZYuXL"

// item is a part of a pattern: a letter and how often it is repeated, or other text.
type item struct {
	letter byte // 0 for text
	count  int
	text   string
}

// simple is a compiled pattern of java.text.SimpleDateFormat.
type simple struct {
	pattern string
	items   []item
	alone   bool // the month is the only field: some languages then write its name differently
	locale  locale.Locale
	dates   *locale.Dates
	numbers *locale.Numbers
	weeks   weeks
	zone    *Zone
}

// newSimple compiles a pattern.
func newSimple(pattern string, l locale.Locale, z *Zone) (*simple, error) {
	d := l.Dates()
	f := &simple{pattern: pattern, locale: l, dates: d, numbers: l.Numbers(), weeks: weeksOf(d), zone: z}
	if err := f.compile(); err != nil {
		return nil, err
	}
	fields := 0
	for _, it := range f.items {
		if it.letter != 0 {
			fields++
			f.alone = it.letter == 'M'
		}
	}
	f.alone = f.alone && fields == 1
	return f, nil
}

// compile splits the pattern into items.
func (f *simple) compile() error { //nolint:cyclop // a state machine of quotes and letters
	var run item             // letters in a row
	var text strings.Builder // any other text
	flush := func() error {
		switch {
		case text.Len() > 0:
			f.items = append(f.items, item{text: text.String()})
			text.Reset()
		case run.letter == 'X' && run.count >= 4:
			return javatext.Reasonf("invalid ISO 8601 format: length=%d", run.count)
		case run.count > 0:
			f.items = append(f.items, run)
		}
		run = item{}
		return nil
	}
	f.items = make([]item, 0, 16)
	quoted := false
	for i := 0; i < len(f.pattern); i++ {
		c := f.pattern[i]
		letter := !quoted && isPatternLetter(c)
		if letter && strings.IndexByte(letters, c) < 0 {
			return javatext.Reasonf("Illegal pattern character '%c'", c)
		}
		if !letter && run.count > 0 || letter && run.letter != c {
			if err := flush(); err != nil {
				return err
			}
		}
		switch {
		case letter:
			run.letter = c
			run.count++
		case c == '\'' && i+1 < len(f.pattern) && f.pattern[i+1] == '\'':
			text.WriteByte('\'')
			i++
		case c == '\'':
			quoted = !quoted
		default:
			text.WriteByte(c)
		}
	}
	if quoted {
		return javatext.Reasonf("Unterminated quote")
	}
	return flush()
}

func isPatternLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// append appends the text of an instant.
func (f *simple) append(dst []byte, ms int64) []byte {
	m := f.zone.moment(ms, false)
	for i := range f.items {
		it := &f.items[i]
		if it.letter == 0 {
			dst = append(dst, it.text...)
		} else {
			dst = f.field(dst, it, &m)
		}
	}
	return dst
}

// buddhistYears is how many years the Buddhist era is ahead of AD.
const buddhistYears = 543

// field appends the text of one field.
func (f *simple) field(dst []byte, it *item, m *moment) []byte { //nolint:cyclop,funlen // a table of pattern letters
	long := it.count >= 4
	hour := m.millis / hourMillis
	pick := func(long bool, longs, shorts []string, i int) []byte {
		if long {
			return append(dst, longs[i]...)
		}
		return append(dst, shorts[i]...)
	}
	var v int64
	switch it.letter {
	case 'G':
		_, era := m.eraYear()
		return pick(long, f.dates.LongEras, f.dates.Eras, era)
	case 'y', 'Y':
		if it.letter == 'y' {
			v, _ = m.eraYear()
		} else {
			_, v = f.weeks.ofYear(m)
		}
		switch {
		case !f.dates.Buddhist:
		case it.letter == 'Y' && m.year <= 0:
			v -= buddhistYears // for week years BC, Java subtracts the difference
		default:
			v += buddhistYears
		}
		if it.count == 2 {
			return f.number(dst, v, 2, 2)
		}
	case 'M', 'L':
		switch {
		case it.count < 3:
			v = int64(m.month)
		case it.letter == 'L' || f.alone:
			return pick(long, f.dates.AloneMonths, f.dates.AloneShortMonths, m.month-1)
		default:
			return pick(long, f.dates.Months, f.dates.ShortMonths, m.month-1)
		}
	case 'd':
		v = int64(m.dom)
	case 'E':
		return pick(long, f.dates.Weekdays, f.dates.ShortWeekdays, weekday(m.day)-1)
	case 'u':
		v = isoWeekday(m.day)
	case 'a':
		return pick(long, f.dates.LongAmPm, f.dates.AmPm, int(hour/12))
	case 'H':
		v = hour
	case 'k':
		if v = hour; v == 0 {
			v = 24
		}
	case 'K':
		v = hour % 12
	case 'h':
		if v = hour % 12; v == 0 {
			v = 12
		}
	case 'm':
		v = m.millis / 60_000 % 60
	case 's':
		v = m.millis / 1000 % 60
	case 'S':
		v = m.millis % 1000
	case 'D':
		v = int64(m.dayOfYear())
	case 'F':
		v = (m.day-m.firstOfMonth())/7 + 1
	case 'w':
		week, _ := f.weeks.ofYear(m)
		v = int64(week)
	case 'W':
		v = int64(f.weeks.ofMonth(m))
	case 'z':
		return append(dst, f.zone.name(f.locale, m.offset.saving != 0, long)...)
	case 'Z':
		return appendRFC822(dst, m.offset.total()/60_000)
	case 'X':
		return appendISOZone(dst, m.offset.total(), it.count)
	}
	return f.number(dst, v, it.count, 0)
}

func appendRFC822(dst []byte, minutes int64) []byte {
	sign := byte('+')
	if minutes < 0 {
		sign, minutes = '-', -minutes
	}
	dst = append(dst, sign)
	dst = appendTwo(dst, minutes/60)
	return appendTwo(dst, minutes%60)
}

func appendISOZone(dst []byte, ms int64, count int) []byte {
	if ms == 0 {
		return append(dst, 'Z')
	}
	minutes := ms / 60_000
	sign := byte('+')
	if minutes < 0 {
		sign, minutes = '-', -minutes
	}
	dst = append(dst, sign)
	dst = appendTwo(dst, minutes/60)
	if count == 1 {
		return dst
	}
	if count == 3 {
		dst = append(dst, ':')
	}
	return appendTwo(dst, minutes%60)
}

// appendTwo appends a number under 100 with two digits.
func appendTwo(dst []byte, n int64) []byte {
	return append(dst, '0'+byte(n/10), '0'+byte(n%10))
}

// number appends a number in the locale's digits, with leading zeros up to a
// length of least. If most is not 0, it keeps only that many of the last
// digits.
func (f *simple) number(dst []byte, v int64, least, most int) []byte {
	if v < 0 {
		dst = append(dst, f.numbers.Minus...)
		v = -v
	}
	var buf [20]byte
	i := len(buf)
	for ; v > 0; v /= 10 {
		i--
		buf[i] = byte(v % 10)
	}
	text := buf[i:]
	if most > 0 && len(text) > most {
		text = text[len(text)-most:]
	}
	least = min(least, 309) // the most that java.text.DecimalFormat writes for a long
	for n := len(text); n < least; n++ {
		dst = f.digit(dst, 0)
	}
	for _, d := range text {
		dst = f.digit(dst, d)
	}
	return dst
}

func (f *simple) digit(dst []byte, d byte) []byte {
	if f.dates.ZeroDigit == '0' {
		return append(dst, '0'+d)
	}
	return utf8.AppendRune(dst, f.dates.ZeroDigit+rune(d))
}
