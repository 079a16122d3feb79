//go:build !unix

package cputime

import "time"

var began = time.Now()

// Used returns the elapsed wall-clock time, since no portable way to measure
// CPU time exists.
func Used() time.Duration { return time.Since(began) }
