package activities

// The send: window after window of recipients, each recorded before it is tried.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

// send is one attempt of SendSms.
type send struct {
	activities *Activities
	account    Account
	info       activity.Info
	input      SendSmsInput

	from    string
	to      []string
	bodies  *bodies
	options twilio.Options
	// since is when the first attempt was scheduled, to Twilio's second: no message
	// of ours is older, unless Twilio's clock and Temporal's differ.
	since time.Time

	heart *heart
	// mu guards what follows while a window is being tried.
	mu       sync.Mutex
	progress *progress
	// resumed is set if an earlier attempt left a record.
	resumed bool
	// settledBefore is how many recipients were settled when the attempt began.
	settledBefore int
	// pause is how long Twilio asked us to stay away.
	pause time.Duration
	// rounds counts how often doubts led to new tries.
	rounds int
}

// clockSkew is how far Twilio's clock and ours may be apart. A message that
// seems older than the send by more is another one; by less, nobody can tell.
const clockSkew = time.Minute

// Why an attempt stops before its end.
var (
	errStopping = errors.New("the worker is stopping")
	errTimeUp   = errors.New("the attempt's time is up")
)

// RetryType is the type of the error by which SendSms asks Temporal for another
// attempt. A retry policy that names it as non-retryable gets the result as it
// stands instead.
const RetryType = "SmsNotSentYet"

// prepare checks everything that can be checked before anything leaves.
func (s *send) prepare(ctx context.Context) *sms.Error {
	if s.info.IsLocalActivity {
		return &sms.Error{Code: sms.InvalidInput, Message: "SendSms cannot run as a local activity: those have no heartbeat to record what was sent; run it as an ordinary activity"}
	}
	var known bool
	if s.account, known = s.activities.Accounts[s.input.Account]; !known {
		return &sms.Error{Code: sms.InvalidInput, Message: fmt.Sprintf("there is no account %q in this worker's configuration", s.input.Account)}
	}
	var problem *sms.Error
	if s.from, problem = s.input.sender(cmp.Or(s.input.DefaultRegion, s.activities.DefaultRegion)); problem != nil {
		return problem
	}
	// What .now says is the same for each attempt, so that its texts are.
	if s.bodies, problem = newBodies(ctx, s.activities.Renderer, s.input, s.info.ScheduledTime); problem != nil {
		return problem
	}
	s.options = s.input.options()
	if s.options.StatusCallback == "" {
		s.options.StatusCallback = s.activities.callback(s.info.WorkflowExecution.ID, &s.input)
	}
	s.since = s.info.ScheduledTime.Truncate(time.Second)
	if !s.resumed {
		return s.input.schedule(time.Now())
	}
	return nil
}

// resume reads what an earlier attempt recorded.
func (s *send) resume(ctx context.Context) {
	if activity.HasHeartbeatDetails(ctx) {
		var r record
		if err := activity.GetHeartbeatDetails(ctx, &r); err != nil {
			r = record{} // which is of no list
		}
		if s.progress.resume(r, s.to) {
			s.progress.disturb(time.Now().Add(s.activities.settle()))
		}
		s.resumed = true
	}
	s.settledBefore = s.settled()
}

// maxCallback is the longest address that Twilio takes (21609 above it).
const maxCallback = 4000

// callback names the workflow that is to hear what becomes of the messages, and
// the account that sends them; empty for none. The part after # asks Twilio to
// call again.
// Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
func (a *Activities) callback(workflowID string, input *SendSmsInput) string {
	if a.StatusCallback == "" || workflowID == "" || input.StatusSignals != nil && !*input.StatusSignals {
		return ""
	}
	query := url.Values{sms.StatusWorkflow: {workflowID}}
	if sid := a.Accounts[input.Account].SID; sid != "" {
		query.Set(sms.StatusAccount, sid)
	}
	if len(a.IDSecret) > 0 {
		sms.ProveStatus(a.IDSecret, query)
	}
	address := a.StatusCallback + "?" + query.Encode() + "#rc=3&rp=5xx,ct,rt"
	if len(address) > maxCallback {
		return ""
	}
	return address
}

// addresses reads the list. Addresses that are none are refused from the start,
// and one that comes twice is sent to once.
func (s *send) addresses() {
	region := cmp.Or(s.input.DefaultRegion, s.activities.DefaultRegion)
	seen := make(map[string]bool, len(s.input.SmsTo))
	recipients := s.input.SmsTo[:0]
	bad := map[int]error{}
	for _, recipient := range s.input.SmsTo {
		to, err := readRecipient(recipient.To, region)
		if err != nil {
			to = recipient.To
			bad[len(s.to)] = err
		} else if seen[sms.Party(to)] {
			continue
		}
		seen[sms.Party(to)] = true
		s.to = append(s.to, to)
		recipients = append(recipients, recipient)
	}
	s.input.SmsTo = recipients
	s.progress = newProgress(s.to)
	for place, err := range bad {
		s.progress.set(place, refused, sms.Error{
			To: s.to[place], Code: sms.InvalidTo, Message: fmt.Sprintf("%q cannot be texted: %v", clip(s.to[place]), err),
		})
	}
}

// run sends until there is nobody left, or the attempt has to end. Its error
// asks for another attempt.
func (s *send) run(ctx context.Context) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel(nil)
	s.heart = newHeart(s.activities.recorder(ctx), s.info.HeartbeatTimeout, cancel)
	defer s.heart.watch(ctx, activity.GetWorkerStopChannel(ctx))()

	// What was found in an earlier record is this attempt's as well: from now on
	// it is repeated while the attempt waits.
	if s.resumed {
		_ = s.writeDown(ctx) // the loop sees the context end
	}
	for ctx.Err() == nil {
		window := s.progress.places(untried, s.account.Pace.Concurrency())
		if len(window) == 0 {
			if !s.settle(ctx) {
				break
			}
			continue
		}
		s.progress.begin(window)
		if s.writeDown(ctx) != nil {
			s.progress.window = nil
			break
		}
		s.try(ctx, window)
		s.progress.window = nil
		if s.progress.has(again) && s.room(s.delay()) {
			break
		}
	}
	return s.conclude(ctx)
}

// writeDown records the progress. Where that fails, the attempt ends.
func (s *send) writeDown(ctx context.Context) error {
	return s.heart.record(ctx, s.progress.record(s.to))
}

// bounded ends a context a margin before Temporal gives the attempt up, or when
// it is cancelled with a cause.
func (s *send) bounded(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	margin := s.margin()
	if margin == 0 {
		return ctx, cancel
	}
	ctx, done := context.WithDeadlineCause(ctx, s.info.Deadline.Add(-margin), errTimeUp)
	return ctx, func(cause error) {
		cancel(cause)
		done()
	}
}

// margin is the time at the end of an attempt in which nothing new is begun.
func (s *send) margin() time.Duration {
	if s.info.Deadline.IsZero() {
		return 0
	}
	return min(12*time.Second, s.info.StartToCloseTimeout/4)
}

// try sends to the recipients of a window, all at the same time.
func (s *send) try(ctx context.Context, window []int) {
	var trying sync.WaitGroup
	for _, place := range window {
		trying.Go(func() {
			defer func() {
				if recover() != nil {
					logPanic(ctx)
					s.note(place, sms.Message{}, &sms.Error{Code: sms.OutcomeUnknown, Message: "a fault in the gateway: the message may or may not have been created; the worker's log holds the stack"})
				}
			}()
			s.one(ctx, place)
		})
	}
	trying.Wait()
}

// one sends to one recipient, if the attempt may still do so once it is this
// sender's turn. A create that has begun is not broken off.
func (s *send) one(ctx context.Context, place int) {
	content, problem := s.bodies.of(ctx, s.input.SmsTo[place])
	if problem != nil {
		s.note(place, sms.Message{}, problem)
		return
	}
	if s.account.Pace.Acquire(ctx, s.lane(), content.size()) != nil {
		return
	}
	defer s.account.Pace.Release()
	if ctx.Err() != nil || !s.heart.fresh() {
		return
	}
	creating := context.WithoutCancel(ctx)
	if !s.info.Deadline.IsZero() {
		var cancel context.CancelFunc
		creating, cancel = context.WithDeadline(creating, s.info.Deadline.Add(-s.margin()/2))
		defer cancel()
	}
	draft := twilio.Draft{From: s.from, To: s.to[place], Body: content.body, Options: s.options}
	draft.ContentVariables = content.variables
	message, err := s.account.Gateway.Send(creating, draft)
	if err == nil {
		message.To = s.to[place]
	}
	s.note(place, message, sms.AsError(err))
}

// lane is what the pace knows this send's sender by.
func (s *send) lane() string {
	if s.from != "" {
		return s.from
	}
	return s.input.MessagingServiceSID
}

// note keeps what became of a create.
func (s *send) note(place int, message sms.Message, problem *sms.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case problem == nil:
		s.progress.take(place, message, time.Now())
	case problem.Code == sms.OutcomeUnknown:
		s.progress.disturb(time.Now().Add(s.activities.settle()))
		s.progress.set(place, doubtful, *problem)
	case problem.Retryable:
		s.slow(problem)
		s.progress.set(place, again, *problem)
	default:
		s.progress.set(place, refused, *problem)
	}
}

// Twilio's words for what does not concern the whole account: a sender's queue
// is full, which takes minutes to empty, or a phone and a number answer each
// other without end.
const (
	queueFull = 21611
	replyLoop = 14107
)

// slow keeps the sender or the account that was told to wait from sending.
func (s *send) slow(problem *sms.Error) {
	wait := problem.RetryAfter
	s.pause = max(s.pause, wait)
	switch {
	case problem.TwilioCode == queueFull:
		s.account.Pace.SlowSender(s.lane(), max(wait, 10*time.Second))
	case problem.TwilioCode == replyLoop: // which concerns this recipient alone
	case problem.Code == sms.RateLimited:
		s.account.Pace.SlowAccount(max(wait, time.Second))
	}
}

// conclude ends the attempt: with an error where another one is to go on, and
// with none where the result stands.
func (s *send) conclude(ctx context.Context) error {
	cause := context.Cause(ctx)
	switch {
	case cause == nil && !s.progress.has(again):
		return nil
	case cause == nil:
		return s.another(ctx, s.delay(), "Twilio could not take every message yet")
	case errors.Is(cause, errStopping), errors.Is(cause, errTimeUp):
		return s.another(ctx, 100*time.Millisecond, cause.Error())
	case temporal.IsCanceledError(cause), errors.Is(cause, context.Canceled):
		s.lastLook(ctx)
		return nil
	}
	// Temporal does not count on this attempt any more, or did not answer.
	if !s.room(s.delay()) {
		return nil
	}
	return temporal.NewApplicationErrorWithOptions("the attempt was given up", RetryType, temporal.ApplicationErrorOptions{Cause: cause})
}

// another asks Temporal for another attempt, if there is room for one. What is
// known goes with it.
func (s *send) another(ctx context.Context, delay time.Duration, why string) error {
	if !s.room(delay) {
		s.lastLook(ctx)
		return nil
	}
	if s.settled() > s.settledBefore {
		s.progress.stalls = 0
	} else {
		s.progress.stalls++
	}
	// Without this record the next attempt begins at the one before: it finds
	// more in doubt, and nothing is lost.
	_ = s.writeDown(context.WithoutCancel(ctx))
	return temporal.NewApplicationErrorWithOptions(why, RetryType, temporal.ApplicationErrorOptions{
		NextRetryDelay: delay,
		Category:       temporal.ApplicationErrorCategoryBenign,
	})
}

// delay is how long the next attempt should wait: what Twilio asked for, or
// twice as long after each attempt in vain; never all workers at once.
func (s *send) delay() time.Duration {
	backoff := min(time.Second<<min(s.progress.stalls, 6), time.Minute)
	return time.Duration(float64(max(s.pause, backoff)) * (1 + rand.Float64()/4))
}

// maxStalls is how many attempts in a row may settle nobody, where the caller
// has set no bound.
const maxStalls = 4

// room reports whether the caller's policy and timeouts leave room for another
// attempt after a delay.
func (s *send) room(delay time.Duration) bool {
	policy := s.info.RetryPolicy
	if policy == nil || slices.Contains(policy.NonRetryableErrorTypes, RetryType) {
		return false
	}
	if policy.MaximumAttempts > 0 && s.info.Attempt >= policy.MaximumAttempts {
		return false
	}
	if total := s.info.ScheduleToCloseTimeout; total > 0 {
		return time.Now().Add(delay + 5*time.Second).Before(s.info.ScheduledTime.Add(total))
	}
	return policy.MaximumAttempts > 0 || s.progress.stalls < maxStalls
}

// settled counts the recipients of whom all is known.
func (s *send) settled() (n int) {
	for place := range s.progress.outcomes {
		if s.progress.outcomes[place].state >= refused {
			n++
		}
	}
	return n
}

// untold explains a recipient whose turn never came.
func (s *send) untold(place int) sms.Error {
	return sms.Error{
		To: s.to[place], Code: sms.Cancelled, Retryable: true,
		Message: "the send ended before this recipient's turn, because it was cancelled, its time was up or its worker stopped; nothing was sent",
	}
}
