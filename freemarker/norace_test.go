//go:build !race

package freemarker_test

// slowdown is 1, since the race detector is off.
const slowdown = 1
