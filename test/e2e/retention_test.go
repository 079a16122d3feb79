package e2e

// What happens once Temporal no longer keeps a closed workflow.

import (
	"context"
	"errors"
	"fmt"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

// TestExpiredKeyTextsNobodyTwice delays a page with a key until Temporal has
// deleted its first send, as happens if a pause is longer than the retention
// period.
func TestExpiredKeyTextsNobodyTwice(t *testing.T) {
	t.Parallel()
	const other = "+15005550010"
	s := stack.Start(t, stack.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	full, err := s.Twilio.AddFault(twiliosim.Fault{Kind: twiliosim.Fault429, Operation: "create", Number: other})
	if err != nil {
		t.Fatal(err)
	}
	c := s.Temporal.Client
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "broadcast", TaskQueue: sms.TaskQueue}, sms.BroadcastSmsWorkflowName, map[string]any{
		"smsFrom": stack.Number, "smsBody": "Hello", "smsTo": []string{phone, other}, "idempotencyKey": "spring",
	})
	if err != nil {
		t.Fatal(err)
	}
	stack.Eventually(t, "the page waits", func(ctx context.Context) error {
		p, err := progressOf(ctx, s, "broadcast")
		if err == nil && p.NextTry == nil {
			err = errors.New("not yet")
		}
		return err
	})
	updateBroadcast(ctx, t, s, "broadcast", sms.PauseUpdate)
	stack.Eventually(t, "Temporal has forgotten the sends", func(ctx context.Context) error {
		list, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: "WorkflowId STARTS_WITH 'sms-once-'"})
		if err != nil {
			return err
		}
		for _, found := range list.GetExecutions() {
			_, err := c.WorkflowService().DeleteWorkflowExecution(ctx, &workflowservice.DeleteWorkflowExecutionRequest{
				Namespace: client.DefaultNamespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: found.Execution.WorkflowId, RunId: found.Execution.RunId},
			})
			if _, gone := errors.AsType[*serviceerror.NotFound](err); err != nil && !gone {
				return err
			}
		}
		if left := len(list.GetExecutions()); left > 0 {
			return fmt.Errorf("%d sends are left", left)
		}
		return nil
	})
	if !s.Twilio.RemoveFault(full.ID) {
		t.Fatal("the fault was used up")
	}
	updateBroadcast(ctx, t, s, "broadcast", sms.ResumeUpdate)
	var progress sms.BroadcastProgress
	if err := run.Get(ctx, &progress); err != nil {
		t.Fatal(err)
	}
	if sent := messages(t, s); len(sent) != 1 || progress.Sent != 1 || progress.Recipients != 2 {
		t.Errorf("%d messages were sent, and the progress is %+v; want 1 sent, of 2 recipients", len(sent), progress)
	}
}
