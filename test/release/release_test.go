// Package release builds a release of one program and examines it.
package release

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const version = "v0.0.0-test"

// release runs "make release" for one program and this machine, in a folder
// with the source, and returns the contents of the files that it makes, by
// name.
func release(t *testing.T, folder, cyclonedx string) map[string][]byte {
	t.Helper()
	out := t.TempDir()
	run(t, folder, "make", "release", "VERSION="+version, "RELEASE="+out, "RELEASED=twiliosim",
		"PLATFORMS="+runtime.GOOS+"/"+runtime.GOARCH, "CYCLONEDX="+cyclonedx, "-o", cyclonedx, "-o", "vulncheck")
	files := map[string][]byte{}
	err := fs.WalkDir(os.DirFS(out), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files[name], err = os.ReadFile(filepath.Join(out, name))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func run(t *testing.T, folder, name string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	command.Dir = folder
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}

// sourceElsewhere copies the source to another folder, and returns its path.
func sourceElsewhere(t *testing.T, root string) string {
	t.Helper()
	folder := t.TempDir()
	for name := range strings.SplitSeq(strings.TrimSpace(run(t, root, "git", "ls-files", "--cached", "--others", "--exclude-standard")), "\n") {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			continue // it has been deleted, but is still in git's index
		}
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestReleaseIsReproducible(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	cyclonedx := filepath.Join(root, ".local", "bin", "cyclonedx-gomod")
	run(t, root, "make", ".local/bin/cyclonedx-gomod")
	here, there := release(t, root, cyclonedx), release(t, sourceElsewhere(t, root), cyclonedx)
	program := "twiliosim-" + version + "-" + runtime.GOOS + "-" + runtime.GOARCH
	for _, name := range []string{program, program + ".cdx.json", "SHA256SUMS"} {
		if len(here[name]) == 0 || !bytes.Equal(here[name], there[name]) {
			t.Errorf("%s: got %d bytes here and %d from the copied source, want the same bytes", name, len(here[name]), len(there[name]))
		}
	}
	if !strings.Contains(string(here["SHA256SUMS"]), "  "+program+"\n") {
		t.Errorf("the checksum of %s is missing:\n%s", program, here["SHA256SUMS"])
	}

	path := filepath.Join(t.TempDir(), program)
	if err := os.WriteFile(path, here[program], 0o755); err != nil {
		t.Fatal(err)
	}
	if out := run(t, root, path, "--version"); !strings.Contains(out, version) {
		t.Errorf("--version prints %q, want %s in it", out, version)
	}

	var materials struct {
		Components []struct {
			Name string `json:"name"`
		} `json:"components"`
	}
	if err := json.Unmarshal(here[program+".cdx.json"], &materials); err != nil || len(materials.Components) == 0 {
		t.Errorf("the bill of materials has %d modules and parse error %v, want at least one module", len(materials.Components), err)
	}
}

func TestReleaseNeedsADocumentedVersion(t *testing.T) {
	for version, want := range map[string]string{
		"":             "VERSION is missing or not a version",
		"1.2":          "VERSION is missing or not a version",
		"v987.654.321": "CHANGELOG.md has no section [987.654.321]",
	} {
		command := exec.CommandContext(t.Context(), "make", "release", "VERSION="+version, "CYCLONEDX=/bin/true", "RELEASE="+t.TempDir(), "-o", "/bin/true", "-o", "vulncheck")
		command.Dir = "../.."
		out, err := command.CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%q: got error %v, want %q in the output:\n%s", version, err, want, out)
		}
	}
}
