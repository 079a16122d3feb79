//go:build !race

package freemarker_test

// slowdown is what the race detector costs at most: it is not there.
const slowdown = 1
