package main

// Files of cases, for starter triggers test and starter render.

import (
	"fmt"
	"io"
	"os"
	"strings"

	"temporal-twilio/internal/yamlfile"
)

// caseResult is the result of a case, as it is printed as JSON.
type caseResult struct {
	Case  int    `json:"case"`
	Title string `json:"title,omitempty"`
	OK    bool   `json:"ok"`
	Wrong string `json:"wrong,omitempty"`
}

// runCases reads a file of cases and prints the result of each. try returns a
// case's title, which may be empty, and a description of what is wrong, which
// is empty if the case passes.
func runCases[T any](out io.Writer, path string, asJSON bool, try func(T) (title, wrong string, err error)) error {
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
	passed := 0
	var results []caseResult
	for i, c := range file.Cases {
		title, wrong, err := try(c)
		if err != nil {
			return fmt.Errorf("%s: case %d: %w", path, i+1, err)
		}
		result := caseResult{Case: i + 1, Title: title, OK: wrong == "", Wrong: wrong}
		results = append(results, result)
		if result.OK {
			passed++
		}
		if !asJSON {
			fmt.Fprintln(out, result)
		}
	}
	if asJSON {
		if err := printJSON(out, results); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(out, "%d of %d cases pass\n", passed, len(results))
	}
	if passed < len(results) {
		return errFindings
	}
	return nil
}

// String returns the result as it is printed.
func (r caseResult) String() string {
	line := fmt.Sprintf("case %d", r.Case)
	if r.Title != "" {
		line += ", " + r.Title
	}
	if r.OK {
		return line + ": ok"
	}
	return line + ": FAILED\n  " + strings.ReplaceAll(r.Wrong, "\n", "\n  ")
}
