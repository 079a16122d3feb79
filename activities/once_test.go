package activities

import (
	"context"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// clerk is a fake Temporal client. It records the workflows that are started,
// each of which ends immediately.
type clerk struct {
	client.Client
	started []string
	inputs  []sms.SendSmsInput
	results map[string]any
	// end returns the result of a workflow that is started, or the error of
	// the start.
	end func(input sms.SendSmsInput) (any, error)
	// cancelled is the error that a cancellation returns, and until is the
	// deadline of the last caller that waited for a result.
	cancelled error
	until     time.Time
}

func (c *clerk) ExecuteWorkflow(_ context.Context, options client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
	if _, found := c.results[options.ID]; found {
		return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("", "", "a run")
	}
	input, _ := args[0].(sms.SendSmsInput)
	result, err := c.end(input)
	if err != nil {
		return nil, err
	}
	c.started, c.inputs = append(c.started, options.ID), append(c.inputs, input)
	c.results[options.ID] = result
	return c.GetWorkflow(context.Background(), options.ID, ""), nil
}

func (c *clerk) GetWorkflow(_ context.Context, id, _ string) client.WorkflowRun {
	return ended{result: c.results[id], clerk: c}
}

func (c *clerk) DescribeWorkflow(_ context.Context, id, _ string) (*client.WorkflowExecutionDescription, error) {
	if _, found := c.results[id]; !found {
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	return &client.WorkflowExecutionDescription{}, nil
}

func (c *clerk) CancelWorkflow(context.Context, string, string) error { return c.cancelled }

// ended is a workflow that has ended.
type ended struct {
	client.WorkflowRun
	result any
	clerk  *clerk
}

func (ended) GetRunID() string { return "a run" }

func (e ended) Get(ctx context.Context, result any) error {
	e.clerk.until, _ = ctx.Deadline()
	reflect.ValueOf(result).Elem().Set(reflect.ValueOf(e.result))
	return nil
}

// keyedWith sends an input with a key and returns the result.
func keyedWith(t *testing.T, a *Activities, c *clerk, input sms.SendSmsInput) sms.SendSmsResult {
	t.Helper()
	a.temporal, input.IdempotencyKey = c, "order-42"
	result, err := run(t, a, input)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// newClerk returns a clerk whose sends end with an error for the first
// recipient.
func newClerk(problem sms.Error) *clerk {
	return &clerk{results: make(map[string]any), end: func(input sms.SendSmsInput) (any, error) {
		told := problem
		told.To, told.Message = input.SmsTo[0].To, "nothing was sent"
		return sms.NewSendSmsResult(nil, []sms.Error{told}), nil
	}}
}

// withKeys returns activities that accept idempotency keys.
func withKeys() *Activities {
	a := newActivities(gatewayFunc(nil))
	a.KeySecret = []byte("a secret for tests")
	return a
}

func TestPauseUsesNoKeyedSend(t *testing.T) {
	a, c := withKeys(), newClerk(sms.Error{Code: sms.CodeSendingPaused, Retryable: true})
	a.Accounts[""].Pace.Hold(true)
	for range 3 {
		if got := keyedWith(t, a, c, one); len(got.Errors) != 1 || got.Errors[0].Code != sms.CodeSendingPaused || len(c.started) != 1 {
			t.Fatalf("got %+v after %d sends, want SENDING_PAUSED after 1", got, len(c.started))
		}
	}
	a.Accounts[""].Pace.Hold(false)
	if keyedWith(t, a, c, one); len(c.started) != 2 {
		t.Errorf("after the pause, got %d sends, want 2", len(c.started))
	}
}

func TestExhaustedKeyStopsSending(t *testing.T) {
	a, c := withKeys(), newClerk(sms.Error{Code: sms.CodeRateLimited, HTTPStatus: 429, Retryable: true})
	keyedWith(t, a, c, one)
	for n := 2; n <= maxSends; n++ {
		c.results[c.started[0]+"-"+strconv.Itoa(n)] = c.results[c.started[0]]
	}
	if got := keyedWith(t, a, c, one); len(c.started) != 1 || len(got.Errors) != 1 || got.Errors[0].Code != sms.CodeNoAttemptLeft || got.Errors[0].Retryable || got.Errors[0].To != first {
		t.Errorf("got result %+v after %d more sends, want NO_ATTEMPT_LEFT after none", got, len(c.started)-1)
	}
}

func TestKeyedDoubtIsNotSentAgain(t *testing.T) {
	a, c := withKeys(), newClerk(sms.Error{Code: sms.CodeOutcomeUnknown, HTTPStatus: 503, TwilioCode: 20503})
	for range 3 {
		if got := keyedWith(t, a, c, one); len(c.started) != 1 || len(got.Errors) != 1 || got.Errors[0].Code != sms.CodeOutcomeUnknown {
			t.Errorf("got %+v after %d sends, want OUTCOME_UNKNOWN after 1", got, len(c.started))
		}
	}
}

func TestForgottenSendIsNotRepeated(t *testing.T) {
	a, c := withKeys(), newClerk(sms.Error{})
	a.temporal = c
	env := quiet().NewTestActivityEnvironment()
	env.RegisterActivityWithOptions(a.SendSms, activity.RegisterOptions{Name: sms.SendSmsName})
	env.SetHeartbeatDetails(asked{WaitsFor: 0})
	input := one
	input.IdempotencyKey = "order-42"
	encoded, err := env.ExecuteActivity(sms.SendSmsName, input)
	if err != nil {
		t.Fatal(err)
	}
	var got sms.SendSmsResult
	if err := encoded.Get(&got); err != nil || len(c.started) != 0 || len(got.Errors) != 1 || got.Errors[0].Code != sms.CodeOutcomeUnknown || got.Errors[0].To != first {
		t.Errorf("got %+v, %v after %d sends, want OUTCOME_UNKNOWN after none", got, err, len(c.started))
	}
}

func TestKeyedMistakeIsNotRetryable(t *testing.T) {
	a, c := withKeys(), newClerk(sms.Error{})
	c.end = func(sms.SendSmsInput) (any, error) {
		return sms.NewSendSmsResult(nil, []sms.Error{{Code: sms.CodeTemplateSyntax, Message: "line 1"}}), nil
	}
	for n := range 3 {
		if got := keyedWith(t, a, c, one); len(got.Errors) != 1 || got.Errors[0].Code != sms.CodeTemplateSyntax || got.Errors[0].Retryable {
			t.Errorf("call %d: got result %+v, want TEMPLATE_SYNTAX_ERROR, not retryable", n+1, got)
		}
	}
}

func TestKeyedResultListsTextedRecipients(t *testing.T) {
	a, c := withKeys(), newClerk(sms.Error{})
	texted := sms.Message{To: "+12125550100", SID: "SM1"} // sent by a worker with another default region
	sends := [][]sms.Message{{texted}, {{To: second, SID: "SM2"}}}
	c.end = func(sms.SendSmsInput) (any, error) {
		messages := sends[len(c.started)]
		if len(c.started) == 0 {
			return sms.NewSendSmsResult(messages, []sms.Error{{To: second, Code: sms.CodeConnection, Message: "away", Retryable: true}}), nil
		}
		return sms.NewSendSmsResult(messages, nil), nil
	}
	input := one
	input.SmsTo = sms.To("(212) 555-0100", second)
	keyedWith(t, a, c, input)
	if got := keyedWith(t, a, c, input); len(c.started) != 2 || len(got.Messages) != 2 || len(got.Errors) != 0 || got.Messages[1] != texted {
		t.Errorf("got %+v after %d sends, want 2 messages after 2", got, len(c.started))
	}
}

func TestKeyedLongListIsOneSend(t *testing.T) {
	long := sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.To(phones(sms.MaxRecipients + 1)...), SmsBody: "Hi"}
	for state, sends := range map[string]int{"done": 1, "cancelled": 3} {
		a, c := withKeys(), newClerk(sms.Error{})
		c.end = func(sms.SendSmsInput) (any, error) {
			summary := sms.NewSendSmsResult(nil, []sms.Error{{Code: sms.CodeInvalidTo, Message: "some"}})
			summary.Broadcast = &sms.ListBroadcast{State: state}
			return summary, nil
		}
		for range 3 {
			if got := keyedWith(t, a, c, long); got.Broadcast == nil || len(got.Errors) != 1 {
				t.Fatalf("%s: got result %+v, want a broadcast and one error", state, got)
			}
		}
		if len(c.started) != sends {
			t.Fatalf("%s: got %d sends after three calls, want %d", state, len(c.started), sends)
		}
		// With the same key, a shorter list finds the same send. The
		// broadcast gets the key, from which those of its pages are
		// derived.
		asked := one
		asked.IdempotencyKey = "order-42"
		if c.started[0] != a.onceID(asked) || slices.ContainsFunc(c.inputs, func(in sms.SendSmsInput) bool { return in.IdempotencyKey != "order-42" }) {
			t.Errorf("%s: got workflow %q, want the ID of the key, and the key in each input", state, c.started[0])
		}
		if !a.hasKey(c.started[len(c.started)-1], asked) {
			t.Errorf("%s: hasKey = false for the last of the workflows %q, want true, so that it does not wait for itself", state, c.started)
		}
	}
}

func TestKeyedSendEndsIfTemporalRefuses(t *testing.T) {
	a, c := withKeys(), newClerk(sms.Error{})
	c.end = func(sms.SendSmsInput) (any, error) { return nil, serviceerror.NewInvalidArgument("too large") }
	if got := keyedWith(t, a, c, one); len(got.Errors) != 1 || got.Errors[0].Code != sms.CodeInvalidInput {
		t.Errorf("got result %+v, want INVALID_INPUT", got)
	}
	tried := &attempt{info: activity.Info{ScheduledTime: time.Now().Add(-2 * time.Hour), StartedTime: time.Now()}, began: time.Now()}
	denied := serviceerror.NewPermissionDenied("no", "")
	if tried.refused(denied, sms.SendSmsInput{}) == nil || tried.refused(denied, sms.SendSmsInput{GiveUpAfter: sms.Duration(24 * time.Hour)}) != nil || tried.refused(serviceerror.NewUnavailable("away"), one) != nil {
		t.Error("refused gave up at another time; want it to do so if a permission is missing for GiveUpAfter, but not earlier and never during an outage")
	}
}

func TestKeyedPageHasLowPriority(t *testing.T) {
	a, c := withKeys(), newClerk(sms.Error{Code: sms.CodeInvalidTo})
	a.temporal = c
	env := quiet().NewTestWorkflowEnvironment()
	env.RegisterActivityWithOptions(a.SendSms, activity.RegisterOptions{Name: sms.SendSmsName})
	page := func(ctx workflow.Context) error {
		keyed := one
		keyed.IdempotencyKey = "order-42"
		return workflow.ExecuteActivity(workflow.WithStartToCloseTimeout(ctx, time.Minute), sms.SendSmsName, keyed).Get(ctx, nil)
	}
	env.RegisterWorkflowWithOptions(page, workflow.RegisterOptions{Name: sms.BroadcastSmsWorkflowName})
	if env.ExecuteWorkflow(sms.BroadcastSmsWorkflowName); len(c.inputs) != 1 || c.inputs[0].Priority != sms.PriorityLow {
		t.Errorf("got inputs %+v, error %v, want one input with low priority", c.inputs, env.GetWorkflowError())
	}
}
