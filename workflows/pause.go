package workflows

// PauseSmsWorkflow: while it is open, all workers of the namespace stop
// sending.

import "go.temporal.io/sdk/workflow"

// PauseSmsWorkflow does nothing. While it is open with the ID [sms.PauseID], no
// worker of the namespace sends; cancel or terminate it to resume. Its static
// summary holds the reason. It has no input, since a worker that could not read
// one would end the pause.
func PauseSmsWorkflow(ctx workflow.Context) error {
	workflow.SetCurrentDetails(ctx, "All sending is paused until this workflow ends. To resume, run starter resume-all")
	ctx.Done().Receive(ctx, nil)
	return nil
}
