package workflows

// CatchUpSmsWorkflow: publishes what came while nobody listened.

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// The names and the task queue of the catch-up. It has a queue of its own: the
// webhooks poll it, as it is they who have the triggers.
const (
	CatchUpSmsWorkflowName = "CatchUpSmsWorkflow"
	CatchUpSmsName         = "CatchUpSms"
	CatchUpTaskQueue       = "twilio-catch-up"
)

// DefaultCatchUpWindow is how far a catch-up looks back. It must be well below
// the namespace's retention, within which a message is known to be published.
const DefaultCatchUpWindow = time.Hour

// CatchUpSmsInput says how far to look back.
type CatchUpSmsInput struct {
	// Window is the time before now. Optional: default 1h.
	Window Duration `json:"window,omitempty"`
}

// CatchUpSmsQuery is what the activity gets.
type CatchUpSmsQuery struct {
	Since time.Time `json:"since"`
}

// CatchUpSmsResult says what a catch-up found.
type CatchUpSmsResult struct {
	// Received is how many messages Twilio received in the window.
	Received int `json:"received"`
	// Matched is how many events they give for triggers that catch up. What
	// was published before is not published again.
	Matched int `json:"matched"`
	// Failed is how many of these could not be published.
	Failed int `json:"failed"`
}

// CatchUpSmsWorkflow asks Twilio which messages it received, and publishes for
// the triggers with catchUp those that were missed. It is for a Schedule.
func CatchUpSmsWorkflow(ctx workflow.Context, in CatchUpSmsInput) (result CatchUpSmsResult, err error) {
	window := time.Duration(in.Window)
	if window <= 0 {
		window = DefaultCatchUpWindow
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           CatchUpTaskQueue,
		StartToCloseTimeout: 5 * time.Minute,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, MaximumAttempts: 5},
		Summary:             "Publish missed messages",
	})
	err = workflow.ExecuteActivity(ctx, CatchUpSmsName, CatchUpSmsQuery{Since: workflow.Now(ctx).Add(-window).UTC()}).Get(ctx, &result)
	return result, err
}
