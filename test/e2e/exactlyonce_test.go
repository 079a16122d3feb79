package e2e

// Each message reaches its workflow exactly once.

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
)

// relay receives one text, continues as new, receives another and closes.
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
	// Texts alternate between the two processes: neither knows which texts the
	// other has received.
	hooks := []string{s.Webhook, s.AnotherWebhook(t)}
	say := func(n, hook int) {
		here := *s
		here.Webhook = hooks[hook]
		status, body, err := send(delivery(t, &here, stack.Token, fmt.Sprintf("SM%032x", n), "text"))
		if err != nil || status != http.StatusOK || !strings.Contains(body, "taken") {
			t.Fatalf("message %d: got status %d, body %s and error %v, want the reply taken", n, status, body, err)
		}
	}
	run := func(ctx context.Context) (id string, open bool) {
		description, err := s.Temporal.Client.DescribeWorkflow(ctx, "relay", "")
		if err != nil {
			return "", false
		}
		return description.WorkflowExecution.RunID, description.Status == enums.WORKFLOW_EXECUTION_STATUS_RUNNING
	}
	// Messages 1 and 2 go to the two runs of one workflow; message 3 starts
	// another.
	last := ""
	for n := 1; n <= 3; n++ {
		say(n, n%2)
		stack.Eventually(t, "the text is received", func(ctx context.Context) error {
			id, open := run(ctx)
			if n == 2 && open || n != 2 && (id == last || !open) {
				return fmt.Errorf("not yet")
			}
			// A workflow's first run receives its text; the second waits for one.
			history := s.Temporal.Client.GetWorkflowHistory(ctx, "relay", id, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
			if event, err := history.Next(); n != 2 && (err != nil || event.GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId() == "") {
				return fmt.Errorf("the workflow is still in its first run (error %v)", err)
			}
			last = id
			return nil
		})
	}
	// Message 3 is not delivered again: its workflow is still open, and only an
	// inbox would recognize a redelivery there.
	for _, n := range []int{1, 2, 1, 2} {
		say(n, (n+1)%2)
		say(n, n%2)
	}
	if id, open := run(t.Context()); id != last || !open {
		t.Errorf("after redeliveries: got run %s, open %t, want run %s, still open", id, open, last)
	}
	history := s.Temporal.Client.GetWorkflowHistory(t.Context(), "relay", last, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			t.Fatal(err)
		}
		if event.GetWorkflowExecutionSignaledEventAttributes() != nil {
			t.Error("a redelivered text was received again")
		}
	}
}

func TestSignalWithStartOutlivesHastyWorkflows(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Triggers: `triggers:
  - name: drain
    pattern: 'text'
    echo: 'taken'
    signalWithStart: {workflow: Drain, taskQueue: drain, id: drain, signal: text, input: 0}
`})
	var mu sync.Mutex
	runs, taken := 0, map[string]int{}
	// drain receives the signals that have arrived, and closes.
	startWorker(t, s, "drain", map[string]any{"Drain": func(ctx workflow.Context, _ int) error {
		mu.Lock()
		defer mu.Unlock()
		runs++
		var event struct{ MessageSid string }
		for channel := workflow.GetSignalChannel(ctx, "text"); channel.ReceiveAsync(&event); {
			taken[event.MessageSid]++
		}
		return nil
	}})
	const texts = 6
	for n := range texts {
		if status, body, err := send(delivery(t, s, stack.Token, fmt.Sprintf("SM%032x", n), "text")); err != nil || status != http.StatusOK || !strings.Contains(body, "taken") {
			t.Fatalf("text %d: got status %d, body %s and error %v, want the reply taken", n, status, body, err)
		}
		var result sms.ReceiveSmsResult
		ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
		defer cancel()
		if err := s.Temporal.Client.GetWorkflow(ctx, sms.TextWorkflowID(fmt.Sprintf("SM%032x", n)), "").Get(ctx, &result); err != nil || result.Outcome != sms.OutcomePublished {
			t.Errorf("text %d: got %+v and error %v, want it published", n, result, err)
		}
	}
	stack.Eventually(t, "each text is received", func(context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		if len(taken) != texts {
			return fmt.Errorf("received %v in %d runs, want %d texts", taken, runs, texts)
		}
		return nil
	})
	mu.Lock()
	defer mu.Unlock()
	for text, times := range taken {
		if times != 1 {
			t.Errorf("%s was received %d times, want once", text, times)
		}
	}
	if runs > 2*texts {
		t.Errorf("%d texts started %d workflows, want at most 2 for each", texts, runs)
	}
}

// A worker may crash after Temporal has carried out a request, but before the
// worker has recorded the response.
func TestRepeatedSignalWithStartStartsOnce(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	startWorker(t, s, "relay", map[string]any{"Waits": func(ctx workflow.Context, _ int) error {
		workflow.GetSignalChannel(ctx, "text").Receive(ctx, nil)
		return nil
	}})
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	if _, err := s.Temporal.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "open", TaskQueue: "relay"}, "Waits", 0); err != nil {
		t.Fatal(err)
	}
	attempt := func(id string, n int) (result sms.SignalWithStartResult) {
		handle, err := s.Temporal.Client.ExecuteActivity(ctx, client.StartActivityOptions{
			ID: fmt.Sprint(id, n), TaskQueue: sms.TaskQueue, StartToCloseTimeout: stack.Patience, ScheduleToCloseTimeout: stack.Patience,
		}, sms.SignalWithStartName, sms.SignalWithStartInput{RequestID: "sms-SM1-" + id, MessageSID: "SM1", Firing: sms.Firing{Trigger: id, Call: sms.Call{
			Workflow: "Waits", TaskQueue: "relay", WorkflowID: id, Name: "text", Input: json.RawMessage("0"), SignalInput: json.RawMessage("0"),
		}}})
		if err == nil {
			err = handle.Get(ctx, &result)
		}
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
	if result := attempt("open", 0); result.Started || !result.Open {
		t.Errorf("with an open workflow: got %+v, want it open and nothing started", result)
	}
	first := ""
	for n := range 3 {
		result, run := attempt("new", n), s.Temporal.Client.GetWorkflow(ctx, "new", "")
		if err := run.Get(ctx, nil); err != nil || !result.Started {
			t.Fatalf("attempt %d: got %+v and error %v, want a started workflow that completes", n, result, err)
		}
		if n == 0 {
			first = run.GetRunID()
		} else if run.GetRunID() != first {
			t.Errorf("attempt %d started another run, want the first attempt's", n)
		}
	}
}
