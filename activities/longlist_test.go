package activities

import (
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

func TestLongListIsRefusedBeforeSending(t *testing.T) {
	for says, change := range map[string]func(*Activities, *sms.SendSmsInput){
		"BROADCAST_STORE": func(a *Activities, _ *sms.SendSmsInput) { a.Reports = false },
		"statusSignals":   func(_ *Activities, in *sms.SendSmsInput) { yes := true; in.StatusSignals = &yes },
		"line 1":          func(_ *Activities, in *sms.SendSmsInput) { in.SmsBody = "Hi ${" },
		`account "away"`:  func(_ *Activities, in *sms.SendSmsInput) { in.Account = "away" },
	} {
		a := newActivities(gatewayFunc(nil)) // sending panics because the gateway is nil
		a.Reports = true
		input := sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.To(phones(sms.MaxRecipients + 1)...), SmsBody: "Hi"}
		change(a, &input)
		result, err := run(t, a, input)
		if err != nil || len(result.Errors) != 1 || !strings.Contains(result.Errors[0].Message, says) || result.Errors[0].To != "" {
			t.Errorf("got result %+v, error %v, want one error for the whole list that says %q", result, err, says)
		}
	}
}

func TestOversizedPageIsRefused(t *testing.T) {
	list := sms.SendSmsInput{SmsTo: make(sms.Recipients, sms.MaxRecipients+1)}
	for by, want := range map[string]bool{sms.BroadcastSmsWorkflowName: true, sms.SendSmsWorkflowName: false} {
		page := &attempt{info: activity.Info{Attempt: 1, WorkflowType: &workflow.Type{Name: by}}}
		if refused := page.tooLong(list) != nil; refused != want || page.tooLong(one) != nil {
			t.Errorf("%s: an oversized page is refused = %v, want %v; a page of one recipient must never be refused", by, refused, want)
		}
	}
}

func TestLongListSummaryCountsEveryone(t *testing.T) {
	l := &longList{id: "sms-list-1"}
	got := l.summary(sms.BroadcastProgress{Total: 6000, Recipients: 5500, Sent: 5000, Errors: map[sms.Code]int{sms.CodeInvalidTo: 400, sms.CodeOptedOut: 100}, State: "cancelled", Report: "r.jsonl"})
	checkContract(t, got)
	if unsent, all := got.Unsent(); len(got.Errors) != 3 || got.Errors[2].Code != sms.CodeCancelled || !strings.Contains(got.Errors[0].Message, "400") || unsent != 1000 || all != 6000 {
		t.Errorf("got %d unsent of %d, result %+v, want 1000 of 6000 and an error for each of 3 codes", unsent, all, got)
	}
	if all := l.summary(sms.BroadcastProgress{Total: 6000, Recipients: 6000, Sent: 6000, State: "done"}); all.TwilioError != nil {
		t.Errorf("all recipients texted: got errors %s, want none", *all.TwilioError)
	}
}

func TestLongListSummaryHasFailure(t *testing.T) {
	got := (&longList{}).summary(sms.BroadcastProgress{Total: 3, Recipients: 3, Sent: 3, State: "failed", Error: "no space left on device"})
	checkContract(t, got)
	if len(got.Errors) != 1 || got.Errors[0].Code != sms.CodeUnknown || !strings.Contains(got.Errors[0].Message, "no space left") {
		t.Errorf("got result %+v, want one UNKNOWN_ERROR that gives the reason", got)
	}
}

func TestStoppingBroadcastIsBrief(t *testing.T) {
	for name, cancelled := range map[string]error{"running": nil, "just ended": serviceerror.NewNotFound("ended")} {
		c := &clerk{cancelled: cancelled, results: map[string]any{"sms-list-1": sms.BroadcastProgress{State: "done"}}}
		l := &longList{attempt: &attempt{began: time.Now(), heart: newHeart(nil, 10*time.Second, time.Now())}, activities: &Activities{temporal: c}, id: "sms-list-1"}
		if progress, stopped := l.stop(t.Context()); !stopped || progress.State != "done" || time.Until(c.until) > 5*time.Second {
			t.Errorf("%s: got progress %+v, stopped %v, with a deadline in %s, want done, true and at most 5s", name, progress, stopped, time.Until(c.until))
		}
	}
}

func TestRetriedLongListIsNotChecked(t *testing.T) {
	// This worker has no store for reports, unlike that of the first attempt.
	for attempts, want := range map[int32]bool{1: false, 2: true} {
		l := &longList{attempt: &attempt{info: activity.Info{Attempt: attempts}}, activities: &Activities{}}
		if problem := l.check(t.Context()); (problem == nil) != want {
			t.Errorf("attempt %d: got the problem %v; want the list accepted: %t", attempts, problem, want)
		}
	}
}
