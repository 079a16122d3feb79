//go:build unix

package javaregex

import (
	"syscall"
	"time"
)

// cpuTime returns the processor time of this process, which does not grow while others use the
// machine.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
