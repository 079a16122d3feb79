package activities

// A send: its recipients, and what is known about them from round to round
// until the attempt ends.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

// send is one attempt of SendSms.
type send struct {
	*attempt
	activities *Activities
	account    Account
	ledger     *ledger
	// owner identifies the send in the ledger. All of its attempts have the
	// same owner.
	owner string
	input sms.SendSmsInput

	from   string
	bodies *bodies
	// callback is the query of the status callback URL at our webhook, or
	// nil if our webhook gets no callbacks.
	callback url.Values
	// list identifies the list of recipients.
	list string

	// mu guards the fields below, and the recipients while they are being
	// tried.
	mu         sync.Mutex
	recipients []*recipient
	problems   problems
	// recent holds the recipients whose messages Twilio accepted last.
	recent []*recipient
	known  *known
	// quiet is when Twilio will have finished every create in doubt, and
	// first is when the send started, both by Twilio's clock.
	quiet, first time.Time
	// untimed is true until a response confirms Twilio's time, from which
	// quiet is computed.
	untimed bool
	// complete is when a listing will show every message in doubt, by
	// Twilio's clock, or zero if that is unknown.
	complete time.Time
	// stalls counts the consecutive rounds without progress, and stuck is
	// when the first of them ended.
	stalls int
	stuck  time.Time
	// recorded is set when a record has been written, and resumed is set if
	// an earlier attempt may have texted someone.
	recorded atomic.Bool
	resumed  bool
	// queue holds the recipients of this round, in order. begun is how many
	// of them have been handed to the pool, named is how many are in a
	// record and may be handed to the pool, and asked is how many are in
	// that record or in the next one. The next record is due when begun
	// reaches renew.
	queue                      []*recipient
	begun, asked, named, renew int
	// news wakes the pool and the goroutine that names recipients ahead of
	// it.
	news *sync.Cond
	// halt says why the round has stopped trying recipients. It is nil if
	// the round has not stopped.
	halt *halt
	// failures counts consecutive creates with an unknown outcome, doubts
	// counts the recipients that the metrics show as in doubt, and resends
	// counts the rounds that texted recipients in doubt again.
	failures, doubts, resends int
	// pause is how long Twilio has asked us to wait.
	pause time.Duration
	// unended is the error for recipients whose turn never came.
	unended sms.Error

	allowance *allowance
}

// newSend starts an attempt, and parses its list of recipients.
func (a *Activities) newSend(ctx context.Context, input sms.SendSmsInput) *send {
	s := &send{attempt: newAttempt(ctx, a), activities: a, account: a.Accounts[input.Account], ledger: a.ledgerOf(input.Account), input: input, resumed: retried(ctx), allowance: newAllowance()}
	s.owner = ownerOf(&s.info)
	s.news = sync.NewCond(&s.mu)
	s.heart.details = func() any {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.snapshot()
	}
	s.recipients = a.readList(&input)
	s.list = fingerprint(s.recipients)
	for _, to := range s.recipients {
		if to.state == refused {
			s.set(to, refused, to.problem)
		}
	}
	return s
}

// readList parses the list. Invalid addresses are included as refused, and
// duplicates are omitted.
func (a *Activities) readList(input *sms.SendSmsInput) []*recipient {
	region := cmp.Or(input.DefaultRegion, a.DefaultRegion)
	all := make([]recipient, len(input.SmsTo)) // one allocation
	list := make([]*recipient, 0, len(all))
	seen := make(map[string]bool, len(all))
	for written, given := range input.SmsTo {
		to := &all[written]
		*to = recipient{Recipient: given, to: given.To, place: len(list), written: written, cause: -1}
		address, err := readRecipient(given.To, region)
		party := sms.Party(address)
		switch {
		case err != nil:
			to.state = refused
			to.problem = sms.Error{To: to.to, Code: sms.CodeInvalidTo, Message: fmt.Sprintf("%q cannot be texted: %v", clip(given.To), err)}
		case seen[party]:
			continue
		default:
			to.to, seen[party] = address, true
		}
		list = append(list, to)
	}
	return list
}

// resume restores what an earlier attempt recorded. Even an attempt without a
// record may have texted the first few recipients.
func (s *send) resume(ctx context.Context) {
	switch {
	case activity.HasHeartbeatDetails(ctx):
		var r record
		if activity.GetHeartbeatDetails(ctx, &r) != nil {
			r = record{} // matches no list
		}
		s.adopt(r)
		s.recorded.Store(true)
	case s.resumed:
		s.resumeWithout()
	}
}

// resumeWithout marks as doubtful the recipients who may have been texted
// without a record.
func (s *send) resumeWithout() {
	for _, to := range s.recipients {
		if to.written < firstFew && to.state == untried {
			s.set(to, doubtful, died(to.to))
		}
	}
	s.disturb()
}

// prepare checks everything that can be checked before anything is sent.
func (s *send) prepare(ctx context.Context) *sms.Error {
	if s.info.IsLocalActivity {
		return &sms.Error{Code: sms.CodeInvalidInput, Message: "SendSms cannot run as a local activity, which has no heartbeat to record what was sent; run it as an ordinary activity"}
	}
	if s.account.Gateway == nil {
		return noAccount(s.input.Account)
	}
	var problem *sms.Error
	if s.from, problem = senderOf(&s.input, cmp.Or(s.input.DefaultRegion, s.activities.DefaultRegion)); problem != nil {
		return problem
	}
	// The template variable .now is the same in every attempt, so the texts
	// are too.
	if s.bodies, problem = newBodies(ctx, s.activities.Renderer, s.input, s.info.ScheduledTime); problem != nil {
		return problem
	}
	if s.account.Pace.CountsSegments() {
		s.bodies.shared.size() // measure it once for all recipients
	}
	s.callback = s.activities.callback(s.info.WorkflowExecution.ID, &s.input)
	if !s.resumed {
		return checkSchedule(&s.input, time.Now())
	}
	return nil
}

// run sends until no recipient is left to try or the attempt has to end. If it
// returns an error, Temporal starts another attempt.
func (s *send) run(ctx context.Context) error {
	ctx, end := s.begin(ctx)
	defer end()
	s.measure(ctx)
	s.mu.Lock()
	if now, known := s.clock(); known && s.first.IsZero() {
		if s.first = now; s.resumed {
			s.first = s.sinceOf(&recipient{}).from
		}
	}
	s.mu.Unlock()
	if s.resumed {
		_ = s.heart.record(ctx) // if this fails, the context ends, and so do the rounds
	}
	for {
		settled := s.settled()
		s.text(ctx)
		wait, silent := s.lookUp(ctx)
		if wait > 0 {
			return s.another(ctx, wait, "Twilio's listing does not yet show whether every message was created"+s.because())
		}
		s.tally(s.settled() > settled)
		again, wait := s.resendDoubts(ctx)
		if wait > 0 {
			return s.another(ctx, wait, "the outcome of some messages is still unknown"+s.because())
		}
		if again {
			continue
		}
		if ctx.Err() != nil || len(s.in(untried, deferred)) == 0 && !silent || s.halt != nil && s.halt.final {
			break
		}
		delay := s.delay()
		if s.room(delay) {
			return s.another(ctx, delay, s.reason(silent))
		}
		if s.callerGoesOn() || !s.fits(delay) || s.tired(delay, false) || sleep(ctx, delay) != nil {
			break
		}
		s.release(s.in(deferred))
		s.halt, s.failures, s.pause = nil, 0, 0
	}
	return s.conclude(ctx)
}

// tally records whether a round made progress. Unless the caller sets a limit,
// a send does not give up while all sending is paused, no matter how long the
// pause lasts.
func (s *send) tally(progress bool) {
	s.mu.Lock() // a heartbeat may be in progress
	defer s.mu.Unlock()
	if progress {
		s.stalls, s.stuck = 0, time.Time{}
	} else if s.stalls++; s.stuck.IsZero() {
		s.stuck = time.Now()
	}
	if s.paused() && s.input.GiveUpAfter == 0 {
		s.stuck = time.Time{}
	}
}

// measure asks Twilio for its time, unless an earlier response has already
// shown it.
func (s *send) measure(ctx context.Context) {
	if _, known := s.clock(); !known {
		_, _ = s.listing(ctx, twilio.Query{Limit: 1}) // if this fails, recipients may stay in doubt
	}
}

// clock returns the time by Twilio's clock, or false if it is unknown, for
// example because the worker does not have the account.
func (s *send) clock() (time.Time, bool) {
	if s.account.Gateway == nil {
		return time.Time{}, false
	}
	return s.account.Gateway.Now()
}

// now returns the time by Twilio's clock, or by ours if Twilio's is unknown.
func (s *send) now() time.Time {
	if now, known := s.clock(); known {
		return now
	}
	return time.Now()
}

// dateSlack is how much the Date header of a response may differ from the
// creation date of the message in it.
const dateSlack = 2 * time.Second

// moment returns the moment of a create that starts now.
func (s *send) moment() (m moment) {
	if now, known := s.clock(); known {
		m.sure = now.Truncate(time.Second)
		m.from = m.sure.Add(-dateSlack)
	}
	return m
}

// reason says why another attempt is needed.
func (s *send) reason(silent bool) string {
	switch {
	case s.paused():
		return "all sending is paused"
	case silent:
		return "Twilio does not report the outcome of some messages" + s.because()
	}
	return "Twilio could not accept every message yet" + s.because()
}

// because names the error that holds up the send, in parentheses and without a
// phone number or a text. It returns "" if there is none.
func (s *send) because() string {
	var problem sms.Error
	if s.halt != nil {
		problem = s.halt.problem
	} else if open := s.in(deferred, doubtful); len(open) > 0 {
		problem = open[0].problem
	}
	switch {
	case problem.Code == "":
		return ""
	case problem.TwilioCode == 0:
		return fmt.Sprintf(" (%s)", problem.Code)
	}
	return fmt.Sprintf(" (%s, Twilio's error %d)", problem.Code, problem.TwilioCode)
}

// paused reports whether the round ended because all sending is paused.
func (s *send) paused() bool { return s.halt != nil && s.halt.problem.Code == sms.CodeSendingPaused }

// accept records that Twilio has accepted a recipient's message. The caller
// holds mu.
func (s *send) accept(to *recipient, m sms.Message, at time.Time) {
	s.countAccepted(to, m)
	to.open, to.message, to.problem, to.cause, to.content = false, m, sms.Error{}, -1, content{}
	if s.hidden() {
		at = time.Time{} // listings hide the recipient, so they cannot show a lag
	} else {
		s.known = &known{To: m.To, SID: m.SID, At: at}
	}
	s.ledger.own(s.owner, m, at)
	s.ledger.settle(s.owner, to.to)
	if s.recent = append(s.recent, to); len(s.recent) > 2*maxRecent {
		s.recent = append(s.recent[:0], s.recent[len(s.recent)-maxRecent:]...)
	}
}

// set records a state other than accepted, with its error. The caller holds mu.
func (s *send) set(to *recipient, st state, problem sms.Error) {
	problem.To = to.to
	s.enter(to, st)
	to.open, to.again, to.problem = false, false, problem
	to.cause = s.problems.place(problem, to.to)
}

// disturb records that Twilio may still be processing a create in doubt for a
// while. It is called again after Twilio's next response, because only that
// response shows Twilio's time if none has done so before, or if this machine
// has slept since.
func (s *send) disturb() {
	s.untimed = true
	if until := s.now().Add(s.activities.settle()); until.After(s.quiet) {
		s.quiet, s.complete = until, time.Time{}
	}
}

// release makes recipients untried, so that they are tried again.
func (s *send) release(recipients []*recipient) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, to := range recipients {
		s.enter(to, untried)
		to.open, to.problem, to.cause = false, sms.Error{}, -1
		s.ledger.settle(s.owner, to.to)
	}
}

// in returns the recipients in any of the given states.
func (s *send) in(states ...state) (found []*recipient) {
	for _, to := range s.recipients {
		for _, st := range states {
			if to.state == st {
				found = append(found, to)
			}
		}
	}
	return found
}

// settled counts the recipients whose outcome is final.
func (s *send) settled() int { return len(s.in(refused, accepted)) }

// queueFullWait is how long a sender pauses after Twilio has reported that the
// sender's queue is full.
const queueFullWait = 10 * time.Second

// slow pauses the sender or the account for as long as Twilio asked.
func (s *send) slow(problem *sms.Error) {
	s.pause = max(s.pause, problem.RetryAfter)
	switch {
	case problem.Scope == sms.ScopeSender:
		s.pause = max(s.pause, queueFullWait)
		s.account.Pace.SlowSender(s.lane(), s.pause)
	case problem.Scope == sms.ScopeAccount && problem.Code == sms.CodeRateLimited:
		s.account.Pace.SlowAccount(max(problem.RetryAfter, time.Second))
	}
}

// delay returns how long to wait before the next round: as long as Twilio
// asked, or a backoff that doubles with each round without progress. Jitter
// keeps workers from retrying in step.
func (s *send) delay() time.Duration {
	backoff := min(time.Second<<min(max(s.stalls-1, 0), 6), time.Minute)
	return time.Duration(float64(max(s.pause, backoff)) * (1 + rand.Float64()/4))
}

// room reports whether there will be another attempt after a delay.
func (s *send) room(delay time.Duration) bool {
	room, ends := s.mayGoOn(delay)
	return room && !s.tired(delay, ends)
}

// tired reports whether, after a delay, the send will have made no progress for
// too long.
func (s *send) tired(delay time.Duration, ends bool) bool {
	limit := time.Duration(s.input.GiveUpAfter)
	if limit == 0 && ends || s.stuck.IsZero() {
		return false
	}
	return time.Since(s.stuck)+delay > cmp.Or(limit, DefaultGiveUpAfter)
}

// another ends the attempt and asks Temporal for the next one. It first records
// the progress. If that fails, the next attempt starts from an earlier record,
// so more recipients are in doubt but nothing is lost.
func (s *send) another(ctx context.Context, delay time.Duration, why string) error {
	_ = s.heart.record(context.WithoutCancel(ctx))
	return again(why, delay, context.Cause(ctx))
}

// conclude ends the attempt. It returns an error if another attempt should
// continue, and nil if the result is final.
func (s *send) conclude(ctx context.Context) error {
	cause := context.Cause(ctx)
	cancelled := temporal.IsCanceledError(cause) || errors.Is(cause, context.Canceled)
	delay := max(s.pause, 100*time.Millisecond)
	room := s.room(delay)
	if errors.Is(cause, errStopping) && s.callerGoesOn() && len(s.in(doubtful)) > 0 {
		room, _ = s.allows(delay)
	}
	if open := len(s.in(untried, deferred, doubtful))+len(s.nameless()) > 0; cause != nil && open && !cancelled && room {
		return s.another(ctx, delay, "the attempt was abandoned")
	}
	switch {
	case s.halt != nil:
		s.unended = s.halt.problem
	case cancelled:
		s.unended = sms.Error{Code: sms.CodeCancelled, Message: "the send was cancelled before this recipient's turn; nothing was sent"}
	case errors.Is(cause, errStopping):
		s.unended = sms.Error{Code: sms.CodeWorkerStopped, Message: "the worker stopped before this recipient's turn, and the caller's retry policy leaves no other attempt; nothing was sent"}
	case errors.Is(cause, errTimeUp):
		s.unended = sms.Error{Code: sms.CodeTimeUp, Message: "the activity's time was up before this recipient's turn; nothing was sent"}
	default:
		s.unended = sms.Error{Code: sms.CodeNoAttemptLeft, Message: "the attempt was lost before this recipient's turn, and the caller's retry policy leaves no other; nothing was sent"}
	}
	if s.unended.Code != "" && s.halt == nil {
		s.unended.Retryable = true
	}
	if cause != nil {
		s.lastLook(ctx)
	}
	return nil
}
