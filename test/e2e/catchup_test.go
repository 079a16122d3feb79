package e2e

// Texts that arrive while no webhook is running are published later, once.

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"testing"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

func TestCatchUpPublishesMissedTextsOnce(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{
		Environment: []string{"CATCH_UP=1s", "CATCH_UP_AFTER=" + leftAlone},
		Triggers: `triggers:
  - name: order
    pattern: 'Order Number (?<orderNumber>.+)'
    echo: 'Your reference number is ${orderNumber}'
    catchUp: true
    start: {workflow: OrderStatusWorkflow, taskQueue: orders, input: {orderNumber: '${matchGroups.orderNumber}', from: '${from}'}}
  - name: live-only
    pattern: 'Order'
    start: {workflow: OrderStatusWorkflow, taskQueue: orders, input: {orderNumber: 'any', from: '${from}'}}
`,
	})
	s.StartExample(t, "orderstatus")
	caughtUpOn(t, s, 0)
	heard := text(t, s, "Order Number 1")
	if replies(heard) != "Your reference number is 1" {
		t.Fatalf("got the replies %q, want the trigger's echo", replies(heard))
	}
	s.Worker.Stop(t)
	missed, err := s.Twilio.Inbound(t.Context(), twiliosim.Inbound{From: phone, To: stack.Number, Body: "Order Number 2"})
	if err != nil || missed.WebhookStatus == 200 {
		t.Fatalf("with the webhook down: got status %d and error %v, want a status other than 200", missed.WebhookStatus, err)
	}
	s.StartWorker(t)
	var status orderStatus
	stack.Eventually(t, "the missed message has its workflow", func(ctx context.Context) error {
		return s.Temporal.Client.GetWorkflow(ctx, sms.TextWorkflowID(missed.MessageSID), "").Get(ctx, &status)
	})
	if status.OrderNumber != "2" {
		t.Errorf("got the result %+v, want order number 2", status)
	}
	// One more catch-up lists both messages, and publishes nothing.
	last := caughtUpOn(t, s, 2)
	if last.Received != 2 || last.Matched != 2 || last.Failed != 0 {
		t.Errorf("the last catch-up: got %+v, want 2 received, 2 matched and none failed", last)
	}
	// The first text arrived live and started the workflows of both triggers; the
	// second was caught up on, and started only one. A text that was accepted
	// before the worker stopped is published by the next worker.
	for sid, want := range map[string]int{heard.MessageSID: 3, missed.MessageSID: 1} {
		hasWorkflows(t, s, sid, want)
	}
}

func TestCatchUpEndsIfSwitchedOff(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{
		Environment: []string{"CATCH_UP=1h"},
		Triggers:    "triggers:\n  - {name: order, pattern: 'Order', catchUp: true, start: {workflow: OrderStatusWorkflow, taskQueue: twilio}}\n",
	})
	schedule := s.Temporal.Client.ScheduleClient().GetHandle(t.Context(), "sms-catch-up")
	stack.Eventually(t, "there is a schedule", func(ctx context.Context) error {
		_, err := schedule.Describe(ctx)
		return err
	})
	// A webhook without CATCH_UP leaves the schedule in place. It still starts a
	// workflow for a text that Twilio marks as an opt-out, because Twilio's log
	// does not show the mark.
	const sid = "SM000000000000000000000000000000a1"
	here := *s
	here.Webhook = s.AnotherWebhook(t, "CATCH_UP=")
	marked := signed(t, &here, stack.Token, url.Values{"MessageSid": {sid}, "From": {phone}, "Body": {"Order arret"}, "OptOutType": {"STOP"}})
	if status, body, err := send(marked); err != nil || status != http.StatusOK {
		t.Fatalf("got status %d, body %s and error %v, want status 200", status, body, err)
	}
	if _, err := s.Temporal.Client.DescribeWorkflow(t.Context(), sms.TextWorkflowID(sid), ""); err != nil {
		t.Errorf("the marked text has no workflow: %v", err)
	}
	if _, err := schedule.Describe(t.Context()); err != nil {
		t.Errorf("the schedule is gone: %v", err)
	}
	s.Worker.Stop(t)
	s.AnotherWebhook(t, "CATCH_UP=0s")
	stack.Eventually(t, "the schedule is gone", func(ctx context.Context) error {
		if _, err := schedule.Describe(ctx); err == nil {
			return errors.New("it still exists")
		}
		return nil
	})
}
