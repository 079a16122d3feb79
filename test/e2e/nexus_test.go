package e2e

// Nexus: workflows of another namespace send texts without access to the task
// queue.

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

// shop starts a stack, and a caller's namespace with the example's worker.
func shop(t *testing.T) (*stack.Stack, client.Client) {
	t.Helper()
	s := stack.Start(t, stack.Options{})
	c := s.Temporal.AddNamespace(t, "shop")
	s.Temporal.AddNexusEndpoint(t)
	stack.StartProcess(t, "caller", []string{"TEMPORAL_ADDRESS=" + s.Temporal.Address, "TEMPORAL_NAMESPACE=shop"}, stack.Build(t, "examples/nexus"))
	return s, c
}

// confirm runs the example's workflow, and waits until its question is sent.
func confirm(t *testing.T, s *stack.Stack, c client.Client) client.WorkflowRun {
	t.Helper()
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: "shop"}, "Confirm", phone)
	if err != nil {
		t.Fatal(err)
	}
	stack.Eventually(t, "the question is sent", func(context.Context) error {
		if n := len(messages(t, s)); n != 2 {
			return fmt.Errorf("%d texts", n)
		}
		return nil
	})
	return run
}

// nexusRuns returns the status of the workflows that operations have started,
// by ID.
func nexusRuns(t *testing.T, s *stack.Stack) map[string]string {
	t.Helper()
	all := map[string]string{}
	listed, err := s.Temporal.Client.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: "WorkflowId STARTS_WITH 'nexus-'"})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range listed.GetExecutions() {
		all[e.GetExecution().GetWorkflowId()] = e.GetStatus().String()
	}
	return all
}

func TestNexusCallerTextsFromItsNamespace(t *testing.T) {
	t.Parallel()
	s, c := shop(t)
	run := confirm(t, s, c)
	text(t, s, "Yes, we are")
	var got string
	if err := run.Get(t.Context(), &got); err != nil || got != "Yes, we are" {
		t.Errorf("the caller got %q and error %v, want the reply", got, err)
	}
	stack.Eventually(t, "both operations are listed as completed", func(context.Context) error {
		runs := nexusRuns(t, s)
		for id, status := range runs {
			if status != "Completed" || strings.Contains(id, phone[1:]) {
				return fmt.Errorf("%s is %s", id, status)
			}
		}
		if len(runs) != 2 {
			return fmt.Errorf("got the workflows %v, want 2", runs)
		}
		return nil
	})
}

func TestNexusCallerCancelledClosesItsQuestion(t *testing.T) {
	t.Parallel()
	s, c := shop(t)
	run := confirm(t, s, c)
	if err := c.CancelWorkflow(t.Context(), run.GetID(), ""); err != nil {
		t.Fatal(err)
	}
	if err := run.Get(t.Context(), nil); !temporal.IsCanceledError(err) {
		t.Errorf("the caller ended with error %v, want a cancellation", err)
	}
	stack.Eventually(t, "the question has ended", func(context.Context) error {
		for id, status := range nexusRuns(t, s) {
			if strings.HasPrefix(id, "nexus-ask-") && status == "Completed" {
				return nil
			}
		}
		return fmt.Errorf("no question has completed among %v", nexusRuns(t, s))
	})
	if got := text(t, s, "yes"); len(got.Replies) > 0 || got.WebhookStatus != 200 {
		t.Errorf("a reply without a question: got %+v, want status 200 and no reply", got)
	}
}

// cancels is a workflow that asks a question, and cancels it twice with its
// operation token, as another workflow of the namespace can.
func cancels(ctx workflow.Context, to string) error {
	texts := workflow.NewNexusClient(sms.NexusEndpoint, sms.NexusService)
	asked := texts.ExecuteOperation(ctx, sms.NexusAsk, sms.AskSmsInput{SmsFrom: stack.Number, SmsTo: to, SmsBody: "Yes?"}, workflow.NexusOperationOptions{})
	var running workflow.NexusOperationExecution
	if err := asked.GetNexusOperationExecution().Get(ctx, &running); err != nil {
		return err
	}
	for range 2 {
		input := sms.NexusCancelInput{OperationToken: running.OperationToken}
		if err := texts.ExecuteOperation(ctx, sms.NexusCancel, input, workflow.NexusOperationOptions{}).Get(ctx, nil); err != nil {
			return err
		}
		var result sms.AskSmsResult
		if err := asked.Get(ctx, &result); err != nil || result.Outcome != sms.AskCancelled {
			return fmt.Errorf("the question ended with %q, error %v, want cancelled", result.Outcome, err)
		}
	}
	return nil
}

// calls is a workflow that calls one operation, and returns the message of its
// error.
func calls(ctx workflow.Context, operation string, input map[string]any) (string, error) {
	texts := workflow.NewNexusClient(sms.NexusEndpoint, sms.NexusService)
	err := texts.ExecuteOperation(ctx, operation, input, workflow.NexusOperationOptions{}).Get(ctx, nil)
	if err == nil {
		return "", nil
	}
	var said []string
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		said = append(said, cause.Error())
	}
	return strings.Join(said, "\n"), nil
}

// broadcasts is a workflow that sends a broadcast to a list, and returns its
// result.
func broadcasts(ctx workflow.Context, to []string) (done sms.BroadcastProgress, err error) {
	input := sms.BroadcastSmsInput{SendSmsInput: sms.SendSmsInput{SmsFrom: stack.Number, SmsTo: sms.To(to...), SmsBody: "Hello"}, PageSize: 10}
	texts := workflow.NewNexusClient(sms.NexusEndpoint, sms.NexusService)
	err = texts.ExecuteOperation(ctx, sms.NexusBroadcast, input, workflow.NexusOperationOptions{}).Get(ctx, &done)
	return done, err
}

// caller starts a caller's worker with this file's workflows.
func caller(t *testing.T, c client.Client) {
	t.Helper()
	w := worker.New(c, "caller", worker.Options{})
	w.RegisterWorkflowWithOptions(cancels, workflow.RegisterOptions{Name: "cancels"})
	w.RegisterWorkflowWithOptions(broadcasts, workflow.RegisterOptions{Name: "broadcasts"})
	w.RegisterWorkflowWithOptions(calls, workflow.RegisterOptions{Name: "calls"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
}

func TestNexusCancelEndsOperationByToken(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	c := s.Temporal.AddNamespace(t, "shop")
	s.Temporal.AddNexusEndpoint(t)
	caller(t, c)
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: "caller"}, "cancels", phone)
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Get(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

func TestNexusBroadcastSurvivesItsWorker(t *testing.T) {
	t.Parallel()
	// Each run of the broadcast soon continues as new.
	s := stack.Start(t, stack.Options{
		TemporalSettings: []string{"limit.historyCount.suggestContinueAsNew=30"},
		Environment:      []string{"SEND_CONCURRENCY=2", "TWILIO_TIMEOUT=1s", "TWILIO_LISTING_PATIENCE=1s"},
	})
	if _, err := s.Twilio.AddFault(twiliosim.Fault{Kind: twiliosim.FaultDelay, Operation: "create", Delay: twiliosim.Duration(50 * time.Millisecond)}); err != nil {
		t.Fatal(err)
	}
	c := s.Temporal.AddNamespace(t, "shop")
	s.Temporal.AddNexusEndpoint(t)
	caller(t, c)
	const recipients = 60
	var to []string
	for i := range recipients {
		to = append(to, fmt.Sprintf("+1500555%04d", 1000+i))
	}
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: "caller"}, "broadcasts", to)
	if err != nil {
		t.Fatal(err)
	}
	stack.Eventually(t, "the second page is sent", func(context.Context) error {
		if len(messages(t, s)) < 15 {
			return errors.New("not yet")
		}
		return nil
	})
	s.Worker.Kill()
	s.Temporal.Bury(t)
	s.StartWorker(t)
	var done sms.BroadcastProgress
	if err := run.Get(t.Context(), &done); err != nil || done.Sent != recipients {
		t.Errorf("the caller got %+v and error %v, want %d sent", done, err, recipients)
	}
	texted := map[string]int{}
	for _, m := range messages(t, s) {
		texted[m.To]++
	}
	for _, phone := range to {
		if texted[phone] != 1 {
			t.Errorf("%s was texted %d times, want once", phone, texted[phone])
		}
	}
}

func TestNexusRefusesInvalidInput(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	c := s.Temporal.AddNamespace(t, "shop")
	s.Temporal.AddNexusEndpoint(t)
	caller(t, c)
	// This is one of our workflows, but no operation started it.
	_, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "ours", TaskQueue: "nobody"}, "Ours")
	if err != nil {
		t.Fatal(err)
	}
	token := base64.RawURLEncoding.EncodeToString([]byte(`{"t":1,"ns":"default","wid":"ours"}`))
	full := func(more map[string]any) map[string]any {
		input := map[string]any{"smsFrom": stack.Number, "smsTo": phone, "smsBody": "Hello"}
		maps.Copy(input, more)
		return input
	}
	for _, tc := range []struct {
		operation string
		input     map[string]any
		want      string
	}{
		{sms.NexusSend, full(map[string]any{"smsFrm": "+1"}), "there is no field smsFrm (did you mean smsFrom?)"},
		{sms.NexusSend, map[string]any{"smsFrom": stack.Number}, "missing or empty: smsTo, smsBody"},
		{sms.NexusSend, full(map[string]any{"validityPeriod": phone}), "validityPeriod must be a whole number, such as 3600"},
		{sms.NexusAsk, full(map[string]any{"timeout": "soon"}), "timeout must be a duration"},
		{sms.NexusAsk, full(map[string]any{"pattern": "("}), "pattern"},
		{sms.NexusBroadcast, full(map[string]any{"carried": map[string]any{"sent": 5}}), "there is no field carried"},
		{sms.NexusBroadcast, map[string]any{"smsFrom": stack.Number, "smsBody": "Hello"}, "set exactly one of smsTo, file and source"},
		{sms.NexusCancel, map[string]any{}, "operationToken must be the token returned when an operation"},
		{sms.NexusCancel, map[string]any{"operationToken": token}, "operationToken must be the token returned when an operation"},
		{sms.NexusCancel, map[string]any{"operationToken": "?"}, "operationToken must be the token returned when an operation"},
	} {
		run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: "caller"}, "calls", tc.operation, tc.input)
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if err := run.Get(t.Context(), &got); err != nil || !strings.Contains(got, tc.want) {
			t.Errorf("%s of %v: got %q and error %v, want %q", tc.operation, tc.input, got, err, tc.want)
		}
		if strings.Contains(got, phone) {
			t.Errorf("%s: the error contains the phone number: %s", tc.operation, got)
		}
	}
	if sent := messages(t, s); len(sent) > 0 {
		t.Errorf("sent %+v, want nothing", sent)
	}
	described, err := s.Temporal.Client.DescribeWorkflow(t.Context(), "ours", "")
	if err != nil || described.RawResponse.GetWorkflowExtendedInfo().GetCancelRequested() {
		t.Errorf("a workflow that no operation runs: got %v, error %v, want no cancellation request", described, err)
	}
}
