package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

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

// described is a Temporal client with workflows that have these descriptions,
// by run ID or "" for the latest run, and with these pages of a listing.
type described struct {
	client.Client
	runs  map[string]*workflowservice.DescribeWorkflowExecutionResponse
	pages [][]string
	asked int
}

func (d *described) DescribeWorkflow(_ context.Context, id, runID string) (*client.WorkflowExecutionDescription, error) {
	run, found := d.runs[runID]
	if !found {
		return nil, serviceerror.NewNotFound("no such run")
	}
	info := run.GetWorkflowExecutionInfo()
	return &client.WorkflowExecutionDescription{RawResponse: run, WorkflowExecutionMetadata: client.WorkflowExecutionMetadata{
		WorkflowExecution: workflow.Execution{ID: id, RunID: info.GetExecution().GetRunId()}, Status: info.GetStatus(), WorkflowStartTime: info.GetStartTime().AsTime(),
	}}, nil
}

func (d *described) ListWorkflow(_ context.Context, in *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	page := &workflowservice.ListWorkflowExecutionsResponse{}
	for _, id := range d.pages[d.asked] {
		page.Executions = append(page.Executions, &workflowpb.WorkflowExecutionInfo{Execution: &common.WorkflowExecution{WorkflowId: id}})
	}
	if d.asked++; d.asked%2 == 1 {
		page.NextPageToken = []byte("next")
	}
	return page, nil
}

// runOf returns the description of a run.
func runOf(id, first string, started time.Time, requests ...string) *workflowservice.DescribeWorkflowExecutionResponse {
	infos := make(map[string]*workflowpb.RequestIdInfo)
	for _, request := range requests {
		infos[request] = &workflowpb.RequestIdInfo{}
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
			Execution: &common.WorkflowExecution{WorkflowId: "order-42", RunId: id}, FirstRunId: first,
			Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, StartTime: timestamppb.New(started),
		},
		WorkflowExtendedInfo: &workflowpb.WorkflowExecutionExtendedInfo{RequestIdInfos: infos},
	}
}

func TestRepeatedSignalWithStartIsRecognized(t *testing.T) {
	a := &Activities{temporal: &described{runs: map[string]*workflowservice.DescribeWorkflowExecutionResponse{"": runOf("r1", "r1", time.Now(), "sms-SM1-orders")}}}
	for request, want := range map[string]sms.SignalWithStartResult{"sms-SM1-orders": {Started: true}, "sms-SM2-orders": {Open: true}} {
		in := sms.SignalWithStartInput{RequestID: request}
		in.Firing.Call.WorkflowID = "order-42"
		if got, err := a.SignalWithStart(t.Context(), in); err != nil || got != want {
			t.Errorf("%s: got %+v, error %v, want %+v", request, got, err, want)
		}
	}
}

func TestContinuedRunKeepsItsAge(t *testing.T) {
	received := time.Unix(1_800_000_000, 0)
	for first, want := range map[time.Duration]bool{-time.Hour: false, time.Second: true} {
		runs := map[string]*workflowservice.DescribeWorkflowExecutionResponse{
			"": runOf("r2", "r1", received.Add(time.Minute)), "r1": runOf("r1", "r1", received.Add(first)),
		}
		a := &Activities{temporal: &described{runs: runs}}
		if got, err := a.FindRun(t.Context(), sms.FindRunInput{WorkflowID: "order-42", ReceivedAt: received}); err != nil || !got.Open || got.BeganLater != want {
			t.Errorf("first run %s after the text: got %+v, error %v, want BeganLater %v", first, got, err, want)
		}
	}
}

func TestCatchersThatMoveAreFound(t *testing.T) {
	var many []string
	for n := range 1000 {
		many = append(many, fmt.Sprintf("order-%04d", n))
	}
	// While the pages are read, order-moves continues as new, which moves it to
	// the first page.
	a := &Activities{temporal: &described{pages: [][]string{many, nil, append([]string{"order-moves"}, many...), nil}}}
	found, err := a.FindCatchers(t.Context(), sms.FindCatchersInput{Limit: 2000})
	if err != nil || len(found.WorkflowIDs) != 1001 || !slices.Contains(found.WorkflowIDs, "order-moves") {
		t.Errorf("got %d workflows, error %v, want 1001", len(found.WorkflowIDs), err)
	}
}
