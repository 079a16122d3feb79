package docs

// The page about the configuration, and the worker's help, compared with what
// the worker reads.

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"temporal-twilio/internal/config"
	"temporal-twilio/test/stack"
)

// variables returns the defaults of all variables that the worker reads, by
// name, and the names of the _FILE variables.
func variables(t *testing.T) (defaults map[string]string, secrets []string) {
	t.Helper()
	defaults = map[string]string{}
	for field := range reflect.TypeFor[config.Config]().Fields() {
		name := field.Tag.Get("env")
		if name == "-" {
			continue
		}
		defaults[name] = field.Tag.Get("envDefault")
		if field.Type == reflect.TypeFor[config.Secret]() || field.Type == reflect.TypeFor[config.AccountTokens]() || field.Tag.Get("file") != "" {
			secrets = append(secrets, name+"_FILE")
		}
	}
	return defaults, secrets
}

func TestConfigurationFileIsReadAsShown(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sms.yaml")
	if err := os.WriteFile(file, []byte(snippet(t, "docs/configuration.md", "yaml")), 0o600); err != nil {
		t.Fatal(err)
	}
	printed, err := exec.CommandContext(t.Context(), stack.Build(t, "worker"), "--config", file, "--print-config").CombinedOutput()
	if err != nil {
		t.Fatalf("worker --print-config: %v\n%s", err, printed)
	}
	for _, want := range []string{
		"TWILIO_TOKEN=<secret>  # file /run/secrets/twilio-token, as TWILIO_TOKEN_FILE in " + file + ":3\n", "SEND_RATE=10  # " + file + ":4\n",
		"WEBHOOK_OWN_NUMBERS=+15005550006,+15005550007  # " + file + ":5\n",
	} {
		if !strings.Contains(string(printed), want) {
			t.Errorf("%q is missing in\n%s", want, printed)
		}
	}
}

func TestHelpAndPageNameEveryVariable(t *testing.T) {
	help, err := exec.CommandContext(t.Context(), stack.Build(t, "worker"), "--help").CombinedOutput()
	if err != nil {
		t.Fatalf("worker --help: %v\n%s", err, help)
	}
	page := read(t, "docs/configuration.md")
	defaults, secrets := variables(t)
	for _, name := range slices.Sorted(maps.Keys(defaults)) {
		inHelp, onPage := "\n  "+name+"\n", "| `"+name+"` |  |"
		if value := defaults[name]; value != "" {
			inHelp, onPage = "\n  "+name+" ("+value+")\n", "| `"+name+"` | `"+value+"` |"
		}
		if !strings.Contains(string(help), inHelp) || !strings.Contains(page, onPage) {
			t.Errorf("the help or docs/configuration.md does not name %s and its default", name)
		}
	}
	for _, name := range secrets {
		if !strings.Contains(string(help), name) || !strings.Contains(page, "`"+name+"`") {
			t.Errorf("the help or docs/configuration.md does not name %s", name)
		}
	}
}
