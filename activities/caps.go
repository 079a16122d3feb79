package activities

// Caps limit how many messages are sent to numbers with the same prefix. They
// protect against SMS pumping, in which fraudsters trigger texts to numbers
// that earn them money.

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"

	"temporal-twilio/sms"
)

// EachCountry is the prefix of a cap that applies separately to each country to
// which no other cap applies. Countries are identified by calling code.
const EachCountry = "*"

// Cap allows Most messages per period Per. If Most is 0, none are allowed.
type Cap struct {
	Prefix string
	Most   int
	Per    time.Duration
}

// Caps holds the caps of an account, which apply to the messages of all workers
// together (see capcount.go). A nil Caps allows everything.
type Caps struct {
	account string
	caps    []Cap
}

// NewCaps returns the caps of the account with the given SID.
func NewCaps(account string, caps []Cap) *Caps { return &Caps{account, caps} }

// of returns the cap for an address and the key to count its messages under.
// The cap with the longest matching prefix applies. limit is nil if no prefix
// matches.
func (c *Caps) of(to string) (limit *Cap, key string) {
	if c == nil || len(c.caps) == 0 {
		return nil, ""
	}
	_, number := sms.CutChannel(to)
	prefix, each := "", (*Cap)(nil)
	for i := range c.caps {
		switch one := &c.caps[i]; {
		case one.Prefix == EachCountry:
			each = one
		case strings.HasPrefix(number, one.Prefix) && len(one.Prefix) > len(prefix):
			limit, prefix = one, one.Prefix
		}
	}
	if limit == nil {
		if limit = each; limit == nil {
			return nil, ""
		}
		prefix = EachCountry + callingCode(number)
	}
	return limit, c.account + " " + prefix + " " + limit.Per.String()
}

// callingCode returns a number's calling code, such as 44, or "" if it is
// unknown.
func callingCode(number string) string {
	parsed, err := phonenumbers.Parse(number, "")
	if err != nil {
		return ""
	}
	return strconv.Itoa(int(parsed.GetCountryCode()))
}

// capped returns the error for a recipient whose cap has been reached.
func capped(limit *Cap, to string) *sms.Error {
	prefix := limit.Prefix
	if prefix == EachCountry {
		_, number := sms.CutChannel(to)
		if code := callingCode(number); code != "" {
			prefix = "+" + code
		}
	}
	return &sms.Error{
		Code: sms.CodeCapReached, Retryable: limit.Most > 0, Cap: prefix,
		Message: fmt.Sprintf("the cap for %s in SEND_CAPS has been reached, %d in %s; nothing was sent. Find out who is requesting so many texts before you raise it", limit.Prefix, limit.Most, limit.Per),
	}
}
