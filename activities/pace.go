package activities

// Pace: how fast an account may send, across all sends of a worker, which has
// its share of what all workers may send.

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// DefaultConcurrency is how many creates of one account run concurrently.
// Twilio allows an account about 100 concurrent requests across all its
// programs.
const DefaultConcurrency = 20

// maxSenders limits how many senders a pace remembers.
const maxSenders = 10_000

// Pace throttles the creates of one account: it limits how many run
// concurrently, and how many start per second for each sender and for the
// account, and lets none start while Twilio has asked for a pause. It is safe
// for concurrent use.
type Pace struct {
	limits  Limits
	slots   chan struct{}
	account *rate.Limiter

	mu      sync.Mutex
	workers int
	senders map[string]*sender
	// until is when the account may send again.
	until time.Time
	// held is true while all sending is paused.
	held bool
}

// Limits configures a Pace. The zero value leaves the rates to Twilio, which
// queues what its senders cannot send at once.
type Limits struct {
	// Concurrency is how many creates run concurrently. Optional: default
	// [DefaultConcurrency].
	Concurrency int
	// PerSender and PerAccount are messages per second, for all workers
	// together (see [Pace.Share]). Optional: default no limit.
	PerSender, PerAccount float64
	// Segments counts segments instead of messages, as Twilio's senders do.
	Segments bool
}

type sender struct {
	limiter *rate.Limiter
	until   time.Time
}

// NewPace returns a pace.
func NewPace(l Limits) *Pace {
	if l.Concurrency <= 0 {
		l.Concurrency = DefaultConcurrency
	}
	return &Pace{
		limits: l, slots: make(chan struct{}, l.Concurrency), account: newLimiter(l.PerAccount),
		workers: 1, senders: make(map[string]*sender),
	}
}

// newLimiter returns a limiter that allows perSecond events per second, with
// bursts of up to one second's worth. 0 means no limit.
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
// for the account; fewer than one counts as one.
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
}

func adjust(limiter *rate.Limiter, perSecond float64) {
	if perSecond > 0 {
		limiter.SetLimit(rate.Limit(perSecond))
		limiter.SetBurst(burst(perSecond))
	}
}

// Concurrency returns how many creates run concurrently.
func (p *Pace) Concurrency() int { return cap(p.slots) }

// CountsSegments reports whether Acquire takes the number of segments into
// account.
func (p *Pace) CountsSegments() bool { return p.limits.Segments }

// ErrHeld is the error of [Pace.Acquire] while all sending is paused.
var ErrHeld = errors.New("all sending is paused")

// Hold stops all sending until it is called with false. Requests that have
// started go on.
func (p *Pace) Hold(held bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = held
}

// Held reports whether sending is stopped.
func (p *Pace) Held() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.held
}

// Acquire waits for the turn of a sender's message with this many segments;
// Release ends the turn. If the turn is further away than within, it does not
// wait: the error is a [TurnError], or [ErrHeld] while all sending is paused.
func (p *Pace) Acquire(ctx context.Context, from string, segments int, within time.Duration) error {
	if p.Held() {
		return ErrHeld
	}
	deadline := time.Now().Add(within)
	s, _ := p.sender(from)
	count := 1
	if p.limits.Segments {
		count = max(1, segments)
	}
	if err := p.through(ctx, []*rate.Limiter{s.limiter, p.account}, count, within); err != nil {
		return err
	}
	for {
		if _, pause := p.sender(from); pause > 0 {
			if pause > time.Until(deadline) {
				return TurnError(pause)
			}
			if err := sleep(ctx, pause); err != nil {
				return err
			}
		}
		select {
		case p.slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		// A pause may have started while others held the slots.
		if p.Held() {
			p.Release()
			return ErrHeld
		}
		if _, pause := p.sender(from); pause <= 0 {
			return nil
		}
		p.Release()
	}
}

// TurnError is how far away a turn is that comes too late for its caller.
type TurnError time.Duration

func (e TurnError) Error() string { return "the turn comes in " + time.Duration(e).String() }

// through waits until the limiters allow this many events, which may be more
// than their burst. If the wait is too long, it returns its reservations.
func (p *Pace) through(ctx context.Context, limiters []*rate.Limiter, count int, within time.Duration) error {
	var (
		reserved []*rate.Reservation
		wait     time.Duration
	)
	for _, limiter := range limiters {
		if limiter.Limit() == rate.Inf {
			continue
		}
		for left := count; left > 0; {
			part := min(left, limiter.Burst())
			reservation := limiter.ReserveN(time.Now(), part)
			reserved = append(reserved, reservation)
			wait = max(wait, reservation.Delay())
			left -= part
		}
	}
	err := error(TurnError(wait))
	if wait <= within {
		err = sleep(ctx, wait)
	}
	if err != nil {
		for _, reservation := range slices.Backward(reserved) {
			reservation.Cancel()
		}
	}
	return err
}

// Release ends a turn.
func (p *Pace) Release() { <-p.slots }

// SlowSender stops one sender from sending for a while.
func (p *Pace) SlowSender(from string, d time.Duration) {
	s, _ := p.sender(from)
	p.mu.Lock()
	defer p.mu.Unlock()
	s.until = later(s.until, time.Now().Add(d))
}

// SlowAccount stops the whole account from sending for a while.
func (p *Pace) SlowAccount(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = later(p.until, time.Now().Add(d))
}

// sender returns a sender and how long it must wait.
func (p *Pace) sender(from string) (*sender, time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.senders[from]
	if !ok {
		if len(p.senders) >= maxSenders {
			clear(p.senders)
		}
		s = &sender{limiter: newLimiter(p.limits.PerSender / float64(p.workers))}
		p.senders[from] = s
	}
	return s, time.Until(later(s.until, p.until))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// sleep waits, unless the context ends first.
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
