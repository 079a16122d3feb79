package main

import (
	"testing"

	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
)

func TestOrderStatusNamesTheOrder(t *testing.T) {
	env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
	env.ExecuteWorkflow(OrderStatusWorkflow, OrderStatusInput{OrderNumber: "42", From: "+15005550009"})
	var status OrderStatus
	if err := env.GetWorkflowResult(&status); err != nil || status.OrderNumber != "42" || status.Status != "received" || status.AskedAt.IsZero() {
		t.Errorf("got %+v, %v", status, err)
	}
}

func TestOrderStatusReplaysAnOldRun(t *testing.T) {
	replayer := worker.NewWorkflowReplayer()
	replayer.RegisterWorkflow(OrderStatusWorkflow)
	if err := replayer.ReplayWorkflowHistoryFromJSONFile(nil, "testdata/history.json"); err != nil {
		t.Error(err)
	}
}
