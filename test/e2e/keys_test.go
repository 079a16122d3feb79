package e2e

import (
	"strings"
	"testing"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

func TestKeyIsUsedUpBySending(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	const other = "+15005550010"
	fault, err := s.Twilio.AddFault(twiliosim.Fault{Kind: twiliosim.Fault429, Operation: "create", Number: other})
	if err != nil {
		t.Fatal(err)
	}
	input := map[string]any{"smsFrom": stack.Number, "smsTo": []string{phone, other}, "smsBody": "Hi", "idempotencyKey": "order-42", "giveUpAfter": "1s"}
	if result := sendSms(t, s, input); len(result.Messages) != 1 || len(result.Errors) != 1 || result.Errors[0].Code != sms.CodeRateLimited {
		t.Fatalf("while one phone is rate limited: got %+v, want 1 message and a RATE_LIMITED error", result)
	}
	s.Twilio.RemoveFault(fault.ID)
	for range 2 { // the second call texts the phone that the first could not text
		if result := sendSms(t, s, input); len(result.Messages) != 2 || len(result.Errors) != 0 || result.Messages[0].To != phone {
			t.Errorf("with the same key again: got %+v, want both messages, the first to the phone that failed", result)
		}
	}
	input["smsBody"] = "Bye"
	if result := sendSms(t, s, input); len(result.Messages) != 0 || len(result.Errors) != 1 || result.Errors[0].Code != sms.CodeInvalidInput {
		t.Errorf("another text with the same key: got %+v, want only an INVALID_INPUT error", result)
	}
	if sent := messages(t, s); len(sent) != 2 {
		t.Errorf("%d messages were sent, want 2", len(sent))
	}
}

func TestKeyHoldsForALongList(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Environment: []string{"BROADCAST_DIR=" + t.TempDir(), "LOG_LEVEL=error"}})
	list := tooLongList(3)
	input := map[string]any{"smsFrom": stack.Number, "smsTo": list, "smsBody": "Hi", "idempotencyKey": "order-42"}
	for range 2 {
		if result := sendSms(t, s, input); result.Broadcast == nil || result.Broadcast.State != "done" || result.Broadcast.Sent != 3 {
			t.Fatalf("got the errors %+v and the broadcast %+v, want the state done and 3 sent", result.Errors, result.Broadcast)
		}
	}
	input["smsTo"] = list[:sms.MaxRecipients]
	if result := sendSms(t, s, input); len(result.Errors) != 1 || result.Errors[0].Code != sms.CodeInvalidInput || !strings.Contains(result.Errors[0].Message, "another text, sender or list") {
		t.Errorf("the same key with a shorter list: got %d messages and %d errors, want one error that names the key's other content", len(result.Messages), len(result.Errors))
	}
	if sent := messages(t, s); len(sent) != 3 {
		t.Errorf("%d messages were sent, want 3", len(sent))
	}
}
