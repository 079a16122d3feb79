package dateformat

import "temporal-twilio/freemarker/internal/javatext/locale"

const (
	dayMillis  = 86_400_000
	hourMillis = 3_600_000

	// cutoverDay is 15 October 1582, the first day of the Gregorian calendar; the day before
	// it was 4 October. Days count from 1 January 1970.
	cutoverDay  = -141_427
	cutoverYear = 1582
)

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }

// system is a calendar: Gregorian or Julian. Years are astronomical: 0 is 1 BC.
type system bool

const (
	gregorian system = true
	julian    system = false
)

// day returns the day of a date, in days since 1970. Months count from 1. A
// month outside the year and a day outside the month are allowed.
func (s system) day(year int64, month, day int) int64 {
	year += floorDiv(int64(month)-1, 12)
	m := floorMod(int64(month)-1, 12)
	// Years start in March here, so that a leap day is the last day.
	y := year
	if m < 2 {
		y--
	}
	days := 365*y + floorDiv(y, 4)
	if s == gregorian {
		days += floorDiv(y, 400) - floorDiv(y, 100) - 719_468
	} else {
		days -= 719_470
	}
	return days + (153*floorMod(m-2, 12)+2)/5 + int64(day) - 1
}

// date returns the year, the month, counted from 1, and the day of the month.
func (s system) date(day int64) (year int64, month, dom int) {
	var y, rest int64
	if s == gregorian {
		day += 719_468
		era := floorDiv(day, 146_097)
		doe := day - era*146_097
		yoe := (doe - doe/1460 + doe/36_524 - doe/146_096) / 365
		y, rest = era*400+yoe, doe-(365*yoe+yoe/4-yoe/100)
	} else {
		day += 719_470
		era := floorDiv(day, 1461)
		doe := day - era*1461
		yoe := (doe - doe/1460) / 365
		y, rest = era*4+yoe, doe-365*yoe
	}
	m := (5*rest + 2) / 153
	dom = int(rest-(153*m+2)/5) + 1
	month = int(m) + 3
	if month > 12 {
		month -= 12
		y++
	}
	return y, month, dom
}

// monthLength returns the number of days in a month. month is zero-based.
func (s system) monthLength(year int64, month int) int64 {
	return s.day(year, month+2, 1) - s.day(year, month+1, 1)
}

// moment is an instant split into fields by a zone and a calendar.
type moment struct {
	day       int64 // since 1970, in the zone
	offset    offset
	year      int64 // astronomical
	month     int   // counted from 1
	dom       int
	millis    int64 // milliseconds since midnight
	gregorian bool  // whether the date is in the Gregorian calendar rather than in the Julian one
}

// moment splits an instant into fields. Before the cutover of 1582, it uses the
// Julian calendar, unless pure is set.
func (z *Zone) moment(ms int64, pure bool) moment {
	o := z.offsetAt(ms)
	m := moment{offset: o}
	m.day = floorDiv(ms, dayMillis)
	m.millis = ms - m.day*dayMillis + o.total()
	for ; m.millis < 0; m.millis += dayMillis {
		m.day--
	}
	for ; m.millis >= dayMillis; m.millis -= dayMillis {
		m.day++
	}
	m.gregorian = pure || m.day >= cutoverDay
	m.year, m.month, m.dom = system(m.gregorian).date(m.day)
	return m
}

// eraYear returns the year as it is counted in its era, and the era: 0 for BC,
// 1 for AD.
func (m *moment) eraYear() (year int64, era int) {
	if m.year <= 0 {
		return 1 - m.year, 0
	}
	return m.year, 1
}

// weekday returns 1 for Sunday to 7 for Saturday.
func weekday(day int64) int { return int(floorMod(day+4, 7)) + 1 }

// onOrBefore returns the last day, up to and including day, that falls on the
// weekday wd.
func onOrBefore(day int64, wd int) int64 {
	return day - floorMod(int64(weekday(day)-wd), 7)
}

// newYear returns the first day of a year, in the calendar that was in use on
// that day.
func newYear(year int64) int64 {
	return system(year > cutoverYear).day(year, 1, 1)
}

// dayOfYear returns the moment's day in its year, counted from 1. The year 1582
// was ten days shorter.
func (m *moment) dayOfYear() int { return int(m.day-newYear(m.year)) + 1 }

// firstOfMonth returns the first day of the moment's month.
func (m *moment) firstOfMonth() int64 {
	if m.gregorian && m.year == cutoverYear && m.month == 10 {
		return julian.day(cutoverYear, 10, 1)
	}
	return m.day - int64(m.dom) + 1
}

// weeks defines how a locale counts weeks: the weekday on which they start, and
// the minimum number of days in the first week of a year or month.
type weeks struct{ first, minimal int }

func weeksOf(d *locale.Dates) weeks { return weeks{d.FirstDay, d.MinimalDays} }

// number returns the number of the week that day falls in, counted in the year
// or month that begins at start. It is 0 before the first week.
func (w weeks) number(start, day int64) int {
	first := onOrBefore(start+6, w.first)
	if int(first-start) >= w.minimal {
		first -= 7
	}
	return int(floorDiv(day-first, 7)) + 1
}

// ofYear returns the number of the moment's week, and the year that the week belongs to.
func (w weeks) ofYear(m *moment) (week int, year int64) {
	start := newYear(m.year)
	week = w.number(start, m.day)
	if week == 0 {
		return w.number(newYear(m.year-1), start-1), m.year - 1
	}
	next := newYear(m.year + 1)
	first := onOrBefore(next+6, w.first)
	if int(first-next) >= w.minimal && m.day >= first-7 {
		return 1, m.year + 1
	}
	return week, m.year
}

// ofMonth returns the number of the moment's week in its month.
func (w weeks) ofMonth(m *moment) int { return w.number(m.firstOfMonth(), m.day) }
