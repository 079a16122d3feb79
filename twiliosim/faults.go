package twiliosim

// Faults on demand: what fails, how often, and for which messages.

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The kinds of faults.
const (
	// FaultDelay delays a REST request by Delay before it is handled.
	FaultDelay = "delay"
	// Fault401 rejects a REST request with 20003, as if its credentials were
	// wrong, without processing it.
	Fault401 = "401"
	// Fault429 rejects a REST request with 20429 and Retry-After, without
	// processing it.
	Fault429 = "429"
	// Fault500 responds with 500 before the request is processed or, with
	// After, afterwards.
	Fault500 = "500"
	// Fault503 responds with 503 before the request is processed or, with
	// After, afterwards.
	Fault503 = "503"
	// FaultRefuse immediately closes the listening socket for Delay, so that
	// the operating system refuses connections. It also closes idle
	// connections.
	FaultRefuse = "refuse"
	// FaultReset resets the connection before anything happens.
	FaultReset = "reset"
	// FaultResponseLost handles the request (the message exists, and will be
	// delivered) and resets the connection instead of answering.
	FaultResponseLost = "response-lost"
	// FaultTruncated handles the request and breaks off in the middle of the
	// response.
	FaultTruncated = "truncated"
	// FaultNotJSON handles the request and answers with the right status, but
	// with an HTML page.
	FaultNotJSON = "not-json"
	// FaultListingLag keeps a new message out of listings for Delay.
	FaultListingLag = "listing-lag"
	// FaultRewritten changes a message's text as Smart Encoding does, as if
	// that option of a Messaging Service had been turned on unnoticed.
	FaultRewritten = "rewritten"
	// FaultQueueFull refuses a new message with 21611, as if the queue of its
	// sender were full. Messages through a Messaging Service are not refused.
	FaultQueueFull = "queue-full"
	// FaultWebhookLost drops a webhook request.
	FaultWebhookLost = "webhook-lost"
	// FaultWebhookLate sends a webhook request after Delay.
	FaultWebhookLate = "webhook-late"
	// FaultWebhookDoubled sends a webhook request twice.
	FaultWebhookDoubled = "webhook-doubled"
	// FaultWebhookReordered sends a status callback after the one that follows it.
	FaultWebhookReordered = "webhook-reordered"
)

// The operations that a fault can be restricted to.
const (
	opCreate   = "create"
	opFetch    = "fetch"
	opList     = "list"
	opUpdate   = "update"
	opDelete   = "delete"
	opMedia    = "media"
	opFeedback = "feedback"
	opNumbers  = "numbers"
	opAccount  = "account"
	opCallback = "callback"
	opInbound  = "inbound"
)

var (
	restOperations    = []string{opCreate, opFetch, opList, opUpdate, opDelete, opMedia, opFeedback, opNumbers, opAccount}
	webhookOperations = []string{opCallback, opInbound}

	// faultOperations maps each kind to the operations that it applies to.
	faultOperations = map[string][]string{
		FaultDelay: restOperations, Fault401: restOperations, Fault429: restOperations, Fault500: restOperations, Fault503: restOperations,
		FaultReset: restOperations, FaultResponseLost: restOperations, FaultTruncated: restOperations,
		FaultNotJSON: restOperations, FaultRefuse: nil, FaultListingLag: nil, FaultRewritten: nil, FaultQueueFull: nil,
		FaultWebhookLost: webhookOperations, FaultWebhookLate: webhookOperations,
		FaultWebhookDoubled: webhookOperations, FaultWebhookReordered: {opCallback},
	}
	// FaultKinds lists the kinds in the order of the documentation.
	FaultKinds = []string{
		FaultDelay, Fault401, Fault429, Fault500, Fault503, FaultRefuse, FaultReset, FaultResponseLost, FaultTruncated,
		FaultNotJSON, FaultListingLag, FaultRewritten, FaultQueueFull, FaultWebhookLost, FaultWebhookLate, FaultWebhookDoubled, FaultWebhookReordered,
	}
)

const keptUsedUp = 20

// Fault is something that goes wrong until it is removed or used up.
type Fault struct {
	// ID identifies the fault for RemoveFault. AddFault sets it.
	ID string `json:"id"`
	// Kind is one of the Fault constants.
	Kind string `json:"kind"`
	// Operation restricts the fault to one operation: create, fetch, list,
	// update, delete, media, feedback, account, callback or inbound. Optional:
	// default every REST operation; for the webhook kinds, status callbacks.
	Operation string `json:"operation,omitempty"`
	// Number restricts the fault to messages from or to this address. Optional:
	// default all.
	Number string `json:"number,omitempty"`
	// Next is how many more times the fault happens. Optional: default 0, which
	// means that it happens until it is removed.
	Next int `json:"next,omitempty"`
	// Rate is the probability that the fault happens, above 0 and up to 1.
	// Optional: default 1.
	Rate float64 `json:"rate,omitempty"`
	// Delay applies to delay, refuse, listing-lag and webhook-late. It is real
	// time for delay and refuse, and simulated time for the others. Optional:
	// default 1s.
	Delay Duration `json:"delay,omitempty"`
	// RetryAfter is the value of the Retry-After header of a 429 or 503,
	// rounded up to whole seconds. Optional: default 1s for 429, none for 503.
	RetryAfter Duration `json:"retryAfter,omitempty"`
	// After makes 500 and 503 answer only after the request has been processed.
	After bool `json:"after,omitempty"`
	// Fired counts how often the fault has happened.
	Fired int `json:"fired"`
	// UsedUp is true if the fault will not happen again. The newest 20 used-up
	// faults stay listed until they are removed.
	UsedUp bool `json:"usedUp,omitempty"`
}

// Duration is a time.Duration that is encoded as text, such as "1.5s".
type Duration time.Duration

// MarshalText encodes the duration as text, such as "1.5s".
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText decodes a duration such as "1.5s".
func (d *Duration) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = 0
		return nil
	}
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("duration %q: write it like 500ms, 2s or 1h30m", text)
	}
	*d = Duration(v)
	return nil
}

// ParseFault parses a fault from one line: the kind, followed by
// comma-separated settings, such as
// "response-lost,next=3,op=create,number=+15551230001" or
// "delay,delay=2s,rate=0.1".
func ParseFault(line string) (Fault, error) {
	kind, rest, _ := strings.Cut(line, ",")
	f := Fault{Kind: strings.TrimSpace(kind)}
	for setting := range strings.SplitSeq(rest, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(setting), "=")
		var err error
		switch key {
		case "":
		case "op", "operation":
			f.Operation = value
		case "number":
			f.Number = value
		case "next":
			f.Next, err = strconv.Atoi(value)
		case "rate":
			f.Rate, err = strconv.ParseFloat(value, 64)
		case "delay":
			err = f.Delay.UnmarshalText([]byte(value))
		case "retry-after":
			err = f.RetryAfter.UnmarshalText([]byte(value))
		case "after":
			f.After = value == "" || value == "true"
		default:
			return f, fmt.Errorf("fault %q: %q is not a setting; want one of op, number, next, rate, delay, retry-after and after", line, key)
		}
		if err != nil {
			return f, fmt.Errorf("fault %q: %s: %w", line, key, err)
		}
	}
	return f, f.complete()
}

// complete checks a fault and sets its defaults.
func (f *Fault) complete() error { //nolint:cyclop // a table of rules for faults
	operations, known := faultOperations[f.Kind]
	if !known {
		return fmt.Errorf("fault kind %q: want one of %s", f.Kind, strings.Join(FaultKinds, ", "))
	}
	if f.Operation != "" && !slices.Contains(operations, f.Operation) {
		if operations == nil {
			return fmt.Errorf("fault %s: it cannot be restricted to an operation; leave operation out", f.Kind)
		}
		return fmt.Errorf("fault %s: operation %q: want one of %s", f.Kind, f.Operation, strings.Join(operations, ", "))
	}
	if f.Kind == FaultRefuse && (f.Number != "" || f.Rate != 0 || f.Next > 1) {
		return errors.New("fault refuse: it closes the port for everyone, once; set only its delay")
	}
	if !(f.Rate >= 0 && f.Rate <= 1) { // this form of the condition also rejects NaN
		return fmt.Errorf("fault %s: rate %v: want above 0 and up to 1", f.Kind, f.Rate)
	}
	if f.Next < 0 {
		return fmt.Errorf("fault %s: next %d: want 1 or more, or leave it out", f.Kind, f.Next)
	}
	if f.Delay < 0 || f.RetryAfter < 0 {
		return fmt.Errorf("fault %s: delay and retryAfter must not be negative", f.Kind)
	}
	if f.After && f.Kind != Fault500 && f.Kind != Fault503 {
		return fmt.Errorf("fault %s: after is only for 500 and 503", f.Kind)
	}
	if f.Operation == "" && slices.Equal(operations, webhookOperations) {
		f.Operation = opCallback
	}
	if f.Delay == 0 && slices.Contains([]string{FaultDelay, FaultRefuse, FaultListingLag, FaultWebhookLate}, f.Kind) {
		f.Delay = Duration(time.Second)
	}
	if f.Kind == FaultRefuse && f.Delay > Duration(time.Minute) {
		return fmt.Errorf("fault refuse: delay %v: want at most 1m, because the controls are unreachable during that time", time.Duration(f.Delay))
	}
	if f.Kind == Fault429 && f.RetryAfter == 0 {
		f.RetryAfter = Duration(time.Second)
	}
	f.Number = normalize(f.Number)
	return nil
}

// faults holds the active faults, and the random numbers that decide whether a
// fault with a Rate happens. The seed determines these numbers.
type faults struct {
	mu     sync.Mutex
	list   []*Fault
	serial int
	random *rand.Rand
	events *events
}

func newFaults(seed uint64, e *events) *faults {
	return &faults{random: rand.New(rand.NewPCG(seed, seed^0x9e3779b97f4a7c15)), events: e}
}

func (fs *faults) add(f Fault) Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.serial++
	f.ID, f.Fired, f.UsedUp = "F"+strconv.Itoa(fs.serial), 0, false
	fs.list = append(fs.list, &f)
	fs.publishLocked()
	return f
}

// remove removes one fault, or all if the ID is empty, and returns how many it
// removed.
func (fs *faults) remove(id string) int {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	before := len(fs.list)
	fs.list = slices.DeleteFunc(fs.list, func(f *Fault) bool { return id == "" || f.ID == id })
	fs.publishLocked()
	return before - len(fs.list)
}

func (fs *faults) all() []Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.allLocked()
}

func (fs *faults) allLocked() []Fault {
	list := make([]Fault, len(fs.list))
	for i, f := range fs.list {
		list[i] = *f
	}
	return list
}

func (fs *faults) publishLocked() { fs.events.publish(eventFaults, fs.allLocked()) }

// occasion is a chance for a fault to happen: an operation and the addresses
// involved.
type occasion struct {
	operation string
	numbers   []string
	// done is true after the request has been processed: 500 and 503 with After
	// fire then, and those without fire before.
	done bool
}

// fire returns the first fault of these kinds that fires on this occasion, and
// counts it. It returns nil if none fires.
func (fs *faults) fire(o occasion, kinds ...string) *Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, f := range fs.list {
		if f.UsedUp || !slices.Contains(kinds, f.Kind) || f.After != o.done && (f.Kind == Fault500 || f.Kind == Fault503) ||
			f.Operation != "" && f.Operation != o.operation || f.Number != "" && !slices.Contains(o.numbers, f.Number) {
			continue
		}
		if f.Rate > 0 && f.Rate < 1 && fs.random.Float64() >= f.Rate {
			continue
		}
		f.Fired++
		fired := *f
		if f.Next > 0 {
			if f.Next--; f.Next == 0 {
				f.UsedUp = true
				fs.forget()
			}
			fs.publishLocked()
		}
		return &fired
	}
	return nil
}

// forget drops the oldest used-up faults beyond keptUsedUp.
func (fs *faults) forget() {
	over := -keptUsedUp
	for _, f := range fs.list {
		if f.UsedUp {
			over++
		}
	}
	fs.list = slices.DeleteFunc(fs.list, func(f *Fault) bool {
		drop := over > 0 && f.UsedUp
		if drop {
			over--
		}
		return drop
	})
}

// chance returns true with probability rate.
func (fs *faults) chance(rate float64) bool {
	if rate <= 0 || rate >= 1 {
		return rate >= 1
	}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.random.Float64() < rate
}
