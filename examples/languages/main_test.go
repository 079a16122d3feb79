package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestGeneratedTypesAreCurrent(t *testing.T) {
	written, err := generate(filepath.Join("..", "..", "docs", "schemas"))
	if err != nil {
		t.Fatal(err)
	}
	if len(written) != 4 {
		t.Errorf("got %d files, want 4", len(written))
	}
	for name, want := range written {
		if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not current: run go generate ./examples/languages; error %v", name, err)
		}
	}
}
