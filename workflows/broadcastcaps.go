package workflows

// The caps of a broadcast: recipients whose cap has been reached wait for room
// without holding up the others.

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// capWait is the state of a wait for a cap. The waiting recipients are tried
// again one page at a time, at growing intervals while the cap lets none of
// them through.
type capWait struct {
	// Until is when the next of these recipients are due.
	Until time.Time `json:"until"`
	// Since is when the cap was first reached, or when it last let a
	// waiting recipient through. Failures is how many pages the cap has
	// refused since.
	Since    time.Time `json:"since"`
	Failures int       `json:"failures,omitempty"`
}

// forgotten is how long the recipients waiting for a cap may be overdue before
// their wait starts over. Quiet hours are shorter, so they do not restart it.
const forgotten = 24 * time.Hour

// underCap adds a recipient to the group that is waiting for the cap with the
// given prefix. The prefix is "" if the page was sent by an older worker, which
// does not report it.
func underCap(groups []sleepers, prefix string, to sms.Recipient) []sleepers {
	prefix = cmp.Or(prefix, "*")
	place := slices.IndexFunc(groups, func(g sleepers) bool { return g.Cap == prefix })
	if place < 0 {
		place, groups = len(groups), append(groups, sleepers{Cap: prefix})
	}
	groups[place].Recipients = append(groups[place].Recipients, to)
	return groups
}

// holdCapped holds the recipients of a page whose cap has been reached, behind
// those already waiting for it. tried is the cap that the page has waited for,
// if any, and through is true if someone on the page was texted. It returns
// errors for the recipients whose cap has let nobody through for too long.
func (b *broadcast) holdCapped(ctx workflow.Context, groups []sleepers, tried string, through bool) (given []sms.Error) {
	now := workflow.Now(ctx)
	if wait, known := b.held.Caps[tried]; known && through {
		wait.Since, wait.Failures = now, 0
		b.held.Caps[tried] = wait
	}
	for _, group := range groups {
		wait, known := b.held.Caps[group.Cap]
		if known = known && now.Sub(wait.Until) < forgotten; !known {
			wait = capWait{Since: now}
		}
		if !known || group.Cap == tried {
			wait.Failures++
			wait.Until = now.Add(min(firstWait<<min(wait.Failures-1, 10), longWait))
		}
		if b.held.Caps == nil {
			b.held.Caps = make(map[string]capWait)
		}
		b.held.Caps[group.Cap] = wait
		group.Recipients = slices.Concat(b.take(group.Cap), group.Recipients)
		if failing := now.Sub(wait.Since); failing >= time.Duration(b.input.GiveUpAfter) {
			problem := group.unsent()
			b.progress.Error = cmp.Or(b.progress.Error, fmt.Sprintf("gave up after %s without progress: %s", spoken(failing), because(&problem)))
			given = append(given, forEach(group.Recipients, problem).Errors...)
			continue
		}
		group.Until = wait.Until
		b.hold([]sleepers{group})
	}
	if len(groups) > 0 {
		b.tell(ctx)
	}
	return given
}

// take removes and returns the recipients waiting for a cap.
func (b *broadcast) take(prefix string) (taken sms.Recipients) {
	b.held.Asleep = slices.DeleteFunc(b.held.Asleep, func(g sleepers) bool {
		if g.Cap != prefix {
			return false
		}
		taken = append(taken, g.Recipients...)
		return true
	})
	b.progress.Capped -= len(taken)
	return taken
}

// retryCaps makes all recipients who are waiting for a cap due now, and
// restarts their waits.
func (b *broadcast) retryCaps(now time.Time) {
	b.held.Caps = nil
	for i := range b.held.Asleep {
		if g := &b.held.Asleep[i]; g.Cap != "" {
			g.Until = now
		}
	}
	slices.SortStableFunc(b.held.Asleep, func(x, y sleepers) int { return x.Until.Compare(y.Until) })
}

// waiting returns a pointer to the number of recipients who are waiting for the
// same reason as the group.
func (b *broadcast) waiting(group *sleepers) *int {
	if group.Cap != "" {
		return &b.progress.Capped
	}
	return &b.progress.Asleep
}

// whyAsleep returns why none of the held recipients is due.
func (b *broadcast) whyAsleep() string {
	problem := b.held.Asleep[0].unsent()
	switch {
	case b.progress.Capped == 0:
		return "the next recipients are in quiet hours"
	case b.progress.Asleep > 0:
		return "the next recipients are in quiet hours or under a cap"
	case slices.ContainsFunc(b.held.Asleep, func(g sleepers) bool { return g.Cap != problem.Cap }):
		return "the caps of the recipients' countries have been reached (" + string(sms.CodeCapReached) + ")"
	}
	return because(&problem)
}
