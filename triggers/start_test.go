package triggers

import (
	"context"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
)

// overtaken is a Temporal that is away when a run is to be started; when it is
// back, another message has had its run.
type overtaken struct {
	workflowservice.WorkflowServiceClient
	last   string
	starts int
}

// through is a client of it.
type through struct {
	client.Client
	service workflowservice.WorkflowServiceClient
}

func (t through) WorkflowService() workflowservice.WorkflowServiceClient { return t.service }

func (o *overtaken) StartWorkflowExecution(context.Context, *startRequest, ...grpc.CallOption) (*workflowservice.StartWorkflowExecutionResponse, error) {
	if o.starts++; o.starts == 1 {
		o.last = "theirs"
		return nil, serviceerror.NewUnavailable("away")
	}
	o.last = "ours"
	return &workflowservice.StartWorkflowExecutionResponse{RunId: o.last}, nil
}

func (o *overtaken) DescribeWorkflowExecution(context.Context, *workflowservice.DescribeWorkflowExecutionRequest, ...grpc.CallOption) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: "chat", RunId: o.last}, Status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED,
	}}, nil
}

func TestAStartIsNotTriedAgainBehindARunThatItDoesNotKnow(t *testing.T) {
	temporal := &overtaken{last: "before"}
	d := &Dispatcher{Client: through{service: temporal}}
	request := &startRequest{WorkflowId: "chat", Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{}}}
	last, err := d.startAfter(t.Context(), request, run{id: "before"})
	if err != nil || last.id != "theirs" || temporal.starts != 1 {
		t.Errorf("%d starts, the last run is %q, %v", temporal.starts, last.id, err)
	}
	// Who begins again from there starts the run that follows.
	last, err = d.startAfter(t.Context(), request, last)
	if err != nil || last.id != "ours" || temporal.starts != 2 {
		t.Errorf("%d starts, the last run is %q, %v", temporal.starts, last.id, err)
	}
}
