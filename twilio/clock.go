package twilio

// Twilio's clock, as measured from the Date headers of its responses. Twilio
// dates messages by that clock, which may differ from ours by minutes.

import (
	"net/http"
	"sync"
	"time"
)

// clock holds bounds on the difference between Twilio's clock and ours. It is
// based on our monotonic clock, so setting our clock has no effect. It is safe
// for concurrent use.
type clock struct {
	mu sync.Mutex
	// anchor is a time on our clock at which Twilio's clock was between
	// anchor+least and anchor+most. It is zero before the first
	// measurement.
	anchor      time.Time
	least, most time.Duration
}

// measure updates the bounds with the Date of a response, given the times at
// which the request was sent and answered. A Date is truncated to the second.
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
		if least > most { // a clock was set, or this machine slept
			c.anchor, c.least, c.most = sent, 0, 0
			wall = c.anchor.Round(0)
			least, most = at.Sub(wall)-answered.Sub(sent), at.Add(time.Second).Sub(wall)
		}
	}
	c.least, c.most = least, most
}

// Now returns a lower bound on the time by Twilio's clock, or false if no
// response has shown that time yet.
func (c *Client) Now() (time.Time, bool) {
	c.clock.mu.Lock()
	defer c.clock.mu.Unlock()
	if c.clock.anchor.IsZero() {
		return time.Time{}, false
	}
	return c.clock.anchor.Round(0).Add(time.Since(c.clock.anchor) + c.clock.least), true
}
