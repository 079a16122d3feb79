package twiliosim

// Outcomes are rules for how outbound messages end. A message that no rule
// matches is delivered.

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Outcome is a rule: messages that match it end in its status. The first
// matching rule wins.
type Outcome struct {
	// ID identifies the rule for RemoveOutcome. AddOutcome sets it.
	ID string `json:"id"`
	// To and From restrict the rule to an address, or to the addresses with a
	// prefix that is followed by "*". Optional: default all.
	To   string `json:"to,omitempty"`
	From string `json:"from,omitempty"`
	// Body restricts the rule to bodies that contain this text. Optional:
	// default all.
	Body string `json:"body,omitempty"`
	// Status is delivered, undelivered, failed, sent (a receipt never arrives),
	// read, or rejected, which makes the REST API reject the message with
	// ErrorCode.
	Status string `json:"status"`
	// ErrorCode is Twilio's error code. Required for rejected. Optional
	// otherwise: default 30008 for failed and undelivered.
	ErrorCode int `json:"errorCode,omitempty"`
	// Next is how many more messages the rule applies to. Optional: default 0,
	// which means that it applies until it is removed.
	Next int `json:"next,omitempty"`
	// Rate is the probability that the rule applies, above 0 and up to 1.
	// Optional: default 1.
	Rate float64 `json:"rate,omitempty"`
}

const outcomeRejected = "rejected"

type outcomes struct {
	mu     sync.Mutex
	list   []*Outcome
	serial int
	faults *faults
	events *events
}

func (o *outcomes) publishLocked() { o.events.publish(eventOutcomes, o.allLocked()) }

func (o *outcomes) add(rule Outcome) (Outcome, error) {
	statuses := []string{"delivered", "undelivered", "failed", "sent", "read", outcomeRejected}
	if !slices.Contains(statuses, rule.Status) {
		return rule, fmt.Errorf("status %q: want one of %s", rule.Status, strings.Join(statuses, ", "))
	}
	if !(rule.Rate >= 0 && rule.Rate <= 1) || rule.Next < 0 {
		return rule, errors.New("rate must be above 0 and up to 1, next 1 or more; leave out what you do not need")
	}
	switch rule.Status {
	case outcomeRejected:
		if rule.ErrorCode == 0 {
			return rule, errors.New("the status rejected needs an errorCode, such as 21614")
		}
	case "undelivered", "failed":
		if rule.ErrorCode == 0 {
			rule.ErrorCode = 30008
		}
	}
	rule.To, rule.From = normalize(rule.To), normalize(rule.From)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.serial++
	rule.ID = "O" + strconv.Itoa(o.serial)
	o.list = append(o.list, &rule)
	o.publishLocked()
	return rule, nil
}

func (o *outcomes) remove(id string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := len(o.list)
	o.list = slices.DeleteFunc(o.list, func(r *Outcome) bool { return id == "" || r.ID == id })
	o.publishLocked()
	return before - len(o.list)
}

func (o *outcomes) all() []Outcome {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.allLocked()
}

func (o *outcomes) allLocked() []Outcome {
	list := make([]Outcome, len(o.list))
	for i, r := range o.list {
		list[i] = *r
	}
	return list
}

// rejection returns the code with which the REST API rejects a message, or 0 if
// it accepts it.
func (o *outcomes) rejection(from, to, body string) int {
	if r := o.match(from, to, body, true); r != nil {
		return r.ErrorCode
	}
	return 0
}

// of returns the status in which a message ends, and its error code or 0.
func (o *outcomes) of(from, to, body string) (Status, int) {
	var status Status
	if r := o.match(from, to, body, false); r != nil && status.UnmarshalText([]byte(r.Status)) == nil {
		return status, r.ErrorCode
	}
	return Delivered, 0
}

func (o *outcomes) match(from, to, body string, rejected bool) *Outcome {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, r := range o.list {
		if (r.Status == outcomeRejected) != rejected || !fits(r.To, to) || !fits(r.From, from) ||
			!strings.Contains(body, r.Body) || r.Rate > 0 && !o.faults.chance(r.Rate) {
			continue
		}
		matched := *r
		if r.Next > 0 {
			if r.Next--; r.Next == 0 {
				o.list = slices.Delete(o.list, i, i+1)
			}
			o.publishLocked()
		}
		return &matched
	}
	return nil
}

func fits(pattern, address string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(address, prefix)
	}
	return pattern == "" || pattern == address
}

// rejectionStatus and rejectionText return the HTTP status of a rejection and
// Twilio's message for it.
func rejectionStatus(code int) int {
	switch code {
	case 20003:
		return http.StatusUnauthorized
	case 20404:
		return http.StatusNotFound
	case 20429, 21611, 14107:
		return http.StatusTooManyRequests
	case 20500:
		return http.StatusInternalServerError
	case 20503:
		return http.StatusServiceUnavailable
	}
	return badRequest
}

func rejectionText(code int, to, from string) string {
	switch code {
	case 20429:
		return "Too Many Requests"
	case 21211:
		return fmt.Sprintf("The 'To' number %s is not a valid phone number.", to)
	case 21212:
		return fmt.Sprintf("The 'From' number %s is not a valid phone number, shortcode, or alphanumeric sender ID.", from)
	case 21408:
		return "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: " + to
	case 21606:
		return fmt.Sprintf("The From phone number %s is not a valid, SMS-capable inbound phone number or short code for your account.", from)
	case 21608:
		return "The number " + to + " is unverified. Trial accounts cannot send messages to unverified numbers; verify it at twilio.com, or purchase a Twilio number to send messages to unverified numbers"
	case 21610:
		return "Attempt to send to unsubscribed recipient"
	case 21611:
		return "SMS queue is full."
	case 21612:
		return fmt.Sprintf("The 'To' phone number: %s, is not currently reachable using the 'From' phone number: %s via SMS.", to, from)
	case 21614:
		return fmt.Sprintf("To number: %s, is not a mobile number", to)
	}
	return errorText(code)
}

// createTest handles a create with test credentials: the magic numbers have
// their fixed errors, and nothing is sent or stored.
//
// Source: Twilio's documentation of test credentials.
func (s *Sim) createTest(acc *account, form map[string][]string) reply {
	d, refused := readDraft(form)
	if refused != nil && refused.code != 21266 {
		return *refused
	}
	for magic, code := range map[string]int{"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611} {
		if d.from == magic {
			return fail(rejectionStatus(code), code, "%s", rejectionText(code, d.to, d.from))
		}
	}
	if d.from != "+15005550006" {
		return fail(badRequest, 21606, "%s", rejectionText(21606, d.to, d.from))
	}
	for magic, code := range map[string]int{
		"+15005550001": 21211, "+15005550002": 21612, "+15005550003": 21408, "+15005550004": 21610, "+15005550009": 21614,
	} {
		if d.to == magic {
			return fail(badRequest, code, "%s", rejectionText(code, d.to, d.from))
		}
	}
	d.account = acc
	return reply{status: http.StatusCreated, body: d.message(d.measure(), s.clock.now()).resource()}
}
