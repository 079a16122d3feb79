package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// keysRun runs worker keys with a key file.
func keysRun(t *testing.T, file string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := command()
	cmd.SetOut(&out)
	cmd.SetArgs(append(append([]string{"keys"}, args...), "--file", file))
	err := cmd.Execute()
	return out.String(), err
}

func TestKeysAreCreatedAndRotated(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys.json")
	for _, step := range []struct {
		args         []string
		says, refuse string
	}{
		{args: []string{"new", "one"}, says: "only decrypts"},
		{args: []string{"list"}, says: "one: reads\ncurrent: none"},
		{args: []string{"use", "one"}, says: "encrypts payloads from now on"},
		{args: []string{"new", "two"}, says: "worker keys use two"},
		{args: []string{"new", "two"}, refuse: "two keys"},
		{args: []string{"remove", "one"}, refuse: "is current"},
		{args: []string{"use", "three"}, refuse: "not among its keys"},
		{args: []string{"use", "two"}, says: "two"},
		{args: []string{"remove", "one"}, says: "removed"},
		{args: []string{"list"}, says: "two: reads and encrypts\ncurrent: two"},
	} {
		out, err := keysRun(t, file, step.args...)
		if step.refuse == "" && (err != nil || !strings.Contains(out, step.says)) {
			t.Errorf("%q: got output %q, error %v; want output that contains %q", step.args, out, err, step.says)
		}
		if step.refuse != "" && (err == nil || !strings.Contains(err.Error(), step.refuse)) {
			t.Errorf("%q: got error %v, want it to contain %q", step.args, err, step.refuse)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got file mode %v, error %v; want 0600", info.Mode(), err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(file)); len(entries) != 1 {
		t.Errorf("files left behind: %v", entries)
	}
}

func TestKeyWaitsForEveryProcess(t *testing.T) {
	shows := func(page string) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, page) }))
		t.Cleanup(server.Close)
		return server.URL
	}
	has := shows("sms_payload_keys{key=\"one\",otel_scope_name=\"x\",use=\"reads\"} 1\n")
	lacks := shows("sms_payload_keys{key=\"other\",use=\"reads\"} 1\n")
	file := filepath.Join(t.TempDir(), "keys.json")
	if _, err := keysRun(t, file, "new", "one"); err != nil {
		t.Fatal(err)
	}
	if _, err := keysRun(t, file, "use", "one", "--metrics", has, "--metrics", lacks); err == nil || !strings.Contains(err.Error(), lacks+" lacks key one") {
		t.Errorf("got error %v, want one for the process that lacks the key", err)
	}
	if out, _ := keysRun(t, file, "list"); !strings.Contains(out, "current: none") {
		t.Errorf("got keys %s, want none current", out)
	}
	if _, err := keysRun(t, file, "use", "one", "--metrics", has); err != nil {
		t.Error(err)
	}
}
