package config

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"temporal-twilio/internal/yamlfile"
)

func TestFileSetsMissingVariables(t *testing.T) {
	file := write(t, `# in YAML
TWILIO_ACCOUNT: AC1
TWILIO_TOKEN: hidden
SEND_RATE: 1.5
SEND_CONCURRENCY: 7
WEBHOOK_SHOW_OUTCOME: true
WEBHOOK_OWN_NUMBERS: ["+15005550006", "AC00000000000000000000000000000001=+15005550007"]
LOG_LEVEL: debug
DEFAULT_REGION:
`)
	environment := map[string]string{"CONFIG_FILE": file, "SEND_CONCURRENCY": "9", "TWILIO_AUTH_TOKEN": "from the environment", "PATH": "/bin"}
	c, err := Read(environment)
	if err != nil {
		t.Fatal(err)
	}
	if c.Account != "AC1" || c.Rate != 1.5 || c.Concurrency != 9 || !c.WebhookShowOutcome || len(c.WebhookOwnNumbers.All) != 2 || c.LogLevel != "debug" || c.Token.Reveal() != "from the environment" {
		t.Errorf("got %+v, want the values of the file, except for those in the environment", c)
	}
	var out strings.Builder
	if err := Print(&out, environment); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"TWILIO_ACCOUNT=AC1  # " + file + ":2\n", "SEND_RATE=1.5  # " + file + ":4\n", "SEND_CONCURRENCY=9  # environment\n",
		"TWILIO_TOKEN=<secret>  # environment, as TWILIO_AUTH_TOKEN\n", "SEND_RATE_UNIT=messages  # default\n", "CONFIG_FILE=" + file + "  # environment\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing from\n%s", want, out.String())
		}
	}
}

func TestFileMistakesAreReportedTogether(t *testing.T) {
	file := write(t, `SEND_RAET: 1
SEND_RATE: fast
TRIGGERS: [a, b]
CODEC_ORIGINS: {a: b}
WEBHOOK_OWN_NUMBERS: [+15005550006]
CODEC_TOKEN: {hidden: hidden}
TEMPORAL_ADDRESS: localhost:7233
CONFIG_FILE: other
UNRELATED: 1
`)
	_, err := Read(map[string]string{"CONFIG_FILE": file})
	for _, want := range []string{
		file + ":1: SEND_RAET: this program has no such variable; did you mean SEND_RATE?",
		`SEND_RATE is "fast": write a number`,
		file + ":3: TRIGGERS: write a single value",
		file + ":4: CODEC_ORIGINS: write a string or a list of strings",
		file + ":6: CODEC_TOKEN: write a single value",
		file + ":7: TEMPORAL_ADDRESS: set it in the environment",
		file + ":8: CONFIG_FILE: set it in the environment",
		file + ":9: UNRELATED: this program has no such variable\n",
	} {
		if err == nil || !strings.Contains(err.Error()+"\n", want) {
			t.Errorf("%q is missing from\n%v", want, err)
		}
	}
	if err == nil || strings.Contains(err.Error(), "hidden") || strings.Contains(err.Error(), ":5:") {
		t.Errorf("the error quotes a secret or reports a correct line:\n%v", err)
	}
	for text, want := range map[string]string{"": "", "# nothing\n": "", "- a\n": "CONFIG_FILE: ", "a: 1\na: 2\n": "already defined"} {
		_, err := Read(map[string]string{"CONFIG_FILE": write(t, text)})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got error %v, want it to contain %q", text, err, want)
		}
	}
	if _, err := Read(map[string]string{"CONFIG_FILE": "/does/not/exist"}); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "CONFIG_FILE") {
		t.Errorf("a missing file: got error %v, want one that names CONFIG_FILE", err)
	}
}

func TestFileCredentialsAreFollowed(t *testing.T) {
	r := rotate(t, map[string]string{"CONFIG_FILE": "DIR/config"}, map[string]string{"config": "TWILIO_ACCOUNT: AC1\nTWILIO_API_KEY: SK1\nTWILIO_API_SECRET: s1\n"})
	access := r.Twilio()
	r.write("config", "TWILIO_ACCOUNT: AC1\nTWILIO_API_KEY: SK2\nTWILIO_API_SECRET: s2\n")
	r.sends("after the change", access, "SK2", "s2")
}

func TestFileSchemaIsCurrent(t *testing.T) {
	text, err := os.ReadFile("../../docs/configuration.schema.json")
	if err != nil || !slices.Equal(text, Schema()) {
		t.Errorf("docs/configuration.schema.json is not current: run go generate ./internal/config (%v)", err)
	}
}

func TestFileSchemaAgreesWithRead(t *testing.T) {
	var schema jsonschema.Schema
	if err := json.Unmarshal(Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	resolved, err := schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	for text, valid := range map[string]bool{
		"TWILIO_ACCOUNT: AC1\nTWILIO_TOKEN_FILE: /run/token\nSEND_RATE: 1.5\nSEND_CONCURRENCY: 7\nTWILIO_TIMEOUT: 5s\n": true,
		"WEBHOOK_OWN_NUMBERS: ['+15005550006']\nSEND_CAPS: '*=200/h'\nTWILIO_AUTH_TOKEN: t\n":                           true,
		"SEND_RECORD_FIRST: true\nSEND_RATE_UNIT: segments\n":                                                           true,
		"SEND_RAET: 1\n":          false,
		"SEND_RATE: -1\n":         false,
		"SEND_RATE: fast\n":       false,
		"SEND_CONCURRENCY: 0\n":   false,
		"SEND_RATE_UNIT: texts\n": false,
		"TWILIO_TIMEOUT: 5\n":     false,
		"TRIGGERS: [a]\n":         false,
		"CONFIG_FILE: a\n":        false,
	} {
		file, err := yamlfile.Parse("config.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var value map[string]any
		if err := file.Decode(&value); err != nil {
			t.Fatal(err)
		}
		if err := resolved.Validate(value); (err == nil) != valid {
			t.Errorf("%q: got schema error %v, want valid %v", text, err, valid)
		}
		if _, err := Read(map[string]string{"CONFIG_FILE": write(t, text), "TWILIO_TOKEN_FILE": ""}); valid == (err != nil && !strings.Contains(err.Error(), "/run/token")) {
			t.Errorf("%q: got error %v from Read, want valid %v", text, err, valid)
		}
	}
}
