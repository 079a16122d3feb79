package activities

// Caps: how many messages may go to numbers that begin alike, against those who
// have us text numbers that they earn by (SMS pumping).

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nyaruka/phonenumbers"

	"temporal-twilio/sms"
)

// EachCountry is the prefix of the cap of each country by itself, that is, of each
// calling code, that no other cap names.
const EachCountry = "*"

// Cap lets Most messages through in a time, 0 none.
type Cap struct {
	Prefix string
	Most   int
	Per    time.Duration
}

// Caps are those of an account in one worker. A nil one lets everything through.
// It is safe for concurrent use.
type Caps struct {
	caps []Cap

	mu sync.Mutex
	// counted are what was sent, by prefix, or by calling code for EachCountry.
	counted map[string]*window
}

// NewCaps returns caps of which none has been counted against yet.
func NewCaps(caps []Cap) *Caps { return &Caps{caps: caps, counted: make(map[string]*window)} }

// take counts a message to an address; or it returns the cap that is reached.
func (c *Caps) take(to string, now time.Time) *Cap {
	limit, key := c.of(to)
	if limit == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.counted[key]
	if w == nil {
		w = &window{}
		c.counted[key] = w
	}
	w.advance(now, limit.Per)
	if w.total >= limit.Most {
		return limit
	}
	w.parts[w.last%parts]++
	w.total++
	return nil
}

// giveBack takes the latest message to an address out of the count: it was not
// sent.
func (c *Caps) giveBack(to string) {
	limit, key := c.of(to)
	if limit == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.counted[key]
	for back := range int64(parts) {
		if w == nil {
			return
		}
		if part := &w.parts[(w.last+parts-back)%parts]; *part > 0 {
			*part--
			w.total--
			return
		}
	}
}

// of returns the cap of an address, that of the longest prefix, and what it counts
// by; nil if there is none.
func (c *Caps) of(to string) (limit *Cap, key string) {
	if c == nil || len(c.caps) == 0 {
		return nil, ""
	}
	_, number := sms.CutChannel(to)
	var each *Cap
	for i := range c.caps {
		switch one := &c.caps[i]; {
		case one.Prefix == EachCountry:
			each = one
		case strings.HasPrefix(number, one.Prefix) && len(one.Prefix) > len(key):
			limit, key = one, one.Prefix
		}
	}
	if limit == nil && each != nil {
		return each, EachCountry + callingCode(number)
	}
	return limit, key
}

// callingCode is that of a number, such as 44; empty if it has none that is known.
func callingCode(number string) string {
	parsed, err := phonenumbers.Parse(number, "")
	if err != nil {
		return ""
	}
	return strconv.Itoa(int(parsed.GetCountryCode()))
}

// parts are how many a window has: a message counts for up to that part of the
// time longer.
const parts = 60

// window counts the messages of the last while.
type window struct {
	parts [parts]int
	// last is the latest part, as parts since 1970.
	last  int64
	total int
}

// advance forgets what is older than a time.
func (w *window) advance(now time.Time, per time.Duration) {
	current := now.UnixNano() / int64(per/parts)
	for range min(current-w.last, parts) { // none if the clock was set back
		w.last++
		w.total -= w.parts[w.last%parts]
		w.parts[w.last%parts] = 0
	}
	w.last = max(w.last, current)
}

// capped returns the error of a recipient whose cap is reached.
func capped(limit *Cap) *sms.Error {
	return &sms.Error{
		Code: sms.CodeCapReached, Retryable: limit.Most > 0,
		Message: fmt.Sprintf("the cap of SEND_CAPS for %s is reached, %d in %s; nothing was sent. Find out who asks for so many texts before you raise it", limit.Prefix, limit.Most, limit.Per),
	}
}

// giveBack returns a message that was certainly not sent to its cap.
func (s *send) giveBack(to *recipient) {
	s.mu.Lock()
	st := to.state
	s.mu.Unlock()
	if st != taken && st != doubtful {
		s.account.Caps.giveBack(to.to)
	}
}
