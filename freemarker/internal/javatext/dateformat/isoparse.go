package dateformat

import (
	"math"
	"strconv"
	"strings"

	"temporal-twilio/freemarker/internal/javatext"
)

// This file parses the texts that FreeMarker's "iso" and "xs" formats accept,
// as its DateUtil does: either all with separators (extended) or all without
// (basic).

// The patterns as FreeMarker's messages show them.
const (
	xsZone       = "(Z|(?:[-+][0-9]{2}:[0-9]{2}))?"
	basicZone    = "(Z|(?:[-+][0-9]{2}(?:[0-9]{2})?))?"
	extendedZone = "(Z|(?:[-+][0-9]{2}(?::[0-9]{2})?))?"
	xsDate       = "(-?[0-9]+)-([0-9]{2})-([0-9]{2})"
	basicDate    = "(-?[0-9]{4,}?)([0-9]{2})([0-9]{2})"
	extendedDate = "(-?[0-9]{4,})-([0-9]{2})-([0-9]{2})"
	xsTime       = "([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\\.([0-9]+))?"
	basicTime    = "([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:[\\.,]([0-9]+))?)?)?"
	extendedTime = "([0-9]{2})(?::([0-9]{2})(?::([0-9]{2})(?:[\\.,]([0-9]+))?)?)?"
)

// isoParts are the groups of these patterns. A group that did not participate
// is "".
type isoParts struct {
	year, month, day             string
	hour, minute, second, millis string
	zone                         string
}

// isoStyle is how the parts are joined.
type isoStyle int

const (
	styleExtended isoStyle = iota
	styleBasic
	styleXS
)

// parse reads a text of the format's kind.
func (f *iso) parse(s string) (int64, error) {
	parts, ok := isoParts{}, false
	if f.xs {
		parts, ok = split(s, f.kind, styleXS)
	} else if parts, ok = split(s, f.kind, styleExtended); !ok {
		parts, ok = split(s, f.kind, styleBasic)
	}
	if !ok {
		return 0, f.mismatch(s)
	}
	t, err := f.numbers(&parts)
	if err != nil {
		return 0, err
	}
	ms, ok := t.instant()
	if !ok {
		switch f.kind {
		case Time:
			return 0, javatext.Reasonf("Unexpected time calculation faliure.")
		case Date:
			return 0, javatext.Reasonf("Date calculation faliure. Probably the date is formally correct, but refers " +
				"to an unexistent date (like February 30).")
		}
		return 0, javatext.Reasonf("Date-time calculation faliure. Probably the date-time is formally correct, but " +
			"refers to an unexistent date-time (like February 30).")
	}
	return ms, nil
}

func (f *iso) mismatch(s string) error {
	var patterns string
	switch {
	case f.xs && f.kind == Date:
		patterns = xsDate + xsZone
	case f.xs && f.kind == Time:
		patterns = xsTime + xsZone
	case f.xs:
		patterns = xsDate + "T" + xsTime + xsZone
	case f.kind == Date:
		patterns = extendedDate + " or " + basicDate
	case f.kind == Time:
		patterns = extendedTime + extendedZone + " or " + basicTime + basicZone
	default:
		patterns = extendedDate + "T" + extendedTime + extendedZone + " or " + basicDate + "T" + basicTime + basicZone
		return javatext.Reasonf("The value (%s) didn't match the expected pattern: %s", s, patterns)
	}
	return javatext.Reasonf("The value didn't match the expected pattern: %s", patterns)
}

// split splits a string into its parts; ok is false unless the whole string
// matches.
func split(s string, kind Kind, style isoStyle) (p isoParts, ok bool) {
	if kind != Time {
		if s, ok = p.date(s, style); !ok {
			return p, false
		}
	}
	if kind == DateTime {
		if s, ok = strings.CutPrefix(s, "T"); !ok {
			return p, false
		}
	}
	if kind != Date {
		if s, ok = p.time(s, style); !ok {
			return p, false
		}
	}
	if kind != Date || style == styleXS {
		p.zone = s
		return p, validZone(s, style)
	}
	return p, s == ""
}

// digits returns how many ASCII digits a text starts with.
func digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}

// pair splits off two digits, after a separator if one is required.
func pair(s, separator string) (two, rest string, ok bool) {
	t, ok := strings.CutPrefix(s, separator)
	if !ok || digits(t) < 2 {
		return "", s, false
	}
	return t[:2], t[2:], true
}

func (p *isoParts) date(s string, style isoStyle) (rest string, ok bool) {
	sign := 0
	if strings.HasPrefix(s, "-") {
		sign = 1
	}
	n := digits(s[sign:]) + sign
	separator := "-"
	switch style {
	case styleBasic:
		separator = ""
		if n-sign < 8 {
			return s, false
		}
		n -= 4
	case styleExtended:
		if n-sign < 4 {
			return s, false
		}
	case styleXS:
		if n == sign {
			return s, false
		}
	}
	p.year, s = s[:n], s[n:]
	if p.month, s, ok = pair(s, separator); !ok {
		return s, false
	}
	p.day, s, ok = pair(s, separator)
	return s, ok
}

func (p *isoParts) time(s string, style isoStyle) (rest string, ok bool) {
	separator := ":"
	if style == styleBasic {
		separator = ""
	}
	if p.hour, s, ok = pair(s, ""); !ok {
		return s, false
	}
	if p.minute, s, ok = pair(s, separator); !ok {
		return s, style != styleXS
	}
	if p.second, s, ok = pair(s, separator); !ok {
		return s, style != styleXS
	}
	if s != "" && (s[0] == '.' || s[0] == ',' && style != styleXS) {
		if n := digits(s[1:]); n > 0 {
			p.millis, s = s[1:1+n], s[1+n:]
		}
	}
	return s, true
}

// validZone reports whether a text is a zone, or nothing.
func validZone(s string, style isoStyle) bool {
	if s == "" || s == "Z" {
		return true
	}
	if s[0] != '+' && s[0] != '-' || digits(s[1:]) < 2 {
		return false
	}
	rest := s[3:]
	if style == styleBasic {
		return rest == "" || len(rest) == 2 && digits(rest) == 2
	}
	return rest == "" && style == styleExtended || len(rest) == 3 && rest[0] == ':' && digits(rest[1:]) == 2
}

// isoTime holds the values of the parts, each within its bounds.
type isoTime struct {
	year, month, day     int64 // the year is astronomical
	hour, minute, second int64
	millis               int64
	nextDay              bool // the hour was 24
	zone                 *Zone
}

// numbers converts the parts to numbers, and checks their bounds.
func (f *iso) numbers(p *isoParts) (t isoTime, err error) {
	t = isoTime{year: 1970, month: 1, day: 1, zone: f.zone}
	number := func(part, name string, least, most int64) (v int64) {
		if err == nil && part != "" {
			v, err = toNumber(part, name, least, most)
		}
		return v
	}
	if f.kind != Time {
		if t.year = number(p.year, "year", math.MinInt32, math.MaxInt32); err == nil && f.xs && t.year <= 0 {
			if t.year++; t.year == 1 {
				err = javatext.Reasonf("Year 0 is not allowed in XML schema dates. BC 1 is -1, AD 1 is 1.")
			}
		}
		t.month = number(p.month, "month", 1, 12)
		t.day = number(p.day, "day-of-month", 1, 31)
	}
	if f.kind != Date {
		t.hour = number(p.hour, "hour-of-day", 0, 24)
		t.minute = number(p.minute, "minute", 0, 59)
		t.second = number(p.second, "second", 0, 60)
		millis := p.millis[:min(3, len(p.millis))]
		t.millis = number(millis, "partial-seconds", 0, math.MaxInt32)
		for i := len(millis); i > 0 && i < 3; i++ {
			t.millis *= 10
		}
	}
	if p.zone == "Z" {
		t.zone = UTC
	} else if p.zone != "" {
		ms := number(p.zone[1:3], "offset-hours", 0, 23) * hourMillis
		if len(p.zone) > 3 {
			ms += number(p.zone[len(p.zone)-2:], "offset-minutes", 0, 59) * 60_000
		}
		if p.zone[0] == '-' {
			ms = -ms
		}
		t.zone = fixedZone("", ms)
	}
	if err == nil && t.hour == 24 {
		err = t.midnight(f.kind)
	}
	return t, err
}

// midnight turns the hour 24 into the hour 0 of the next day.
func (t *isoTime) midnight(k Kind) error {
	t.hour, t.nextDay = 0, true
	if k == Time {
		t.day, t.nextDay = 2, false
	}
	if t.minute != 0 || t.second != 0 || t.millis != 0 {
		return javatext.Reasonf("Hour 24 is only allowed in the case of midnight.")
	}
	return nil
}

// toNumber parses a part, whose value must be from least to most.
func toNumber(s, name string, least, most int64) (int64, error) {
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil || v < -math.MaxInt32 || v > math.MaxInt32 {
		return 0, javatext.Reasonf("The %s part is a malformed integer.", name)
	}
	if v < least {
		return 0, javatext.Reasonf("The %s part must be at least %d.", name, least)
	}
	if v > most {
		return 0, javatext.Reasonf("The %s part can't be more than %d.", name, most)
	}
	return v, nil
}

// maxYear is the last year that fits in milliseconds; the first one is about as
// far from 1970.
const maxYear = 292_278_994

// instant returns what a strict java.util.GregorianCalendar computes from the
// fields, with the Gregorian calendar throughout. It returns false for days
// that a month does not have, seconds of 60, and times that the zone's clocks
// skip.
func (t *isoTime) instant() (ms int64, ok bool) {
	if t.second > 59 || t.year > maxYear || t.year < -maxYear+2 ||
		t.day > gregorian.monthLength(t.year, int(t.month)-1) {
		return 0, false
	}
	day := gregorian.day(t.year, int(t.month), int(t.day))
	clock := ((t.hour*60+t.minute)*60+t.second)*1000 + t.millis
	wall := day*dayMillis + clock
	if floorDiv(wall, dayMillis) != day { // overflow
		return 0, false
	}
	o := t.zone.wall(wall)
	ms = wall - o.total()
	if t.zone.offsetAt(ms).total() != o.total() || ms > wall != (o.total() < 0) {
		return 0, false
	}
	if !t.nextDay {
		return ms, true
	}
	// Calendar.add(DAY_OF_MONTH, 1) keeps the time of day if it exists on the
	// next day.
	next := ms + dayMillis
	if change := o.total() - t.zone.offsetAt(next).total(); change != 0 {
		moved := next + change
		if m := t.zone.moment(moved, true); m.day == day+1 {
			return moved, true
		}
	}
	return next, true
}
