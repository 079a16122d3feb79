package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestParseVersion(t *testing.T) {
	tests := []struct {
		output string
		want   version
		ok     bool
		use    bool
	}{
		{"temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)\n", version{1, 5, 1}, true, true},
		{"temporal version 1.5.0-rc.1 (Server 1.29.0, UI 2.41.0)\n", version{1, 5, 0}, true, true},
		{"temporal version 2.0.0 (Server 2.0.0, UI 3.0.0)\n", version{2, 0, 0}, true, true},
		{"temporal version 1.10.0 (Server 1.33.0, UI 2.60.0)\n", version{1, 10, 0}, true, true},
		{"temporal version 1.4.9 (Server 1.28.0, UI 2.39.0)\n", version{1, 4, 9}, true, false},
		{"temporal version 0.13.2 (server 1.24.1) (ui 2.27.3)\n", version{0, 13, 2}, true, false},
		{"temporal-devserver version 1.0.0 (Server 1.32.1, UI 2.55.0)\n", version{1, 0, 0}, true, false},
		{"temporal version DEV\n", version{}, false, false},
		{"tctl version 1.18.1\n", version{}, false, false},
		{"", version{}, false, false},
	}
	for _, tt := range tests {
		got, ok := parseVersion(tt.output)
		if got != tt.want || ok != tt.ok {
			t.Errorf("parseVersion(%q) = %v, %v, want %v, %v", tt.output, got, ok, tt.want, tt.ok)
		}
		if use := ok && got.atLeast(oldestMajor, oldestMinor); use != tt.use {
			t.Errorf("%q: got usable %v, want %v", tt.output, use, tt.use)
		}
	}
}

func TestCLIIsUsedIfNewEnough(t *testing.T) {
	l := launch(t)
	l.waitForOutput("Ctrl-C stops everything.")
	l.waitForOutput("temporal, version 1.5.1)")
	l.waitForOutput(filepath.Join(l.dir, "data", "temporal-1.5.1.db"))
	l.signalGroup(syscall.SIGINT)
	l.wait()
}

func TestCLITooOldIsPassedOver(t *testing.T) {
	bin := t.TempDir()
	l := prepare(t, "FAKE_TEMPORAL="+oldVersion, "--bin="+bin)
	for name, as := range map[string]string{"temporal-devserver": "temporal", "twiliosim": "twiliosim", "worker": "worker", "orderstatus": "orderstatus"} {
		script := fmt.Sprintf("#!/bin/sh\nexec %q \"$@\"\n", filepath.Join(l.dir, as))
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	l.start()
	l.waitForOutput("its version is 1.4.2; 1.5 or newer is needed")
	l.waitForOutput("(the embedded server)")
	l.waitForOutput(filepath.Join(l.dir, "data", "temporal.db"))
	l.signalGroup(syscall.SIGINT)
	l.wait()
}

func TestTemporalImpostorOnPortIsNamed(t *testing.T) {
	l := launch(t, "--temporal=/bin/echo")
	if status := l.wait(); status != 1 {
		t.Errorf("got exit status %d, want 1", status)
	}
	l.waitForOutput("/bin/echo --version prints")
}

func TestChildrenSeeOnlyThisStacksEnvironment(t *testing.T) {
	s := settings{temporalPort: 1, twilioPort: 2, webhookPort: 3, metricsPort: 4, triggers: "t.yaml"}
	env := environment([]string{"HOME=/h", "TEMPORAL_API_KEY=theirs", "TEMPORAL_ADDRESS=cloud", "TWILIO_AUTH_TOKEN_FILE=theirs", "ID_SECRET_FILE=theirs", "TRIGGERS=theirs"}, s)
	for _, want := range []string{
		"HOME=/h",
		"TEMPORAL_ADDRESS=127.0.0.1:1",
		"TWILIO_ACCOUNT=AC00000000000000000000000000000001",
		"TWILIO_TOKEN=0123456789abcdef0123456789abcdef",
		"TWILIO_BASE_URL=http://127.0.0.1:2",
		"WEBHOOK_ADDR=127.0.0.1:3",
		"WEBHOOK_SHOW_OUTCOME=true",
		"WEBHOOK_PUBLIC_URL=http://127.0.0.1:3",
		"TRIGGERS=t.yaml",
		"METRICS_ADDR=127.0.0.1:4",
	} {
		if !slices.Contains(env, want) {
			t.Errorf("%s is missing from the environment %v", want, env)
		}
	}
	// Of duplicate variables, the last one counts.
	last := func(name string) string {
		for _, pair := range slices.Backward(env) {
			if strings.HasPrefix(pair, name+"=") {
				return pair
			}
		}
		return ""
	}
	if strings.Contains(strings.Join(env, " "), "API_KEY") || strings.Contains(strings.Join(env, " "), "_FILE=theirs") || last("TRIGGERS") != "TRIGGERS=t.yaml" {
		t.Errorf("the environment contains another stack's settings: %v", env)
	}
}

func TestStoreOfMakeRunHasCustomers(t *testing.T) {
	s := settings{data: t.TempDir()}
	if err := fillStore(s); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.store(), "customers.csv")
	data, err := os.ReadFile(path)
	if err != nil || strings.Count(string(data), "\n") != 21 || !strings.HasPrefix(string(data), "to,name\n") {
		t.Errorf("got the customers %q, error %v, want 21 lines after to,name", data, err)
	}
	if err := os.WriteFile(path, []byte("to\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := fillStore(s); err != nil {
		t.Fatal(err)
	}
	if data, _ = os.ReadFile(path); string(data) != "to\n" {
		t.Errorf("the user's own file was replaced: %q", data)
	}
	if env := environment(nil, s); !slices.Contains(env, "BROADCAST_DIR="+s.store()) {
		t.Errorf("the environment lacks BROADCAST_DIR: %q", env)
	}
	theirs := "BROADCAST_STORE=s3://theirs"
	if env := environment([]string{theirs}, s); !slices.Contains(env, theirs) || slices.ContainsFunc(env, func(pair string) bool { return strings.HasPrefix(pair, "BROADCAST_DIR") }) {
		t.Errorf("the environment replaces the user's store: got %q", env)
	}
}
