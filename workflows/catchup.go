package workflows

// CatchUpSmsWorkflow publishes texts that arrived while no webhook was
// available.

import (
	"time"

	"temporal-twilio/sms"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

const (
	// catchUpOverlap is how far before the end of the previous catch-up the
	// next one starts, because texts may appear in Twilio's log up to a
	// quarter of an hour late.
	catchUpOverlap = 15 * time.Minute
	// catchUpTimeout limits one attempt.
	catchUpTimeout = 30 * time.Minute
	// catchUpHeartbeat is how long a catch-up whose webhook has died delays
	// the next one. A running catch-up sends a heartbeat every 2 seconds.
	catchUpHeartbeat = 12 * time.Second
)

// CatchUpSmsWorkflow looks up in Twilio's log which texts were received since
// the last catch-up, and publishes the missed ones for triggers with catchUp. A
// Schedule runs it and keeps its last result. No catch-up goes back beyond the
// start of the first one: before that, webhooks may not have recorded what the
// log does not show, such as opt-outs.
func CatchUpSmsWorkflow(ctx workflow.Context, _ sms.CatchUpSmsInput) (result sms.CatchUpSmsResult, err error) {
	now := workflow.Now(ctx).UTC()
	last, first := sms.CatchUpSmsResult{Through: now, Began: now}, true
	if workflow.HasLastCompletionResult(ctx) {
		var before sms.CatchUpSmsResult
		if err := workflow.GetLastCompletionResult(ctx, &before); err == nil && !before.Through.IsZero() {
			last, first = before, false
		}
	}
	query := sms.CatchUpSmsQuery{Since: last.Through.Add(-catchUpOverlap), Through: last.Through}
	if query.Since.Before(last.Began) {
		query.Since = last.Began
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           sms.CatchUpTaskQueue,
		StartToCloseTimeout: catchUpTimeout,
		HeartbeatTimeout:    catchUpHeartbeat,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, MaximumAttempts: 5},
		Summary:             "Publish missed texts",
	})
	err = workflow.ExecuteActivity(ctx, sms.CatchUpSmsName, query).Get(ctx, &result)
	if first && err != nil && ctx.Err() == nil {
		// The next catch-up must know when the first one began.
		return last, nil
	}
	result.Began = last.Began
	return result, err
}
