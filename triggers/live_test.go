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
		// As mounted configuration does: the new file takes the old one's place.
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

func TestAChangedFileIsInForceAtOnce(t *testing.T) {
	live, write, reports := watched(t)
	before := live.Set()
	write(strings.ReplaceAll(contract, "Order Number", "Order No"))
	if r := <-reports; r.err != nil || r.set != live.Set() {
		t.Fatalf("reported %+v", r)
	}
	if len(match(t, live.Set(), "Order No 42")) != 1 || len(match(t, live.Set(), "Order Number 42")) != 0 {
		t.Error("the new file is not in force")
	}
	if len(match(t, before, "Order Number 42")) != 1 {
		t.Error("a set that is in use changed")
	}
}

func TestABrokenFileLeavesTheOldTriggersInForce(t *testing.T) {
	live, write, reports := watched(t)
	before := live.Set()
	write("triggers: [")
	if r := <-reports; r.err == nil || !strings.Contains(r.err.Error(), "t.yaml:1") {
		t.Fatalf("reported %v", r.err)
	}
	if live.Set() != before {
		t.Error("the old triggers are not in force")
	}
	write(contract)
	if r := <-reports; r.err != nil || live.Set() == before {
		t.Errorf("a mended file: %v", r.err)
	}
}
