package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// finding is a database entry in the format that Go publishes. It reports
// strings.Title as vulnerable in every version before Go 1.99.
const finding = `{"schema_version":"1.3.1","id":"GO-0000-0001","modified":"2026-01-01T00:00:00Z","published":"2026-01-01T00:00:00Z",
"summary":"Title is dangerous","details":"Title is dangerous.","affected":[{"package":{"name":"stdlib","ecosystem":"Go"},
"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.99.0"}]}],
"ecosystem_specific":{"imports":[{"path":"strings","symbols":["Title"]}]}}],
"database_specific":{"url":"https://pkg.go.dev/vuln/GO-0000-0001"}}`

func write(t *testing.T, files map[string]string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// program writes a module whose main function calls a function of package
// strings, and returns the module's folder.
func program(t *testing.T, function string) (folder string) {
	return write(t, map[string]string{
		"go.mod":  "module example\n\ngo 1.26.0\n",
		"main.go": "package main\n\nimport \"strings\"\n\nfunc main() { println(strings." + function + "(\"a\")) }\n",
	})
}

func TestCalledVulnerabilityFails(t *testing.T) {
	database := write(t, map[string]string{"GO-0000-0001.json": finding})
	for _, test := range []struct {
		name, function, goVersion, want string
	}{
		{name: "called", function: "Title", want: "GO-0000-0001"},
		{name: "not called", function: "ToUpper"},
		{name: "fixed in the release's version of Go", function: "Title", goVersion: "go1.99.1"},
		{name: "not fixed in the release's version of Go", function: "Title", goVersion: "go1.98.7", want: "GO-0000-0001"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var report strings.Builder
			err := check(t.Context(), &report, database, program(t, test.function), test.goVersion, []string{"."})
			if failed := err != nil; failed != (test.want != "") || !strings.Contains(report.String(), test.want) {
				t.Errorf("got error %v and the report below, want %q\n%s", err, test.want, report.String())
			}
		})
	}
}

func TestIncompleteCheckFails(t *testing.T) {
	database := write(t, map[string]string{"GO-0000-0001.json": finding})
	for name, try := range map[string]func() error{
		"no packages": func() error { return check(t.Context(), t.Output(), database, program(t, "ToUpper"), "", nil) },
		"no database": func() error {
			return check(t.Context(), t.Output(), filepath.Join(database, "none"), program(t, "ToUpper"), "", []string{"."})
		},
		"no Go": func() error {
			return check(t.Context(), t.Output(), database, program(t, "ToUpper"), "go", []string{"."})
		},
		"no program": func() error { return check(t.Context(), t.Output(), database, t.TempDir(), "", []string{"."}) },
	} {
		if err := try(); err == nil {
			t.Errorf("%s: got no error, want one", name)
		}
	}
}

// source writes a database module with the given number of entries, and returns
// the module's folder.
func source(t *testing.T, entries int) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "data", "osv"), 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range entries {
		if err := os.WriteFile(filepath.Join(folder, "data", "osv", fmt.Sprintf("GO-2026-%04d.json", i)), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestUnreachableDatabaseIsReported(t *testing.T) {
	full, cut := source(t, complete), source(t, complete-1)
	unreachable := errors.New("no route to the proxy")
	for _, test := range []struct {
		name             string
		latest, fallback string
		err, warning     string
	}{
		{name: "newest", latest: full, warning: "known as of 2026-11-20"},
		{name: "pinned", fallback: full, warning: "WARNING: the newest vulnerability database is unreachable (no route to the proxy).\nWARNING: vulnerabilities published after 2026-11-05"},
		{name: "none", err: "download the vulnerability database"},
		{name: "cut off", latest: cut, err: "has only 3999 entries"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var warnings strings.Builder
			dir, err := find(t.Context(), &warnings, func(_ context.Context, query string) (string, string, error) {
				switch {
				case query == "latest" && test.latest != "":
					return test.latest, "v0.0.0-20261120000000-e22db6528018", nil
				case query == pinned && test.fallback != "":
					return test.fallback, pinned, nil
				}
				return "", "", unreachable
			})
			if test.err == "" && (err != nil || dir == "") || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("got %q, %v", dir, err)
			}
			if !strings.Contains(warnings.String(), test.warning) || test.name == "newest" && strings.Contains(warnings.String(), "WARNING") {
				t.Errorf("got the warnings %q, want %q", warnings.String(), test.warning)
			}
		})
	}
}
