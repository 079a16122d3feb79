package config

import (
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"

	"temporal-twilio/twilio"
)

const (
	oldToken = "0123456789abcdef0123456789abcdef"
	newToken = "fedcba9876543210fedcba9876543210"
)

// rotation is a configuration with secrets in files.
type rotation struct {
	*Live
	t   *testing.T
	dir string
	log strings.Builder
}

func rotate(t *testing.T, variables map[string]string, files map[string]string) *rotation {
	t.Helper()
	r := &rotation{t: t, dir: t.TempDir()}
	for name, value := range variables {
		variables[name] = strings.ReplaceAll(value, "DIR", r.dir)
	}
	for name, text := range files {
		r.write(name, text)
	}
	var err error
	if r.Live, err = Follow(variables, slog.New(slog.NewTextHandler(&r.log, nil))); err != nil {
		t.Fatal(err)
	}
	return r
}

// write writes a file and makes the configuration read it.
func (r *rotation) write(name, text string) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(strings.ReplaceAll(text, "DIR", r.dir)), 0o600); err != nil {
		r.t.Fatal(err)
	}
	if r.Live != nil {
		r.file.Look(0)
	}
}

// sends checks the credentials of a client's next request.
func (r *rotation) sends(when string, access twilio.Access, username, password string) {
	r.t.Helper()
	if u, p := access.Renewed(); u != username || p != password {
		r.t.Errorf("%s: got login %q, %q, want %q, %q", when, u, p, username, password)
	}
}

func (r *rotation) verifies(when string, want map[string][]string) {
	r.t.Helper()
	if got := r.WebhookTokens(); !reflect.DeepEqual(got, want) {
		r.t.Errorf("%s: got tokens %v, want %v", when, got, want)
	}
}

func TestLiveFollowsTokenFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rotate(t, map[string]string{"TWILIO_ACCOUNT": one, "TWILIO_TOKEN_FILE": "DIR/token"}, map[string]string{"token": oldToken})
		access := r.Twilio()
		r.sends("at first", access, one, oldToken)
		for name, text := range map[string]string{"empty": "\n", "half written": newToken[:16]} {
			r.log.Reset()
			r.write("token", text)
			r.write("token", text)
			r.sends(name, access, one, oldToken)
			if r.Err() == nil {
				t.Errorf("%s: Err returns nil, but the file cannot be used", name)
			}
			if log := r.log.String(); strings.Count(log, "level=WARN") != 1 || !strings.Contains(log, filepath.Join(r.dir, "token")) || strings.Contains(log, newToken[:16]) {
				t.Errorf("%s: got the log %s, want one warning with the path of the file but not the token", name, log)
			}
		}
		r.verifies("still", map[string][]string{one: {oldToken}})
		r.log.Reset()
		r.write("token", newToken+"\n")
		r.sends("after the change", access, one, newToken)
		if err := r.Err(); err != nil {
			t.Errorf("after the change: got error %v, want none", err)
		}
		r.verifies("after the change", map[string][]string{one: {newToken, oldToken}})
		if log := r.log.String(); !strings.Contains(log, "a changed file is in use") || !strings.Contains(log, "ID_SECRET is not set") || strings.Contains(log, oldToken) || strings.Contains(log, newToken) {
			t.Errorf("got the log %s, want the change and a warning about ID_SECRET, without tokens", log)
		}
	})
}

func TestLiveReplacesKeyWithItsSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rotate(t, map[string]string{
			"TWILIO_ACCOUNT": one, "TWILIO_TOKEN": "token", "TWILIO_API_KEY_FILE": "DIR/key", "TWILIO_API_SECRET_FILE": "DIR/secret",
		}, map[string]string{"key": "SK1", "secret": "s1"})
		access := r.Twilio()
		r.write("key", "SK2")
		r.sends("with half a key", access, "SK1", "s1")
		r.write("secret", "s2")
		r.sends("with both", access, "SK2", "s2")
		r.write("secret", "s3")
		r.sends("with a corrected secret", access, "SK2", "s3")
	})
}

func TestLiveFollowsOtherAccounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const accounts = "accounts:\n  marketing: {account: " + two + ", tokenFile: DIR/marketing}\n  alerts: {account: " + two + ", apiKey: SK1, apiSecret: s1}\n"
		r := rotate(t, map[string]string{
			"TWILIO_ACCOUNT": one, "TWILIO_TOKEN": "token", "TWILIO_TOKEN_SECONDARY_FILE": "DIR/secondary", "ID_SECRET": "0123456789abcdef",
			"TWILIO_ACCOUNTS": "DIR/accounts", "TWILIO_SUBACCOUNT_TOKENS_FILE": "DIR/subaccounts",
		}, map[string]string{"marketing": "m1", "accounts": accounts, "subaccounts": three + "=a", "secondary": "second"})
		marketing, alerts, subaccount := r.NamedTwilio("marketing"), r.NamedTwilio("alerts"), r.Subaccount(three)
		r.verifies("at first", map[string][]string{one: {"token", "second"}, two: {"m1"}, three: {"a"}})
		r.write("marketing", "m2")
		r.sends("its token file", marketing, two, "m2")
		r.write("accounts", strings.ReplaceAll(accounts, "apiKey: SK1, apiSecret: s1", "apiKey: SK2, apiSecret: s2"))
		r.sends("the accounts file", alerts, "SK2", "s2")
		r.write("subaccounts", three+"=b,"+three+"=a")
		r.sends("the subaccounts' file", subaccount, three, "b")
		r.write("secondary", "third")
		r.verifies("after all", map[string][]string{one: {"token", "third", "second"}, two: {"m2", "m1"}, three: {"b", "a"}})
		for name, text := range map[string]string{
			"accounts":    "accounts:\n  marketing: {account: " + two + ", tokenFile: DIR/marketing}\n", // without the other account
			"subaccounts": two + "=c",
		} {
			r.log.Reset()
			r.write(name, text)
			r.sends("without an account", alerts, "SK2", "s2")
			r.sends("without a subaccount", subaccount, three, "b")
			if !strings.Contains(r.log.String(), "only after a restart") {
				t.Errorf("%s: got the log %s, want a note that a restart is needed", name, r.log.String())
			}
		}
		if strings.Contains(r.log.String(), "ID_SECRET") {
			t.Errorf("with ID_SECRET set, got the log %s, want nothing about it", r.log.String())
		}
	})
}
