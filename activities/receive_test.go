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
	"go.temporal.io/api/update/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"
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
			t.Errorf("isOutcome = false for an update that ended with %T", failure)
		}
	}
	for _, request := range []error{
		nil, context.DeadlineExceeded, context.Canceled, serviceerror.NewUnavailable("away"), serviceerror.NewDeadlineExceeded("slow"),
		client.NewWorkflowUpdateServiceTimeoutOrCanceledError(serviceerror.NewCanceled("slow")),
		status.Error(codes.Unknown, "a proxy"),
		fmt.Errorf("decode: %w", &sms.UnreadableError{KeyID: "new"}),
	} {
		if isOutcome(request) {
			t.Errorf("isOutcome = true for the failed request %T", request)
		}
	}
}

// failing is a Temporal client whose updates with certain IDs have failed.
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
		t.Errorf("first attempt: answered %t, error %v", answered, err)
	}
	if answered, err := offer(t.Context(), c, in, 2); !answered || err != nil {
		t.Errorf("second attempt: answered %t, error %v", answered, err)
	}
}

// remembering is a Temporal client that knows an update. It can be unreachable.
type remembering struct {
	client.Client
	service updates
	// answer is the result of each update.
	answer any
}

func (r *remembering) WorkflowService() workflowservice.WorkflowServiceClient { return &r.service }

// updates is its service.
type updates struct {
	workflowservice.WorkflowServiceClient
	outcome *update.Outcome
	err     error
}

func (r *updates) PollWorkflowExecutionUpdate(_ context.Context, in *workflowservice.PollWorkflowExecutionUpdateRequest, _ ...grpc.CallOption) (*workflowservice.PollWorkflowExecutionUpdateResponse, error) {
	if in.GetNamespace() != "orders" || in.GetWaitPolicy() != nil {
		return nil, serviceerror.NewInvalidArgument("want a request that does not wait")
	}
	return &workflowservice.PollWorkflowExecutionUpdateResponse{Outcome: r.outcome}, r.err
}

func (r *remembering) GetWorkflowUpdateHandle(client.GetWorkflowUpdateHandleOptions) client.WorkflowUpdateHandle {
	return &answering{answer: 7}
}

func (r *remembering) UpdateWorkflow(context.Context, client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	return &answering{answer: r.answer}, nil
}

// answering is an update with a result.
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
		result, err := askRun(t.Context(), &remembering{answer: answer}, "orders", sms.AskWorkflowInput{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := json.Marshal(result); err != nil || strings.ReplaceAll(string(got), `": "`, `":"`) != want {
			t.Errorf("answer %T: got %s, %v, want %s", answer, got, err, want)
		}
	}
	if result, err := askRun(t.Context(), &remembering{answer: []byte{0xff}}, "orders", sms.AskWorkflowInput{}); err != nil || result.Value != nil || result.Refused {
		t.Errorf("bytes: got %+v, %v", result, err)
	}
}

func TestSilenceOfTemporalIsNoAnswer(t *testing.T) {
	look := func(service updates) (sms.AskWorkflowResult, error) {
		return askRun(t.Context(), &remembering{service: service}, "orders", sms.AskWorkflowInput{WorkflowID: "account", RunID: "run", UpdateID: "sms-SM1", Known: true})
	}
	for _, silence := range []error{context.DeadlineExceeded, serviceerror.NewUnavailable("away"), serviceerror.NewDeadlineExceeded("slow")} {
		if result, err := look(updates{err: silence}); err == nil {
			t.Errorf("request failed with %v, but the result is %+v", silence, result)
		}
	}
	for name, unanswered := range map[string]updates{"open": {}, "unknown": {err: serviceerror.NewNotFound("no such update")}} {
		if result, err := look(unanswered); err != nil || !result.Closed {
			t.Errorf("%s: got %+v, %v", name, result, err)
		}
	}
	if result, err := look(updates{outcome: &update.Outcome{}}); err != nil || result.Closed || string(result.Value) != "7" {
		t.Errorf("answered: got %+v, %v", result, err)
	}
}
