package docs

// The workflows of the README and of docs/languages.md. Each runs in a worker
// in its own language, and calls SendSms on the real worker.

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

// remind runs a snippet's workflow and checks that it texted the expected
// phone.
func remind(t *testing.T, s *stack.Stack, taskQueue string) {
	t.Helper()
	run, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		TaskQueue: taskQueue, WorkflowExecutionTimeout: 3 * time.Minute,
	}, "Remind", phone)
	if err != nil {
		t.Fatal(err)
	}
	var result sms.SendSmsResult
	if err := run.Get(t.Context(), &result); err != nil {
		t.Fatal(err)
	}
	sent := s.Twilio.Messages(twiliosim.Filter{To: phone})
	if len(sent) != 1 || sent[0].Body != "Dear Ann, your table is ready." {
		t.Fatalf("the local Twilio sent %+v, want one message with the rendered body", sent)
	}
	if len(result.Errors) != 0 || len(result.Messages) != 1 || result.Messages[0].SID != sent[0].SID || result.Messages[0].Segments != 1 {
		t.Errorf("the workflow got the result %+v for the messages %+v, want the same message, with 1 segment", result, sent)
	}
}

// readmeImports holds the imports that the README's snippet leaves out.
const readmeImports = `import (
	"time"

	"go.temporal.io/sdk/workflow"
)

`

func TestGoWorkflowsSend(t *testing.T) {
	for page, imports := range map[string]string{"README.md": readmeImports, "docs/languages.md": ""} {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, filepath.Join(dir, "remind.go"), "package main\n\n"+imports+snippet(t, page, "go"))
			write(t, filepath.Join(dir, "main.go"), read(t, "test/docs/testdata/go/main.go"))
			program := filepath.Join(dir, "reminder")
			mustRun(t, root(t), "go", "build", "-o", program, filepath.Join(dir, "main.go"), filepath.Join(dir, "remind.go"))
			s := stack.Start(t, stack.Options{})
			stack.StartProcess(t, "reminder", []string{"TEMPORAL_ADDRESS=" + s.Temporal.Address}, program)
			remind(t, s, "reminders")
		})
	}
}

func TestTypeScriptWorkflowSends(t *testing.T) {
	t.Parallel()
	needs(t, "npm", "--version")
	needs(t, "node", "--eval", "if (process.versions.node.split('.')[0] < 20) throw 'Node.js 20 or newer, not ' + process.version")
	modules := nodeModules(t, read(t, typescript+"/package.json"), read(t, typescript+"/package-lock.json"))
	dir, err := os.MkdirTemp(modules, "run-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	write(t, filepath.Join(dir, "remind.ts"), snippet(t, "docs/languages.md", "ts"))
	write(t, filepath.Join(dir, "tsconfig.json"), read(t, "test/docs/testdata/typescript/tsconfig.json"))
	write(t, filepath.Join(dir, "worker.mjs"), read(t, "test/docs/testdata/typescript/worker.mjs"))
	mustRun(t, dir, filepath.Join(modules, "node_modules", ".bin", "tsc"), "--project", dir)
	s := stack.Start(t, stack.Options{})
	stack.StartProcess(t, "reminder", []string{"TEMPORAL_ADDRESS=" + s.Temporal.Address},
		"node", filepath.Join(dir, "worker.mjs"), filepath.Join(dir, "remind.ts"))
	remind(t, s, "reminders")
}

// typescript is the folder of the example whose packages the snippet also uses.
const typescript = "examples/languages/typescript"

// installing is held while packages are installed, so that tests that need the
// same packages do not install them twice.
var installing sync.Mutex

// nodeModules returns a folder with the packages of a package.json and its lock
// file. They are installed once for each version of these two files.
func nodeModules(t *testing.T, packages, lock string) string {
	t.Helper()
	installing.Lock()
	defer installing.Unlock()
	final := filepath.Join(root(t), ".local", fmt.Sprintf("npm-%.8x", sha256.Sum256([]byte(packages+lock))))
	if _, err := os.Stat(final); err == nil {
		return final
	}
	if err := os.MkdirAll(filepath.Dir(final), 0o755); err != nil {
		t.Fatal(err)
	}
	half, err := os.MkdirTemp(filepath.Dir(final), "npm-installing-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(half)
	write(t, filepath.Join(half, "package.json"), packages)
	write(t, filepath.Join(half, "package-lock.json"), lock)
	mustRun(t, half, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	// Give the folder its final name only once it is complete.
	if err := os.Rename(half, final); err != nil {
		if _, missing := os.Stat(final); missing != nil {
			t.Fatal(err)
		}
	}
	return final
}

func TestPythonWorkflowOnlyCompiles(t *testing.T) {
	t.Parallel()
	code := snippet(t, "docs/languages.md", "python")
	needs(t, "python3", "--version")
	file := filepath.Join(t.TempDir(), "remind.py")
	write(t, file, code)
	mustRun(t, root(t), "python3", "-c", "import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])", file)
	for _, name := range []string{sms.SendSmsName, sms.TaskQueue, "smsFrom", "smsTo", "smsBody", "variables"} {
		if !strings.Contains(code, `"`+name+`"`) {
			t.Errorf("the Python snippet does not name %q", name)
		}
	}
}

// needs skips the test unless a program that it needs runs successfully with
// the given arguments. In CI, the test fails instead.
func needs(t *testing.T, program string, args ...string) {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatalf("CI must test this snippet, but %s failed: %v\n%s", program, err, output)
	default:
		t.Skipf("this snippet needs %s: %v\n%s", program, err, output)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// mustRun runs a program; if it fails, so does the test.
func mustRun(t *testing.T, dir, program string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(program), strings.Join(args, " "), err, output)
	}
}
