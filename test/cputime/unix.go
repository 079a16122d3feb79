//go:build unix

// Package cputime measures CPU time, for tests of limits that must hold even on
// a busy machine.
package cputime

import (
	"syscall"
	"time"
)

// Used returns the CPU time that this process has used so far, which does not
// grow while other processes use the processor.
func Used() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
