// Package follow provides values from files that change while the process runs,
// such as keys, tokens and certificates.
package follow

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// every is how often the files of a value in use are read.
	every = time.Second
	// maxFile limits the size of a file, in bytes.
	maxFile = 1 << 20
	// patience limits how long a caller waits for a read, which may hang, for
	// example on a network file system or a pipe.
	patience = time.Second
	// maxReplaced is how many replaced values are kept.
	maxReplaced = 8
)

var errHangs = fmt.Errorf("reading takes longer than %s", patience)

// Open reads a file and records that the value depends on it. Every file that a
// value depends on must be read with Open.
type Open func(path string) ([]byte, error)

// File holds a value that is read from one or more files. It is safe for
// concurrent use. If changed files cannot be used, the previous value remains
// in use, and one log line says why and which files were read.
type File[T any] struct {
	what   string
	logger *slog.Logger
	read   func(before T, open Open) (T, error)

	state atomic.Pointer[state[T]]
	// looked is when the files were last read, in nanoseconds since began.
	looked atomic.Int64
	began  time.Time

	mu sync.Mutex
	// reading is closed when the files have been read. It is nil if no read is
	// in progress.
	reading chan struct{}
	// hangs is true once a caller has given up waiting for the read in
	// progress.
	hangs bool
}

type state[T any] struct {
	value  T
	paths  []string
	digest []byte
	// replaced holds earlier values, most recent first.
	replaced []replaced[T]
	// err is why the current files are not in use, or nil if they are.
	err error
}

type replaced[T any] struct {
	value T
	at    time.Time
}

// New reads a value. what is its name in the log. read gets the value in use,
// which is the zero value at first.
func New[T any](logger *slog.Logger, what string, read func(before T, open Open) (T, error)) (*File[T], error) {
	f := &File[T]{what: what, logger: logger, read: read, began: time.Now()}
	f.state.Store(&state[T]{})
	first := f.next()
	if first.err != nil {
		return nil, first.err
	}
	f.state.Store(&first)
	return f, nil
}

// Value returns the value in use. Its files are read at most once per second.
func (f *File[T]) Value() T {
	f.Look(every)
	return f.state.Load().value
}

// Err returns why the current files are not in use, or nil if they are.
func (f *File[T]) Err() error {
	f.Look(every)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.hangs {
		return errHangs
	}
	return f.state.Load().err
}

// Replaced returns the values that were replaced less than keep ago, most
// recent first. It returns at most eight.
func (f *File[T]) Replaced(keep time.Duration) (values []T) {
	for _, old := range f.state.Load().replaced {
		if time.Since(old.at) < keep {
			values = append(values, old.value)
		}
	}
	return values
}

// Look reads the files, unless they were last read less than the given time
// ago. If reading takes longer than a second, callers stop waiting for it.
func (f *File[T]) Look(while time.Duration) {
	reading := f.begin(while)
	if reading == nil {
		return
	}
	select {
	case <-reading:
	case <-time.After(patience):
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.reading == reading && !f.hangs {
			f.hangs = true
			f.logger.Warn("a file cannot be read; the previous value remains in use", "what", f.what, "error", errHangs)
		}
	}
}

// begin starts a read, unless one is in progress, and returns a channel that is
// closed when the read is done. It returns nil if the files were read recently,
// or if the read in progress hangs.
func (f *File[T]) begin(while time.Duration) chan struct{} {
	fresh := func() bool { return time.Since(f.began)-time.Duration(f.looked.Load()) < while }
	if fresh() {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.hangs || fresh() {
		return nil
	}
	if f.reading == nil {
		f.reading = make(chan struct{})
		go func() {
			f.look()
			f.mu.Lock()
			defer f.mu.Unlock()
			close(f.reading)
			f.reading, f.hangs = nil, false
		}()
	}
	return f.reading
}

// look reads the files, and starts to use them if they have changed.
func (f *File[T]) look() {
	now, next := f.state.Load(), f.next()
	switch {
	case next.err == nil && !bytes.Equal(next.digest, now.digest):
		next.replaced = append([]replaced[T]{{now.value, time.Now()}}, now.replaced[:min(len(now.replaced), maxReplaced-1)]...)
		f.logger.Info("a changed file is in use", append([]any{"what", f.what, "files", next.paths}, attributes(next.value)...)...)
	case next.err != nil && (now.err == nil || next.err.Error() != now.err.Error()):
		f.logger.Warn("a changed file cannot be used; the previous value remains in use", "what", f.what, "files", next.paths, "error", next.err)
		fallthrough
	default:
		kept := *now
		kept.err = next.err
		next = kept
	}
	f.state.Store(&next)
}

// next reads the files and returns the resulting state.
func (f *File[T]) next() (s state[T]) {
	defer func() { f.looked.Store(int64(time.Since(f.began))) }()
	digest := sha256.New()
	s.value, s.err = f.read(f.state.Load().value, func(path string) ([]byte, error) {
		s.paths = append(s.paths, path)
		text, err := readFile(path)
		fmt.Fprintf(digest, "%d %x ", len(text), sha256.Sum256(text))
		return text, err
	})
	s.digest = digest.Sum(nil)
	return s
}

func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if len(text) > maxFile {
		return nil, fmt.Errorf("%s is longer than %d bytes", path, maxFile)
	}
	return text, err
}

// attributes returns the log attributes for a value. Because the value may be a
// secret, there are none unless it is a slog.LogValuer.
func attributes(value any) []any {
	if says, ok := value.(slog.LogValuer); ok {
		return []any{"now", says}
	}
	return nil
}

// Text returns the text of a file without surrounding white space. An empty
// file is an error, because it is probably still being written.
func Text(open Open, path string) (string, error) {
	text, err := open(path)
	text = bytes.TrimSpace(text)
	if err == nil && len(text) == 0 {
		err = fmt.Errorf("%s is empty", path)
	}
	return string(text), err
}

// KeyPair follows the files of a certificate and its key. what is their name in
// the log.
func KeyPair(logger *slog.Logger, what, certFile, keyFile string) (*File[*tls.Certificate], error) {
	return New(logger, what, func(_ *tls.Certificate, open Open) (*tls.Certificate, error) {
		certificate, err := open(certFile)
		if err != nil {
			return nil, err
		}
		key, err := open(keyFile)
		if err != nil {
			return nil, err
		}
		pair, err := tls.X509KeyPair(certificate, key)
		if err != nil {
			return nil, fmt.Errorf("%s and %s: %w", certFile, keyFile, err)
		}
		return &pair, nil
	})
}
