package e2e

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

// tooLongList returns a list that is too long for SendSms without a broadcast.
// Only the given number of recipients at its start can be texted; the others
// are cheap, since no request is made for them.
func tooLongList(texted int) (list []string) {
	for i := range sms.MaxRecipients + 1 {
		if i < texted {
			list = append(list, fmt.Sprintf("+1555%07d", i))
		} else {
			list = append(list, fmt.Sprintf("nobody %d", i))
		}
	}
	return list
}

func TestLongListBecomesOneBroadcast(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := stack.Start(t, stack.Options{Environment: []string{"BROADCAST_DIR=" + dir, "LOG_LEVEL=error", "TWILIO_TIMEOUT=2s"}})
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	slow, err := s.Twilio.AddFault(twiliosim.Fault{Kind: twiliosim.FaultDelay, Operation: "create", Delay: twiliosim.Duration(300 * time.Millisecond)})
	if err != nil {
		t.Fatal(err)
	}
	run, err := s.Temporal.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: sms.TaskQueue}, sms.SendSmsWorkflowName, map[string]any{
		"smsFrom": stack.Number, "smsBody": "Hello ${name}", "metadata": map[string]string{"name": "Ann"}, "smsTo": tooLongList(40),
	})
	if err != nil {
		t.Fatal(err)
	}
	texted := firstTexted(t, s)
	s.Worker.Stop(t)
	s.Twilio.RemoveFault(slow.ID)
	s.StartWorker(t)
	var result sms.SendSmsWorkflowResult
	if err := run.Get(ctx, &result); err != nil {
		t.Fatal(err)
	}
	b := result.Broadcast
	if b == nil || b.State != "done" || b.Sent != 40 || b.Recipients != sms.MaxRecipients+1 || result.TwilioError == nil || len(result.Errors) != 1 || result.Errors[0].Code != sms.CodeInvalidTo {
		t.Fatalf("got the result %+v with the broadcast %+v, want the state done, 40 sent, and one error for all other recipients", result, b)
	}
	told := readReport(t, filepath.Join(dir, b.Report))
	for _, to := range tooLongList(40) {
		if told[to] != 1 {
			t.Fatalf("%s is reported %d times, want once", to, told[to])
		}
	}
	if n := texted(); n != 40 {
		t.Errorf("%d messages were sent to 40 phones, want 40", n)
	}
	open, err := s.Temporal.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: "WorkflowType = 'BroadcastSmsWorkflow' AND ExecutionStatus != 'ContinuedAsNew'"})
	if err != nil || open.Count != 1 {
		t.Errorf("got %v broadcasts and error %v, want one broadcast for the list", open, err)
	}
}

// firstTexted waits until a recipient has been texted, and returns a function
// that counts the texts.
func firstTexted(t *testing.T, s *stack.Stack) (texted func() int) {
	t.Helper()
	texted = func() int { return len(s.Twilio.Messages(twiliosim.Filter{Limit: 1000, Direction: "outbound"})) }
	stack.Eventually(t, "the first page is being sent", func(context.Context) error {
		if texted() == 0 {
			return errors.New("nobody was texted")
		}
		return nil
	})
	return texted
}

func TestCancelledLongListStopsItsBroadcast(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := stack.Start(t, stack.Options{Environment: []string{"BROADCAST_DIR=" + dir, "LOG_LEVEL=error", "SEND_CONCURRENCY=5"}})
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	if _, err := s.Twilio.AddFault(twiliosim.Fault{Kind: twiliosim.FaultDelay, Operation: "create", Delay: twiliosim.Duration(300 * time.Millisecond)}); err != nil {
		t.Fatal(err)
	}
	run, err := s.Temporal.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: sms.TaskQueue}, sms.SendSmsWorkflowName, map[string]any{
		"smsFrom": stack.Number, "smsBody": "Hello", "smsTo": tooLongList(sms.MaxRecipients + 1),
	})
	if err != nil {
		t.Fatal(err)
	}
	texted := firstTexted(t, s)
	if err := s.Temporal.Client.CancelWorkflow(ctx, run.GetID(), ""); err != nil {
		t.Fatal(err)
	}
	var result sms.SendSmsWorkflowResult
	if err := run.Get(ctx, &result); err != nil {
		t.Fatal(err)
	}
	b := result.Broadcast
	if b == nil || b.State != "cancelled" || b.Sent != texted() || b.Sent == 0 || b.Sent > sms.MaxRecipients/2 {
		t.Fatalf("%d recipients were texted, but the result is %+v with the broadcast %+v", texted(), result, b)
	}
	if last := result.Errors[len(result.Errors)-1]; last.Code != sms.CodeCancelled {
		t.Errorf("the recipients who were never tried have the error %+v, want CANCELLED", last)
	}
}
