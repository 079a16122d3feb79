package activities

import (
	"net/url"
	"strings"
	"testing"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

func TestCallbackProvesAccountAndNamesRecipient(t *testing.T) {
	yes := true
	const one, two = "AC00000000000000000000000000000001", "AC00000000000000000000000000000002"
	a := &Activities{
		Accounts: map[string]Account{"": {SID: one}, "marketing": {SID: two}}, IDSecret: []byte("secret"),
		StatusCallback: "https://sms.example.com/twilio/status",
	}
	for name, want := range map[string]string{"": one, "marketing": two} {
		if a.callback("order:42/ü", &sms.SendSmsInput{Account: name}) != nil {
			t.Error("got a callback query for a workflow that did not ask for status signals, want none")
		}
		s := &send{attempt: &attempt{info: activity.Info{ActivityID: "7", Attempt: 3}}, activities: a}
		s.callback = a.callback("order:42/ü", &sms.SendSmsInput{Account: name, StatusSignals: &yes})
		// A keyed send uses its caller's callback URL.
		keyed := a.callbackAddress(s.callback)
		s.callback = a.callback("sms-once-1", &sms.SendSmsInput{Account: name, StatusCallback: keyed})
		if forged := a.callback("", &sms.SendSmsInput{StatusCallback: strings.Replace(keyed, "42", "43", 1)}); forged != nil {
			t.Error("got a callback query from a forged URL, want none")
		}
		address := s.callbackOf(&recipient{place: 5})
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		query := u.Query()
		if query.Get(sms.CallbackRecipient) != "7.5" || query.Get(sms.CallbackAttempt) != "3" || u.Fragment == "" {
			t.Errorf("got the callback URL %s, want one with the recipient 7.5, the attempt 3 and a fragment", address)
		}
		if query.Get(sms.CallbackWorkflow) != "order:42/ü" || query.Get(sms.CallbackAccount) != want || !sms.StatusProven([]byte("secret"), query) {
			t.Errorf("account %q: got the callback URL %s, want one with the workflow, the account %s and a valid proof", name, address, want)
		}
		if query.Set(sms.CallbackAccount, strings.Replace(want, "AC", "AD", 1)); sms.StatusProven([]byte("secret"), query) {
			t.Errorf("account %q: StatusProven = true for another account, want false", name)
		}
	}
	names := make(map[string]bool)
	for _, run := range []string{"019ac1d2-0000-7000-8000-00000000000a", "019ac1d2-0000-7000-8000-00000000000b"} {
		s := &send{attempt: &attempt{info: activity.Info{ActivityID: "5", WorkflowExecution: workflow.Execution{ID: "sms-once-1", RunID: run}}}, activities: a}
		names[s.reference(&recipient{})] = true
	}
	if len(names) != 2 {
		t.Errorf("two runs: got the references %v, want two different ones", names)
	}
	if sms.StatusProven(nil, url.Values{}) {
		t.Error("StatusProven = true without a secret, want false")
	}
}

func TestTooLongCallbackIsLeftOut(t *testing.T) {
	a := &Activities{StatusCallback: "https://example.com/twilio/status"}
	for length, want := range map[int]bool{1000: true, maxCallback: false} {
		got := a.callbackAddress(url.Values{sms.CallbackWorkflow: {strings.Repeat("w", length)}})
		if (got != "") != want {
			t.Errorf("with %d bytes: got %q, want a URL: %v", length, got, want)
		}
	}
}
