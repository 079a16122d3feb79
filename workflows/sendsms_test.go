package workflows

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// bench is a test environment with activities defined by the test.
type bench struct {
	*testsuite.TestWorkflowEnvironment
	t *testing.T
	// looked lists the look-ups, each with the SIDs of its messages.
	looked [][]string
}

func newBench(t *testing.T, sent sms.SendSmsResult, lookUp func(sid string) sms.StatusUpdate) *bench {
	t.Helper()
	b := &bench{TestWorkflowEnvironment: (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment(), t: t}
	Register(b)
	b.RegisterActivityWithOptions(func(converter.RawValue) (sms.SendSmsResult, error) { return sent, nil },
		activity.RegisterOptions{Name: sms.SendSmsName})
	b.RegisterActivityWithOptions(func(in sms.GetMessagesInput) (updates []sms.StatusUpdate, _ error) {
		b.looked = append(b.looked, in.SIDs)
		for _, sid := range in.SIDs {
			updates = append(updates, lookUp(sid))
		}
		return updates, nil
	}, activity.RegisterOptions{Name: sms.GetMessagesName})
	return b
}

// news delivers a status update the given time after the start.
func (b *bench) news(after time.Duration, sid string, status sms.Status, code int) {
	b.RegisterDelayedCallback(func() {
		b.SignalWorkflow(sms.StatusSignal, sms.StatusUpdate{MessageSID: sid, Status: status, ErrorCode: code})
	}, after)
}

func (b *bench) run(input any) sms.SendSmsWorkflowResult {
	b.t.Helper()
	b.ExecuteWorkflow(sms.SendSmsWorkflowName, input)
	var report sms.SendSmsWorkflowResult
	if err := b.GetWorkflowResult(&report); err != nil {
		b.t.Fatal(err)
	}
	return report
}

func took(sids ...string) (result sms.SendSmsResult) {
	for _, sid := range sids {
		result.Messages = append(result.Messages, sms.Message{To: "+" + sid, SID: sid, Status: sms.StatusQueued, Segments: 1})
	}
	return result
}

func unasked(string) sms.StatusUpdate { panic("the test expects no look-up") }

var waiting = map[string]any{"smsFrom": "+15005550006", "smsTo": "+15005550009", "smsBody": "Hi", "waitForDelivery": true}

func TestUpdatesAreMergedInAnyOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, took("SM1", "SM2", "SM3"), unasked)
		b.news(time.Second, "SM1", sms.StatusDelivered, 0) // arrives before "sent"
		b.news(2*time.Second, "SM1", sms.StatusSent, 0)
		b.news(3*time.Second, "SM2", sms.StatusSent, 0)
		b.news(3*time.Second, "SM2", sms.StatusSent, 0) // a duplicate
		b.news(4*time.Second, "SM2", sms.StatusUndelivered, 30003)
		b.news(5*time.Second, "SM2", sms.StatusUndelivered, 0)
		b.news(6*time.Second, "SM9", sms.StatusDelivered, 0) // no send created this message
		b.news(7*time.Second, "SM3", sms.StatusFailed, 30007)
		report := b.run(waiting)
		want := []sms.Delivery{
			{To: "+SM1", SID: "SM1", Status: sms.StatusDelivered},
			{To: "+SM2", SID: "SM2", Status: sms.StatusUndelivered, ErrorCode: 30003},
			{To: "+SM3", SID: "SM3", Status: sms.StatusFailed, ErrorCode: 30007},
		}
		if !reflect.DeepEqual(report.Deliveries, want) {
			t.Errorf("got deliveries %+v, want %+v", report.Deliveries, want)
		}
	})
}

func TestUpdateBeforeResultCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, took("SM1"), unasked)
		b.news(0, "SM1", sms.StatusDelivered, 0)
		if report := b.run(waiting); report.Deliveries[0].Status != sms.StatusDelivered {
			t.Errorf("got deliveries %+v, want delivered", report.Deliveries)
		}
	})
}

func TestMessageWithoutUpdatesIsLookedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		b := newBench(t, took("SM1", "SM2"), func(sid string) sms.StatusUpdate {
			if asked++; asked < 3 {
				return sms.StatusUpdate{MessageSID: sid, Status: sms.StatusSent}
			}
			return sms.StatusUpdate{MessageSID: sid, Status: sms.StatusDelivered}
		})
		b.news(time.Second, "SM2", sms.StatusDelivered, 0)
		began := b.Now()
		report := b.run(waiting)
		if report.Deliveries[0].Status != sms.StatusDelivered {
			t.Errorf("got deliveries %+v, want delivered", report.Deliveries)
		}
		if want := [][]string{{"SM1"}, {"SM1"}, {"SM1"}}; !reflect.DeepEqual(b.looked, want) {
			t.Errorf("looked up %v, want SM1 three times", b.looked)
		}
		if took := b.Now().Sub(began); took != 30*time.Second+time.Minute+2*time.Minute {
			t.Errorf("took %s, want 3m30s", took)
		}
	})
}

func TestWaitEndsAtTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, took("SM1"), func(sid string) sms.StatusUpdate { return sms.StatusUpdate{MessageSID: sid, Status: sms.StatusSent} })
		input := map[string]any{"timeout": "10m"}
		maps.Copy(input, waiting)
		began := b.Now()
		report := b.run(input)
		if took := b.Now().Sub(began); took != 10*time.Minute {
			t.Errorf("waited %s, want 10m", took)
		}
		if report.Deliveries[0].Status != sms.StatusSent {
			t.Errorf("got deliveries %+v, want sent", report.Deliveries)
		}
	})
}

func TestSendWithoutWaitEndsAtOnce(t *testing.T) {
	b := newBench(t, took("SM1"), unasked)
	if report := b.run(map[string]any{"smsTo": "+15005550009"}); report.Deliveries != nil || len(report.Messages) != 1 {
		t.Errorf("got %+v, want 1 message and no deliveries", report)
	}
}

func TestActivityGetsOnlyItsInput(t *testing.T) {
	for name, tc := range map[string]struct {
		input any
		want  string
	}{
		"an unknown field":           {json.RawMessage(`{"smsTo":"+1", "smsBody":"Hi"}`), `{"smsTo":["+1"],"smsBody":"Hi"}`},
		"no wait":                    {map[string]any{"waitForDelivery": false, "smsTo": "+1"}, `{"smsTo":["+1"]}`},
		"a timeout alone":            {map[string]any{"timeout": "5m", "smsTo": "+1"}, `{"smsTo":["+1"]}`},
		"a wait":                     {map[string]any{"waitForDelivery": true, "timeout": 300, "smsTo": "+1"}, `{"smsTo":["+1"],"statusSignals":true}`},
		"names in the style of .NET": {map[string]any{"SmsTo": "+1", "WaitForDelivery": false, "Timeout": nil, "IdempotencyKey": "k"}, `{"smsTo":["+1"],"idempotencyKey":"k"}`},
		"a bad recipient":            {map[string]any{"smsTo": []any{map[string]any{"number": "+1"}}}, `{"smsTo":["{\"number\":\"+1\"}"]}`},
		"a recipient's own":          {map[string]any{"smsTo": map[string]any{"To": "+1", "Variables": `{"a":1}`}}, `{"smsTo":[{"to":"+1","variables":{"a":1}}]}`},
	} {
		var got string
		b := newBench(t, took(), unasked)
		b.RegisterActivityWithOptions(func(raw converter.RawValue) (sms.SendSmsResult, error) {
			got = string(raw.Payload().GetData())
			return took(), nil
		}, activity.RegisterOptions{Name: sms.SendSmsName, DisableAlreadyRegisteredCheck: true})
		b.run(tc.input)
		if got != tc.want {
			t.Errorf("%s: got activity input %s, want %s", name, got, tc.want)
		}
	}
}

func TestInvalidWaitIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		many := make([]string, maxAwaited+1)
		for i := range many {
			many[i] = fmt.Sprintf("+1555%07d", i)
		}
		for name, tc := range map[string]struct {
			input map[string]any
			says  string
		}{
			"more than can be awaited":     {map[string]any{"waitForDelivery": true, "smsTo": many}, "BroadcastSmsWorkflow"},
			"an invalid timeout":           {map[string]any{"waitForDelivery": true, "timeout": "soon"}, "timeout"},
			"neither true nor false":       {map[string]any{"waitForDelivery": "perhaps"}, "true or false"},
			"a negative timeout":           {map[string]any{"waitForDelivery": true, "timeout": "-5m"}, "timeout"},
			"a bad timeout without a wait": {map[string]any{"timeout": "soon"}, "timeout"},
			"an unknown field":             {map[string]any{"smsWhen": "now"}, "smsWhen"},
			"two of the wrong type":        {map[string]any{"smsBody": []string{"Hi"}, "validityPeriod": "long"}, "smsBody must be a string"},
			"milliseconds":                 {map[string]any{"timeout": 300_000}, "a bare number means seconds"},
			"all mistakes":                 {map[string]any{"timeout": "soon", "smsFrom": "+1", "smsTo": "+1"}, "missing or empty: smsBody"},
		} {
			b := newBench(t, took(), unasked)
			b.RegisterActivityWithOptions(func(converter.RawValue) (sms.SendSmsResult, error) {
				t.Errorf("%s: the SendSms activity was called", name)
				return took(), nil
			}, activity.RegisterOptions{Name: sms.SendSmsName, DisableAlreadyRegisteredCheck: true})
			report := b.run(tc.input)
			if len(report.Errors) != 1 || report.Errors[0].Code != sms.CodeInvalidInput || !strings.Contains(report.Errors[0].Message, tc.says) || report.TwilioError == nil {
				t.Errorf("%s: got %+v, want INVALID_INPUT with %q", name, report, tc.says)
			}
		}
		b := newBench(t, took("SM1"), unasked)
		b.news(time.Second, "SM1", sms.StatusDelivered, 0)
		if report := b.run(map[string]any{"waitForDelivery": true, "smsTo": many[:maxAwaited]}); len(report.Deliveries) != 1 {
			t.Errorf("with the maximum number of recipients: got %+v, want 1 delivery", report)
		}
	})
}

func TestCancelledWaitReturnsWhatIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, took("SM1", "SM2"), unasked)
		b.news(time.Second, "SM1", sms.StatusDelivered, 0)
		b.RegisterDelayedCallback(b.CancelWorkflow, 2*time.Second)
		report := b.run(waiting)
		if len(report.Deliveries) != 2 || report.Deliveries[0].Status != sms.StatusDelivered || report.Deliveries[1].Status != sms.StatusQueued {
			t.Errorf("got %+v, want SM1 delivered and SM2 queued", report)
		}
	})
}

func TestCancelledSendHasReport(t *testing.T) {
	for _, wait := range []bool{false, true} {
		b := newBroadcastBench(t, 0)
		b.sending = func(int) { b.CancelWorkflow() } // the test environment loses the result of a cancelled activity
		b.ExecuteWorkflow(sms.SendSmsWorkflowName, sms.SendSmsWorkflowInput{SendSmsInput: sms.SendSmsInput{
			SmsFrom: "+15005550006", SmsBody: "Hi", SmsTo: sms.To("+12125550100", "+14155550100"),
		}, WaitForDelivery: wait})
		var report sms.SendSmsWorkflowResult
		if err := b.GetWorkflowResult(&report); err != nil || len(report.Errors) != 2 || report.Errors[1].Code != sms.CodeOutcomeUnknown || report.Errors[1].To != "+14155550100" || report.TwilioError == nil {
			t.Errorf("got %+v, error %v; want OUTCOME_UNKNOWN for both", report, err)
		}
	}
}

func TestCancelledBeforeStartSendsNothing(t *testing.T) {
	for name, hours := range map[string]*sms.QuietHours{"at once": nil, "awake": {From: "21:00", To: "08:00"}} {
		b := newBroadcastBench(t, 0)
		b.SetStartTime(time.Date(2026, 1, 15, 18, 0, 0, 0, time.UTC))
		b.RegisterWorkflowWithOptions(func(ctx workflow.Context, raw converter.RawValue) (sms.SendSmsWorkflowResult, error) {
			ctx, cancel := workflow.WithCancel(ctx)
			cancel()
			return SendSmsWorkflow(ctx, raw)
		}, workflow.RegisterOptions{Name: "Cancelled"})
		b.ExecuteWorkflow("Cancelled", sms.SendSmsWorkflowInput{SendSmsInput: sms.SendSmsInput{
			SmsFrom: "+15005550006", SmsBody: "Hi", SmsTo: sms.To("+12125550100", "+14155550100"), QuietHours: hours,
		}})
		var report sms.SendSmsWorkflowResult
		if err := b.GetWorkflowResult(&report); err != nil || b.pages > 0 || len(report.Errors) != 2 || report.Errors[1].Code != sms.CodeCancelled || report.Errors[1].To != "+14155550100" {
			t.Errorf("%s: got %d sends, %+v, error %v; want no send, and CANCELLED for both", name, b.pages, report, err)
		}
	}
}

func TestCancelledLongListHasOneError(t *testing.T) {
	for began, code := range map[bool]sms.Code{true: sms.CodeOutcomeUnknown, false: sms.CodeCancelled} {
		if result := cancelled(make(sms.Recipients, sms.MaxRecipients+1), began); len(result.Errors) != 1 || result.Errors[0].Code != code {
			t.Errorf("got %d errors, the first %+v; want only %s", len(result.Errors), result.Errors[0], code)
		}
	}
}

func TestLateErrorCodeCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, took("SM1", "SM2"), unasked)
		b.news(time.Second, "SM1", sms.StatusUndelivered, 0)
		b.news(2*time.Second, "SM1", sms.StatusUndelivered, 30003)
		b.news(3*time.Second, "SM1", sms.StatusUndelivered, 30005) // the first error code counts
		b.news(4*time.Second, "SM1", sms.StatusSent, 30006)        // out of order, so it is ignored
		b.news(5*time.Second, "SM2", sms.StatusDelivered, 0)
		if report := b.run(waiting); report.Deliveries[0] != (sms.Delivery{To: "+SM1", SID: "SM1", Status: sms.StatusUndelivered, ErrorCode: 30003}) {
			t.Errorf("got deliveries %+v, want SM1 undelivered with error code 30003", report.Deliveries)
		}
	})
}

// relay collects updates on its messages over several runs.
func relay(ctx workflow.Context, carried DeliveriesState, sids []string) ([]sms.Delivery, error) {
	deliveries := NewDeliveries(ctx, carried)
	for _, sid := range sids {
		deliveries.Expect(sms.Message{SID: sid, Status: sms.StatusQueued})
	}
	if err := workflow.Sleep(ctx, time.Minute); err != nil {
		return nil, err
	}
	if len(sids) == 0 {
		return deliveries.All(), nil
	}
	return nil, workflow.NewContinueAsNewError(ctx, relay, deliveries.State(), sids[1:])
}

func TestDeliveriesContinueInNextRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var carried DeliveriesState
		for sids := []string{"SM1", "SM2"}; ; sids = sids[1:] {
			env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
			// The update arrives in the workflow task in which the run
			// ends.
			env.RegisterDelayedCallback(func() {
				for _, sid := range []string{"SM1", "SM2", "SM9"} {
					status := map[int]sms.Status{2: sms.StatusSent, 1: sms.StatusDelivered, 0: sms.StatusSending}[len(sids)]
					env.SignalWorkflowSkippingWorkflowTask(sms.StatusSignal, sms.StatusUpdate{MessageSID: sid, Status: status})
				}
			}, time.Minute-time.Millisecond)
			env.ExecuteWorkflow(relay, carried, sids)
			var next *workflow.ContinueAsNewError
			if !errors.As(env.GetWorkflowError(), &next) {
				var got []sms.Delivery
				if err := env.GetWorkflowResult(&got); err != nil {
					t.Fatal(err)
				}
				if want := []sms.Delivery{{SID: "SM1", Status: sms.StatusDelivered}, {SID: "SM2", Status: sms.StatusDelivered}}; !reflect.DeepEqual(got, want) {
					t.Errorf("after three runs: got %+v, want %+v", got, want)
				}
				return
			}
			carried = DeliveriesState{}
			if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &carried, &[]string{}); err != nil {
				t.Fatal(err)
			}
			if len(carried.Early) == 0 || carried.Early[len(carried.Early)-1].SID != "SM9" {
				t.Errorf("got state %+v, want it to keep the update on the unexpected SM9", carried)
			}
		}
	})
}

func TestCallbackResolvesUnknownOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := took("SM1")
		sent.Errors = []sms.Error{
			{To: "+2", Code: sms.CodeOutcomeUnknown, Message: "lost", Recipient: "5.1"},
			{To: "+3", Code: sms.CodeOutcomeUnknown, Message: "lost", Recipient: "5.2"},
			{To: "+4", Code: sms.CodeOutcomeUnknown, Message: "lost", Recipient: "5.3"},
			{To: "+5", Code: sms.CodeInvalidTo, Message: "none"},
		}
		b := newBench(t, sent, func(sid string) sms.StatusUpdate { return sms.StatusUpdate{MessageSID: sid} })
		b.news(time.Second, "SM1", sms.StatusDelivered, 0)
		tell := func(after time.Duration, sid, recipient string, status sms.Status) {
			b.RegisterDelayedCallback(func() {
				b.SignalWorkflow(sms.StatusSignal, sms.StatusUpdate{MessageSID: sid, Status: status, Recipient: recipient, Attempt: 1})
			}, after)
		}
		tell(0, "SM2", "5.1", sms.StatusSent) // before the activity returns
		tell(time.Minute, "SM2", "5.1", sms.StatusDelivered)
		tell(2*time.Minute, "SM3", "5.2", sms.StatusUndelivered)
		tell(3*time.Minute, "SM9", "7.2", sms.StatusDelivered) // of another activity
		began := b.Now()
		report := b.run(waiting)
		if waited := b.Now().Sub(began); waited != DefaultDeliveryTimeout {
			t.Errorf("waited %s for the recipient whose outcome remains unknown, want %s", waited, DefaultDeliveryTimeout)
		}
		want := []sms.Delivery{
			{To: "+SM1", SID: "SM1", Status: sms.StatusDelivered},
			{To: "+2", SID: "SM2", Status: sms.StatusDelivered, Recipient: "5.1"},
			{To: "+3", SID: "SM3", Status: sms.StatusUndelivered, Recipient: "5.2"},
		}
		if !reflect.DeepEqual(report.Deliveries, want) {
			t.Errorf("got deliveries %+v, want %+v", report.Deliveries, want)
		}
		if len(report.Messages) != 3 || len(report.Errors) != 2 || report.Errors[0].To != "+4" || report.TwilioError == nil || !strings.Contains(report.TwilioResult, "SM3") {
			t.Errorf("got %+v, want 3 messages and 2 errors", report.SendSmsResult)
		}
	})
}

func TestLookUpsEndWithWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sids []string
		for i := range 1000 {
			sids = append(sids, fmt.Sprint("SM", i))
		}
		b := newBench(t, took(sids...), func(sid string) sms.StatusUpdate { return sms.StatusUpdate{} })
		b.OnActivity(sms.GetMessagesName, mock.Anything).After(5*time.Minute).Return([]sms.StatusUpdate{}, nil)
		input := map[string]any{"timeout": "30m"}
		maps.Copy(input, waiting)
		began := b.Now()
		b.run(input)
		if waited := b.Now().Sub(began); waited > 36*time.Minute {
			t.Errorf("waited %s, want at most 36m", waited)
		}
	})
}

func TestBodiesAreClearedAfterOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, took("SM1", "SM2", "SM3"), func(sid string) sms.StatusUpdate { return sms.StatusUpdate{MessageSID: sid, Status: sms.StatusSent} })
		var (
			mu      sync.Mutex
			cleared []string
		)
		b.RegisterActivityWithOptions(func(in sms.MessageInput) (sms.MessageState, error) {
			mu.Lock()
			defer mu.Unlock()
			cleared = append(cleared, in.SID)
			if in.SID == "SM2" {
				return sms.MessageState{}, temporal.NewNonRetryableApplicationError("no", "no", nil)
			}
			return sms.MessageState{}, nil
		}, activity.RegisterOptions{Name: sms.RedactMessageName})
		b.news(time.Second, "SM1", sms.StatusDelivered, 0)
		b.news(time.Second, "SM2", sms.StatusUndelivered, 30003)
		input := maps.Clone(waiting)
		input["redact"], input["timeout"] = true, "1m"
		b.RegisterDelayedCallback(b.CancelWorkflow, 40*time.Second)
		report := b.run(input)
		slices.Sort(cleared)
		if !slices.Equal(cleared, []string{"SM1", "SM2"}) {
			t.Errorf("cleared the bodies of %q, want SM1 and SM2", cleared)
		}
		for i, want := range []bool{true, false, false} {
			if report.Deliveries[i].Redacted != want {
				t.Errorf("got delivery %+v, want Redacted %v", report.Deliveries[i], want)
			}
		}
		without := newBench(t, took("SM1"), unasked)
		if refused := without.run(map[string]any{"smsFrom": "+15005550006", "smsTo": "+15005550009", "smsBody": "Hi", "redact": true}); len(refused.Errors) != 1 || refused.Errors[0].Code != sms.CodeInvalidInput {
			t.Errorf("redact without a wait: got %+v, want INVALID_INPUT", refused)
		}
	})
}
