package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const (
	one   = "AC00000000000000000000000000000001"
	two   = "AC00000000000000000000000000000002"
	three = "AC00000000000000000000000000000003"
)

func TestAccountsHaveOwnTokens(t *testing.T) {
	accounts := filepath.Join(t.TempDir(), "accounts.yaml")
	if err := os.WriteFile(accounts, []byte("accounts:\n  marketing: {account: "+three+", token: named}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Read(map[string]string{
		"TWILIO_ACCOUNT": one, "TWILIO_TOKEN": "primary", "TWILIO_TOKEN_SECONDARY": "secondary",
		"TWILIO_ACCOUNTS": accounts, "TWILIO_SUBACCOUNT_TOKENS": two + "=a, " + two + "=b\n" + one + "=c",
	})
	if err != nil {
		t.Fatal(err)
	}
	tokens := c.WebhookTokens()
	if want := map[string][]string{one: {"primary", "secondary", "c"}, two: {"a", "b"}, three: {"named"}}; !reflect.DeepEqual(tokens, want) {
		t.Errorf("got tokens %v, want %v", tokens, want)
	}
	if printed := fmt.Sprintf("%v %+v %#v", c, c, c.Subaccounts); strings.Contains(printed, "primary") || strings.Contains(printed, "="+"a") {
		t.Errorf("a token is printed: %s", printed)
	}
	for _, bad := range []string{"AC1=secret", one + "=", one, "=secret"} {
		if _, err := Read(map[string]string{"TWILIO_SUBACCOUNT_TOKENS": bad}); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: got error %v, want one without the token", bad, err)
		}
	}
}
