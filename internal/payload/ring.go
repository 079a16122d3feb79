package payload

// The ring: the keys in force, which follow their file.

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// followEvery is how often the file is read while the keys are used.
	followEvery = time.Second
	// followAtOnce is how often it is read because a key is missing.
	followAtOnce = 100 * time.Millisecond
	// maxNamed limits how many missing keys are logged.
	maxNamed = 100
)

// Ring holds the keys of a key file. It is safe for concurrent use. A changed
// file comes into force within a second or two; an invalid one never does, and
// the previous keys stay.
type Ring struct {
	path   string
	logger *slog.Logger

	keys atomic.Pointer[keys]
	// read is when the file was last read, in nanoseconds since began.
	read  atomic.Int64
	began time.Time

	// mu is held while the file is read.
	mu   sync.Mutex
	text []byte
	// broken says why the current file is not in force.
	broken atomic.Pointer[error]

	missing, damaged atomic.Int64
	// named holds the keys of unreadable payloads that have been logged.
	named sync.Map
	names atomic.Int64
}

// Open reads a key file. Without a path, the ring has no keys: payloads are
// written unencrypted, and encrypted ones cannot be read.
func Open(path string, logger *slog.Logger) (*Ring, error) {
	r := &Ring{path: path, logger: logger, began: time.Now()}
	r.keys.Store(&keys{})
	if path == "" {
		return r, nil
	}
	text, err := readFile(path)
	if err != nil {
		return nil, err
	}
	if err := r.put(text); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func readFile(path string) ([]byte, error) {
	opened, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	if info, err := opened.Stat(); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o002 != 0 {
		return nil, fmt.Errorf("%s: everyone on this machine may change it; chmod 600 it", path)
	}
	return io.ReadAll(io.LimitReader(opened, maxFile+1))
}

// put puts the text of a key file in force.
func (r *Ring) put(text []byte) error {
	f, err := read(text)
	if err != nil {
		return err
	}
	now, err := f.use()
	if err != nil {
		return err
	}
	if r.keys.Load().current != "" && now.current == "" {
		return errors.New("it has no current key, but this process encrypts; to stop encrypting, restart the process with this file")
	}
	r.keys.Store(now)
	r.text = text
	return nil
}

// inForce returns the current keys.
func (r *Ring) inForce() *keys {
	r.follow(followEvery)
	return r.keys.Load()
}

// follow reads the file, unless it was read more recently than every ago.
func (r *Ring) follow(every time.Duration) {
	fresh := func() bool { return time.Since(r.began)-time.Duration(r.read.Load()) < every }
	if r.path == "" || fresh() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if fresh() {
		return // another goroutine has
	}
	defer func() { r.read.Store(int64(time.Since(r.began))) }()
	text, err := readFile(r.path)
	if err == nil && !bytes.Equal(text, r.text) {
		if err = r.put(text); err == nil {
			r.logger.Info("the changed payload keys are in force", "keys", r.keys.Load().known(), "current", r.keys.Load().current)
		}
	}
	if err != nil {
		r.complain(err)
		return
	}
	r.broken.Store(nil)
}

// complain logs each new reason once.
func (r *Ring) complain(err error) {
	if before := r.broken.Swap(&err); before != nil && (*before).Error() == err.Error() {
		return
	}
	r.logger.Error("the file of PAYLOAD_KEYS cannot be used; the previous keys stay in force", "error", err)
}

// Encrypts reports whether there is a current key.
func (r *Ring) Encrypts() bool { return r.inForce().current != "" }

// Err returns why the current file is not in force, or nil if it is.
func (r *Ring) Err() error {
	r.follow(followEvery)
	if err := r.broken.Load(); err != nil {
		return *err
	}
	return nil
}
