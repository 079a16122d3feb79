//go:build race

package javaregex

// slowdown is what the race detector costs at most.
const slowdown = 10
