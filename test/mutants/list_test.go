package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestMutantsApply(t *testing.T) {
	top, err := root()
	if err != nil {
		t.Fatal(err)
	}
	read := func(path string) string {
		text, err := os.ReadFile(filepath.Join(top, path))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	promises := read("docs/architecture.md")
	for _, m := range mutants {
		name := m.promise + ": " + m.what
		if n := strings.Count(read(m.file), m.old); n != 1 {
			t.Errorf("%s: %s contains %q %d times, want once", name, m.file, m.old, n)
		}
		if !strings.Contains(promises, "**"+m.promise) {
			t.Errorf("%s: docs/architecture.md has no such promise", name)
		}
		files, err := filepath.Glob(filepath.Join(top, m.pkg, "*_test.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no tests in %s: %v", name, m.pkg, err)
		}
		var tests strings.Builder
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			tests.Write(text)
		}
		for test := range strings.SplitSeq(m.test, "|") {
			if !regexp.MustCompile(`(?m)^func ` + test + `\(`).MatchString(tests.String()) {
				t.Errorf("%s: %s has no test %s", name, m.pkg, test)
			}
		}
	}
	if len(mutants) < 40 {
		t.Errorf("%d mutants, want 40 or more", len(mutants))
	}
}
