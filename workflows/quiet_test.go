package workflows

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/sdk/temporal"

	"temporal-twilio/sms"
)

// sentAtNight runs a send that begins when it is 23:00 in New York and 20:00 in
// Los Angeles, and returns when each recipient was texted.
func sentAtNight(t *testing.T, request sms.SendSmsWorkflowInput, act func(*broadcastBench)) (report sms.SendSmsWorkflowResult, at map[string]string) {
	t.Helper()
	b := newBroadcastBench(t, 0)
	b.SetStartTime(time.Date(2026, 11, 27, 4, 0, 0, 0, time.UTC))
	at = make(map[string]string)
	b.outcome = func(_ int, to string) *sms.Error {
		at[to] = b.Now().UTC().Format("02 15:04")
		return nil
	}
	if act != nil {
		b.RegisterDelayedCallback(func() { act(b) }, time.Hour)
	}
	b.ExecuteWorkflow(sms.SendSmsWorkflowName, request)
	if err := b.GetWorkflowResult(&report); err != nil {
		t.Fatal(err)
	}
	return report, at
}

func TestSendWaitsForEachRecipient(t *testing.T) {
	night := &sms.QuietHours{From: "21:00", To: "08:00"}
	request := sms.SendSmsWorkflowInput{SendSmsInput: sms.SendSmsInput{
		SmsFrom: "+15005550006", SmsBody: "Hi", SmsTo: sms.To("+12125550100", "+14155550100", "+12125550101"), QuietHours: night,
	}}
	report, at := sentAtNight(t, request, nil)
	if got := fmt.Sprint(at); len(report.Messages) != 3 || got != "map[+12125550100:27 13:00 +12125550101:27 13:00 +14155550100:27 04:00]" || report.TwilioResult == "" || report.TwilioError != nil {
		t.Errorf("texted at %s, result %+v; want each texted when the recipient's quiet hours end", got, report)
	}
	report, at = sentAtNight(t, request, (*broadcastBench).CancelWorkflow)
	if len(report.Messages) != 1 || len(report.Errors) != 2 || report.Errors[0].Code != sms.CodeCancelled || report.Errors[0].To != "+12125550100" || len(at) != 1 {
		t.Errorf("cancelled: texted at %v, result %+v; want 1 texted and 2 CANCELLED", at, report)
	}
	request.IdempotencyKey = "order-42"
	report, at = sentAtNight(t, request, nil)
	if got := fmt.Sprint(at); len(report.Messages) != 3 || got != "map[+12125550100:27 16:00 +12125550101:27 16:00 +14155550100:27 16:00]" {
		t.Errorf("with a key: texted at %s, result %+v; want all texted when the last quiet hours end", got, report)
	}
}

func TestQuietRecipientsAreTextedDespiteError(t *testing.T) {
	request := sms.SendSmsWorkflowInput{SendSmsInput: sms.SendSmsInput{
		SmsFrom: "+15005550006", SmsBody: "Hi", SmsTo: sms.To("+12125550100", "+14155550100"), OnError: sms.OnErrorFail,
		QuietHours: &sms.QuietHours{From: "21:00", To: "08:00"},
	}}
	b := newBroadcastBench(t, 0)
	b.SetStartTime(time.Date(2026, 11, 27, 4, 0, 0, 0, time.UTC))
	b.outcome = fails(1, sms.Error{Code: sms.CodeOptedOut})
	b.ExecuteWorkflow(sms.SendSmsWorkflowName, request)
	var told sms.SendSmsResult
	failed, is := errors.AsType[*temporal.ApplicationError](b.GetWorkflowError())
	if !is || failed.Type() != sms.NotSentErrorType || failed.Details(&told) != nil || len(told.Messages) != 1 || len(told.Errors) != 1 || len(b.texted) != 1 {
		t.Errorf("texted %q, result %+v, error %v; want 1 texted, and an error with 1 unsent", b.texted, told, b.GetWorkflowError())
	}
}

func TestCancelledSendKeepsWhatIsKnown(t *testing.T) {
	request := sms.SendSmsWorkflowInput{SendSmsInput: sms.SendSmsInput{
		SmsFrom: "+15005550006", SmsBody: "Hi", SmsTo: sms.To("+12125550100", "+14155550100"), QuietHours: &sms.QuietHours{From: "21:00", To: "08:00"},
	}}
	b := newBroadcastBench(t, 0)
	b.SetStartTime(time.Date(2026, 11, 27, 4, 0, 0, 0, time.UTC))
	b.sending = func(part int) {
		if part == 2 { // the test environment loses the result of a cancelled activity
			b.CancelWorkflow()
		}
	}
	b.ExecuteWorkflow(sms.SendSmsWorkflowName, request)
	var report sms.SendSmsWorkflowResult
	if err := b.GetWorkflowResult(&report); err != nil || len(report.Messages) != 1 || len(report.Errors) != 1 || report.Errors[0].Code != sms.CodeOutcomeUnknown {
		t.Errorf("got %+v, error %v; want 1 message and 1 OUTCOME_UNKNOWN", report, err)
	}
}

func TestQuietHoursDoNotDuplicatePhone(t *testing.T) {
	request := sms.SendSmsWorkflowInput{SendSmsInput: sms.SendSmsInput{
		SmsFrom: "whatsapp:+15005550006", SmsBody: "Hi", SmsTo: sms.To("whatsapp:+525512345678", "whatsapp:+5215512345678"),
		QuietHours: &sms.QuietHours{From: "21:00", To: "08:00"},
	}}
	for _, hour := range []int{4, 13, 14} {
		b := newBroadcastBench(t, 0)
		b.SetStartTime(time.Date(2026, 1, 15, hour, 30, 0, 0, time.UTC)) // 14:30 is 08:30 in Mexico City and 06:30 in Tijuana
		if b.ExecuteWorkflow(sms.SendSmsWorkflowName, request); len(b.texted) != 1 {
			t.Errorf("at %d:30: texted %q, error %v; want the phone texted once", hour, b.texted, b.GetWorkflowError())
		}
	}
}

func TestInvalidQuietHoursAreRefused(t *testing.T) {
	soon := time.Date(2026, 11, 27, 5, 0, 0, 0, time.UTC)
	for name, spoil := range map[string]func(*sms.SendSmsWorkflowInput){
		"not a time of day":   func(r *sms.SendSmsWorkflowInput) { r.QuietHours.From = "9 pm" },
		"all day":             func(r *sms.SendSmsWorkflowInput) { r.QuietHours.To = "21:00" },
		"too many recipients": func(r *sms.SendSmsWorkflowInput) { r.SmsTo = make(sms.Recipients, sms.MaxRecipients+1) },
		"combined with sendAt": func(r *sms.SendSmsWorkflowInput) {
			r.SendAt, r.MessagingServiceSID = &soon, "MG0123456789abcdef0123456789abcdef"
		},
	} {
		request := sms.SendSmsWorkflowInput{SendSmsInput: sms.SendSmsInput{
			SmsFrom: "+15005550006", SmsBody: "Hi", SmsTo: sms.To("+12125550100"), QuietHours: &sms.QuietHours{From: "21:00", To: "08:00"},
		}}
		spoil(&request)
		report, at := sentAtNight(t, request, nil)
		if len(at) > 0 || len(report.Errors) != 1 || report.Errors[0].Code != sms.CodeInvalidInput {
			t.Errorf("%s: texted %v, got %+v; want nobody texted, and INVALID_INPUT", name, at, report)
		}
	}
}

func TestHeldSendWaitsForMorning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroadcastBench(t, 0)
		b.SetStartTime(time.Date(2026, 1, 15, 20, 59, 59, 0, time.UTC))
		at := make(map[string]string)
		b.outcome = func(page int, to string) *sms.Error {
			if page == 1 && to != "+447400123457" {
				return &sms.Error{Code: sms.CodeQuietHours, Retryable: true}
			}
			at[to] = b.Now().UTC().Format("02 15:04")
			return nil
		}
		b.ExecuteWorkflow(sms.SendSmsWorkflowName, sms.SendSmsWorkflowInput{SendSmsInput: sms.SendSmsInput{
			SmsFrom: "+15005550006", SmsBody: "Hi", DefaultRegion: "GB", SmsTo: sms.To("07400 123456", "+447400123457", "+447400123458"), QuietHours: &sms.QuietHours{From: "21:00", To: "08:00"},
		}})
		var report sms.SendSmsWorkflowResult
		if err := b.GetWorkflowResult(&report); err != nil || len(report.Messages) != 3 || len(report.Errors) != 0 || len(b.texted) != 3 || at["07400 123456"] != "16 08:00" || at["+447400123458"] != "16 08:00" || b.hours == nil {
			t.Errorf("got %+v, error %v, texted at %v; want 3 texted, the held ones at 08:00", report, err, at)
		}
	})
}

func TestHeldPageWaitsForMorning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroadcastBench(t, 0)
		b.SetStartTime(time.Date(2026, 1, 15, 20, 59, 59, 0, time.UTC))
		input := b.fromFile(t, "+447400123456,Ann", "+447400123457,Bo")
		input.QuietHours, input.GiveUpAfter = &sms.QuietHours{From: "21:00", To: "08:00"}, sms.Duration(2*time.Hour)
		at := make(map[string]string)
		away := true // in the morning, Twilio is unreachable at first
		b.outcome = func(page int, to string) *sms.Error {
			switch {
			case page == 1:
				return &sms.Error{Code: sms.CodeQuietHours, Retryable: true}
			case away:
				away = false
				return &sms.Error{Code: sms.CodeConnection, Retryable: true}
			}
			at[to] = b.Now().UTC().Format("02 15:04")
			return nil
		}
		var held sms.BroadcastProgress
		b.RegisterDelayedCallback(func() { held = b.progress(t) }, 5*time.Second)
		if progress, report := b.runOn(t, input); progress.State != "done" || progress.Sent != 2 || len(report) != 2 || at["+447400123456"] != "16 08:00" || b.hours == nil {
			t.Errorf("got %+v, report %+v, texted at %v; want 2 texted at 08:00", progress, report, at)
		}
		if held.State != "waiting" { // not "paused", which is logged as a warning
			t.Errorf("in quiet hours: got %+v, want waiting", held)
		}
	})
}

func TestQuietHoursDoNotHideOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroadcastBench(t, 0)
		b.SetStartTime(time.Date(2026, 1, 15, 20, 59, 59, 0, time.UTC))
		input := b.fromFile(t, "+447400123456,Ann", "+12125550101,Bo")
		input.QuietHours = &sms.QuietHours{From: "21:00", To: "08:00"}
		b.outcome = func(page int, to string) *sms.Error {
			switch {
			case page > 1:
				return nil
			case to == "+447400123456":
				return &sms.Error{Code: sms.CodeQuietHours, Retryable: true}
			}
			return &sms.Error{Code: sms.CodeConnection, Retryable: true}
		}
		var away sms.BroadcastProgress
		b.RegisterDelayedCallback(func() { away = b.progress(t) }, 5*time.Second)
		if progress, _ := b.runOn(t, input); progress.Sent != 2 || away.State != "paused" || !strings.Contains(away.Why, string(sms.CodeConnection)) {
			t.Errorf("while Twilio was unreachable: got %+v, want paused with the reason; at the end: got %+v, want 2 sent", away, progress)
		}
	})
}

// An older worker, whose SendSms refuses quiet hours, runs a send and a page.
func TestOlderWorkersSendInQuietHours(t *testing.T) {
	bench := func(sends *int) *broadcastBench {
		b := newBroadcastBench(t, 0)
		b.SetStartTime(time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC))
		b.refuses = func(in sms.SendSmsInput) *sms.Error {
			if *sends++; in.QuietHours == nil {
				return nil
			}
			return &sms.Error{Code: sms.CodeInvalidInput, Message: "quietHours needs a timer, which an activity does not have: start SendSmsWorkflow or BroadcastSmsWorkflow with it"}
		}
		return b
	}
	hours := &sms.QuietHours{From: "21:00", To: "08:00"}
	sends := 0
	b := bench(&sends)
	b.ExecuteWorkflow(sms.SendSmsWorkflowName, sms.SendSmsWorkflowInput{SendSmsInput: sms.SendSmsInput{
		SmsFrom: "+15005550006", SmsBody: "Hi", SmsTo: sms.To("+447400123456"), QuietHours: hours,
	}})
	var report sms.SendSmsWorkflowResult
	if err := b.GetWorkflowResult(&report); err != nil || len(report.Messages) != 1 || len(report.Errors) != 0 || sends != 2 {
		t.Errorf("after %d sends: got %+v, error %v; want 1 message after 2 sends", sends, report, err)
	}
	sends = 0
	b = bench(&sends)
	input := b.fromFile(t, "+447400123456,Ann", "+447400123457,Bo")
	input.QuietHours = hours
	if progress, _ := b.runOn(t, input); progress.State != "done" || progress.Sent != 2 || sends != 2 {
		t.Errorf("after %d sends: got %+v, want 2 sent after 2 sends", sends, progress)
	}
}
