package docs

// The examples in other languages: TypeScript against the whole stack, with
// encrypted payloads; the others are compiled if their tools are installed.

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

// sources lists the files of an example.
func sources(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root(t), "examples", "languages", filepath.FromSlash(pattern)))
	if err != nil || len(files) < 2 {
		t.Fatalf("got the files %v and error %v for %s, want at least 2", files, err, pattern)
	}
	return files
}

func TestTypeScriptExampleRunsWithEncryption(t *testing.T) {
	t.Parallel()
	needs(t, "npm", "--version")
	needs(t, "node", "--eval", "if (process.versions.node.split('.')[0] < 20) throw 'Node.js 20 or newer, not ' + process.version")
	modules := nodeModules(t, read(t, typescript+"/package.json"), read(t, typescript+"/package-lock.json"))
	dir, err := os.MkdirTemp(modules, "run-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Mkdir(filepath.Join(dir, "src"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, file := range append(sources(t, "typescript/src/*.ts"), filepath.Join(root(t), typescript, "tsconfig.json")) {
		name, err := filepath.Rel(filepath.Join(root(t), typescript), file)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), read(t, typescript+"/"+filepath.ToSlash(name)))
	}
	mustRun(t, dir, filepath.Join(modules, "node_modules", ".bin", "tsc"), "--project", dir)

	keys := stack.NewKeyFile(t, "one", "one")
	s := stack.Start(t, stack.Options{
		TriggersPath: filepath.Join(root(t), "examples", "languages", "triggers.yaml"), Environment: []string{keys.Environment()},
	})
	stack.StartProcess(t, "appointments", []string{"TEMPORAL_ADDRESS=" + s.Temporal.Address, keys.Environment()}, "node", filepath.Join(dir, "lib", "worker.js"))
	c := s.Temporal.Protected(t, keys)
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: "appointment-7", TaskQueue: "appointments", WorkflowExecutionTimeout: 3 * time.Minute,
	}, "Appointment", map[string]string{"phone": phone, "name": "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	texted := func(body string) {
		t.Helper()
		stack.Eventually(t, fmt.Sprintf("%q is sent", body), func(context.Context) error {
			sent := s.Twilio.Messages(twiliosim.Filter{To: phone})
			for _, m := range sent {
				if m.Body == body {
					return nil
				}
			}
			return fmt.Errorf("the local Twilio has only the messages %+v", sent)
		})
	}
	texted("Dear Ann, we expect you on Monday at 10.")
	texted("Will you come? Yes or no?")
	for _, body := range []string{"Yes, gladly", "late 7"} {
		if _, err := s.Twilio.Inbound(t.Context(), twiliosim.Inbound{From: phone, To: stack.Number, Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	var got string
	if err := run.Get(t.Context(), &got); err != nil || got != "coming late" {
		t.Errorf("got the result %q and error %v, want coming late", got, err)
	}
	texted("We will wait for you, Ann.")
	// A client without the keys cannot read the result.
	if err := s.Temporal.Client.GetWorkflow(t.Context(), "appointment-7", "").Get(t.Context(), &got); err == nil {
		t.Error("the result can be read without the keys, want it encrypted")
	}
}

func TestPythonExampleCompiles(t *testing.T) {
	t.Parallel()
	needs(t, "python3", "--version")
	mustRun(t, root(t), "python3", append([]string{"-c", "import ast, sys\nfor file in sys.argv[1:]: ast.parse(open(file).read(), file)"}, sources(t, "python/*.py")...)...)
	// The types need only the standard library.
	mustRun(t, filepath.Join(root(t), "examples", "languages", "python"), "python3", "-B", "-c", "import sms; sms.SendSmsWorkflowInput; sms.Reply")
}

func TestJavaExampleIsParsed(t *testing.T) {
	t.Parallel()
	needs(t, "javac", "--version")
	parser := filepath.Join(root(t), "test", "docs", "testdata", "java", "Parse.java")
	mustRun(t, root(t), "java", append([]string{parser}, sources(t, "java/src/main/java/shop/*.java")...)...)
	// The types need only the JDK.
	mustRun(t, root(t), "javac", "-d", t.TempDir(), filepath.Join(root(t), "examples", "languages", "java", "src", "main", "java", "shop", "Sms.java"))
}

func TestDotnetExampleIsParsed(t *testing.T) {
	t.Parallel()
	needs(t, "npm", "--version")
	const folder = "test/docs/testdata/dotnet"
	modules := nodeModules(t, read(t, folder+"/package.json"), read(t, folder+"/package-lock.json"))
	write(t, filepath.Join(modules, "parse.mjs"), read(t, folder+"/parse.mjs"))
	mustRun(t, modules, "node", append([]string{filepath.Join(modules, "parse.mjs")}, sources(t, "dotnet/*.cs")...)...)
}

func TestUnrunExamplesSaySo(t *testing.T) {
	for _, language := range []string{"python", "java", "dotnet"} {
		if page := read(t, "examples/languages/"+language+"/README.md"); !strings.Contains(page, "No test runs this example") {
			t.Errorf("the README of the %s example does not say that no test runs it", language)
		}
	}
}
