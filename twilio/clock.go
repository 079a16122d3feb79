package twilio

// The clock: what time it is at Twilio, measured from the Date of its answers.
// Messages are dated by Twilio's clock, which may be minutes from ours.

import (
	"net/http"
	"sync"
	"time"
)

// clock is how far Twilio's clock is from ours, as bounds. It counts from a
// moment of our monotonic clock, so that setting ours changes nothing. It is
// safe for concurrent use.
type clock struct {
	mu sync.Mutex
	// anchor is a moment of ours; Twilio's clock was between anchor+least and
	// anchor+most then. Zero: never measured.
	anchor      time.Time
	least, most time.Duration
}

// measure takes the Date of an answer to a request that was sent and answered
// at these moments. A date is cut to its second.
func (c *clock) measure(sent, answered time.Time, date string) {
	at, err := http.ParseTime(date)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.anchor.IsZero() {
		c.anchor = sent
	}
	wall := c.anchor.Round(0)
	least := at.Sub(wall) - answered.Sub(c.anchor)
	most := at.Add(time.Second).Sub(wall) - sent.Sub(c.anchor)
	if c.most != 0 || c.least != 0 {
		least, most = max(least, c.least), min(most, c.most)
		if least > most { // a clock was set, or ours was asleep
			c.anchor, c.least, c.most = sent, 0, 0
			wall = c.anchor.Round(0)
			least, most = at.Sub(wall)-answered.Sub(sent), at.Add(time.Second).Sub(wall)
		}
	}
	c.least, c.most = least, most
}

// Now returns the time by Twilio's clock, at the earliest; false if no answer has shown
// it yet.
func (c *Client) Now() (time.Time, bool) {
	c.clock.mu.Lock()
	defer c.clock.mu.Unlock()
	if c.clock.anchor.IsZero() {
		return time.Time{}, false
	}
	return c.clock.anchor.Round(0).Add(time.Since(c.clock.anchor) + c.clock.least), true
}
