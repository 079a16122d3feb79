package freemarker_test

// The corpus consists of templates with their results in Apache FreeMarker.

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"testing"
	"time"

	"temporal-twilio/freemarker"
	"temporal-twilio/freemarker/internal/corpus"
)

// answer is the result of a template: its output, or the class of its error
// and, for a parse error, the position.
type answer struct {
	output, class string
	line, column  int
	err           error
}

func ask(template string, model json.RawMessage, locale, zone string) answer {
	var opts []freemarker.Option
	if locale != "" {
		opts = append(opts, freemarker.WithLocale(locale))
	}
	if zone != "" {
		opts = append(opts, freemarker.WithTimeZone(zone))
	}
	v, err := freemarker.FromJSON(model)
	if err != nil {
		return answer{class: "model", err: err}
	}
	t, err := freemarker.Parse("smsBody", template, opts...)
	if pe, ok := errors.AsType[*freemarker.ParseError](err); ok {
		return answer{class: "parse", line: pe.Line, column: pe.Column, err: err}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	output, err := t.Render(ctx, v)
	if re, ok := errors.AsType[*freemarker.RenderError](err); ok {
		return answer{class: re.Kind.String(), err: err}
	}
	return answer{output: output}
}

// tally counts, by area, the correct answers and the parse errors at the
// correct position.
type tally struct {
	areas    map[string]*areaResult
	failures io.Writer // where to write the details; may be nil
}

type areaResult struct{ passed, total, parseErrors, exact int }

func (t *tally) count(area, template string, want, got answer) {
	r := t.areas[area]
	if r == nil {
		r = &areaResult{}
		t.areas[area] = r
	}
	r.total++
	ok := got.class == want.class && got.output == want.output
	if ok {
		r.passed++
	}
	exact := true
	if want.class == "parse" {
		r.parseErrors++
		exact = ok && got.line == want.line && got.column == want.column
		if exact {
			r.exact++
		}
	}
	if t.failures != nil && (!ok || !exact) {
		fmt.Fprintf(t.failures, "%s\n  template: %q\n  want: %q %s %d:%d\n  got:  %q %s %d:%d %v\n", area, template,
			want.output, want.class, want.line, want.column, got.output, got.class, got.line, got.column, got.err)
	}
}

// TestConformance renders the corpus and reports the pass rate of each area.
// FREEMARKER_CASES names a file of cases to use instead of the corpus, and
// FREEMARKER_FAILURES a file to which the differences are written.
func TestConformance(t *testing.T) {
	results := &tally{areas: map[string]*areaResult{}}
	if name := os.Getenv("FREEMARKER_FAILURES"); name != "" {
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		results.failures = f
	}
	if name := os.Getenv("FREEMARKER_CASES"); name != "" {
		results.other(t, name)
	} else {
		results.corpus(t)
	}
	results.report(t)
}

func (t *tally) corpus(tb testing.TB) {
	base, files, err := corpus.Load("testdata/corpus")
	if err != nil {
		tb.Fatal(err)
	}
	for _, name := range files {
		cases, err := corpus.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		for _, c := range cases {
			want := answer{class: c.Class, line: c.Line, column: c.Column}
			if c.Output != nil {
				want.output = *c.Output
			} else if c.Class == "" {
				continue
			}
			t.count(c.Area, c.Template, want, ask(base.Source(c), base.ModelOf(c), c.Locale, c.TimeZone))
		}
	}
}

// other reads a file of cases in a second format, in which each case has either
// expect_output, or expect_error_class with expect_line and expect_column.
func (t *tally) other(tb testing.TB, name string) {
	data, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var c struct {
			Area, Template, Locale, TimeZone string
			Model                            json.RawMessage
			Output                           string  `json:"expect_output"`
			Alt                              *string `json:"alt_output"`
			Class                            string  `json:"expect_error_class"`
			Line                             int     `json:"expect_line"`
			Column                           int     `json:"expect_column"`
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			tb.Fatalf("%s: invalid case: %v", name, err)
		}
		if len(c.Model) == 0 || string(c.Model) == "null" {
			c.Model = json.RawMessage("{}")
		}
		got := ask(c.Template, c.Model, c.Locale, c.TimeZone)
		want := answer{output: c.Output, class: c.Class, line: c.Line, column: c.Column}
		if c.Alt != nil && got.class == "" && got.output == *c.Alt {
			want = got
		}
		t.count(c.Area, c.Template, want, got)
	}
}

func (t *tally) report(tb testing.TB) {
	var areas []string
	for a := range t.areas {
		areas = append(areas, a)
	}
	sort.Strings(areas)
	var all areaResult
	for _, a := range areas {
		r := t.areas[a]
		all.passed += r.passed
		all.total += r.total
		all.parseErrors += r.parseErrors
		all.exact += r.exact
		tb.Logf("%-24s %5d/%-5d %6.2f%%", a, r.passed, r.total, 100*float64(r.passed)/float64(r.total))
		if 100*r.passed < 95*r.total {
			tb.Errorf("area %s: got %d of %d cases right, want at least 95%%", a, r.passed, r.total)
		}
	}
	if all.total == 0 {
		tb.Fatal("the corpus has no cases")
	}
	tb.Logf("%-24s %5d/%-5d %6.2f%%", "all", all.passed, all.total, 100*float64(all.passed)/float64(all.total))
	tb.Logf("parse errors at the exact position: %d/%d", all.exact, all.parseErrors)
	if 100*all.passed < 99*all.total {
		tb.Errorf("got %d of %d cases right, want at least 99%%", all.passed, all.total)
	}
	if 100*all.exact < 95*all.parseErrors {
		tb.Errorf("got %d of %d parse errors at the exact position, want at least 95%%", all.exact, all.parseErrors)
	}
}
