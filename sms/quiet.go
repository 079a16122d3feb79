package sms

// Quiet hours are when people must not be texted, by their local time.

import (
	"fmt"
	"time"
)

// QuietHours are a part of each day, by the local time of each recipient.
type QuietHours struct {
	// From and To are times of day, "21:00" and "08:00". Required.
	From string `json:"from" example:"\"21:00\""`
	To   string `json:"to" example:"\"08:00\""`
	// TimeZone applies to recipients whose number does not say where they are,
	// such as "Europe/Berlin". Optional: default UTC.
	TimeZone string `json:"timeZone,omitempty" example:"\"Europe/Berlin\""`
}

// FindQuietInput asks which recipients are in quiet hours.
type FindQuietInput struct {
	// To lists their addresses.
	To []string `json:"to"`
	// DefaultRegion is the send's.
	DefaultRegion string     `json:"defaultRegion,omitempty"`
	QuietHours    QuietHours `json:"quietHours"`
	At            time.Time  `json:"at"`
	// Together asks for one time at which nobody in the list is in quiet hours.
	Together bool `json:"together,omitempty"`
}

// QuietGroup holds the recipients whose quiet hours end at the same time.
type QuietGroup struct {
	// Until is when they end. It is zero for recipients whose phone appears
	// earlier in the list: they are not texted.
	Until time.Time `json:"until"`
	// Places holds their indexes in the list, in order.
	Places []int `json:"places"`
}

// Check returns an error if the quiet hours are invalid.
func (q QuietHours) Check() error {
	from, err := minutes(q.From)
	if err != nil {
		return fmt.Errorf("quietHours.from %w", err)
	}
	to, err := minutes(q.To)
	if err != nil {
		return fmt.Errorf("quietHours.to %w", err)
	}
	if from == to {
		return fmt.Errorf("quietHours must leave some hours of the day; from and to are both %s", q.From)
	}
	if _, err := time.LoadLocation(q.TimeZone); err != nil || q.TimeZone == "Local" {
		return fmt.Errorf("quietHours.timeZone must be a name such as Europe/Berlin; %q is not known", q.TimeZone)
	}
	return nil
}

// minutes parses a time of day. The seconds, which the time types of some
// programming languages print as well, must be 0.
func minutes(text string) (int, error) {
	at, err := time.Parse("15:04", text)
	if err != nil {
		at, err = time.Parse("15:04:05", text)
	}
	if err != nil || at.Second() != 0 || at.Nanosecond() != 0 {
		return 0, fmt.Errorf("must be a time of day such as \"21:00\"; it is %q", text)
	}
	return at.Hour()*60 + at.Minute(), nil
}

// never is how far ahead Until looks for a time that is not quiet.
const never = 48 * time.Hour

// Until returns the earliest time, from now on, that is not quiet in any of the
// given places: now itself if it is not quiet in any. It returns false if there
// is none. The hours must have been checked.
func (q QuietHours) Until(now time.Time, places []*time.Location) (time.Time, bool) {
	from, _ := minutes(q.From)
	to, _ := minutes(q.To)
	at := now
	for moved := true; moved; {
		moved = false
		for _, place := range places {
			if end := quietUntil(at, place, from, to); end.After(at) {
				at, moved = end, true
			}
		}
		if at.Sub(now) > never {
			return now, false
		}
	}
	return at, true
}

// quietUntil returns the end of the quiet hours that a time is in, or the time
// itself if it is in none.
func quietUntil(at time.Time, place *time.Location, from, to int) time.Time {
	quiet := func(at time.Time) bool {
		local := at.In(place)
		minute := local.Hour()*60 + local.Minute()
		if from < to {
			return from <= minute && minute < to
		}
		return minute >= from || minute < to
	}
	if !quiet(at) {
		return at
	}
	local := at.In(place)
	day := local.Day()
	if local.Hour()*60+local.Minute() >= to {
		day++
	}
	end := time.Date(local.Year(), local.Month(), day, to/60, to%60, 0, 0, place)
	// When clocks change, some times are skipped and others repeated.
	for !end.After(at) || quiet(end) {
		end = end.Add(time.Minute)
	}
	for before := end.Add(-time.Minute); before.After(at) && !quiet(before); before = end.Add(-time.Minute) {
		end = before
	}
	return end
}
