package workflows

// Calls: what a workflow of somebody else's calls to send and to ask.

import (
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// SendSms runs the activity SendSms from a workflow. Its result says what
// became of each recipient; its error is not nil only if the workflow was
// cancelled before the activity began, no worker could carry it out, or the input
// has OnError set to fail.
func SendSms(ctx workflow.Context, input sms.SendSmsInput) (result sms.SendSmsResult, err error) {
	ctx = workflow.WithActivityOptions(ctx, SendOptions("Send an SMS"))
	err = workflow.ExecuteActivity(ctx, sms.SendSmsName, input).Get(ctx, &result)
	return result, err
}

// AskSms asks a question as a child workflow, and waits for the reply.
func AskSms(ctx workflow.Context, input AskSmsInput) (result AskSmsResult, err error) {
	err = workflow.ExecuteChildWorkflow(child(ctx), sms.AskSmsWorkflowName, input).Get(ctx, &result)
	return result, err
}

// BroadcastSms texts very many as a child workflow, and waits until it is done.
func BroadcastSms(ctx workflow.Context, input BroadcastSmsInput) (progress BroadcastProgress, err error) {
	err = workflow.ExecuteChildWorkflow(child(ctx), sms.BroadcastSmsWorkflowName, input).Get(ctx, &progress)
	return progress, err
}

// child has a child workflow run by our workers, unless the caller has chosen
// others than the caller's own.
func child(ctx workflow.Context) workflow.Context {
	if queue := workflow.GetChildWorkflowOptions(ctx).TaskQueue; queue != "" && queue != workflow.GetInfo(ctx).TaskQueueName {
		return ctx
	}
	return workflow.WithWorkflowTaskQueue(ctx, sms.TaskQueue)
}
