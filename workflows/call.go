package workflows

// Functions that other workflows call to send texts and ask questions.

import (
	"cmp"

	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// SendSms runs the SendSms activity from a workflow. Its result lists the
// outcome for each recipient. Its error is nil unless the workflow was
// cancelled before the activity started or between two of its attempts, no
// worker could run the activity, or the input sets OnError to fail. If the
// workflow is cancelled between two attempts, Temporal does not start another
// one, so some recipients may have been texted.
//
// The activity options in ctx take precedence over those of [SendOptions],
// except for a task queue equal to the caller's own, which SDKs set by default.
func SendSms(ctx workflow.Context, input sms.SendSmsInput) (result sms.SendSmsResult, err error) {
	options, defaults := workflow.GetActivityOptions(ctx), SendOptions(input.Summary())
	if options.TaskQueue == workflow.GetInfo(ctx).TaskQueueName {
		options.TaskQueue = ""
	}
	options.TaskQueue = cmp.Or(options.TaskQueue, defaults.TaskQueue)
	options.StartToCloseTimeout = cmp.Or(options.StartToCloseTimeout, defaults.StartToCloseTimeout)
	options.HeartbeatTimeout = cmp.Or(options.HeartbeatTimeout, defaults.HeartbeatTimeout)
	options.RetryPolicy = cmp.Or(options.RetryPolicy, defaults.RetryPolicy)
	options.Summary = cmp.Or(options.Summary, defaults.Summary)
	options.WaitForCancellation = true // otherwise, the result would be lost
	err = workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), sms.SendSmsName, input).Get(ctx, &result)
	return result, err
}

// AskSms asks a question in a child workflow and waits for the reply.
func AskSms(ctx workflow.Context, input sms.AskSmsInput) (result sms.AskSmsResult, err error) {
	err = workflow.ExecuteChildWorkflow(child(ctx, input.Label), sms.AskSmsWorkflowName, input).Get(ctx, &result)
	return result, err
}

// BroadcastSms sends to any number of recipients in a child workflow and waits
// until it is done.
func BroadcastSms(ctx workflow.Context, input sms.BroadcastSmsInput) (progress sms.BroadcastProgress, err error) {
	err = workflow.ExecuteChildWorkflow(child(ctx, input.Label), sms.BroadcastSmsWorkflowName, input).Get(ctx, &progress)
	return progress, err
}

// child returns a context for child workflows on our workers, unless the caller
// has chosen a task queue other than its own. The child workflow's summary is
// the label, unless the caller has set one.
func child(ctx workflow.Context, label string) workflow.Context {
	options := workflow.GetChildWorkflowOptions(ctx)
	options.StaticSummary = cmp.Or(options.StaticSummary, sms.ShownLabel(label))
	ctx = workflow.WithChildOptions(ctx, options)
	if queue := options.TaskQueue; queue != "" && queue != workflow.GetInfo(ctx).TaskQueueName {
		return ctx
	}
	return workflow.WithWorkflowTaskQueue(ctx, sms.TaskQueue)
}
