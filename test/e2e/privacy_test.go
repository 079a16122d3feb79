package e2e

// How a process behaves without a key that it needs.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"temporal-twilio/internal/payload"
	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
)

// waits waits until a workflow task has failed because the key is missing, and
// checks that the workflow is still open.
func waits(t *testing.T, s *stack.Stack, id, key string) {
	t.Helper()
	stack.Eventually(t, "a task of "+id+" fails", func(ctx context.Context) error {
		events := s.Temporal.Client.GetWorkflowHistory(ctx, id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			event, err := events.Next()
			if err != nil {
				return err
			}
			if failed := event.GetWorkflowTaskFailedEventAttributes(); failed != nil {
				if text := failed.GetFailure().GetMessage(); !strings.Contains(text, `"`+key+`"`) {
					t.Errorf("the task failed with %q, which does not name the key %s", text, key)
				}
				return nil
			}
		}
		return errors.New("no task has failed yet")
	})
	stillOpen(t, s, id)
}

func stillOpen(t *testing.T, s *stack.Stack, id string) {
	t.Helper()
	described, err := s.Temporal.Client.DescribeWorkflow(t.Context(), id, "")
	if err != nil {
		t.Fatal(err)
	}
	if described.Status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		t.Errorf("%s has ended: %s", id, described.Status)
	}
}

func TestSendsWaitForWorkerWithKey(t *testing.T) {
	t.Parallel()
	for name, environment := range map[string]func(*testing.T) []string{
		"without keys":     func(*testing.T) []string { return nil },
		"with another key": func(t *testing.T) []string { return []string{stack.NewKeyFile(t, "", "other").Environment()} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keys := stack.NewKeyFile(t, "one", "one")
			// A second attempt would first check whether the first one had texted
			// anyone.
			s := stack.Start(t, stack.Options{Environment: append(environment(t), "TWILIO_LISTING_PATIENCE=1s", "TWILIO_TIMEOUT=1s")})
			c := s.Temporal.Protected(t, keys)
			ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
			defer cancel()
			input := func(body string) map[string]any {
				return map[string]any{"smsFrom": stack.Number, "smsTo": phone, "smsBody": body}
			}
			run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "send", TaskQueue: sms.TaskQueue, WorkflowTaskTimeout: time.Second}, sms.SendSmsWorkflowName, input("Hi"))
			if err != nil {
				t.Fatal(err)
			}
			alone, err := c.ExecuteActivity(ctx, client.StartActivityOptions{ID: "alone", TaskQueue: sms.TaskQueue, ScheduleToCloseTimeout: stack.Patience}, sms.SendSmsName, input("Hello"))
			if err != nil {
				t.Fatal(err)
			}
			waits(t, s, "send", "one")
			stack.Eventually(t, "the activity has a second attempt", func(ctx context.Context) error {
				described, err := alone.Describe(ctx, client.DescribeActivityOptions{})
				if err == nil && described.Attempt < 2 {
					err = fmt.Errorf("the activity has attempt %d and status %s", described.Attempt, described.Status)
				}
				return err
			})
			if sent := messages(t, s); len(sent) > 0 {
				t.Fatalf("sent %v, want nothing", sent)
			}
			if log := s.Worker.Output(); !strings.Contains(log, "one") || strings.Contains(log, "5550009") {
				t.Errorf("the log does not name the key, or it contains the phone number:\n%s", log)
			}

			s.Worker.Stop(t)
			s.Add(keys.Environment())
			s.StartWorker(t)
			for what, get := range map[string]func(context.Context, any) error{"workflow": run.Get, "activity": alone.Get} {
				var result sms.SendSmsResult
				if err := get(ctx, &result); err != nil || len(result.Messages) != 1 {
					t.Errorf("%s: got %+v and error %v, want one message", what, result, err)
				}
			}
			if sent := messages(t, s); len(sent) != 2 {
				t.Errorf("sent %v, want 2 messages", sent)
			}
		})
	}
}

// The webhook encrypts with a key that the worker gets only later, as in a
// rotation in the wrong order.
func TestSignalsWaitForTheirKey(t *testing.T) {
	t.Parallel()
	old := stack.NewKeyFile(t, "one", "one")
	rotated := old.Copy(t)
	rotated.Change(t, payload.Add, "two")
	rotated.Change(t, payload.MakeCurrent, "two")
	s := stack.Start(t, stack.Options{NoWorker: true, Environment: []string{old.Environment()}})
	if err := s.Twilio.SetSpeed(100); err != nil {
		t.Fatal(err)
	}
	worker := stack.StartProcess(t, "worker", s.Environment(), stack.Build(t, "worker"), "--only", "worker")
	stack.StartProcess(t, "webhook", append(s.Environment(), rotated.Environment()), stack.Build(t, "worker"), "--only", "webhook")
	stack.Eventually(t, "the webhook is ready", func(ctx context.Context) error { return stack.Get(ctx, s.Webhook+"/readyz") })

	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	run, err := s.Temporal.Protected(t, old).ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "send", TaskQueue: sms.TaskQueue, WorkflowTaskTimeout: time.Second},
		sms.SendSmsWorkflowName, map[string]any{"smsFrom": stack.Number, "smsTo": phone, "smsBody": "Hi", "waitForDelivery": true, "timeout": "10m"})
	if err != nil {
		t.Fatal(err)
	}
	waits(t, s, "send", "two")
	old.Change(t, payload.Add, "unrelated") // the worker rereads its file, which still lacks the key two
	stillOpen(t, s, "send")

	rotated.CopyTo(t, old)
	var report sms.SendSmsWorkflowResult
	if err := run.Get(ctx, &report); err != nil {
		t.Fatal(err)
	}
	// Every signal arrived, so the workflow did not have to look anything up at
	// Twilio.
	if len(report.Deliveries) != 1 || report.Deliveries[0].Status != sms.StatusDelivered {
		t.Errorf("got the deliveries %+v, want one that is delivered", report.Deliveries)
	}
	if strings.Contains(worker.Output(), "Corrupted signal") {
		t.Errorf("a signal was dropped:\n%s", worker.Output())
	}
}

// A webhook without the key cannot read what the sender was told. Twilio has to
// deliver the text again until it reaches a webhook with the key.
func TestWebhookWithoutKeyAsksForRedelivery(t *testing.T) {
	t.Parallel()
	keys := stack.NewKeyFile(t, "one", "one")
	s := stack.Start(t, stack.Options{Environment: []string{keys.Environment()}})
	told := text(t, s, "Order Number 42")
	if told.WebhookStatus != http.StatusOK || replies(told) == "" {
		t.Fatalf("got status %d and replies %q, want status 200 and a reply", told.WebhookStatus, replies(told))
	}
	s.Add("PAYLOAD_KEYS=")
	other := s.AnotherWebhook(t)
	s.Webhook, other = other, s.Webhook
	status, body, err := send(delivery(t, s, stack.Token, told.MessageSID, "Order Number 42"))
	if err != nil || status != http.StatusServiceUnavailable {
		t.Errorf("a webhook without the key: got status %d, body %q and error %v, want status 503", status, body, err)
	}
	s.Webhook = other
	status, body, err = send(delivery(t, s, stack.Token, told.MessageSID, "Order Number 42"))
	if err != nil || status != http.StatusOK || !strings.Contains(body, replies(told)) {
		t.Errorf("a webhook with the key: got status %d, body %q and error %v, want the first delivery's reply", status, body, err)
	}
}
