package activities

// One of Temporal's attempts at an activity: how much time it has left, whether
// Temporal is still waiting for it, and whether another will follow.

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"temporal-twilio/sms"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"
)

// The reasons why an attempt stops early.
var (
	errStopping = errors.New("the worker is stopping")
	errTimeUp   = errors.New("the attempt's time is up")
	// errLate means that the attempt must not create any more messages:
	// Temporal may have replaced it, or its time is up.
	errLate = errors.New("the attempt may have been replaced, or its time is up")
)

// DefaultGiveUpAfter is how long a send that makes no progress is retried if
// the caller's timeouts and retry policy set no limit.
const DefaultGiveUpAfter = time.Hour

// attempt is one attempt at an activity.
type attempt struct {
	info activity.Info
	// began is when the attempt started, by this machine's clock.
	began time.Time
	// heart records the attempt's progress.
	heart  *heart
	logger log.Logger
}

func newAttempt(ctx context.Context, a *Activities) *attempt {
	info, began := activity.GetInfo(ctx), time.Now()
	return &attempt{info: info, began: began, heart: newHeart(a.recorder(ctx), info.HeartbeatTimeout, began), logger: activity.GetLogger(ctx)}
}

// ownerOf returns an ID for an activity, which is the same in all of its
// attempts.
func ownerOf(info *activity.Info) string {
	return strings.Join([]string{info.WorkflowExecution.ID, info.WorkflowExecution.RunID, info.ActivityID, info.ActivityRunID}, "\x00")
}

// retried reports whether an earlier attempt may already have texted someone.
func retried(ctx context.Context) bool {
	return activity.GetInfo(ctx).Attempt > 1 || activity.HasHeartbeatDetails(ctx)
}

// NoticeResets is a gRPC interceptor for the worker's Temporal client, to be
// passed to grpc.WithChainUnaryInterceptor. If someone resets an activity,
// Temporal counts its attempts from 1 again, although an earlier attempt may
// have texted someone. NoticeResets makes such an attempt the second one.
func NoticeResets(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	err := invoke(ctx, method, req, reply, cc, opts...)
	if task, ok := reply.(*workflowservice.PollActivityTaskQueueResponse); ok && wasReset(task) {
		task.Attempt = 2
	}
	return err
}

// wasReset reports whether a workflow's activity has been reset: its first
// attempt was then scheduled later than the activity itself. Without a
// workflow, the caller's StartDelay may be the reason, so wasReset returns
// false.
func wasReset(task *workflowservice.PollActivityTaskQueueResponse) bool {
	return task.GetAttempt() == 1 && task.GetWorkflowExecution().GetWorkflowId() != "" &&
		task.GetCurrentAttemptScheduledTime().AsTime().After(task.GetScheduledTime().AsTime())
}

// elapsed returns how much time has passed since the given time. It uses the
// wall clock or the monotonic clock, whichever has advanced further, because
// the wall clock can be set back, and the monotonic clock stops while the
// machine sleeps.
func elapsed(since time.Time) time.Duration {
	now := time.Now()
	return max(now.Sub(since), now.Round(0).Sub(since.Round(0)))
}

// total returns how long the attempt may take, or 0 if there is no limit. It
// compares two times by Temporal's clock, because this machine's clock may
// differ.
func (t *attempt) total() time.Duration {
	if t.info.Deadline.IsZero() {
		return 0
	}
	return t.info.Deadline.Sub(t.info.StartedTime)
}

// The last phases of an attempt, as durations since its start. After lastBegin,
// which comes no earlier than three fifths into the attempt, no request is
// started. By lastEnd, all requests in flight have ended. By resultBy, the
// attempt has returned its result.
func (t *attempt) lastBegin() time.Duration { return t.total() - min(t.total()*2/5, 17*time.Second) }
func (t *attempt) lastEnd() time.Duration   { return t.total() - min(t.total()/5, 5*time.Second) }
func (t *attempt) resultBy() time.Duration  { return t.total() - min(t.total()/10, 2*time.Second) }

// within returns a context that ends when the attempt has lasted for part, such
// as lastBegin. If the attempt has no time limit, the context has no deadline.
func (t *attempt) within(ctx context.Context, part time.Duration) (context.Context, context.CancelFunc) {
	if t.total() == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithDeadlineCause(ctx, t.began.Add(part), errTimeUp)
}

// fits reports whether there is still time to start a request after a delay.
func (t *attempt) fits(delay time.Duration) bool {
	return t.total() == 0 || elapsed(t.began)+delay < t.lastBegin()
}

// begin returns the context for the attempt's work. When the context ends, its
// cause says why: the worker is stopping, time is up, or Temporal is no longer
// waiting for the attempt. The returned function stops the attempt's
// heartbeats.
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

// prompt is how soon after its scheduling an attempt must start to need no
// record for the first few recipients.
const prompt = 2 * time.Second

// isPrompt reports whether the attempt started right after it was scheduled. If
// not, Temporal may already have replaced it: its task may have been stuck in
// the connection of a suspended process, or in a broken network. This machine
// cannot measure that delay, so isPrompt compares Temporal's clock with ours.
// If the clocks differ, the usual cost is an unnecessary record. But if our
// clock is behind by as much as the task was delayed, a late attempt looks
// prompt. Therefore, an attempt is not prompt if our clock has ever been seen
// behind Temporal's, or if the attempt is late by Twilio's clock.
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
// time is up. It is called right before each create, because the process may
// have been suspended in the meantime.
func (t *attempt) check() error {
	if !t.heart.fresh() || t.total() > 0 && elapsed(t.began) >= t.lastEnd() {
		return errLate
	}
	return nil
}

// mayGoOn reports whether the caller's retry policy and timeouts allow another
// attempt after a delay (room), and whether they limit the number or the
// duration of attempts at all (ends).
func (t *attempt) mayGoOn(delay time.Duration) (room, ends bool) {
	if t.callerGoesOn() {
		return false, true
	}
	return t.allows(delay)
}

// allows is like mayGoOn, but ignores callerGoesOn.
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

// callerGoesOn reports whether the caller itself sends again to the recipients
// who were certainly not texted, and therefore wants the result immediately.
func (t *attempt) callerGoesOn() bool { return t.declares(sms.NotSentYetErrorType) }

// declares reports whether the caller's retry policy declares a type of error
// non-retryable.
func (t *attempt) declares(errorType string) bool {
	policy := t.info.RetryPolicy
	return policy != nil && slices.Contains(policy.NonRetryableErrorTypes, errorType)
}

// leastAttempt is the minimum time that must be left for another attempt to be
// worth starting.
const leastAttempt = 5 * time.Second

// unreadableDelay is how long to wait before another worker tries to decrypt
// what this one cannot.
const unreadableDelay = 5 * time.Second

// unread returns an error that asks for another attempt if this worker cannot
// decrypt the record of the previous one, because, without that record, every
// recipient is in doubt. It returns nil if no other attempt is allowed.
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
	return temporal.NewApplicationErrorWithOptions("this worker cannot decrypt the record of the previous attempt", sms.UnreadableErrorType, temporal.ApplicationErrorOptions{
		NextRetryDelay: unreadableDelay, Cause: unreadable,
	})
}

// stoppedErrorType is the type of the error with which an attempt on a stopping
// worker leaves its doubts to another worker. All callers retry it, even those
// for which NotSentYetErrorType is not retryable.
const stoppedErrorType = string(sms.CodeWorkerStopped)

// again returns an error that asks Temporal for another attempt after a delay.
func again(why string, delay time.Duration, cause error) error {
	kind := sms.NotSentYetErrorType
	if errors.Is(cause, errStopping) {
		kind = stoppedErrorType
	}
	return temporal.NewApplicationErrorWithOptions(why, kind, temporal.ApplicationErrorOptions{
		NextRetryDelay: delay, Category: temporal.ApplicationErrorCategoryBenign, Cause: cause,
	})
}
