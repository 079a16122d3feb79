//go:build !unix

package cputime

import "time"

var began = time.Now()

// Used returns the wall-clock time: there is no portable way to measure CPU
// time.
func Used() time.Duration { return time.Since(began) }
