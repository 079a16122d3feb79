package architecture

// The files and tests that docs/architecture.md names must exist.

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	linked    = regexp.MustCompile(`\]\(\.\./([^)#]+)`)
	namedTest = regexp.MustCompile("`(Test[A-Z][A-Za-z0-9]*)`")
	testFunc  = regexp.MustCompile(`(?m)^func (Test[A-Z][A-Za-z0-9]*)\(`)
)

func TestArchitecturePageNamesWhatExists(t *testing.T) {
	root := filepath.Join("..", "..")
	page, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range linked.FindAllStringSubmatch(string(page), -1) {
		if _, err := os.Stat(filepath.Join(root, link[1])); err != nil {
			t.Errorf("docs/architecture.md names %s, which does not exist: name the file that has its subject now", link[1])
		}
	}
	tests := testNames(t, root)
	named := namedTest.FindAllStringSubmatch(string(page), -1)
	if len(named) < 20 {
		t.Errorf("docs/architecture.md names only %d tests, want at least 20: name the test that checks each promise", len(named))
	}
	for _, name := range named {
		if !tests[name[1]] {
			t.Errorf("docs/architecture.md names %s, which does not exist: name the test that checks the promise now", name[1])
		}
	}
}

// testNames returns the names of all tests in a folder and below.
func testNames(t *testing.T, root string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && path != root {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		for _, name := range testFunc.FindAllStringSubmatch(string(source), -1) {
			names[name[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
