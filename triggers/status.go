package triggers

// Status: bringing the news of a sent message to the workflow that sent it.

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"temporal-twilio/sms"
)

// Status signals the news to a workflow. The same news is taken once by a run.
// A workflow that has closed does not want it any more, which is no error.
func (d *Dispatcher) Status(ctx context.Context, workflowID string, update sms.StatusUpdate) error {
	input, err := d.payloads(update)
	if err != nil {
		return fmt.Errorf("encode the signal %s: %w", sms.StatusSignal, err)
	}
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	err = retrying(ctx, func(ctx context.Context) error {
		_, err := d.Client.WorkflowService().SignalWorkflowExecution(ctx, &workflowservice.SignalWorkflowExecutionRequest{
			Namespace:         d.Namespace,
			WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: workflowID},
			SignalName:        sms.StatusSignal,
			Input:             input,
			Identity:          identity,
			RequestId:         uuid.NewSHA1(requestIDs, []byte(update.MessageSID+"\x00status\x00"+string(update.Status))).String(),
		})
		return err
	})
	if gone := (*serviceerror.NotFound)(nil); errors.As(err, &gone) {
		return nil
	}
	if err != nil {
		return &PublishError{Trigger: "status callback", What: "signal the workflow that sent the message", Err: err}
	}
	return nil
}
