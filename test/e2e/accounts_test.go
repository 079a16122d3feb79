package e2e

// One webhook for several accounts: each can sign only its own texts, and their
// tokens are rotated.

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twilio"
	"temporal-twilio/webhook"
)

// another is a second account whose webhooks are accepted.
const (
	another      = "AC00000000000000000000000000000002"
	anotherToken = "fedcba9876543210fedcba9876543210"
)

// textAs delivers a text from a phone to one of our addresses in the name of an
// account, signed with a token, and returns the status and the body of the
// response.
func textAs(t *testing.T, s *stack.Stack, account, token, messageSID, to, body string) (int, string) {
	t.Helper()
	form := url.Values{"MessageSid": {messageSID}, "AccountSid": {account}, "From": {phone}, "To": {to}, "Body": {body}}
	address := s.Webhook + webhook.SmsPath
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set(twilio.SignatureHeader, twilio.Sign(token, address, form))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(answer)
}

func TestAccountsSpeakForThemselvesOnly(t *testing.T) {
	t.Parallel()
	const bound = "+15005550007"
	s := stack.Start(t, stack.Options{
		Triggers: `triggers:
  - {name: ours, pattern: hello, account: ` + stack.Account + `, echo: Ours, start: {workflow: OrderStatusWorkflow, taskQueue: orders}}
  - {name: theirs, pattern: hello, account: ` + another + `, echo: Theirs, start: {workflow: OrderStatusWorkflow, taskQueue: orders}}
`,
		Environment: []string{"TWILIO_SUBACCOUNT_TOKENS=" + another + "=" + anotherToken, "WEBHOOK_OWN_NUMBERS=" + stack.Account + "=" + bound},
	})
	run := ask(t, s, "Shall we come?", nil)
	if status, _ := textAs(t, s, another, anotherToken, "SM00000000000000000000000000000a01", stack.Number, "Mallory says yes"); status != http.StatusOK {
		t.Errorf("another account's text: got status %d, want 200", status)
	}
	if status, answer := textAs(t, s, another, anotherToken, "SM00000000000000000000000000000a02", stack.Number, "hello"); status != http.StatusOK || !strings.Contains(answer, "Theirs") || strings.Contains(answer, "Ours") {
		t.Errorf("another account's text: got %d %s, want only its own trigger's echo", status, answer)
	}
	if status, _ := textAs(t, s, stack.Account, anotherToken, "SM00000000000000000000000000000a03", stack.Number, "hello"); status != http.StatusForbidden {
		t.Errorf("another account's token with our account's SID: got status %d, want 403", status)
	}
	if status, _ := textAs(t, s, another, anotherToken, "SM00000000000000000000000000000a04", bound, "hello"); status != http.StatusForbidden {
		t.Errorf("another account's text to our account's number: got status %d, want 403", status)
	}
	if status, answer := textAs(t, s, stack.Account, stack.Token, "SM00000000000000000000000000000a05", stack.Number, "Yes, please"); status != http.StatusOK || strings.Contains(answer, "Ours") {
		t.Errorf("our own account's reply: got %d %s, want no echo", status, answer)
	}
	if got := answer(t, run); got.Outcome != sms.AskAnswered || got.Reply == nil || got.Reply.Body != "Yes, please" {
		t.Errorf("the question: got outcome %s and reply %+v, want the account's own text as the reply", got.Outcome, got.Reply)
	}
}

func TestRotatedTokenNeedsNoRestart(t *testing.T) {
	t.Parallel()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte(strings.Repeat("0", len(stack.Token))), 0o600); err != nil {
		t.Fatal(err)
	}
	s := stack.Start(t, stack.Options{NoWorker: true, Environment: []string{"TWILIO_TOKEN=", "TWILIO_TOKEN_FILE=" + token}})
	s.Worker = stack.StartProcess(t, "worker", s.Environment(), stack.Build(t, "worker"))
	stack.Eventually(t, "the worker is alive", func(ctx context.Context) error { return stack.Get(ctx, s.Webhook+"/healthz") })
	const body = "Order Number 4711"
	if status := text(t, s, body).WebhookStatus; status != http.StatusForbidden {
		t.Errorf("with the old token: got status %d, want 403", status)
	}
	if err := os.WriteFile(token, []byte(stack.Token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	stack.Eventually(t, "the webhook accepts a text signed with the new token", func(context.Context) error {
		if status := text(t, s, body).WebhookStatus; status != http.StatusOK {
			return fmt.Errorf("status %d", status)
		}
		return nil
	})
	if result := sendSms(t, s, map[string]any{"smsFrom": stack.Number, "smsTo": phone, "smsBody": "Hi"}); len(result.Messages) != 1 {
		t.Errorf("with the new token: the send failed with %+v", result.Errors)
	}
}
