package activities

// The attempt: one of Temporal's attempts at an activity. How much of its time is
// left, whether Temporal still counts on it, and whether there will be another.

import (
	"context"
	"errors"
	"slices"
	"time"

	"temporal-twilio/sms"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
)

// Why an attempt stops before its end.
var (
	errStopping = errors.New("the worker is stopping")
	errTimeUp   = errors.New("the attempt's time is up")
	// errLate keeps a create from being written by an attempt that Temporal may
	// have replaced.
	errLate = errors.New("the attempt may have been replaced")
)

// DefaultGiveUpAfter is how long a send that gets nowhere is tried again where
// its caller's timeouts and retry policy set no end.
const DefaultGiveUpAfter = time.Hour

// attempt is one attempt at an activity.
type attempt struct {
	info activity.Info
	// began is when the attempt began, by our clocks.
	began time.Time
	*heart
}

func newAttempt(ctx context.Context, a *Activities) *attempt {
	t := &attempt{info: activity.GetInfo(ctx), began: time.Now()}
	t.heart = newHeart(a.recorder(ctx), t.info.HeartbeatTimeout, t.began)
	return t
}

// elapsed is the time since a moment by whichever of our clocks ran more: the
// monotonic one stands still while the machine sleeps, the other can be set.
func elapsed(since time.Time) time.Duration {
	now := time.Now()
	return max(now.Sub(since), now.Round(0).Sub(since.Round(0)))
}

// total is how long the attempt may take; 0 if there is no end. Both moments are
// Temporal's, whose clock is not ours.
func (t *attempt) total() time.Duration {
	if t.info.Deadline.IsZero() {
		return 0
	}
	return t.info.Deadline.Sub(t.info.StartedTime)
}

// The parts at the end of an attempt: in the last two of five nothing is begun
// that takes as long as a request, in the last but one what was begun is ended,
// and the payload leaves before the last tenth.
func (t *attempt) lastBegin() time.Duration { return t.total() - min(t.total()*2/5, 17*time.Second) }
func (t *attempt) lastEnd() time.Duration   { return t.total() - min(t.total()/5, 5*time.Second) }
func (t *attempt) payload() time.Duration   { return t.total() - min(t.total()/10, 2*time.Second) }

// within bounds a context by one of the parts.
func (t *attempt) within(ctx context.Context, part time.Duration) (context.Context, context.CancelFunc) {
	if t.total() == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithDeadlineCause(ctx, t.began.Add(part), errTimeUp)
}

// fits reports whether something may still be begun after a delay.
func (t *attempt) fits(delay time.Duration) bool {
	return t.total() == 0 || elapsed(t.began)+delay < t.lastBegin()
}

// begin gives the context of the attempt's work. It ends with a cause: the worker
// stops, time is up, or Temporal does not count on the attempt any more. The
// function that it gives ends the attempt's heartbeats.
func (t *attempt) begin(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	ctx, done := t.within(ctx, t.lastBegin())
	unwatch := t.watch(ctx, cancel, activity.GetWorkerStopChannel(ctx))
	return ctx, func() {
		unwatch()
		done()
		cancel(nil)
	}
}

// check reports errLate if the attempt may have been replaced: by what Temporal
// knew a moment ago, or because its time is up. Whoever creates asks at the last
// moment, since the process may have been asleep until then.
func (t *attempt) check() error {
	if !t.fresh() || t.total() > 0 && elapsed(t.began) >= t.lastEnd() {
		return errLate
	}
	return nil
}

// mayGoOn reports whether the caller's policy and timeouts leave room for another
// attempt after a delay, and whether they set an end at all.
func (t *attempt) mayGoOn(delay time.Duration) (room, ends bool) {
	policy := t.info.RetryPolicy
	if policy == nil || t.callerGoesOn() {
		return false, true
	}
	if policy.MaximumAttempts > 0 && t.info.Attempt >= policy.MaximumAttempts {
		return false, true
	}
	if all := t.info.ScheduleToCloseTimeout; all > 0 {
		used := t.info.StartedTime.Sub(t.info.ScheduledTime) + elapsed(t.began)
		return used+delay+leastAttempt < all, true
	}
	return true, policy.MaximumAttempts > 0
}

// callerGoesOn reports whether the caller tries again by itself what surely was not
// sent, and wants to hear of it at once.
func (t *attempt) callerGoesOn() bool {
	policy := t.info.RetryPolicy
	return policy != nil && slices.Contains(policy.NonRetryableErrorTypes, sms.NotSentYetErrorType)
}

// leastAttempt is what an attempt needs to be worth beginning.
const leastAttempt = 5 * time.Second

// unreadableDelay is how soon another worker may try to read what this one cannot.
const unreadableDelay = 5 * time.Second

// unread asks for another attempt if this worker lacks the key to what the last
// one recorded: whoever goes on without would not know who was texted.
func unread(ctx context.Context) error {
	if !activity.HasHeartbeatDetails(ctx) {
		return nil
	}
	var details converter.RawValue
	unreadable, is := errors.AsType[*sms.UnreadableError](activity.GetHeartbeatDetails(ctx, &details))
	if !is {
		return nil // what is none of ours puts everybody in doubt
	}
	return temporal.NewApplicationErrorWithOptions("what the last attempt recorded is unreadable here", sms.UnreadableErrorType, temporal.ApplicationErrorOptions{
		NextRetryDelay: unreadableDelay, Cause: unreadable,
	})
}

// again asks Temporal for another attempt after a delay.
func again(why string, delay time.Duration, cause error) error {
	return temporal.NewApplicationErrorWithOptions(why, sms.NotSentYetErrorType, temporal.ApplicationErrorOptions{
		NextRetryDelay: delay, Category: temporal.ApplicationErrorCategoryBenign, Cause: cause,
	})
}
