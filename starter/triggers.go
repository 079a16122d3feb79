package main

// starter triggers: checks and tries trigger files before they take effect.

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"

	"temporal-twilio/internal/config"
	"temporal-twilio/internal/yamlfile"
	"temporal-twilio/sms"
	"temporal-twilio/triggers"
)

// errFindings makes the process exit with status 1; the findings have been
// printed.
var errFindings = errors.New("something was found")

func triggersCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "triggers",
		Short: "Check and try trigger files",
		Example: `  starter triggers lint triggers.yaml
  starter triggers test triggers.yaml --body 'Order Number 42'`,
		Args: cobra.NoArgs,
		// Without RunE, cobra would accept an unknown subcommand.
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(lintCommand(), testCommand(), schemaCommand())
	return cmd
}

// secretDefault stands in for ID_SECRET, so that files with pseudonyms can be
// checked without the secret of production.
const secretDefault = "starter-has-no-secret-of-its-own"

// options returns the options of a webhook with this environment.
func options() (triggers.Options, error) {
	c, err := config.FromEnvironment()
	if err != nil {
		return triggers.Options{}, err
	}
	return triggers.Options{
		TaskQueue: c.TriggersTaskQueue, BusinessKeyAttribute: c.TriggersBusinessKey, IDSecret: []byte(cmp.Or(c.IDSecret.Reveal(), secretDefault)),
	}, nil
}

func lintCommand() *cobra.Command {
	var f lintFlags
	cmd := &cobra.Command{
		Use:   "lint FILE…",
		Short: "Find mistakes in trigger files",
		Long: `Find mistakes in trigger files or folders of them: what the webhook would refuse
(unknown groups, patterns that Java would not accept, …), and what it would accept
but is probably a mistake: patterns that overlap, with a text that matches both,
triggers that never fire, patterns that take too long, failures that go
unnoticed. With --pollers, it asks Temporal whether any worker polls the task
queues. Files are checked separately, a folder as a whole. Each line begins with its
level: error (refused), warning (probably a mistake) or hint.

Exit status: 0 no errors or warnings, 1 errors or warnings, 2 any other
failure.`,
		Example: `  starter triggers lint triggers.yaml
  starter triggers lint --pollers triggers/`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			return lint(cmd.Context(), cmd.OutOrStdout(), files, f)
		},
	}
	cmd.Flags().BoolVar(&f.pollers, "pollers", false, "ask Temporal whether the task queues are polled")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print as JSON: {mistakes, findings, hints, read, notes}")
	return cmd
}

type lintFlags struct{ pollers, asJSON bool }

// linted is the result of lint for all files.
type linted struct {
	// Mistakes say why a file is refused.
	Mistakes []note    `json:"mistakes"`
	Findings []finding `json:"findings"`
	// Hints suggest better patterns; they do not affect the exit status.
	Hints []finding       `json:"hints"`
	Read  []triggers.Read `json:"read"`
	// Notes are about subfolders and the environment; they do not affect the exit
	// status.
	Notes []note `json:"notes"`
}

// level is the severity of a line of lint.
type level string

const (
	levelError   level = "error"   // the file is refused
	levelWarning level = "warning" // probably not what its author wants
	levelHint    level = "hint"
)

// finding is a [triggers.Finding] with its level.
type finding struct {
	Level level `json:"level"`
	triggers.Finding
}

// note is a message that begins with "file:line: ", if it is about a file.
type note struct {
	Level   level  `json:"level"`
	Message string `json:"message"`
}

func newLinted() *linted {
	return &linted{Mistakes: []note{}, Findings: []finding{}, Hints: []finding{}, Read: []triggers.Read{}, Notes: []note{}}
}

func (l *linted) mistake(err error) {
	for message := range strings.SplitSeq(err.Error(), "\n") {
		l.Mistakes = append(l.Mistakes, note{levelError, message})
	}
}

func (l *linted) found(findings []triggers.Finding) {
	for _, f := range findings {
		l.Findings = append(l.Findings, finding{levelWarning, f})
	}
}

// check lints a file or folder.
func (l *linted) check(ctx context.Context, file string, how triggers.Options) (*triggers.Set, error) {
	set, err := triggers.Load(file, how)
	if unread := (*fs.PathError)(nil); errors.As(err, &unread) {
		return nil, err
	}
	if err != nil {
		l.mistake(err)
		return nil, nil
	}
	for _, hint := range set.Hints(ctx) {
		l.Hints = append(l.Hints, finding{levelHint, hint})
	}
	l.found(set.Lint(ctx))
	l.Read = append(l.Read, set.Report()...)
	return set, nil
}

func lint(ctx context.Context, out io.Writer, files []string, f lintFlags) error {
	how, err := options()
	if err != nil {
		return err
	}
	all := newLinted()
	for _, file := range files {
		for _, message := range surroundings(file, how) {
			all.Notes = append(all.Notes, note{levelHint, message})
		}
		set, err := all.check(ctx, file, how)
		if err != nil {
			return err
		}
		if set != nil && f.pollers {
			more, err := unpolled(ctx, set)
			if err != nil {
				return err
			}
			all.found(more)
		}
	}
	if err := all.print(out, f.asJSON); err != nil {
		return err
	}
	if len(all.Mistakes)+len(all.Findings) > 0 {
		return errFindings
	}
	return nil
}

// surroundings reports subfolders, which are not read, and, if ID_SECRET is not
// set, triggers that need it, because a webhook without it refuses them.
func surroundings(path string, how triggers.Options) (notes []string) {
	entries, _ := os.ReadDir(path) // a file has none
	for _, entry := range entries {
		if entry.IsDir() && !strings.HasPrefix(entry.Name(), ".") {
			notes = append(notes, filepath.Join(path, entry.Name())+": subfolders are not read")
		}
	}
	if string(how.IDSecret) != secretDefault {
		return notes
	}
	if _, err := triggers.Load(path, how); err != nil {
		return notes // the file's own mistakes are reported elsewhere
	}
	how.IDSecret = nil
	if _, err := triggers.Load(path, how); err != nil {
		notes = append(notes, strings.Split(err.Error(), "\n")...)
	}
	return notes
}

func (l *linted) print(out io.Writer, asJSON bool) error {
	if asJSON {
		return printJSON(out, l)
	}
	l.printFindings(out)
	for _, read := range l.Read {
		fmt.Fprintf(out, "%s:%d: trigger %q: reads as: %s\n", read.File, read.Line, read.Trigger, read.As)
	}
	return nil
}

// printFindings prints one line for each mistake, finding, hint and note, the
// most severe first.
func (l *linted) printFindings(out io.Writer) {
	for _, m := range l.Mistakes {
		fmt.Fprintf(out, "%s: %s\n", m.Level, m.Message)
	}
	for _, f := range slices.Concat(l.Findings, l.Hints) {
		fmt.Fprintf(out, "%s: %s\n", f.Level, f)
	}
	for _, n := range l.Notes {
		fmt.Fprintf(out, "%s: %s\n", n.Level, n.Message)
	}
}

// unpolled returns a finding for each task queue that no worker polls.
func unpolled(ctx context.Context, set *triggers.Set) (findings []triggers.Finding, err error) {
	c, err := connect()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for queue, starting := range set.TaskQueues() {
		description, err := c.DescribeTaskQueue(ctx, queue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
		if err != nil {
			return nil, fmt.Errorf("ask Temporal at %s which workers poll task queue %q: %w", c.Address, queue, err)
		}
		if len(description.GetPollers()) > 0 {
			continue
		}
		for _, t := range starting {
			findings = append(findings, triggers.Finding{
				File: t.File, Line: t.Line, Trigger: t.Name,
				Message: fmt.Sprintf("no worker polls task queue %q: workflows that the trigger starts wait until one does", queue),
			})
		}
	}
	return findings, nil
}

// testFlags holds the flags for the message to try.
type testFlags struct {
	body, from, to, account, sid string
	cases                        string
	asJSON                       bool
}

func testCommand() *cobra.Command {
	var f testFlags
	cmd := &cobra.Command{
		Use:   "test FILE",
		Short: "Try a text against trigger files",
		Long: `Try a text against a trigger file or folder, without Temporal or Twilio: which
triggers fire, with which groups, what the sender is told, and the exact
request to Temporal. Or run a file of cases:

  cases:
    - body: Order Number 42
      want:
        - trigger: order-status
          groups: {orderNumber: '42'}
          echo: Your reference number is 42
          call: {action: start, workflow: OrderStatusWorkflow, input: {orderNumber: '42', from: '+15005550009'}}
    - body: hello
      want: []

A case may also set from, to and account. Only the fields that a case
sets are compared.

Exit status: 0 a trigger fires and all cases pass, 1 otherwise, 2 on any error.`,
		Example: `  starter triggers test triggers.yaml --body 'Order Number 42'
  starter triggers test triggers.yaml --cases cases.yaml`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			how, err := options()
			if err != nil {
				return err
			}
			set, err := triggers.Load(args[0], how)
			if err != nil {
				return err
			}
			if f.cases != "" {
				return tryCases(cmd.Context(), cmd.OutOrStdout(), set, f)
			}
			if !cmd.Flags().Changed("body") {
				return errors.New("provide a text with --body, or a file of cases with --cases")
			}
			return tryText(cmd.Context(), cmd.OutOrStdout(), set, f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.body, "body", "", "the text")
	flags.StringVar(&f.from, "from", "+15005550009", "the sender")
	flags.StringVar(&f.to, "to", "+15005550006", "our number")
	flags.StringVar(&f.account, "account", "AC00000000000000000000000000000001", "our account")
	flags.StringVar(&f.sid, "sid", "SM00000000000000000000000000000001", "the message's SID")
	flags.StringVar(&f.cases, "cases", "", "a file of cases")
	flags.BoolVar(&f.asJSON, "json", false, "print as JSON")
	return cmd
}

// outcome is what one trigger does when a text arrives.
type outcome struct {
	Trigger   string             `json:"trigger" yaml:"trigger"`
	Groups    map[string]*string `json:"groups" yaml:"groups"`
	Echo      string             `json:"echo" yaml:"echo"`
	EchoError string             `json:"echoError" yaml:"echoError"`
	// Call is nil if Error says why no request to Temporal can be made.
	Call  *sms.Call `json:"call,omitempty" yaml:"call"`
	Error string    `json:"error,omitempty" yaml:"error"`
}

func (f testFlags) message() sms.Inbound {
	return sms.Inbound{MessageSID: f.sid, AccountSID: f.account, From: f.from, To: f.to, Body: f.body, ReceivedAt: time.Now()}
}

func outcomes(ctx context.Context, set *triggers.Set, f testFlags) []outcome {
	firings := set.Match(ctx, f.message())
	all := make([]outcome, len(firings))
	for i := range firings {
		plan := firings[i].Plan()
		all[i] = outcome{
			Trigger: plan.Trigger, Groups: firings[i].Event.MatchGroups, Echo: plan.Echo.String(), EchoError: plan.EchoError, Error: plan.Problem,
		}
		if plan.Problem != "" {
			continue
		}
		if all[i].Call = &plan.Call; plan.Call.Plain() {
			plan.Call.WorkflowID = sms.StartedWorkflowID(f.sid, plan.Trigger)
			if len(firings) == 1 {
				plan.Call.WorkflowID = sms.TextWorkflowID(f.sid)
			}
		}
	}
	return all
}

func tryText(ctx context.Context, out io.Writer, set *triggers.Set, f testFlags) error {
	all := outcomes(ctx, set, f)
	if f.asJSON {
		if err := printJSON(out, all); err != nil {
			return err
		}
	} else {
		printOutcomes(ctx, out, set.Event(f.message()), all)
		if len(all) == 0 {
			printNear(out, f.body, set.NearMisses(ctx, f.message()))
		}
	}
	if len(all) == 0 {
		return errFindings
	}
	return nil
}

// printNear prints what may explain why a text fires no trigger: its invisible
// characters, its leading or trailing spaces, and the triggers that nearly
// match.
func printNear(out io.Writer, body string, near []triggers.Near) {
	if shown := strconv.QuoteToGraphic(body); strings.ContainsFunc(body, hidden) {
		fmt.Fprintf(out, "It contains invisible characters: %s\n", strconv.QuoteToASCII(body))
	} else if strings.TrimSpace(body) != body {
		fmt.Fprintf(out, "It has leading or trailing spaces: %s\n", shown)
	}
	for _, n := range near {
		fmt.Fprintf(out, "%s %s\n", n.Trigger, n.Says)
	}
}

// hidden reports whether a character is invisible, or a space other than ' '.
func hidden(r rune) bool { return r != ' ' && (unicode.Is(unicode.Zs, r) || unicode.Is(unicode.Cf, r)) }

// printText prints the text that a SEND_SMS action sends.
func printText(ctx context.Context, out io.Writer, call *sms.Call) {
	var input sms.SendSmsWorkflowInput
	if call.Workflow != sms.SendSmsWorkflowName || sms.Decode(call.Input, &input) != nil || input.SmsBody == "" {
		return
	}
	_ = input.Problems(nil) // called because it moves metadata to variables
	c, err := config.FromEnvironment()
	if err != nil {
		return // options has already reported this mistake
	}
	r := renderText(ctx, input.SmsBody, input.Variables, cmp.Or(input.Locale, c.TemplateLocale), cmp.Or(input.TimeZone, c.TemplateTimeZone))
	var text strings.Builder
	r.print(&text)
	fmt.Fprintf(out, "  text: %s\n", strings.ReplaceAll(strings.TrimSpace(text.String()), "\n", "\n    "))
}

func printOutcomes(ctx context.Context, out io.Writer, event sms.EventKind, all []outcome) {
	if len(all) == 0 {
		fmt.Fprintf(out, "No trigger fires for this text, whose event is %s.\n", event)
	}
	for _, o := range all {
		groups, _ := json.Marshal(o.Groups) // cannot fail: the values are strings and nulls
		if o.Error != "" {
			fmt.Fprintf(out, "%s\n  groups: %s\n  echoError: %s\n  error: %s\n", o.Trigger, groups, o.EchoError, o.Error)
			continue
		}
		call, err := json.MarshalIndent(o.Call, "  ", "  ")
		if err != nil {
			call = []byte(err.Error())
		}
		fmt.Fprintf(out, "%s\n  groups: %s\n  echo: %s\n  echoError: %s\n  Temporal: %s\n", o.Trigger, groups, o.Echo, o.EchoError, call)
		printText(ctx, out, o.Call)
	}
}

// triggerCase is a text, and the triggers that must fire.
type triggerCase struct {
	Body    string                      `yaml:"body"`
	From    string                      `yaml:"from"`
	To      string                      `yaml:"to"`
	Account string                      `yaml:"account"`
	Want    []map[string]yamlfile.Value `yaml:"want"`
}

func tryCases(ctx context.Context, out io.Writer, set *triggers.Set, f testFlags) error {
	return runCases(out, f.cases, f.asJSON, func(c triggerCase) (title, wrong string, err error) {
		one := f
		one.body, one.from, one.to, one.account = c.Body, cmp.Or(c.From, f.from), cmp.Or(c.To, f.to), cmp.Or(c.Account, f.account)
		return strconv.Quote(c.Body), strings.Join(differences(outcomes(ctx, set, one), c.Want), "\n"), nil
	})
}

// differences compares the triggers that fire with those that are wanted, in
// order.
func differences(got []outcome, want []map[string]yamlfile.Value) (wrong []string) {
	if len(got) != len(want) {
		var names []string
		for _, o := range got {
			names = append(names, o.Trigger)
		}
		return []string{fmt.Sprintf("%d triggers fire, %v; want %d", len(got), names, len(want))}
	}
	for i := range got {
		wrong = append(wrong, differs(got[i].Trigger, plain(got[i]), plain(want[i]))...)
	}
	return wrong
}

// differs lists the differences between got and want. Members that want does not
// name are ignored.
func differs(where string, got, want any) []string {
	wanted, ok := want.(map[string]any)
	if !ok {
		if reflect.DeepEqual(got, want) || sameNumber(got, want) {
			return nil
		}
		return []string{fmt.Sprintf("%s is %v, want %v", where, got, want)}
	}
	has, _ := got.(map[string]any)
	var wrong []string
	for name, value := range wanted {
		wrong = append(wrong, differs(where+"."+name, has[name], value)...)
	}
	return wrong
}

// sameNumber treats 7.50 as equal to 7.5, but compares whole numbers exactly.
func sameNumber(a, b any) bool {
	x, isX := a.(json.Number)
	y, isY := b.(json.Number)
	whole := func(n json.Number) bool { return !strings.ContainsAny(n.String(), ".eE") }
	if !isX || !isY || whole(x) && whole(y) {
		return false
	}
	m, noM := x.Float64()
	n, noN := y.Float64()
	return m == n && noM == nil && noN == nil
}

// plain converts a value to its JSON form, with numbers as they are written.
func plain(value any) any {
	data, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	var same any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	_ = decoder.Decode(&same) // cannot fail: it was encoded just above
	return same
}

func schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "schema",
		Short:   "Print the JSON Schema of trigger files, for editors",
		Example: `  starter triggers schema > triggers.schema.json`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(triggers.Schema)
			return err
		},
	}
}
