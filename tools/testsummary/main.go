// Command testsummary reads the output of `go test -json` on standard input and
// prints a readable summary: one line for each package, the full output of what
// failed, the names of skipped tests, and finally a line "N passed, N failed,
// N skipped". Lines that are not JSON are printed unchanged. It exits with 1 if
// anything failed.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

func main() {
	totals := flag.String("totals", "", "also write the skipped tests and the summary line to this file")
	flag.Parse()

	s := newSummary(os.Stdout)
	if err := s.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "testsummary: read standard input:", err)
		os.Exit(1)
	}
	s.printTotals(os.Stdout)
	if *totals != "" {
		if err := s.writeTotals(*totals); err != nil {
			fmt.Fprintln(os.Stderr, "testsummary:", err)
			os.Exit(1)
		}
	}
	if s.failed > 0 {
		os.Exit(1)
	}
}

// event is a line of `go test -json`; see `go doc test2json`.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

type summary struct {
	out                     io.Writer
	passed, failed, skipped int
	skippedNames            []string
	// output holds, for each package, what each running test has printed and,
	// under "", what the package itself has printed.
	output map[string]map[string]*strings.Builder
	// failures counts the failed tests of a package.
	failures map[string]int
}

func newSummary(out io.Writer) *summary {
	return &summary{out: out, output: map[string]map[string]*strings.Builder{}, failures: map[string]int{}}
}

func (s *summary) read(r io.Reader) error {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			s.line(line)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *summary) line(line string) {
	var e event
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &e) != nil || e.Action == "" {
		fmt.Fprint(s.out, line)
		return
	}
	switch e.Action {
	case "build-output":
		fmt.Fprint(s.out, e.Output)
	case "output":
		s.keep(e)
	case "pass", "fail", "skip":
		if e.Test == "" {
			s.packageEnded(e)
		} else {
			s.testEnded(e)
		}
	}
}

func (s *summary) keep(e event) {
	// This line is the result of the package: print it now. Other output of the
	// package is kept until the package has ended.
	if e.Test == "" && (strings.HasPrefix(e.Output, "ok ") || strings.HasPrefix(e.Output, "FAIL\t")) {
		fmt.Fprint(s.out, e.Output)
		return
	}
	tests := s.output[e.Package]
	if tests == nil {
		tests = map[string]*strings.Builder{}
		s.output[e.Package] = tests
	}
	if tests[e.Test] == nil {
		tests[e.Test] = &strings.Builder{}
	}
	tests[e.Test].WriteString(e.Output)
}

func (s *summary) testEnded(e event) {
	switch e.Action {
	case "pass":
		s.passed++
	case "skip":
		s.skipped++
		s.skippedNames = append(s.skippedNames, e.Package+" "+e.Test)
	case "fail":
		s.failed++
		s.failures[e.Package]++
		s.print(e.Package, e.Test)
	}
	delete(s.output[e.Package], e.Test)
}

// packageEnded counts a package as one failure if it failed but none of its
// tests did: it did not build, panicked, or ran out of time.
func (s *summary) packageEnded(e event) {
	if e.Action == "fail" && s.failures[e.Package] == 0 {
		s.failed++
		tests := s.output[e.Package]
		names := make([]string, 0, len(tests))
		for name := range tests {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			s.print(e.Package, name)
		}
	}
	delete(s.output, e.Package)
}

func (s *summary) print(pkg, test string) {
	if output := s.output[pkg][test]; output != nil {
		fmt.Fprint(s.out, output.String())
	}
}

func (s *summary) printTotals(w io.Writer) {
	for _, name := range s.skippedNames {
		fmt.Fprintln(w, "skipped:", name)
	}
	fmt.Fprintf(w, "%d passed, %d failed, %d skipped\n", s.passed, s.failed, s.skipped)
}

func (s *summary) writeTotals(path string) error {
	var text strings.Builder
	s.printTotals(&text)
	return os.WriteFile(path, []byte(text.String()), 0o644)
}
