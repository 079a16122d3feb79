package workflows

// Calls: what a workflow of somebody else's calls to send and to ask.

import (
	"cmp"

	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// SendSms runs the activity SendSms from a workflow. Its result says what
// became of each recipient; its error is not nil only if the workflow was
// cancelled before the activity began, no worker could carry it out, or the input
// has OnError set to fail.
//
// The activity options in ctx win over those of [SendOptions]. The caller's own
// task queue does not, since SDKs set it by default.
func SendSms(ctx workflow.Context, input sms.SendSmsInput) (result sms.SendSmsResult, err error) {
	options, defaults := workflow.GetActivityOptions(ctx), SendOptions("Send an SMS")
	if options.TaskQueue == workflow.GetInfo(ctx).TaskQueueName {
		options.TaskQueue = ""
	}
	options.TaskQueue = cmp.Or(options.TaskQueue, defaults.TaskQueue)
	options.StartToCloseTimeout = cmp.Or(options.StartToCloseTimeout, defaults.StartToCloseTimeout)
	options.HeartbeatTimeout = cmp.Or(options.HeartbeatTimeout, defaults.HeartbeatTimeout)
	options.RetryPolicy = cmp.Or(options.RetryPolicy, defaults.RetryPolicy)
	options.Summary = cmp.Or(options.Summary, defaults.Summary)
	options.WaitForCancellation = true // else nobody would read the result
	err = workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), sms.SendSmsName, input).Get(ctx, &result)
	return result, err
}

// AskSms asks a question as a child workflow, and waits for the reply.
func AskSms(ctx workflow.Context, input sms.AskSmsInput) (result sms.AskSmsResult, err error) {
	err = workflow.ExecuteChildWorkflow(child(ctx), sms.AskSmsWorkflowName, input).Get(ctx, &result)
	return result, err
}

// BroadcastSms texts very many as a child workflow, and waits until it is done.
func BroadcastSms(ctx workflow.Context, input sms.BroadcastSmsInput) (progress sms.BroadcastProgress, err error) {
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
