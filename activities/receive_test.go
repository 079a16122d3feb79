package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"temporal-twilio/sms"
)

func TestFailedUpdateIsOutcome(t *testing.T) {
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
			t.Errorf("isOutcome = false for an update that ended with %T, want true", failure)
		}
	}
	for _, request := range []error{
		nil, context.DeadlineExceeded, context.Canceled, serviceerror.NewUnavailable("away"), serviceerror.NewDeadlineExceeded("slow"),
		client.NewWorkflowUpdateServiceTimeoutOrCanceledError(serviceerror.NewCanceled("slow")),
		status.Error(codes.Unknown, "a proxy"),
		fmt.Errorf("decode: %w", &sms.UnreadableError{KeyID: "new"}),
	} {
		if isOutcome(request) {
			t.Errorf("isOutcome = true for a request that failed with %T, want false", request)
		}
	}
}

// failing is a Temporal client in which updates with certain IDs have failed.
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
	c := &failing{ids: []string{"reply-SM1-AC1", "reply-SM1-AC1-1"}}
	in := sms.AskKeeperInput{Text: sms.Text{MessageSID: "SM1", AccountSID: "AC1"}}
	retry := (*temporal.ApplicationError)(nil)
	if answered, err := offer(t.Context(), c, in, 1); answered || err == nil || errors.As(err, &retry) {
		t.Errorf("first attempt: got answered %t, error %v, want false and a retryable error", answered, err)
	}
	if answered, err := offer(t.Context(), c, in, 2); !answered || err != nil {
		t.Errorf("second attempt: got answered %t, error %v, want true", answered, err)
	}
}

// responding is a Temporal client that responds to each update with an answer
// or an error.
type responding struct {
	client.Client
	answer any
	err    error
}

func (r *responding) UpdateWorkflow(context.Context, client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	return &answering{answer: r.answer}, r.err
}

// answering is the handle of an update that returns an answer.
type answering struct {
	client.WorkflowUpdateHandle
	answer any
}

func (a *answering) Get(_ context.Context, value any) error {
	encoded, err := converter.GetDefaultDataConverter().ToPayload(a.answer)
	if err != nil {
		return err
	}
	return converter.GetDefaultDataConverter().FromPayload(encoded, value)
}

func TestAnswersMayHaveAnyEncoding(t *testing.T) {
	for want, answer := range map[string]any{
		`{"value":{"amount":7}}`: map[string]int{"amount": 7}, `{"value":"7 EUR"}`: []byte("7 EUR"), `{}`: nil,
		`{"value":{"workflowId":"x"}}`: &common.WorkflowExecution{WorkflowId: "x"},
	} {
		result, err := askRun(t.Context(), &responding{answer: answer}, sms.AskWorkflowInput{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := json.Marshal(result); err != nil || strings.ReplaceAll(string(got), `": "`, `":"`) != want {
			t.Errorf("answer %T: got %s, %v, want %s", answer, got, err, want)
		}
	}
	if result, err := askRun(t.Context(), &responding{answer: []byte{0xff}}, sms.AskWorkflowInput{}); err != nil || result.Value != nil || result.Refused {
		t.Errorf("bytes: got result %+v, error %v, want no answer", result, err)
	}
}

func TestUnansweredUpdateIsRetried(t *testing.T) {
	for _, silence := range []error{context.DeadlineExceeded, serviceerror.NewUnavailable("away"), serviceerror.NewDeadlineExceeded("slow")} {
		if result, err := askRun(t.Context(), &responding{err: silence}, sms.AskWorkflowInput{}); err == nil {
			t.Errorf("after %v: got result %+v and no error, want an error", silence, result)
		}
	}
	if result, err := askRun(t.Context(), &responding{err: serviceerror.NewFailedPrecondition("too many updates")}, sms.AskWorkflowInput{}); err != nil || !result.Refused {
		t.Errorf("after too many updates: got result %+v, error %v, want a refusal", result, err)
	}
	if result, err := askRun(t.Context(), &responding{err: serviceerror.NewNotFound("the workflow has closed")}, sms.AskWorkflowInput{}); err != nil || !result.Closed {
		t.Errorf("after the workflow closed: got result %+v, error %v, want Closed", result, err)
	}
}
