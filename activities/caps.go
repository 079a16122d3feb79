package activities

// Caps: how many messages may be sent to numbers with the same prefix, to protect
// against SMS pumping, in which fraudsters make us text numbers that earn them
// money.

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nyaruka/phonenumbers"

	"temporal-twilio/sms"
)

// EachCountry is the prefix of a cap that applies separately to each country,
// identified by its calling code, that has no cap of its own.
const EachCountry = "*"

// Cap allows Most messages per time window; 0 allows none.
type Cap struct {
	Prefix string
	Most   int
	Per    time.Duration
}

// Caps holds the caps of an account in one worker. A nil Caps allows
// everything. It is safe for concurrent use.
type Caps struct {
	caps []Cap

	mu sync.Mutex
	// counted holds what was sent, by prefix, or by calling code for
	// EachCountry.
	counted map[string]*window
}

// NewCaps returns caps with nothing counted yet.
func NewCaps(caps []Cap) *Caps { return &Caps{caps: caps, counted: make(map[string]*window)} }

// take counts a message to an address, or returns the cap that has been
// reached.
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

// giveBack removes the latest message to an address from the count: it was not
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

// of returns the cap for an address, which is the one with the longest matching
// prefix, and the key to count under; nil if there is none.
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

// callingCode returns a number's calling code, such as 44; empty if it is
// unknown.
func callingCode(number string) string {
	parsed, err := phonenumbers.Parse(number, "")
	if err != nil {
		return ""
	}
	return strconv.Itoa(int(parsed.GetCountryCode()))
}

// parts is the number of parts of a window: a message counts for up to one part
// longer than the window.
const parts = 60

// window counts the recent messages.
type window struct {
	parts [parts]int
	// last is the latest part, counted in parts since 1970.
	last  int64
	total int
}

// advance drops what is older than the window.
func (w *window) advance(now time.Time, per time.Duration) {
	current := now.UnixNano() / int64(per/parts)
	for range min(current-w.last, parts) { // none if the clock was set back
		w.last++
		w.total -= w.parts[w.last%parts]
		w.parts[w.last%parts] = 0
	}
	w.last = max(w.last, current)
}

// capped returns the error of a recipient whose cap has been reached.
func capped(limit *Cap) *sms.Error {
	return &sms.Error{
		Code: sms.CodeCapReached, Retryable: limit.Most > 0,
		Message: fmt.Sprintf("the cap for %s in SEND_CAPS has been reached, %d in %s; nothing was sent. Find out who is requesting so many texts before you raise it", limit.Prefix, limit.Most, limit.Per),
	}
}

// giveBack no longer counts a message against its cap if it was certainly not sent.
func (s *send) giveBack(to *recipient) {
	s.mu.Lock()
	st := to.state
	s.mu.Unlock()
	if st != taken && st != doubtful {
		s.account.Caps.giveBack(to.to)
	}
}
