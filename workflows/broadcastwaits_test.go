package workflows

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata"

	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/proto"

	"temporal-twilio/sms"
)

// progress queries the progress of a broadcast.
func (b *broadcastBench) progress(t *testing.T) (p sms.BroadcastProgress) {
	t.Helper()
	answer, err := b.QueryWorkflow(sms.ProgressQuery)
	if err == nil {
		err = answer.Get(&p)
	}
	if err != nil {
		t.Error(err)
	}
	return p
}

// update sends an update to a broadcast.
func (b *broadcastBench) update(t *testing.T, name string) {
	b.UpdateWorkflowNoRejection(name, name, t)
}

func TestBroadcastOutlivesRefusedRecipient(t *testing.T) {
	b := newBroadcastBench(t, 35)
	b.outcome = fails(1, sms.Error{Code: sms.CodePermissionDenied, TwilioCode: 21608, HTTPStatus: 400}) // as for a trial account
	b.SetOnTimerScheduledListener(func(_ string, d time.Duration) { t.Errorf("the broadcast waited %s, want no wait", d) })
	b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, fromSource())
	var progress sms.BroadcastProgress
	if err := b.GetWorkflowResult(&progress); err != nil || progress.State != "done" || progress.Errors[sms.CodePermissionDenied] == 0 || progress.Sent == 0 {
		t.Errorf("got %+v, error %v; want done, with PERMISSION_DENIED and some sent", progress, err)
	}
}

// fails returns an outcome that fails every recipient of the first pages.
func fails(pages int, problem sms.Error) func(int, string) *sms.Error {
	return func(page int, _ string) *sms.Error {
		if page > pages {
			return nil
		}
		told := problem
		return &told
	}
}

func TestReplyLoopIsNotRetried(t *testing.T) {
	b := newBroadcastBench(t, 0)
	b.outcome = fails(1, sms.Error{Code: sms.CodeRateLimited, TwilioCode: replyLoop, HTTPStatus: 429, Retryable: true})
	progress, _ := b.runOn(t, fromList("+12125550100"))
	if progress.Sent != 0 || progress.Errors[sms.CodeRateLimited] != 1 || b.pages != 1 {
		t.Errorf("got %+v after %d sends, want the recipient reported after one", progress, b.pages)
	}
}

func TestBroadcastPausesIfAccountRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, problem := range map[string]sms.Error{
			"refused":             {Code: sms.CodeAuthentication, TwilioCode: 20003, HTTPStatus: 401},
			"suspended":           {Code: sms.CodeAuthentication, TwilioCode: 20005, HTTPStatus: 403},
			"denied":              {Code: sms.CodePermissionDenied, HTTPStatus: 403},
			"no such account":     {Code: sms.CodeInvalidRequest, TwilioCode: 20404, HTTPStatus: 404},
			"invalid certificate": {Code: sms.CodeConnection},
			"away":                {Code: sms.CodeConnection, Retryable: true},
		} {
			b := newBroadcastBench(t, 35)
			b.outcome = fails(4, problem)
			var waits []time.Duration
			b.SetOnTimerScheduledListener(func(_ string, d time.Duration) { waits = append(waits, d) })
			b.RegisterDelayedCallback(func() {
				if p := b.progress(t); p.State != "paused" || !strings.Contains(p.Why, string(problem.Code)) || p.NextTry == nil || p.Recipients != 0 {
					t.Errorf("%s: while paused: got %+v, want %s and the next try", name, p, problem.Code)
				}
			}, 5*time.Second)
			b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, fromSource())
			var progress sms.BroadcastProgress
			if err := b.GetWorkflowResult(&progress); err != nil {
				t.Fatal(err)
			}
			slices.Sort(b.texted)
			if progress.State != "done" || progress.Sent != 35 || progress.Why != "" || len(progress.Errors) != 0 || len(slices.Compact(b.texted)) != 35 {
				t.Errorf("%s: got %+v, texted %d; want 35 sent without errors", name, progress, len(b.texted))
			}
			if want := []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second}; !slices.Equal(waits, want) {
				t.Errorf("%s: got waits %v, want 10s, 20s, 40s and 80s", name, waits)
			}
		}
	})
}

func TestSelfPausedBroadcastObeysUpdates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := sms.Error{Code: sms.CodeAuthentication, TwilioCode: 20003}
		for name, tc := range map[string]struct {
			act         []string
			state       string
			sent, sends int
		}{
			"resumed":            {[]string{sms.ResumeUpdate}, "done", 10, 4},
			"paused and resumed": {[]string{sms.PauseUpdate, sms.ResumeUpdate}, "done", 10, 4},
			"cancelled":          {[]string{sms.CancelUpdate}, "cancelled", 0, 3},
		} {
			b := newBroadcastBench(t, 10)
			began := b.Now()
			b.outcome = func(int, string) *sms.Error {
				if told := refused; b.Now().Sub(began) < 33*time.Second {
					return &told
				}
				return nil
			}
			for i, act := range tc.act {
				b.RegisterDelayedCallback(func() { b.update(t, act) }, 35*time.Second+time.Duration(i)*time.Hour)
			}
			b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, fromSource())
			var progress sms.BroadcastProgress
			if err := b.GetWorkflowResult(&progress); err != nil {
				t.Fatal(err)
			}
			if progress.State != tc.state || progress.Sent != tc.sent || progress.Recipients != 10 || b.pages != tc.sends {
				t.Errorf("%s: after %d sends: got %+v, want %s with %d sent after %d sends", name, b.pages, progress, tc.state, tc.sent, tc.sends)
			}
		}
	})
}

func TestBroadcastEventuallyGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, tc := range map[string]struct {
			pages  int // pages that are sent before the rest fail
			failed bool
		}{"before anyone was texted": {0, true}, "halfway": {1, false}} {
			b := newBroadcastBench(t, 0)
			input := b.fromFile(t, "+15005550009,Ann", "+15005550010,Bo", "+15005550011,Cy", "+15005550012,Di", "+15005550013,Ed")
			input.GiveUpAfter, input.Report = sms.Duration(2*time.Hour), "monday"
			b.outcome = func(page int, _ string) *sms.Error {
				if page <= tc.pages {
					return nil
				}
				return &sms.Error{Code: sms.CodeAuthentication, TwilioCode: 20003}
			}
			b.SetWorkflowRunTimeout(4 * time.Hour)
			began := b.Now()
			b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, input)
			took := b.Now().Sub(began)
			var progress sms.BroadcastProgress
			err := b.GetWorkflowResult(&progress)
			if (err != nil) != tc.failed || took < 2*time.Hour || took > 3*time.Hour {
				t.Errorf("%s: after %s: got %+v, error %v; want it to give up after 2h to 3h", name, took, progress, err)
			}
			report, _ := os.ReadFile(filepath.Join(b.dir, "monday.jsonl"))
			if !tc.failed && (progress.State != "failed" || progress.Sent != 2 || progress.Errors[sms.CodeAuthentication] != 2 || !strings.Contains(progress.Error, "Twilio refuses the account") ||
				strings.Count(string(report), "\n") != 4 || progress.Cursor == "") {
				t.Errorf("%s: got %+v, want failed with 2 sent; report\n%s", name, progress, report)
			}
			if left, _ := filepath.Glob(filepath.Join(b.dir, "monday*")); tc.failed && len(left) > 0 {
				t.Errorf("%s: files left behind: %q", name, left)
			}
		}
	})
}

func TestPageRemainderIsSentAgain(t *testing.T) {
	b := newBroadcastBench(t, 0)
	input := fromList("(212) 555-0100", "+12125550101", "+12125550102", "nobody", "+12125550103")
	input.DefaultRegion = "US"
	b.outcome = func(page int, to string) *sms.Error {
		switch {
		case to == "nobody":
			return &sms.Error{Code: sms.CodeInvalidTo}
		case page == 1 && to != "+12125550101":
			return &sms.Error{Code: sms.CodeCancelled, Retryable: true}
		}
		return nil
	}
	b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, input)
	var progress sms.BroadcastProgress
	if err := b.GetWorkflowResult(&progress); err != nil {
		t.Fatal(err)
	}
	if progress.Sent != 4 || progress.Recipients != 5 || progress.Errors[sms.CodeInvalidTo] != 1 || len(b.texted) != 4 || b.pages != 2 {
		t.Errorf("got %+v, texted %q in %d sends; want 4 texted in 2 sends", progress, b.texted, b.pages)
	}
}

func TestKeyedPageIsRetriedWhole(t *testing.T) {
	b := newBroadcastBench(t, 0)
	input := fromList("+12125550100", "+12125550101")
	input.IdempotencyKey = "spring"
	b.outcome = func(page int, to string) *sms.Error {
		if page == 1 && to == "+12125550101" {
			return &sms.Error{Code: sms.CodeCancelled, Retryable: true}
		}
		return nil
	}
	b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, input)
	var progress sms.BroadcastProgress
	if err := b.GetWorkflowResult(&progress); err != nil {
		t.Fatal(err)
	}
	if progress.Sent != 2 || progress.Recipients != 2 || len(b.keys) != 2 || b.keys[0] != b.keys[1] {
		t.Errorf("got %+v, keys %q; want 2 sent, and one key used twice", progress, b.keys)
	}
	if b.patience == 0 || b.patience > 10*time.Second {
		t.Errorf("got GiveUpAfter %s for a page, want more than 0 and at most 10s", b.patience)
	}
}

func TestForgottenKeyedPageKeepsItsResult(t *testing.T) {
	b := newBroadcastBench(t, 0)
	input := fromList("+12125550100", "+12125550101", "+12125550102")
	input.IdempotencyKey = "spring"
	b.outcome = func(page int, to string) *sms.Error {
		switch {
		case page > 1: // Temporal no longer has the first send
			return &sms.Error{Code: sms.CodeNoAttemptLeft}
		case to == "+12125550101":
			return &sms.Error{Code: sms.CodeOutcomeUnknown}
		case to == "+12125550102":
			return &sms.Error{Code: sms.CodeConnection, Retryable: true}
		}
		return nil
	}
	progress, report := b.runOn(t, input)
	if progress.Sent != 1 || progress.Recipients != 3 || progress.Errors[sms.CodeOutcomeUnknown] != 1 || progress.Errors[sms.CodeNoAttemptLeft] != 1 || len(report) != 3 {
		t.Errorf("got %+v, report %+v; want all 3 reported: 1 sent, 1 OUTCOME_UNKNOWN and 1 NO_ATTEMPT_LEFT", progress, report)
	}
}

func TestKeyedPageKeepsItsNumber(t *testing.T) {
	for hour, busy := range map[int]bool{12: true, 23: false} { // the recipients are in quiet hours at 23:00
		b := newBroadcastBench(t, 0)
		b.SetStartTime(time.Date(2026, 1, 15, hour, 0, 0, 0, time.UTC))
		input := b.fromFile(t, "+447400123456,Ann", "a bad line", "+447400123457,Bo", "+447400123458,Cy")
		input.IdempotencyKey, input.QuietHours = "spring", &sms.QuietHours{From: "21:00", To: "08:00"}
		if busy {
			b.outcome = fails(1, sms.Error{Code: sms.CodeConnection, Retryable: true})
		}
		progress, _ := b.runOn(t, input)
		want := []string{"spring (page 1 of a broadcast)", "spring (page 2 of a broadcast)"}
		if got := slices.Compact(b.keys); progress.Sent != 3 || progress.Recipients != 4 || !slices.Equal(got, want) {
			t.Errorf("started at %d:00: got %+v, keys %q; want 3 sent with keys %q", hour, progress, b.keys, want)
		}
	}
}

// stuck returns an outcome that never gives one recipient room in the sender's
// queue.
func stuck(recipient string) func(int, string) *sms.Error {
	return func(_ int, to string) *sms.Error {
		if to != recipient {
			return nil
		}
		return &sms.Error{Code: sms.CodeRateLimited, TwilioCode: 21611, HTTPStatus: 429, Retryable: true}
	}
}

func TestGivenUpKeyedPageIsReported(t *testing.T) {
	b := newBroadcastBench(t, 10)
	b.outcome = stuck("+15550000009")
	input := fromSource()
	input.IdempotencyKey, input.GiveUpAfter = "spring", sms.Duration(10*time.Minute)
	progress, report := b.runOn(t, input)
	if progress.State != "failed" || progress.Sent != 9 || progress.Errors[sms.CodeRateLimited] != 1 || len(report) != 10 {
		t.Errorf("got %+v, report %+v; want failed with 9 sent, and all 10 reported", progress, report)
	}
}

func TestCursorIsPastTextedRecipients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, ends := range map[string]func(*broadcastBench){
			"cancelled during a wait": func(b *broadcastBench) {
				b.outcome = stuck("+15550000003")
				b.RegisterDelayedCallback(b.CancelWorkflow, time.Minute)
			},
			"an unwritten page": func(b *broadcastBench) {
				b.outcome, b.unwritable = stuck("+15550000003"), "+15550000004"
			},
		} {
			b := newBroadcastBench(t, 0)
			input := b.fromFile(t, "+15550000001,Ann", "+15550000002,Bo", "+15550000003,Cy", "+15550000004,Di", "+15550000005,Ed")
			ends(b)
			progress, _ := b.runOn(t, input)
			data, _ := os.ReadFile(filepath.Join(b.dir, input.File))
			offset, _, _ := strings.Cut(progress.Cursor, "-")
			from, err := strconv.Atoi(offset)
			if err != nil || strings.TrimSpace(string(data[from:])) != "+15550000005,Ed" || len(b.texted) != 3 {
				t.Errorf("%s: texted %q, cursor %q, result %+v; want 3 texted, and the cursor at the last line", name, b.texted, progress.Cursor, progress)
			}
		}
	})
}

func TestReportOutlivesUnwrittenPage(t *testing.T) {
	b := newBroadcastBench(t, 0)
	input := b.fromFile(t, "+15550000001,Ann", "+15550000002,Bo", "+15550000003,Cy", "+15550000004,Di")
	b.outcome, b.unwritable = stuck("+15550000003"), "+15550000004"
	progress, report := b.runOn(t, input)
	if progress.Report == "" || len(report) != 3 || report[2].To != "+15550000003" || report[2].Code == "" || !strings.Contains(progress.Error, "page 2 is not in the report") {
		t.Errorf("got %+v, report %+v; want 3 recipients reported, and page 2 named as missing", progress, report)
	}
}

func TestFullQueueIsReportedOnce(t *testing.T) {
	b := newBroadcastBench(t, 0)
	list := make([]string, 4_000)
	for i := range list {
		list[i] = fmt.Sprintf("+1212%07d", i)
	}
	input := fromList(list...)
	input.PageSize, input.SenderRate = 100, 0.1
	b.outcome = func(page int, _ string) *sms.Error {
		if page > 36 && page%2 == 1 {
			return &sms.Error{Code: sms.CodeRateLimited, TwilioCode: 21611, Retryable: true}
		}
		return nil
	}
	b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, input)
	var progress sms.BroadcastProgress
	if err := b.GetWorkflowResult(&progress); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Twilio sends about 0.1 a second from …0006: 4,000 messages take at least 11 h 7 min. Its queue holds 3,600 of them, and the broadcast waits 67 min for room; a Messaging Service with more senders is faster",
		"the queue of …0006 is full; at 0.1 messages a second, 67 min remain; a Messaging Service with more senders is faster",
	}
	if progress.Sent != 4_000 || progress.Total != 4_000 || !slices.Equal(progress.Notes, want) {
		t.Errorf("sent %d of %d, got notes %q, want %q", progress.Sent, progress.Total, progress.Notes, want)
	}
}

// atNight lets a broadcast start when it is 23:00 in New York and 20:00 in Los
// Angeles.
func atNight(t *testing.T, b *broadcastBench, input sms.BroadcastSmsInput) sms.BroadcastSmsInput {
	t.Helper()
	b.SetStartTime(time.Date(2026, 11, 27, 4, 0, 0, 0, time.UTC))
	input.QuietHours = &sms.QuietHours{From: "21:00", To: "08:00"}
	return input
}

func TestQuietRecipientsAreTextedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroadcastBench(t, 0)
		input := atNight(t, b, fromList("+12125550100", "+14155550100", "+12125550101", "+14155550101", "nobody"))
		input.PageSize = 2
		at := make(map[string]string)
		b.outcome = func(_ int, to string) *sms.Error {
			at[to] = b.Now().UTC().Format("02 15:04")
			return nil
		}
		b.RegisterDelayedCallback(func() {
			if p := b.progress(t); p.State != "waiting" || p.Asleep != 2 || p.Sent != 3 || p.NextTry == nil || ProgressLine(p) != "3 of 5 · 2 in quiet hours · waiting: the next recipients are in quiet hours; tries again at 13:00:00 UTC" {
				t.Errorf("in quiet hours: got %+v, shown as %s; want 3 sent and 2 waiting", p, ProgressLine(p))
			}
		}, time.Hour)
		b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, input)
		var progress sms.BroadcastProgress
		if err := b.GetWorkflowResult(&progress); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"+12125550100": "27 13:00", "+12125550101": "27 13:00", "+14155550100": "27 04:00", "+14155550101": "27 04:00", "nobody": "27 04:00"}
		if progress.State != "done" || progress.Sent != 5 || progress.Asleep != 0 || fmt.Sprint(at) != fmt.Sprint(want) {
			t.Errorf("got %+v, texted at %v, want at %v", progress, at, want)
		}
	})
}

func TestCancelledBroadcastReportsQuietRecipients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroadcastBench(t, 0)
		input := atNight(t, b, b.fromFile(t, "+12125550100,Ann", "+14155550100,Bo"))
		b.RegisterDelayedCallback(b.CancelWorkflow, time.Hour)
		progress, report := b.runOn(t, input)
		if progress.State != "cancelled" || progress.Sent != 1 || progress.Errors[sms.CodeCancelled] != 1 || len(report) != 2 || !slices.ContainsFunc(report, func(e sms.Error) bool { return e.To == "+12125550100" && e.Code == sms.CodeCancelled }) {
			t.Errorf("got %+v, report %+v; want 1 sent, and CANCELLED for the recipient in quiet hours", progress, report)
		}
	})
}

func TestJustAwokenRecipientsAreReported(t *testing.T) {
	for _, key := range []string{"", "spring"} {
		b := newBroadcastBench(t, 0)
		input := atNight(t, b, b.fromFile(t, "+12125550100,Ann", "+12125550101,Bo"))
		input.IdempotencyKey = key
		asked := 0
		b.quietAsked = func() {
			if asked++; asked == 2 { // when their quiet hours end
				b.CancelWorkflow()
			}
		}
		progress, report := b.runOn(t, input)
		if progress.State != "cancelled" || progress.Errors[sms.CodeCancelled] != 2 || len(report) != 2 || len(b.texted) > 0 {
			t.Errorf("with key %q: got %+v, report %+v; want CANCELLED for both", key, progress, report)
		}
	}
}

func TestRecipientReadDifferentlyIsReported(t *testing.T) {
	b := newBroadcastBench(t, 0)
	b.region = "US"
	b.outcome = fails(1, sms.Error{Code: sms.CodeConnection, Retryable: true})
	progress, report := b.runOn(t, b.fromFile(t, "(212) 555-0100,Ann", "+12125550101,Bo", "+12125550102,Cy"))
	if progress.State != "done" || progress.Sent != 2 || progress.Recipients != 3 || len(report) != 3 || report[0].To != "+12125550100" {
		t.Errorf("got %+v, report %+v; want 2 sent, and the number read differently reported first", progress, report)
	}
}

func TestQuietRecipientsSurviveContinueAsNew(t *testing.T) {
	input := broadcastInput{BroadcastSmsInput: fromList("+12125550100", "+14155550100", "+12125550101", "+14155550101")}
	input.PageSize = 2
	texted := make(map[string]int)
	for run := range 20 {
		b := newBroadcastBench(t, 0)
		start := time.Date(2026, 11, 27, 4, 0, 0, 0, time.UTC).Add(time.Duration(run) * time.Second)
		b.SetStartTime(start)
		input.QuietHours = &sms.QuietHours{From: "21:00", To: "08:00"}
		b.SetContinueAsNewSuggested(run < 4)
		if run == 0 { // the first send to the only recipient outside quiet hours fails
			b.outcome = fails(1, sms.Error{Code: sms.CodeConnection, Retryable: true})
		}
		b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, input)
		for _, to := range b.texted {
			texted[to]++
		}
		next, more := b.nextRun(t)
		if !more {
			if err := b.GetWorkflowError(); err != nil {
				t.Fatal(err)
			}
			break
		}
		input = next
	}
	for _, to := range []string{"+12125550100", "+14155550100", "+12125550101", "+14155550101"} {
		if texted[to] != 1 {
			t.Errorf("%s was texted %d times, want once", to, texted[to])
		}
	}
}

func TestNextRunFitsIntoPayload(t *testing.T) {
	b := newBroadcastBench(t, 0)
	b.SetContinueAsNewSuggested(true)
	input := fromList(make([]string, 80)...)
	input.PageSize = 10
	for i := range input.SmsTo {
		input.SmsTo[i] = sms.Recipient{To: fmt.Sprintf("+1212555%04d", i), Variables: json.RawMessage(`"` + strings.Repeat("x", 30<<10) + `"`)}
	}
	b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, input)
	next, _ := errors.AsType[*workflow.ContinueAsNewError](b.GetWorkflowError())
	if next == nil || proto.Size(next.Input) > 2<<20 || len(b.texted) == 80 {
		t.Errorf("texted %d, input of the next run is %d bytes, error %v; want a next run with at most 2 MB", len(b.texted), proto.Size(next.Input), b.GetWorkflowError())
	}
}

func TestHeldRecipientsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroadcastBench(t, 0)
		list := make([]string, 5000)
		for i := range list {
			list[i] = fmt.Sprintf("+1212555%04d", i)
		}
		input := atNight(t, b, fromList(list...))
		input.PageSize = 500
		most := 0
		b.RegisterDelayedCallback(func() { most = b.progress(t).Asleep }, time.Hour)
		b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, input)
		if err := b.GetWorkflowError(); err != nil || len(b.texted) != 5000 || most != maxAsleep {
			t.Errorf("texted %d, held %d recipients, error %v; want 5000 texted, and %d held", len(b.texted), most, err, maxAsleep)
		}
	})
}

func TestDryRunReportsWithoutSending(t *testing.T) {
	b := newBroadcastBench(t, 0)
	input := b.fromFile(t, "+12125550100,Ann", "+12125550101,", "nobody,Cy", "?", "+12125550102,Zoë 🎂", "+12125550103,Ed", "+12125550100,Ann again")
	input.SmsBody, input.DryRun, input.Report = "Dear ${name}, hello", true, "monday"
	b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, input)
	var p sms.BroadcastProgress
	if err := b.GetWorkflowResult(&p); err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(p.DryRun)
	for _, want := range []string{
		`"texts":[{"to":"+12125550100","text":"Dear Ann, hello","segments":1,"encoding":"GSM-7"},{"to":"+12125550101","text":"Dear , hello",`,
		`"messages":4,"segments":4,"failures":[`, `"gaps":[{"to":"+12125550101","variable":"name","text":"Dear , hello"}],"gapCount":1`,
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("got %s, want it to contain %s", got, want)
		}
	}
	if p.State != "done" || p.Sent != 0 || p.Recipients != 6 || p.Total != 6 || p.Errors[sms.CodeInvalidTo] != 1 || p.Errors[sms.CodeInvalidInput] != 1 || len(b.texted) > 0 {
		t.Errorf("got %+v, texted %q; want 6 recipients checked, 2 of them invalid, and nobody texted", p, b.texted)
	}
	if left, _ := filepath.Glob(filepath.Join(b.dir, "monday*")); len(left) > 0 {
		t.Errorf("files left behind: %q", left)
	}
}

func TestDryRunFindsUnknownAccount(t *testing.T) {
	b := newBroadcastBench(t, 0)
	input := b.fromFile(t, "+12125550100,Ann")
	input.DryRun, input.Account = true, "marketin"
	b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, input)
	var p sms.BroadcastProgress
	if err := b.GetWorkflowResult(&p); err != nil || p.DryRun.Messages != 0 || len(p.DryRun.Failures) != 1 || !strings.Contains(p.DryRun.Failures[0].Message, `no account "marketin"`) {
		t.Errorf("got %+v, error %v; want 1 failure that names the account", p.DryRun, err)
	}
}

func TestDryRunReportsBrokenTemplate(t *testing.T) {
	b := newBroadcastBench(t, 0)
	input := b.fromFile(t, "+12125550100,Ann", "+12125550101,Bo", "+12125550102,Cy")
	input.SmsBody, input.DryRun = "Dear ${name, hello", true
	b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, input)
	var p sms.BroadcastProgress
	if err := b.GetWorkflowResult(&p); err != nil {
		t.Fatal(err)
	}
	if p.DryRun == nil || len(p.DryRun.Failures) == 0 || p.DryRun.Failures[0].Code != sms.CodeTemplateSyntax || p.DryRun.Messages != 0 {
		t.Errorf("got %+v with dry run %+v, want TEMPLATE_SYNTAX_ERROR", p, p.DryRun)
	}
}

func TestDefaultPagesStartSmall(t *testing.T) {
	b := newBroadcastBench(t, 500)
	input := fromSource()
	input.PageSize = 0
	b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, input)
	var progress sms.BroadcastProgress
	if err := b.GetWorkflowResult(&progress); err != nil || progress.Sent != 500 || progress.Pages < 2 {
		t.Errorf("got %+v, error %v; want 500 sent in several pages", progress, err)
	}
	bench := &broadcast{patient: true}
	for perSecond, want := range map[float64]int{0: 25, 1: 25, 20: 200, 1000: 500} {
		bench.progress.Rate = perSecond
		if got := bench.pageSize(); got != want {
			t.Errorf("at %v messages per second: got page size %d, want %d", perSecond, got, want)
		}
	}
}

func TestBroadcastWaitsUntilPauseEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroadcastBench(t, 10)
		began := b.Now()
		b.outcome = func(int, string) *sms.Error {
			if b.Now().Sub(began) < 48*time.Hour {
				return &sms.Error{Code: sms.CodeSendingPaused, Retryable: true}
			}
			return nil
		}
		b.RegisterDelayedCallback(func() {
			if p := b.progress(t); p.State != "paused" || !strings.Contains(p.Why, "all sending is paused") || p.NextTry == nil {
				t.Errorf("while paused: got %+v, want the reason and the next try", p)
			}
		}, 47*time.Hour)
		input := fromList("+12125550100", "+12125550101")
		input.GiveUpAfter = sms.Duration(time.Hour)
		b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, input)
		var progress sms.BroadcastProgress
		if err := b.GetWorkflowResult(&progress); err != nil || progress.State != "done" || progress.Sent != 2 {
			t.Errorf("got %+v, error %v; want done with 2 sent", progress, err)
		}
		if took := b.Now().Sub(began); took > 48*time.Hour+time.Minute {
			t.Errorf("took %s, want at most 48h1m", took)
		}
	})
}

func TestBroadcastWaitsForCap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, tc := range map[string]struct {
			other string // a recipient with another lasting error
			state string
			sent  int
		}{"capped": {"", "done", 2}, "capped, and Twilio is unreachable": {"+12125550101", "failed", 0}} {
			b := newBroadcastBench(t, 0)
			began := b.Now()
			b.outcome = func(_ int, to string) *sms.Error {
				switch {
				case to == tc.other:
					return &sms.Error{Code: sms.CodeConnection, Retryable: true}
				case b.Now().Sub(began) < 24*time.Hour+24*time.Minute: // a message may count for 24 minutes longer than a day
					return &sms.Error{Code: sms.CodeCapReached, Retryable: true}
				}
				return nil
			}
			input := b.fromFile(t, "+447400123456,Ann", "+12125550101,Bo")
			input.Report = "capped"
			b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, input)
			var progress sms.BroadcastProgress
			err := b.GetWorkflowResult(&progress)
			if took := b.Now().Sub(began); (err == nil) != (tc.sent > 0) || tc.sent != progress.Sent || took > 26*time.Hour || err == nil && progress.State != tc.state {
				t.Errorf("%s: after %s: got %+v, error %v; want %s with %d sent within 26h", name, took, progress, err, tc.state, tc.sent)
			}
		}
	})
}

// The broadcast began on an older worker. Its recorded history ends when that
// worker gave up, so a replay must give up at the same time.
func TestOldBroadcastKeepsItsPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for version, want := range map[workflow.Version]time.Duration{4: 24 * time.Hour, 5: DefaultBroadcastPatience} {
			b := newBroadcastBench(t, 10)
			b.OnGetVersion("broadcast-waits", workflow.DefaultVersion, workflow.Version(5)).Return(version)
			b.outcome = func(int, string) *sms.Error { return &sms.Error{Code: sms.CodeConnection, Retryable: true} }
			b.SetWorkflowRunTimeout(48 * time.Hour)
			began := b.Now()
			b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, fromSource())
			if took := b.Now().Sub(began); b.GetWorkflowError() == nil || took < want || took > want+30*time.Minute {
				t.Errorf("version %d: ended after %s with error %v, want to give up after %s", version, took, b.GetWorkflowError(), want)
			}
		}
	})
}

func TestResumeRestoresBroadcastPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroadcastBench(t, 10)
		began := b.Now()
		b.outcome = func(int, string) *sms.Error {
			if b.Now().Sub(began) < 10*time.Hour+5*time.Minute {
				return &sms.Error{Code: sms.CodeAuthentication, TwilioCode: 20003}
			}
			return nil
		}
		b.RegisterDelayedCallback(func() { b.update(t, sms.PauseUpdate) }, 35*time.Second)
		b.RegisterDelayedCallback(func() { b.update(t, sms.ResumeUpdate) }, 10*time.Hour)
		input := fromSource()
		input.GiveUpAfter = sms.Duration(2 * time.Hour)
		b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, input)
		var progress sms.BroadcastProgress
		if err := b.GetWorkflowResult(&progress); err != nil || progress.State != "done" || progress.Sent != 10 {
			t.Errorf("got %+v, error %v; want done with 10 sent", progress, err)
		}
	})
}

func TestFailingBroadcastObeysUpdates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, tc := range map[string]struct {
			act   string
			state string
			sent  int
		}{
			"cancelled": {sms.CancelUpdate, "cancelled", 0},
			"paused":    {sms.PauseUpdate, "done", 10},
		} {
			b := newBroadcastBench(t, 10)
			began := b.Now()
			b.outcome = fails(1, sms.Error{Code: sms.CodeAuthentication, TwilioCode: 20003})
			b.sending = func(page int) {
				if page == 1 {
					b.update(t, tc.act)
				}
			}
			if tc.act == sms.PauseUpdate {
				b.RegisterDelayedCallback(func() {
					if p := b.progress(t); p.State != "paused" || p.NextTry != nil || b.pages != 1 {
						t.Errorf("%s: after %d sends: got %+v, want paused after 1 send, without a next try", name, b.pages, p)
					}
					b.update(t, sms.ResumeUpdate)
				}, time.Hour)
			}
			b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, fromSource())
			var progress sms.BroadcastProgress
			if err := b.GetWorkflowResult(&progress); err != nil || progress.State != tc.state || progress.Sent != tc.sent || progress.Recipients != 10 {
				t.Errorf("%s: after %s: got %+v, error %v; want %s with %d sent", name, b.Now().Sub(began), progress, err, tc.state, tc.sent)
			}
		}
	})
}

func TestDryRunFindsBadQuietHours(t *testing.T) {
	b := newBroadcastBench(t, 0)
	input := b.fromFile(t, "+12125550100,Ann")
	input.DryRun, input.QuietHours = true, &sms.QuietHours{From: "9pm", To: "08:00"}
	b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, input)
	var p sms.BroadcastProgress
	if err := b.GetWorkflowResult(&p); err != nil || p.DryRun.Messages != 0 || len(p.DryRun.Failures) != 1 || !strings.Contains(p.DryRun.Failures[0].Message, "quietHours.from must be") {
		t.Errorf("got %+v, error %v; want 1 failure that names quietHours.from", p.DryRun, err)
	}
}
