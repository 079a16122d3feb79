package main

// Files of cases, for starter triggers test and starter render.

import (
	"fmt"
	"io"
	"os"

	"temporal-twilio/internal/yamlfile"
)

// runCases reads a file of cases and prints the result of each. try returns
// what to print after the case's number, and an error if the case fails.
func runCases[T any](out io.Writer, path string, try func(T) (title, wrong string, err error)) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the cases: %w", err)
	}
	parsed, err := yamlfile.Parse(path, data)
	if err != nil {
		return err
	}
	var file struct {
		Cases []T `yaml:"cases"`
	}
	if err := parsed.Decode(&file); err != nil {
		return err
	}
	if len(file.Cases) == 0 {
		return fmt.Errorf("%s: there are no cases", path)
	}
	failed := 0
	for i, c := range file.Cases {
		title, wrong, err := try(c)
		if err != nil {
			return fmt.Errorf("%s: case %d: %w", path, i+1, err)
		}
		if wrong == "" {
			fmt.Fprintf(out, "case %d%s: ok\n", i+1, title)
			continue
		}
		failed++
		fmt.Fprintf(out, "case %d%s: FAILED\n  %s\n", i+1, title, wrong)
	}
	fmt.Fprintf(out, "%d of %d cases pass\n", len(file.Cases)-failed, len(file.Cases))
	if failed > 0 {
		return errFindings
	}
	return nil
}
