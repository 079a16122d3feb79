//go:build !unix

package cputime

import "time"

var began = time.Now()

// Used returns the elapsed wall-clock time, because there is no portable way to
// measure CPU time.
func Used() time.Duration { return time.Since(began) }
