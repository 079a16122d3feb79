package workflows

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/activities"
	files "temporal-twilio/broadcast"
	"temporal-twilio/sms"
)

// broadcastBench records who is texted. Its source lists the given number of
// recipients.
type broadcastBench struct {
	*testsuite.TestWorkflowEnvironment
	texted []string
	keys   []string
	// hours are the quiet hours of the last page.
	hours *sms.QuietHours
	// patience is the GiveUpAfter of the last page.
	patience time.Duration
	// dir is the directory of the files and reports.
	dir string
	// sending is called when a page is about to be sent.
	sending func(page int)
	pages   int
	// unwritable is a recipient whose message cannot be written to the
	// report.
	unwritable string
	// quietAsked is called when the broadcast looks for recipients in quiet
	// hours.
	quietAsked func()
	// region is the default region of the sending worker, if it differs
	// from the broadcast's.
	region string
	// hanging completes an attempt to write a page after the attempt has been
	// reported as failed, as can happen when an attempt outlives its timeout.
	hanging func()
	// attempts counts the attempts to write a page of the report.
	attempts int
	// outcome returns the error for one recipient of a page, or nil if the
	// recipient is texted. Optional: by default, all are texted.
	outcome func(page int, to string) *sms.Error
	// refuses returns an error for the whole page, or nil. Optional.
	refuses func(sms.SendSmsInput) *sms.Error
}

func newBroadcastBench(t *testing.T, recipients int) *broadcastBench {
	t.Helper()
	return newBroadcastBenchIn(t, t.TempDir(), recipients)
}

// newBroadcastBenchIn is like newBroadcastBench, but uses the directory of an
// earlier run.
func newBroadcastBenchIn(t *testing.T, dir string, recipients int) *broadcastBench {
	t.Helper()
	b := &broadcastBench{TestWorkflowEnvironment: (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment(), dir: dir, hanging: func() {}, quietAsked: func() {}}
	b.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute}) // the machine may be busy
	b.SetTestTimeout(time.Minute)
	Register(b)
	sending := &activities.Activities{Renderer: activities.NewFreeMarker("", "")}
	store, err := files.OpenFolder(b.dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, function := range map[string]any{
		sms.ReadAddressesName: sending.ReadAddresses, sms.PreviewSmsName: sending.PreviewSms,
	} {
		b.RegisterActivityWithOptions(function, activity.RegisterOptions{Name: name})
	}
	b.RegisterActivityWithOptions(func(ctx context.Context, in sms.FindQuietInput) ([]sms.QuietGroup, error) {
		b.quietAsked()
		return sending.FindQuiet(ctx, in)
	}, activity.RegisterOptions{Name: sms.FindQuietName})
	files := &files.Files{Store: store, Party: sending.Party}
	for name, function := range map[string]any{
		sms.BeginBroadcastName: files.BeginBroadcast, sms.ReadRecipientsName: files.ReadRecipients, sms.FindRepeatedName: files.FindRepeated,
		sms.FinishReportName: files.FinishReport,
	} {
		b.RegisterActivityWithOptions(function, activity.RegisterOptions{Name: name})
	}
	b.RegisterActivityWithOptions(func(ctx context.Context, in sms.ReportInput) error {
		b.attempts++
		if slices.ContainsFunc(in.Result.Messages, func(m sms.Message) bool { return m.To == b.unwritable }) {
			b.hanging = func() { _ = files.WriteReport(ctx, in) }
			return errors.New("no space left on device")
		}
		defer b.hanging()
		return files.WriteReport(ctx, in)
	}, activity.RegisterOptions{Name: sms.WriteReportName})
	b.RegisterActivityWithOptions(func(in sms.SendSmsInput) (result sms.SendSmsResult, _ error) {
		if in.SmsBody == "broken" || in.SmsBody == "broken later" && b.pages > 0 {
			return sms.SendSmsResult{Errors: []sms.Error{{Code: sms.CodeTemplateSyntax, Message: "line 1 of smsBody: ${ is not closed"}}}, nil
		}
		if b.refuses != nil {
			if problem := b.refuses(in); problem != nil {
				return sms.SendSmsResult{Errors: []sms.Error{*problem}}, nil //nolint:nilerr // the activity completes with its errors
			}
		}
		b.keys, b.patience, b.hours = append(b.keys, in.IdempotencyKey), time.Duration(in.GiveUpAfter), in.QuietHours
		if b.pages++; b.sending != nil {
			b.sending(b.pages)
		}
		for _, r := range in.SmsTo {
			if b.outcome != nil {
				if problem := b.outcome(b.pages, r.To); problem != nil {
					read, _ := sending.ReadAddresses(context.Background(), sms.ReadAddressesInput{To: []string{r.To}, DefaultRegion: cmp.Or(b.region, in.DefaultRegion)})
					problem.To = read[0]
					result.Errors = append(result.Errors, *problem)
					continue
				}
			}
			b.texted = append(b.texted, r.To)
			result.Messages = append(result.Messages, sms.Message{To: r.To})
		}
		if in.OnError == sms.OnErrorFail && len(result.Errors) > 0 {
			return result, temporal.NewNonRetryableApplicationError("", sms.NotSentErrorType, nil, result)
		}
		return result, nil
	}, activity.RegisterOptions{Name: sms.SendSmsName})
	b.RegisterActivityWithOptions(func(in sms.PageInput) (page sms.Page, err error) {
		if string(in.Input) != `{"segment":"all"}` {
			return page, fmt.Errorf("got source input %s, want the broadcast's", in.Input)
		}
		from := 0
		if in.Cursor != "" {
			if from, err = strconv.Atoi(in.Cursor); err != nil {
				return page, err
			}
		}
		for i := from; i < min(from+in.Limit, recipients); i++ {
			page.Recipients = append(page.Recipients, sms.Recipient{To: fmt.Sprintf("+1555%07d", i)})
		}
		if from+in.Limit < recipients {
			page.Next = strconv.Itoa(from + in.Limit)
		}
		return page, nil
	}, activity.RegisterOptions{Name: "Customers"})
	return b
}

func fromSource() sms.BroadcastSmsInput {
	return sms.BroadcastSmsInput{
		SendSmsInput: sms.SendSmsInput{SmsFrom: "+15005550006", SmsBody: "Hi"}, PageSize: 10,
		Source: &sms.BroadcastSource{Activity: "Customers", TaskQueue: "customers", Input: json.RawMessage(`{"segment":"all"}`)},
	}
}

func TestBroadcastReadsFromActivity(t *testing.T) {
	b := newBroadcastBench(t, 35)
	b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, fromSource())
	var progress sms.BroadcastProgress
	if err := b.GetWorkflowResult(&progress); err != nil {
		t.Fatal(err)
	}
	if progress.Sent != 35 || progress.Pages != 4 || progress.State != "done" || len(b.texted) != 35 || b.texted[34] != "+15550000034" {
		t.Errorf("got %+v, texted %d; want all 35 recipients texted in 4 pages", progress, len(b.texted))
	}
}

func TestKeyedPagesHaveTheirOwnKeys(t *testing.T) {
	b := newBroadcastBench(t, 35)
	input := fromSource()
	input.IdempotencyKey = "spring"
	b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, input)
	if err := b.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(b.keys)
	if keys := slices.Compact(b.keys); len(keys) != 4 || slices.Contains(keys, "") || slices.Contains(keys, "spring") {
		t.Errorf("got keys %q, want four different ones", keys)
	}
}

// nextRun returns the input of the broadcast's next run, if there is one.
func (b *broadcastBench) nextRun(t *testing.T) (input broadcastInput, more bool) {
	t.Helper()
	var next *workflow.ContinueAsNewError
	if !errors.As(b.GetWorkflowError(), &next) {
		return input, false
	}
	if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &input); err != nil {
		t.Fatal(err)
	}
	return input, true
}

func TestBroadcastContinuesAsNew(t *testing.T) {
	list := make([]string, 35)
	for i := range list {
		list[i] = fmt.Sprintf("+1555%07d", i)
	}
	inList := fromSource()
	inList.Source, inList.SmsTo = nil, sms.To(list...)
	for name, caller := range map[string]sms.BroadcastSmsInput{"a source": fromSource(), "a list": inList} {
		input := broadcastInput{BroadcastSmsInput: caller}
		var texted []string
		for run := 0; ; run++ {
			b := newBroadcastBench(t, 35)
			b.SetContinueAsNewSuggested(true)
			b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, input)
			texted = append(texted, b.texted...)
			next, more := b.nextRun(t)
			if !more {
				var progress sms.BroadcastProgress
				if err := b.GetWorkflowResult(&progress); err != nil || progress.Sent != 35 || progress.Pages != 4 || run != 3 {
					t.Errorf("%s: run %d returned %+v, error %v; want 35 sent in 4 pages by run 3", name, run, progress, err)
				}
				break
			}
			input = next
		}
		if len(texted) != 35 || texted[0] != list[0] || texted[34] != list[34] {
			t.Errorf("%s: texted %v, want the 35 recipients in order", name, texted)
		}
	}
}

func TestInvalidBroadcastFails(t *testing.T) {
	broken, two, none, huge, wordy := fromSource(), fromSource(), fromSource(), fromSource(), fromSource()
	badReport, away := fromSource(), fromSource()
	broken.Report, badReport.Report = "monday", "../monday"
	away.Source, away.File = nil, "away.csv"
	wordy.IdempotencyKey = strings.Repeat("k", maxKey+1)
	broken.SmsBody = "broken"
	two.File = "x.csv"
	none.Source = nil
	huge.PageSize = maxPageSize + 1
	for name, input := range map[string]sms.BroadcastSmsInput{
		"a broken template": broken, "two lists": two, "no list": none, "a report outside the store": badReport, "a missing file": away, "pages that are too large": huge, "a key that is too long": wordy,
	} {
		b := newBroadcastBench(t, 35)
		b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, input)
		if err := b.GetWorkflowError(); err == nil || len(b.texted) > 0 {
			t.Errorf("%s: texted %d, error %v; want nobody texted, and an error", name, len(b.texted), err)
		}
		if left, _ := filepath.Glob(filepath.Join(b.dir, "*")); len(left) > 0 {
			t.Errorf("%s: files left behind: %q", name, left)
		}
	}
}

// fromList returns the input of a broadcast to the given numbers.
func fromList(to ...string) sms.BroadcastSmsInput {
	input := fromSource()
	input.Source, input.SmsTo = nil, sms.To(to...)
	return input
}

func TestDuplicateNumberIsTextedOnce(t *testing.T) {
	b := newBroadcastBench(t, 0)
	input := fromList("+12125550100", "+12125550101", "(212) 555-0100", "+12125550102", "+12125550101")
	input.PageSize, input.DefaultRegion = 2, "US"
	b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, input)
	if want := []string{"+12125550100", "+12125550101", "+12125550102"}; !slices.Equal(b.texted, want) {
		t.Errorf("texted %q, error %v; want %q texted", b.texted, b.GetWorkflowError(), want)
	}
}

// runOn runs a broadcast with a report, and returns its progress and the lines
// of the report.
func (b *broadcastBench) runOn(t *testing.T, input sms.BroadcastSmsInput) (progress sms.BroadcastProgress, report []sms.Error) {
	t.Helper()
	input.Report = "monday"
	b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, input)
	if err := b.GetWorkflowResult(&progress); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(b.dir, "monday.jsonl"))
	if err != nil && progress.Report != "" {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var told sms.Error
		if err := json.Unmarshal([]byte(line), &told); err != nil {
			t.Fatal(err)
		}
		report = append(report, told)
	}
	return progress, report
}

// fromFile returns the input of a broadcast to the recipients in a file with
// these lines.
func (b *broadcastBench) fromFile(t *testing.T, lines ...string) sms.BroadcastSmsInput {
	t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, "list.csv"), []byte("to,name\n"+strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	input := fromSource()
	input.Source, input.File, input.PageSize = nil, "list.csv", 2
	return input
}

func TestBadLineIsReported(t *testing.T) {
	b := newBroadcastBench(t, 0)
	progress, report := b.runOn(t, b.fromFile(t, "+15550000001,Ann", "+15550000002", "+15550000003,Cy", "?", "!", "+15550000004,Di"))
	if progress.State != "done" || progress.Sent != 3 || progress.Recipients != 6 || progress.Errors[sms.CodeInvalidInput] != 3 || len(report) != 6 {
		t.Errorf("got %+v, report %+v; want 3 sent, and INVALID_INPUT for the other 3", progress, report)
	}
	if want := []string{"+15550000001", "+15550000003", "+15550000004"}; !slices.Equal(b.texted, want) {
		t.Errorf("texted %q, want %q", b.texted, want)
	}
}

func TestFailedBroadcastReportsItsProgress(t *testing.T) {
	lines := []string{"+15550000001,Ann", "+15550000002,Bo", "+15550000003,Cy", "+15550000004,Di"}
	for name, tc := range map[string]struct {
		spoil        func(*broadcastBench)
		sent, report int
		attempts     int // attempts to write pages; without a limit, the test environment makes 10 per page
		says         string
	}{
		"the file vanishes":   {func(b *broadcastBench) { _ = os.Remove(filepath.Join(b.dir, "list.csv")) }, 2, 2, 1, "the recipient file cannot be opened"},
		"the report's folder": {func(b *broadcastBench) { _ = os.RemoveAll(filepath.Join(b.dir, "monday.parts")) }, 2, 0, 12, "BROADCAST_STORE: all workers of the task queue need the same store"},
	} {
		b := newBroadcastBench(t, 0)
		b.sending = func(int) { tc.spoil(b) }
		progress, report := b.runOn(t, b.fromFile(t, lines...))
		if progress.State != "failed" || progress.Sent != tc.sent || len(report) != tc.report || !strings.Contains(progress.Error, tc.says) {
			t.Errorf("%s: got %+v, report %+v; want %d sent, %d reported, and the error %q", name, progress, report, tc.sent, tc.report, tc.says)
		}
		if b.attempts != tc.attempts {
			t.Errorf("%s: got %d attempts to write pages, want %d", name, b.attempts, tc.attempts)
		}
	}
}

func TestRefusedPageReportsEachRecipient(t *testing.T) {
	b := newBroadcastBench(t, 0)
	input := b.fromFile(t, "+15550000001,Ann", "+15550000002,Bo", "+15550000003,Cy", "+15550000004,Di", "+15550000005,Ed")
	input.SmsBody = "broken later"
	progress, report := b.runOn(t, input)
	if progress.State != "done" || progress.Sent != 2 || progress.Errors[sms.CodeTemplateSyntax] != 3 || len(report) != 5 || report[4].To != "+15550000005" {
		t.Errorf("got %+v, report %+v; want 2 sent, and TEMPLATE_SYNTAX_ERROR for the other 3", progress, report)
	}
}

func TestCancelledBroadcastFinishesItsReport(t *testing.T) {
	b := newBroadcastBench(t, 0)
	b.sending = func(page int) {
		if page == 2 {
			b.CancelWorkflow()
		}
	}
	progress, report := b.runOn(t, b.fromFile(t, "+15550000001,Ann", "+15550000002,Bo", "+15550000003,Cy", "+15550000004,Di", "+15550000005,Ed"))
	// The test environment loses the second page's result. With Temporal,
	// that happens only if no worker returns a result.
	if progress.State != "cancelled" || progress.Report != "monday.jsonl" || progress.Recipients != 4 || len(report) != 4 {
		t.Errorf("got %+v, report %+v; want cancelled, with the recipients of 2 pages reported", progress, report)
	}
	if report[3].Code != sms.CodeOutcomeUnknown || report[3].To != "+15550000004" {
		t.Errorf("got report %+v for the page without a result, want OUTCOME_UNKNOWN", report[2:])
	}
}

func TestBroadcastCancelledEarlyHasNoReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroadcastBench(t, 0)
		b.RegisterDelayedCallback(b.CancelWorkflow, 0)
		progress, _ := b.runOn(t, b.fromFile(t, "+15550000001,Ann"))
		if left, _ := filepath.Glob(filepath.Join(b.dir, "monday*")); progress.State != "cancelled" || progress.Report != "" || len(b.texted) != 0 || len(left) != 0 {
			t.Errorf("got %+v, texted %q, files left behind: %q; want cancelled, with nobody texted and no file", progress, b.texted, left)
		}
	})
}

// The failure's message must not quote the text. Only its details may, because
// they are encrypted.
func TestBroadcastFailureHasReasonInDetails(t *testing.T) {
	input := fromSource()
	input.SmsBody = "broken"
	b := newBroadcastBench(t, 35)
	b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, input)
	failure, ok := errors.AsType[*temporal.ApplicationError](b.GetWorkflowError())
	if !ok || failure.Message() != string(sms.CodeTemplateSyntax) {
		t.Fatalf("got error %v, want TEMPLATE_SYNTAX_ERROR", b.GetWorkflowError())
	}
	var problem sms.Error
	if err := failure.Details(&problem); err != nil || !strings.Contains(problem.Message, "is not closed") {
		t.Errorf("got details %+v, error %v; want the mistake in the template", problem, err)
	}
}
