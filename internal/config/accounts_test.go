package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAccountsHaveOwnCredentialsAndLimits(t *testing.T) {
	token := write(t, "fromfile\n")
	c := Config{Concurrency: 20, Timeout: time.Second, Accounts: write(t, `accounts:
  marketing: {account: AC2, tokenFile: `+token+`, region: ie1, edge: dublin, rate: 1}
  alerts: {account: AC3, apiKey: SK3, apiSecret: "hidden\n", concurrency: 5}
`)}
	accounts, err := c.readAccounts(os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	marketing, alerts := accounts["marketing"], accounts["alerts"]
	if access := marketing.Twilio(); access.AccountSID != "AC2" || access.Token != "fromfile" || access.Region != "ie1" || access.Edge != "dublin" || access.Timeout != time.Second {
		t.Errorf("got the access %+v for marketing, want AC2 with the token of the file", access)
	}
	if marketing.Concurrency != 20 || marketing.Rate != 1 || alerts.Concurrency != 5 || alerts.Rate != 0 {
		t.Errorf("got accounts %+v and %+v, want other limits", marketing, alerts)
	}
	if access := alerts.Twilio(); access.Username != "SK3" || access.Password != "hidden" {
		t.Errorf("got the access %+v for alerts, want the API key", access)
	}
}

func TestBrokenAccountsFileShowsNoSecrets(t *testing.T) {
	const secret = "0123456789abcdef"
	for name, tc := range map[string]struct{ text, want string }{
		"an unknown key":       {"accounts:\n  a:\n    tokn: " + secret + "\n", ":3: unknown field"},
		"not YAML":             {"accounts: {" + secret, "TWILIO_ACCOUNTS"},
		"a secret given twice": {"accounts:\n  a: {account: AC1, token: " + secret + ", tokenFile: x}\n", `account "a": a secret is given both`},
		"no credentials":       {"accounts:\n  a: {account: AC1}\n", `account "a": the credentials are missing`},
		"a region and no edge": {"accounts:\n  a: {account: AC1, token: t, region: ie1}\n", "region and edge must be set together"},
		"a negative pace":      {"accounts:\n  a: {account: AC1, token: t, rate: -1}\n", "rate and accountRate 0 or more"},
		"an empty file":        {"accounts:\n  a: {account: AC1, tokenFile: /dev/null}\n", `account "a": /dev/null is empty`},
		"a missing file":       {"accounts:\n  a: {account: AC1, tokenFile: /does/not/exist}\n", "/does/not/exist"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Config{Accounts: write(t, tc.text)}.readAccounts(os.ReadFile)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got error %v, want it to contain %q", err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("the error contains the secret: %v", err)
			}
		})
	}
}
