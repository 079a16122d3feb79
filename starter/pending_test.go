package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	sdk "go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"

	"temporal-twilio/sms"
)

// fakeTemporal starts whatever it is asked to, unless holdUp is set, but never
// completes anything.
type fakeTemporal struct {
	workflowservice.UnimplementedWorkflowServiceServer
	holdUp bool   // whether requests to start something get no answer
	called func() // called by the first request that gets no answer
	listed []*workflowpb.WorkflowExecutionInfo
}

func (f *fakeTemporal) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{Capabilities: &workflowservice.GetSystemInfoResponse_Capabilities{}}, nil
}

func (f *fakeTemporal) hang(ctx context.Context) error {
	f.called()
	<-ctx.Done()
	return ctx.Err()
}

func (f *fakeTemporal) StartWorkflowExecution(ctx context.Context, _ *workflowservice.StartWorkflowExecutionRequest) (*workflowservice.StartWorkflowExecutionResponse, error) {
	if f.holdUp {
		return nil, f.hang(ctx)
	}
	return &workflowservice.StartWorkflowExecutionResponse{RunId: "run"}, nil
}

func (f *fakeTemporal) StartActivityExecution(ctx context.Context, _ *workflowservice.StartActivityExecutionRequest) (*workflowservice.StartActivityExecutionResponse, error) {
	if f.holdUp {
		return nil, f.hang(ctx)
	}
	return &workflowservice.StartActivityExecutionResponse{RunId: "run"}, nil
}

func (f *fakeTemporal) DescribeTaskQueue(context.Context, *workflowservice.DescribeTaskQueueRequest) (*workflowservice.DescribeTaskQueueResponse, error) {
	return &workflowservice.DescribeTaskQueueResponse{Pollers: []*taskqueuepb.PollerInfo{{Identity: "a worker"}}}, nil
}

func (f *fakeTemporal) GetWorkflowExecutionHistory(ctx context.Context, _ *workflowservice.GetWorkflowExecutionHistoryRequest) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
	return nil, f.hang(ctx)
}

func (f *fakeTemporal) PollActivityExecution(ctx context.Context, _ *workflowservice.PollActivityExecutionRequest) (*workflowservice.PollActivityExecutionResponse, error) {
	return nil, f.hang(ctx)
}

// ListWorkflowExecutions lists sends.
func (f *fakeTemporal) ListWorkflowExecutions(_ context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	response := &workflowservice.ListWorkflowExecutionsResponse{}
	if strings.Contains(r.Query, sms.SendSmsWorkflowName) {
		response.Executions = f.listed
	}
	return response, nil
}

// QueryWorkflow answers with a question that has not been sent.
func (f *fakeTemporal) QueryWorkflow(context.Context, *workflowservice.QueryWorkflowRequest) (*workflowservice.QueryWorkflowResponse, error) {
	payload, err := converter.GetDefaultDataConverter().ToPayload(sms.AskProgress{})
	return &workflowservice.QueryWorkflowResponse{QueryResult: &commonpb.Payloads{Payloads: []*commonpb.Payload{payload}}}, err
}

// serve starts the server, and sets its address in the environment.
func (f *fakeTemporal) serve(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(server, f)
	go func() { _ = server.Serve(listener) }() // returns when the server is stopped
	t.Cleanup(server.Stop)
	t.Setenv("TEMPORAL_ADDRESS", listener.Addr().String())
}

// interrupted runs starter until a request to Temporal gets no answer, then
// interrupts it, and returns its output and its error.
func interrupted(t *testing.T, f *fakeTemporal, args ...string) (string, error) {
	t.Helper()
	ctx, interrupt := context.WithCancel(t.Context())
	f.called = interrupt
	f.serve(t)
	t.Setenv("TEMPORAL_UI_URL", "http://ui.example.com")
	before := lookTimeout
	lookTimeout = time.Minute
	t.Cleanup(func() { lookTimeout = before })
	var out bytes.Buffer
	cmd := command()
	cmd.SetArgs(append(args, "--from", "+15005550006", "--to", "+15005550009", "--body", "Hi"))
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	err := cmd.ExecuteContext(ctx)
	return out.String(), err
}

func TestUnansweredRequestMayBePending(t *testing.T) {
	for _, command := range []string{"send", "send --standalone", "ask", "broadcast"} {
		name, _, _ := strings.Cut(command, " ")
		out, err := interrupted(t, &fakeTemporal{holdUp: true}, strings.Fields(command)...)
		if err == nil || !strings.Contains(err.Error(), "interrupted\nTemporal may have accepted it as "+name+"-") || !strings.Contains(err.Error(), " cancel "+name+"-") {
			t.Errorf("%s, interrupted before Temporal answered: got error %v, want one that says how to cancel it; output:\n%s", command, err, out)
		}
	}
}

func TestInterruptedCommandSaysWhatIsPending(t *testing.T) {
	for command, want := range map[string]struct{ what, page string }{
		"send":              {"the text", "workflows/send-"},
		"send --standalone": {"the text", "activities/send-"},
		"ask":               {"the question, which has not been sent yet,", "workflows/ask-"},
		"broadcast":         {"the broadcast", "workflows/broadcast-"},
	} {
		out, err := interrupted(t, &fakeTemporal{}, strings.Fields(command)...)
		link := "http://ui.example.com/namespaces/default/" + want.page
		if err == nil || !strings.HasPrefix(err.Error(), "interrupted: "+want.what+" is still pending as ") || !strings.Contains(err.Error(), link) || !strings.Contains(out, link) {
			t.Errorf("%s: got error %v, want one that names %s as pending; want link %s in the error and the output:\n%s", command, err, want.what, link, out)
		}
		if strings.HasPrefix(want.page, "activities") && !strings.Contains(out, "/run\n") {
			t.Errorf("%s: got %s, want a link to the activity's run", command, out)
		}
	}
}

func TestPlainlyNamesTheInnermostCause(t *testing.T) {
	dialing := errors.New(`connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:7233: connect: connection refused"`)
	for _, tc := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("start: %w", dialing), "dial tcp 127.0.0.1:7233: connect: connection refused"},
		{fmt.Errorf("a: %w", errors.New("b")), "b"},
		{sdk.NewNonRetryableApplicationError("TEMPLATE_SYNTAX_ERROR", "", nil), "TEMPLATE_SYNTAX_ERROR"},
		{sdk.NewNonRetryableApplicationError("X", "", nil, sms.Error{Code: "X", Message: "line 1: ${ is not closed"}), "X: line 1: ${ is not closed"},
	} {
		if got := plainly(tc.err); got != tc.want {
			t.Errorf("got plainly(%v) = %q, want %q", tc.err, got, tc.want)
		}
	}
}

func TestQuestionsSaysThatNoneIsOpen(t *testing.T) {
	(&fakeTemporal{}).serve(t)
	if out, err := starter(t, "questions"); err != nil || out != "no question is open\n" {
		t.Errorf("got %q, error %v; want no open question", out, err)
	}
}

func TestFailedListsWhatTemporalKnows(t *testing.T) {
	f := &fakeTemporal{}
	f.serve(t)
	f.listed = []*workflowpb.WorkflowExecutionInfo{{
		Execution: &commonpb.WorkflowExecution{WorkflowId: "send-1", RunId: "run"}, Status: enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED,
	}}
	t.Setenv("TWILIO_BASE_URL", "http://127.0.0.1:1")
	out, err := starter(t, "failed", "--since", "1h")
	if err == nil || errors.Is(err, errFailed) || !strings.Contains(err.Error(), "the list is incomplete") || !strings.Contains(err.Error(), "unreachable") || !strings.Contains(out, "out  send-1  terminated\n") {
		t.Errorf("while Twilio is unreachable: got %s and error %v, want the send, and that the list is incomplete", out, err)
	}
	if out, err := starter(t, "failed", "--json"); err == nil || errors.Is(err, errFailed) || strings.Contains(out, "[") {
		t.Errorf("with --json: got %s and error %v, want no list beside the error", out, err)
	}
}
