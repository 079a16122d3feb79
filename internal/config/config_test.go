package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSecretsNeverPrint(t *testing.T) {
	const value = "0123456789abcdef"
	c := Config{Account: "AC1", Token: NewSecret(value)}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("start", "config", c, "token", c.Token)
	asJSON, _ := json.Marshal(c)
	for how, text := range map[string]string{
		"%v":         fmt.Sprintf("%v", c),
		"%+v":        fmt.Sprintf("%+v", c),
		"%#v":        fmt.Sprintf("%#v", c),
		"%s":         fmt.Sprintf("%s", c.Token),
		"%q":         fmt.Sprintf("%q", c.Token),
		"%x":         fmt.Sprintf("%x", c.Token),
		"a pointer":  fmt.Sprintf("%v", &c.Token),
		"an error":   fmt.Errorf("bad %v", c.Token).Error(),
		"JSON":       string(asJSON),
		"structured": logged.String(),
	} {
		if strings.Contains(text, value) || strings.Contains(text, fmt.Sprintf("%x", value)) {
			t.Errorf("%s shows the secret: %s", how, text)
		}
	}
	if c.Token.Reveal() != value {
		t.Error("Reveal does not return the value")
	}
}

func TestReadAcceptsAliases(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		variables      map[string]string
		account, token string
	}{
		"the connector's names":     {map[string]string{"TWILIO_ACCOUNT": "AC1", "TWILIO_TOKEN": "t"}, "AC1", "t"},
		"Twilio's own names":        {map[string]string{"TWILIO_ACCOUNT_SID": "AC2", "TWILIO_AUTH_TOKEN": "u"}, "AC2", "u"},
		"both names of the account": {map[string]string{"TWILIO_ACCOUNT": "AC1", "TWILIO_ACCOUNT_SID": "AC2", "TWILIO_TOKEN": "t"}, "AC1", "t"},
		"a secret from a file":      {map[string]string{"TWILIO_ACCOUNT": "AC1", "TWILIO_TOKEN_FILE": file}, "AC1", "from-file"},
		"an alias from a file":      {map[string]string{"TWILIO_ACCOUNT": "AC1", "TWILIO_AUTH_TOKEN_FILE": file}, "AC1", "from-file"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Read(tc.variables)
			if err != nil {
				t.Fatal(err)
			}
			if c.Account != tc.account || c.Token.Reveal() != tc.token {
				t.Errorf("got account %s and token %s, want %s and %s", c.Account, c.Token.Reveal(), tc.account, tc.token)
			}
			if c.WebhookAddr != "127.0.0.1:8080" {
				t.Errorf("got default WEBHOOK_ADDR %s, want 127.0.0.1:8080", c.WebhookAddr)
			}
		})
	}
}

func TestReadRefusesInvalidValues(t *testing.T) {
	for name, tc := range map[string]struct {
		variables map[string]string
		want      string
	}{
		"a secret given twice":        {map[string]string{"TWILIO_TOKEN": "t", "TWILIO_TOKEN_FILE": "/x"}, "TWILIO_TOKEN and TWILIO_TOKEN_FILE are both set"},
		"a missing file":              {map[string]string{"TWILIO_TOKEN_FILE": "/does/not/exist"}, "read TWILIO_TOKEN_FILE: open /does/not/exist"},
		"an empty file":               {map[string]string{"TWILIO_TOKEN_FILE": os.DevNull}, "read TWILIO_TOKEN_FILE: /dev/null is empty"},
		"a duration without a unit":   {map[string]string{"TWILIO_TIMEOUT": "10"}, `TWILIO_TIMEOUT is "10": add a unit, such as "10s"`},
		"an invalid duration":         {map[string]string{"TWILIO_TIMEOUT": "soon"}, `TWILIO_TIMEOUT is "soon": write a time with its unit, such as "10s" or "1h30m"`},
		"a negative duration":         {map[string]string{"WEBHOOK_DRAIN": "-1s"}, `WEBHOOK_DRAIN is "-1s"; it must be 0s or more`},
		"a duration of zero":          {map[string]string{"TWILIO_TIMEOUT": "0s"}, `TWILIO_TIMEOUT is "0s"; it must be 1ms or more`},
		"an invalid count":            {map[string]string{"SEND_CONCURRENCY": "2.5"}, `SEND_CONCURRENCY is "2.5": write a whole number, such as 20`},
		"a concurrency of zero":       {map[string]string{"SEND_CONCURRENCY": "0"}, `SEND_CONCURRENCY is "0"; it must be 1 or more`},
		"an invalid rate":             {map[string]string{"SEND_RATE": "fast"}, `SEND_RATE is "fast": write a number, such as 1.5`},
		"neither true nor false":      {map[string]string{"SEND_RECORD_FIRST": "maybe"}, `SEND_RECORD_FIRST is "maybe": write true or false`},
		"a negative rate":             {map[string]string{"SEND_RATE": "-1"}, `SEND_RATE is "-1"; it must be 0 or more`},
		"a rate that is not a number": {map[string]string{"SEND_ACCOUNT_RATE": "NaN"}, `SEND_ACCOUNT_RATE is "NaN"; it must be 0 or more`},
		"an endless rate":             {map[string]string{"SEND_RATE": "+Inf"}, `SEND_RATE is "+Inf"; it must be 0 or more`},
		"an unknown unit":             {map[string]string{"SEND_RATE_UNIT": "parts"}, `SEND_RATE_UNIT is "parts"; it must be messages or segments`},
		"an unknown switch":           {map[string]string{"WEBHOOK_SIGNATURE": "none"}, `WEBHOOK_SIGNATURE is "none"; it must be on or off`},
		"an unknown level":            {map[string]string{"LOG_LEVEL": "loud"}, `LOG_LEVEL is "loud"; it must be debug, info, warn or error`},
		"a key without its secret":    {map[string]string{"TWILIO_API_KEY": "SK1"}, "TWILIO_API_KEY and TWILIO_API_SECRET must be set together; set both or neither"},
		"a secret without its key":    {map[string]string{"TWILIO_API_SECRET": "s"}, "TWILIO_API_KEY and TWILIO_API_SECRET must be set together; set both or neither"},
		"a region without an edge":    {map[string]string{"TWILIO_REGION": "ie1"}, "TWILIO_REGION and TWILIO_EDGE must be set together; set both or neither"},
		"a certificate alone":         {map[string]string{"WEBHOOK_TLS_CERT": "c.pem"}, "WEBHOOK_TLS_CERT and WEBHOOK_TLS_KEY must be set together; set both or neither"},
		"two kinds of certificates":   {map[string]string{"WEBHOOK_TLS_CERT": "c.pem", "WEBHOOK_TLS_KEY": "k.pem", "WEBHOOK_ACME_HOSTS": "h"}, "WEBHOOK_ACME_HOSTS and WEBHOOK_TLS_CERT are both set; unset one"},
		"an invalid URL":              {map[string]string{"TWILIO_BASE_URL": "localhost:8090"}, `TWILIO_BASE_URL is "localhost:8090": it must be an http:// or https:// URL without a query, such as https://sms.example.com`},
		"a URL with a query":          {map[string]string{"WEBHOOK_PUBLIC_URL": "https://sms.example.com?a=b"}, `WEBHOOK_PUBLIC_URL is "https://sms.example.com?a=b": it must be an http:// or https:// URL without a query, such as https://sms.example.com`},
		"an invalid locale":           {map[string]string{"TEMPLATE_LOCALE": "English"}, `TEMPLATE_LOCALE is "English": write a language with an optional country, such as pt_BR`},
		"an invalid time zone":        {map[string]string{"TEMPLATE_TIME_ZONE": "Berlin"}, `TEMPLATE_TIME_ZONE is "Berlin": write a place, such as Europe/Berlin, or an offset, such as GMT+02:00`},
		"an invalid country":          {map[string]string{"DEFAULT_REGION": "XX"}, `DEFAULT_REGION is "XX": write a country by its two letters (ISO 3166), such as US`},
		"a secret that is too short":  {map[string]string{"ID_SECRET": "short"}, "ID_SECRET is too short: it has 5 characters and must have at least 16, preferably 32 random ones"},
		"a missing accounts file":     {map[string]string{"TWILIO_ACCOUNTS": "/does/not/exist"}, "read TWILIO_ACCOUNTS: open /does/not/exist: no such file or directory"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(tc.variables)
			if err == nil || !strings.HasPrefix(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got error %v, want %s", err, tc.want)
			}
		})
	}
}

func TestTwoBroadcastStoresAreRefused(t *testing.T) {
	_, err := Read(map[string]string{"BROADCAST_STORE": "s3://bucket", "BROADCAST_DIR": "/srv/sms"})
	if err == nil || !strings.Contains(err.Error(), "BROADCAST_STORE=file:///srv/sms") {
		t.Errorf("both set: got error %v, want one that shows the equivalent URL", err)
	}
	c, err := Read(map[string]string{"BROADCAST_STORE": "s3://bucket"})
	if err != nil || c.BroadcastStore != "s3://bucket" {
		t.Errorf("only one set: got %q, error %v, want s3://bucket", c.BroadcastStore, err)
	}
}

func TestMistakesAreReportedTogether(t *testing.T) {
	_, err := Read(map[string]string{"TWILIO_TIMEOUT": "10", "SEND_RATE": "fast", "SEND_CONCURRENCY": "0", "DEFAULT_REGION": "XX", "ID_SECRET": "short", "TWILIO_SUBACCOUNT_TOKENS": "secret"})
	c, _ := Read(map[string]string{"BROADCAST_DIR": "/does/not/exist"})
	err = All(err, nil, c.Check(true, true))
	lines := strings.Split(err.Error(), "\n")
	for _, name := range []string{
		"TWILIO_TIMEOUT", "SEND_RATE", "SEND_CONCURRENCY", "DEFAULT_REGION", "ID_SECRET", "TWILIO_SUBACCOUNT_TOKENS",
		"TWILIO_ACCOUNT ", "TWILIO_TOKEN ", "BROADCAST_DIR", "WEBHOOK_PUBLIC_URL", "there is no auth token",
	} {
		named := 0
		for _, line := range lines {
			if strings.HasPrefix(line, name) {
				named++
			}
		}
		if named != 1 {
			t.Errorf("%s was reported %d times, want once:\n%v", name, named, err)
		}
	}
	if len(lines) != 11 || strings.Contains(err.Error(), "secret\"") || strings.Contains(err.Error(), "strconv") || strings.Contains(err.Error(), "parse") {
		t.Errorf("got %d lines, want 11 without secrets or errors of Go's parsers:\n%v", len(lines), err)
	}
}

func TestUnreadFilesAreReportedOnce(t *testing.T) {
	c, err := Read(map[string]string{
		"TWILIO_ACCOUNT": one, "TWILIO_TOKEN_FILE": "/none/token", "ID_SECRET_FILE": "/none/secret", "TWILIO_API_KEY": "SK1", "TWILIO_API_SECRET_FILE": "/none/key",
		"WEBHOOK_PUBLIC_URL": "https://sms.example.com",
	})
	err = All(err, c.Check(true, true))
	if mistakes := Mistakes(nil); !errors.As(err, &mistakes) || len(mistakes) != 3 || strings.Count(err.Error(), "no such file") != 3 {
		t.Errorf("want one mistake for each of the three files, got:\n%v", err)
	}
}

func TestCheckIgnoresUnusedParts(t *testing.T) {
	sends := map[string]string{"TWILIO_ACCOUNT": "AC1", "TWILIO_API_KEY": "SK1", "TWILIO_API_SECRET": "s"}
	subaccount := map[string]string{"TWILIO_SUBACCOUNT_TOKENS": one + "=t", "WEBHOOK_FORWARDED": "Forwarded"}
	with := func(variables map[string]string, name, value string) map[string]string {
		variables = maps.Clone(variables)
		variables[name] = value
		return variables
	}
	for name, tc := range map[string]struct {
		variables       map[string]string
		worker, webhook bool
		mistakes        int
	}{
		"a worker":                       {with(sends, "ID_SECRET", "0123456789abcdef"), true, false, 0},
		"a worker without a secret":      {sends, true, false, 1},
		"a worker without any variable":  {nil, true, false, 2},
		"a webhook without any variable": {nil, false, true, 2},
		"a webhook of a subaccount":      {with(subaccount, "ID_SECRET", "0123456789abcdef"), false, true, 0},
		"a webhook without a secret":     {subaccount, false, true, 1},
		"a webhook without signatures":   {map[string]string{"WEBHOOK_SIGNATURE": "off"}, false, true, 0},
	} {
		c, err := Read(tc.variables)
		if err != nil {
			t.Fatal(err)
		}
		var mistakes Mistakes
		if err := c.Check(tc.worker, tc.webhook); (err == nil) != (tc.mistakes == 0) || err != nil && (!errors.As(err, &mistakes) || len(mistakes) != tc.mistakes) {
			t.Errorf("%s: got error %v, want %d mistakes", name, err, tc.mistakes)
		}
	}
}

func TestValuesAreTrimmed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("0123456789abcdef0123456789abcdef\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Read(map[string]string{
		"TWILIO_TOKEN": "token\n", "TWILIO_API_KEY": " SK1", "TWILIO_API_SECRET": "secret\r\n", "ID_SECRET_FILE": file + "\n",
		"TWILIO_SUBACCOUNT_TOKENS": "\n" + two + "=a ,\n " + two + "=b\n", "WEBHOOK_FORWARDED": " X-Forwarded-Host, X-Forwarded-Proto,\n",
		"TWILIO_TIMEOUT": " 5s\n", "LOG_LEVEL": "INFO", "DEFAULT_REGION": "us ", "TWILIO_BASE_URL": "http://127.0.0.1:1\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.Token.Reveal() != "token" || c.APIKey != "SK1" || c.APISecret.Reveal() != "secret" || c.IDSecret.Reveal() != "0123456789abcdef0123456789abcdef" {
		t.Error("white space around a secret was not removed")
	}
	if got := c.Subaccounts.Reveal()[two]; !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("got the tokens %q, want a and b", got)
	}
	if !slices.Equal(c.WebhookForwarded, []string{"X-Forwarded-Host", "X-Forwarded-Proto"}) {
		t.Errorf("got the headers %q, want X-Forwarded-Host and X-Forwarded-Proto", c.WebhookForwarded)
	}
	if c.Timeout != 5*time.Second || c.LogLevel != "info" || c.DefaultRegion != "US" || c.BaseURL != "http://127.0.0.1:1" {
		t.Errorf("got %v, %q, %q, %q, want 5s, info, US and http://127.0.0.1:1", c.Timeout, c.LogLevel, c.DefaultRegion, c.BaseURL)
	}
}

func TestUnknownVariablesAreReported(t *testing.T) {
	c, err := Read(map[string]string{
		"TWILIO_TOKN": "t", "WEBHOOK_URL": "u", "SEND_RATES": "1", "CATCHUP": "5m", "CATCH_UP_EVERY": "5m", "SMS_FROM": "+15005550006", "TWILIO_AUTHTOKEN_FILE": "f",
		"TWILIO_AUTH_TOKEN": "t", "ID_SECRET_FILE": "", "PATH": "/bin", "TEMPORAL_ADDRESS": "x", "LOG_LEVEL": "info",
		"WEBHOOK_SERVICE_HOST": "10.0.0.1", "WEBHOOK_PORT_8080_TCP_ADDR": "10.0.0.1", "WEBHOOK_PORT": "tcp://10.0.0.1:8080",
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{
		"the environment variable CATCHUP is not read by this program; did you mean CATCH_UP?",
		"the environment variable CATCH_UP_EVERY is not read by this program; did you mean CATCH_UP?",
		"the environment variable SEND_RATES is not read by this program; did you mean SEND_RATE?",
		"the environment variable SMS_FROM is not read by this program",
		"the environment variable TWILIO_AUTHTOKEN_FILE is not read by this program; did you mean TWILIO_AUTH_TOKEN_FILE?",
		"the environment variable TWILIO_TOKN is not read by this program; did you mean TWILIO_TOKEN?",
		"the environment variable WEBHOOK_URL is not read by this program; did you mean WEBHOOK_PUBLIC_URL?",
	}; !slices.Equal(c.Warnings, want) {
		t.Errorf("got the warnings:\n%s\nwant:\n%s", strings.Join(c.Warnings, "\n"), strings.Join(want, "\n"))
	}
}

func TestVariablesHaveDescriptions(t *testing.T) {
	for _, v := range variablesOf() {
		if v.name == "" || v.group == "" || !strings.HasSuffix(v.description, ".") {
			t.Errorf("field %s of Config: got name %q, group %q, description %q, want all three, and a description that ends with a period", reflect.TypeFor[Config]().Field(v.index).Name, v.name, v.group, v.description)
		}
	}
}

func TestConfigurationPageIsCurrent(t *testing.T) {
	page, err := os.ReadFile("../../docs/configuration.md")
	if err != nil || string(page) != Markdown() {
		t.Errorf("docs/configuration.md is not current: run go generate ./internal/config (%v)", err)
	}
}
