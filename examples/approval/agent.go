package main

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"
)

// RefundAgent handles a complaint like an AI agent: it makes a plan and acts
// through tools. A real agent would ask a model for the plan in an activity.
// This example shows how to carry out the plan only after a person has approved
// it.
func RefundAgent(ctx workflow.Context, a Approval) (string, error) {
	var decision Decision
	if err := workflow.ExecuteChildWorkflow(ctx, ApprovalWorkflow, a).Get(ctx, &decision); err != nil {
		return "", err
	}
	switch {
	case decision.By == "":
		return "Nobody answered. Nothing was done.", nil
	case !decision.Approved:
		return fmt.Sprintf("%s refused. Nothing was done.", decision.By), nil
	}
	acting := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	var done string
	err := workflow.ExecuteActivity(acting, Act, a.Action).Get(ctx, &done)
	return fmt.Sprintf("%s approved. %s", decision.By, done), err
}

// Act is the agent's tool. In this example, it does nothing.
func Act(action string) (string, error) { return "Done: " + action, nil }
