package e2e

// Workflow IDs with non-ASCII characters, through each of our clients.

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"go.temporal.io/sdk/client"

	"temporal-twilio/internal/payload"
	"temporal-twilio/internal/temporal"
	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

func TestWorkflowIDMayHoldAnyLetter(t *testing.T) {
	s := stack.Start(t, stack.Options{Triggers: `triggers:
  - name: chat
    pattern: 'chat with (?<name>.+)'
    start:
      workflow: SendSmsWorkflow
      taskQueue: twilio
      id: 'chat-${matchGroups.name}'
      input: {smsFrom: '` + stack.Number + `', smsTo: '${from}', smsBody: 'Hello ${matchGroups.name}'}
`})
	t.Setenv("TEMPORAL_ADDRESS", s.Temporal.Address)
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	clear, err := payload.Open("", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ours, err := temporal.NewClient(slog.New(slog.DiscardHandler), nil, clear, nil) // by the starter's client
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	run, err := ours.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "Bestellung-ä", TaskQueue: sms.TaskQueue}, "SendSmsWorkflow",
		map[string]any{"smsFrom": stack.Number, "smsTo": phone, "smsBody": "Hi"})
	var result sms.SendSmsResult
	if err == nil {
		err = run.Get(ctx, &result) // sent by the worker's client
	}
	if err != nil || len(result.Messages) != 1 || run.GetID() != "Bestellung-ä" {
		t.Errorf("got %+v and error %v, want one message from the workflow Bestellung-ä", result, err)
	}
	if _, err := s.Twilio.Inbound(ctx, twiliosim.Inbound{From: phone, To: stack.Number, Body: "chat with Zoë"}); err != nil { // by the webhook's client
		t.Fatal(err)
	}
	stack.Eventually(t, "the trigger's workflow has sent its text", func(context.Context) error {
		for _, m := range messages(t, s) {
			if m.Body == "Hello Zoë" {
				return ours.GetWorkflow(ctx, "chat-Zoë", "").Get(ctx, nil)
			}
		}
		return errors.New("not yet")
	})
}
