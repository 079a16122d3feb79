// Package workflows holds durable flows over the activities, and what helps a
// workflow of somebody else's to send and receive. Its code is deterministic:
// what touches the world is an activity.
package workflows

import (
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/activities"
	"temporal-twilio/sms"
)

// The workflow types.
const (
	SendSmsWorkflowName      = "SendSmsWorkflow"
	OrderStatusWorkflowName  = "OrderStatusWorkflow"
	AskSmsWorkflowName       = "AskSmsWorkflow"
	BroadcastSmsWorkflowName = "BroadcastSmsWorkflow"
)

// Register registers all workflows on a worker.
func Register(r worker.WorkflowRegistry) {
	for name, function := range map[string]any{
		SendSmsWorkflowName:      SendSmsWorkflow,
		OrderStatusWorkflowName:  OrderStatusWorkflow,
		AskSmsWorkflowName:       AskSmsWorkflow,
		BroadcastSmsWorkflowName: BroadcastSmsWorkflow,

		activities.QuestionsWorkflowName: QuestionsWorkflow,
		sms.ReceiveSmsWorkflowName:       ReceiveSmsWorkflow,
		sms.SilenceSmsWorkflowName:       SilenceSmsWorkflow,
	} {
		r.RegisterWorkflowWithOptions(function, workflow.RegisterOptions{Name: name})
	}
}
