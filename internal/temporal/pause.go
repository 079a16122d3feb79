package temporal

// A pause of all sending is a workflow that is open while the pause lasts.

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"temporal-twilio/sms"
)

// Pause is a pause of all sending.
type Pause struct {
	Since time.Time `json:"since"`
	// Why is the reason. It is "" if none was given, or if this process
	// does not have the key to decrypt it.
	Why string `json:"why,omitempty"`
}

// Paused returns the pause of all sending in the namespace, or nil if there is
// none.
func (c *Client) Paused(ctx context.Context) (*Pause, error) {
	found, err := c.DescribeWorkflow(ctx, sms.PauseID, "")
	if missing := (*serviceerror.NotFound)(nil); errors.As(err, &missing) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("query whether all sending is paused: %w", err)
	}
	// A trigger may derive workflow IDs from inbound texts, but cannot
	// start a workflow of this type.
	if found.Status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING || found.WorkflowType.Name != sms.PauseSmsWorkflowName {
		return nil, nil
	}
	why, _ := found.GetStaticSummary() // the pause applies even if its summary cannot be read
	return &Pause{Since: found.WorkflowStartTime, Why: why}, nil
}

// PauseAll pauses all sending in the namespace. If sending is already paused,
// nothing changes, and PauseAll returns the existing pause.
func (c *Client) PauseAll(ctx context.Context, why string) (already *Pause, err error) {
	if already, err = c.Paused(ctx); already != nil || err != nil {
		return already, err
	}
	_, err = c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: sms.PauseID, TaskQueue: sms.TaskQueue, StaticSummary: why,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
	}, sms.PauseSmsWorkflowName)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", sms.PauseID, err)
	}
	return nil, nil
}

// ResumeAll ends the pause and returns it, or nil if there was none. It needs
// no worker.
func (c *Client) ResumeAll(ctx context.Context) (ended *Pause, err error) {
	if ended, err = c.Paused(ctx); ended == nil || err != nil {
		return nil, err
	}
	if err := c.TerminateWorkflow(ctx, sms.PauseID, "", "sending resumes"); err != nil {
		return nil, fmt.Errorf("terminate %s: %w", sms.PauseID, err)
	}
	return ended, nil
}
