package docs

// Tests that the commands in docs/inspect.md answer the questions of whoever is
// on call.

import (
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"go.temporal.io/sdk/client"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

func TestInspectPageAnswersItsQuestions(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Triggers: snippet(t, "README.md", "yaml"), Environment: []string{"CATCH_UP=1h"}})
	shell := newShell(t, s.Environment()...)
	began := func(id, workflow string, input map[string]any) {
		if _, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: sms.TaskQueue}, workflow, input); err != nil {
			t.Fatal(err)
		}
	}
	// The page's commands need search attributes, a schedule and an open question.
	stack.Eventually(t, "the schedule is there", func(ctx context.Context) error {
		_, err := s.Temporal.Client.ScheduleClient().GetHandle(ctx, "sms-catch-up").Describe(ctx)
		return err
	})
	text, err := s.Twilio.Inbound(t.Context(), twiliosim.Inbound{From: phone, To: stack.Number, Body: "Order Number 42"})
	if err != nil {
		t.Fatal(err)
	}
	began("visit-7", sms.AskSmsWorkflowName, map[string]any{"smsFrom": stack.Number, "smsTo": "+15005550010", "smsBody": "Coming?"})
	began("spring", sms.BroadcastSmsWorkflowName, map[string]any{"smsFrom": stack.Number, "smsTo": []string{"+12125550100"}, "smsBody": "Hi", "quietHours": map[string]any{"from": "04:01", "to": "04:00"}})
	var open []struct {
		Workflow string `json:"workflowId"`
		sms.AskProgress
	}
	stack.Eventually(t, "the question is listed", func(context.Context) error {
		if err := json.Unmarshal([]byte(shell.run(t, "this test", ".local/bin/starter questions --json")), &open); err != nil {
			return err
		}
		if len(open) != 1 || open[0].Workflow != "visit-7" || open[0].Until.IsZero() {
			return errors.New("not yet")
		}
		return nil
	})
	real := strings.NewReplacer("SM0123456789abcdef0123456789abcdef", text.MessageSID, "--since 10:00", "--since 1h")
	for _, b := range blocksOf(t, "docs/inspect.md") {
		shell.run(t, b.at(), real.Replace(b.text))
	}

	// Nothing has failed so far. Cause two failures: a recipient who cannot be
	// texted, and a text that is refused.
	began("nobody", sms.SendSmsWorkflowName, map[string]any{"smsFrom": stack.Number, "smsTo": []string{"nobody", phone}, "smsBody": "Hi"})
	if _, err := s.Twilio.Inbound(t.Context(), twiliosim.Inbound{From: phone, To: stack.Number, Body: "CANCEL 8"}); err != nil {
		t.Fatal(err)
	}
	stack.Eventually(t, "the failures are listed", func(ctx context.Context) error {
		bash := exec.CommandContext(ctx, "bash", "-c", ".local/bin/starter failed --since 1h")
		bash.Dir, bash.Env = shell.dir, shell.environment
		output, _ := bash.Output() // the exit status shows any error
		for _, want := range []string{"nobody  not sent to all  INVALID_TO_PHONE_NUMBER_ERROR 1", "refused  cancel: there is no open workflow with this ID"} {
			if bash.ProcessState.ExitCode() != 1 || !strings.Contains(string(output), want) {
				return errors.New(string(output))
			}
		}
		if strings.Contains(string(output), strings.TrimPrefix(phone, "+")) {
			t.Errorf("a phone number is printed: %s", output)
		}
		return nil
	})
}
