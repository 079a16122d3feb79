package e2e

// Each message exactly once in its workflow.

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/test/stack"
)

// relay receives one text and continues as new, receives another and closes.
func relay(ctx workflow.Context, leg int) error {
	workflow.GetSignalChannel(ctx, "text").Receive(ctx, nil)
	if leg == 0 {
		return workflow.NewContinueAsNewError(ctx, "Relay", 1)
	}
	return nil
}

func TestTextsReachNoLaterWorkflow(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Triggers: `triggers:
  - name: relay
    pattern: 'text'
    echo: 'taken'
    echoError: 'lost'
    signalWithStart: {workflow: Relay, taskQueue: relay, id: relay, signal: text, input: 0}
`})
	startWorker(t, s, "relay", map[string]any{"Relay": relay})
	// hook alternates between the two processes: neither knows what the other
	// saw.
	hooks := []string{s.Webhook, s.AnotherWebhook(t)}
	say := func(n, hook int) {
		here := *s
		here.Webhook = hooks[hook]
		status, body, err := send(delivery(t, &here, stack.Token, fmt.Sprintf("SM%032x", n), "text"))
		if err != nil || status != http.StatusOK || !strings.Contains(body, "taken") {
			t.Fatalf("message %d is answered %d %s, %v", n, status, body, err)
		}
	}
	run := func(ctx context.Context) (id string, open bool) {
		description, err := s.Temporal.Client.DescribeWorkflow(ctx, "relay", "")
		if err != nil {
			return "", false
		}
		return description.WorkflowExecution.RunID, description.Status == enums.WORKFLOW_EXECUTION_STATUS_RUNNING
	}
	// Messages 1 and 2 go to one workflow with two runs; 3 starts another.
	last := ""
	for n := 1; n <= 3; n++ {
		say(n, n%2)
		stack.Eventually(t, "the text is taken", func(ctx context.Context) error {
			id, open := run(ctx)
			if n == 2 && open || n != 2 && (id == last || !open) {
				return fmt.Errorf("not yet")
			}
			// The first run of a workflow receives its text; the second waits.
			history := s.Temporal.Client.GetWorkflowHistory(ctx, "relay", id, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
			if event, err := history.Next(); n != 2 && (err != nil || event.GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId() == "") {
				return fmt.Errorf("still in its first run, %v", err)
			}
			last = id
			return nil
		})
	}
	// Message 3 is not among them: within the runs of one workflow, recognising
	// it is up to an inbox.
	for _, n := range []int{1, 2, 1, 2} {
		say(n, (n+1)%2)
		say(n, n%2)
	}
	if id, open := run(t.Context()); id != last || !open {
		t.Errorf("a redelivered text went on: run %s, open %t, before %s", id, open, last)
	}
	history := s.Temporal.Client.GetWorkflowHistory(t.Context(), "relay", last, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			t.Fatal(err)
		}
		if event.GetWorkflowExecutionSignaledEventAttributes() != nil {
			t.Error("a redelivered text was taken again")
		}
	}
}
