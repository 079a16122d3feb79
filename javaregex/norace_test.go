//go:build !race

package javaregex

// slowdown is what the race detector costs at most: it is not there.
const slowdown = 1
