package main

// starter render: renders a template without sending it.

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"temporal-twilio/freemarker"
	"temporal-twilio/internal/config"
	"temporal-twilio/internal/yamlfile"
	"temporal-twilio/sms"
)

type renderFlags struct {
	vars                    variableFlags
	locale, timeZone, cases string
	body                    string
	asJSON                  bool
}

func renderCommand() *cobra.Command {
	var f renderFlags
	cmd := &cobra.Command{
		Use:   "render FILE|-|--body TEXT",
		Short: "Render a template and show what it would cost, without sending it",
		Long: `Render a FreeMarker template, from a file or with - from standard input, as the
worker would, and print the text, its segments and encoding, and the character
that made it UCS-2. All missing variables are listed, with their positions.

--cases names a file of cases, such as texts that the old system rendered:

  cases:
    - vars: {name: Ann, total: 1234.5}
      locale: de_DE          # optional, as is timeZone
      want: Liebe Ann, 1.234,5

Exit status: 0 rendered, or all cases pass; 1 a variable is missing, the template
fails or a case does not pass; 2 any other error.`,
		Example: `  starter render --body 'Dear ${name}, ${total} due' --var name=Ann --var total:=1234.5
  echo 'Dear ${name}' | starter render - --var name=Ann
  starter render welcome.ftl --vars data.json --locale de_DE
  starter render welcome.ftl --cases renders.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			source := f.body
			switch given := cmd.Flags().Changed("body"); {
			case given == (len(args) == 1):
				return errors.New("provide either a file (- for standard input) or --body")
			case !given:
				if source, err = read(cmd.InOrStdin(), args[0]); err != nil {
					return err
				}
			}
			if err := f.complete(); err != nil {
				return err
			}
			if f.cases != "" {
				return f.runCases(cmd.Context(), cmd.OutOrStdout(), source)
			}
			return f.render(cmd.Context(), cmd.OutOrStdout(), source)
		},
	}
	flags := cmd.Flags()
	f.vars.add(flags)
	flags.StringVar(&f.body, "body", "", "the template, instead of a file")
	flags.StringVar(&f.locale, "locale", "", "locale of numbers and dates, such as pt_BR (default TEMPLATE_LOCALE)")
	flags.StringVar(&f.timeZone, "time-zone", "", "time zone of dates and times, such as Europe/Berlin (default TEMPLATE_TIME_ZONE)")
	flags.StringVar(&f.cases, "cases", "", "a file of cases")
	flags.BoolVar(&f.asJSON, "json", false, "print as JSON")
	cmd.MarkFlagsMutuallyExclusive("cases", "vars")
	cmd.MarkFlagsMutuallyExclusive("cases", "var")
	return cmd
}

// maxTemplate bounds the size of a template or a file of cases.
const maxTemplate = 10 << 20

func read(stdin io.Reader, name string) (string, error) {
	in := stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return "", err
		}
		defer file.Close()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, maxTemplate))
	if err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	// Editors end the last line with a line break, which would be part of the
	// text.
	return strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), nil
}

// complete fills in the worker's locale and time zone, and checks them.
func (f *renderFlags) complete() error {
	c, err := config.FromEnvironment()
	if err != nil {
		return err
	}
	f.locale, f.timeZone = cmp.Or(f.locale, c.TemplateLocale), cmp.Or(f.timeZone, c.TemplateTimeZone)
	return checkLocation(f.locale, f.timeZone)
}

func checkLocation(locale, timeZone string) error {
	if !freemarker.IsLocale(locale) {
		return fmt.Errorf("--locale %q: want a locale such as pt_BR", locale)
	}
	if !freemarker.IsTimeZone(timeZone) {
		return fmt.Errorf("--time-zone %q: want a time zone such as Europe/Berlin", timeZone)
	}
	return nil
}

// rendered is the result of rendering a template.
type rendered struct {
	Text     string       `json:"text"`
	Encoding sms.Encoding `json:"encoding"`
	Segments int          `json:"segments"`
	Units    int          `json:"units"`
	// Culprit is the character that made the text UCS-2; Line and Column are
	// its position in the text.
	Culprit string `json:"culprit,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	// Missing lists the variables that the template uses but that were not
	// given.
	Missing []missing `json:"missing,omitempty"`
	// Error is why the template could not be rendered.
	Error string `json:"error,omitempty"`
}

type missing struct {
	Name   string `json:"name"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	// meant suggests a variable that was given and has a similar name. It is ""
	// if there is none.
	meant string
}

// suggest adds what the user may have meant: a variable with a similar name, or
// a number instead of a text.
func (r *rendered) suggest(model json.RawMessage, pairs []string) {
	given := map[string]json.RawMessage{}
	_ = json.Unmarshal(model, &given) // cannot fail: it has been parsed before, or is empty
	for i := range r.Missing {
		name, _, _ := strings.Cut(r.Missing[i].Name, ".")
		delete(given, name) // if it was given, its value is null
		r.Missing[i].meant = yamlfile.DidYouMean(name, slices.Sorted(maps.Keys(given)))
	}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		if number := json.Number(value); r.Error != "" && len(r.Missing) == 0 && !strings.HasSuffix(name, ":") && isNumber(number) {
			r.Error += fmt.Sprintf("\n%s is a text; if a number is meant: --var %s:=%s", name, name, value)
		}
	}
}

func isNumber(n json.Number) bool {
	_, err := n.Float64()
	return err == nil
}

func (f *renderFlags) render(ctx context.Context, out io.Writer, source string) error {
	model, err := f.vars.model()
	if err != nil {
		return err
	}
	r := renderText(ctx, source, model, f.locale, f.timeZone)
	r.suggest(model, f.vars.pairs)
	if f.asJSON {
		err = printJSON(out, r)
	} else {
		r.print(out)
	}
	if err == nil && r.Error != "" {
		err = errFindings
	}
	return err
}

func (r *rendered) print(out io.Writer) {
	for _, m := range r.Missing {
		fmt.Fprintf(out, "line %d, column %d: %s is missing; write ${%s!} or provide it%s\n", m.Line, m.Column, m.Name, m.Name, m.meant)
	}
	if r.Error != "" {
		if len(r.Missing) == 0 {
			fmt.Fprintln(out, r.Error)
		}
		return
	}
	fmt.Fprintf(out, "%s\n\n%s, %s, %d units", r.Text, plural(r.Segments, "segment"), r.Encoding, r.Units)
	if r.Culprit != "" {
		fmt.Fprintf(out, " because of %s at line %d, column %d", named(r.Culprit), r.Line, r.Column)
	}
	fmt.Fprintln(out)
	if n := len([]rune(r.Text)); n > sms.MaxBodyLength {
		fmt.Fprintf(out, "%d characters; Twilio accepts at most %d\n", n, sms.MaxBodyLength)
	}
}

// named returns a character with its code point, because many look alike. For
// an unprintable character, it returns only the code point.
func named(character string) string {
	r := []rune(character)[0]
	if unicode.IsPrint(r) {
		return fmt.Sprintf("%c (U+%04X)", r, r)
	}
	return fmt.Sprintf("U+%04X", r)
}

// renderText renders a template and measures the result.
func renderText(ctx context.Context, source string, model json.RawMessage, locale, timeZone string) (r rendered) {
	template, err := freemarker.Parse("text", source, freemarker.WithLocale(locale), freemarker.WithTimeZone(timeZone))
	if err != nil {
		r.Error = err.Error()
		return r
	}
	r.Text, err = renderModel(ctx, template, model)
	if err != nil {
		r.Error, r.Missing = err.Error(), allMissing(ctx, template, model, err)
		return r
	}
	size := sms.Measure(r.Text)
	r.Encoding, r.Segments, r.Units = size.Encoding, size.Segments, size.Units
	if size.Culprit != 0 {
		before := string([]rune(r.Text)[:size.CulpritIndex])
		r.Culprit, r.Line = string(size.Culprit), 1+strings.Count(before, "\n")
		r.Column = 1 + len([]rune(before[strings.LastIndex(before, "\n")+1:]))
	}
	return r
}

func renderModel(ctx context.Context, template *freemarker.Template, model json.RawMessage) (string, error) {
	if model == nil {
		model = json.RawMessage("{}")
	}
	value, err := freemarker.FromJSON(model)
	if err != nil {
		return "", err
	}
	return template.Render(ctx, value)
}

// maxMissing limits how many missing variables are reported.
const maxMissing = 50

// allMissing finds the other missing variables by rendering again with a
// stand-in for each, because FreeMarker stops at the first.
func allMissing(ctx context.Context, template *freemarker.Template, model json.RawMessage, err error) (all []missing) {
	data := map[string]any{}
	if model != nil {
		decoder := json.NewDecoder(strings.NewReader(string(model)))
		decoder.UseNumber()
		_ = decoder.Decode(&data) // cannot fail: it has been decoded before
	}
	for len(all) < maxMissing {
		problem := (*freemarker.RenderError)(nil)
		if !errors.As(err, &problem) || problem.Kind != freemarker.KindMissing || problem.Name == "" {
			return all
		}
		all = append(all, missing{Name: problem.Name, Line: problem.Line, Column: problem.Column})
		// A string works, unless the template accesses its members or
		// calculates with it.
		for _, standIn := range []any{"", map[string]any{}, json.Number("1"), []any{}, true} {
			if !put(data, problem.Name, standIn) {
				return all
			}
			filled, encodingErr := json.Marshal(data)
			if encodingErr != nil {
				return all
			}
			next := (*freemarker.RenderError)(nil)
			if _, err = renderModel(ctx, template, filled); !errors.As(err, &next) || next.Kind == freemarker.KindMissing && next.Name != problem.Name {
				break
			}
		}
	}
	return all
}

// put sets the value at a path such as customer.name, and reports whether that
// was possible.
func put(data map[string]any, path string, value any) bool {
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		if data[name] == nil {
			data[name] = map[string]any{}
		}
		inner, ok := data[name].(map[string]any)
		if !ok {
			return false
		}
		data = inner
	}
	data[names[len(names)-1]] = value
	return true
}

// renderCase is one case in a file of cases.
type renderCase struct {
	Vars     map[string]yamlfile.Value `yaml:"vars"`
	Locale   string                    `yaml:"locale"`
	TimeZone string                    `yaml:"timeZone"`
	Want     string                    `yaml:"want"`
}

func (f *renderFlags) runCases(ctx context.Context, out io.Writer, source string) error {
	return runCases(out, f.cases, f.asJSON, func(c renderCase) (_, wrong string, err error) {
		locale, timeZone := cmp.Or(c.Locale, f.locale), cmp.Or(c.TimeZone, f.timeZone)
		if err := checkLocation(locale, timeZone); err != nil {
			return "", "", err
		}
		model, err := json.Marshal(c.Vars)
		if c.Vars == nil {
			model = nil
		}
		if err != nil {
			return "", "", err
		}
		if got := renderText(ctx, source, model, locale, timeZone); got.Error != "" || got.Text != c.Want {
			wrong = fmt.Sprintf("got  %q\nwant %q", cmp.Or(got.Error, got.Text), c.Want)
		}
		return "", wrong, nil
	})
}
