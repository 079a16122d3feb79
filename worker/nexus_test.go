package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
)

// lossy is a worker's connection that loses the first response to the start of
// an operation.
type lossy struct {
	answers atomic.Int32
	started atomic.Pointer[workflowservice.StartWorkflowExecutionRequest]
}

func (l *lossy) intercept(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	switch r := req.(type) {
	case *workflowservice.StartWorkflowExecutionRequest:
		l.started.Store(r)
	case *workflowservice.RespondNexusTaskCompletedRequest:
		if l.answers.Add(1) == 1 {
			return status.Error(codes.NotFound, "lost")
		}
	}
	return invoke(ctx, method, req, reply, cc, opts...)
}

func TestNexusRetriesAreOneSend(t *testing.T) {
	t.Run("during the send", func(t *testing.T) { t.Parallel(); retryOfARequest(t, false) })
	t.Run("after the send", func(t *testing.T) { t.Parallel(); retryOfARequest(t, true) })
}

// retryOfARequest loses the first response to the start of an operation, so the
// start is retried. Then it repeats the request once more, either after the
// workflow's first run or after its last.
func retryOfARequest(t *testing.T, afterItsEnd bool) {
	temporal, connection, sends, run := callThroughLoss(t)
	stack.Eventually(t, "the start gets a second response", func(context.Context) error {
		if connection.answers.Load() < 2 {
			return errors.New("not yet")
		}
		return nil
	})
	started := connection.started.Load()
	id := started.GetWorkflowId()
	if !strings.HasPrefix(id, "nexus-send-") {
		t.Errorf("got workflow ID %s, want the prefix nexus-send-", id)
	}
	current := func(ctx context.Context) string {
		t.Helper()
		described, err := temporal.Client.DescribeWorkflow(ctx, id, "")
		if err != nil {
			t.Fatal(err)
		}
		return described.WorkflowExecution.RunID
	}
	first := current(t.Context())
	goOn := func() {
		t.Helper()
		if err := temporal.Client.SignalWorkflow(t.Context(), id, "", "go on", nil); err != nil {
			t.Fatal(err)
		}
	}
	goOn()
	stack.Eventually(t, "the send continues as new", func(ctx context.Context) error {
		described, err := temporal.Client.DescribeWorkflow(ctx, id, "")
		if err == nil && described.WorkflowExecution.RunID == first {
			err = errors.New("not yet")
		}
		return err
	})
	second := current(t.Context())
	if afterItsEnd {
		goOn()
		if err := run.Get(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	late, err := temporal.Client.WorkflowService().StartWorkflowExecution(t.Context(), started)
	if !afterItsEnd && late.GetRunId() != second {
		t.Errorf("the retry returned run %q, error %v; want run %s", late.GetRunId(), err, second)
	}
	if now := current(t.Context()); now != second || sends.Load() != 1 {
		t.Errorf("after the retry: got run %s and %d sends, want run %s and 1 send", now, sends.Load(), second)
	}
}

func TestNexusSendSurvivesItsHandler(t *testing.T) {
	t.Parallel()
	// The handler starts the send and never responds. The send ends before
	// the operation is retried.
	temporal, connection, sends, run := callThroughLoss(t)
	stack.Eventually(t, "the send is started", func(context.Context) error {
		if connection.started.Load() == nil {
			return errors.New("not yet")
		}
		return nil
	})
	id := connection.started.Load().GetWorkflowId()
	// Signal each run once, because a second signal in the first run would
	// be lost.
	signalled := ""
	for range 2 {
		stack.Eventually(t, "the send continues", func(ctx context.Context) error {
			described, err := temporal.Client.DescribeWorkflow(ctx, id, "")
			if err != nil {
				return err
			}
			now := described.WorkflowExecution.RunID
			if now == signalled {
				return errors.New("the send's first run has not ended")
			}
			if err = temporal.Client.SignalWorkflow(ctx, id, now, "go on", nil); err == nil {
				signalled = now
			}
			return err
		})
	}
	var result sms.SendSmsWorkflowResult
	if err := run.Get(t.Context(), &result); err != nil || len(result.Messages) != 1 {
		t.Errorf("the caller got %+v, error %v; want 1 message", result, err)
	}
	if sends.Load() != 1 {
		t.Errorf("got %d sends, want 1", sends.Load())
	}
}

// callThroughLoss calls the operation over a lossy connection, using its own
// Temporal server.
func callThroughLoss(t *testing.T) (temporal *stack.Temporal, connection *lossy, sends *atomic.Int32, run client.WorkflowRun) {
	t.Helper()
	temporal = stack.StartTemporal(t, `component.nexusoperations.request.timeout="4s"`)
	temporal.AddNexusEndpoint(t)
	connection = &lossy{}
	c, err := client.NewLazyClient(client.Options{
		HostPort: temporal.Address, Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
		ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{grpc.WithChainUnaryInterceptor(connection.intercept)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	sends = startRetried(t, c, temporal.Client)
	run, err = temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: "callers"}, "Call")
	if err != nil {
		t.Fatal(err)
	}
	return temporal, connection, sends, run
}

// startRetried starts a worker with the service and one for a caller, and
// counts the sends.
func startRetried(t *testing.T, c, caller client.Client) *atomic.Int32 {
	t.Helper()
	// The send has two runs, just as a broadcast may have many. The test
	// ends each run with a signal.
	sends := &atomic.Int32{}
	ours := worker.New(c, sms.TaskQueue, worker.Options{})
	ours.RegisterNexusService(newNexusService(nil))
	ours.RegisterWorkflowWithOptions(func(ctx workflow.Context, in sms.SendSmsWorkflowInput) (result sms.SendSmsWorkflowResult, err error) {
		workflow.GetSignalChannel(ctx, "go on").Receive(ctx, nil)
		if workflow.GetInfo(ctx).ContinuedExecutionRunID == "" {
			sends.Add(1)
			return result, workflow.NewContinueAsNewError(ctx, sms.SendSmsWorkflowName, in)
		}
		result.Messages = []sms.Message{{SID: "SM1"}}
		return result, nil
	}, workflow.RegisterOptions{Name: sms.SendSmsWorkflowName})
	callers := worker.New(caller, "callers", worker.Options{})
	callers.RegisterWorkflowWithOptions(func(ctx workflow.Context) (result sms.SendSmsWorkflowResult, err error) {
		input := sms.SendSmsWorkflowInput{SendSmsInput: sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.To("+15005550009"), SmsBody: "Hello"}}
		err = workflow.NewNexusClient(sms.NexusEndpoint, sms.NexusService).ExecuteOperation(ctx, sms.NexusSend, input, workflow.NexusOperationOptions{}).Get(ctx, &result)
		return result, err
	}, workflow.RegisterOptions{Name: "Call"})
	for _, w := range []worker.Worker{ours, callers} {
		if err := w.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(w.Stop)
	}
	return sends
}
