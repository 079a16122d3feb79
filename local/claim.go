package main

// One make run at a time uses a data directory: two Temporals with one database
// would run each other's workflows, and .local/env describes one stack.

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// errClaimed means that another make run uses the data directory.
var errClaimed = errors.New("another make run uses it")

// claim takes a data directory, which must exist, for this process until it ends or
// calls release.
func claim(dir string) (release func(), err error) {
	path := filepath.Join(dir, "lock")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	switch err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
	case errors.Is(err, syscall.EWOULDBLOCK):
		_ = file.Close()
		return nil, errClaimed
	case err != nil:
		_ = file.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return func() { _ = file.Close() }, nil
}

// anotherData returns a directory for the data of another make run: one below dir
// that no make run uses.
func anotherData(dir string) string {
	for n := 2; ; n++ {
		other := filepath.Join(dir, strconv.Itoa(n))
		if _, err := os.Stat(other); err != nil {
			return other
		}
		if release, err := claim(other); err == nil {
			release()
			return other
		}
	}
}
