package activities

// Turns: who is next among those that wait for a sender or an account.

import (
	"cmp"
	"container/heap"
	"time"

	"temporal-twilio/sms"
)

// The levels of priority, the first going ahead of the others.
const (
	high = iota
	normal
	low
	levels
)

// fairness is how many turns in a row may go ahead of a lower level while it waits:
// then it has one.
const fairness = 10

// levelOf is the level of a priority; normal by default.
func levelOf(p sms.Priority) int {
	switch p {
	case sms.PriorityHigh:
		return high
	case sms.PriorityLow:
		return low
	}
	return normal
}

// waiter is a turn that is waited for.
type waiter struct {
	from   *sender
	level  int
	number uint64
	// count is how much of the rates it takes.
	count    int
	deadline time.Time
	// granted gets nil, or why there is no turn.
	granted chan error
	// place is that in the sender's turns.
	place int
}

// before orders the turns of one level.
func (w *waiter) before(other *waiter) bool { return w.number < other.number }

// line has the turns of a sender and a level, as a heap.
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

// order is what a rate lets through first.
type order struct {
	// waiting is how much of the rate each level waits for, skipped how many turns in a
	// row went ahead of it.
	waiting, skipped [levels]int
}

// ahead is how much goes ahead of a new turn.
func (o *order) ahead(level int) (sum int) {
	for _, waiting := range o.waiting[:level+1] {
		sum += waiting
	}
	return sum
}

// choose chooses one of the first turns of the levels; nil if there is none.
func (o *order) choose(first [levels]*waiter) *waiter {
	for level := low; level > high; level-- {
		if first[level] != nil && o.skipped[level] >= fairness {
			return first[level]
		}
	}
	return cmp.Or(first[high], first[normal], first[low])
}

// passed notes that a turn of a level was granted.
func (o *order) passed(level int) {
	o.skipped[level] = 0
	for lower := level + 1; lower < levels; lower++ {
		if o.waiting[lower] > 0 {
			o.skipped[lower]++
		}
	}
}

// first is the turn that the sender would take.
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

// remove takes a turn out. The caller holds mu.
func (p *Pace) remove(w *waiter) {
	heap.Remove(&w.from.lines[w.level], w.place)
	w.from.order.waiting[w.level] -= w.count
	p.order.waiting[w.level] -= w.count
	if w.from.order.ahead(low) == 0 {
		delete(p.waiting, w.from)
	}
}

// refuse takes the turns out for which there is an error. The caller holds mu.
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

// priority is the caller's, and low for a broadcast. The broadcast does not say so in
// its input: a worker of an older version would refuse that.
func (s *send) priority() sms.Priority {
	if of := s.info.WorkflowType; s.input.Priority == "" && of != nil && of.Name == sms.BroadcastSmsWorkflowName {
		return sms.PriorityLow
	}
	return s.input.Priority
}
