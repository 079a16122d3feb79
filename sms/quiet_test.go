package sms

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

func TestQuietHoursFollowLocalTime(t *testing.T) {
	for name, tc := range map[string]struct {
		at, places string
		from, to   string
		want       string
	}{
		"outside quiet hours":                 {"2026-11-26T12:00:00Z", "Europe/Berlin", "21:00", "08:00", "2026-11-26T12:00:00Z"},
		"in the evening":                      {"2026-11-26T20:30:00Z", "Europe/Berlin", "21:00", "08:00", "2026-11-27T07:00:00Z"},
		"after midnight":                      {"2026-11-27T01:00:00Z", "Europe/Berlin", "21:00", "08:00", "2026-11-27T07:00:00Z"},
		"at the first minute":                 {"2026-11-26T20:00:00Z", "Europe/Berlin", "21:00", "08:00", "2026-11-27T07:00:00Z"},
		"at the last minute":                  {"2026-11-27T06:59:59Z", "Europe/Berlin", "21:00", "08:00", "2026-11-27T07:00:00Z"},
		"at noon":                             {"2026-11-27T11:30:00Z", "Europe/Berlin", "12:00", "14:00", "2026-11-27T13:00:00Z"},
		"clocks go forward at night":          {"2026-03-28T23:00:00Z", "Europe/Berlin", "21:00", "08:00", "2026-03-29T06:00:00Z"},
		"clocks go back at night":             {"2026-10-24T21:00:00Z", "Europe/Berlin", "21:00", "08:00", "2026-10-25T07:00:00Z"},
		"an end that the clocks skip":         {"2026-03-28T23:00:00Z", "Europe/Berlin", "21:00", "02:30", "2026-03-29T01:00:00Z"},
		"quiet in one of two places":          {"2026-11-27T13:30:00Z", "America/New_York America/Los_Angeles", "21:00", "08:00", "2026-11-27T16:00:00Z"},
		"quiet in one place after the other":  {"2026-11-27T04:30:00Z", "America/New_York America/Los_Angeles", "21:00", "08:00", "2026-11-27T16:00:00Z"},
		"always quiet in one of the places":   {"2026-11-27T04:30:00Z", "Pacific/Guam America/New_York Pacific/Honolulu Europe/Moscow", "21:00", "08:00", ""},
		"an offset with a quarter of an hour": {"2026-11-26T23:00:00Z", "Asia/Kathmandu", "21:00", "08:00", "2026-11-27T02:15:00Z"},
	} {
		at, err := time.Parse(time.RFC3339, tc.at)
		if err != nil {
			t.Fatal(err)
		}
		var places []*time.Location
		for zone := range strings.FieldsSeq(tc.places) {
			place, err := time.LoadLocation(zone)
			if err != nil {
				t.Fatal(err)
			}
			places = append(places, place)
		}
		until, ok := QuietHours{From: tc.from, To: tc.to}.Until(at, places)
		if got := until.UTC().Format(time.RFC3339); ok != (tc.want != "") || ok && got != tc.want {
			t.Errorf("%s: got %s, %v, want %s", name, got, ok, tc.want)
		}
	}
}

func TestQuietHoursAreChecked(t *testing.T) {
	for says, q := range map[string]QuietHours{
		`quietHours.from must be a time of day such as "21:00"; it is "9pm"`: {From: "9pm", To: "08:00"},
		`quietHours.to must be a time of day`:                                {From: "21:00", To: "24:00"},
		`quietHours.to must be`:                                              {From: "21:00", To: "08:00:30"},
		`must leave some hours`:                                              {From: "21:00", To: "21:00"},
		`"Berlin" is not known`:                                              {From: "21:00", To: "08:00", TimeZone: "Berlin"},
		"":                                                                   {From: "21:00", To: "08:00", TimeZone: "Europe/Berlin"},
	} {
		if err := q.Check(); (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("Check(%+v) = %v, want an error that contains %q, or nil if that is empty", q, err, says)
		}
	}
}
