package payload

// The ring holds the keys in use, and rereads them when their file changes.

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"temporal-twilio/internal/follow"
)

const (
	// followAtOnce is the minimum interval between two reads of the file
	// that are caused by a missing key.
	followAtOnce = 100 * time.Millisecond
	// maxNamed limits how many combinations of key ID and reason are logged for
	// unreadable payloads.
	maxNamed = 100
)

// Ring holds the keys of a key file. It is safe for concurrent use. It starts
// to use a changed file within a second or two. If the changed file is invalid,
// it keeps the previous keys.
type Ring struct {
	file   *follow.File[*keys] // nil if the ring has no file
	logger *slog.Logger

	missing, damaged atomic.Int64
	// named holds each combination of key ID and reason that has been logged
	// for an unreadable payload.
	named sync.Map
	names atomic.Int64
}

// Open reads a key file. If path is "", the ring has no keys, so payloads are
// written unencrypted and encrypted ones cannot be read.
func Open(path string, logger *slog.Logger) (r *Ring, err error) {
	r = &Ring{logger: logger}
	if path == "" {
		return r, nil
	}
	r.file, err = follow.New(logger, "PAYLOAD_KEYS", func(before *keys, open follow.Open) (*keys, error) {
		now, err := readKeys(path, open)
		if err == nil && before != nil && before.current != "" && now.current == "" {
			err = errors.New("it has no current key, but this process encrypts; to stop encrypting, restart the process with this file")
		}
		return now, err
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

func readKeys(path string, open follow.Open) (*keys, error) {
	text, err := open(path)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o002 != 0 {
		return nil, fmt.Errorf("%s: everyone on this machine may change it; run chmod 600 on it", path)
	}
	f, err := read(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	now, err := f.use()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return now, nil
}

// noKeys is used by a ring without a file.
var noKeys = &keys{}

// inForce returns the keys in use.
func (r *Ring) inForce() *keys {
	if r.file == nil {
		return noKeys
	}
	return r.file.Value()
}

// Encrypts reports whether there is a current key.
func (r *Ring) Encrypts() bool { return r.inForce().current != "" }

// Err returns why the current key file is not in use, or nil if it is.
func (r *Ring) Err() error {
	if r.file == nil {
		return nil
	}
	return r.file.Err()
}
