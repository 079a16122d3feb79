// Package workflows provides durable workflows that use the activities, and
// helpers for other workflows that send and receive. Its code is deterministic:
// side effects happen in activities.
package workflows

import (
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// Register registers the workflows on a worker, except [CatchUpSmsWorkflow],
// which the webhooks run.
func Register(r worker.WorkflowRegistry) {
	for name, function := range map[string]any{
		sms.SendSmsWorkflowName:      SendSmsWorkflow,
		sms.AskSmsWorkflowName:       AskSmsWorkflow,
		sms.BroadcastSmsWorkflowName: BroadcastSmsWorkflow,

		sms.QuestionsWorkflowName:  QuestionsWorkflow,
		sms.ReceiveSmsWorkflowName: ReceiveSmsWorkflow,
		sms.SilenceSmsWorkflowName: SilenceSmsWorkflow,
		sms.PauseSmsWorkflowName:   PauseSmsWorkflow,
		sms.CapsSmsWorkflowName:    CapsSmsWorkflow,
	} {
		r.RegisterWorkflowWithOptions(function, workflow.RegisterOptions{Name: name})
	}
}
