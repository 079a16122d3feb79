package e2e

// What a trigger can do besides starting and signaling workflows.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/triggers"
	"temporal-twilio/twiliosim"
)

// account is a workflow that answers updates with its state until it is
// closed.
func account(ctx workflow.Context) error {
	asked, closed := 0, false
	err := workflow.SetUpdateHandlerWithOptions(ctx, "balance", func(_ workflow.Context, e triggers.Event) (map[string]any, error) {
		asked++
		if strings.Contains(e.OriginalMessage, "long") {
			return map[string]any{"statement": strings.Repeat("x", 100_000)}, nil
		}
		return map[string]any{"amount": 7.5, "asked": asked, "who": map[string]any{"name": "Ann"}}, nil
	}, workflow.UpdateHandlerOptions{Validator: func(e triggers.Event) error {
		if strings.Contains(e.OriginalMessage, "other") {
			return fmt.Errorf("there is no other account")
		}
		return nil
	}})
	if err != nil {
		return err
	}
	workflow.GetSignalChannel(ctx, "close").Receive(ctx, nil)
	closed = true
	return workflow.Await(ctx, func() bool { return closed && workflow.AllHandlersFinished(ctx) })
}

func startWorker(t *testing.T, s *stack.Stack, queue string, types map[string]any) {
	t.Helper()
	w := worker.New(s.Temporal.Client, queue, worker.Options{DisableRegistrationAliasing: true})
	for name, f := range types {
		w.RegisterWorkflowWithOptions(f, workflow.RegisterOptions{Name: name})
	}
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
}

func TestUpdateBecomesTheReply(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Triggers: `triggers:
  - name: balance
    pattern: 'balance (?<id>\d+)'
    echo: '${result.who.name} has ${result.amount}, asked ${result.asked} times'
    echoError: 'No account ${id}.'
    update: {workflowId: 'account-${matchGroups.id}', name: balance}
`})
	startWorker(t, s, "bank", map[string]any{"Account": account})
	if _, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "account-1", TaskQueue: "bank"}, "Account"); err != nil {
		t.Fatal(err)
	}
	const sid = "SM000000000000000000000000000000dd"
	const want = "Ann has 7.5, asked 1 times"
	for range 2 {
		if _, body, err := send(delivery(t, s, stack.Token, sid, "balance 1")); err != nil || !strings.Contains(body, want) {
			t.Errorf("got the reply %s and error %v, want %q", body, err, want)
		}
	}
	if result := text(t, s, "balance 1 long"); replies(result) != "No account 1." {
		t.Errorf("an answer that is too long: got the replies %.100s, want the echoError", replies(result))
	}
	if err := s.Temporal.Client.SignalWorkflow(t.Context(), "account-1", "", "close", nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Temporal.Client.GetWorkflow(t.Context(), "account-1", "").Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if _, body, err := send(delivery(t, s, stack.Token, sid, "balance 1")); err != nil || !strings.Contains(body, want) {
		t.Errorf("after the workflow closed: got the reply %s and error %v, want %q again", body, err, want)
	}
	for _, body := range []string{"balance 2", "balance 1 other"} {
		if result := text(t, s, body); !strings.HasPrefix(replies(result), "No account") {
			t.Errorf("%q: got the replies %q, want the echoError", body, replies(result))
		}
	}
}

// slow is a workflow that answers an update only after it has been signaled.
func slow(ctx workflow.Context) error {
	ready := false
	err := workflow.SetUpdateHandler(ctx, "balance", func(ctx workflow.Context) (int, error) {
		return 7, workflow.Await(ctx, func() bool { return ready })
	})
	if err != nil {
		return err
	}
	workflow.GetSignalChannel(ctx, "ready").Receive(ctx, nil)
	ready = true
	return workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
}

func TestUnansweredUpdateIsNotReportedLost(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Triggers: `triggers:
  - {name: balance, pattern: balance, echo: 'You have ${result}.', echoError: 'Lost.', update: {workflowId: account-1, name: balance}}
`})
	startWorker(t, s, "bank", map[string]any{"Slow": slow})
	if _, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "account-1", TaskQueue: "bank"}, "Slow"); err != nil {
		t.Fatal(err)
	}
	const sid = "SM00000000000000000000000000000dd1"
	status, body, err := send(delivery(t, s, stack.Token, sid, "balance"))
	if err != nil || status != http.StatusServiceUnavailable || strings.Contains(body, "Lost.") {
		t.Errorf("before the workflow answers: got status %d, body %s and error %v, want status 503 and no echoError", status, body, err)
	}
	if err := s.Temporal.Client.SignalWorkflow(t.Context(), "account-1", "", "ready", nil); err != nil {
		t.Fatal(err)
	}
	stack.Eventually(t, "the text is answered", func(context.Context) error {
		if status, body, err := send(delivery(t, s, stack.Token, sid, "balance")); err != nil || !strings.Contains(body, "You have 7.") {
			return fmt.Errorf("%d %s, %w", status, body, err)
		}
		return nil
	})
}

func TestSignalRedeliveryIsAnsweredTheSame(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Triggers: `triggers:
  - name: close
    pattern: 'close (?<id>\d+)'
    echo: 'Closed.'
    echoError: 'There is no account ${id}.'
    signal: {workflowId: 'account-${matchGroups.id}', name: close}
`})
	startWorker(t, s, "bank", map[string]any{"Account": account})
	if _, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "account-1", TaskQueue: "bank"}, "Account"); err != nil {
		t.Fatal(err)
	}
	another := s.AnotherWebhook(t)
	const sid = "SM000000000000000000000000000000ee"
	if _, body, err := send(delivery(t, s, stack.Token, sid, "close 1")); err != nil || !strings.Contains(body, "Closed.") {
		t.Fatalf("got the reply %s and error %v, want Closed.", body, err)
	}
	if err := s.Temporal.Client.GetWorkflow(t.Context(), "account-1", "").Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for _, hook := range []string{s.Webhook, another} {
		here := *s
		here.Webhook = hook
		if _, body, err := send(delivery(t, &here, stack.Token, sid, "close 1")); err != nil || !strings.Contains(body, "Closed.") {
			t.Errorf("redelivered to %s: got the reply %s and error %v, want Closed. again", hook, body, err)
		}
	}
	if _, body, err := send(delivery(t, s, stack.Token, "SM000000000000000000000000000000ef", "close 1")); err != nil || !strings.Contains(body, "There is no account 1.") {
		t.Errorf("another message: got the reply %s and error %v, want the echoError", body, err)
	}
}

func TestRefusalIsFinal(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Triggers: `triggers:
  - name: again
    pattern: 'again'
    echo: 'Done.'
    echoError: 'There is none.'
    onPublishError: retry
    signal: {workflowId: account-1, name: close}
  - {name: audit, pattern: 'audit', signal: {workflowId: none, name: s}}
  - {name: fine, pattern: 'audit', echo: 'Fine.', start: {workflow: OrderStatusWorkflow, taskQueue: orders}}
`})
	startWorker(t, s, "bank", map[string]any{"Account": account})
	say := func(body, want string) {
		t.Helper()
		sid := "SM000000000000000000000000000000f0"
		if body == "audit" {
			sid = "SM000000000000000000000000000000f1"
		}
		status, answer, err := send(delivery(t, s, stack.Token, sid, body))
		if err != nil || status != http.StatusOK || !strings.Contains(answer, "<Response><Message>"+want+"</Message></Response>") {
			t.Errorf("%s: got status %d, body %s and error %v, want the reply %q", body, status, answer, err, want)
		}
	}
	say("again", "There is none.")
	if _, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "account-1", TaskQueue: "bank"}, "Account"); err != nil {
		t.Fatal(err)
	}
	// The sender gets the same answer again even if the triggers have changed.
	say("again", "There is none.")
	// A trigger without an echo does not suppress another trigger's echo.
	say("audit", "Fine.")
}

func TestOwnIDStartsOncePerText(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Triggers: `triggers:
  - name: own
    pattern: 'order (?<id>\d+)'
    echo: 'Taken.'
    echoError: 'Order ${id} is open already.'
    start:
      workflow: Account
      taskQueue: bank
      id: 'order-${matchGroups.id}'
      runTimeout: 1h
      memo: {order: '${matchGroups.id}'}
      searchAttributes: {SmsCatches: ['order:${matchGroups.id}']}
`})
	startWorker(t, s, "bank", map[string]any{"Account": account})
	stack.Eventually(t, "the search attribute is known", func(ctx context.Context) error {
		_, err := s.Temporal.Client.ListWorkflow(ctx, listRequest(sms.AttributeCatches+" = 'order:1'"))
		return err
	})
	answer := func(n int) string {
		_, body, err := send(delivery(t, s, stack.Token, fmt.Sprintf("SM%032x", 0x100+n), "order 1"))
		if err != nil {
			t.Fatal(err)
		}
		return body[strings.Index(body, "<Response>"):]
	}
	const taken, open = "<Response><Message>Taken.</Message></Response>", "<Response><Message>Order 1 is open already.</Message></Response>"
	closeIt := func() {
		if err := s.Temporal.Client.SignalWorkflow(t.Context(), "order-1", "", "close", nil); err != nil {
			t.Fatal(err)
		}
		if err := s.Temporal.Client.GetWorkflow(t.Context(), "order-1", "").Get(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	for i, step := range []struct {
		message int
		want    string
	}{{1, taken}, {1, taken}, {2, open}} {
		if got := answer(step.message); got != step.want {
			t.Errorf("step %d: got %s, want %s", i, got, step.want)
		}
	}
	closeIt()
	for i, step := range []struct {
		message int
		want    string
	}{{1, taken}, {2, open}, {3, taken}, {2, open}, {4, open}} {
		if got := answer(step.message); got != step.want {
			t.Errorf("after closing, step %d: got %s, want %s", i, got, step.want)
		}
	}
	description, err := s.Temporal.Client.DescribeWorkflow(t.Context(), "order-1", "")
	if err != nil {
		t.Fatal(err)
	}
	closeIt()
	if got := answer(1); got != taken {
		t.Errorf("after two runs: got %s when redelivered, want %s", got, taken)
	}
	now, err := s.Temporal.Client.DescribeWorkflow(t.Context(), "order-1", "")
	if err != nil || now.WorkflowExecution.RunID != description.WorkflowExecution.RunID {
		t.Errorf("the first message started a third run, or the workflow is gone: error %v", err)
	}
	stack.Eventually(t, "the search attribute is set", func(ctx context.Context) error {
		found, err := s.Temporal.Client.ListWorkflow(ctx, listRequest(sms.AttributeCatches+" = 'order:1'"))
		if err == nil && len(found.Executions) == 0 {
			err = errors.New("not yet")
		}
		return err
	})
}

func TestChangedTriggersNeedNoRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "t.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	trigger := func(echo string) string {
		return "triggers:\n  - {name: a, pattern: hello, echo: " + echo + ", start: {workflow: OrderStatusWorkflow, taskQueue: orders}}\n"
	}
	write(trigger("one"))
	s := stack.Start(t, stack.Options{TriggersPath: dir})
	// Texts arrive throughout, each from a different phone, and none is dropped.
	phones := 0
	textUntil := func(what string, done func(reply string) bool) {
		t.Helper()
		stack.Eventually(t, what, func(context.Context) error {
			phones++
			result, err := s.Twilio.Inbound(t.Context(), twiliosim.Inbound{From: fmt.Sprintf("+1500556%04d", phones), To: stack.Number, Body: "hello"})
			if err != nil || result.WebhookStatus != http.StatusOK || replies(result) == "" {
				t.Fatalf("a text from phone %d: got %+v and error %v, want a reply", phones, result, err)
			}
			if !done(replies(result)) {
				return fmt.Errorf("answered %q", replies(result))
			}
			return nil
		})
	}
	textUntil("the first file is loaded", func(reply string) bool { return reply == "one" })
	write(trigger("second"))
	textUntil("the second file is loaded", func(reply string) bool { return reply == "second" })
	write("triggers: [")
	textUntil("the broken file is reported", func(reply string) bool {
		if reply != "second" {
			t.Fatalf("with the broken file: got the reply %q, want second", reply)
		}
		return strings.Contains(s.Worker.Output(), "the old ones still apply")
	})
}
