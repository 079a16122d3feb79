// Command mutants removes each protection in turn, and fails unless this makes
// a test fail. The sources are not changed: the compiler reads the changed file
// from an overlay.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

func main() {
	only := flag.String("run", "", "only the protections whose promise, description or file this regular expression matches")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), `Removes each protection in turn, and shows which test fails.

  go run ./test/mutants                       # all of them; takes about half an hour
  go run ./test/mutants -run 'Nobody twice'   # those of one promise
  go run ./test/mutants -run webhook/         # those of one room

`)
		flag.PrintDefaults()
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *only); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, only string) error {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	root, err := root()
	if err != nil {
		return err
	}
	tried, survived := 0, 0
	for _, m := range mutants {
		if !wanted.MatchString(m.promise + "\n" + m.what + "\n" + m.file) {
			continue
		}
		began := time.Now()
		red, err := m.try(ctx, root)
		if ctx.Err() != nil {
			return fmt.Errorf("interrupted after %d protections", tried)
		}
		tried++
		verdict := "red: " + red
		if err != nil {
			survived++
			verdict = "SURVIVES: " + err.Error()
		}
		fmt.Printf("%-30s %-60s %4.0fs  %s\n", m.promise, m.what, time.Since(began).Seconds(), verdict)
	}
	fmt.Printf("%d protections removed, %d of them without a failing test\n", tried, survived)
	if tried == 0 {
		return fmt.Errorf("no protection matches %q", only)
	}
	if survived > 0 {
		return fmt.Errorf("%d protections can be removed without a failing test", survived)
	}
	return nil
}

// root returns the top of the repository.
func root() (string, error) {
	file, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(file))), nil
}

var failed = regexp.MustCompile(`(?m)^--- FAIL: (\S+)`)

// try returns the name of the test that fails without the protection. If no
// test fails, it returns an error that says why.
func (m *mutant) try(ctx context.Context, root string) (red string, err error) {
	overlay, err := m.overlay(root)
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(filepath.Dir(overlay))
	args := []string{"test", "-count=1", "-timeout=2m", "-run=^(" + m.test + ")$", "./" + m.pkg}
	test := exec.CommandContext(ctx, "go", args...)
	test.Dir = root
	// Programs that a test builds have the change, too.
	test.Env = append(os.Environ(), strings.TrimSpace("GOFLAGS="+os.Getenv("GOFLAGS")+" -overlay="+overlay))
	out, err := test.CombinedOutput()
	switch found := failed.FindStringSubmatch(string(out)); {
	case err == nil:
		return "", fmt.Errorf("%s passes", m.test)
	case found != nil:
		return found[1], nil
	case strings.Contains(string(out), "panic: test timed out"):
		return "", fmt.Errorf("%s took longer than two minutes", m.test)
	case strings.Contains(string(out), "panic: "):
		return m.test + " (panic)", nil
	}
	return "", fmt.Errorf("no test ran: %s", strings.TrimSpace(string(out)))
}

// overlay writes the changed file and the compiler's overlay file, and returns
// the latter's path.
func (m *mutant) overlay(root string) (path string, err error) {
	path = filepath.Join(root, m.file)
	source, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(source), m.old); n != 1 {
		return "", fmt.Errorf("%s contains %q %d times, want once", m.file, m.old, n)
	}
	folder, err := os.MkdirTemp("", "mutant")
	if err != nil {
		return "", err
	}
	changed := filepath.Join(folder, filepath.Base(m.file))
	replaced, err := json.Marshal(map[string]map[string]string{"Replace": {path: changed}})
	if err == nil {
		err = os.WriteFile(changed, []byte(strings.Replace(string(source), m.old, m.new, 1)), 0o600)
	}
	overlay := filepath.Join(folder, "overlay.json")
	if err == nil {
		err = os.WriteFile(overlay, replaced, 0o600)
	}
	return overlay, err
}
