//go:build race

package javaregex

// slowdown is an upper bound on how much the race detector slows matching down.
const slowdown = 10
