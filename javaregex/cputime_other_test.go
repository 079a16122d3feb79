//go:build !unix

package javaregex

import "time"

var testsBegan = time.Now()

// cpuTime returns the time by the clock: there is no portable way to ask for the processor's.
func cpuTime() time.Duration { return time.Since(testsBegan) }
