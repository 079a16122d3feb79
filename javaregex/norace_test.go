//go:build !race

package javaregex

// slowdown is 1 without the race detector.
const slowdown = 1
