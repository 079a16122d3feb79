package workflows

// While PauseSmsWorkflow is open, all workers of the namespace pause sending.

import "go.temporal.io/sdk/workflow"

// PauseSmsWorkflow does nothing. While it is open with the ID [sms.PauseID], no
// worker of the namespace sends. Cancel or terminate it to resume. Its static
// summary is the reason for the pause. It has no input, because a worker that
// could not decode it would end the pause.
func PauseSmsWorkflow(ctx workflow.Context) error {
	workflow.SetCurrentDetails(ctx, "All sending is paused until this workflow ends. To resume, run starter resume-all")
	ctx.Done().Receive(ctx, nil)
	return nil
}
