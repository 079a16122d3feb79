package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
		t.Error("Reveal does not give the value")
	}
}

func TestReadTakesTheNamesThatPeopleUse(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		variables      map[string]string
		account, token string
	}{
		"the connector's names":       {map[string]string{"TWILIO_ACCOUNT": "AC1", "TWILIO_TOKEN": "t"}, "AC1", "t"},
		"Twilio's own names":          {map[string]string{"TWILIO_ACCOUNT_SID": "AC2", "TWILIO_AUTH_TOKEN": "u"}, "AC2", "u"},
		"the connector's names first": {map[string]string{"TWILIO_ACCOUNT": "AC1", "TWILIO_ACCOUNT_SID": "AC2", "TWILIO_TOKEN": "t"}, "AC1", "t"},
		"a secret from a file":        {map[string]string{"TWILIO_ACCOUNT": "AC1", "TWILIO_TOKEN_FILE": file}, "AC1", "from-file"},
		"an alias from a file":        {map[string]string{"TWILIO_ACCOUNT": "AC1", "TWILIO_AUTH_TOKEN_FILE": file}, "AC1", "from-file"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Read(tc.variables)
			if err != nil {
				t.Fatal(err)
			}
			if c.Account != tc.account || c.Token.Reveal() != tc.token {
				t.Errorf("read %s and %s", c.Account, c.Token.Reveal())
			}
			if c.WebhookAddr != "127.0.0.1:8080" {
				t.Errorf("webhook listens at %s by default", c.WebhookAddr)
			}
		})
	}
}

func TestReadRefusesWhatCannotBeMeant(t *testing.T) {
	for name, tc := range map[string]struct {
		variables map[string]string
		want      string
	}{
		"a secret given twice":     {map[string]string{"TWILIO_TOKEN": "t", "TWILIO_TOKEN_FILE": "/x"}, "both set"},
		"a file that is not there": {map[string]string{"TWILIO_TOKEN_FILE": "/does/not/exist"}, "TWILIO_TOKEN_FILE"},
		"an empty file":            {map[string]string{"TWILIO_TOKEN_FILE": os.DevNull}, "is empty"},
		"a span that is none":      {map[string]string{"TWILIO_TIMEOUT": "soon"}, "TWILIO_TIMEOUT: "},
		"no concurrency at all":    {map[string]string{"SEND_CONCURRENCY": "0"}, "SEND_CONCURRENCY"},
		"a negative rate":          {map[string]string{"SEND_RATE": "-1"}, "SEND_RATE"},
		"a misspelt switch":        {map[string]string{"WEBHOOK_SIGNATURE": "none"}, "on or off"},
		"a key without its secret": {map[string]string{"TWILIO_API_KEY": "SK1"}, "go together"},
		"a secret without its key": {map[string]string{"TWILIO_API_SECRET": "s"}, "go together"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Read(tc.variables); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
}

func TestTwoStoresOfBroadcastsAreRefused(t *testing.T) {
	_, err := Read(map[string]string{"BROADCAST_STORE": "s3://bucket", "BROADCAST_DIR": "/srv/sms"})
	if err == nil || !strings.Contains(err.Error(), "BROADCAST_STORE=file:///srv/sms") {
		t.Errorf("both: %v", err)
	}
	c, err := Read(map[string]string{"BROADCAST_STORE": "s3://bucket"})
	if err != nil || c.BroadcastStore != "s3://bucket" {
		t.Errorf("one: %q, %v", c.BroadcastStore, err)
	}
}
