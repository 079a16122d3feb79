package main

// The Nexus service "sms", through which workflows in other namespaces send
// without access to the task queue.

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	"github.com/nexus-rpc/sdk-go/nexus"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/temporalnexus"

	"temporal-twilio/sms"
)

// newNexusService returns the service. secret is the key with which request IDs
// are hashed into workflow IDs. It may be empty.
func newNexusService(secret []byte) *nexus.Service {
	service := nexus.NewService(sms.NexusService)
	service.MustRegister(
		workflowRun[sms.SendSmsWorkflowResult](secret, sms.NexusSend, sms.SendSmsWorkflowName, checkSend),
		workflowRun[sms.AskSmsResult](secret, sms.NexusAsk, sms.AskSmsWorkflowName, checkAsk),
		workflowRun[sms.BroadcastProgress](secret, sms.NexusBroadcast, sms.BroadcastSmsWorkflowName, checkBroadcast),
		nexus.NewSyncOperation(sms.NexusCancel, cancelOperation),
	)
	return service
}

// runOperation is an operation that runs a workflow.
type runOperation[R any] struct {
	nexus.Operation[converter.RawValue, R]
}

// workflowRun returns an operation that checks its input and runs a workflow
// with it.
func workflowRun[R any](secret []byte, name, workflow string, check func(converter.RawValue) error) runOperation[R] {
	return runOperation[R]{temporalnexus.MustNewWorkflowRunOperationWithOptions(temporalnexus.WorkflowRunOperationOptions[converter.RawValue, R]{
		Name: name,
		Handler: func(ctx context.Context, raw converter.RawValue, options nexus.StartOperationOptions) (temporalnexus.WorkflowHandle[R], error) {
			if err := check(raw); err != nil {
				return nil, badRequest(err)
			}
			if options.RequestID == "" {
				return nil, nexus.NewHandlerErrorf(nexus.HandlerErrorTypeBadRequest, "the request has no ID, so a retry would send again")
			}
			return temporalnexus.ExecuteUntypedWorkflow[R](ctx, options, client.StartWorkflowOptions{
				ID: nexusWorkflowID(secret, name, options.RequestID),
				// A retry may arrive after the workflow has
				// continued as new or ended.
				WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
				WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
			}, workflow, raw)
		},
	})}
}

// Cancel cancels the operation's workflow.
func (runOperation[R]) Cancel(ctx context.Context, token string, _ nexus.CancelOperationOptions) error {
	return cancelRun(ctx, token)
}

// cancelOperation is the "cancel" operation, for callers other than the
// workflow that started the operation to be cancelled. It is not an error if
// that operation has ended.
func cancelOperation(ctx context.Context, raw converter.RawValue, _ nexus.StartOperationOptions) (nexus.NoValue, error) {
	var in sms.NexusCancelInput
	if err := decode(raw, &in); err != nil {
		return nil, badRequest(err)
	}
	err := cancelRun(ctx, in.OperationToken)
	if gone := (*serviceerror.NotFound)(nil); errors.As(err, &gone) {
		return nil, nil
	}
	return nil, err
}

// nexusPrefix is the prefix of the IDs of workflows that operations run.
const nexusPrefix = "nexus-"

// nexusWorkflowID returns the workflow ID for a request, which is the same for
// each retry. It contains only a hash of the request's ID, which the caller may
// have chosen.
func nexusWorkflowID(secret []byte, operation, requestID string) string {
	return nexusPrefix + operation + "-" + sms.Pseudonym(secret, requestID)
}

// cancelRun cancels the workflow that a token names, if an operation runs that
// workflow. Tokens are not signed, so a caller can make one up for any
// workflow.
func cancelRun(ctx context.Context, token string) error {
	var named struct {
		WorkflowID string `json:"wid"`
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil {
		err = json.Unmarshal(text, &named)
	}
	if err != nil || !strings.HasPrefix(named.WorkflowID, nexusPrefix) {
		return nexus.NewHandlerErrorf(nexus.HandlerErrorTypeBadRequest, "operationToken must be the token returned when an operation of the %s service was started", sms.NexusService)
	}
	return temporalnexus.GetClient(ctx).CancelWorkflow(ctx, named.WorkflowID, "")
}

// decode decodes an input in the same way as workflows do.
func decode(raw converter.RawValue, into any) error {
	return sms.DecodePayload(raw.Payload().GetMetadata(), raw.Payload().GetData(), into)
}

func checkSend(raw converter.RawValue) error {
	var in sms.SendSmsWorkflowInput
	wrong, _ := errors.AsType[sms.Problems](decode(raw, &in))
	if problems := in.Problems(wrong); len(problems) > 0 {
		return problems
	}
	return nil
}

// checkAsk checks the form of a question. Its workflow checks the rest.
func checkAsk(raw converter.RawValue) error {
	return decode(raw, &sms.AskSmsRequest{})
}

// checkBroadcast checks the form of a broadcast. Its workflow checks the rest.
func checkBroadcast(raw converter.RawValue) error {
	return decode(raw, &sms.BroadcastSmsInput{})
}

// badRequest returns the error of an operation that starts nothing because its
// input is invalid. The message of a failure is never encrypted, so the input
// appears only in the details of its cause.
func badRequest(err error) error {
	says := sms.Public(err)
	return &nexus.HandlerError{
		Type:    nexus.HandlerErrorTypeBadRequest,
		Message: says,
		Cause: temporal.NewNonRetryableApplicationError(says, string(sms.CodeInvalidInput), nil,
			sms.Error{Code: sms.CodeInvalidInput, Message: err.Error()}),
	}
}
