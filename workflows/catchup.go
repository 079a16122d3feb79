package workflows

// CatchUpSmsWorkflow: publishes what came while nobody listened.

import (
	"time"

	"temporal-twilio/sms"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

const (
	// catchUpOverlap is how far behind the last catch-up the next begins: Twilio's
	// log shows a text late, by up to a quarter of an hour.
	catchUpOverlap = 15 * time.Minute
	// catchUpTimeout bounds one attempt.
	catchUpTimeout = 30 * time.Minute
	// catchUpHeartbeat bounds the reading of an hour of the log, which has up to 200
	// pages.
	catchUpHeartbeat = 5 * time.Minute
)

// CatchUpSmsInput is the input of CatchUpSmsWorkflow.
type CatchUpSmsInput struct{}

// CatchUpSmsQuery is what the activity gets.
type CatchUpSmsQuery struct {
	// Since is the time from which Twilio's log is read, Through the time up to
	// which all has been caught up on; both in Twilio's clock.
	Since   time.Time `json:"since"`
	Through time.Time `json:"through"`
}

// CatchUpSmsResult says what a catch-up found.
type CatchUpSmsResult struct {
	// Through is the time up to which all texts have been caught up on.
	Through time.Time `json:"through,omitzero"`
	// Received is how many texts Twilio received in that time.
	Received int `json:"received"`
	// Matched is how many of them triggers that catch up want. A text that has its
	// workflow already does not get another.
	Matched int `json:"matched"`
	// Failed is how many of these could not be published.
	Failed int `json:"failed"`
	// Lost is set if texts from before the namespace's retention were left out:
	// nobody knows which of them were published.
	Lost bool `json:"lost,omitempty"`
}

// CatchUpSmsWorkflow reads in Twilio's log which texts were received since the
// last catch-up, and publishes for the triggers with catchUp those that were
// missed. It is for a Schedule, which keeps its last result. The first catch-up
// begins where it is.
func CatchUpSmsWorkflow(ctx workflow.Context, _ CatchUpSmsInput) (result CatchUpSmsResult, err error) {
	query := CatchUpSmsQuery{Since: workflow.Now(ctx).UTC(), Through: workflow.Now(ctx).UTC()}
	if workflow.HasLastCompletionResult(ctx) {
		var last CatchUpSmsResult
		if err := workflow.GetLastCompletionResult(ctx, &last); err == nil && !last.Through.IsZero() {
			query.Since, query.Through = last.Through.Add(-catchUpOverlap), last.Through
		}
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           sms.CatchUpTaskQueue,
		StartToCloseTimeout: catchUpTimeout,
		HeartbeatTimeout:    catchUpHeartbeat,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, MaximumAttempts: 5},
		Summary:             "Publish missed texts",
	})
	err = workflow.ExecuteActivity(ctx, sms.CatchUpSmsName, query).Get(ctx, &result)
	return result, err
}
