package e2e

// What a sender is told while no worker is running must remain true once one is
// running.

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

// counting is a workflow that receives texts until a signal ends it, and
// returns how many arrived.
func counting(ctx workflow.Context, _ any) (n int, err error) {
	texts, end := workflow.GetSignalChannel(ctx, "text"), workflow.GetSignalChannel(ctx, "end")
	for ended := false; !ended; {
		workflow.NewSelector(ctx).
			AddReceive(texts, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil); n++ }).
			AddReceive(end, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil); ended = true }).
			Select(ctx)
	}
	return n, nil
}

func TestSendersLearnTheTruthWithoutWorkers(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{NoWorker: true, Triggers: `triggers:
  - {name: told, pattern: 'told', echo: 'Taken.', echoError: 'Lost.', signal: {workflowId: told, name: text}}
  - {name: again, pattern: 'again', echo: 'Taken.', echoError: 'Never said.', onPublishError: retry, signal: {workflowId: again, name: text}}
  - {name: mute, pattern: 'mute', echo: 'Taken.', signal: {workflowId: mute, name: text}}
  - {name: sure, pattern: 'sure', echo: 'Taken.', echoError: 'Lost.', signalWithStart: {workflow: Counting, taskQueue: shop, id: sure, signal: text, input: 0}}
`})
	startWorker(t, s, "shop", map[string]any{"Counting": counting})
	for _, id := range []string{"told", "again", "mute"} {
		if _, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: "shop"}, "Counting", 0); err != nil {
			t.Fatal(err)
		}
	}
	here := *s
	here.Webhook = s.AnotherWebhook(t)
	say := func(body string, n int) string {
		status, answer, err := send(deliveryFrom(t, &here, fmt.Sprintf("+1500556%04d", n), stack.Token, fmt.Sprintf("SM%032x", n), body))
		if err != nil {
			t.Error(err)
		}
		if status == http.StatusServiceUnavailable {
			return "503"
		}
		return answer[strings.Index(answer, "<Response>"):]
	}
	const taken, lost = "<Response><Message>Taken.</Message></Response>", "<Response><Message>Lost.</Message></Response>"
	texts := []struct{ body, alone, later string }{
		{"told", lost, lost}, {"again", "503", taken}, {"mute", "503", taken}, {"sure", taken, taken},
	}
	var all sync.WaitGroup
	for n, text := range texts {
		all.Go(func() {
			if got := say(text.body, n); got != text.alone {
				t.Errorf("%s, without a worker: got %s, want %s", text.body, got, text.alone)
			}
		})
	}
	all.Wait()
	stack.StartProcess(t, "worker", s.Environment(), stack.Build(t, "worker"), "--only", "worker")
	// Each sender who was told that the text is lost texts again.
	if got := say("told", 100); got != taken {
		t.Errorf("texting again: got %s, want %s", got, taken)
	}
	for n, text := range texts {
		if got := say(text.body, n); got != text.later {
			t.Errorf("%s, delivered again: got %s, want %s", text.body, got, text.later)
		}
	}
	for _, text := range texts {
		ctx := t.Context()
		if err := s.Temporal.Client.GetWorkflow(ctx, sms.TextWorkflowID(fmt.Sprintf("SM%032x", 0)), "").Get(ctx, nil); err != nil {
			t.Fatal(err)
		}
		stack.Eventually(t, text.body+" is there", func(ctx context.Context) error {
			return s.Temporal.Client.SignalWorkflow(ctx, text.body, "", "end", nil)
		})
		var n int
		if err := s.Temporal.Client.GetWorkflow(ctx, text.body, "").Get(ctx, &n); err != nil || n != 1 {
			t.Errorf("%s was published %d times, error %v, want once", text.body, n, err)
		}
	}
}

func TestChangedTriggersLeaveOldTextsAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(triggers string) {
		if err := os.WriteFile(filepath.Join(dir, "t.yaml"), []byte("triggers:\n"+triggers), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	start := ", catchUp: true, echo: 'NAME', start: {workflow: OrderStatusWorkflow, taskQueue: orders, input: {orderNumber: '1', from: '${from}'}}}\n"
	write("  - {name: order, pattern: '^order 1'" + strings.Replace(start, "NAME", "first", 1))
	s := stack.Start(t, stack.Options{TriggersPath: dir, Environment: []string{"CATCH_UP=1s", "CATCH_UP_AFTER=" + leftAlone}})
	caughtUpOn(t, s, 0)
	one := text(t, s, "order 1")
	if replies(one) != "first" {
		t.Fatalf("got the replies %q, want first", replies(one))
	}
	marked, err := s.Twilio.Inbound(t.Context(), twiliosim.Inbound{From: "+15005550011", To: stack.Number, Body: "order arret", Params: map[string]string{"OptOutType": "STOP"}})
	if err != nil || marked.WebhookStatus != http.StatusOK {
		t.Fatalf("the marked text: got %+v and error %v, want status 200", marked, err)
	}
	// Rename the trigger and widen its pattern, and put a new trigger with stop
	// before it.
	write("  - {name: stops, pattern: 'order', stop: true" + strings.Replace(start, "NAME", "second", 1) +
		"  - {name: renamed, pattern: '(?s).*'" + strings.Replace(start, "NAME", "third", 1))
	phones := 0
	stack.Eventually(t, "the changed triggers are loaded", func(ctx context.Context) error {
		phones++
		now, err := s.Twilio.Inbound(ctx, twiliosim.Inbound{From: fmt.Sprintf("+1500556%04d", phones), To: stack.Number, Body: "order 2"})
		if err == nil && replies(now) != "second" {
			err = fmt.Errorf("got the replies %q", replies(now))
		}
		return err
	})
	caughtUpOn(t, s, 2+phones)
	if n := executions(t, s, one.MessageSID); n != 1 {
		t.Errorf("the earlier text has %d workflows, want 1", n)
	}
	// The text that Twilio marked as an opt-out gets a workflow, which records
	// that the text was seen.
	seen, err := s.Temporal.Client.DescribeWorkflow(t.Context(), sms.TextWorkflowID(marked.MessageSID), "")
	if err != nil || seen.WorkflowType.Name != sms.ReceiveSmsWorkflowName || executions(t, s, marked.MessageSID) != 1 {
		t.Errorf("the marked text: got the workflow %+v and error %v, want one ReceiveSmsWorkflow", seen, err)
	}
}
