package twiliosim

// This file starts and stops a simulator, and defines its API for Go tests.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The defaults of a simulator.
const (
	DefaultAddr        = "127.0.0.1:8090"
	DefaultAccount     = "AC00000000000000000000000000000001"
	DefaultToken       = "0123456789abcdef0123456789abcdef"
	DefaultTestAccount = "AC00000000000000000000000000000002"
	DefaultTestToken   = "fedcba9876543210fedcba9876543210"
	DefaultNumber      = "+15005550006"
	DefaultMaxMessages = 100_000
	DefaultConcurrency = 100
)

// Options configures a simulator. The zero value is useful.
type Options struct {
	// Addr is the address to listen on. Optional: default a free port of
	// 127.0.0.1.
	Addr string
	// AllowRemote permits an address that other machines can reach.
	AllowRemote bool
	// Account and Token are the credentials of the main account. Optional:
	// default DefaultAccount, DefaultToken.
	Account, Token string
	// TestAccount and TestToken are the test credentials, which work only with
	// the magic numbers. Optional: default DefaultTestAccount,
	// DefaultTestToken.
	TestAccount, TestToken string
	// APIKeys maps API keys of the main account, "SK…", to secrets. Optional:
	// default none.
	APIKeys map[string]string
	// Numbers are the main account's phone numbers. Optional: default
	// DefaultNumber.
	Numbers []string
	// Webhook, Fallback and StatusFallback are the URLs for these numbers.
	// Optional: default none.
	Webhook, Fallback, StatusFallback string
	// UIURL is the URL of Temporal's Web UI, to which the page links, and
	// Namespace is the namespace of the workflows. Optional: by default, there
	// are no links, and the namespace is "default".
	UIURL, Namespace string
	// Examples is a URL of the application that the simulator requests every 2
	// seconds while a client follows its events. The application returns a JSON
	// list of example texts, or an object: {"examples": [the list], "paused":
	// "why nothing is sent now"}. Optional: default none.
	Examples string
	// Faults are active from the start. Optional: default none.
	Faults []Fault
	// Skew is how far the simulator's clock is ahead of the machine's, or
	// behind it if negative. Optional: default 0.
	Skew time.Duration
	// Speed is how many times faster messages are sent and delivered than at
	// Twilio. It does not affect the clock, SendAt or ValidityPeriod. Optional:
	// default 1.
	Speed float64
	// Seed makes faults and outcomes with a Rate repeatable. SIDs do not depend
	// on it. Optional: default random.
	Seed uint64
	// MaxMessages is the maximum number of messages to keep; fewer are kept if
	// their texts and URLs take more than 40 MiB. The oldest are dropped first.
	// Optional: default DefaultMaxMessages.
	MaxMessages int
	// Concurrency is how many REST requests of an account may run concurrently.
	// Further requests are refused with 20429. Optional: default
	// DefaultConcurrency; negative for no limit.
	Concurrency int
	// QueueLength is the longest time that it may take to empty a sender's
	// queue. Messages that would exceed it are refused with 21611. Optional:
	// default 10 hours, as at Twilio.
	QueueLength time.Duration
	// ReplyLimit is how many replies two numbers may exchange without a pause
	// of 30 seconds before they fail with 14107. Optional: default 30, as at
	// Twilio; negative for no limit.
	ReplyLimit int
}

// Sim is a running simulator. Its methods are safe for concurrent use.
type Sim struct {
	// URL is the simulator's base URL, such as http://127.0.0.1:8090.
	URL string
	// Account and Token are the main account's credentials.
	Account, Token string

	options     Options
	externalURL string
	clock       *clock
	events      *events
	faults      *faults
	outcomes    *outcomes
	lanes       *lanes
	client      *http.Client
	server      *server
	ctx         context.Context // ends when the simulator closes
	cancel      context.CancelFunc

	mu            sync.RWMutex
	closed        bool
	work          sync.WaitGroup
	waiting       atomic.Int64
	speed         float64
	accounts      map[string]*account
	keys          map[string]*account
	numbers       map[string]*sender
	numberOrder   []string
	alphanumerics map[string]*sender
	seq           uint64
	bySID         map[string]*message
	order         []*message
	weight        int // total weight of all messages, in order
	optOuts       map[optOutKey]time.Time
	loops         map[optOutKey]loop
	debugger      []DebuggerEntry
	calls         []WebhookCall
	about         about // the application's last response
}

// Start starts a simulator. Close it when done.
func Start(options Options) (*Sim, error) {
	o := options
	o.Addr = cmp.Or(o.Addr, "127.0.0.1:0")
	o.Account, o.Token = cmp.Or(o.Account, DefaultAccount), cmp.Or(o.Token, DefaultToken)
	o.TestAccount, o.TestToken = cmp.Or(o.TestAccount, DefaultTestAccount), cmp.Or(o.TestToken, DefaultTestToken)
	o.Namespace, o.Speed = cmp.Or(o.Namespace, "default"), cmp.Or(o.Speed, 1)
	o.Seed = cmp.Or(o.Seed, rand.Uint64())
	o.MaxMessages, o.Concurrency = cmp.Or(o.MaxMessages, DefaultMaxMessages), cmp.Or(o.Concurrency, DefaultConcurrency)
	o.QueueLength, o.ReplyLimit = cmp.Or(o.QueueLength, queueLength), cmp.Or(o.ReplyLimit, loopLimit)
	if len(o.Numbers) == 0 {
		o.Numbers = []string{DefaultNumber}
	}
	s := &Sim{
		Account: o.Account, Token: o.Token, options: o, clock: newClock(o.Skew), events: newEvents(), lanes: newLanes(),
		accounts: map[string]*account{}, keys: map[string]*account{}, numbers: map[string]*sender{},
		alphanumerics: map[string]*sender{}, bySID: map[string]*message{},
		optOuts: map[optOutKey]time.Time{}, loops: map[optOutKey]loop{},
	}
	s.faults = newFaults(o.Seed, s.events)
	s.outcomes = &outcomes{faults: s.faults, events: s.events}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.client = &http.Client{
		Transport:     webhookTransport(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if err := s.setUp(); err != nil {
		s.clock.close()
		return nil, err
	}
	return s, nil
}

// setUp registers the accounts, numbers and faults of the options, and starts
// to serve.
func (s *Sim) setUp() error {
	o := s.options
	if err := s.setSpeed(o.Speed); err != nil {
		return err
	}
	if o.MaxMessages < 1 {
		return fmt.Errorf("max messages %d: want 1 or more", o.MaxMessages)
	}
	if _, err := s.addAccount(Account{SID: o.Account, Token: o.Token, FriendlyName: "Main account", Keys: o.APIKeys}); err != nil {
		return err
	}
	if _, err := s.addAccount(Account{SID: o.TestAccount, Token: o.TestToken, FriendlyName: "Test credentials", Test: true}); err != nil {
		return err
	}
	for _, number := range o.Numbers {
		n := Number{Number: number, Webhook: o.Webhook, Fallback: o.Fallback, StatusFallback: o.StatusFallback}
		if err := s.setNumber(n); err != nil {
			return err
		}
	}
	var err error
	if s.server, err = listen(o.Addr, o.AllowRemote, s.handler()); err != nil {
		return err
	}
	s.URL = "http://" + s.server.addr
	s.externalURL = s.URL
	// A port can be closed only after it has been opened. All other faults
	// apply from the first request on.
	var refusals []time.Duration
	for _, f := range o.Faults {
		if err := f.complete(); err != nil {
			_ = s.server.listener.Close()
			return err
		}
		if f.Kind == FaultRefuse {
			refusals = append(refusals, time.Duration(f.Delay))
			continue
		}
		s.faults.add(f)
	}
	// From here on, requests are served. They read everything that is set
	// above.
	s.server.serve(s.server.listener)
	if o.Examples != "" {
		s.work.Go(s.watchApplication)
	}
	for _, d := range refusals {
		s.server.refuse(d)
	}
	return nil
}

// Close stops listening, aborts webhook requests in progress, and returns after
// all of the simulator's goroutines have ended.
func (s *Sim) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return s.Shutdown(ctx)
}

// Shutdown is like Close, but lets REST requests in progress finish until ctx
// ends.
func (s *Sim) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	err := s.server.close(ctx)
	s.clock.close()
	s.work.Wait()
	s.client.CloseIdleConnections()
	return err
}

// maxWaiting is how many messages may wait for their webhooks at a time. If an
// application hangs under load, further webhook requests are dropped, so that
// the simulator's memory remains bounded.
const (
	maxWaiting     = 20_000
	tooManyWaiting = "too many webhook requests are already waiting for a response; this one was dropped"
)

// spawn runs fn in the background; Close waits for it. It returns false without
// running fn if maxWaiting functions are already running, or if the simulator
// is closing. The caller may hold the lock.
func (s *Sim) spawn(fn func()) bool {
	if s.ctx.Err() != nil {
		return false
	}
	if s.waiting.Add(1) > maxWaiting {
		s.waiting.Add(-1)
		return false
	}
	s.work.Go(func() {
		defer s.waiting.Add(-1)
		fn()
	})
	return true
}

// SetWebhook makes all numbers of the main account call this URL.
func (s *Sim) SetWebhook(url string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, number := range s.numberOrder {
		n := s.numbers[number].Number
		if n.Account != s.Account {
			continue
		}
		n.Webhook = url
		if err := s.setNumber(n); err != nil {
			return err
		}
	}
	s.events.publish(eventState, struct{}{})
	return nil
}

// SetNumber adds a number or replaces its settings.
func (s *Sim) SetNumber(n Number) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.events.publish(eventState, struct{}{})
	return s.setNumber(n)
}

// AddService adds a Messaging Service or replaces its settings.
func (s *Sim) AddService(v Service) (Service, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	svc, err := s.addService(v)
	if err != nil {
		return Service{}, err
	}
	s.events.publish(eventState, struct{}{})
	return svc.Service, nil
}

// AddAccount adds an account, or a subaccount if Parent is set.
func (s *Sim) AddAccount(a Account) (Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	acc, err := s.addAccount(a)
	if err != nil {
		return Account{}, err
	}
	s.events.publish(eventState, struct{}{})
	return acc.Account, nil
}

// AddFault adds a fault, which takes effect immediately.
func (s *Sim) AddFault(f Fault) (Fault, error) {
	if err := f.complete(); err != nil {
		return f, err
	}
	if f.Kind == FaultRefuse {
		s.server.refuse(time.Duration(f.Delay))
		f.Fired = 1
		return f, nil
	}
	return s.faults.add(f), nil
}

// RemoveFault removes the fault with this ID, and reports whether it existed.
func (s *Sim) RemoveFault(id string) bool { return id != "" && s.faults.remove(id) > 0 }

// ClearFaults removes all faults.
func (s *Sim) ClearFaults() { s.faults.remove("") }

// Faults lists the faults, with how often each has happened.
func (s *Sim) Faults() []Fault { return s.faults.all() }

// AddOutcome adds a rule for how messages end; earlier rules take precedence.
func (s *Sim) AddOutcome(o Outcome) (Outcome, error) { return s.outcomes.add(o) }

// RemoveOutcome removes the rule with this ID, and reports whether it existed.
func (s *Sim) RemoveOutcome(id string) bool { return id != "" && s.outcomes.remove(id) > 0 }

// ClearOutcomes removes all rules.
func (s *Sim) ClearOutcomes() { s.outcomes.remove("") }

// Outcomes lists the rules.
func (s *Sim) Outcomes() []Outcome { return s.outcomes.all() }

// Now returns the simulated time.
func (s *Sim) Now() time.Time { return s.clock.now() }

// Advance moves the simulated clock forward. It returns after every step that
// came due has run; the callbacks of these steps may still be in progress.
func (s *Sim) Advance(d time.Duration) error {
	if d < 0 {
		return errors.New("the clock only moves forward: the duration must not be negative")
	}
	s.clock.advance(d)
	s.events.publish(eventState, struct{}{})
	return nil
}

// Freeze stops the simulated clock, or lets it continue from its current time.
func (s *Sim) Freeze(frozen bool) {
	s.clock.freeze(frozen)
	s.events.publish(eventState, struct{}{})
}

// SetSpeed changes Options.Speed; steps in progress keep their speed.
func (s *Sim) SetSpeed(speed float64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.events.publish(eventState, struct{}{})
	return s.setSpeed(speed)
}

func (s *Sim) setSpeed(speed float64) error {
	if !(speed >= 0.001 && speed <= 1e9) {
		return fmt.Errorf("speed %v: want 0.001 to 1000000000, such as 1 for Twilio's own pace or 1000 for tests", speed)
	}
	s.speed = speed
	return nil
}

// SetOptOut sets whether recipient refuses messages from sender, which is a
// number or the SID of a Messaging Service.
func (s *Sim) SetOptOut(sender, recipient string, optedOut bool) error {
	sender, recipient = normalize(sender), normalize(recipient)
	s.mu.Lock()
	defer s.mu.Unlock()
	if snd := s.numbers[sender]; snd != nil {
		sender = snd.optOutScope()
	} else if !s.isService(sender) {
		return fmt.Errorf("sender %q is neither a number nor a Messaging Service of this simulator", sender)
	}
	if kindOf(recipient) == invalidAddress {
		return fmt.Errorf("recipient %q: want a phone number such as +15551230001", recipient)
	}
	s.setOptOut(sender, recipient, optedOut)
	return nil
}

func (s *Sim) isService(sid string) bool {
	for _, acc := range s.accounts {
		if acc.services[sid] != nil {
			return true
		}
	}
	return false
}

// OptOuts lists the opt-outs, oldest first.
func (s *Sim) OptOuts() []OptOut {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := make([]OptOut, 0, len(s.optOuts))
	for key, at := range s.optOuts {
		list = append(list, OptOut{key.scope, key.recipient, true, at})
	}
	slices.SortFunc(list, func(a, b OptOut) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Recipient, b.Recipient), strings.Compare(a.Sender, b.Sender))
	})
	return list
}

// Debugger lists the errors and warnings, newest first.
func (s *Sim) Debugger() []DebuggerEntry {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := append([]DebuggerEntry{}, s.debugger...)
	slices.Reverse(list)
	return list
}

// WebhookCalls lists the latest webhook requests, newest first.
func (s *Sim) WebhookCalls() []WebhookCall {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := append([]WebhookCall{}, s.calls...)
	slices.Reverse(list)
	return list
}

// Filter selects messages. The zero value selects all.
type Filter struct {
	// Phone matches From or To.
	Phone string
	// From and To must match exactly.
	From, To string
	// Direction is inbound, outbound-api, outbound-reply, or outbound for both.
	Direction string
	// Status is the message's status.
	Status Status
	// InReplyTo selects the replies to the inbound message with this SID.
	InReplyTo string
	// SID selects one message.
	SID string
	// Limit is the maximum number of messages. Optional: default 1000.
	Limit int
}

// Messages lists messages, newest first, including those deleted through the
// REST API.
func (s *Sim) Messages(f Filter) []Message {
	f.Phone, f.From, f.To = normalize(f.Phone), normalize(f.From), normalize(f.To)
	limit := cmp.Or(f.Limit, 1000)
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := []Message{}
	for i := len(s.order) - 1; i >= 0 && len(list) < limit; i-- {
		if m := s.order[i]; f.matches(m) {
			list = append(list, m.view())
		}
	}
	return list
}

func (f *Filter) matches(m *message) bool {
	return (f.Phone == "" || m.from == f.Phone || m.to == f.Phone) && (f.From == "" || m.from == f.From) &&
		(f.To == "" || m.to == f.To) && strings.HasPrefix(m.direction, f.Direction) &&
		(f.Status == 0 || m.status == f.Status) && (f.InReplyTo == "" || m.inReplyTo == f.InReplyTo) &&
		(f.SID == "" || m.sid == f.SID)
}

// Reset removes all messages, opt-outs, faults, outcomes, debugger entries and
// queues, and sets the clock to real time. Accounts, numbers and services are
// kept.
func (s *Sim) Reset() {
	s.clock.reset()
	s.mu.Lock()
	for _, m := range s.order {
		m.evicted.Store(true)
		m.callbacks = callbackQueue{busy: m.callbacks.busy}
	}
	for _, acc := range s.accounts {
		acc.feed.init()
		acc.feed.all = nil
		for _, svc := range acc.services {
			clear(svc.sticky)
		}
	}
	for _, snd := range s.numbers {
		snd.freeAt = time.Time{}
	}
	clear(s.alphanumerics)
	clear(s.bySID)
	clear(s.optOuts)
	clear(s.loops)
	s.order, s.weight, s.debugger, s.calls = nil, 0, nil, nil
	s.mu.Unlock()
	s.faults.remove("")
	s.outcomes.remove("")
	s.events.publish(eventReset, struct{}{})
}

// isLoopback reports whether a host is reachable only from this machine.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
