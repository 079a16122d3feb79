package activities

// Determines which of the pending turns is granted next, for a sender and for
// an account.

import (
	"cmp"
	"container/heap"
	"time"

	"temporal-twilio/sms"
)

// The priority levels, highest first.
const (
	high = iota
	normal
	low
	levels
)

// fairness is how many consecutive turns may precede a waiting turn of a lower
// level.
const fairness = 10

// levelOf returns the level of a priority. The default is normal.
func levelOf(p sms.Priority) int {
	switch p {
	case sms.PriorityHigh:
		return high
	case sms.PriorityLow:
		return low
	}
	return normal
}

// waiter is a pending turn.
type waiter struct {
	from   *sender
	level  int
	number uint64
	// count is how many tokens the turn takes from each limiter.
	count    int
	deadline time.Time
	// granted receives nil when the turn is granted, or the reason why it
	// is refused.
	granted chan error
	// place is the turn's index in the sender's line.
	place int
}

// before reports whether w precedes another turn of the same level.
func (w *waiter) before(other *waiter) bool { return w.number < other.number }

// line is a heap of the pending turns of one sender at one level.
type line []*waiter

func (l line) Len() int           { return len(l) }
func (l line) Less(i, j int) bool { return l[i].before(l[j]) }
func (l line) Swap(i, j int) {
	l[i], l[j] = l[j], l[i]
	l[i].place, l[j].place = i, j
}

// Push implements [heap.Interface].
func (l *line) Push(w any) {
	w.(*waiter).place = len(*l)
	*l = append(*l, w.(*waiter))
}

// Pop implements [heap.Interface].
func (l *line) Pop() any {
	last := (*l)[len(*l)-1]
	(*l)[len(*l)-1] = nil
	*l = (*l)[:len(*l)-1]
	return last
}

// order determines which level gets the next turn, from a sender or from the
// account.
type order struct {
	// waiting is how many tokens the pending turns of each level need, and
	// skipped is how many consecutive turns have preceded those of each
	// level.
	waiting, skipped [levels]int
}

// ahead returns how many tokens are needed by the pending turns that would
// precede a new turn of the given level.
func (o *order) ahead(level int) (sum int) {
	for _, waiting := range o.waiting[:level+1] {
		sum += waiting
	}
	return sum
}

// choose picks the next turn from the first of each level, or nil if there is
// none.
func (o *order) choose(first [levels]*waiter) *waiter {
	for level := low; level > high; level-- {
		if first[level] != nil && o.skipped[level] >= fairness {
			return first[level]
		}
	}
	return cmp.Or(first[high], first[normal], first[low])
}

// passed records that a turn of a level has been granted.
func (o *order) passed(level int) {
	o.skipped[level] = 0
	for lower := level + 1; lower < levels; lower++ {
		if o.waiting[lower] > 0 {
			o.skipped[lower]++
		}
	}
}

// first returns the sender's next turn, or nil if none is pending.
func (s *sender) first() *waiter {
	var first [levels]*waiter
	for level, line := range s.lines {
		if len(line) > 0 {
			first[level] = line[0]
		}
	}
	return s.order.choose(first)
}

// add queues a turn. The caller holds mu.
func (p *Pace) add(w *waiter) {
	heap.Push(&w.from.lines[w.level], w)
	w.from.order.waiting[w.level] += w.count
	p.order.waiting[w.level] += w.count
	p.waiting[w.from] = true
}

// remove dequeues a turn. The caller holds mu.
func (p *Pace) remove(w *waiter) {
	heap.Remove(&w.from.lines[w.level], w.place)
	w.from.order.waiting[w.level] -= w.count
	p.order.waiting[w.level] -= w.count
	if w.from.order.ahead(low) == 0 {
		delete(p.waiting, w.from)
	}
}

// refuse dequeues the turns for which why returns an error, and sends them the
// error. The caller holds mu.
func (p *Pace) refuse(why func(*waiter) error) {
	var refused []*waiter
	for s := range p.waiting {
		for _, line := range s.lines {
			for _, w := range line {
				if err := why(w); err != nil {
					w.granted <- err
					refused = append(refused, w)
				}
			}
		}
	}
	for _, w := range refused {
		p.remove(w)
	}
}

// priorityOf returns the priority of a send. The default for a page of a
// broadcast is low. The broadcast does not set the priority in the page's
// input, because an older worker would refuse the unknown field.
func (t *attempt) priorityOf(input sms.SendSmsInput) sms.Priority {
	if input.Priority == "" && t.isPage() {
		return sms.PriorityLow
	}
	return input.Priority
}

// isPage reports whether the caller is a broadcast.
func (t *attempt) isPage() bool {
	return t.info.WorkflowType != nil && t.info.WorkflowType.Name == sms.BroadcastSmsWorkflowName
}
