package sms

// Quiet hours are the hours during which people must not be texted, in their
// local time.

import (
	"fmt"
	"time"
)

// QuietHours is a part of each day in the local time of each recipient.
type QuietHours struct {
	// From and To are times of day, such as "21:00" and "08:00". Required.
	From string `json:"from" example:"\"21:00\""`
	To   string `json:"to" example:"\"08:00\""`
	// TimeZone, such as "Europe/Berlin", applies to recipients whose numbers
	// do not reveal where they are. Optional: default UTC.
	TimeZone string `json:"timeZone,omitempty" example:"\"Europe/Berlin\""`
}

// FindQuietInput is a list of recipients among whom to find those in quiet
// hours.
type FindQuietInput struct {
	// To lists the recipients' addresses.
	To []string `json:"to"`
	// DefaultRegion is the default region of the send.
	DefaultRegion string     `json:"defaultRegion,omitempty"`
	QuietHours    QuietHours `json:"quietHours"`
	// At is the time for which to check the quiet hours.
	At time.Time `json:"at"`
	// Together is true if all recipients must be texted at the same time,
	// when none of them is in quiet hours.
	Together bool `json:"together,omitempty"`
}

// QuietGroup holds the recipients whose quiet hours end at the same time.
type QuietGroup struct {
	// Until is when the quiet hours end. It is zero for duplicates, whose
	// phone appears earlier in the list. They are not texted.
	Until time.Time `json:"until"`
	// Places holds the recipients' indexes in the list, in order.
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

// minutes parses a time of day and returns the minutes since midnight. Seconds,
// which the time types of some languages also print, must be 0.
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

// never is how far ahead Until looks for a time outside quiet hours.
const never = 48 * time.Hour

// Until returns the earliest time, not before now, that is outside quiet hours
// in all of the given places. It returns false if there is none within 48
// hours. The quiet hours must be valid.
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

// quietUntil returns the end of the quiet hours that contain a time, or the
// time itself if it is outside quiet hours.
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
	// When clocks change, some times are skipped and others occur twice.
	for !end.After(at) || quiet(end) {
		end = end.Add(time.Minute)
	}
	for before := end.Add(-time.Minute); before.After(at) && !quiet(before); before = end.Add(-time.Minute) {
		end = before
	}
	return end
}
