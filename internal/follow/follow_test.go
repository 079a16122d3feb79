package follow

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// token follows a file that contains a token. It also returns the log.
func token(t *testing.T, path string) (*File[string], *strings.Builder) {
	t.Helper()
	log := &strings.Builder{}
	file, err := New(slog.New(slog.NewTextHandler(log, nil)), "the token", func(_ string, open Open) (string, error) {
		text, err := Text(open, path)
		if err == nil && strings.HasPrefix(text, "half") {
			err = errors.New("it is half written")
		}
		return text, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return file, log
}

func TestFileKeepsLastUsableValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "token")
		write(t, path, "one\n")
		file, log := token(t, path)
		for _, step := range []struct{ text, want, err string }{
			{"two", "two", ""},
			{"", "two", "is empty"},
			{"\n", "two", "is empty"},
			{"half", "two", "half written"},
			{strings.Repeat("x", maxFile+1), "two", "longer"},
			{"two", "two", ""},
			{"three", "three", ""},
		} {
			write(t, path, step.text)
			for range 2 {
				file.Look(0)
			}
			err := file.Err()
			if got := file.Value(); got != step.want || (err == nil) != (step.err == "") || err != nil && !strings.Contains(err.Error(), step.err) {
				t.Errorf("%.10q: got %q, %v, want %q, %q", step.text, got, err, step.want, step.err)
			}
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if file.Look(0); file.Value() != "three" || !errors.Is(file.Err(), os.ErrNotExist) {
			t.Errorf("while the file is missing: got %q, error %v, want three and os.ErrNotExist", file.Value(), file.Err())
		}
		// Each new state is logged once: two values, and a file that is empty,
		// half written, too long, and missing.
		if got := strings.Count(log.String(), "level=INFO"); got != 2 {
			t.Errorf("got %d lines about values, want 2:\n%s", got, log)
		}
		if got := strings.Count(log.String(), "level=WARN"); got != 4 || strings.Contains(log.String(), "two") {
			t.Errorf("got %d warnings, want 4:\n%s", got, log)
		}
		if _, err := New(slog.New(slog.DiscardHandler), "the token", func(string, Open) (string, error) { return "", errors.New("none") }); err == nil {
			t.Error("New returned no error although the file cannot be read")
		}
	})
}

func TestReplacedValuesAreKeptTemporarily(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "token")
		write(t, path, "0")
		file, _ := token(t, path)
		if got := file.Replaced(time.Hour); got != nil {
			t.Errorf("at first: got replaced values %v, want none", got)
		}
		for text := range strings.SplitSeq("123456789", "") {
			write(t, path, text)
			file.Look(0)
		}
		if got, want := file.Replaced(time.Hour), strings.Split("87654321", ""); !slices.Equal(got, want) {
			t.Errorf("got replaced values %v, want %v", got, want)
		}
		if got := file.Replaced(0); got != nil {
			t.Errorf("after the interval: got replaced values %v, want none", got)
		}
	})
}

func TestValuesFollowTheirFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "token")
		write(t, path, "one")
		file, _ := token(t, path)
		write(t, path, "two")
		for deadline := time.Now().Add(time.Minute); file.Value() != "two"; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the changed file has not been read after a minute")
			}
		}
	})
}

func TestHangingFileBlocksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "token")
		write(t, path, "one")
		var hangs atomic.Bool
		release := make(chan struct{})
		var log strings.Builder
		file, err := New(slog.New(slog.NewTextHandler(&log, nil)), "the token", func(_ string, open Open) (string, error) {
			if hangs.Load() {
				<-release
			}
			return Text(open, path)
		})
		if err != nil {
			t.Fatal(err)
		}
		hangs.Store(true)
		done := make(chan string)
		for range 3 {
			go func() {
				file.Look(0)
				done <- file.Value()
			}()
		}
		for range 3 {
			select {
			case got := <-done:
				if got != "one" {
					t.Errorf("got value %q, want one", got)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("Value still waits for a file whose read hangs")
			}
		}
		before := time.Now()
		for range 100 {
			file.Value()
		}
		if took := time.Since(before); took > 20*time.Second {
			t.Errorf("100 calls of Value took %s, want them not to wait for the file", took)
		}
		if file.Err() == nil || strings.Count(log.String(), "level=WARN") != 1 {
			t.Errorf("while reading hangs: got error %v, log %s, want an error and one warning", file.Err(), log.String())
		}
		hangs.Store(false)
		close(release)
		write(t, path, "two")
		for deadline := time.Now().Add(time.Minute); file.Value() != "two" || file.Err() != nil; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("once the file can be read: got %q, error %v, want two", file.Value(), file.Err())
			}
		}
	})
}

// Kubernetes mounts a secret as links to ..data, which is a link to the
// directory with the files. It replaces that link.
func TestFileFollowsKubernetesLinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mount := t.TempDir()
		path := filepath.Join(mount, "token")
		swap := func(version string) {
			t.Helper()
			next := filepath.Join(mount, "..next")
			if err := errors.Join(os.Symlink(version, next), os.Rename(next, filepath.Join(mount, "..data"))); err != nil {
				t.Fatal(err)
			}
		}
		for _, version := range []string{"one", "two"} {
			if err := os.Mkdir(filepath.Join(mount, version), 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(mount, version, "token"), version)
		}
		swap("one")
		if err := os.Symlink(filepath.Join("..data", "token"), path); err != nil {
			t.Fatal(err)
		}
		file, log := token(t, path)
		for _, step := range []struct {
			version, want string
			usable        bool
		}{{"two", "two", true}, {"away", "two", false}, {".", "two", false}, {"one", "one", true}} {
			if swap(step.version); step.version == "." {
				// The link to the token now points to itself.
				if _, err := os.Stat(path); err == nil {
					t.Fatal("os.Stat returned no error for a link to itself")
				}
			}
			file.Look(0)
			if got := file.Value(); got != step.want || (file.Err() == nil) != step.usable {
				t.Errorf("after the swap to %s: got %q, error %v, want %q, usable %v; log %s", step.version, got, file.Err(), step.want, step.usable, log)
			}
		}
	})
}

func TestUnreadableFileKeepsItsValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "token")
		write(t, path, "one")
		file, log := token(t, path)
		// A directory can be opened but not read, even by root.
		if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			file.Look(0)
		}
		if file.Value() != "one" || file.Err() == nil || strings.Count(log.String(), "level=WARN") != 1 {
			t.Errorf("got %q, error %v, log %s; want one, an error and one warning", file.Value(), file.Err(), log)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		write(t, path, "two")
		if file.Look(0); file.Value() != "two" || file.Err() != nil {
			t.Errorf("once the file can be read: got %q, error %v, want two", file.Value(), file.Err())
		}
	})
}
