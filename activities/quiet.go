package activities

// Finds the recipients who must not be texted yet because of their quiet hours.

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nyaruka/phonenumbers"
	"go.temporal.io/sdk/temporal"

	"temporal-twilio/sms"
)

// FindQuiet returns the recipients who are in quiet hours, grouped by when
// their quiet hours end, earliest first. A recipient may be in any of the time
// zones that the digits of the number allow, and is in quiet hours for as long
// as any of these zones is. If the digits allow no zone, or if these zones are
// never all outside quiet hours at the same time, the time zone of the quiet
// hours applies.
//
// It is a local activity because time zone data changes, and because the
// worker's settings determine how numbers are parsed.
func (a *Activities) FindQuiet(_ context.Context, in sms.FindQuietInput) ([]sms.QuietGroup, error) {
	if err := in.QuietHours.Check(); err != nil {
		return nil, temporal.NewNonRetryableApplicationError(err.Error(), string(sms.CodeInvalidInput), nil)
	}
	region := cmp.Or(in.DefaultRegion, a.DefaultRegion)
	var groups []sms.QuietGroup
	var together []*time.Location
	seen := make(map[string]bool)
	for place, to := range in.To {
		read, err := readRecipient(to, region)
		if err != nil {
			continue // the send reports it
		}
		party := sms.Party(read)
		if seen[party] && !in.Together { // one send drops a duplicate; several sends would text it twice
			groups = grouped(groups, time.Time{}, place)
			continue
		}
		seen[party] = true
		until, zones := quietUntil(in.QuietHours, party, in.At)
		together = append(together, zones...)
		if until.After(in.At) {
			groups = grouped(groups, until, place)
		}
	}
	slices.SortFunc(groups, func(x, y sms.QuietGroup) int { return x.Until.Compare(y.Until) })
	if !in.Together {
		return groups, nil
	}
	until, ok := in.QuietHours.Until(in.At, compact(together))
	if !ok {
		return nil, temporal.NewNonRetryableApplicationError("at every hour of the day, someone in the list is in quiet hours; without an idempotencyKey, each is texted when their own quiet hours end", string(sms.CodeInvalidInput), nil)
	}
	if !until.After(in.At) {
		return nil, nil
	}
	all := make([]int, len(in.To))
	for place := range all {
		all[place] = place
	}
	return []sms.QuietGroup{{Until: until.UTC(), Places: all}}, nil
}

// quietUntil returns the time zones of an address, and the earliest time, not
// before at, that is outside quiet hours in all of them.
func quietUntil(hours sms.QuietHours, address string, at time.Time) (until time.Time, zones []*time.Location) {
	zones = zonesOf(address)
	until, ok := hours.Until(at, zones)
	if !ok || len(zones) == 0 {
		zones = []*time.Location{location(hours.TimeZone)}
		until, _ = hours.Until(at, zones)
	}
	return until, zones
}

// quietNow returns an error if a recipient's quiet hours have begun, which can
// happen while the send waits. It uses Temporal's clock, like the workflow that
// waits for the end of the quiet hours.
func (s *send) quietNow(to *recipient) *sms.Error {
	if s.input.QuietHours == nil {
		return nil
	}
	now := s.info.StartedTime.Add(elapsed(s.began))
	until, _ := quietUntil(*s.input.QuietHours, sms.Party(to.to), now)
	if !until.After(now) {
		return nil
	}
	return &sms.Error{Code: sms.CodeQuietHours, Retryable: true, Message: "the recipient is in quiet hours until " + until.UTC().Format(time.RFC3339) + "; nothing was sent"}
}

// grouped adds a recipient to the group whose quiet hours end at the same time,
// and returns the groups.
func grouped(groups []sms.QuietGroup, until time.Time, place int) []sms.QuietGroup {
	for i := range groups {
		if groups[i].Until.Equal(until) {
			groups[i].Places = append(groups[i].Places, place)
			return groups
		}
	}
	return append(groups, sms.QuietGroup{Until: until.UTC(), Places: []int{place}})
}

// compact removes duplicate locations.
func compact(all []*time.Location) []*time.Location {
	seen := make(map[*time.Location]bool)
	return slices.DeleteFunc(all, func(l *time.Location) bool {
		known := seen[l]
		seen[l] = true
		return known
	})
}

// zonesOf returns the time zones that an address may be in, or nil if its
// digits do not reveal any.
func zonesOf(to string) (zones []*time.Location) {
	_, number := sms.CutChannel(to)
	if !strings.HasPrefix(number, "+") {
		return nil // a user's ID
	}
	names, err := phonenumbers.GetTimezonesForPrefix(number)
	if err != nil {
		return nil
	}
	for _, name := range names {
		if zone := location(name); zone != nil {
			zones = append(zones, zone)
		}
	}
	return zones
}

// locations caches time zones by name.
var locations sync.Map

// location returns a time zone by name, or nil if it is unknown.
func location(name string) *time.Location {
	if known, ok := locations.Load(name); ok {
		return known.(*time.Location)
	}
	loaded, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	known, _ := locations.LoadOrStore(name, loaded)
	return known.(*time.Location)
}
