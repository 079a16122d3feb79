package activities

import (
	"net/url"
	"strings"
	"testing"

	"temporal-twilio/sms"
)

func TestACallbackProvesTheAccountThatSends(t *testing.T) {
	const one, two = "AC00000000000000000000000000000001", "AC00000000000000000000000000000002"
	a := &Activities{
		Accounts: map[string]Account{"": {SID: one}, "marketing": {SID: two}}, IDSecret: []byte("secret"),
		StatusCallback: "https://sms.example.com/twilio/status",
	}
	for name, want := range map[string]string{"": one, "marketing": two} {
		address := a.callback("order:42/ü", &SendSmsInput{Account: name})
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		query := u.Query()
		if query.Get(sms.StatusWorkflow) != "order:42/ü" || query.Get(sms.StatusAccount) != want || !sms.StatusProven([]byte("secret"), query) {
			t.Errorf("account %q is called back at %s", name, address)
		}
		if query.Set(sms.StatusAccount, strings.Replace(want, "AC", "AD", 1)); sms.StatusProven([]byte("secret"), query) {
			t.Errorf("account %q: the proof is of any account", name)
		}
	}
	if sms.StatusProven(nil, url.Values{}) {
		t.Error("without a secret all is proven")
	}
}
