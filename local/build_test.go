package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// module writes a module with a main package and a package that it imports, and
// returns its folder.
func module(t *testing.T, say string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":    "module example.com/tiny\n\ngo 1.26.0\n",
		"main.go":   "package main\n\nimport \"example.com/tiny/a\"\n\nfunc main() { println(a.Say) }\n",
		"a/a.go":    "package a\n\nconst Say = " + say + "\n",
		"x_test.go": "package main\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestBuildShowsItsProgress(t *testing.T) {
	var out bytes.Buffer
	// The text is unique, so that Go's build cache does not contain the
	// package.
	dir := module(t, `"built `+time.Now().String()+`"`)
	binary := filepath.Join(t.TempDir(), "new", "tiny")
	if err := build(t.Context(), dir, binary, newConsole(&out, os.Getenv)); err != nil {
		t.Fatal(err)
	}
	said, err := exec.Command(binary).CombinedOutput()
	if err != nil || !strings.HasPrefix(string(said), "built ") {
		t.Errorf("the built program printed %q, error %v; want a line that begins with %q", said, err, "built ")
	}
	if strings.Contains(out.String(), "takes about") {
		t.Errorf("a build of two packages is announced as taking minutes:\n%s", out.String())
	}
	if !regexp.MustCompile(`(?m)^  (\d+) of (\d+) packages \(100%\)$`).MatchString(out.String()) {
		t.Errorf("got the progress below, want it to end at 100%%:\n%s", out.String())
	}
	if rest, _ := os.ReadDir(filepath.Dir(binary)); len(rest) != 1 {
		t.Errorf("other files are left next to the binary: %v", rest)
	}
}

func TestOnlyALongBuildIsAnnounced(t *testing.T) {
	for packages, want := range map[int]string{
		0: "", 1: "", 150: "",
		400: "  400 packages to compile, which takes about 1 min", 1100: "  1100 packages to compile, which takes about 3 min",
	} {
		if got := outlook(packages); got != want {
			t.Errorf("%d packages: got %q, want %q", packages, got, want)
		}
	}
}

func TestFailedBuildShowsCompilerOutput(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "tiny")
	err := build(t.Context(), module(t, "undefinedName"), binary, newConsole(&bytes.Buffer{}, os.Getenv))
	if err == nil || !strings.Contains(err.Error(), "undefined: undefinedName") {
		t.Errorf("got error %v, want the compiler's message", err)
	}
	if _, err := os.Stat(binary); err == nil {
		t.Error("a binary exists although the build failed")
	}
}

func TestInterruptedBuildReturnsContextError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := build(ctx, module(t, `"x"`), filepath.Join(t.TempDir(), "tiny"), newConsole(&bytes.Buffer{}, os.Getenv))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want context.Canceled", err)
	}
}

func TestNewerThanSources(t *testing.T) {
	dir := module(t, `"x"`)
	binary := filepath.Join(t.TempDir(), "tiny")
	check := func(when string, want bool) {
		t.Helper()
		got, err := newerThanSources(binary, dir)
		if err != nil || got != want {
			t.Errorf("%s: got newer %v, error %v, want %v", when, got, err, want)
		}
	}
	check("without a binary", false)
	if err := os.WriteFile(binary, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	touch := func(path string, ago time.Duration) {
		t.Helper()
		at := time.Now().Add(-ago)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"main.go", "go.mod", "a/a.go"} {
		touch(filepath.Join(dir, name), 2*time.Hour)
	}
	touch(binary, time.Hour)
	check("with older sources and a newer test", true)
	touch(filepath.Join(dir, "go.mod"), 0)
	check("with a newer go.mod", false)
	touch(filepath.Join(dir, "go.mod"), 2*time.Hour)
	touch(filepath.Join(dir, "a", "a.go"), 0)
	check("with a newer file in a folder", false)
}

func TestProgressPrintsEachTenth(t *testing.T) {
	var out bytes.Buffer
	bar := &progress{out: newConsole(&out, os.Getenv), what: "packages", total: 200}
	for range 200 {
		if !bar.line("example.com/p") {
			t.Fatal("a compiled package does not count as a step")
		}
	}
	bar.finish()
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 10 || lines[0] != "20 of 200 packages (10%)" || lines[9] != "  200 of 200 packages (100%)" {
		t.Errorf("got the progress below, want a line for each tenth:\n%s", out.String())
	}
}

func TestProgressShowsTimeLeft(t *testing.T) {
	for done, want := range map[int]string{1: "1 of 100 packages (1%)", 20: "20 of 100 packages (20%), about 8 min left", 90: "90 of 100 packages (90%), less than a minute left", 100: "100 of 100 packages (100%)"} {
		bar := &progress{what: "packages", total: 100, done: done, began: time.Now().Add(-time.Minute)}
		if got := bar.text(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestTimeLeftIsNearTheTruth compares the estimates with a build of the embedded
// server that took 768 s: how many of its 1322 packages were done, and when.
func TestTimeLeftIsNearTheTruth(t *testing.T) {
	const total, took = 1322, 768 * time.Second
	for _, at := range []struct {
		done   int
		passed time.Duration
	}{{489, 154 * time.Second}, {740, 230 * time.Second}, {965, 307 * time.Second}, {1097, 384 * time.Second}, {1229, 538 * time.Second}, {1269, 614 * time.Second}, {1296, 691 * time.Second}} {
		truth := took - at.passed
		if got := remaining(at.done, total, at.passed); got < truth*2/3 || got > truth*8/5 {
			t.Errorf("with %d packages done after %s, got the estimate %s, want about %s", at.done, at.passed, got.Round(time.Second), truth)
		}
	}
}

func TestProgressOnTerminalIsOneLine(t *testing.T) {
	var out bytes.Buffer
	console := newConsole(&out, os.Getenv)
	console.terminal = true
	bar := &progress{out: console, what: "packages", total: 2}
	bar.line("example.com/p")
	bar.line("example.com/q")
	bar.finish()
	if want := "\r\x1b[K  1 of 2 packages (50%)\r\x1b[K  2 of 2 packages (100%)\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestProgressCountsWhatGoReports(t *testing.T) {
	bar := &progress{out: newConsole(&bytes.Buffer{}, os.Getenv), what: "modules fetched"}
	for line, want := range map[string]bool{
		"go: downloading example.com/m v1.0.0": true,
		"example.com/m/p":                      true,
		"runtime":                              true,
		"# example.com/m/p":                    false,
		"./p.go:1:2: undefined: x":             false,
		"go: example.com/m@v1: not found":      false,
		"":                                     false,
	} {
		if got := bar.line(line); got != want {
			t.Errorf("line %q counts as a step: %v, want %v", line, got, want)
		}
	}
}

// TestEmbeddedServerLeavesOutTheUnused checks that the build's tags and stubs
// keep packages that are not needed out of the embedded server.
func TestEmbeddedServerLeavesOutTheUnused(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", slices.Concat([]string{"list", "-deps"}, buildFlags, []string{"."})...)
	cmd.Dir, cmd.Env = filepath.Join("..", embeddedSource), append(os.Environ(), buildEnv...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(string(out))
	if !slices.Contains(packages, "go.temporal.io/server/temporal") {
		t.Errorf("the %d packages of the build do not include the server", len(packages))
	}
	for _, p := range packages {
		for _, heavy := range []string{
			"k8s.io/client-go", "github.com/envoyproxy/", "github.com/aws/aws-sdk-go-v2/service/lambda",
			"github.com/aws/aws-sdk-go-v2/service/s3/internal", "github.com/aws/aws-sdk-go-v2/service/sso", "cloud.google.com/go/storage/internal",
			"github.com/jackc/pgx/v5/pgtype",
		} {
			if strings.HasPrefix(p, heavy) {
				t.Errorf("%s is built, although this server does not need it", p)
			}
		}
	}
	if len(packages) > 1200 {
		t.Errorf("%d packages are built, want at most 1200: use tags or stubs to leave out those that this server never uses", len(packages))
	}
}
