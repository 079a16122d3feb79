package docs

// With --help, every program immediately exits with status 0, and shows
// examples whose flags exist.

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"temporal-twilio/test/stack"
)

// helped lists the programs that people start, by folder.
var helped = []string{
	"starter", "worker", "local", "twiliosim/cmd/twiliosim", "examples/orderstatus",
	"examples/approval", "examples/languages", "examples/nexus", "examples/reminder", "examples/twofactor",
}

func TestHelpOfProgramsHasExamples(t *testing.T) {
	t.Parallel()
	found, err := filepath.Glob(filepath.Join(root(t), "examples", "*", "main.go"))
	if err != nil || len(found) != len(helped)-4 {
		t.Errorf("got the examples %v and error %v, want all %d listed in helped", found, err, len(helped)-4)
	}
	bin := t.TempDir()
	for _, folder := range helped {
		program := filepath.Base(folder)
		if err := os.Symlink(stack.Build(t, folder), filepath.Join(bin, program)); err != nil {
			t.Fatal(err)
		}
		checkHelp(t, bin, program)
	}
}

// subcommands matches the subcommands that a help text lists.
var subcommands = regexp.MustCompile(`(?m)^  ([a-z-]+) `)

// checkHelp checks the help of a command and of its subcommands, except for
// cobra's own, completion and help.
func checkHelp(t *testing.T, bin string, command ...string) {
	t.Helper()
	help := helpOf(t, bin, strings.Join(command, " "))
	_, examples, there := strings.Cut(help, "Example")
	examples, _, _ = strings.Cut(examples, "\n\nFlags:")
	if !there {
		t.Errorf("%v has no example:\n%s", command, help)
	}
	for line := range strings.Lines(strings.ReplaceAll(examples, "\\\n", " ")) {
		line, _, _ = strings.Cut(line, "  #")
		if regexp.MustCompile(`^  ([A-Z_]+=\S+ )*` + command[0] + ` `).MatchString(line) {
			helpOf(t, bin, strings.TrimSpace(line)) // a command with an unknown flag fails
		}
	}
	_, rest, _ := strings.Cut(help, "Available Commands:\n")
	listed, _, _ := strings.Cut(rest, "\n\n")
	for _, sub := range subcommands.FindAllStringSubmatch(listed, -1) {
		if sub[1] != "completion" && sub[1] != "help" {
			checkHelp(t, bin, append(slices.Clip(command), sub[1])...)
		}
	}
}

// helpOf returns what a command prints with --help.
func helpOf(t *testing.T, bin, command string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", "env "+command+" --help") // local is also a builtin of bash
	cmd.Dir, cmd.Env = t.TempDir(), append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s --help: %v\n%s", command, err, out)
	}
	return string(out)
}
