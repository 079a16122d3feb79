package docs

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A module outside of the repository, built from the code of docs/go.md.
func TestGoPageCompilesInAnotherModule(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	modFile, files := "", 0
	for _, b := range blocksOf(t, "docs/go.md") {
		if b.language == "gomod" {
			modFile = "module example.com/shop\n\ngo 1.26\n\n" + strings.ReplaceAll(b.text, "../temporal-twilio", root(t))
		}
		if name, ok := strings.CutPrefix(b.language, "go "); ok {
			write(t, filepath.Join(dir, name), b.text)
			files++
		}
	}
	if modFile == "" || files != 2 {
		t.Fatalf("docs/go.md has the go.mod %q and %d Go files, want 2", modFile, files)
	}
	write(t, filepath.Join(dir, "go.mod"), modFile)
	mustRun(t, dir, "go", "mod", "tidy")
	mustRun(t, dir, "go", "vet", "./...")
	mustRun(t, dir, "go", "test", "./...")

	command := exec.Command("go", "list", "-deps", "-test", "./...")
	command.Dir = dir
	linked, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, heavy := range []string{"twilio-go", "phonenumbers", "gocloud.dev", "temporal-twilio/freemarker", "temporal-twilio/javaregex", "temporal-twilio/activities"} {
		if strings.Contains(string(linked), heavy) {
			t.Errorf("a workflow author's program links %s, want only sms, workflows and the SDK", heavy)
		}
	}
}
