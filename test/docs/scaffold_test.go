package docs

// The projects that "starter scaffold" writes are compiled, tested and run.

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
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
	// Offline: this repository's go.sum has all that the project needs.
	for _, args := range [][]string{{"mod", "tidy"}, {"vet", "./..."}, {"test", "./..."}, {"build", "-o", "shop", "."}} {
		mustRun(t, dir, "env", append([]string{"GOPROXY=off", "go"}, args...)...)
	}
	s := stack.Start(t, stack.Options{TriggersPath: filepath.Join(dir, "triggers"), Environment: []string{"TRIGGERS_TASK_QUEUE=processes"}})
	stack.StartProcess(t, "shop", []string{"TEMPORAL_ADDRESS=" + s.Temporal.Address}, filepath.Join(dir, "shop"))
	received, err := s.Twilio.Inbound(t.Context(), twiliosim.Inbound{From: phone, To: stack.Number, Body: "appointment monday"})
	if err != nil || len(received.Replies) != 1 || received.Replies[0].Body != "We will ask you again." {
		t.Fatalf("got %+v and error %v, want the trigger's reply", received, err)
	}
	var result string
	if err := s.Temporal.Client.GetWorkflow(t.Context(), sms.TextWorkflowID(received.MessageSID), "").Get(t.Context(), &result); err != nil || result != "started" {
		t.Errorf("got the result %q and error %v, want started", result, err)
	}
}

func TestScaffoldedTypeScriptProjectRuns(t *testing.T) {
	t.Parallel()
	needs(t, "npm", "--version")
	needs(t, "node", "--eval", "if (process.versions.node.split('.')[0] < 20) throw 'Node.js 20 or newer, not ' + process.version")
	dir := scaffolded(t, "typescript")
	// The example's packages are installed once, and serve this project as well.
	modules := nodeModules(t, read(t, typescript+"/package.json"), read(t, typescript+"/package-lock.json"))
	checkPackages(t, dir, modules)
	mustRun(t, dir, "ln", "-s", filepath.Join(modules, "node_modules"), "node_modules")
	s := stack.Start(t, stack.Options{})
	mustRun(t, dir, "env", "TEMPORAL_ADDRESS="+s.Temporal.Address, "npm", "test")
}

// checkPackages checks that the installed packages have the versions that a
// project declares, and that the project imports no others.
func checkPackages(t *testing.T, dir, modules string) {
	t.Helper()
	type packageFile struct {
		Version                       string
		Dependencies, DevDependencies map[string]string
	}
	parse := func(path string) (file packageFile) {
		data, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(data, &file)
		}
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	declared := parse(filepath.Join(dir, "package.json"))
	for _, dependencies := range []map[string]string{declared.Dependencies, declared.DevDependencies} {
		for name, version := range dependencies {
			if installed := parse(filepath.Join(modules, "node_modules", filepath.FromSlash(name), "package.json")).Version; installed != version {
				t.Errorf("package.json has %s %s, but the test installs %s: use the same version in %s", name, version, installed, typescript)
			}
		}
	}
	sources, err := filepath.Glob(filepath.Join(dir, "src", "*.ts"))
	if err != nil || len(sources) == 0 {
		t.Fatalf("got the sources %v and error %v, want at least one", sources, err)
	}
	for _, source := range sources {
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range importedPackage.FindAllSubmatch(text, -1) {
			if _, there := declared.Dependencies[string(found[1])]; !there {
				t.Errorf("%s imports %s, which package.json lacks", filepath.Base(source), found[1])
			}
		}
	}
}

// importedPackage matches the import of a package that is neither Node.js's own
// nor a file.
var importedPackage = regexp.MustCompile(`from ['"]((?:@[a-z-]+/)?[a-z-]+)['"/]`)
