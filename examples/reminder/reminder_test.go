package main

import (
	"testing"
	"time"

	"go.temporal.io/sdk/testsuite"

	"temporal-twilio/sms"
	"temporal-twilio/workflows/smstest"
)

func TestReminderReportsWhatTheGuestSays(t *testing.T) {
	const guest = "+15005550009"
	for name, tc := range map[string]struct {
		prepare func(*smstest.Phones)
		want    string
		texts   int
	}{
		"yes":     {func(p *smstest.Phones) { p.Reply(guest, "Yes, please", time.Minute) }, "coming", 2},
		"no":      {func(p *smstest.Phones) { p.Reply(guest, " no", time.Minute) }, "not coming", 2},
		"nothing": {func(*smstest.Phones) {}, "not known: timedOut", 1},
		"STOP":    {func(p *smstest.Phones) { p.Refuse(guest, sms.CodeOptedOut) }, "not known: notSent", 0},
	} {
		t.Run(name, func(t *testing.T) {
			env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
			phones := smstest.New(env)
			tc.prepare(phones)
			now := env.Now()
			env.ExecuteWorkflow(ReminderWorkflow, Appointment{From: "+15005550006", Phone: guest, Name: "Ann", RemindAt: now.Add(time.Hour), At: now.Add(25 * time.Hour)})
			var got string
			if err := env.GetWorkflowResult(&got); err != nil || got != tc.want {
				t.Errorf("got %q, error %v; want %q", got, err, tc.want)
			}
			if texts := phones.Texts(guest); len(texts) != tc.texts {
				t.Errorf("the guest got %d texts, want %d", len(texts), tc.texts)
			}
		})
	}
}
