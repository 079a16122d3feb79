package smstest_test

import (
	"reflect"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/workflows"
	"temporal-twilio/workflows/smstest"
)

const (
	ours = "+15005550006"
	ann  = "+15005550009"
	bo   = "+15005550010"
)

// appointment is a workflow like those that users of the package write.
func appointment(ctx workflow.Context, to string) (string, error) {
	answer, err := workflows.AskSms(ctx, sms.AskSmsInput{SmsFrom: ours, SmsTo: to, SmsBody: "Monday?", Timeout: sms.Duration(time.Hour)})
	if err != nil || answer.Outcome != sms.AskAnswered {
		return string(answer.Outcome), err
	}
	deliveries := workflows.NewDeliveries(ctx, workflows.DeliveriesState{})
	sent, err := workflows.SendSms(ctx, sms.SendSmsInput{SmsFrom: ours, SmsTo: sms.To(to), SmsBody: "See you!"})
	if err != nil {
		return "", err
	}
	deliveries.Expect(sent.Messages...)
	err = deliveries.Await(ctx, time.Hour)
	return answer.Reply.Body + ", " + string(deliveries.All()[0].Status), err
}

func TestWorkflowRunsWithoutTwilio(t *testing.T) {
	for name, tc := range map[string]struct {
		prepare func(*smstest.Phones)
		want    string
		texts   int
	}{
		"a reply":            {func(p *smstest.Phones) { p.Reply(ann, "yes", time.Minute) }, "yes, delivered", 2},
		"no reply":           {func(*smstest.Phones) {}, "timedOut", 1},
		"a late reply":       {func(p *smstest.Phones) { p.Reply(ann, "yes", 2*time.Hour) }, "timedOut", 1},
		"an unknown outcome": {func(p *smstest.Phones) { p.Refuse(ann, sms.CodeOutcomeUnknown) }, "timedOut", 1},
		"an opt-out":         {func(p *smstest.Phones) { p.Refuse(ann, sms.CodeOptedOut) }, "notSent", 0},
		"another phone":      {func(p *smstest.Phones) { p.Reply(bo, "yes", time.Minute) }, "timedOut", 1},
	} {
		t.Run(name, func(t *testing.T) {
			env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
			env.RegisterWorkflow(appointment)
			phones := smstest.New(env)
			tc.prepare(phones)
			env.ExecuteWorkflow(appointment, ann)
			var got string
			if err := env.GetWorkflowResult(&got); err != nil {
				t.Fatal(err)
			}
			if texts := phones.Texts(ann); got != tc.want || len(texts) != tc.texts {
				t.Errorf("got result %q after %d texts, want %q after %d texts", got, len(texts), tc.want, tc.texts)
			}
		})
	}
}

// campaign runs a broadcast for each input, one after the other.
func campaign(ctx workflow.Context, lists []sms.BroadcastSmsInput) (all []sms.BroadcastProgress, _ error) {
	for _, input := range lists {
		progress, err := workflows.BroadcastSms(ctx, input)
		if err != nil {
			return nil, err
		}
		all = append(all, progress)
	}
	return all, nil
}

func TestBroadcastRunsWithoutTwilio(t *testing.T) {
	env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
	env.RegisterWorkflow(campaign)
	env.RegisterActivityWithOptions(func(in sms.PageInput) (sms.Page, error) {
		if in.Cursor == "" {
			return sms.Page{Recipients: sms.To(ann), Next: "2"}, nil
		}
		return sms.Page{Recipients: sms.To(bo)}, nil
	}, activity.RegisterOptions{Name: "Customers"})
	phones := smstest.New(env)
	phones.File("all.csv", sms.Recipient{To: ann}, sms.Recipient{To: "+15005550011"})
	phones.Refuse(bo, sms.CodeOptedOut)
	text := sms.SendSmsInput{SmsFrom: ours, SmsBody: "We moved."}
	listed := text
	listed.SmsTo = sms.To(ann, bo)
	env.ExecuteWorkflow(campaign, []sms.BroadcastSmsInput{
		{SendSmsInput: listed}, {SendSmsInput: text, File: "all.csv", Report: "moved"}, {SendSmsInput: text, Source: &sms.BroadcastSource{Activity: "Customers"}},
	})
	var got []sms.BroadcastProgress
	if err := env.GetWorkflowResult(&got); err != nil {
		t.Fatal(err)
	}
	opted := map[sms.Code]int{sms.CodeOptedOut: 1}
	want := []sms.BroadcastProgress{
		{State: "done", Recipients: 2, Sent: 1, Pages: 1, Errors: opted},
		{State: "done", Recipients: 2, Sent: 2, Pages: 1, Errors: map[sms.Code]int{}, Report: "moved.jsonl"},
		{State: "done", Recipients: 2, Sent: 1, Pages: 2, Errors: opted},
	}
	if !reflect.DeepEqual(got, want) || len(phones.Texts(ann)) != 3 || len(phones.Texts("")) != 4 {
		t.Errorf("got %+v and %d texts, want %+v and 4", got, len(phones.Texts("")), want)
	}
}
