package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

// lister is a gateway whose listings come from the test.
type lister struct {
	gatewayFunc
	list func(twilio.Query) []twilio.Record
}

func (l lister) List(_ context.Context, q twilio.Query) (twilio.Listing, error) {
	return twilio.Listing{Records: l.list(q), Whole: q.To != ""}, nil
}

// resumeWith runs an attempt that follows one that has left a record.
func resumeWith(t *testing.T, a *Activities, left record, input sms.SendSmsInput) sms.SendSmsResult {
	t.Helper()
	env := quiet().NewTestActivityEnvironment()
	env.RegisterActivityWithOptions(a.SendSms, activity.RegisterOptions{Name: sms.SendSmsName})
	if left.List == "" {
		left.List = fingerprint(a.readList(&input))
	}
	env.SetHeartbeatDetails(left)
	encoded, err := env.ExecuteActivity(sms.SendSmsName, input)
	if err != nil {
		t.Fatal(err)
	}
	var result sms.SendSmsResult
	if err := encoded.Get(&result); err != nil {
		t.Fatal(err)
	}
	checkContract(t, result)
	return result
}

const (
	first  = "+15005550001"
	second = "+15005550002"
	third  = "+15005550003"
)

// listed returns a message as Twilio lists it.
func listed(to, sid, body string) twilio.Record {
	return twilio.Record{Message: sms.Message{To: to, SID: sid, Status: sms.StatusSent, Segments: 1}, Body: body, Direction: "outbound-api", Created: time.Now().Truncate(time.Second)}
}

// showing returns a listing function that selects from what records returns at
// the time of each request.
func showing(records func() []twilio.Record) func(twilio.Query) []twilio.Record {
	return func(q twilio.Query) (found []twilio.Record) {
		for _, r := range records() {
			if q.To == "" || r.To == q.To {
				found = append(found, r)
			}
		}
		return found
	}
}

func TestDoubtsAreLookedUpFirst(t *testing.T) {
	// The first recipient is done. The messages to the second and third
	// were in flight.
	left := record{
		Window: []int{1, 2},
		Runs:   [][3]int{{int(accepted), -1, 1}},
		Recent: []recentMessage{{Place: 0, SID: "SM1", Status: sms.StatusQueued, Segments: 1}},
	}
	everything := func() []twilio.Record {
		return []twilio.Record{listed(first, "SM1", "Hi"), listed(second, "SM2", "Hi")}
	}
	// with returns a function that returns the records of everything,
	// followed by a message to the third recipient with the given body and
	// change.
	with := func(body string, change func(*twilio.Record)) func() []twilio.Record {
		return func() []twilio.Record {
			one := listed(third, "SM3", body)
			change(&one)
			return append(everything(), one)
		}
	}
	as := func(age time.Duration) func(*twilio.Record) {
		return func(r *twilio.Record) { r.Created = r.Created.Add(-age) }
	}
	for name, tc := range map[string]struct {
		records   func() []twilio.Record
		onUnknown sms.OnUnknown
		sent      int
		messages  int
		unknown   int
	}{
		"a listed message is adopted, an unlisted one is sent": {everything, "", 1, 3, 0},
		"another text is not adopted":                          {with("Bye", as(0)), "", 1, 3, 0},
		"an older message is not adopted":                      {with("Hi", as(time.Hour)), "", 1, 3, 0},
		"a message that may be older leaves a doubt":           {with("Hi", as(time.Second)), "", 0, 2, 1},
		"a message without a time leaves a doubt":              {with("Hi", func(r *twilio.Record) { r.Created = time.Time{} }), "", 0, 2, 1},
		"a redacted message leaves a doubt":                    {with("", as(0)), "", 0, 2, 1},
		"a text with the trial prefix is adopted":              {with(trialPrefix+"Hi", as(0)), "", 0, 3, 0},
		"a text that only ends the same is not adopted":        {with("Oh Hi", as(0)), "", 1, 3, 0},
		"nobody is texted while the listing lags":              {func() []twilio.Record { return nil }, "", 0, 1, 2},
		"resends do not wait for the listing":                  {func() []twilio.Record { return nil }, sms.OnUnknownResend, 2, 3, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				left := left
				left.Known = &known{To: first, SID: "SM1", At: time.Now()}
				var drafts []twilio.Draft
				recorded := 0
				show := showing(tc.records)
				gateway := lister{accepting(&drafts), func(q twilio.Query) []twilio.Record {
					if recorded == 0 {
						t.Error("a listing was requested before the first heartbeat")
					}
					return show(q)
				}}
				a := newActivities(gateway)
				a.Record = func(context.Context, any) error { recorded++; return nil }
				result := resumeWith(t, a, left, sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.To(first, second, third), SmsBody: "Hi", OnUnknown: tc.onUnknown})
				if len(drafts) != tc.sent || len(result.Messages) != tc.messages || len(result.Errors) != tc.unknown {
					t.Errorf("got texts %v, result %+v, want %d texts, %d messages and %d errors", drafts, result, tc.sent, tc.messages, tc.unknown)
				}
				for _, e := range result.Errors {
					if e.Code != sms.CodeOutcomeUnknown || e.Retryable {
						t.Errorf("got error %+v, want OUTCOME_UNKNOWN, not retryable", e)
					}
				}
			})
		})
	}
}

func TestForgottenSIDsAreRecalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := record{Runs: [][3]int{{int(accepted), -1, 2}}}
		gateway := lister{gatewayFunc(nil), func(q twilio.Query) []twilio.Record {
			if q.To == first { // newer messages have pushed it out of the other listing
				return []twilio.Record{listed(first, "SM1", "Hi")}
			}
			return []twilio.Record{listed(second, "SM2", "Hi")}
		}}
		result := resumeWith(t, newActivities(gateway), left, sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.To(first, second), SmsBody: "Hi"})
		if len(result.Messages) != 2 || result.Messages[0].SID != "SM1" || result.Messages[1].SID != "SM2" {
			t.Errorf("got result %+v, want the messages SM1 and SM2", result)
		}
	})
}

func TestAmbiguousListingResolvesNothing(t *testing.T) {
	one := func(body string) func() []twilio.Record {
		return func() []twilio.Record {
			return []twilio.Record{listed(first, "SM1", "Hi"), listed(second, "SM2", body)}
		}
	}
	yes := true
	for name, tc := range map[string]struct {
		input   sms.SendSmsInput
		records func() []twilio.Record
	}{
		"a picture without a text":       {sms.SendSmsInput{MediaURL: []string{"https://example.com/a.png"}}, one("Your order is cancelled")},
		"a content template":             {sms.SendSmsInput{ContentSID: "HX" + strings.Repeat("0", 32)}, one("Hello Ann")},
		"a text that Twilio may rewrite": {sms.SendSmsInput{SmsBody: "Hi", SmartEncoded: &yes}, one("Hi")},
		"hidden recipients":              {sms.SendSmsInput{SmsBody: "Hi", AddressRetention: "obfuscate"}, func() []twilio.Record { return one("Hi")()[:1] }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				left := record{
					Window: []int{1},
					Runs:   [][3]int{{int(accepted), -1, 1}},
					Recent: []recentMessage{{Place: 0, SID: "SM1", Status: sms.StatusQueued, Segments: 1}},
					Known:  &known{To: first, SID: "SM1", At: time.Now()},
				}
				var drafts []twilio.Draft
				tc.input.SmsFrom, tc.input.SmsTo = "+15005550006", sms.To(first, second)
				result := resumeWith(t, newActivities(lister{accepting(&drafts), showing(tc.records)}), left, tc.input)
				if len(drafts) > 0 || len(result.Messages) != 1 || len(result.Errors) != 1 || result.Errors[0].Code != sms.CodeOutcomeUnknown {
					t.Errorf("got texts %v, result %+v, want no texts, one message and OUTCOME_UNKNOWN", drafts, result)
				}
			})
		})
	}
}

func TestAbsenceCountsOnlyAfterThePatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Twilio lists the first message immediately, and the second
		// only after two seconds.
		began := time.Now()
		left := record{
			Window: []int{1},
			Runs:   [][3]int{{int(accepted), -1, 1}},
			Recent: []recentMessage{{Place: 0, SID: "SM1", Status: sms.StatusQueued, Segments: 1}},
			Known:  &known{To: first, SID: "SM1", At: began},
		}
		var drafts []twilio.Draft
		a := newActivities(lister{accepting(&drafts), showing(func() []twilio.Record {
			records := []twilio.Record{listed(first, "SM1", "Hi"), listed(second, "SM2", "Hi")}
			if time.Since(began) < 2*time.Second {
				return records[:1]
			}
			return records
		})})
		a.Patience = 4 * time.Second
		result := resumeWith(t, a, left, sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.To(first, second), SmsBody: "Hi"})
		if len(drafts) > 0 || len(result.Messages) != 2 {
			t.Errorf("got texts %v, result %+v, want no texts and two messages", drafts, result)
		}
	})
}

func TestNextAttemptRendersTheSameText(t *testing.T) {
	var drafts []twilio.Draft
	input := sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.To(first, second), SmsBody: "It is ${.now?string('yyyy-MM-dd HH:mm:ss.SSS')}"}
	a := newActivities(accepting(&drafts))
	scheduled := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for range 2 {
		b, problem := newBodies(t.Context(), a.Renderer, input, scheduled)
		if problem != nil || b.shared.body != "It is 2026-01-02 03:04:05.000" {
			t.Errorf("got body %q, error %+v, want the scheduled time", b.shared.body, problem)
		}
	}
}

func TestUnableWorkerReportsEveryone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := record{
			Runs:   [][3]int{{int(accepted), -1, 1}},
			Recent: []recentMessage{{Place: 0, SID: "SM1", Status: sms.StatusQueued, Segments: 1}},
		}
		a := newActivities(gatewayFunc(nil))
		delete(a.Accounts, "")
		result := resumeWith(t, a, left, sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.To(first, second), SmsBody: "Hi"})
		if len(result.Messages) != 1 || result.Messages[0].SID != "SM1" || len(result.Errors) != 1 || result.Errors[0].To != second || result.Errors[0].Code != sms.CodeInvalidInput {
			t.Errorf("got result %+v, want the message SM1 and INVALID_INPUT for the second recipient", result)
		}
	})
}

func TestRetryWithoutAccountIsRetried(t *testing.T) {
	for name, resume := range map[string]func(*send){
		"without a record": (*send).resumeWithout,
		"with a record":    func(s *send) { s.adopt(record{List: s.list, Window: []int{0}}) },
	} {
		s := newTestSend(first)
		s.account, s.resumed, s.heart.details = Account{}, true, func() any { return s.snapshot() }
		s.info = activity.Info{Attempt: 2, RetryPolicy: &temporal.RetryPolicy{}}
		s.heart.recorder = s.activities.Record
		resume(s)
		if result, err := s.unable(t.Context(), s.prepare(t.Context())); err == nil || len(s.in(doubtful)) != 1 {
			t.Errorf("%s: got result %+v and %d recipients in doubt, want an error and 1 in doubt", name, result, len(s.in(doubtful)))
		}
	}
}

// A panic may occur before the record of an earlier attempt has been restored.
func TestPanickedSendIsNotSentAgain(t *testing.T) {
	for retried, want := range map[bool]sms.Code{false: sms.CodeUnknown, true: sms.CodeOutcomeUnknown} {
		for _, s := range []*send{nil, newTestSend(first)} {
			k := &keyed{activities: newActivities(nil)}
			result := k.spread(one, s.broken(retried))
			if rest := k.restOf(one, result); len(rest) > 0 || len(result.Errors) != 1 || result.Errors[0].To != first || result.Errors[0].Code != want {
				t.Errorf("retried %v: got result %+v and recipients to text again %v, want one %s error and no recipients", retried, result, rest, want)
			}
		}
	}
}

// leftInDoubt returns the record of an attempt that texted the first recipient
// and lost the response about the second.
func leftInDoubt(quiet time.Time) record {
	return record{
		Runs:     [][3]int{{int(accepted), -1, 1}, {int(doubtful), 0, 1}},
		Problems: []sms.Error{{Code: sms.CodeOutcomeUnknown, Message: "lost"}},
		Recent:   []recentMessage{{Place: 0, SID: "SM1", Status: sms.StatusQueued, Segments: 1}},
		Known:    &known{To: first, SID: "SM1", At: time.Now()},
		Window:   []int{1},
		Open:     [][2]int64{{0, 0}},
		Quiet:    quiet,
		Timed:    true,
	}
}

func TestNewDoubtWaitsForTwilioAgain(t *testing.T) {
	s := newTestSend(first, second)
	s.activities.Settle = time.Minute
	left := record{List: s.list, Window: []int{0, 1}, Runs: [][3]int{{int(doubtful), 0, 1}}, Problems: []sms.Error{{}}, Quiet: time.Now(), Timed: true, Complete: time.Now()}
	if s.adopt(left); s.quiet.Sub(left.Quiet) < 50*time.Second || !s.complete.IsZero() {
		t.Errorf("got quiet %s and complete %s, want a minute after %s and zero", s.quiet, s.complete, left.Quiet)
	}
}

// A worker was killed during the last create of an idle account, so no newer
// message shows that Twilio's listing is complete.
func TestDecisionIsNotPostponedByLooking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		before := listed(second, "SM1", "Hello")
		before.Created = began.Add(-20 * time.Second)
		a := newActivities(lister{list: showing(func() []twilio.Record { return []twilio.Record{before} })})
		a.Settle, a.Patience = defaultSettle, defaultPatience
		s := newTestSend(first)
		left, _ := pass(t, record{List: s.list, Window: []int{0}, Open: [][2]int64{{0, 0}}})
		attempts := 0
		for wait := time.Second; wait > 0; attempts++ {
			if time.Sleep(wait); attempts == 10 {
				break
			}
			s = newTestSend(first)
			s.activities, s.account, s.ledger = a, a.Accounts[""], a.ledgerOf("")
			s.info = activity.Info{Attempt: 2, RetryPolicy: &temporal.RetryPolicy{}}
			s.input.SmsFrom, s.input.SmsBody = "+15005550006", "Hi"
			s.bodies, _ = newBodies(t.Context(), a.Renderer, s.input, began)
			s.heart = newHeart(a.Record, 0, began)
			s.adopt(left)
			wait, _ = s.lookUp(t.Context())
			left, _ = pass(t, s.snapshot())
		}
		if took := time.Since(began); attempts < 2 || len(s.in(deferred)) != 1 || took > 2*time.Minute {
			t.Errorf("got %d recipients to try again after %d attempts and %s, want 1 after at least 2 attempts and at most 2m", len(s.in(deferred)), attempts, took)
		}
	})
}

// The listing is up to date at the first look, but never changes afterwards.
// Twilio creates the message later.
func TestFrozenListingProvesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := listed(second, "SM1", "Hello")
		hangs := time.Now().Add(5 * time.Second)
		other := listed(third, "SM2", "Hi") // of another send on this worker
		other.Created = hangs.Add(5 * time.Second)
		creates := 0
		a := newActivities(lister{gatewayFunc(func(context.Context, twilio.Draft) (sms.Message, error) {
			creates++
			return sms.Message{}, unknownError(503)
		}), showing(func() []twilio.Record { return []twilio.Record{before} })})
		a.Settle, a.Patience = defaultSettle, defaultPatience
		time.AfterFunc(time.Until(other.Created), func() { a.ledgerOf("").own("another", other.Message, other.Created) })
		result, err := run(t, a, one)
		if err != nil || creates != 1 || len(result.Errors) != 1 || result.Errors[0].Code != sms.CodeOutcomeUnknown {
			t.Errorf("got %d creates, result %+v, error %v, want 1 create and OUTCOME_UNKNOWN", creates, result, err)
		}
	})
}

func TestListingWaitCarriesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ago := time.Now().Add(-time.Hour)
		left := leftInDoubt(ago)
		left.Known.At = ago
		var drafts []twilio.Draft
		a := newActivities(lister{accepting(&drafts), showing(func() []twilio.Record { return []twilio.Record{listed(first, "SM1", "Hi")} })})
		a.Settle, a.Patience = 10*time.Minute, 30*time.Minute
		result := resumeWith(t, a, left, sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.To(first, second), SmsBody: "Hi"})
		if len(drafts) != 1 || len(result.Messages) != 2 {
			t.Errorf("got texts %v, result %+v, want one text and two messages", drafts, result)
		}
	})
}

func TestFailedListingIsRequestedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ago := time.Now().Add(-time.Hour)
		left := leftInDoubt(ago)
		var drafts []twilio.Draft
		gateway := &stumbling{lister: lister{accepting(&drafts), showing(func() []twilio.Record { return []twilio.Record{listed(first, "SM1", "Hi")} })}}
		a := newActivities(gateway)
		a.Patience = 10 * time.Second
		result := resumeWith(t, a, left, sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.To(first, second), SmsBody: "Hi"})
		if len(drafts) != 1 || len(result.Messages) != 2 {
			t.Errorf("got texts %v, result %+v, want one text and two messages", drafts, result)
		}
	})
}

// pageInDoubt returns a send, for a page of a broadcast, that has adopted the
// record of an earlier attempt.
func pageInDoubt(t *testing.T, a *Activities, left record, to ...string) *send {
	t.Helper()
	s := newTestSend(to...)
	s.activities, s.account, s.ledger = a, a.Accounts[""], a.ledgerOf("")
	s.info = activity.Info{Attempt: 2, RetryPolicy: &temporal.RetryPolicy{NonRetryableErrorTypes: []string{sms.NotSentYetErrorType}}}
	s.input.SmsFrom, s.input.SmsBody = "+15005550006", "Hi"
	s.bodies, _ = newBodies(t.Context(), a.Renderer, s.input, time.Now())
	s.heart = newHeart(a.Record, 0, time.Now())
	left.List = s.list
	left, _ = pass(t, left)
	s.adopt(left)
	return s
}

func TestSlowFailedListingIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gateway := &stumbling{lister: lister{list: showing(func() []twilio.Record { return []twilio.Record{listed(first, "SM1", "Hi")} })}}
		gateway.slow = 5 * time.Second // as if the process were suspended or busy
		a := newActivities(gateway)
		a.Patience = time.Second
		s := pageInDoubt(t, a, leftInDoubt(time.Now().Add(-time.Hour)), first, second)
		if _, silent := s.lookUp(t.Context()); silent || len(s.in(deferred)) != 1 {
			t.Errorf("got %d recipients to try again, silent %t, want 1 and false", len(s.in(deferred)), silent)
		}
	})
}

func TestIncompleteLooksLeaveNoDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const doubts = 40
		started, looks, failed := time.Now(), 0, false
		shown := listed("+15005559999", "SM1", "Hi")
		shown.Created = started.Add(-60 * time.Second)
		left := record{
			Known: &known{To: shown.To, SID: shown.SID, At: shown.Created}, Runs: [][3]int{{int(doubtful), 0, doubts}},
			Problems: []sms.Error{{Code: sms.CodeOutcomeUnknown}}, Quiet: started, Timed: true, Began: started.Add(-time.Minute),
		}
		for place := range doubts {
			left.Window = append(left.Window, place)
			left.Open = append(left.Open, [2]int64{started.Unix(), 0})
		}
		gateway := &faltering{lister: lister{list: func(q twilio.Query) []twilio.Record {
			if q.To == "" || q.To == shown.To {
				return []twilio.Record{shown}
			}
			return nil
		}}}
		gateway.fails = func(q twilio.Query) bool { // one recipient's listing in each look and, once, the listing of all messages
			if q.To != "" {
				return q.To == phones(doubts)[looks%doubts]
			}
			looks++
			fails := !failed && time.Since(started) > 45*time.Second
			failed = failed || fails
			return fails
		}
		a := newActivities(gateway)
		a.Settle, a.Patience = time.Second, time.Second
		s := pageInDoubt(t, a, left, phones(doubts)...)
		wait, silent := s.lookUp(t.Context())
		if absent := len(s.in(deferred)); absent != doubts || wait > 0 || silent {
			t.Errorf("got %d recipients to try again, wait %s, silent %t, want %d, 0 and false", absent, wait, silent, doubts)
		}
	})
}

func TestFailingListingIsRarelyRequested(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, asked, beats := time.Now(), 0, 0
		gateway := &faltering{lister: lister{gatewayFunc(func(context.Context, twilio.Draft) (sms.Message, error) {
			return sms.Message{}, unknownError(503)
		}), nil}}
		gateway.fails = func(twilio.Query) bool { asked++; return true }
		a := newActivities(gateway)
		a.Settle, a.Patience = defaultSettle, defaultPatience
		a.Record = func(context.Context, any) error { beats++; return nil }
		result, err := run(t, a, one)
		most := 40 * (1 + int(time.Since(began).Minutes()))
		if err != nil || len(result.Errors) != 1 || asked < leastPasses || asked > most || beats > most {
			t.Errorf("got %d listings, %d heartbeats, result %+v, error %v, want %d to %d listings, at most as many heartbeats, and one error", asked, beats, result, err, leastPasses, most)
		}
	})
}

// refusing is a gateway whose listings fail with err until a given time.
type refusing struct {
	*fakeTwilio
	err   error
	until time.Time
}

func (r refusing) List(ctx context.Context, q twilio.Query) (twilio.Listing, error) {
	if time.Now().Before(r.until) {
		return twilio.Listing{}, r.err
	}
	return r.fakeTwilio.List(ctx, q)
}

func TestSendWaitsForSilentTwilio(t *testing.T) {
	for name, tc := range map[string]struct {
		err     sms.Error
		waits   bool
		created bool
	}{
		"unreachable, created":     {sms.Error{Code: sms.CodeConnection, Retryable: true}, true, true},
		"unreachable, not created": {sms.Error{Code: sms.CodeConnection, Retryable: true}, true, false},
		"no permission":            {sms.Error{Code: sms.CodePermissionDenied}, false, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			f := &fakeTwilio{fail: func(n int, _ twilio.Draft) (error, bool) {
				if n == 1 {
					return unknownError(503), tc.created
				}
				return nil, true
			}}
			f.records = []twilio.Record{another(second, "the text of another send", -5*time.Minute)}
			a := newActivities(refusing{f, &tc.err, began.Add(5 * time.Minute)})
			a.Settle, a.Patience = defaultSettle, defaultPatience
			result, err := run(t, a, one)
			took := time.Since(began)
			if err != nil || tc.waits != (len(result.Messages) == 1) || tc.waits && f.sent(first) != 1 || tc.waits == (took < 3*time.Minute) {
				t.Errorf("%s: got result %+v, error %v, %d texts after %s, want a wait for Twilio and one text = %t", name, result, err, f.sent(first), took, tc.waits)
			}
		})
	}
}

func TestPanickingListingIsUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gateway := panicking{gatewayFunc(func(context.Context, twilio.Draft) (sms.Message, error) {
			return sms.Message{}, unknownError(503)
		})}
		result, err := run(t, newActivities(gateway), one)
		if err != nil || len(result.Errors) != 1 || result.Errors[0].Code != sms.CodeOutcomeUnknown || result.Errors[0].To != first {
			t.Errorf("got result %+v, error %v, want OUTCOME_UNKNOWN", result, err)
		}
	})
}

// panicking is a gateway that panics whenever the messages to a single
// recipient are listed.
type panicking struct{ gatewayFunc }

func (p panicking) List(ctx context.Context, q twilio.Query) (twilio.Listing, error) {
	if q.To != "" {
		panic("a listing")
	}
	return p.gatewayFunc.List(ctx, q)
}

// faltering is a gateway that fails some listings.
type faltering struct {
	lister
	mu    sync.Mutex
	fails func(twilio.Query) bool
}

func (f *faltering) List(ctx context.Context, q twilio.Query) (twilio.Listing, error) {
	f.mu.Lock()
	fails := f.fails(q)
	f.mu.Unlock()
	if fails {
		return twilio.Listing{}, &sms.Error{Code: sms.CodeConnection, Retryable: true}
	}
	return f.lister.List(ctx, q)
}

// stumbling is a gateway that fails its first listing and every fourth one
// after it.
type stumbling struct {
	lister
	calls int
	// slow, if set, makes all of the first four listings fail, each after
	// this time.
	slow time.Duration
}

func (s *stumbling) List(ctx context.Context, q twilio.Query) (twilio.Listing, error) {
	s.calls++
	slow := s.slow > 0 && s.calls <= 4
	if slow {
		time.Sleep(s.slow)
	}
	if slow || s.calls%4 == 1 {
		return twilio.Listing{}, &sms.Error{Code: sms.CodeConnection, Retryable: true}
	}
	return s.lister.List(ctx, q)
}

func TestMessageIsRecognizedWithOtherQuotes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := record{Runs: [][3]int{{int(accepted), -1, 1}}, Began: time.Now()}
		in := sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.To(first), SmsBody: "It’s “here”"}
		for name, tc := range map[string]struct {
			shown []string
			want  string
		}{
			"only one similar text": {[]string{`It's "here"`, "Something else"}, "SM0"},
			"two similar texts":     {[]string{`It's "here"`, `It's 'here'`}, ""},
			"no similar text yet":   {[]string{"Something else"}, ""},
		} {
			f := &fakeTwilio{}
			for i, body := range tc.shown {
				f.records = append(f.records, listed(first, fmt.Sprintf("SM%d", i), body))
			}
			result := resumeWith(t, newActivities(f), left, in)
			if len(result.Messages) != 1 || result.Messages[0].SID != tc.want || f.creates > 0 {
				t.Errorf("%s: got result %+v after %d creates, want one message with SID %q and no creates", name, result, f.creates, tc.want)
			}
		}
	})
}

// blind is a gateway whose Now returns false until a listing succeeds. late is
// how many listings fail before that.
type blind struct {
	*fakeTwilio
	lists, late int
}

func (b *blind) Now() (time.Time, bool) {
	now, _ := b.fakeTwilio.Now()
	return now, b.lists > b.late
}

func (b *blind) List(ctx context.Context, q twilio.Query) (twilio.Listing, error) {
	if b.lists++; b.lists <= b.late {
		return twilio.Listing{}, &sms.Error{Code: sms.CodeConnection, Message: "reset"}
	}
	return b.fakeTwilio.List(ctx, q)
}

func TestSettleTimeIsByTwiliosClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The worker's clock is behind Twilio's, and Twilio creates the
		// message in doubt late.
		f := &fakeTwilio{skew: 90 * time.Second}
		f.records = []twilio.Record{another(second, "x", time.Second-f.skew)}
		f.fail = func(n int, d twilio.Draft) (error, bool) {
			if n == 1 {
				time.AfterFunc(300*time.Millisecond, func() {
					f.mu.Lock()
					defer f.mu.Unlock()
					f.records = append([]twilio.Record{another(d.To, d.Body, -f.skew)}, f.records...)
				})
				return unknownError(503), false
			}
			return nil, true
		}
		a := newActivities(&blind{fakeTwilio: f, late: 1})
		a.Settle = time.Second
		if result, err := run(t, a, one); err != nil || len(result.Messages) != 1 || f.creates != 1 {
			t.Errorf("got %d creates, result %+v, error %v, want 1 create and its message", f.creates, result, err)
		}
	})
}

func TestDifferentRenderingLeavesDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const body = "At ${time}"
		for name, tc := range map[string]struct {
			begun string // the text that the previous attempt rendered
			sent  int
		}{
			"as this worker renders it": {"At 10:00", 1},
			"by another version":        {"At 10 AM", 0},
		} {
			at := time.Now().Add(-10 * time.Second)
			left := record{
				Window: []int{0}, Open: [][2]int64{{at.Unix(), int64(sumOf(tc.begun))}},
				Known: &known{To: second, SID: "SM2", At: time.Now()},
			}
			var drafts []twilio.Draft
			a := newActivities(lister{accepting(&drafts), showing(func() []twilio.Record {
				return []twilio.Record{listed(second, "SM2", "x"), listed(first, "SM1", "Another text, or another rendering")}
			})})
			result := resumeWith(t, a, left, sms.SendSmsInput{SmsFrom: one.SmsFrom, SmsTo: one.SmsTo, SmsBody: body, Variables: json.RawMessage(`{"time":"10:00"}`)})
			if len(drafts) != tc.sent || tc.sent == 0 && (len(result.Errors) != 1 || result.Errors[0].Code != sms.CodeOutcomeUnknown) {
				t.Errorf("%s: got %d texts, result %+v, want %d texts, or OUTCOME_UNKNOWN if that is 0", name, len(drafts), result, tc.sent)
			}
		}
	})
}

func TestResendKeepsTheFirstText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Only the first text, which another version rendered, is
		// listed. All resends fail.
		left := record{
			Window: []int{0}, Open: [][2]int64{{time.Now().Add(-10 * time.Second).Unix(), int64(sumOf("At 10 AM"))}},
		}
		creates := 0
		a := newActivities(lister{gatewayFunc(func(context.Context, twilio.Draft) (sms.Message, error) {
			creates++
			return sms.Message{}, unknownError(503)
		}), showing(func() []twilio.Record {
			return []twilio.Record{another(second, "shows that the listing does not lag", -time.Second), listed(first, "SM1", "At 10 AM")}
		})})
		result := resumeWith(t, a, left, sms.SendSmsInput{
			SmsFrom: one.SmsFrom, SmsTo: one.SmsTo, SmsBody: "At ${time}", Variables: json.RawMessage(`{"time":"10:00"}`),
			OnUnknown: sms.OnUnknownResend, GiveUpAfter: sms.Duration(time.Minute),
		})
		if creates != mostResends || len(result.Errors) != 1 || result.Errors[0].Code != sms.CodeOutcomeUnknown {
			t.Errorf("got %d creates, errors %+v, want %d creates and OUTCOME_UNKNOWN", creates, result.Errors, mostResends)
		}
	})
}
