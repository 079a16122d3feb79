package activities

// Pace: how fast an account may send, over all sends of a worker.

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// DefaultConcurrency is how many creates of one account run at a time. Twilio
// allows an account about 100 requests at a time over all its programs.
const DefaultConcurrency = 20

// maxSenders bounds how many senders a pace remembers.
const maxSenders = 10_000

// Pace holds back the creates of one account: so many at a time, so much a
// second for each sender and for the account, and none while Twilio has asked
// for a pause. It is safe for concurrent use.
type Pace struct {
	limits  Limits
	slots   chan struct{}
	account *rate.Limiter

	mu      sync.Mutex
	senders map[string]*sender
	// until is when the account may send again.
	until time.Time
}

// Limits are those of a pace. The zero value leaves the pace to Twilio, which
// queues what its senders cannot send at once.
type Limits struct {
	// Concurrency is how many creates run at a time. Optional: default
	// [DefaultConcurrency].
	Concurrency int
	// PerSender and PerAccount are how many messages a second. Optional: default
	// no limit.
	PerSender, PerAccount float64
	// Segments counts segments instead of messages, as Twilio's senders do.
	Segments bool
}

type sender struct {
	limiter *rate.Limiter
	until   time.Time
}

// NewPace gives a pace.
func NewPace(l Limits) *Pace {
	if l.Concurrency <= 0 {
		l.Concurrency = DefaultConcurrency
	}
	return &Pace{
		limits: l, slots: make(chan struct{}, l.Concurrency), account: newLimiter(l.PerAccount),
		senders: make(map[string]*sender),
	}
}

// newLimiter lets so many pass a second, a second's worth at once after a rest;
// 0: all.
func newLimiter(perSecond float64) *rate.Limiter {
	if perSecond <= 0 {
		return rate.NewLimiter(rate.Inf, 1)
	}
	return rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond)))
}

// Concurrency is how many creates run at a time.
func (p *Pace) Concurrency() int { return cap(p.slots) }

// Acquire waits for the turn of a sender's message of so many segments. Release
// ends it.
func (p *Pace) Acquire(ctx context.Context, from string, segments int) error {
	s, _ := p.sender(from)
	count := 1
	if p.limits.Segments {
		count = max(1, segments)
	}
	for _, limiter := range []*rate.Limiter{s.limiter, p.account} {
		if err := through(ctx, limiter, count); err != nil {
			return err
		}
	}
	for {
		if _, pause := p.sender(from); pause > 0 {
			if err := sleep(ctx, pause); err != nil {
				return err
			}
		}
		select {
		case p.slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		// A pause may have begun while others had the slots.
		if _, pause := p.sender(from); pause <= 0 {
			return nil
		}
		p.Release()
	}
}

// through waits until a limiter lets so many through, which may be more than it
// does at once.
func through(ctx context.Context, limiter *rate.Limiter, count int) error {
	for count > 0 {
		part := min(count, limiter.Burst())
		if err := limiter.WaitN(ctx, part); err != nil {
			return err
		}
		count -= part
	}
	return nil
}

// Release ends a turn.
func (p *Pace) Release() { <-p.slots }

// SlowSender keeps one sender from sending for a while.
func (p *Pace) SlowSender(from string, d time.Duration) {
	s, _ := p.sender(from)
	p.mu.Lock()
	defer p.mu.Unlock()
	s.until = later(s.until, time.Now().Add(d))
}

// SlowAccount keeps the whole account from sending for a while.
func (p *Pace) SlowAccount(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = later(p.until, time.Now().Add(d))
}

// sender gives a sender, and how long it has to wait.
func (p *Pace) sender(from string) (*sender, time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.senders[from]
	if !ok {
		if len(p.senders) >= maxSenders {
			clear(p.senders)
		}
		s = &sender{limiter: newLimiter(p.limits.PerSender)}
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

// sleep waits, unless the context ends before.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
