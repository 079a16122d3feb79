package workflows

// CapsSmsWorkflow counts, for all workers of the namespace, the messages to
// numbers whose prefix has a cap.

import (
	"errors"
	"time"

	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

const (
	// capParts is the number of parts into which a cap's time window is
	// divided. A message may count for up to one part longer than the
	// window.
	capParts = 60
	// capsKept is how many requests an update may contain, and how many counts
	// are kept before old ones are dropped. It far exceeds the number of
	// countries that all accounts together send to.
	capsKept = 10_000
)

// CapsSmsWorkflow counts the messages that workers reserve with
// [sms.TakeCapsUpdate]. The first update starts it with the ID [sms.CapsID],
// and it stays open. Terminate it to count from 0.
func CapsSmsWorkflow(ctx workflow.Context, input sms.CapsSmsInput) error {
	c := caps(input.Counted)
	if c == nil {
		c = make(caps)
	}
	err := workflow.SetUpdateHandlerWithOptions(ctx, sms.TakeCapsUpdate, c.reserve, workflow.UpdateHandlerOptions{Validator: validTakes})
	if err != nil {
		return err
	}
	workflow.SetCurrentDetails(ctx, "Counts messages for SEND_CAPS. To count from 0, terminate this workflow")
	err = workflow.Await(ctx, func() bool {
		return workflow.GetInfo(ctx).GetContinueAsNewSuggested() && workflow.AllHandlersFinished(ctx)
	})
	if err != nil {
		return err
	}
	return workflow.NewContinueAsNewError(ctx, sms.CapsSmsWorkflowName, sms.CapsSmsInput{Counted: c.recent(workflow.Now(ctx))})
}

// caps maps the key of each cap to the count of its reserved messages.
type caps map[string]*sms.CapCount

// validTakes rejects input that no worker sends.
func validTakes(input sms.TakeCapsInput) error {
	if len(input.Takes) > capsKept {
		return errors.New("too many requests in one update")
	}
	for _, t := range input.Takes {
		if t.Seconds < capParts || t.Most < 0 {
			return errors.New("seconds must be at least 60, and most must not be negative")
		}
	}
	return nil
}

// reserve handles [sms.TakeCapsUpdate].
func (c caps) reserve(ctx workflow.Context, input sms.TakeCapsInput) (sms.TakeCapsResult, error) {
	now := workflow.Now(ctx)
	result := sms.TakeCapsResult{Taken: make([]int, len(input.Takes)), At: now.Unix()}
	for i, t := range input.Takes {
		counted := c[t.Key]
		if counted == nil || counted.Seconds != t.Seconds {
			if len(c) >= capsKept {
				c.recent(now)
			}
			counted = &sms.CapCount{Seconds: t.Seconds, Parts: make(map[int64]int)}
			c[t.Key] = counted
		}
		result.Taken[i] = reserve(counted, t, now)
	}
	return result, nil
}

// recent drops the counts whose time window has passed.
func (c caps) recent(now time.Time) caps {
	for _, key := range workflow.DeterministicKeys(c) {
		if total(c[key], now) == 0 {
			delete(c, key)
		}
	}
	return c
}

// part returns the number of the current part of a window.
func part(counted *sms.CapCount, now time.Time) int64 {
	return now.Unix() / int64(counted.Seconds/capParts)
}

// total drops the parts that are older than the window, and returns the sum of
// the others.
func total(counted *sms.CapCount, now time.Time) (sum int) {
	current := part(counted, now)
	for _, p := range workflow.DeterministicKeys(counted.Parts) {
		if p < current-capParts {
			delete(counted.Parts, p)
			continue
		}
		sum += counted.Parts[p]
	}
	return sum
}

// reserve counts the messages of a request, and returns how many of them may be
// sent. A negative count gives messages back, in the part in which they were
// counted: if newer ones were given back instead, the cap would have room too
// early.
func reserve(counted *sms.CapCount, t sms.CapTake, now time.Time) int {
	left, current := max(0, t.Most-total(counted, now)), part(counted, now)
	if t.Count >= 0 {
		reserved := min(t.Count, left)
		counted.Parts[current] += reserved
		return reserved
	}
	back, oldest := -t.Count, current-capParts
	if t.At > 0 {
		current = part(counted, time.Unix(t.At, 0))
		oldest = current
	}
	for p := current; p >= oldest && back > 0; p-- {
		if here := min(back, counted.Parts[p]); here > 0 {
			counted.Parts[p] -= here
			back -= here
		}
	}
	return 0
}
