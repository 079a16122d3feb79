//go:build java

package javaregex

// This file runs new random cases and those of the corpus on the JDK on the
// PATH (17 is the reference). It compares the JDK's answers to the new cases
// with this package's, and stores the JDK's answers to the corpus's own cases
// in the corpus:
//
//	go test -tags java ./javaregex -run Java -java 20000 -seed 1

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var (
	javaCases = flag.Int("java", 200, "for each area, how many cases to make and compare with the JDK on the PATH")
	seed      = flag.Int64("seed", 1, "seed of the random cases")
	onlyArea  = flag.String("area", "", "make cases only for this area (default: all areas)")
	keep      = flag.Int("keep", 0, "how many new cases of each area to put into the corpus")
)

func TestAgainstJava(t *testing.T) {
	tally := newTally()
	for _, c := range answered(t, generate(*seed, *javaCases, *onlyArea)) {
		tally.check(t, c)
	}
	tally.print()
}

// TestCorpusMatchesJava rewrites the corpus with the JDK's answers. With -keep,
// it also replaces the random cases with new ones.
func TestCorpusMatchesJava(t *testing.T) {
	cases := readCorpus(t, *corpusFile)
	if *keep > 0 {
		cases = slices.DeleteFunc(cases, func(c *corpusCase) bool { return generators[c.Area] != nil })
		cases = append(cases, generate(*seed, *keep, *onlyArea)...)
	}
	writeCorpus(t, *corpusFile, answered(t, cases))
}

// answered fills in Java's answers to the cases, and omits cases that Java
// cannot answer.
func answered(t testing.TB, cases []*corpusCase) []*corpusCase {
	var good []*corpusCase
	for i, text := range askJava(t, cases) {
		expect := new(answer)
		if err := json.Unmarshal(text, expect); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		c := cases[i]
		if c.Expect != nil && c.Expect.BoundedMS > 0 {
			good = append(good, c)
			continue
		}
		if expect.Fault != "" {
			continue
		}
		c.Expect = expect
		good = append(good, c)
	}
	return good
}

// request returns a line for internal/jdk/Oracle.java.
func (c *corpusCase) request() string {
	kind := c.Kind
	if kind == "" {
		kind = "find"
	}
	escape := func(s string) string {
		quoted, _ := json.Marshal(s)
		return string(quoted[1 : len(quoted)-1])
	}
	return fmt.Sprintf("%s\t%d\t%s\t%s\t%s\n", kind, c.Flags, escape(c.Pattern), escape(c.Input), escape(c.Argument))
}

// askJava returns one line of JSON for each case.
func askJava(t testing.TB, cases []*corpusCase) []json.RawMessage {
	t.Helper()
	classes := filepath.Join(os.TempDir(), "javaregex-jdk")
	if out, err := exec.Command("javac", "-encoding", "UTF-8", "-d", classes, "internal/jdk/Oracle.java").CombinedOutput(); err != nil {
		t.Fatalf("javac: %v\n%s", err, out)
	}
	var requests strings.Builder
	for _, c := range cases {
		requests.WriteString(c.request())
	}
	java := exec.Command("java", "-Xss4m", "-cp", classes, "Oracle")
	java.Stdin = strings.NewReader(requests.String())
	java.Stderr = os.Stderr
	out, err := java.Output()
	if err != nil {
		t.Fatalf("java: %v", err)
	}
	var answers []json.RawMessage
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		answers = append(answers, json.RawMessage(bytes.Clone(lines.Bytes())))
	}
	if len(answers) != len(cases) {
		t.Fatalf("Java answered %d of %d cases", len(answers), len(cases))
	}
	return answers
}

func writeCorpus(t testing.TB, file string, cases []*corpusCase) {
	t.Helper()
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	for _, c := range cases {
		if err := encoder.Encode(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
