//go:build race

package javaregex

// slowdown is an upper bound on how much the race detector slows rendering
// down.
const slowdown = 10
