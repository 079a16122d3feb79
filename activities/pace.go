package activities

// How fast an account may send, across all sends of a worker. The rates apply
// to all workers together, so each worker gets a share of them.

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"temporal-twilio/sms"
)

// DefaultConcurrency is the maximum number of creates of one account in flight.
// Twilio allows an account about 100 concurrent requests from all its programs.
const DefaultConcurrency = 20

// maxSenders is how many senders a pace remembers.
const maxSenders = 10_000

// Pace throttles the creation of messages for one account. It limits how many
// creates are in flight and how many start per second, for each sender and for
// the account, and starts none during a pause that Twilio has asked for. It
// grants turns by priority and, within a priority, in the order in which they
// were requested. It is safe for concurrent use.
type Pace struct {
	limits  Limits
	account *rate.Limiter

	mu      sync.Mutex
	workers int
	// free is how many more creates may start.
	free    int
	senders map[string]*sender
	// waiting is the set of senders with pending turns, order decides which
	// turn the account's rate allows next, and number counts the turns
	// requested so far.
	waiting map[*sender]bool
	order   order
	number  uint64
	// until is when the account may send again.
	until time.Time
	// held is true while all sending is paused.
	held bool
	// timer fires when the next turn is due.
	timer *time.Timer
}

// Limits configures a Pace. The zero value sets no rates, so that Twilio queues
// what its senders cannot send immediately.
type Limits struct {
	// Concurrency is how many creates may be in flight. Optional: default
	// [DefaultConcurrency].
	Concurrency int
	// PerSender and PerAccount are limits in messages per second, for all
	// workers together (see [Pace.Share]). Optional: default no limit.
	PerSender, PerAccount float64
	// Segments makes the rates count segments instead of messages, as
	// Twilio's senders do.
	Segments bool
}

type sender struct {
	limiter *rate.Limiter
	until   time.Time
	order   order
	lines   [levels]line
}

// Turn is a request for permission to send one message.
type Turn struct {
	From string
	// Segments is how many segments the message has. It is ignored unless
	// [Pace.CountsSegments] reports true.
	Segments int
	// Priority determines which other turns this one precedes. Optional:
	// default normal.
	Priority sms.Priority
	// Within is how long the caller can wait for the turn.
	Within time.Duration
}

// NewPace returns a Pace with the given limits.
func NewPace(l Limits) *Pace {
	if l.Concurrency <= 0 {
		l.Concurrency = DefaultConcurrency
	}
	return &Pace{limits: l, free: l.Concurrency, account: newLimiter(l.PerAccount), workers: 1, senders: make(map[string]*sender), waiting: make(map[*sender]bool)}
}

// newLimiter returns a limiter that allows perSecond events per second, with
// bursts of up to one second's worth of events. If perSecond is 0, there is no
// limit.
func newLimiter(perSecond float64) *rate.Limiter {
	if perSecond <= 0 {
		return rate.NewLimiter(rate.Inf, 1)
	}
	return rate.NewLimiter(rate.Limit(perSecond), burst(perSecond))
}

func burst(perSecond float64) int { return max(1, int(perSecond)) }

// Limited reports whether a rate is set.
func (p *Pace) Limited() bool { return p.limits.PerSender > 0 || p.limits.PerAccount > 0 }

// Share divides the rates, but not the concurrency, among the workers that send
// from the account. Fewer than one worker counts as one.
func (p *Pace) Share(workers int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	workers = max(1, workers)
	if workers == p.workers {
		return
	}
	p.workers = workers
	adjust(p.account, p.limits.PerAccount/float64(workers))
	for _, s := range p.senders {
		adjust(s.limiter, p.limits.PerSender/float64(workers))
	}
	p.grant()
}

func adjust(limiter *rate.Limiter, perSecond float64) {
	if perSecond > 0 {
		limiter.SetLimit(rate.Limit(perSecond))
		limiter.SetBurst(burst(perSecond))
	}
}

// Concurrency returns how many creates may be in flight.
func (p *Pace) Concurrency() int { return p.limits.Concurrency }

// CountsSegments reports whether Acquire takes a message's number of segments
// into account.
func (p *Pace) CountsSegments() bool { return p.limits.Segments }

// ErrHeld is the error of [Pace.Acquire] while all sending is paused.
var ErrHeld = errors.New("all sending is paused")

// Hold pauses all sending, or resumes it if held is false. Requests in flight
// continue.
func (p *Pace) Hold(held bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held = held; held {
		p.refuse(func(*waiter) error { return ErrHeld })
	}
}

// Held reports whether all sending is paused.
func (p *Pace) Held() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.held
}

// TurnError is the error for a turn that would come too late for the caller.
// Its value is the time until the turn.
type TurnError time.Duration

func (e TurnError) Error() string { return "no turn is free for another " + time.Duration(e).String() }

// Acquire waits for a message's turn, which the caller ends with Release. If
// the turn is already known to come too late, Acquire returns a [TurnError]
// without waiting. While all sending is paused, it returns [ErrHeld].
func (p *Pace) Acquire(ctx context.Context, t Turn) error {
	w, err := p.enqueue(t)
	if err != nil {
		return err
	}
	select {
	case err := <-w.granted:
		return err
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case err := <-w.granted:
		if err == nil {
			p.free++
		}
	default:
		p.remove(w)
	}
	p.grant()
	return ctx.Err()
}

// enqueue queues a turn, unless it would come too late.
func (p *Pace) enqueue(t Turn) (*waiter, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held {
		return nil, ErrHeld
	}
	now := time.Now()
	p.number++
	w := &waiter{
		from: p.sender(t.From), level: levelOf(t.Priority), number: p.number, count: 1,
		deadline: now.Add(t.Within), granted: make(chan error, 1),
	}
	if p.limits.Segments {
		w.count = max(1, t.Segments)
	}
	if wait := p.foresee(w, now); wait > t.Within {
		return nil, TurnError(wait)
	}
	p.add(w)
	p.grant()
	return w, nil
}

// foresee returns the minimum wait for a turn, given the turns that precede it.
func (p *Pace) foresee(w *waiter, now time.Time) time.Duration {
	wait := later(w.from.until, p.until).Sub(now)
	wait = max(wait, delay(w.from.limiter, w.from.order.ahead(w.level), w.count, now))
	return max(wait, delay(p.account, p.order.ahead(w.level), w.count, now))
}

// delay returns how long it takes until a limiter can pass a message of count
// tokens, after ahead tokens for earlier messages. A message with more tokens
// than a burst waits only for a full burst, and the limiter recovers the rest
// afterwards.
func delay(limiter *rate.Limiter, ahead, count int, now time.Time) time.Duration {
	if limiter.Limit() == rate.Inf {
		return 0
	}
	missing := float64(ahead+min(count, limiter.Burst())) - limiter.TokensAt(now)
	return max(0, time.Duration(missing/float64(limiter.Limit())*float64(time.Second)))
}

// grant grants all turns that are due. The caller holds mu.
func (p *Pace) grant() {
	for p.free > 0 {
		now := time.Now()
		w, wait := p.next(now)
		if w == nil {
			p.wake(wait)
			return
		}
		p.remove(w)
		w.from.order.passed(w.level)
		p.order.passed(w.level)
		for _, limiter := range []*rate.Limiter{w.from.limiter, p.account} {
			for left := w.count; left > 0 && limiter.Limit() != rate.Inf; {
				part := min(left, limiter.Burst())
				limiter.ReserveN(now, part)
				left -= part
			}
		}
		p.free--
		w.granted <- nil
	}
}

// next returns the turn that is due. If none is due, it returns the time until
// one is, or 0 if no turn is pending.
func (p *Pace) next(now time.Time) (first *waiter, wait time.Duration) {
	var ready [levels]*waiter
	notBefore := func(d time.Duration) {
		if wait == 0 || d < wait {
			wait = d
		}
	}
	for s := range p.waiting {
		w := s.first()
		d := max(later(s.until, p.until).Sub(now), delay(s.limiter, 0, w.count, now))
		switch {
		case d > 0:
			notBefore(d)
		case ready[w.level] == nil || w.before(ready[w.level]):
			ready[w.level] = w
		}
	}
	if first = p.order.choose(ready); first == nil {
		return nil, wait
	}
	if d := delay(p.account, 0, first.count, now); d > 0 {
		notBefore(d)
		return nil, wait
	}
	return first, 0
}

// wake schedules the next call of grant, unless after is 0. The caller holds
// mu.
func (p *Pace) wake(after time.Duration) {
	if p.timer != nil {
		p.timer.Stop()
	}
	if after > 0 {
		p.timer = time.AfterFunc(after+time.Microsecond, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.grant()
		})
	}
}

// Release ends a turn.
func (p *Pace) Release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free++
	p.grant()
}

// SlowSender stops one sender from sending for a while.
func (p *Pace) SlowSender(from string, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.sender(from)
	s.until = later(s.until, time.Now().Add(d))
	p.slowed()
}

// SlowAccount stops the whole account from sending for a while.
func (p *Pace) SlowAccount(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = later(p.until, time.Now().Add(d))
	p.slowed()
}

// slowed refuses the turns that would now come too late. The caller holds mu.
func (p *Pace) slowed() {
	p.refuse(func(w *waiter) error {
		if until := later(w.from.until, p.until); until.After(w.deadline) {
			return TurnError(time.Until(until))
		}
		return nil
	})
	p.grant()
}

// sender returns the state of a sender, and creates it if necessary. The caller
// holds mu.
func (p *Pace) sender(from string) *sender {
	s, ok := p.senders[from]
	if !ok {
		if len(p.senders) >= maxSenders {
			clear(p.senders)
		}
		s = &sender{limiter: newLimiter(p.limits.PerSender / float64(p.workers))}
		p.senders[from] = s
	}
	return s
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// sleep waits for d or until the context ends.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
