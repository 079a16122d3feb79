package activities

// One of Temporal's attempts at an activity: how much of its time is left,
// whether Temporal still waits for it, and whether there will be another.

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"temporal-twilio/sms"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
)

// The reasons for an attempt to stop early.
var (
	errStopping = errors.New("the worker is stopping")
	errTimeUp   = errors.New("the attempt's time is up")
	// errLate means that no message may be created any more: Temporal may have
	// replaced the attempt, or its time is up.
	errLate = errors.New("the attempt may have been replaced, or its time is up")
)

// DefaultGiveUpAfter is how long a send without progress is retried if its
// caller's timeouts and retry policy set no limit.
const DefaultGiveUpAfter = time.Hour

// attempt is one attempt at an activity.
type attempt struct {
	info activity.Info
	// began is when the attempt started, by this machine's clocks.
	began time.Time
	// heart records the attempt's progress.
	heart  *heart
	logger log.Logger
}

func newAttempt(ctx context.Context, a *Activities) *attempt {
	info, began := activity.GetInfo(ctx), time.Now()
	return &attempt{info: info, began: began, heart: newHeart(a.recorder(ctx), info.HeartbeatTimeout, began), logger: activity.GetLogger(ctx)}
}

// ownerOf identifies an activity throughout all of its attempts.
func ownerOf(info *activity.Info) string {
	return strings.Join([]string{info.WorkflowExecution.ID, info.WorkflowExecution.RunID, info.ActivityID, info.ActivityRunID}, "\x00")
}

// retried reports whether an earlier attempt may have done something.
func retried(ctx context.Context) bool {
	return activity.GetInfo(ctx).Attempt > 1 || activity.HasHeartbeatDetails(ctx)
}

// elapsed returns the time since a moment by whichever of this machine's clocks
// advanced further: the monotonic clock stops while the machine sleeps, and the
// wall clock can be set.
func elapsed(since time.Time) time.Duration {
	now := time.Now()
	return max(now.Sub(since), now.Round(0).Sub(since.Round(0)))
}

// total returns how long the attempt may take, 0 for no limit. Both times are
// by Temporal's clock, which may differ from this machine's.
func (t *attempt) total() time.Duration {
	if t.info.Deadline.IsZero() {
		return 0
	}
	return t.info.Deadline.Sub(t.info.StartedTime)
}

// The last phases of an attempt, as times since it started. After lastBegin (at
// least three fifths of the attempt) no request is started, by lastEnd those in
// progress have ended, and by resultBy the result has been sent.
func (t *attempt) lastBegin() time.Duration { return t.total() - min(t.total()*2/5, 17*time.Second) }
func (t *attempt) lastEnd() time.Duration   { return t.total() - min(t.total()/5, 5*time.Second) }
func (t *attempt) resultBy() time.Duration  { return t.total() - min(t.total()/10, 2*time.Second) }

// within bounds a context by one of the phases.
func (t *attempt) within(ctx context.Context, part time.Duration) (context.Context, context.CancelFunc) {
	if t.total() == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithDeadlineCause(ctx, t.began.Add(part), errTimeUp)
}

// fits reports whether a request may still be started after a delay.
func (t *attempt) fits(delay time.Duration) bool {
	return t.total() == 0 || elapsed(t.began)+delay < t.lastBegin()
}

// begin returns the context of the attempt's work. It ends with a cause: the
// worker stops, time is up, or Temporal no longer waits for the attempt. The
// returned function ends the attempt's heartbeats.
func (t *attempt) begin(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	ctx, done := t.within(ctx, t.lastBegin())
	unwatch := t.heart.watch(ctx, cancel, activity.GetWorkerStopChannel(ctx))
	return ctx, func() {
		unwatch()
		done()
		cancel(nil)
	}
}

// prompt is the longest time between the scheduling of an attempt and its start
// in this process for which the first few recipients need no record.
const prompt = 2 * time.Second

// isPrompt reports whether this process saw the attempt right after it was
// scheduled. If not, Temporal may already have replaced the attempt: its task may
// have waited in the connection of a suspended process or of a broken network. No clock
// of this machine measures that wait, but the difference between Temporal's clock
// and this one does. If the clocks disagree, the worst result is an unnecessary
// record, unless ours is behind by as long as the attempt waited. Therefore no
// attempt counts as prompt once our clock is seen to be behind, or if the attempt
// is late by Twilio's clock.
func (s *send) isPrompt() bool {
	waited, behind := s.began.Sub(s.info.ScheduledTime), &s.activities.behind
	if waited < -prompt {
		behind.Store(true)
	}
	now, known := s.clock()
	late := known && now.Sub(s.info.ScheduledTime)-elapsed(s.began) >= prompt
	return waited < prompt && !behind.Load() && !late
}

// check returns errLate if Temporal may have replaced the attempt, or if its
// time is up. It is called right before a create, since the process may have
// been asleep until then.
func (t *attempt) check() error {
	if !t.heart.fresh() || t.total() > 0 && elapsed(t.began) >= t.lastEnd() {
		return errLate
	}
	return nil
}

// mayGoOn reports whether the caller's policy and timeouts allow another
// attempt after a delay, and whether they set a limit at all.
func (t *attempt) mayGoOn(delay time.Duration) (room, ends bool) {
	if t.callerGoesOn() {
		return false, true
	}
	return t.allows(delay)
}

// allows is like mayGoOn, but for errors that are retried even if the caller
// itself retries what was certainly not sent.
func (t *attempt) allows(delay time.Duration) (room, ends bool) {
	policy := t.info.RetryPolicy
	if policy == nil {
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

// callerGoesOn reports whether the caller itself retries what was certainly not
// sent, and therefore wants the result at once.
func (t *attempt) callerGoesOn() bool {
	policy := t.info.RetryPolicy
	return policy != nil && slices.Contains(policy.NonRetryableErrorTypes, sms.NotSentYetErrorType)
}

// leastAttempt is the shortest attempt that is worth starting.
const leastAttempt = 5 * time.Second

// unreadableDelay is how soon another worker may try to read what this one
// cannot.
const unreadableDelay = 5 * time.Second

// unread returns an error that asks for another attempt if this worker cannot
// decrypt what the previous one recorded: without that, every recipient is in
// doubt. It returns nil if no other attempt is allowed.
func unread(ctx context.Context) error {
	t := &attempt{info: activity.GetInfo(ctx), began: time.Now()}
	if room, _ := t.allows(unreadableDelay); !room || !activity.HasHeartbeatDetails(ctx) {
		return nil
	}
	var details converter.RawValue
	unreadable, is := errors.AsType[*sms.UnreadableError](activity.GetHeartbeatDetails(ctx, &details))
	if !is {
		return nil
	}
	return temporal.NewApplicationErrorWithOptions("this worker cannot decrypt the record of the last attempt", sms.UnreadableErrorType, temporal.ApplicationErrorOptions{
		NextRetryDelay: unreadableDelay, Cause: unreadable,
	})
}

// stoppedErrorType is the type of the error with which an attempt leaves doubts
// to another worker because its own is stopping. Callers retry it, even those
// that treat NotSentYetErrorType as a result.
const stoppedErrorType = string(sms.CodeWorkerStopped)

// again asks Temporal for another attempt after a delay.
func again(why string, delay time.Duration, cause error) error {
	kind := sms.NotSentYetErrorType
	if errors.Is(cause, errStopping) {
		kind = stoppedErrorType
	}
	return temporal.NewApplicationErrorWithOptions(why, kind, temporal.ApplicationErrorOptions{
		NextRetryDelay: delay, Category: temporal.ApplicationErrorCategoryBenign, Cause: cause,
	})
}
