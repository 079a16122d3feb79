package main

// Only one `make run` at a time may use a data directory. Two Temporals with
// one database would run each other's workflows, and the file env in the
// directory describes only one stack.

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// errClaimed means that another `make run` is using the data directory.
var errClaimed = errors.New("another make run is using it")

// claim locks a data directory, which must exist, until this process ends or
// calls release. It returns errClaimed if another process holds the lock.
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

// anotherData returns a directory below dir that no `make run` uses.
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
