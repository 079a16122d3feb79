package activities

// Once: sends with an idempotency key, of which there is one however many ask.

import (
	"context"
	"errors"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"temporal-twilio/sms"
)

// keyedWorkflow is the workflow type that carries out a keyed send. It runs the
// activity SendSms with the same input, but for the key.
const keyedWorkflow = "SendSmsWorkflow"

// once gives the result of the one send that has the key: it begins that send,
// or waits for it, or finds it done. Callers may be workflows and standalone
// activities alike, at the same time or one after the other, for as long as the
// namespace keeps closed workflows.
func (a *Activities) once(ctx context.Context, input SendSmsInput) (SendSmsResult, error) {
	info := activity.GetInfo(ctx)
	if len(a.KeySecret) == 0 {
		return newResult(nil, []sms.Error{{Code: sms.InvalidInput, Message: "idempotencyKey needs a secret to make workflow IDs with, the same on all workers and for ever: set ID_SECRET or ID_SECRET_FILE to 32 random characters"}}), nil
	}
	key := input.IdempotencyKey
	input.IdempotencyKey = ""
	if input.StatusCallback == "" {
		input.StatusCallback = a.callback(info.WorkflowExecution.ID, &input)
	}
	s := &send{activities: a, info: info, input: input}
	s.addresses()
	ctx, cancel := s.bounded(ctx)
	defer cancel(nil)
	heart := newHeart(a.recorder(ctx), info.HeartbeatTimeout, cancel)
	_ = heart.record(ctx, struct{}{}) // the start of the send sees the context end
	defer heart.watch(ctx, activity.GetWorkerStopChannel(ctx))()

	var result SendSmsResult
	run, err := activity.GetClient(ctx).ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       "sms-once-" + sms.Pseudonym(a.KeySecret, "idempotencyKey", input.Account, key),
		TaskQueue:                info.TaskQueue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            "SendSms with an idempotency key",
	}, keyedWorkflow, s.input)
	if err == nil {
		err = run.Get(ctx, &result)
	}
	if err == nil {
		return result, nil
	}
	return s.notYet(ctx, err)
}

// notYet ends an attempt that did not learn the result: another attempt finds
// the same send, if the caller leaves room for one.
func (s *send) notYet(ctx context.Context, err error) (SendSmsResult, error) {
	why := "the send with this idempotencyKey has not ended, and goes on; ask again with the same key to learn its result"
	cause := context.Cause(ctx)
	cancelled := temporal.IsCanceledError(cause) || errors.Is(cause, context.Canceled)
	switch ended := (*temporal.WorkflowExecutionError)(nil); {
	case errors.As(err, &ended):
		why = "the send with this idempotencyKey was ended from outside, and its result is lost; look in Twilio's log whom it texted before you send with another key"
	case !cancelled && s.room(s.delay()):
		return SendSmsResult{}, temporal.NewApplicationErrorWithOptions("the keyed send has not ended yet", RetryType,
			temporal.ApplicationErrorOptions{NextRetryDelay: s.delay(), Category: temporal.ApplicationErrorCategoryBenign, Cause: err})
	}
	for _, place := range s.progress.places(untried, len(s.to)) {
		s.progress.set(place, doubtful, sms.Error{Code: sms.OutcomeUnknown, Message: why})
	}
	return s.result(), nil
}
