// Package cases opens files with Java's results, which the tests of the
// javatext packages compare with their own.
package cases

import (
	"bufio"
	"compress/gzip"
	"os"
	"testing"
)

// Open returns the lines of a gzipped file below testdata, or of the file that
// an environment variable names, along with the file's name.
func Open(t testing.TB, name, variable string) (lines *bufio.Scanner, opened string) {
	t.Helper()
	if other := os.Getenv(variable); other != "" {
		name = other
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() }) // only read
	r, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	return bufio.NewScanner(r), name
}
