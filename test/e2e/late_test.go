package e2e

// A text that is caught up on does not reach a workflow that started after the
// text was received.

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/workflows"
)

// gather waits for a text or for the signal "end", and returns the text's SID,
// or "" if no text came.
func gather(ctx workflow.Context, _ any) (sid string, err error) {
	if err := workflows.CatchSignal(ctx, "text"); err != nil {
		return "", err
	}
	texts, end := workflow.GetSignalChannel(ctx, "text"), workflow.GetSignalChannel(ctx, "end")
	var event struct {
		MessageSID string `json:"messageSid"`
	}
	workflow.NewSelector(ctx).
		AddReceive(texts, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, &event) }).
		AddReceive(end, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil) }).
		Select(ctx)
	return event.MessageSID, nil
}

func TestCatchUpReachesNoLaterWorkflow(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Environment: []string{"CATCH_UP=1s", "CATCH_UP_AFTER=" + leftAlone}, Triggers: `triggers:
  - {name: one, pattern: 'one', echo: 'Taken.', echoError: 'Lost.', catchUp: true, signal: {workflowId: one, name: text}}
  - {name: all, pattern: 'all', echo: 'Taken.', catchUp: true, signalAll: {name: text}}
`})
	startWorker(t, s, "shop", map[string]any{"Gather": gather})
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	begin := func(id string) client.WorkflowRun {
		run, err := s.Temporal.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: "shop"}, "Gather", 0)
		if err != nil {
			t.Fatal(err)
		}
		return run
	}
	gathered := func(run client.WorkflowRun) (sid string) {
		if err := run.Get(ctx, &sid); err != nil {
			t.Fatalf("workflow %s: got error %v", run.GetID(), err)
		}
		return sid
	}
	caughtUpOn(t, s, 0)
	first := begin("one")
	one, all := text(t, s, "one"), text(t, s, "all") // no workflow catches the second text
	if got := gathered(first); replies(one) != "Taken." || got != one.MessageSID {
		t.Fatalf("got the replies %q; the workflow got %s, want %s", replies(one), got, one.MessageSID)
	}
	said := time.Now()
	stack.Eventually(t, "the next second has begun", func(context.Context) error {
		if !time.Now().Truncate(time.Second).After(said) {
			return errors.New("not yet")
		}
		return nil
	})
	runs := []client.WorkflowRun{begin("one"), begin("later")}
	stack.Eventually(t, "both workflows are listed as catchers", func(ctx context.Context) error {
		found, err := s.Temporal.Client.ListWorkflow(ctx, listRequest(sms.CatchersQuery(sms.SignalCatch("text"))))
		if err == nil && len(found.Executions) < 2 {
			err = fmt.Errorf("%d are listed, want 2", len(found.Executions))
		}
		return err
	})
	last := caughtUpOn(t, s, 2)
	// The first workflow already has its text: that is not counted as a failure of
	// the catch-up.
	if last.Matched != 2 || last.Failed != 0 {
		t.Errorf("the last catch-up: got %+v, want 2 matched and none failed", last)
	}
	for _, run := range runs {
		if err := s.Temporal.Client.SignalWorkflow(ctx, run.GetID(), run.GetRunID(), "end", nil); err != nil {
			t.Errorf("signal workflow %s: got error %v", run.GetID(), err)
		}
		if got := gathered(run); got != "" {
			t.Errorf("workflow %s, which started after the texts, got %s, want neither %s nor %s", run.GetID(), got, one.MessageSID, all.MessageSID)
		}
	}
}

// refuses is a workflow that fails each "ship" update.
func refuses(ctx workflow.Context, _ any) error {
	err := workflow.SetUpdateHandler(ctx, "ship", func(workflow.Context, any) (string, error) { return "", errors.New("already shipped") })
	if err != nil {
		return err
	}
	return workflow.Sleep(ctx, time.Hour)
}

func TestCatchUpContinuesAfterRefusedUpdate(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Environment: []string{"CATCH_UP=1s", "CATCH_UP_AFTER=" + leftAlone}, Triggers: `triggers:
  - {name: ship, pattern: 'ship', echoError: 'It is shipped.', catchUp: true, update: {workflowId: order, name: ship}}
  - {name: buy, pattern: 'buy', catchUp: true, start: {workflow: OrderStatusWorkflow, taskQueue: orders, input: {orderNumber: '1', from: '${from}'}}}
`})
	startWorker(t, s, "shop", map[string]any{"Refuses": refuses})
	if _, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "order", TaskQueue: "shop"}, "Refuses", 0); err != nil {
		t.Fatal(err)
	}
	caughtUpOn(t, s, 0)
	if got := text(t, s, "ship it"); replies(got) != "It is shipped." {
		t.Fatalf("got the replies %q, want the echoError", replies(got))
	}
	s.Worker.Stop(t)
	missed := text(t, s, "buy bread")
	s.StartWorker(t)
	stack.Eventually(t, "the missed message has its workflow", func(ctx context.Context) error {
		_, err := s.Temporal.Client.DescribeWorkflow(ctx, sms.TextWorkflowID(missed.MessageSID), "")
		return err
	})
}
