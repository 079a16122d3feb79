package main

import (
	"testing"
	"time"

	"go.temporal.io/sdk/testsuite"

	"temporal-twilio/sms"
	"temporal-twilio/workflows/smstest"
)

func TestAgentActsOnlyIfApproved(t *testing.T) {
	const first, second = "+15005550009", "+15005550010"
	for name, tc := range map[string]struct {
		prepare func(*smstest.Phones)
		want    string
		asked   int
	}{
		"the first approves": {func(p *smstest.Phones) { p.Reply(first, "K7 Yes", time.Second) }, first + " approved. Done: Refund", 1},
		"the first refuses":  {func(p *smstest.Phones) { p.Reply(first, "no, not yet: yes later", time.Second) }, first + " refused. Nothing was done.", 1},
		"the second decides": {func(p *smstest.Phones) { p.Reply(second, "yes", time.Second) }, second + " approved. Done: Refund", 2},
		"nobody answers":     {func(*smstest.Phones) {}, "Nobody answered. Nothing was done.", 2},
		"the first opted out": {func(p *smstest.Phones) {
			p.Refuse(first, sms.CodeOptedOut)
			p.Reply(second, "no", time.Second)
		}, second + " refused. Nothing was done.", 1},
	} {
		t.Run(name, func(t *testing.T) {
			env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
			env.RegisterWorkflow(ApprovalWorkflow)
			env.RegisterActivity(Act)
			phones := smstest.New(env)
			tc.prepare(phones)
			env.ExecuteWorkflow(RefundAgent, Approval{Action: "Refund", Approvers: []string{first, second}, From: "+15005550006", Timeout: sms.Duration(time.Minute)})
			var got string
			if err := env.GetWorkflowResult(&got); err != nil || got != tc.want {
				t.Errorf("got %q, error %v; want %q", got, err, tc.want)
			}
			if asked := len(phones.Texts("")); asked != tc.asked {
				t.Errorf("asked %d phones, want %d", asked, tc.asked)
			}
		})
	}
}
