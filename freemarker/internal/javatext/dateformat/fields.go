package dateformat

// This file computes an instant from calendar fields, as a lenient
// java.util.GregorianCalendar does: if fields contradict each other, those that
// were set last win.

// The fields of java.util.Calendar.
const (
	fieldEra = iota
	fieldYear
	fieldMonth // counted from 0
	fieldWeekOfYear
	fieldWeekOfMonth
	fieldDay
	fieldDayOfYear
	fieldWeekday // Sunday is 1
	fieldWeekdayInMonth
	fieldAmPm
	fieldHour
	fieldHourOfDay
	fieldMinute
	fieldSecond
	fieldMillisecond
	fieldZoneOffset
	fieldSaving
	fieldWeekYear
	fieldCount
)

// fields holds the fields that a text has set. Each has a stamp, which is
// higher for fields that were set later, and 0 for fields that were never set.
type fields struct {
	value [fieldCount]int32
	stamp [fieldCount]int
	last  int
	weeks weeks
}

func (f *fields) set(field int, v int32) {
	f.last++
	f.value[field], f.stamp[field] = v, f.last
}

func (f *fields) clear(field int) { f.value[field], f.stamp[field] = 0, 0 }

// both returns the stamp of two fields that count only together: the later
// stamp, or 0 unless both are set.
func (f *fields) both(a, b int) int {
	if f.stamp[a] == 0 || f.stamp[b] == 0 {
		return 0
	}
	return max(f.stamp[a], f.stamp[b])
}

// dayRule is the way to determine the day within its year.
type dayRule int

const (
	byDay dayRule = iota
	byWeekOfMonth
	byWeekdayInMonth
	byDayOfYear
	byWeekOfYear
)

// rule finds the group of fields that was set last, and whether it uses the
// weekday.
func (f *fields) rule() (r dayRule, useWeekday bool) {
	weekday := f.stamp[fieldWeekday]
	dom := f.stamp[fieldDay]
	wom := f.both(fieldWeekOfMonth, fieldWeekday)
	wim := f.both(fieldWeekdayInMonth, fieldWeekday)
	doy := f.stamp[fieldDayOfYear]
	woy := f.both(fieldWeekOfYear, fieldWeekday)
	best := max(dom, wom, wim, doy, woy)
	if best == 0 {
		wom = f.stamp[fieldWeekOfMonth]
		wim = max(f.stamp[fieldWeekdayInMonth], weekday)
		woy = f.stamp[fieldWeekOfYear]
		best = max(wom, wim, woy)
		if best == 0 {
			dom = f.stamp[fieldMonth]
			best = dom
		}
	}
	useWeekday = weekday != 0
	switch {
	case best == dom:
		return byDay, useWeekday
	case best == wom && f.stamp[fieldWeekOfMonth] >= f.stamp[fieldWeekOfYear],
		best == wim && f.stamp[fieldWeekdayInMonth] >= f.stamp[fieldWeekOfYear]:
		switch {
		case wom == wim && f.stamp[fieldWeekOfMonth] >= f.stamp[fieldWeekdayInMonth], wom != wim && best == wom:
			return byWeekOfMonth, useWeekday
		}
		return byWeekdayInMonth, useWeekday
	case best == doy:
		return byDayOfYear, useWeekday
	}
	return byWeekOfYear, useWeekday
}

// time returns the instant that the fields represent in a zone. If buddhist is
// set, their years are of the Buddhist era.
func (f *fields) time(z *Zone, buddhist bool) int64 {
	g := *f
	if buddhist {
		if g.stamp[fieldYear] != 0 {
			g.value[fieldYear] -= buddhistYears
		}
		g.value[fieldWeekYear] -= buddhistYears
	}
	if g.stamp[fieldWeekYear] > g.stamp[fieldYear] {
		g.weekDate()
		if buddhist { // Java's BuddhistCalendar subtracts them twice
			g.value[fieldYear] -= buddhistYears
		}
	}
	return g.instant(z)
}

// weekDate turns week year, week and weekday into a date.
func (f *fields) weekDate() {
	week, day := int32(1), int32(f.weeks.first)
	if f.stamp[fieldWeekOfYear] != 0 {
		week = f.value[fieldWeekOfYear]
	}
	if f.stamp[fieldWeekday] != 0 {
		day = f.value[fieldWeekday]
	}
	if day < 1 || day > 7 {
		if day >= 8 {
			day--
			week += day / 7
			day = day%7 + 1
		} else {
			weeks := 1 - day/7
			day += 7 * weeks
			week -= weeks
		}
		// The field is set to an ISO weekday, which counts from Monday.
		if day == 7 {
			day = 1
		} else {
			day++
		}
	}
	start := fields{weeks: f.weeks}
	if f.stamp[fieldEra] != 0 {
		start.set(fieldEra, f.value[fieldEra])
	}
	start.set(fieldYear, f.value[fieldWeekYear])
	start.set(fieldWeekOfYear, 1)
	start.set(fieldWeekday, int32(f.weeks.first))
	d := start.date(0) + floorMod(int64(day)-int64(f.weeks.first), 7) + 7*(int64(week)-1)
	m := moment{day: d, gregorian: d >= cutoverDay}
	m.year, m.month, m.dom = system(m.gregorian).date(d)
	year, era := m.eraYear()
	f.set(fieldEra, int32(era))
	f.set(fieldYear, int32(year))
	f.set(fieldMonth, int32(m.month-1))
	f.set(fieldDay, int32(m.dom))
}

// instant returns the instant of the fields in a zone.
func (f *fields) instant(z *Zone) int64 {
	var ms int64
	hourOfDay, hour := f.stamp[fieldHourOfDay], f.both(fieldHour, fieldAmPm)
	best := max(hourOfDay, hour)
	if best == 0 {
		best = max(f.stamp[fieldHour], f.stamp[fieldAmPm])
	}
	if best != 0 && best == hourOfDay {
		ms = int64(f.value[fieldHourOfDay])
	} else {
		ms = int64(f.value[fieldHour])
		if best != 0 && f.stamp[fieldAmPm] != 0 {
			ms += 12 * int64(f.value[fieldAmPm])
		}
	}
	ms = ms*60 + int64(f.value[fieldMinute])
	ms = ms*60 + int64(f.value[fieldSecond])
	ms = ms*1000 + int64(f.value[fieldMillisecond])
	days := floorDiv(ms, dayMillis)
	ms += (f.date(days) - days) * dayMillis
	zone, saving := f.stamp[fieldZoneOffset] != 0, f.stamp[fieldSaving] != 0
	o := offset{}
	if !zone || !saving {
		o = z.wall(ms)
	}
	if zone {
		o.raw = f.value[fieldZoneOffset]
	}
	if saving {
		o.saving = f.value[fieldSaving]
	}
	return ms - o.total()
}

// date returns the day that the fields represent in the calendar that was in
// use on that day. It adds over, the number of whole days in the time of day.
func (f *fields) date(over int64) int64 {
	year := int32(1970)
	if f.stamp[fieldYear] != 0 {
		year = f.value[fieldYear]
	}
	if f.stamp[fieldEra] != 0 && f.value[fieldEra] == 0 {
		year = 1 - year
	}
	if year > cutoverYear {
		if d := f.dateIn(gregorian, year) + over; d >= cutoverDay {
			return d
		}
		return f.dateIn(julian, year) + over
	}
	d := f.dateIn(julian, year) + over
	if d < cutoverDay || year < cutoverYear {
		return d
	}
	if r, _ := f.rule(); r == byDayOfYear || r == byWeekOfYear {
		return d
	}
	if g := f.dateIn(gregorian, year) + over; g >= cutoverDay {
		return g
	}
	return d // one of the ten days that did not exist
}

// dateIn returns the day that the fields represent in one calendar.
func (f *fields) dateIn(s system, year int32) int64 {
	rule, useWeekday := f.rule()
	wd := int(f.value[fieldWeekday])
	switch rule {
	case byDayOfYear:
		return s.day(int64(year), 1, 1) + int64(f.value[fieldDayOfYear]) - 1
	case byWeekOfYear:
		first := f.firstWeek(s.day(int64(year), 1, 1))
		if useWeekday && wd != f.weeks.first {
			first = onOrBefore(first+6, wd)
		}
		return first + 7*(int64(f.value[fieldWeekOfYear])-1)
	}
	month := f.value[fieldMonth]
	year += int32(floorDiv(int64(month), 12))
	month = int32(floorMod(int64(month), 12))
	start := s.day(int64(year), int(month)+1, 1)
	switch rule {
	case byWeekOfMonth:
		first := f.firstWeek(start)
		if useWeekday {
			first = onOrBefore(first+6, wd)
		}
		return first + 7*(int64(f.value[fieldWeekOfMonth])-1)
	case byWeekdayInMonth:
		if !useWeekday {
			wd = f.weeks.first
		}
		n := int64(1)
		if f.stamp[fieldWeekdayInMonth] != 0 {
			n = int64(f.value[fieldWeekdayInMonth])
		}
		if n >= 0 {
			return onOrBefore(start+7*n-1, wd)
		}
		length := system(year >= cutoverYear).monthLength(int64(year), int(month))
		return onOrBefore(start+length+7*(n+1)-1, wd)
	}
	if f.stamp[fieldDay] != 0 {
		return start + int64(f.value[fieldDay]) - 1
	}
	return start
}

// firstWeek returns the first day of the first week of the year or month that
// begins at start. The week may begin before start.
func (f *fields) firstWeek(start int64) int64 {
	first := onOrBefore(start+6, f.weeks.first)
	if int(first-start) >= f.weeks.minimal {
		first -= 7
	}
	return first
}
