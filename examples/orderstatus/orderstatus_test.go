package main

import (
	"testing"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

func TestOrderStatusContainsOrder(t *testing.T) {
	for number, want := range map[string]string{"42": "order-42", "42 ": "order-42", "of last week": ""} {
		env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
		env.RegisterWorkflow(OrderWorkflow)
		opened := ""
		env.SetOnChildWorkflowStartedListener(func(info *workflow.Info, _ workflow.Context, _ converter.EncodedValues) {
			opened = info.WorkflowExecution.ID
		})
		env.ExecuteWorkflow(OrderStatusWorkflow, OrderStatusInput{OrderNumber: number, From: "+15005550009"})
		var status OrderStatus
		if err := env.GetWorkflowResult(&status); err != nil || status.OrderNumber != number || status.Status != "received" || status.AskedAt.IsZero() {
			t.Errorf("%q: got %+v, error %v; want the order received", number, status, err)
		}
		if opened != want {
			t.Errorf("%q: opened workflow %q, want %q", number, opened, want)
		}
	}
}

func TestOpenOrderIsAskedAboutAgain(t *testing.T) {
	env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
	env.RegisterWorkflow(OrderWorkflow)
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		for range 2 {
			if _, err := OrderStatusWorkflow(ctx, OrderStatusInput{OrderNumber: "42"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err := env.GetWorkflowError(); err != nil {
		t.Error(err)
	}
}

func TestOrderIsOpenUntilCancelled(t *testing.T) {
	for _, want := range []string{"cancelled", "delivered"} {
		env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
		if want == "cancelled" {
			env.RegisterDelayedCallback(func() { env.SignalWorkflow("cancel", nil) }, time.Hour)
		}
		env.ExecuteWorkflow(OrderWorkflow)
		var got string
		if err := env.GetWorkflowResult(&got); err != nil || got != want {
			t.Errorf("got %q, error %v; want %q", got, err, want)
		}
	}
}

func TestOrderStatusReplaysOldRun(t *testing.T) {
	replayer := worker.NewWorkflowReplayer()
	replayer.RegisterWorkflow(OrderStatusWorkflow)
	if err := replayer.ReplayWorkflowHistoryFromJSONFile(nil, "testdata/history.json"); err != nil {
		t.Error(err)
	}
}
