//go:build race

package freemarker_test

// slowdown is an upper bound on how much the race detector slows rendering
// down.
const slowdown = 10
