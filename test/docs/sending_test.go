package docs

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.temporal.io/sdk/client"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

func TestSendingPageDoesWhatItSays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "customers.csv"), []byte("to,name\n+15005550011,Ann\n+15005550012,Bo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := stack.Start(t, stack.Options{Environment: []string{"BROADCAST_DIR=" + dir}})
	if err := s.Twilio.SetSpeed(100); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, b := range blocksOf(t, "docs/sending.md") {
		workflow, ok := strings.CutPrefix(b.language, "json ")
		if !ok {
			continue
		}
		ran++
		t.Run(fmt.Sprint(workflow, "/line", b.line), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
			defer cancel()
			run, err := s.Temporal.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: sms.TaskQueue}, workflow, json.RawMessage(b.text))
			if err != nil {
				t.Fatal(err)
			}
			if workflow == sms.AskSmsWorkflowName {
				reply(t, s)
			}
			var result struct {
				Messages   []sms.Message
				Errors     json.RawMessage // a list, or a broadcast's counts
				Deliveries []sms.Delivery
				Outcome    sms.AskOutcome
				State      string
				Report     string
			}
			if err := run.Get(ctx, &result); err != nil {
				t.Fatal(err)
			}
			failed := func() {
				t.Errorf("%s: got the result %+v with the errors %s, which is not what the page promises", workflow, result, result.Errors)
			}
			switch workflow {
			case sms.SendSmsWorkflowName:
				if string(result.Errors) != "[]" || len(result.Messages) == 0 {
					failed()
				}
				if strings.Contains(b.text, "waitForDelivery") && (len(result.Deliveries) != 1 || result.Deliveries[0].Status != sms.StatusDelivered) {
					failed()
				}
			case sms.AskSmsWorkflowName:
				if result.Outcome != sms.AskAnswered {
					failed()
				}
			case sms.BroadcastSmsWorkflowName:
				if result.State != "done" || result.Report != "closed-on-monday.jsonl" {
					failed()
				}
			default:
				t.Errorf("this test does not know what to expect of %s", workflow)
			}
		})
	}
	if ran < 5 {
		t.Errorf("the page has only %d inputs, want at least 5", ran)
	}
}

// reply answers the question after it has been asked.
func reply(t *testing.T, s *stack.Stack) {
	t.Helper()
	const phone = "+15005550009"
	stack.Eventually(t, "the question is asked", func(context.Context) error {
		for _, m := range s.Twilio.Messages(twiliosim.Filter{To: phone}) {
			if strings.Contains(m.Body, "Monday?") {
				return nil
			}
		}
		return fmt.Errorf("not yet")
	})
	if _, err := s.Twilio.Inbound(t.Context(), twiliosim.Inbound{From: phone, To: stack.Number, Body: "Yes"}); err != nil {
		t.Fatal(err)
	}
}
