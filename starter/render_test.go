package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// render runs starter render with a template on its standard input.
func render(t *testing.T, template string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := command()
	cmd.SetArgs(append([]string{"render", "-"}, args...))
	cmd.SetIn(strings.NewReader(template))
	cmd.SetOut(&out)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func TestRenderShowsTextAndCost(t *testing.T) {
	for _, tc := range []struct {
		template, want string
		args           []string
	}{
		{"Dear ${name}\n", "Dear Ann\n\n1 segment, GSM-7, 8 units\n", []string{"--var", "name=Ann"}},
		{"${total} due", "1.234,5 due\n\n1 segment, GSM-7, 11 units\n", []string{"--var", "total:=1234.5", "--locale", "de_DE"}},
		{"Hi\nit’s ${name}", "Hi\nit’s Bo\n\n1 segment, UCS-2, 10 units because of ’ (U+2019) at line 2, column 3\n", []string{"--vars", write(t, "v.json", `{"name": "Ann"}`), "--var", "name=Bo"}},
		{"${\"2026-01-01T12:00:00Z\"?datetime.iso?string(\"HH:mm\")}", "13:00\n\n1 segment, GSM-7, 5 units\n", []string{"--time-zone", "Europe/Berlin"}},
	} {
		if got, err := render(t, tc.template, tc.args...); err != nil || got != tc.want {
			t.Errorf("%q: got %q, error %v; want %q", tc.template, got, err, tc.want)
		}
	}
}

func TestRenderNamesAllThatIsMissing(t *testing.T) {
	got, err := render(t, "Dear ${name},\nyour ${order.item} of ${count + 1} <#list lines as l>${l}</#list>${place!}", "--json")
	var r rendered
	if !errors.Is(err, errFindings) || json.Unmarshal([]byte(got), &r) != nil {
		t.Fatalf("got %s, error %v; want errFindings and JSON", got, err)
	}
	var names []string
	for _, m := range r.Missing {
		names = append(names, m.Name)
	}
	if all := strings.Join(names, " "); !strings.HasPrefix(all, "name order") || !strings.Contains(all, "count lines") || r.Missing[1].Line != 2 || r.Missing[1].Column != 8 {
		t.Errorf("got missing variables %+v, want name, order, count and lines with their positions", r.Missing)
	}
	if got, err := render(t, "${x", "--json"); !errors.Is(err, errFindings) || !strings.Contains(got, `"error"`) {
		t.Errorf("with an invalid template: got %s, error %v; want errFindings and an error in JSON", got, err)
	}
	if _, err := render(t, "x", "--locale", "?"); err == nil || errors.Is(err, errFindings) {
		t.Errorf("with an invalid locale: got error %v, want an error other than errFindings", err)
	}
}

func TestRenderCasesHoldOrFail(t *testing.T) {
	const cases = `cases:
  - vars: {name: Ann, total: 1234.5}
    locale: de_DE
    want: Ann 1.234,5
  - {vars: {name: Bo, total: 1}, want: Bo 1}
`
	if got, err := render(t, "${name} ${total}", "--cases", write(t, "c.yaml", cases)); err != nil || !strings.Contains(got, "2 of 2 cases pass") {
		t.Errorf("got %s, error %v; want both cases to pass", got, err)
	}
	if got, err := render(t, "${name} ${total}!", "--cases", write(t, "c.yaml", cases)); !errors.Is(err, errFindings) || !strings.HasSuffix(got, "case 2: FAILED\n  got  \"Bo 1!\"\n  want \"Bo 1\"\n0 of 2 cases pass\n") {
		t.Errorf("got %s, error %v; want errFindings and the text rendered", got, err)
	}
	var results []caseResult
	got, err := render(t, "${name} 1.234,5", "--cases", write(t, "c.yaml", cases), "--json")
	if !errors.Is(err, errFindings) || json.Unmarshal([]byte(got), &results) != nil || len(results) != 2 || !results[0].OK || results[1].OK || !strings.Contains(results[1].Wrong, `want "Bo 1"`) {
		t.Errorf("as JSON: got %s, error %v; want errFindings and the second case to fail", got, err)
	}
}

func TestVariablesAreReadOrRefused(t *testing.T) {
	for pair, want := range map[string]string{
		"a=1": `{"a":"1"}`, "a:=1": `{"a":1}`, "a=": `{"a":""}`, "a:={\"b\": 2}": `{"a":{"b":2}}`, "a:=x": "not JSON", "a": "name=value", ":=1": "name=value",
	} {
		f := variableFlags{pairs: []string{pair}}
		got, err := f.model()
		if (err == nil && string(got) != want) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %s, error %v; want %s", pair, got, err, want)
		}
	}
	if _, err := (&variableFlags{file: write(t, "v.json", "[1]")}).model(); err == nil || !strings.Contains(err.Error(), "want a JSON object") {
		t.Errorf("a list instead of an object: got error %v, want it refused", err)
	}
}

func TestVersionIsPrinted(t *testing.T) {
	if out, err := starter(t, "--version"); err != nil || !strings.HasPrefix(out, "starter version ") {
		t.Errorf("got %s, error %v; want the version", out, err)
	}
}

func TestRenderSuggestsWhatWasMeant(t *testing.T) {
	for want, args := range map[string][]string{
		`did you mean "Name"?`:  {"--body", "Dear ${name}", "--var", "Name=Ann"},
		"--var total:=12.5":     {"--body", `${total?string("0.00")}`, "--var", "total=12.5"},
		"Dear Ann\n\n1 segment": {"--body", "Dear ${name}", "--var", "name=Ann"},
	} {
		cmd, out := command(), bytes.Buffer{}
		cmd.SetOut(&out)
		cmd.SetArgs(append([]string{"render"}, args...))
		_ = cmd.Execute() // the output shows any error
		if !strings.Contains(out.String(), want) {
			t.Errorf("%v: got %s, want it to contain %q", args, out.String(), want)
		}
	}
}
