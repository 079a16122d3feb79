package twiliosim

// The simulated clock follows the real one, can be advanced or frozen, and runs
// scheduled functions in the order in which they are due.

import (
	"container/heap"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// clock keeps simulated time and runs functions at scheduled times.
type clock struct {
	skew time.Duration // how far the clock is ahead of real time after a reset

	mu     sync.Mutex
	offset time.Duration
	frozen time.Time // zero while the clock runs
	queue  timerQueue
	serial uint64
	swept  int // queue length at which void timers are removed next

	running sync.Mutex // held while due functions run, to keep their order
	wake    chan struct{}
	stop    chan struct{}
	done    chan struct{}
}

// minSwept is the queue length below which a sweep is not worthwhile.
const minSwept = 10_000

func newClock(skew time.Duration) *clock {
	c := &clock{skew: skew, offset: skew, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	go c.loop()
	return c
}

func (c *clock) close() {
	close(c.stop)
	<-c.done
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nowLocked()
}

func (c *clock) nowLocked() time.Time {
	if !c.frozen.IsZero() {
		return c.frozen
	}
	return time.Now().Add(c.offset).UTC()
}

// at runs fn when the clock reaches t. fn receives t rather than the time at
// which it actually runs, so that chains of steps keep their intervals however
// far the clock jumps.
func (c *clock) at(t time.Time, fn func(at time.Time)) { c.atUnless(new(atomic.Bool), t, fn) }

// atUnless is like at, for a function that may become unnecessary: if void is
// set, the timer may be dropped when the queue grows long.
func (c *clock) atUnless(void *atomic.Bool, t time.Time, fn func(at time.Time)) {
	c.mu.Lock()
	if len(c.queue) > max(c.swept, minSwept) {
		c.queue = slices.DeleteFunc(c.queue, func(t timer) bool { return t.void.Load() })
		heap.Init(&c.queue)
		c.swept = 2 * len(c.queue)
	}
	c.serial++
	heap.Push(&c.queue, timer{at: t, serial: c.serial, fn: fn, void: void})
	first := c.queue[0].serial == c.serial
	c.mu.Unlock()
	if first {
		c.nudge()
	}
}

// advance moves the clock forward and returns after everything that came due
// has run.
func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	if c.frozen.IsZero() {
		c.offset += d
	} else {
		c.frozen = c.frozen.Add(d)
	}
	c.mu.Unlock()
	c.runDue()
	c.nudge()
}

// freeze stops the clock, or lets it continue from its current time.
func (c *clock) freeze(frozen bool) {
	c.mu.Lock()
	now := c.nowLocked()
	if frozen {
		c.frozen = now
	} else if !c.frozen.IsZero() {
		c.offset, c.frozen = time.Until(now), time.Time{}
	}
	c.mu.Unlock()
	c.nudge()
}

// reset drops everything that is scheduled, and sets the clock to real time
// plus the skew.
func (c *clock) reset() {
	c.mu.Lock()
	c.offset, c.frozen, c.queue = c.skew, time.Time{}, nil
	c.mu.Unlock()
	c.nudge()
}

func (c *clock) state() (now time.Time, offset time.Duration, frozen bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now = c.nowLocked()
	return now, time.Until(now).Round(time.Millisecond), !c.frozen.IsZero()
}

func (c *clock) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *clock) loop() {
	defer close(c.done)
	idle := time.NewTimer(time.Hour)
	defer idle.Stop()
	for {
		c.runDue()
		idle.Reset(c.untilNext())
		select {
		case <-c.stop:
			return
		case <-c.wake:
		case <-idle.C:
		}
	}
}

// untilNext returns how long the loop may sleep; while the clock is frozen,
// nothing becomes due.
func (c *clock) untilNext() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 || !c.frozen.IsZero() {
		return time.Hour
	}
	return max(0, c.queue[0].at.Sub(c.nowLocked()))
}

func (c *clock) runDue() {
	c.running.Lock()
	defer c.running.Unlock()
	for {
		c.mu.Lock()
		if len(c.queue) == 0 || c.queue[0].at.After(c.nowLocked()) {
			c.mu.Unlock()
			return
		}
		due := heap.Pop(&c.queue).(timer)
		c.mu.Unlock()
		due.fn(due.at)
	}
}

type timer struct {
	at     time.Time
	serial uint64
	fn     func(at time.Time)
	void   *atomic.Bool
}

// timerQueue is a heap ordered by time, and by order of scheduling for equal
// times.
type timerQueue []timer

func (q timerQueue) Len() int { return len(q) }
func (q timerQueue) Less(i, j int) bool {
	if q[i].at.Equal(q[j].at) {
		return q[i].serial < q[j].serial
	}
	return q[i].at.Before(q[j].at)
}
func (q timerQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *timerQueue) Push(x any)   { *q = append(*q, x.(timer)) }
func (q *timerQueue) Pop() any {
	last := len(*q) - 1
	t := (*q)[last]
	(*q)[last] = timer{}
	*q = (*q)[:last]
	return t
}
