package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"temporal-twilio/sms"
)

func TestFailedUpdateIsAnOutcome(t *testing.T) {
	failures := []error{errors.New("unable to decode the answer")}
	for _, failure := range []*failurepb.Failure{
		{FailureInfo: &failurepb.Failure_ApplicationFailureInfo{ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Type: "Refused"}}},
		{FailureInfo: &failurepb.Failure_ApplicationFailureInfo{ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Type: "PanicError"}}},
		{FailureInfo: &failurepb.Failure_ActivityFailureInfo{}, Cause: &failurepb.Failure{FailureInfo: &failurepb.Failure_TimeoutFailureInfo{}}},
		{FailureInfo: &failurepb.Failure_TimeoutFailureInfo{}},
		{FailureInfo: &failurepb.Failure_CanceledFailureInfo{}},
		{FailureInfo: &failurepb.Failure_TerminatedFailureInfo{}},
		{FailureInfo: &failurepb.Failure_ServerFailureInfo{}},
		{FailureInfo: &failurepb.Failure_ChildWorkflowExecutionFailureInfo{}},
		{FailureInfo: &failurepb.Failure_NexusOperationExecutionFailureInfo{}},
		{},
	} {
		failures = append(failures, temporal.GetDefaultFailureConverter().FailureToError(failure))
	}
	for _, failure := range failures {
		if !isOutcome(failure) {
			t.Errorf("an update that ended with %T is repeated", failure)
		}
	}
	for _, request := range []error{
		nil, context.DeadlineExceeded, context.Canceled, serviceerror.NewUnavailable("away"), serviceerror.NewDeadlineExceeded("slow"),
		client.NewWorkflowUpdateServiceTimeoutOrCanceledError(serviceerror.NewCanceled("slow")),
		status.Error(codes.Unknown, "a proxy"),
		fmt.Errorf("decode: %w", &sms.UnreadableError{KeyID: "new"}),
	} {
		if isOutcome(request) {
			t.Errorf("an update is not repeated after %T", request)
		}
	}
}

// failing is a Temporal whose updates with certain IDs have failed.
type failing struct {
	client.Client
	ids []string
}

func (f *failing) UpdateWorkflow(_ context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	if slices.Contains(f.ids, o.UpdateID) {
		return nil, temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE, nil)
	}
	return agreed{}, nil
}

type agreed struct{ client.WorkflowUpdateHandle }

func (agreed) Get(_ context.Context, value any) error {
	*value.(*bool) = true
	return nil
}

func TestFailedKeeperIsAskedAgain(t *testing.T) {
	c := &failing{ids: []string{"reply-SM1", "reply-SM1-1"}}
	in := sms.AskKeeperInput{Text: sms.Text{MessageSID: "SM1"}}
	retry := (*temporal.ApplicationError)(nil)
	if answered, err := offer(t.Context(), c, in, 1); answered || err == nil || errors.As(err, &retry) {
		t.Errorf("the first attempt: answered %t, %v", answered, err)
	}
	if answered, err := offer(t.Context(), c, in, 2); !answered || err != nil {
		t.Errorf("the second: answered %t, %v", answered, err)
	}
}
