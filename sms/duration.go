package sms

// Times and durations in the forms that callers write.

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time. In JSON, it may be written in Go's form
// ("1h30m"), in ISO 8601 ("PT24H"), as a .NET TimeSpan ("1.00:00:00"), as a
// number with a unit ("90 minutes"), or as a number of seconds.
type Duration time.Duration

const durationExample = `"90s", "1h30m" or "PT24H"`

// MarshalJSON encodes the duration in Go's form, such as "1h30m0s".
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON accepts all the forms that [Duration] describes, but refuses
// negative durations.
func (d *Duration) UnmarshalJSON(data []byte) error {
	text, _ := asText(data)
	span, _, err := parseDuration(orText(data, text))
	if err != nil {
		return fmt.Errorf("%s is not a duration, such as %s", clip(string(data)), durationExample)
	}
	*d = span
	return nil
}

var (
	isoDuration = regexp.MustCompile(`(?i)^P(?:0+Y)?(?:0+M)?(?:([0-9]+)W)?(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+(?:[.,][0-9]+)?)S)?)?$`)
	isoUnits    = []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute, time.Second}

	// netDuration matches a .NET TimeSpan: days, hours, minutes and
	// seconds.
	netDuration = regexp.MustCompile(`^(?:([0-9]+)\.)?([0-9]{1,2}):([0-9]{2}):([0-9]{2}(?:\.[0-9]+)?)$`)
	netUnits    = isoUnits[1:]
	// wordDuration matches a number and a unit, as the TypeScript SDK
	// writes durations.
	wordDuration = regexp.MustCompile(`(?i)^([0-9]+(?:\.[0-9]+)?) *(?:(w|weeks?)|(d|days?)|(h|hrs?|hours?)|(m|mins?|minutes?)|(s|secs?|seconds?))$`)

	errNoDuration = errors.New("not a duration")
)

// parseDuration parses a duration, and reports whether it was a bare number.
func parseDuration(text string) (span Duration, bare bool, err error) {
	if isNumber([]byte(text)) {
		seconds, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return 0, true, err
		}
		span, err = spanOf(seconds, time.Second)
		return span, true, err
	}
	if parts := isoDuration.FindStringSubmatch(text); parts != nil && !strings.HasSuffix(strings.ToUpper(text), "T") && len(text) > 1 {
		span, err = sum(parts[1:], isoUnits)
		return span, false, err
	}
	if parts := netDuration.FindStringSubmatch(text); parts != nil {
		span, err = sum(parts[1:], netUnits)
		return span, false, err
	}
	if parts := wordDuration.FindStringSubmatch(text); parts != nil {
		for i, unit := range parts[2:] {
			if unit != "" {
				span, err = sum(parts[1:2], isoUnits[i:])
				return span, false, err
			}
		}
	}
	plain, err := time.ParseDuration(text)
	if err != nil || plain < 0 || Duration(plain) > century {
		return 0, false, errNoDuration
	}
	return Duration(plain), false, nil
}

// sum adds up counts of units. An empty count is 0.
func sum(counts []string, units []time.Duration) (span Duration, err error) {
	for i, written := range counts {
		if written == "" {
			continue
		}
		count, err := strconv.ParseFloat(strings.Replace(written, ",", ".", 1), 64)
		if err != nil {
			return 0, err
		}
		more, err := spanOf(count, units[i])
		if err != nil {
			return 0, err
		}
		if span += more; span > century {
			return 0, errNoDuration
		}
	}
	return span, nil
}

// century is the maximum duration.
const century = Duration(100 * 366 * 24 * time.Hour)

// spanOf converts a number of units to a duration. It returns an error if the
// duration is negative or longer than a century.
func spanOf(count float64, unit time.Duration) (Duration, error) {
	if span := count * float64(unit); span >= 0 && span <= float64(century) {
		return Duration(span), nil
	}
	return 0, errNoDuration
}

// duration decodes a duration. It refuses a large bare number, because that is
// probably a number of milliseconds.
func (d *decoder) duration(f field, data []byte, text string, into *Duration) {
	f.example = durationExample
	span, bare, err := parseDuration(orText(data, text))
	if err != nil || data[0] == '{' || data[0] == '[' {
		d.must(f, "a duration", data)
		return
	}
	*into = span
	if bare && span > Duration(24*time.Hour) {
		d.add(Problem{
			Field: f.name, Private: given(data),
			Says: fmt.Sprintf("%s must have a unit if it is longer than a day, such as \"48h\" or \"P2D\": a bare number means seconds", f),
		})
	}
}

// zoned and unzoned are the formats of a time with and without a time zone.
// Java omits zero seconds, and Ruby writes "2026-01-31 08:00:00 UTC" and
// "2026-01-31 09:00:00 +0100".
var (
	zoned   = []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07", "2006-01-02T15:04:05 UTC", "2006-01-02T15:04:05 -0700"}
	unzoned = []string{"2006-01-02T15:04:05", "2006-01-02T15:04"}
)

func (d *decoder) time(f field, data []byte, text string, into *time.Time) {
	// Java's ZonedDateTime appends the zone's name to the offset.
	written, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(text)), "[")
	if len(written) > 10 && written[10] == ' ' {
		written = written[:10] + "T" + written[11:]
	}
	for _, form := range zoned {
		if at, err := time.Parse(form, written); err == nil {
			*into = at
			return
		}
	}
	f.example = `"2026-01-31T09:00:00+01:00" or "2026-01-31T08:00:00Z"`
	kind := "a date and time with a time zone"
	for _, form := range unzoned {
		if _, err := time.Parse(form, written); err == nil {
			kind = "in a time zone: add Z or an offset"
		}
	}
	d.must(f, kind, data)
}
