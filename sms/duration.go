package sms

// Durations: spans of time in inputs, as people and process models write them.

import (
	"encoding/json"
	"fmt"
	"time"
)

// Duration is a span of time that travels in JSON as "1h30m", or as a number of
// seconds.
type Duration time.Duration

// MarshalJSON writes "1h30m0s".
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON reads both forms. A span is never negative.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var seconds float64
	if json.Unmarshal(data, &seconds) == nil {
		*d = Duration(seconds * float64(time.Second))
	} else {
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return fmt.Errorf("%s is no duration; write it like \"90s\" or \"1h30m\"", data)
		}
		span, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%q is no duration; write it like \"90s\" or \"1h30m\"", text)
		}
		*d = Duration(span)
	}
	if *d < 0 {
		return fmt.Errorf("%s is a negative duration", data)
	}
	return nil
}
