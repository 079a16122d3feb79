package e2e

import (
	"context"
	"testing"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

func TestWorkflowLearnsOfItsDeliveries(t *testing.T) {
	t.Parallel()
	const unreachable = "+15005550021"
	// With several accounts, the URL of each callback must prove to which account
	// it belongs.
	s := stack.Start(t, stack.Options{Environment: []string{"TWILIO_SUBACCOUNT_TOKENS=AC00000000000000000000000000000002=another"}})
	if err := s.Twilio.SetSpeed(100); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Twilio.AddOutcome(twiliosim.Outcome{To: unreachable, Status: "undelivered", ErrorCode: 30003}); err != nil {
		t.Fatal(err)
	}
	for _, fault := range []string{"webhook-doubled", "webhook-reordered"} {
		if _, err := s.Twilio.AddFault(twiliosim.Fault{Kind: fault, Operation: "callback"}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	run, err := s.Temporal.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: sms.TaskQueue}, sms.SendSmsWorkflowName, map[string]any{
		"smsFrom": stack.Number, "smsTo": []string{phone, unreachable}, "smsBody": "Hi", "waitForDelivery": true, "timeout": "5m", "redact": true,
	})
	if err != nil {
		t.Fatal(err)
	}
	var report sms.SendSmsWorkflowResult
	if err := run.Get(ctx, &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Deliveries) != 2 || report.Deliveries[0].Status != sms.StatusDelivered || report.Deliveries[1].Status != sms.StatusUndelivered || report.Deliveries[1].ErrorCode != 30003 {
		t.Errorf("got the deliveries %+v, want one delivered, and one undelivered with error 30003", report.Deliveries)
	}
	signals := 0
	history := s.Temporal.Client.GetWorkflowHistory(ctx, run.GetID(), run.GetRunID(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			t.Fatal(err)
		}
		if event.GetWorkflowExecutionSignaledEventAttributes().GetSignalName() == sms.StatusSignal {
			signals++
		}
		if name := event.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName(); name == sms.GetMessagesName {
			t.Error("the workflow looked the messages up, want it to learn from signals")
		}
	}
	if signals < 2 {
		t.Errorf("the workflow got %d signals, want at least one for each of 2 messages", signals)
	}
	for _, m := range messages(t, s) {
		if m.Body != "" {
			t.Errorf("the body of the message with status %s was not cleared", m.Status)
		}
	}
}
