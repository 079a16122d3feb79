//go:build unix

// Package cputime measures processor time, for tests of limits that must hold on a
// busy machine, too.
package cputime

import (
	"syscall"
	"time"
)

// Used returns the processor time that this process has used so far, which does not
// grow while others use the machine.
func Used() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
