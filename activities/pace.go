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

// Pace holds back the creates of one account: so many at a time, so many a
// second for each sender, and none while Twilio has asked for a pause. It is
// safe for concurrent use.
type Pace struct {
	slots     chan struct{}
	perSecond rate.Limit

	mu      sync.Mutex
	senders map[string]*sender
	// until is when the account may send again.
	until time.Time
}

type sender struct {
	limiter *rate.Limiter
	until   time.Time
}

// NewPace limits the creates that run at a time (0: [DefaultConcurrency]) and
// the messages of each sender a second (0: no limit; Twilio queues what its
// sender cannot send at once).
func NewPace(concurrency int, perSecond float64) *Pace {
	if concurrency <= 0 {
		concurrency = DefaultConcurrency
	}
	limit := rate.Limit(perSecond)
	if perSecond <= 0 {
		limit = rate.Inf
	}
	return &Pace{slots: make(chan struct{}, concurrency), perSecond: limit, senders: make(map[string]*sender)}
}

// Concurrency is how many creates run at a time.
func (p *Pace) Concurrency() int { return cap(p.slots) }

// Acquire waits for a sender's turn. Release ends it.
func (p *Pace) Acquire(ctx context.Context, from string) error {
	s, pause := p.sender(from)
	if pause > 0 {
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
	if err := s.limiter.Wait(ctx); err != nil {
		return err
	}
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
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
		s = &sender{limiter: rate.NewLimiter(p.perSecond, burst(p.perSecond))}
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

// burst is how many messages may go at once after a rest: a second's worth.
func burst(limit rate.Limit) int {
	if limit == rate.Inf {
		return 1
	}
	return max(1, int(limit))
}
