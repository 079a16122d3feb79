package e2e

// Sends with short timeouts.

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

func TestResultComesBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Environment: []string{"SEND_CONCURRENCY=2"}})
	if _, err := s.Twilio.AddFault(twiliosim.Fault{Kind: twiliosim.FaultDelay, Delay: twiliosim.Duration(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	var handles []client.ActivityHandle
	timeouts := []time.Duration{25 * time.Second, 40 * time.Second} // SendSms keeps at least 5 s of each for returning its result
	for n, timeout := range timeouts {
		handle, err := s.Temporal.Client.ExecuteActivity(ctx, client.StartActivityOptions{
			ID: timeout.String(), TaskQueue: sms.TaskQueue, StartToCloseTimeout: timeout, ScheduleToCloseTimeout: 2 * time.Minute,
			RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1},
		}, sms.SendSmsName, sms.SendSmsInput{
			SmsFrom: stack.Number, SmsBody: "Hello",
			SmsTo: sms.To(fmt.Sprintf("+1500555%d001", n), fmt.Sprintf("+1500555%d002", n), fmt.Sprintf("+1500555%d003", n)),
		})
		if err != nil {
			t.Fatal(err)
		}
		handles = append(handles, handle)
	}
	late := 0
	for n, handle := range handles {
		var result sms.SendSmsResult
		if err := handle.Get(ctx, &result); err != nil {
			t.Errorf("with %s: got error %v", timeouts[n], err)
			continue
		}
		for _, e := range result.Errors {
			if e.Code == sms.CodeTimeUp {
				late++
			} else if e.Code != sms.CodeOutcomeUnknown {
				t.Errorf("with %s: %s got the code %s, want TIME_UP or OUTCOME_UNKNOWN", timeouts[n], e.To, e.Code)
			}
		}
		if len(result.Errors) != 3 {
			t.Errorf("with %s: got %+v, want 3 errors", timeouts[n], result)
		}
	}
	if late == 0 {
		t.Error("no recipient has the code TIME_UP")
	}
}

func TestCallerThatRetriesHearsAtOnce(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	if _, err := s.Twilio.AddFault(twiliosim.Fault{Kind: twiliosim.Fault429, Operation: "create"}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	handle, err := s.Temporal.Client.ExecuteActivity(ctx, client.StartActivityOptions{
		ID: "once", TaskQueue: sms.TaskQueue, StartToCloseTimeout: time.Hour,
		RetryPolicy: &temporal.RetryPolicy{NonRetryableErrorTypes: []string{sms.NotSentYetErrorType}},
	}, sms.SendSmsName, sms.SendSmsInput{SmsFrom: stack.Number, SmsBody: "Hello", SmsTo: sms.To(phone)})
	if err != nil {
		t.Fatal(err)
	}
	var result sms.SendSmsResult
	if err := handle.Get(ctx, &result); err != nil || len(result.Errors) != 1 || result.Errors[0].Code != sms.CodeRateLimited || !result.Errors[0].Retryable {
		t.Errorf("got %+v and error %v, want one retryable RATE_LIMITED error", result, err)
	}
	if asked := s.Twilio.Faults()[0].Fired; asked != 1 {
		t.Errorf("Twilio got %d requests, want 1", asked)
	}
}
