package webhook

// Silence: a conversation between two machines is recorded as a workflow, for
// all webhooks.

import (
	"context"
	"errors"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"temporal-twilio/sms"
)

// SilenceID implements [Silencer].
func (d *Dispatcher) SilenceID(message sms.Inbound) string {
	return sms.SilencePrefix + sms.Pseudonym(d.IDSecret, message.To, message.From)
}

// Silenced implements [Silencer].
func (d *Dispatcher) Silenced(ctx context.Context, message sms.Inbound) (silenced bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	found, err := d.Client.DescribeWorkflow(ctx, d.SilenceID(message), "")
	if isNotFound(err) {
		return false, nil
	}
	return err == nil && found.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, err
}

// Silence implements [Silencer].
func (d *Dispatcher) Silence(ctx context.Context, message sms.Inbound) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	_, err := d.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: d.SilenceID(message), TaskQueue: sms.TaskQueue,
		StaticSummary: "A phone and a number answer each other like machines",
	}, sms.SilenceSmsWorkflowName, sms.SilenceSmsInput{})
	if already := (*serviceerror.WorkflowExecutionAlreadyStarted)(nil); errors.As(err, &already) {
		return nil
	}
	return err
}
