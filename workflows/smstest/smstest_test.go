package smstest_test

import (
	"testing"
	"time"

	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/activities"
	"temporal-twilio/sms"
	"temporal-twilio/workflows"
	"temporal-twilio/workflows/smstest"
)

const (
	ours = "+15005550006"
	ann  = "+15005550009"
	bo   = "+15005550010"
)

// appointment is a workflow as somebody else would write it.
func appointment(ctx workflow.Context, to string) (string, error) {
	answer, err := workflows.AskSms(ctx, workflows.AskSmsInput{SmsFrom: ours, SmsTo: to, SmsBody: "Monday?", Timeout: workflows.Duration(time.Hour)})
	if err != nil || answer.Outcome != workflows.Answered {
		return string(answer.Outcome), err
	}
	deliveries := workflows.NewDeliveries(ctx, workflows.DeliveriesState{})
	sent, err := workflows.SendSms(ctx, activities.SendSmsInput{SmsFrom: ours, SmsTo: activities.To(to), SmsBody: "See you!"})
	if err != nil {
		return "", err
	}
	deliveries.Expect(sent.Messages...)
	err = deliveries.Await(ctx, time.Hour)
	return answer.Reply.Body + ", " + string(deliveries.All()[0].Status), err
}

func TestAWorkflowOfSomebodyElsesIsTestedWithoutTwilio(t *testing.T) {
	for name, tc := range map[string]struct {
		prepare func(*smstest.Phones)
		want    string
		texts   int
	}{
		"a reply":       {func(p *smstest.Phones) { p.Reply(ann, "yes", time.Minute) }, "yes, delivered", 2},
		"no reply":      {func(*smstest.Phones) {}, "timedOut", 1},
		"a late reply":  {func(p *smstest.Phones) { p.Reply(ann, "yes", 2*time.Hour) }, "timedOut", 1},
		"an opt-out":    {func(p *smstest.Phones) { p.Refuse(ann, sms.OptedOut) }, "notSent", 0},
		"another phone": {func(p *smstest.Phones) { p.Reply(bo, "yes", time.Minute) }, "timedOut", 1},
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
				t.Errorf("ended with %q after %d texts, want %q after %d", got, len(texts), tc.want, tc.texts)
			}
		})
	}
}
