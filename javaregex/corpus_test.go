package javaregex

// This file compares this package's answers with Java's, and prints the pass
// rate by area.

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"temporal-twilio/test/cputime"
)

var corpusFile = flag.String("corpus", "testdata/corpus.jsonl", "cases with Java's answers")

// corpusCase is a line of a corpus: a question and Java's answer.
type corpusCase struct {
	ID       string  `json:"id,omitempty"`
	Area     string  `json:"area"`
	Kind     string  `json:"kind,omitempty"` // find if empty; see internal/jdk/Oracle.java
	Flags    Flags   `json:"flags,omitempty"`
	Pattern  string  `json:"pattern"`
	Input    string  `json:"input"`
	Argument string  `json:"argument,omitempty"`
	Expect   *answer `json:"expect"`
}

// answer is Java's answer. For a pattern on which Java itself takes too long,
// BoundedMS is this package's time limit, and Truth, if set, is the correct
// answer.
type answer struct {
	Error          bool               `json:"error,omitempty"`
	Index          *int               `json:"index,omitempty"` // position of the error, in characters
	Find           bool               `json:"find"`
	Whole          string             `json:"whole,omitempty"`
	Start          int                `json:"start,omitempty"` // in characters
	Groups         map[string]*string `json:"groups,omitempty"`
	Numbered       []*string          `json:"numbered,omitempty"`
	All            [][2]int           `json:"all,omitempty"`
	Text           *string            `json:"text,omitempty"`
	BadReplacement bool               `json:"badReplacement,omitempty"`
	Pieces         []string           `json:"pieces,omitempty"`
	BoundedMS      int                `json:"bounded_ms,omitempty"`
	Truth          *answer            `json:"truth,omitempty"`
	Fault          string             `json:"fault,omitempty"`
}

func TestCorpus(t *testing.T) {
	tally := newTally()
	for _, c := range readCorpus(t, *corpusFile) {
		tally.check(t, c)
	}
	tally.print()
}

func readCorpus(t testing.TB, file string) []*corpusCase {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []*corpusCase
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		c := new(corpusCase)
		if err := json.Unmarshal(lines.Bytes(), c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	return cases
}

// tally counts cases by area.
type tally struct{ passed, total map[string]int }

func newTally() *tally { return &tally{map[string]int{}, map[string]int{}} }

func (y *tally) check(t testing.TB, c *corpusCase) {
	y.total[c.Area]++
	if problem := c.run(); problem != "" {
		t.Errorf("%s %s: %s %.200q flags %#x on %.200q (%q): %s", c.Area, c.ID, c.Kind, c.Pattern, int(c.Flags), c.Input, c.Argument, problem)
		return
	}
	y.passed[c.Area]++
}

func (y *tally) print() {
	var areas []string
	for area := range y.total {
		areas = append(areas, area)
	}
	slices.Sort(areas)
	for _, area := range areas {
		fmt.Printf("%-14s %6d of %6d  %6.2f%%\n", area, y.passed[area], y.total[area], 100*float64(y.passed[area])/float64(y.total[area]))
	}
}

// run runs the case and returns how the result differs from the answer, or ""
// if it does not.
func (c *corpusCase) run() string {
	want, begun := c.Expect, cputime.Used()
	if want.Truth != nil && want.Truth.Error {
		want = want.Truth
	}
	p, err := CompileLimits(c.Pattern, c.Flags, Limits{Time: time.Minute})
	if want.Error != (err != nil) {
		return fmt.Sprintf("got error %v, want an error: %v", err, want.Error)
	}
	if err != nil {
		if want.Index != nil && !c.sameIndex(err.(*SyntaxError), *want.Index) {
			return fmt.Sprintf("got error %v, want index %d", err, *want.Index)
		}
		return ""
	}
	problem := c.compare(p, want)
	if took := (cputime.Used() - begun).Milliseconds(); want.BoundedMS > 0 && took > int64(want.BoundedMS*slowdown) {
		return fmt.Sprintf("took %d ms, want at most %d", took, want.BoundedMS*slowdown)
	}
	return problem
}

// compare returns how p's result differs from the answer, or "" if it does not.
func (c *corpusCase) compare(p *Pattern, want *answer) string {
	ctx := context.Background()
	switch c.Kind {
	case "", "find":
		m, err := p.Find(ctx, c.Input)
		return c.compareMatch(want, m, err)
	case "matches":
		m, err := p.Matches(ctx, c.Input)
		return c.compareMatch(want, m, err)
	case "all":
		all, err := p.FindAll(ctx, c.Input, 50)
		var places [][2]int
		for _, m := range all {
			places = append(places, [2]int{c.place(m.Start()), c.place(m.End())})
		}
		return differ(err, places, want.All)
	case "split":
		limit, _ := strconv.Atoi(c.Argument)
		pieces, err := p.Split(ctx, c.Input, limit)
		return differ(err, pieces, want.Pieces)
	}
	replace := p.ReplaceAll
	if c.Kind == "replaceFirst" {
		replace = p.ReplaceFirst
	}
	text, err := replace(ctx, c.Input, c.Argument)
	if want.BadReplacement {
		if _, ok := err.(*ReplacementError); !ok {
			return fmt.Sprintf("got %q, %v, want an invalid replacement", text, err)
		}
		return ""
	}
	return differ(err, []string{text}, []string{*want.Text})
}

func differ[T comparable](err error, got, want []T) string {
	if err != nil || !slices.Equal(got, want) {
		return fmt.Sprintf("got %v, %v, want %v", got, err, want)
	}
	return ""
}

// place converts a byte offset to an offset in characters.
func (c *corpusCase) place(i int) int { return utf8.RuneCountInString(c.Input[:i]) }

func (c *corpusCase) compareMatch(want *answer, m *Match, err error) string {
	if want.BoundedMS > 0 {
		if want = want.Truth; want == nil || err == nil && want.Find == (m != nil) && want.Numbered == nil {
			return ""
		}
	}
	if err != nil || want.Find != (m != nil) {
		return fmt.Sprintf("got found %v, error %v, want found %v", m != nil, err, want.Find)
	}
	if m == nil {
		return ""
	}
	if whole, _ := m.Group(0); whole != want.Whole || c.place(m.Start()) != want.Start {
		return fmt.Sprintf("got the match %q at %d, want %q at %d", whole, c.place(m.Start()), want.Whole, want.Start)
	}
	if m.GroupCount() != len(want.Numbered) {
		return fmt.Sprintf("got %d groups, want %d", m.GroupCount(), len(want.Numbered))
	}
	for i, wantText := range want.Numbered {
		if problem := compareGroup(m, i+1, wantText); problem != "" {
			return fmt.Sprintf("group %d %s", i+1, problem)
		}
	}
	named := m.Named()
	for name, wantText := range want.Groups {
		text, ok := named[name]
		if ok != (wantText != nil) || ok && text != *wantText {
			return fmt.Sprintf("group %s: got %q and participation %v, which differ from Java's", name, text, ok)
		}
	}
	return ""
}

func compareGroup(m *Match, i int, want *string) string {
	text, ok := m.Group(i)
	switch {
	case ok != (want != nil):
		return fmt.Sprintf("participated: got %v, want %v", ok, want != nil)
	case ok && text != *want:
		return fmt.Sprintf("got %q, want %q", text, *want)
	}
	return ""
}

// sameIndex compares the byte offset of an error with Java's index, in
// characters. It accepts any offset if the pattern contains \Q, because Java
// counts after removing \Q…\E, or if a closing parenthesis is unmatched,
// because Java points before it.
func (c *corpusCase) sameIndex(err *SyntaxError, want int) bool {
	if strings.Contains(c.Pattern, `\Q`) || strings.HasPrefix(err.Message, "unmatched )") {
		return true
	}
	return want == err.Index || want > utf8.RuneCountInString(c.Pattern) && err.Index == len(c.Pattern) || err.Index >= 0 && utf8.RuneCountInString(c.Pattern[:err.Index]) == want
}
