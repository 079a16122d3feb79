package e2e

// Activities that are reset with Temporal's CLI.

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
)

// TestResetSendTextsNobodyTwice kills a worker that has texted a recipient, and
// resets the activity before another worker starts, so that its attempts count
// from 1 again.
func TestResetSendTextsNobodyTwice(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{NoWorker: true, Environment: []string{"TWILIO_LISTING_PATIENCE=1s"}})
	target, err := url.Parse(s.Twilio.URL)
	if err != nil {
		t.Fatal(err)
	}
	killed := make(chan struct{})
	kill := sync.OnceFunc(func() {
		s.Worker.Kill()
		close(killed)
	})
	toTwilio := httputil.NewSingleHostReverseProxy(target)
	toTwilio.ModifyResponse = func(response *http.Response) error {
		if response.Request.Method == http.MethodPost {
			kill() // before the response arrives
		}
		return nil
	}
	proxy := httptest.NewServer(toTwilio)
	t.Cleanup(proxy.Close)
	s.Add("TWILIO_BASE_URL=" + proxy.URL)
	s.StartWorker(t)
	const queue = "senders"
	sending := func(ctx workflow.Context) (result sms.SendSmsResult, err error) {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			TaskQueue: sms.TaskQueue, StartToCloseTimeout: time.Minute, HeartbeatTimeout: 5 * time.Second, ActivityID: "send",
			RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: time.Second},
		})
		input := sms.SendSmsInput{SmsFrom: stack.Number, SmsTo: sms.To(phone), SmsBody: "Hi"}
		return result, workflow.ExecuteActivity(ctx, sms.SendSmsName, input).Get(ctx, &result)
	}
	w := worker.New(s.Temporal.Client, queue, worker.Options{})
	w.RegisterWorkflowWithOptions(sending, workflow.RegisterOptions{Name: "Sending"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	run, err := s.Temporal.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "sends", TaskQueue: queue}, "Sending")
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-killed:
	case <-ctx.Done():
		t.Fatal("the worker created no message")
	}
	stack.Eventually(t, "the first attempt has timed out", func(ctx context.Context) error {
		found, err := s.Temporal.Client.DescribeWorkflow(ctx, "sends", "")
		if err != nil {
			return err
		}
		if pending := found.RawResponse.GetPendingActivities(); len(pending) != 1 || pending[0].GetAttempt() < 2 || pending[0].GetState() != enumspb.PENDING_ACTIVITY_STATE_SCHEDULED {
			return errors.New("not yet")
		}
		return nil
	})
	if _, err := s.Temporal.Client.WorkflowService().ResetActivity(ctx, &workflowservice.ResetActivityRequest{
		Namespace: client.DefaultNamespace, Execution: &commonpb.WorkflowExecution{WorkflowId: "sends"},
		Activity: &workflowservice.ResetActivityRequest_Id{Id: "send"},
	}); err != nil {
		t.Fatal(err)
	}
	s.StartWorker(t)
	var result sms.SendSmsResult
	if err := run.Get(ctx, &result); err != nil {
		t.Fatal(err)
	}
	if sent := messages(t, s); len(sent) != 1 || len(result.Messages) != 1 {
		t.Errorf("%d messages were sent, and the result is %+v; want 1 in both", len(sent), result)
	}
}
