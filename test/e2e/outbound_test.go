package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/triggers"
	"temporal-twilio/twiliosim"
)

// listen runs a workflow that waits for one signal, and returns a channel that
// gets the signal's event.
func listen(t *testing.T, s *stack.Stack, workflowID, signal string) <-chan triggers.Event {
	t.Helper()
	const queue = "listeners"
	waiting := func(ctx workflow.Context) (event triggers.Event, err error) {
		workflow.GetSignalChannel(ctx, signal).Receive(ctx, &event)
		return event, nil
	}
	w := worker.New(s.Temporal.Client, queue, worker.Options{})
	w.RegisterWorkflowWithOptions(waiting, workflow.RegisterOptions{Name: "Waiting"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	run, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: workflowID, TaskQueue: queue}, "Waiting")
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan triggers.Event, 1)
	go func() {
		var event triggers.Event
		if err := run.Get(context.Background(), &event); err != nil {
			t.Errorf("the workflow that listens: got error %v", err)
		}
		got <- event
	}()
	return got
}

// sendSms runs SendSmsWorkflow and returns its result.
func sendSms(t *testing.T, s *stack.Stack, input any) sms.SendSmsResult {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	var result sms.SendSmsResult
	run, err := s.Temporal.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: sms.TaskQueue}, "SendSmsWorkflow", input)
	if err == nil {
		err = run.Get(ctx, &result)
	}
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func codes(result sms.SendSmsResult) (all []sms.Code) {
	for _, e := range result.Errors {
		all = append(all, e.Code)
	}
	return all
}

func TestSendSmsTextsEachRecipient(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	result := sendSms(t, s, map[string]any{
		"smsFrom": stack.Number, "smsTo": "+15005550011, nobody, +15005550012",
		"smsBody": "Dear ${user.name}, your table is ready.", "variables": map[string]any{"user": map[string]any{"name": "Ann"}},
	})
	if len(result.Messages) != 2 || len(result.Errors) != 1 || result.Errors[0].Code != sms.CodeInvalidTo || result.TwilioError == nil {
		t.Fatalf("got %+v, want 2 messages, and INVALID_TO_PHONE_NUMBER_ERROR for nobody", result)
	}
	for i, to := range []string{"+15005550011", "+15005550012"} {
		m := result.Messages[i]
		if m.To != to || !strings.HasPrefix(m.SID, "SM") || m.Status != sms.StatusQueued || m.Segments != 1 {
			t.Errorf("got the message %+v, want a queued one to %s with a SID and 1 segment", m, to)
		}
	}
	var bodies []string
	for _, m := range messages(t, s) {
		bodies = append(bodies, m.To+" "+m.Body)
	}
	if got := strings.Join(bodies, "|"); got != "+15005550011 Dear Ann, your table is ready.|+15005550012 Dear Ann, your table is ready." {
		t.Errorf("the local Twilio sent %s, want the rendered body to each of the 2 phones", got)
	}
}

func TestSendSmsRunsAsStandaloneActivity(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	handle, err := s.Temporal.Client.ExecuteActivity(t.Context(), client.StartActivityOptions{
		ID: "one", TaskQueue: sms.TaskQueue, StartToCloseTimeout: time.Minute,
	}, sms.SendSmsName, map[string]any{"smsFrom": stack.Number, "smsTo": []string{phone}, "smsBody": "Hi"})
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]json.RawMessage
	if err := handle.Get(t.Context(), &raw); err != nil {
		t.Fatal(err)
	}
	if string(raw["twilioError"]) != "null" || string(raw["errors"]) != "[]" || !strings.HasPrefix(string(raw["twilioResult"]), `"[{\"to\":\"+15005550009\",\"sid\":\"SM`) {
		t.Errorf("got the result %s, want no errors, and the message in twilioResult", raw)
	}
}

func TestOneKeyIsOneSend(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	input := map[string]any{"smsFrom": stack.Number, "smsTo": []string{phone, phone, "nobody"}, "smsBody": "Hi", "idempotencyKey": "order-42/confirmation"}
	results := make([]sms.SendSmsResult, 6)
	var sending sync.WaitGroup
	for i := range results {
		sending.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
			defer cancel()
			var err error
			if i%2 == 0 {
				var run client.WorkflowRun
				if run, err = s.Temporal.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: sms.TaskQueue}, "SendSmsWorkflow", input); err == nil {
					err = run.Get(ctx, &results[i])
				}
			} else {
				var handle client.ActivityHandle
				if handle, err = s.Temporal.Client.ExecuteActivity(ctx, client.StartActivityOptions{
					ID: fmt.Sprint("standalone-", i), TaskQueue: sms.TaskQueue, StartToCloseTimeout: time.Minute,
				}, sms.SendSmsName, input); err == nil {
					err = handle.Get(ctx, &results[i])
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	sending.Wait()
	for _, result := range results {
		if result.TwilioError == nil || len(result.Messages) != 1 || len(result.Errors) != 1 || !reflect.DeepEqual(result, results[0]) {
			t.Errorf("got the results %+v and %+v, want the same for each send, with 1 message and 1 error", results[0], result)
		}
	}
	if sent := messages(t, s); len(sent) != 1 {
		t.Errorf("%d messages were sent, want 1", len(sent))
	}
}

func TestTerminatedKeyedSendHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Environment: []string{"TWILIO_TIMEOUT=60s"}})
	if _, err := s.Twilio.AddFault(twiliosim.Fault{Kind: twiliosim.FaultDelay, Operation: "create", Delay: twiliosim.Duration(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	handle, err := s.Temporal.Client.ExecuteActivity(t.Context(), client.StartActivityOptions{
		ID: "asks", TaskQueue: sms.TaskQueue, StartToCloseTimeout: time.Minute,
	}, sms.SendSmsName, map[string]any{"smsFrom": stack.Number, "smsTo": phone, "smsBody": "Hi", "idempotencyKey": "order-42"})
	if err != nil {
		t.Fatal(err)
	}
	stack.Eventually(t, "the keyed send runs", func(ctx context.Context) error {
		list, err := s.Temporal.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: "WorkflowId STARTS_WITH 'sms-once-'"})
		if err != nil || len(list.Executions) != 1 {
			return fmt.Errorf("%d, %v", len(list.GetExecutions()), err)
		}
		return s.Temporal.Client.TerminateWorkflow(ctx, list.Executions[0].Execution.WorkflowId, "", "the test's")
	})
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	var result sms.SendSmsResult
	if err := handle.Get(ctx, &result); err != nil {
		t.Fatal(err)
	}
	if len(result.Errors) != 1 || result.Errors[0].To != phone || result.Errors[0].Code != sms.CodeOutcomeUnknown {
		t.Errorf("got %+v, want OUTCOME_UNKNOWN for the phone", result)
	}
}

func TestKeyedSendCompletesWithinItsTimeout(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Environment: []string{"TWILIO_TIMEOUT=60s"}})
	if _, err := s.Twilio.AddFault(twiliosim.Fault{Kind: twiliosim.FaultDelay, Operation: "create", Delay: twiliosim.Duration(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	handle, err := s.Temporal.Client.ExecuteActivity(t.Context(), client.StartActivityOptions{
		ID: "asks", TaskQueue: sms.TaskQueue, StartToCloseTimeout: 25 * time.Second, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1},
	}, sms.SendSmsName, map[string]any{"smsFrom": stack.Number, "smsTo": phone, "smsBody": "Hi", "idempotencyKey": "order-42"})
	if err != nil {
		t.Fatal(err)
	}
	var result sms.SendSmsResult
	if err := handle.Get(t.Context(), &result); err != nil {
		t.Fatal(err)
	}
	if len(result.Errors) != 1 || result.Errors[0].Code != sms.CodeOutcomeUnknown || !strings.Contains(result.Errors[0].Message, "still running") {
		t.Errorf("got %+v, want OUTCOME_UNKNOWN, since the keyed send is still running", result)
	}
}

// longList starts a send to many recipients, waits until some of them have been
// texted, and returns the run and the number of recipients.
func longList(t *testing.T, s *stack.Stack) (client.WorkflowRun, int) {
	t.Helper()
	const recipients = 1000 // so many that sending them outlasts the test even on a busy machine
	if _, err := s.Twilio.AddFault(twiliosim.Fault{Kind: twiliosim.FaultDelay, Operation: "create", Delay: twiliosim.Duration(300 * time.Millisecond)}); err != nil {
		t.Fatal(err)
	}
	var to []string
	for i := range recipients {
		to = append(to, fmt.Sprintf("+1555000%04d", i))
	}
	run, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: sms.TaskQueue}, "SendSmsWorkflow",
		map[string]any{"smsFrom": stack.Number, "smsTo": to, "smsBody": "Hi"})
	if err != nil {
		t.Fatal(err)
	}
	stack.Eventually(t, "some messages are sent", func(context.Context) error {
		if n := len(messages(t, s)); n < 20 {
			return fmt.Errorf("%d have been sent, want at least 20", n)
		}
		return nil
	})
	return run, recipients
}

func TestCancelledSendReturnsWhatWasSent(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	run, recipients := longList(t, s)
	if err := s.Temporal.Client.CancelWorkflow(t.Context(), run.GetID(), ""); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	var result sms.SendSmsResult
	if err := run.Get(ctx, &result); err != nil {
		t.Fatal(err)
	}
	sent := len(messages(t, s))
	if len(result.Messages) != sent || len(result.Messages)+len(result.Errors) != recipients || sent == recipients {
		t.Errorf("got %d messages and %d errors for %d recipients, of whom %d were texted; want one or the other for each, and not all texted", len(result.Messages), len(result.Errors), recipients, sent)
	}
	for _, e := range result.Errors {
		if e.Code != sms.CodeCancelled || !e.Retryable {
			t.Fatalf("got the error %+v, want a retryable CANCELLED", e)
		}
	}
}

func TestStoppedWorkerLeavesTheRest(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	run, recipients := longList(t, s)
	s.Worker.Stop(t)
	before := len(messages(t, s))
	if before == recipients {
		t.Fatal("all recipients were texted before the worker stopped")
	}
	s.Twilio.ClearFaults()
	s.StartWorker(t)
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	var result sms.SendSmsResult
	if err := run.Get(ctx, &result); err != nil {
		t.Fatal(err)
	}
	if sent := len(messages(t, s)); len(result.Messages) != recipients || sent != recipients {
		t.Errorf("got %d messages and %d errors for %d recipients, of whom %d were texted; want all texted once", len(result.Messages), len(result.Errors), recipients, sent)
	}
}

func TestSendSmsReportsTwiliosReason(t *testing.T) {
	t.Parallel()
	wrong := stack.Start(t, stack.Options{NoWorker: true, Environment: []string{"TWILIO_TOKEN=ffffffffffffffffffffffffffffffff"}})
	worker := stack.StartProcess(t, "worker", wrong.Environment(), stack.Build(t, "worker")) // this worker never becomes ready
	if got := codes(sendSms(t, wrong, map[string]any{"smsFrom": stack.Number, "smsTo": phone, "smsBody": "Hi"})); len(got) != 1 || got[0] != sms.CodeAuthentication {
		t.Errorf("with wrong credentials: got the codes %v, want an authentication error", got)
	}
	stack.Eventually(t, "the worker is unready and says why", func(ctx context.Context) error {
		if err := stack.Get(ctx, wrong.Webhook+"/readyz"); err == nil || !strings.Contains(worker.Output(), "level=ERROR msg=\"Twilio refuses the account") {
			return fmt.Errorf("%v; %s", err, worker.Output())
		}
		return nil
	})
	if warned := worker.Output(); !strings.Contains(warned, "level=WARN msg=\"a text was not sent\"") || strings.Contains(warned, strings.TrimPrefix(phone, "+")) {
		t.Errorf("got the log %s, want a warning for the text, without the phone number", warned)
	}
	if err := wrong.Twilio.Close(); err != nil {
		t.Fatal(err)
	}
	if got := codes(sendSms(t, wrong, map[string]any{"smsFrom": stack.Number, "smsTo": phone, "smsBody": "Hi", "giveUpAfter": "3s"})); len(got) != 1 || got[0] != sms.CodeConnection {
		t.Errorf("with Twilio unreachable: got the codes %v, want a connection error", got)
	}
}

// messages returns the messages that we sent through the local Twilio, sorted
// by recipient, because they are created concurrently.
func messages(t *testing.T, s *stack.Stack) []twiliosim.Message {
	t.Helper()
	var outbound []twiliosim.Message
	for _, m := range s.Twilio.Messages(twiliosim.Filter{Limit: 1 << 20}) {
		if m.Direction != "inbound" {
			outbound = append(outbound, m)
		}
	}
	slices.SortFunc(outbound, func(a, b twiliosim.Message) int { return strings.Compare(a.To, b.To) })
	return outbound
}
