package triggers

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestExamplesFireTheirTriggers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.yaml")
	const file = `triggers:
  - {name: order, pattern: 'Order Number (?<n>.+)', echo: ok, start: {workflow: W, taskQueue: q}}
  - {name: cancel, pattern: '(?i)^cancel (?<n>\d+)\s*$', echo: ok, start: {workflow: W, taskQueue: q}}
  - {name: help, pattern: '(?i)^hours', echo: ok, start: {workflow: W, taskQueue: q}}
  - {name: any, pattern: '(?s).*', echo: ok, start: {workflow: W, taskQueue: q}}
`
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := Load(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := set.Examples(t.Context())
	if len(got) < 3 || got[0] != "Order Number 42" || got[1] != "cancel 42" || got[2] != "hours" || slices.Contains(got, "") {
		t.Errorf("got examples %q, want \"Order Number 42\", \"cancel 42\" and \"hours\" first, and no empty one", got)
	}
}
