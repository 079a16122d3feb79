package stack

// Payload keys, and a client that encrypts with them.

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"temporal-twilio/internal/payload"
)

// KeyFile is a key file that a test can change.
type KeyFile struct{ Path string }

// NewKeyFile writes a key file with new keys of the given IDs, one of which may
// be current.
func NewKeyFile(t testing.TB, current string, ids ...string) KeyFile {
	t.Helper()
	f := KeyFile{filepath.Join(t.TempDir(), "keys.json")}
	f.write(t, []byte(`{"keys": []}`))
	for _, id := range ids {
		f.Change(t, payload.Add, id)
	}
	f.Change(t, payload.MakeCurrent, current)
	return f
}

// Change changes the file with payload.Add, MakeCurrent or Remove.
func (f KeyFile) Change(t testing.TB, how func([]byte, string) ([]byte, error), id string) {
	t.Helper()
	text, err := how(f.Text(t), id)
	if err != nil {
		t.Fatal(err)
	}
	f.write(t, text)
}

// Copy writes another key file with the same keys.
func (f KeyFile) Copy(t testing.TB) KeyFile {
	t.Helper()
	other := KeyFile{filepath.Join(t.TempDir(), "keys.json")}
	f.CopyTo(t, other)
	return other
}

// CopyTo copies the keys to another file.
func (f KeyFile) CopyTo(t testing.TB, other KeyFile) {
	t.Helper()
	other.write(t, f.Text(t))
}

// Text returns the contents of the file.
func (f KeyFile) Text(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (f KeyFile) write(t testing.TB, text []byte) {
	t.Helper()
	Replace(t, f.Path, string(text))
}

// Replace replaces a file's contents atomically, so that a program that is
// starting never reads half of them.
func Replace(t testing.TB, path, text string) {
	t.Helper()
	err := os.WriteFile(path+".new", []byte(text), 0o600)
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Environment returns the variable that makes a program use the file.
func (f KeyFile) Environment() string { return "PAYLOAD_KEYS=" + f.Path }

// Protected returns a client of the server that encrypts and decrypts payloads
// with a key file.
func (s *Temporal) Protected(t testing.TB, f KeyFile) client.Client {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	ring, err := payload.Open(f.Path, quiet)
	if err != nil {
		t.Fatal(err)
	}
	options := client.Options{HostPort: s.Address, Logger: sdklog.NewStructuredLogger(quiet)}
	payload.Protect(&options, ring)
	c, err := client.NewLazyClient(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}
