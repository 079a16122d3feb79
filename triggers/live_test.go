package triggers

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

type report struct {
	set *Set
	err error
}

// watched opens a folder with one file and watches it.
func watched(t *testing.T) (live *Live, write func(string), reports chan report) {
	t.Helper()
	dir := t.TempDir()
	version := 0
	write = func(text string) {
		version++
		// Replace the old file instead of writing to it, as updates of mounted
		// configuration do.
		temporary := filepath.Join(dir, ".new")
		if err := os.WriteFile(temporary, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		stamp := time.Unix(int64(version), 0)
		if err := os.Chtimes(temporary, stamp, stamp); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(temporary, filepath.Join(dir, "t.yaml")); err != nil {
			t.Fatal(err)
		}
	}
	write(contract)
	live, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	reports = make(chan report, 10)
	var watching sync.WaitGroup
	watching.Go(func() {
		live.Watch(ctx, time.Millisecond, func(set *Set, err error) { reports <- report{set, err} })
	})
	t.Cleanup(func() { cancel(); watching.Wait() })
	return live, write, reports
}

func TestLiveLoadsAChange(t *testing.T) {
	live, write, reports := watched(t)
	before := live.Set()
	write(strings.ReplaceAll(contract, "Order Number", "Order No"))
	if r := <-reports; r.err != nil || r.set != live.Set() {
		t.Fatalf("got report %+v, want the new triggers without an error", r)
	}
	if len(match(t, live.Set(), "Order No 42")) != 1 || len(match(t, live.Set(), "Order Number 42")) != 0 {
		t.Error("the new file was not loaded")
	}
	if len(match(t, before, "Order Number 42")) != 1 {
		t.Error("the set in use was changed")
	}
}

func TestLiveKeepsTriggersOfBrokenFiles(t *testing.T) {
	live, write, reports := watched(t)
	before := live.Set()
	write("triggers: [")
	if r := <-reports; r.err == nil || !strings.Contains(r.err.Error(), "t.yaml:1") {
		t.Fatalf("got error %v, want one that names the file and line", r.err)
	}
	if live.Set() != before {
		t.Error("the old triggers were not kept")
	}
	write(contract)
	if r := <-reports; r.err != nil || live.Set() == before {
		t.Errorf("a corrected file: got error %v, want no error, and the new triggers", r.err)
	}
}

// turns calls turn n times and returns the changes that it reported.
func turns(l *Live, n int) (reports []report) {
	for range n {
		if changed, set, err := l.turn(); changed {
			reports = append(reports, report{set, err})
		}
	}
	return reports
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func opened(t *testing.T, path string) *Live {
	t.Helper()
	l, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLiveIgnoresAHalfCopiedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.yaml")
	write(t, path, contract)
	l := opened(t, path)
	changed := strings.ReplaceAll(contract, "Order Number", "Order No")
	half, _, _ := strings.Cut(changed, "  - name: cancel") // loads without a mistake
	for _, part := range []string{half[:20], half, changed[:len(changed)-10]} {
		write(t, path, part)
		if reports := turns(l, 1); reports != nil {
			t.Errorf("after %d bytes: got reports %+v, want none", len(part), reports)
		}
	}
	write(t, path, changed)
	if reports := turns(l, 3); len(reports) != 1 || reports[0].err != nil || reports[0].set.Len() != 2 || l.Set() != reports[0].set {
		t.Errorf("the whole file: got %+v, want one report of 2 triggers", reports)
	}
}

func TestLiveSeesAFileThatReturns(t *testing.T) {
	dir := t.TempDir()
	path, away := filepath.Join(dir, "t.json"), filepath.Join(dir, "t.json~")
	text := sendingFile(`"smsBody": "x"`)
	write(t, path, text)
	write(t, filepath.Join(dir, "other.yaml"), contract)
	l := opened(t, dir)
	before := l.Set()
	rename := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	// The file is missing for a single turn: no change.
	rename(path, away)
	if reports := turns(l, 1); reports != nil {
		t.Errorf("while the file is missing for a single turn: got reports %+v, want none", reports)
	}
	rename(away, path)
	if reports := turns(l, 3); reports != nil || l.Set() != before {
		t.Errorf("after the same file is back: got reports %+v, want none, and the old triggers", reports)
	}
	// The file is replaced by one with the same size and time, as by a tool
	// that preserves times.
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, away, strings.Replace(text, "tell (", "TELL (", 1))
	if err := os.Chtimes(away, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	rename(away, path)
	if reports := turns(l, 3); len(reports) != 1 || reports[0].err != nil || len(match(t, l.Set(), "TELL Ann")) != 1 {
		t.Errorf("replaced: got %+v, want one report, and the new trigger", reports)
	}
	// The file is missing for longer, and then comes back.
	rename(path, away)
	if reports := turns(l, 3); len(reports) != 1 || reports[0].set.Len() != 2 {
		t.Errorf("gone for good: got %+v, want one report that keeps 2 triggers", reports)
	}
	rename(away, path)
	if reports := turns(l, 3); len(reports) != 1 || reports[0].set.Len() != 3 {
		t.Errorf("back: got %+v, want one report of 3 triggers", reports)
	}
}

func TestLiveSeesSwappedLinks(t *testing.T) {
	dir := t.TempDir()
	link := func(to, name string) {
		t.Helper()
		temporary := filepath.Join(dir, "..tmp")
		if err := os.Symlink(to, temporary); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(temporary, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for version, text := range map[string]string{"..1": contract, "..2": strings.ReplaceAll(contract, "Order Number", "Order No")} {
		if err := os.Mkdir(filepath.Join(dir, version), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, version, "t.yaml"), text)
	}
	link("..1", "..data")
	link(filepath.Join("..data", "t.yaml"), "t.yaml")
	l := opened(t, dir)
	link("..2", "..data")
	if reports := turns(l, 3); len(reports) != 1 || reports[0].err != nil || len(match(t, l.Set(), "Order No 42")) != 1 {
		t.Errorf("after the swap: got %+v, want one report, and the new triggers", reports)
	}
}

func TestLiveReportsABrokenFileOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.yaml")
	write(t, path, contract)
	l := opened(t, path)
	write(t, path, "triggers: [")
	if reports := turns(l, 5); len(reports) != 1 || reports[0].err == nil {
		t.Errorf("broken: got %+v, want one error", reports)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if reports := turns(l, 5); len(reports) != 1 || reports[0].err == nil || reports[0].set.Len() != 2 {
		t.Errorf("after the file is removed: got reports %+v, want one error that keeps the old triggers", reports)
	}
	write(t, path, contract)
	if reports := turns(l, 5); len(reports) != 1 || reports[0].err != nil {
		t.Errorf("after the old file is back: got %+v, want one report without an error", reports)
	}
}

func TestFolderIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "t.yaml"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir, Options{}); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a folder named like a file: got error %v, want it refused", err)
	}
}
