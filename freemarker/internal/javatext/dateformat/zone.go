package dateformat

import (
	"sort"
	"strconv"
	"strings"
	"sync"
)

// Zone is a time zone with all its rules. It is immutable and safe for
// concurrent use. The rules are the JDK's, not time/tzdata's: the two disagree
// before 1970 and about the sign of Irish winter time, and Java has no local
// mean time before 1900.
type Zone struct {
	id      string
	names   int // key in localZones.names; -1 for zones that are named by their ID
	saving  int // how far summer time is ahead, in milliseconds: TimeZone.getDSTSavings
	offsets []offset
	first   offset  // before all transitions
	at      []int64 // milliseconds of the transitions
	to      []uint8 // for each transition, the index in offsets of the offset that follows it
	yearly  []yearly
}

// offset is how far a zone's clocks are ahead of UTC, in milliseconds.
type offset struct{ raw, saving int32 }

func (o offset) total() int64 { return int64(o.raw) + int64(o.saving) }

// yearly is a transition that recurs every year after the last one in the
// table.
type yearly struct {
	month, day, weekday int // day counts from the end of the month if negative; weekday 1 is Monday
	second              int64
	clock               byte // what second refers to: U for UTC, S for standard time, W for wall time
	standard            int64
	before, after       int64 // total offsets, in seconds
}

// UTC is the zone "UTC".
var UTC = &Zone{id: "UTC", names: utcNames}

// utcNames is the key for the names of the zone "UTC", which exists before the
// tables are loaded.
const utcNames = -2

// loaded caches zones by ID. It holds only IDs from the tables, so its size is
// bounded.
var loaded sync.Map

// LoadZone finds a time zone by ID as TimeZone.getTimeZone does:
// "Europe/Berlin", "EST", "GMT+2", "GMT-03:30". An unknown ID means GMT. IDs
// are looked up in an embedded table, and never used as file names.
func LoadZone(id string) *Zone {
	if id == "UTC" {
		return UTC
	}
	if z, ok := loaded.Load(id); ok {
		return z.(*Zone)
	}
	t := zoneTables()
	if e, ok := t.ids[id]; ok {
		z := parseRules(t.rules[e.rules])
		z.id, z.names, z.saving = id, e.names, e.saving*1000
		loaded.Store(id, z)
		return z
	}
	if z := customZone(id); z != nil {
		return z
	}
	return LoadZone("GMT")
}

// LoadZoneStrict is like LoadZone, but returns false for an unknown ID, as
// FreeMarker's DateUtil.getTimeZone does for the argument of ?iso(…).
func LoadZoneStrict(id string) (z *Zone, ok bool) {
	if strings.EqualFold(id, "UTC") {
		return UTC, true
	}
	z = LoadZone(id)
	return z, likeGMT(id) || !likeGMT(z.id)
}

// likeGMT reports whether an ID is one of the ways to write GMT, UTC or UT1.
func likeGMT(id string) bool {
	if len(id) < 3 {
		return false
	}
	switch strings.ToUpper(id[:3]) {
	case "GMT", "UTC", "UT1":
	default:
		return false
	}
	switch id[3:] {
	case "", "+0", "+00", "+00:00", "-0", "-00", "-00:00":
		return true
	}
	return false
}

// customZone reads "GMT+h", "GMT+hh", "GMT+hmm", "GMT+hhmm" and "GMT+hh:mm".
func customZone(id string) *Zone {
	rest, ok := strings.CutPrefix(id, "GMT")
	if !ok || len(rest) < 2 || rest[0] != '+' && rest[0] != '-' {
		return nil
	}
	hours, minutes, colon := strings.Cut(rest[1:], ":")
	if colon && (len(hours) > 2 || len(minutes) != 2) {
		return nil
	}
	for _, c := range hours + minutes {
		if c < '0' || c > '9' {
			return nil
		}
	}
	h, m := 0, 0
	for _, c := range hours {
		h = int(int32(h*10) + (c - '0')) // Java's int may overflow here
	}
	switch {
	case colon:
		m, _ = strconv.Atoi(minutes)
	case len(hours) > 2:
		h, m = h/100, h%100
	}
	if h > 23 || m > 59 || h < 0 || m < 0 {
		return nil
	}
	sign, ms := "+", int64(h*60+m)*60_000
	if rest[0] == '-' {
		sign, ms = "-", -ms
	}
	return fixedZone("GMT"+sign+two(h)+":"+two(m), ms)
}

func fixedZone(id string, ms int64) *Zone {
	return &Zone{id: id, names: -1, first: offset{raw: int32(ms)}}
}

func two(n int) string { return string([]byte{'0' + byte(n/10), '0' + byte(n%10)}) }

// parseRules parses a line of rules; gen/Zones.java describes the format.
func parseRules(line string) *Zone {
	z := &Zone{}
	parts := strings.Split(line, ";")
	for pair := range strings.FieldsSeq(parts[0]) {
		raw, saving, _ := strings.Cut(pair, ",")
		r, _ := strconv.Atoi(raw)
		s, _ := strconv.Atoi(saving)
		z.offsets = append(z.offsets, offset{int32(r) * 1000, int32(s) * 1000})
	}
	z.first = z.offsets[0]
	at := int64(0)
	for i, f := range strings.Fields(parts[1]) {
		n, _ := strconv.ParseInt(f, 36, 64)
		if i%2 == 0 {
			at += n
			z.at = append(z.at, at*1000)
		} else {
			z.to = append(z.to, uint8(n))
		}
	}
	for rule := range strings.FieldsSeq(parts[2]) {
		f := strings.Split(rule, ",")
		n := make([]int64, len(f))
		for i := range f {
			n[i], _ = strconv.ParseInt(f[i], 10, 64)
		}
		z.yearly = append(z.yearly, yearly{
			month: int(n[0]), day: int(n[1]), weekday: int(n[2]), second: n[3], clock: f[4][0],
			standard: n[5], before: n[6], after: n[7],
		})
	}
	return z
}

// ID returns TimeZone.getID(): what the special variable .time_zone prints.
func (z *Zone) ID() string { return z.id }

// Offset returns the zone's total offset from UTC at an instant, in milliseconds.
func (z *Zone) Offset(ms int64) int { return int(z.offsetAt(ms).total()) }

// offsetAt returns the offset at an instant.
func (z *Zone) offsetAt(ms int64) offset {
	n := len(z.at)
	switch {
	case n == 0 || ms < z.at[0]:
		return z.first
	case ms >= z.at[n-1] && len(z.yearly) == 2:
		return z.afterTable(ms)
	}
	i := sort.Search(n, func(i int) bool { return z.at[i] > ms }) - 1
	return z.offsets[z.to[i]]
}

// wall returns the offset for a wall-clock time, as ZoneInfo.getOffsetsByWall
// does. In a gap, that is the offset before it; in a repeated hour, the later
// one.
func (z *Zone) wall(ms int64) offset {
	n := len(z.at)
	if n == 0 {
		return z.first
	}
	i := sort.Search(n, func(i int) bool { return z.at[i]+z.offsets[z.to[i]].total() > ms }) - 1
	switch {
	case i < 0:
		return z.first
	case i < n-1 || len(z.yearly) != 2 || z.at[i]+z.offsets[z.to[i]].total() == ms:
		return z.offsets[z.to[i]]
	}
	raw := z.offsets[z.to[n-1]].raw
	utc := ms - int64(raw)
	o := z.afterTable(utc)
	if o.saving > 0 && z.afterTable(utc-int64(o.saving)).saving == 0 {
		o.saving = 0
	}
	return o
}

// afterTable returns the offset at an instant after all transitions of the table.
func (z *Zone) afterTable(ms int64) offset {
	raw := z.yearly[0].standard
	y, _, _ := gregorian.date(floorDiv(ms+raw*1000, dayMillis))
	// The latest transition before the instant is in its year or the one
	// before.
	best, found := int64(0), false
	total := int64(0)
	for year := y - 1; year <= y+1; year++ {
		for _, rule := range z.yearly {
			if t := rule.in(year); t <= ms && (!found || t > best) {
				best, found, total = t, true, rule.after
			}
		}
	}
	return offset{int32(raw * 1000), int32((total - raw) * 1000)}
}

// in returns the instant, in milliseconds, at which the transition happens in a
// year.
func (r *yearly) in(year int64) int64 {
	var day int64
	if r.day < 0 {
		next := gregorian.day(year, r.month+1, 1)
		day = next + int64(r.day)
		if r.weekday != 0 {
			day -= floorMod(isoWeekday(day)-int64(r.weekday), 7)
		}
	} else {
		day = gregorian.day(year, r.month, r.day)
		if r.weekday != 0 {
			day += floorMod(int64(r.weekday)-isoWeekday(day), 7)
		}
	}
	second := day*86400 + r.second
	switch r.clock {
	case 'S':
		second -= r.standard
	case 'W':
		second -= r.before
	}
	return second * 1000
}

// isoWeekday returns 1 for Monday to 7 for Sunday.
func isoWeekday(day int64) int64 { return floorMod(day+3, 7) + 1 }
