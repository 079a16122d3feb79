//go:build !unix

package javaregex

import "time"

var testsBegan = time.Now()

// cpuTime returns the wall-clock time: there is no portable way to measure processor
// time.
func cpuTime() time.Duration { return time.Since(testsBegan) }
