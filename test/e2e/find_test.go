package e2e

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"go.temporal.io/sdk/client"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
)

func TestStarterFindShowsAPhonesHistory(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	find := func(args ...string) (out string, status int) {
		cmd := exec.CommandContext(t.Context(), stack.Build(t, "starter"), append([]string{"find"}, args...)...)
		cmd.Env = s.Environment()
		text, _ := cmd.CombinedOutput() // the exit status shows any error
		return string(text), cmd.ProcessState.ExitCode()
	}
	if out, status := find(phone); status != 1 || !strings.Contains(out, "nothing found") {
		t.Errorf("before any text: got status %d, want 1 and nothing found:\n%s", status, out)
	}
	stack.Eventually(t, "the namespace has the search attributes", func(context.Context) error {
		if !strings.Contains(s.Worker.Output(), "worker started") {
			return errors.New("not yet")
		}
		return nil
	})
	ordered := text(t, s, "Order Number 42")
	text(t, s, "hello")
	run, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: sms.TaskQueue}, sms.SendSmsWorkflowName,
		sms.SendSmsInput{SmsFrom: stack.Number, SmsTo: sms.Recipients{{To: phone}}, SmsBody: "On its way"})
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	out, status := find(phone, "--since", "1h")
	place := -1
	for _, want := range []string{
		`"Order Number 42"`, `"hello"`, `"On its way"`,
	} {
		next := strings.Index(out, want)
		if next <= place {
			t.Errorf("%s is missing or out of order", want)
		}
		place = next
	}
	if !strings.Contains(out, "reply of the webhook") {
		t.Errorf("the echo is not marked as a reply of the webhook:\n%s", out)
	}
	if status != 0 || !strings.Contains(out, fmt.Sprintf("%s running, trigger order-status", sms.TextWorkflowID(ordered.MessageSID))) && !strings.Contains(out, fmt.Sprintf("%s completed, trigger order-status", sms.TextWorkflowID(ordered.MessageSID))) || !strings.Contains(out, "no workflow handles it") {
		t.Errorf("got status %d, want 0, the order's workflow, and a text that no workflow handles:\n%s", status, out)
	}
	if out, status := find(ordered.MessageSID, "--json"); status != 0 || !strings.Contains(out, `"trigger": "order-status"`) {
		t.Errorf("by the SID: got status %d, want 0 and the trigger order-status:\n%s", status, out)
	}
	var sent sms.SendSmsResult
	if err := run.Get(t.Context(), &sent); err != nil {
		t.Fatal(err)
	}
	stack.Eventually(t, "an outbound text shows its workflow, which is listed as completed", func(context.Context) error {
		if out, status := find(sent.Messages[0].SID); status != 0 || !strings.Contains(out, "sent by "+run.GetID()+" completed") {
			return fmt.Errorf("status %d\n%s", status, out)
		}
		return nil
	})
	if out, status := find("SM00000000000000000000000000000000"); status != 1 {
		t.Errorf("an unknown SID: got status %d, want 1:\n%s", status, out)
	}
}
