package workflows

// PauseSmsWorkflow: all sending is paused, for all workers of the namespace.

import "go.temporal.io/sdk/workflow"

// PauseSmsWorkflow does nothing. While it is open under the ID [sms.PauseID], no
// worker of the namespace sends; cancel or terminate it to go on. Its static
// summary says why. It has no input, since a worker that could not read it would
// end the pause.
func PauseSmsWorkflow(ctx workflow.Context) error {
	workflow.SetCurrentDetails(ctx, "All sending is paused until this workflow ends: starter resume-all")
	ctx.Done().Receive(ctx, nil)
	return nil
}
