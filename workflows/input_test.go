package workflows

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"go.temporal.io/sdk/temporal"

	"temporal-twilio/sms"
)

func TestBroadcastAcceptsProcessModelInput(t *testing.T) {
	b := newBroadcastBench(t, 0)
	b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, json.RawMessage(`{
		"SmsFrom": "+15005550006", "SmsBody": "Hi", "Metadata": "{\"a\": 1}", "PageSize": "1", "smartEncoded": "true", "File": null,
		"SmsTo": "[\"+15005550009\", {\"To\": \"+15005550010\", \"Variables\": \"{}\"}]"
	}`))
	if err := b.GetWorkflowError(); err != nil || strings.Join(b.texted, " ") != "+15005550009 +15005550010" || b.pages != 2 {
		t.Errorf("texted %q in %d pages, error %v; want 2 recipients in 2 pages", b.texted, b.pages, err)
	}
}

func TestBroadcastRefusesUnknownFields(t *testing.T) {
	b := newBroadcastBench(t, 0)
	b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, json.RawMessage(`{"smsFrom": "+15005550006", "smsBody": "Hi", "smsTo": "+4915112345678", "pageSze": 1, "pageSize": "+4915112345678"}`))
	var failure *temporal.ApplicationError
	if !errors.As(b.GetWorkflowError(), &failure) || failure.Type() != string(sms.CodeInvalidInput) || len(b.texted) > 0 {
		t.Fatalf("texted %q, error %v; want INVALID_INPUT and nobody texted", b.texted, b.GetWorkflowError())
	}
	var details sms.Error
	if err := failure.Details(&details); err != nil {
		t.Fatal(err)
	}
	const want = "there is no field pageSze (did you mean pageSize?). pageSize must be a whole number, such as 200"
	if failure.Message() != want || details.Message != want+`; it is "+4915112345678"` {
		t.Errorf("got failure message %q and details %q, want %q, and the value only in the details", failure.Message(), details.Message, want)
	}
}

// The broadcast continues from a state that only a newer worker can decode. The
// workflow task must fail, so that Temporal retries it on a newer worker.
func TestNewerStateWaitsForNewerWorker(t *testing.T) {
	b := newBroadcastBench(t, 0)
	b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, json.RawMessage(`{"smsFrom": "+15005550006", "smsBody": "Hi", "file": "list.csv", "carried": {"state": "sending", "newer": 1}}`))
	if _, panics := errors.AsType[*temporal.PanicError](b.GetWorkflowError()); !panics {
		t.Errorf("got error %v, want a panic, which fails only the workflow task", b.GetWorkflowError())
	}
}
