package docs

// The projects that "starter scaffold" writes: compiled, tested, and run.

import (
	"os"
	"path/filepath"
	"testing"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

// scaffolded writes a project in a language, and returns its folder.
func scaffolded(t *testing.T, language string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shop")
	mustRun(t, root(t), stack.Build(t, "starter"), "scaffold", "starter/scaffold/testdata/shop", "--out", dir, "--language", language)
	return dir
}

func TestScaffoldedGoProjectRuns(t *testing.T) {
	t.Parallel()
	dir := scaffolded(t, "go")
	// Offline: all that it needs is in this repository's go.sum.
	for _, args := range [][]string{{"mod", "tidy"}, {"vet", "./..."}, {"test", "./..."}, {"build", "-o", "shop", "."}} {
		mustRun(t, dir, "env", append([]string{"GOPROXY=off", "go"}, args...)...)
	}
	s := stack.Start(t, stack.Options{TriggersPath: filepath.Join(dir, "triggers"), Environment: []string{"TRIGGERS_TASK_QUEUE=processes"}})
	stack.StartProcess(t, "shop", []string{"TEMPORAL_ADDRESS=" + s.Temporal.Address}, filepath.Join(dir, "shop"))
	received, err := s.Twilio.Inbound(t.Context(), twiliosim.Inbound{From: phone, To: stack.Number, Body: "appointment monday"})
	if err != nil || len(received.Replies) != 1 || received.Replies[0].Body != "We will ask you again." {
		t.Fatalf("%+v, %v", received, err)
	}
	var result string
	if err := s.Temporal.Client.GetWorkflow(t.Context(), sms.TextWorkflowID(received.MessageSID), "").Get(t.Context(), &result); err != nil || result != "started" {
		t.Errorf("the workflow returns %q, %v", result, err)
	}
}

func TestScaffoldedTypeScriptProjectRuns(t *testing.T) {
	t.Parallel()
	needs(t, "npm", "--version")
	needs(t, "node", "--eval", "if (process.versions.node.split('.')[0] < 20) throw 'Node.js 20 or newer, not ' + process.version")
	dir := scaffolded(t, "typescript")
	packages, err := os.ReadFile(filepath.Join(dir, "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	modules := nodeModules(t, string(packages), "")
	mustRun(t, dir, "ln", "-s", filepath.Join(modules, "node_modules"), "node_modules")
	s := stack.Start(t, stack.Options{})
	mustRun(t, dir, "env", "TEMPORAL_ADDRESS="+s.Temporal.Address, "npm", "test")
}
