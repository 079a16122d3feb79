package activities

// Tests of sends under adverse conditions: differing clocks, incomplete
// listings, texts that Twilio changes, several sends of the same text, all
// kinds of failures, and too little time.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

// fakeTwilio is a gateway that records the messages it is asked to send, and
// fails when the test says so.
type fakeTwilio struct {
	gatewayFunc
	mu      sync.Mutex
	skew    time.Duration
	records []twilio.Record
	creates int
	// fail is called before each create, with the number of the create,
	// counted from 1. created says whether the message is created despite
	// the error.
	fail func(n int, d twilio.Draft) (err error, created bool)
	// endless is true if every listing is cut off.
	endless bool
}

func (f *fakeTwilio) Now() (time.Time, bool) { return time.Now().Add(f.skew), true }

func (f *fakeTwilio) Send(_ context.Context, d twilio.Draft) (sms.Message, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.creates++
	var err error
	created := true
	if f.fail != nil {
		if err, created = f.fail(f.creates, d); err == nil {
			created = true
		}
	}
	m := sms.Message{To: d.To, SID: fmt.Sprintf("SM%d", f.creates), Status: sms.StatusQueued, Segments: 1}
	if created {
		f.records = append([]twilio.Record{{Message: m, Body: d.Body, Direction: "outbound-api", Created: time.Now().Add(f.skew).Truncate(time.Second)}}, f.records...)
	}
	if err != nil {
		return sms.Message{}, err
	}
	return m, nil
}

func (f *fakeTwilio) List(_ context.Context, q twilio.Query) (l twilio.Listing, _ error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.records {
		if (q.To == "" || r.To == q.To) && !r.Created.Before(q.Since) {
			l.Records = append(l.Records, r)
		}
	}
	l.Whole = !f.endless
	return l, nil
}

func (f *fakeTwilio) sent(to string) (n int) {
	for _, r := range f.records {
		if r.To == to {
			n++
		}
	}
	return n
}

func unknownError(status int) *sms.Error {
	return &sms.Error{Code: sms.CodeOutcomeUnknown, HTTPStatus: status, TwilioCode: 20000 + status, Message: "lost"}
}

// firstUnknown makes the first create return an error that leaves its outcome
// unknown; created says whether the message is created.
func firstUnknown(created bool) func(int, twilio.Draft) (error, bool) {
	return func(n int, _ twilio.Draft) (error, bool) {
		if n == 1 {
			return unknownError(503), created
		}
		return nil, true
	}
}

// another returns a message that another send created.
func another(to, body string, age time.Duration) twilio.Record {
	r := listed(to, "SMother", body)
	r.Created = time.Now().Add(-age).Truncate(time.Second)
	return r
}

var one = sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.To(first), SmsBody: "Hi"}

func TestSingleDoubtIsResolved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, created := range map[string]bool{"an error, but created": true, "not created": false} {
			for _, skew := range []time.Duration{0, 90 * time.Second, -90 * time.Second} {
				f := &fakeTwilio{skew: skew, fail: firstUnknown(created)}
				f.records = []twilio.Record{another(second, "the text of another send", time.Second-skew)}
				result := execute(t, f, one)
				if len(result.Messages) != 1 || f.sent(first) != 1 {
					t.Errorf("%s, clock skew %s: got result %+v and %d texts, want one message and one text", name, skew, result, f.sent(first))
				}
			}
		}
	})
}

// woken is the gateway of a machine that has just woken from sleep: until the
// first response, it underestimates Twilio's time by the length of the sleep.
type woken struct {
	*fakeTwilio
	slept time.Duration
}

func (w *woken) Now() (time.Time, bool) { return time.Now().Add(-w.slept), true }

func (w *woken) List(ctx context.Context, q twilio.Query) (twilio.Listing, error) {
	w.slept = 0
	return w.fakeTwilio.List(ctx, q)
}

func TestWokenMachineWaitsForTwilio(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeTwilio{}
		f.records = []twilio.Record{another(second, "the text of another send", time.Second)}
		f.fail = func(n int, d twilio.Draft) (error, bool) {
			if n > 1 {
				return nil, true
			}
			time.AfterFunc(5*time.Second, func() { // Twilio creates the message whose response was lost
				f.mu.Lock()
				defer f.mu.Unlock()
				f.records = append([]twilio.Record{another(d.To, d.Body, 0)}, f.records...)
			})
			return unknownError(0), false
		}
		a := newActivities(&woken{f, 5 * time.Minute})
		a.Settle, a.Patience = defaultSettle, defaultPatience
		if result, err := run(t, a, one); err != nil || len(result.Messages) != 1 || f.creates != 1 {
			t.Errorf("got %d creates, result %+v, error %v, want 1 create and its message", f.creates, result, err)
		}
	})
}

func TestFullListingProvesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeTwilio{endless: true, fail: firstUnknown(false)}
		f.records = []twilio.Record{another(second, "the text of another send", time.Second)}
		if result := execute(t, f, one); f.creates != 1 || len(result.Errors) != 1 || result.Errors[0].Code != sms.CodeOutcomeUnknown {
			t.Errorf("got %d creates, result %+v, want 1 create and OUTCOME_UNKNOWN", f.creates, result)
		}
	})
}

func TestHiddenNumberProvesNoLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &hiding{&fakeTwilio{fail: func(n int, _ twilio.Draft) (error, bool) {
			if n == 2 {
				return unknownError(503), false
			}
			return nil, true
		}}}
		a, hidden := newActivities(f), one
		hidden.SmsTo, hidden.AddressRetention = sms.To(second), "obfuscate"
		if result, err := run(t, a, hidden); err != nil || len(result.Messages) != 1 {
			t.Fatalf("with a hidden number: got result %+v, error %v, want one message", result, err)
		}
		f.records = append(f.records, another(third, "the text of another send", 0))
		if result, err := run(t, a, one); err != nil || len(result.Messages) != 1 {
			t.Errorf("afterwards: got result %+v, error %v, want one message", result, err)
		}
	})
}

// hiding is a gateway whose listings omit the messages to the second phone.
type hiding struct{ *fakeTwilio }

func (h *hiding) List(ctx context.Context, q twilio.Query) (twilio.Listing, error) {
	l, err := h.fakeTwilio.List(ctx, q)
	l.Records = slices.DeleteFunc(l.Records, func(r twilio.Record) bool { return r.To == second })
	return l, err
}

func TestChangedTextIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, tc := range map[string]struct {
			ours, listed string
			variables    string
			creates      int
		}{
			"quotes":            {"It’s “here”", `It's "here"`, "", 1},
			"invisible":         {"\u200bYour code is 1\ufeff", "Your code is 1", "", 1},
			"composed":          {"Cafe\u0301", "Café", "", 1},
			"dots":              {"Wait… now", "Wait... now", "", 1},
			"another text":      {"Hi", "Bye", "", 2},
			"a longer text":     {"Hi", "Hi there", "", 2},
			"another rendering": {"It costs ${n}", "It costs 1.000", `{"n":1000}`, 1},
			"other values":      {"It costs ${n}", "It costs 2,000", `{"n":1000}`, 2}, // this attempt itself rendered the text
		} {
			f := &fakeTwilio{}
			f.fail = func(n int, _ twilio.Draft) (error, bool) {
				if n > 1 {
					return nil, true
				}
				f.records = append(f.records, another(first, tc.listed, 0), another(second, "x", 0))
				return unknownError(500), false
			}
			in := one
			in.SmsBody, in.Variables = tc.ours, json.RawMessage(tc.variables)
			execute(t, f, in)
			if f.creates != tc.creates {
				t.Errorf("%s: got %d creates, want %d", name, f.creates, tc.creates)
			}
		}
	})
}

func TestResultNamesRecipientsAsParsed(t *testing.T) {
	result := execute(t, gatewayFunc(func(context.Context, twilio.Draft) (sms.Message, error) {
		return sms.Message{To: "+1 (500) 555-0001", SID: "SM1", Status: sms.StatusQueued}, nil
	}), one)
	if len(result.Messages) != 1 || result.Messages[0].To != first {
		t.Errorf("got result %+v, want a message to %s", result, first)
	}
}

func TestResumedScheduleIsNotCheckedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeTwilio{}
		input, at := one, time.Now().Add(time.Hour)
		input.SendAt, input.MessagingServiceSID, input.SmsFrom = &at, "MG00000000000000000000000000000001", ""
		input.SmsTo = sms.To(first, second)
		left := record{Runs: [][3]int{{int(accepted), -1, 1}}, Recent: []recentMessage{{0, "SM0", sms.StatusScheduled, 1}}}
		time.Sleep(50 * time.Minute)
		if result := resumeWith(t, newActivities(f), left, input); len(result.Messages) != 2 || f.creates != 1 {
			t.Errorf("got %d creates, result %+v, want one create and two messages", f.creates, result)
		}
	})
}

func TestCancelledAttemptHasResult(t *testing.T) {
	s := newTestSend(first)
	s.info = activity.Info{Attempt: 1, RetryPolicy: &temporal.RetryPolicy{}}
	s.heart.details, s.heart.recorder = func() any { return s.snapshot() }, s.activities.Record
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(context.Canceled)
	if err := s.conclude(ctx); err != nil || s.unended.Code != sms.CodeCancelled {
		t.Errorf("got error %v, code %s, want no error and CANCELLED: Temporal starts no other attempt", err, s.unended.Code)
	}
}

func TestListStopsIfAccountIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, tc := range map[string]struct {
			err  sms.Error
			most int
		}{
			"credentials": {sms.Error{Code: sms.CodeAuthentication, HTTPStatus: 401, TwilioCode: 20003, Scope: sms.ScopeAccount, Message: "Authenticate"}, 8},
			"unreachable": {sms.Error{Code: sms.CodeConnection, Retryable: true, Scope: sms.ScopeAccount, Message: "refused"}, 8},
			"queue full":  {sms.Error{Code: sms.CodeRateLimited, HTTPStatus: 429, TwilioCode: 21611, Retryable: true, Scope: sms.ScopeSender, Message: "queue"}, 8},
			"failing":     {*unknownError(503), enough + 8},
		} {
			f := &fakeTwilio{fail: func(int, twilio.Draft) (error, bool) { e := tc.err; return &e, false }}
			a := newActivities(f)
			a.Accounts[""] = Account{Gateway: f, Pace: NewPace(Limits{Concurrency: 8})}
			result, err := run(t, a, sms.SendSmsInput{SmsFrom: one.SmsFrom, SmsTo: sms.To(phones(1000)...), SmsBody: "Hi", GiveUpAfter: 1})
			if err != nil || f.creates > tc.most || len(result.Errors) != 1000 {
				t.Fatalf("%s: got %d creates, %d errors, error %v, want at most %d creates and 1000 errors", name, f.creates, len(result.Errors), err, tc.most)
			}
			if last := result.Errors[999]; last.Code == sms.CodeOutcomeUnknown || last.Code == sms.CodeCancelled || last.TwilioCode != tc.err.TwilioCode && tc.err.Code != sms.CodeOutcomeUnknown {
				t.Errorf("%s: the last recipient's error is %+v, want the reason why nothing was sent", name, last)
			}
		}
	})
}

func TestTemporaryFailureIsRetriedImmediately(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeTwilio{fail: func(n int, _ twilio.Draft) (error, bool) {
			if n < 3 {
				return &sms.Error{Code: sms.CodeRateLimited, HTTPStatus: 429, Retryable: true, Message: "too many"}, false
			}
			return nil, true
		}}
		if result := execute(t, f, one); f.creates != 3 || len(result.Messages) != 1 {
			t.Errorf("two failures: got %d creates, result %+v, want 3 creates and one message", f.creates, result)
		}
		f.creates = -1 << 30
		in := one
		in.GiveUpAfter = sms.Duration(2 * time.Second)
		if result := execute(t, f, in); len(result.Errors) != 1 || result.Errors[0].Code != sms.CodeRateLimited || !result.Errors[0].Retryable {
			t.Errorf("endless failures: got result %+v, want a retryable RATE_LIMITED error", result)
		}
	})
}

func TestHaltLetsAHeartbeatEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		halting := make(chan bool)
		f := &fakeTwilio{fail: func(n int, _ twilio.Draft) (error, bool) {
			if n != 45 {
				return nil, true
			}
			halting <- true // received when a heartbeat is in flight
			return &sms.Error{Code: sms.CodeConnection, Retryable: true, Scope: sms.ScopeAccount, Message: "refused"}, false
		}}
		a := newActivities(f)
		a.Record = func(ctx context.Context, _ any) error {
			select {
			case <-halting:
				return sleep(ctx, 100*time.Millisecond)
			case <-time.After(100 * time.Millisecond):
				return nil
			}
		}
		result, err := run(t, a, sms.SendSmsInput{SmsFrom: one.SmsFrom, SmsTo: sms.To(phones(100)...), SmsBody: "Hi"})
		if err != nil || len(result.Messages) != 100 {
			t.Errorf("got %d messages, error %v, want 100 messages", len(result.Messages), err)
		}
	})
}

func TestAbandonedAttemptIsRecorded(t *testing.T) {
	var left record
	s := newTestSend(first, second)
	s.info, s.pause = activity.Info{Attempt: 1, RetryPolicy: &temporal.RetryPolicy{}}, time.Minute
	s.heart.details = func() any { return s.snapshot() }
	s.heart.recorder = func(_ context.Context, details any) error {
		left = details.(record)
		return nil
	}
	s.accept(s.recipients[0], sms.Message{To: first, SID: "SM1"}, time.Now())
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("Temporal did not answer"))
	again, _ := errors.AsType[*temporal.ApplicationError](s.conclude(ctx))
	if again == nil || again.NextRetryDelay() != time.Minute || len(left.Recent) != 1 {
		t.Errorf("got error %+v and record %+v, want a retry after 1m and a record with the accepted message", again, left)
	}
}

func TestPageResendsUnknownOutcomes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeTwilio{endless: true, fail: firstUnknown(false)}
		f.records = []twilio.Record{another(second, "the text of another send", time.Second)}
		page := func(ctx context.Context, input sms.SendSmsInput) (sms.SendSmsResult, error) {
			s := newActivities(f).newSend(ctx, input)
			s.info.RetryPolicy = &temporal.RetryPolicy{NonRetryableErrorTypes: []string{sms.NotSentYetErrorType}}
			if problem := s.prepare(ctx); problem != nil {
				return sms.SendSmsResult{}, problem
			}
			err := s.run(ctx)
			return s.result(), err
		}
		env := quiet().NewTestActivityEnvironment()
		env.RegisterActivity(page)
		input := one
		input.OnUnknown = sms.OnUnknownResend
		encoded, err := env.ExecuteActivity(page, input)
		var result sms.SendSmsResult
		if err == nil {
			err = encoded.Get(&result)
		}
		if err != nil || f.creates != 2 || len(result.Messages) != 1 {
			t.Errorf("got %d creates, result %+v, error %v, want 2 creates and one message", f.creates, result, err)
		}
	})
}

func TestRefusalsDoNotHideAnOutage(t *testing.T) {
	s := newTestSend(phones(2 * enough)...)
	for n := range enough {
		s.refuse(s.recipients[2*n], &sms.Error{Code: sms.CodeTemplateMetadata})
		s.note(s.recipients[2*n+1], sms.Message{}, unknownError(503))
	}
	if s.halt == nil || s.halt.problem.Code != sms.CodeConnection {
		t.Errorf("after %d consecutive failures: got halt %+v, want TWILIO_CONNECTION_ERROR", enough, s.halt)
	}
}

func TestRefusedResendResolvesNoDoubt(t *testing.T) {
	for name, second := range map[string]*sms.Error{
		"the number":  {Code: sms.CodeInvalidTo, TwilioCode: 21211, HTTPStatus: 400},
		"temporarily": {Code: sms.CodeConnection, Retryable: true, HTTPStatus: 503},
		"the account": {Code: sms.CodeAuthentication, TwilioCode: 20003, HTTPStatus: 401, Scope: sms.ScopeAccount},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fakeTwilio{endless: true, fail: func(n int, _ twilio.Draft) (error, bool) {
					if n == 1 {
						return unknownError(503), true
					}
					return second, false
				}}
				f.skew = -time.Hour // no listed message can be proven to be ours
				input := one
				input.SmartEncoded = new(true)
				input.OnUnknown, input.GiveUpAfter = sms.OnUnknownResend, sms.Duration(time.Minute)
				result, err := run(t, newActivities(f), input)
				if err != nil || f.creates < 2 || len(result.Errors) != 1 || result.Errors[0].Code != sms.CodeOutcomeUnknown {
					t.Errorf("got %d creates, result %+v, error %v, want at least 2 creates and OUTCOME_UNKNOWN", f.creates, result, err)
				}
			})
		})
	}
}

func TestResendsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Twilio creates each message but never confirms it, and its
		// listing is cut off.
		f := &fakeTwilio{endless: true, fail: func(int, twilio.Draft) (error, bool) { return unknownError(503), true }}
		f.skew = -time.Hour // no message can be proven to be ours
		f.records = []twilio.Record{another(second, "the text of another send", time.Second)}
		input := one
		input.SmartEncoded = new(true)
		input.OnUnknown, input.GiveUpAfter = sms.OnUnknownResend, sms.Duration(time.Minute)
		result, err := run(t, newActivities(f), input)
		if err != nil || f.creates != 1+mostResends || len(result.Errors) != 1 || result.Errors[0].Code != sms.CodeOutcomeUnknown {
			t.Errorf("got %d creates, result %+v, error %v, want %d creates and OUTCOME_UNKNOWN", f.creates, result, err, 1+mostResends)
		}
		result = resumeWith(t, newActivities(f), record{Window: []int{0}, Resends: mostResends}, input)
		if f.creates != 1+mostResends || len(result.Errors) != 1 {
			t.Errorf("after another attempt: got %d creates, result %+v, want no more creates", f.creates, result)
		}
	})
}

func TestStoppingWorkerLeavesDoubtsToAnother(t *testing.T) {
	goesOn := []string{sms.NotSentYetErrorType}
	for name, tc := range map[string]struct {
		state  state
		policy temporal.RetryPolicy
		want   bool
	}{
		"a doubt":                      {doubtful, temporal.RetryPolicy{NonRetryableErrorTypes: goesOn}, true},
		"a doubt, but no attempt left": {doubtful, temporal.RetryPolicy{NonRetryableErrorTypes: goesOn, MaximumAttempts: 1}, false},
		"nobody in doubt":              {untried, temporal.RetryPolicy{NonRetryableErrorTypes: goesOn}, false},
	} {
		s := newTestSend(first, second)
		s.info = activity.Info{Attempt: 1, RetryPolicy: &tc.policy}
		s.heart.details, s.heart.recorder = func() any { return s.snapshot() }, s.activities.Record
		s.bodies, _ = newBodies(t.Context(), s.activities.Renderer, one, time.Now())
		s.set(s.recipients[0], tc.state, sms.Error{Code: sms.CodeOutcomeUnknown})
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errStopping)
		again, is := errors.AsType[*temporal.ApplicationError](s.conclude(ctx))
		if is != tc.want || is && slices.Contains(goesOn, again.Type()) {
			t.Errorf("%s: got error %v, want an error that the caller retries = %t", name, again, tc.want)
		}
	}
}

// keyless is the data converter of a worker that lacks the key to decrypt
// records.
type keyless struct{ converter.DataConverter }

func (k keyless) FromPayloads(payloads *commonpb.Payloads, into ...any) error {
	if bytes.Contains(payloads.GetPayloads()[0].GetData(), []byte(`"list":`)) {
		return &sms.UnreadableError{KeyID: "new"}
	}
	return k.DataConverter.FromPayloads(payloads, into...)
}

func TestLastAttemptCompletesWithoutTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeTwilio{}
		f.records = []twilio.Record{another(second, "the text of another send", -time.Second), another(first, "Hi", -time.Second)}
		a := newActivities(f)
		env := quiet().NewTestActivityEnvironment()
		env.SetDataConverter(keyless{converter.GetDefaultDataConverter()})
		env.RegisterActivityWithOptions(a.SendSms, activity.RegisterOptions{Name: sms.SendSmsName})
		env.SetHeartbeatDetails(record{List: fingerprint(a.readList(&one)), Window: []int{0}})
		encoded, err := env.ExecuteActivity(sms.SendSmsName, one)
		var result sms.SendSmsResult
		if err == nil {
			err = encoded.Get(&result)
		}
		if err != nil || f.creates > 0 || len(result.Messages) != 1 {
			t.Errorf("got %d creates, result %+v, error %v, want no creates and the listed message", f.creates, result, err)
		}
	})
}

func TestFullQueueEndsLimitedSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeTwilio{fail: func(int, twilio.Draft) (error, bool) {
			return &sms.Error{Code: sms.CodeRateLimited, HTTPStatus: 429, TwilioCode: 21611, Retryable: true, Scope: sms.ScopeSender, Message: "queue"}, false
		}}
		in := one
		in.GiveUpAfter = sms.Duration(10 * time.Second) // as for a page of a broadcast with a key
		if result := execute(t, f, in); f.creates != 1 || len(result.Errors) != 1 || result.Errors[0].TwilioCode != 21611 || !result.Errors[0].Retryable {
			t.Errorf("got %d creates, result %+v, want 1 create and a retryable error 21611", f.creates, result)
		}
	})
}

func TestStoppedWorkerIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := quiet().NewTestActivityEnvironment()
		stopping := make(chan struct{})
		env.SetWorkerStopChannel(stopping)
		creates := 0
		a := newActivities(gatewayFunc(func(ctx context.Context, d twilio.Draft) (sms.Message, error) {
			if creates++; creates == 1 {
				close(stopping)
			}
			time.Sleep(time.Millisecond) // lets the worker stop before the end of the list
			return sms.Message{To: d.To, SID: fmt.Sprintf("SM%d", creates), Status: sms.StatusQueued}, nil
		}))
		env.RegisterActivityWithOptions(a.SendSms, activity.RegisterOptions{Name: sms.SendSmsName})
		encoded, err := env.ExecuteActivity(sms.SendSmsName, sms.SendSmsInput{SmsFrom: one.SmsFrom, SmsTo: sms.To(phones(5000)...), SmsBody: "Hi"})
		var result sms.SendSmsResult
		if err == nil {
			err = encoded.Get(&result)
		}
		if err != nil {
			t.Fatal(err)
		}
		checkContract(t, result)
		if n := len(result.Messages); n == 0 || n != creates || n+len(result.Errors) != 5000 {
			t.Fatalf("got %d creates, %d messages, %d errors, want a message for each create and 5000 outcomes", creates, n, len(result.Errors))
		}
		if last := result.Errors[len(result.Errors)-1]; last.Code != sms.CodeWorkerStopped || !last.Retryable {
			t.Errorf("the last recipient's error is %+v, want WORKER_STOPPED", last)
		}
	})
}

func TestSecondAttemptDoubtsTheFirstFew(t *testing.T) {
	s := newTestSend(phones(firstFew + 5)...)
	s.info.Attempt = 2
	s.resumeWithout()
	for _, to := range s.recipients {
		if want := to.place < firstFew; (to.state == doubtful) != want {
			t.Errorf("recipient %d: got in doubt = %v, want %v", to.place, to.state == doubtful, want)
		}
	}
}

func TestSecondAttemptLooksBeforeItSends(t *testing.T) {
	f := &fakeTwilio{}
	a := newActivities(f)
	env := quiet().NewTestWorkflowEnvironment()
	env.RegisterActivityWithOptions(func(ctx context.Context, raw converter.RawValue) (sms.SendSmsResult, error) {
		if activity.GetInfo(ctx).Attempt > 1 {
			return a.SendSms(ctx, raw)
		}
		_, _ = f.Send(ctx, twilio.Draft{To: first, Body: one.SmsBody}) // the worker dies after this create
		return sms.SendSmsResult{}, errors.New("the worker died")
	}, activity.RegisterOptions{Name: sms.SendSmsName})
	env.ExecuteWorkflow(func(ctx workflow.Context) (result sms.SendSmsResult, err error) {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
		err = workflow.ExecuteActivity(ctx, sms.SendSmsName, one).Get(ctx, &result)
		return result, err
	})
	var result sms.SendSmsResult
	if err := env.GetWorkflowResult(&result); err != nil || f.creates != 1 || len(result.Messages)+len(result.Errors) != 1 {
		t.Errorf("got %d creates, result %+v, error %v, want only the first attempt's create and one outcome", f.creates, result, err)
	}
}

func TestShortListNeedsNoHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // in simulated time, no attempt starts late
		for n, most := range map[int]int{1: 0, firstFew: 0, 1000: 100} {
			var drafts []twilio.Draft
			a := newActivities(accepting(&drafts))
			records := 0
			a.Record = func(context.Context, any) error { records++; return nil }
			if _, err := run(t, a, sms.SendSmsInput{SmsFrom: one.SmsFrom, SmsTo: sms.To(phones(n)...), SmsBody: "Hi"}); err != nil || records > most || len(drafts) != n {
				t.Errorf("%d recipients: got %d heartbeats, %d texts, error %v, want at most %d heartbeats", n, records, len(drafts), err, most)
			}
		}
	})
}

func TestOnErrorFailFailsTheActivity(t *testing.T) {
	in := one
	in.SmsTo, in.OnError = sms.To(first, "nobody"), sms.OnErrorFail
	f := &fakeTwilio{}
	_, err := run(t, newActivities(f), in)
	var (
		failed *temporal.ApplicationError
		result sms.SendSmsResult
	)
	if !errors.As(err, &failed) || failed.Type() != sms.NotSentErrorType || !failed.NonRetryable() || failed.Details(&result) != nil || len(result.Messages) != 1 || len(result.Errors) != 1 {
		t.Errorf("got error %v with the result %+v, want a non-retryable SmsNotSent with one message and one error", err, result)
	}
	if strings.Contains(fmt.Sprint(err), "555") {
		t.Errorf("the error contains a phone number: %v", err)
	}
	in.SmsTo = sms.To(second)
	if _, err := run(t, newActivities(f), in); err != nil {
		t.Errorf("all recipients texted: got error %v, want none", err)
	}
}

func TestHostileAddressFitsIntoPayload(t *testing.T) {
	in := one
	in.SmsTo = sms.To(strings.Repeat(`"`, 133_000))
	if size := len(sms.JSONText(execute(t, &fakeTwilio{}, in))); size > 4000 {
		t.Errorf("got a result of %d bytes, want at most 4000", size)
	}
}

func TestKeyIsBoundToContent(t *testing.T) {
	in := one
	in.Variables = json.RawMessage(`{"a":1,"b":2}`)
	same := in
	same.Variables, same.IdempotencyKey, same.OnError = json.RawMessage(`{ "b":2, "a":1 }`), "key", sms.OnErrorFail
	if contentOf(in) != contentOf(same) {
		t.Error("contentOf differs for two encodings of the same content, want the same")
	}
	for name, change := range map[string]func(*sms.SendSmsInput){
		"text": func(in *sms.SendSmsInput) { in.SmsBody = "Bye" },
		"list": func(in *sms.SendSmsInput) { in.SmsTo = sms.To(first, second) },
		"from": func(in *sms.SendSmsInput) { in.SmsFrom = "+15005550007" },
		"data": func(in *sms.SendSmsInput) { in.Variables = json.RawMessage(`{"a":1,"b":12345678901234567890}`) },
	} {
		other := in
		change(&other)
		if contentOf(in) == contentOf(other) {
			t.Errorf("contentOf is the same for a different %s, want it to differ", name)
		}
	}
}
