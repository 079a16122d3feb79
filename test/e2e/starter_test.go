package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

// ran is the result of a program that has run.
type ran struct {
	stdout, stderr string
	status         int
}

// starter runs the starter with exactly the given environment.
func starter(t *testing.T, environment []string, args ...string) ran {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, stack.Build(t, "starter"), args...)
	cmd.Env = append([]string{"HOME=" + t.TempDir()}, environment...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return ran{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

func TestStarterSendShowsEachRecipientsOutcome(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	got := starter(t, s.Environment(), "send", "--from", stack.Number, "--to", "+15005550011,+15005550012",
		"--to", "+15005550013", "--body", "Dear ${name}", "--var", "name=Ann")
	if got.status != 0 || !strings.HasPrefix(got.stderr, "workflow send-") {
		t.Fatalf("send: got %+v, want status 0 and the workflow's ID", got)
	}
	sent := messages(t, s)
	if len(sent) != 3 {
		t.Fatalf("got the messages %+v, want 3", sent)
	}
	lines := strings.Split(strings.TrimSpace(got.stdout), "\n")
	if len(lines) != 4 || strings.Join(strings.Fields(lines[0]), " ") != "TO STATUS SID SEGMENTS" {
		t.Fatalf("got the output below, want a header and 3 lines:\n%s", got.stdout)
	}
	for i, line := range lines[1:] {
		message := sent[i]
		if want := message.To + " queued " + message.SID + " 1"; strings.Join(strings.Fields(line), " ") != want || message.Body != "Dear Ann" {
			t.Errorf("got the line %q for %+v, want %q", line, message, want)
		}
	}

	id := strings.Fields(got.stderr)[1]
	if got := starter(t, s.Environment(), "cancel", id); got.status != 1 || !strings.Contains(got.stdout, "already ended, as completed") {
		t.Errorf("cancelling a send that has ended: got %+v, want status 1 and that it has ended", got)
	}

	got = starter(t, s.Environment(), "send", "--from", stack.Number, "--to", "+15005550014,nobody", "--body", "Hi")
	if got.status != 1 || !strings.HasPrefix(got.stderr, "workflow send-") {
		t.Errorf("with a recipient that fails: got %+v, want status 1 and the workflow's ID", got)
	}
	if lines := strings.Split(got.stdout, "\n"); len(lines) < 3 || !strings.HasPrefix(lines[1], "+15005550014") || !strings.Contains(lines[2], string(sms.CodeInvalidTo)) {
		t.Errorf("got the output below, want one line for each recipient, and the error's code:\n%s", got.stdout)
	}
}

func TestStarterSendPrintsResultAsJSON(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	for name, tc := range map[string]struct {
		to     string
		status int
		codes  string
	}{
		"of a successful send":        {"+15005550011", 0, ""},
		"with a recipient that fails": {"nobody", 1, string(sms.CodeInvalidTo)},
	} {
		got := starter(t, s.Environment(), "send", "--from", stack.Number, "--to", tc.to, "--body", "Hi", "--json")
		var result sms.SendSmsResult
		if err := json.Unmarshal([]byte(got.stdout), &result); err != nil {
			t.Errorf("%s: parse the output: %v in %s", name, err, got.stdout)
		}
		var names []string
		for _, code := range codes(result) {
			names = append(names, string(code))
		}
		if got.status != tc.status || !strings.HasPrefix(got.stderr, "workflow send-") || strings.Join(names, " ") != tc.codes || len(result.Messages)+len(result.Errors) != 1 {
			t.Errorf("%s: got status %d, result %+v and stderr %s, want status %d and the codes %q", name, got.status, result, got.stderr, tc.status, tc.codes)
		}
	}
}

func TestStarterSendStandaloneStartsNoWorkflow(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	args := []string{"send", "--from", stack.Number, "--to", phone, "--body", "Hi"}
	if got := starter(t, s.Environment(), append(args, "--standalone")...); got.status != 0 {
		t.Fatalf("with --standalone: got %+v, want status 0", got)
	}
	// Once the second send's workflow is listed, the first send's would be, too,
	// if it had one.
	if got := starter(t, s.Environment(), args...); got.status != 0 {
		t.Fatalf("without --standalone: got %+v, want status 0", got)
	}
	if n := len(s.Twilio.Messages(twiliosim.Filter{To: phone})); n != 2 {
		t.Errorf("got %d messages, want 2", n)
	}
	found := 0
	stack.Eventually(t, "the workflow of the second send is visible", func(ctx context.Context) error {
		list, err := s.Temporal.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{})
		if found = len(list.GetExecutions()); err == nil && found == 0 {
			err = errors.New("not yet")
		}
		return err
	})
	if found != 1 {
		t.Errorf("got %d workflows, want only that of the second send", found)
	}
}

func TestStarterReportsMistakes(t *testing.T) {
	t.Parallel()
	temporal := stack.StartTemporal(t) // without a worker
	here, nowhere := "TEMPORAL_ADDRESS="+temporal.Address, "TEMPORAL_ADDRESS=127.0.0.1:1"
	valid := []string{"send", "--from", stack.Number, "--to", phone, "--body", "Hi", "--timeout", "2s"}
	for name, tc := range map[string]struct {
		environment string
		args        []string
		want        []string
	}{
		"without a recipient":           {here, []string{"send", "--from", stack.Number, "--body", "Hi"}, []string{"missing: --to"}},
		"with a variable without =":     {here, append(valid, "--var", "Ann"), []string{`"Ann"`, "name=value"}},
		"with an unknown flag":          {here, append(valid, "--tto", "x"), []string{"--tto"}},
		"with an unknown command":       {here, []string{"sned"}, []string{"sned"}},
		"with a stray argument":         {here, append(valid, "Hello"), []string{"Hello"}},
		"while no worker polls":         {here, valid, []string{temporal.Address, `"twilio"`, "worker"}},
		"no worker, standalone":         {here, append(valid, "--standalone"), []string{temporal.Address, `"twilio"`, "worker"}},
		"while Temporal is unreachable": {nowhere, valid, []string{"127.0.0.1:1"}},
		"unreachable, standalone":       {nowhere, append(valid, "--standalone"), []string{"127.0.0.1:1"}},
		"with a broken configuration":   {"TEMPORAL_TLS_CLIENT_CERT_PATH=/nowhere/client.pem", valid, []string{"Temporal's configuration", "client cert"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := starter(t, []string{tc.environment}, tc.args...)
			if got.status != 2 || got.stdout != "" || !strings.Contains(got.stderr, "starter: ") {
				t.Errorf("got %+v, want status 2 and an error only", got)
			}
			for _, want := range tc.want {
				if !strings.Contains(got.stderr, want) {
					t.Errorf("the output %q does not contain %s", got.stderr, want)
				}
			}
		})
	}
}

func TestStarterListsAndCancelsPending(t *testing.T) {
	t.Parallel()
	temporal := stack.StartTemporal(t)
	environment := []string{"TEMPORAL_ADDRESS=" + temporal.Address, "TEMPORAL_UI_URL=http://ui.example.com/"}
	got := starter(t, environment, "send", "--from", stack.Number, "--to", phone, "--body", "Hi", "--label", "Monday", "--timeout", "2s", "--json")
	var answer struct{ Error string }
	if err := json.Unmarshal([]byte(got.stdout), &answer); err != nil || got.status != 2 {
		t.Fatalf("got %+v and parse error %v, want status 2 and an error in JSON", got, err)
	}
	_, id, _ := strings.Cut(answer.Error, "starter cancel ")
	for _, want := range []string{"the text is still pending as send-", "http://ui.example.com/namespaces/default/workflows/" + id, "No worker polls", "make run"} {
		if id == "" || !strings.Contains(answer.Error, want) {
			t.Errorf("the error %q does not contain %q", answer.Error, want)
		}
	}
	if got := starter(t, environment, "cancel", id); got.status != 0 || got.stdout != "requested the cancellation of workflow "+id+"\n" {
		t.Errorf("cancel: got %+v, want that the cancellation is requested", got)
	}
	if !strings.Contains(got.stderr, `no worker polls task queue "twilio", so this waits`) {
		t.Errorf("got the output %q while waiting, want that no worker polls", got.stderr)
	}
	description, err := temporal.Client.DescribeWorkflow(t.Context(), id, "")
	if err != nil || !description.RawResponse.GetWorkflowExtendedInfo().GetCancelRequested() {
		t.Errorf("the workflow has no cancellation request; got error %v", err)
	}
	if got := starter(t, environment, "cancel", id, "--json"); got.status != 0 || !strings.Contains(got.stdout, `"workflowId": "`+id+`"`) {
		t.Errorf("cancel --json: got %+v, want status 0 and the workflow's ID", got)
	}
	if got := starter(t, environment, "cancel", "nothing"); got.status != 2 || !strings.Contains(got.stderr, "nothing with this ID is open") {
		t.Errorf("cancelling what does not exist: got %+v, want status 2 and the reason", got)
	}
}

func TestStarterTellsWhyTextsWait(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Environment: []string{"TWILIO_BASE_URL=http://127.0.0.1:1"}})
	text := []string{"--from", stack.Number, "--to", phone, "--body", "Hi there"}
	for name, args := range map[string][]string{
		"send":       append([]string{"send", "--timeout", "1h"}, text...),
		"standalone": append([]string{"send", "--timeout", "1h", "--standalone"}, text...),
		"ask":        append([]string{"ask"}, text...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := stack.StartProcess(t, "starter", s.Environment(), stack.Build(t, "starter"), args...)
			const want = "still pending and being retried: Twilio could not accept every message yet (TWILIO_CONNECTION_ERROR)\n"
			stack.Eventually(t, "the starter says why", func(context.Context) error {
				if status, exited := run.Exited(); exited || !strings.Contains(run.Output(), want) {
					return fmt.Errorf("exited: %t, status %d, output: %s", exited, status, run.Output())
				}
				return nil
			})
			if err := run.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			if status := run.Wait(t); status != 2 || strings.Count(run.Output(), want) != 1 || strings.Contains(run.Output(), phone) || strings.Contains(run.Output(), "Hi there") {
				t.Errorf("got status %d, want 2, and the reason once without the phone or the text:\n%s", status, run.Output())
			}
		})
	}
}

func TestStarterSendsMediaAndAwaitsDelivery(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	args := []string{"send", "--from", stack.Number, "--to", phone, "--body", "Hi", "--key", "k", "--media", "https://example.com/a.png", "--wait"}
	for range 2 {
		if got := starter(t, s.Environment(), args...); got.status != 0 || !strings.Contains(got.stdout, phone+": delivered") {
			t.Errorf("got %+v, want the text delivered", got)
		}
	}
	if sent := s.Twilio.Messages(twiliosim.Filter{To: phone}); len(sent) != 1 || len(sent[0].Media) != 1 {
		t.Errorf("sent %+v, want one message with its picture", sent)
	}
}

func TestStarterAskPrintsTheReply(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	for _, tc := range []struct {
		reply, stdout string
		more          []string
		status        int
	}{
		{"yes, please", "yes, please\n", []string{"--pattern", "^yes"}, 0},
		{"", "", []string{"--timeout", "1s"}, 1},
	} {
		asked := len(messages(t, s))
		got := make(chan ran)
		go func() {
			got <- starter(t, s.Environment(), append([]string{"ask", "--from", stack.Number, "--to", phone, "--body", "Monday?"}, tc.more...)...)
		}()
		stack.Eventually(t, "the question is sent", func(context.Context) error {
			if len(messages(t, s)) == asked {
				return errors.New("not yet")
			}
			return nil
		})
		if tc.reply != "" {
			text(t, s, tc.reply)
		}
		if g := <-got; g.status != tc.status || !strings.HasPrefix(g.stdout, tc.stdout) || !strings.Contains(g.stderr, "waiting for the reply") {
			t.Errorf("%v: got %+v, want status %d and %q", tc.more, g, tc.status, tc.stdout)
		}
	}
}

func TestStarterBroadcastShowsProgress(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := stack.Start(t, stack.Options{Environment: []string{"BROADCAST_DIR=" + dir}})
	if err := os.WriteFile(filepath.Join(dir, "list.csv"), []byte("to,name\n+15005550011,Ann\n+15005550012,Bo\nnobody,Cy\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := starter(t, s.Environment(), "broadcast", "--from", stack.Number, "--body", "Dear ${name}", "--file", "list.csv", "--report", "monday")
	if got.status != 1 || !strings.HasPrefix(got.stdout, "done: 3 recipients, 2 sent\n  INVALID_TO_PHONE_NUMBER_ERROR: 1\n  report: monday") || !strings.Contains(got.stderr, "workflow broadcast-") {
		t.Errorf("got %+v, want status 1, 2 sent and one invalid", got)
	}
	if !strings.Contains(got.stderr, "3 of 3 · 1 failed · done") {
		t.Errorf("got the progress %q, want the total and the failure in it", got.stderr)
	}
	before := len(s.Twilio.Messages(twiliosim.Filter{Limit: 100}))
	got = starter(t, s.Environment(), "broadcast", "--from", stack.Number, "--body", "Dear ${name}", "--file", "list.csv", "--dry-run")
	if got.status != 1 || !strings.Contains(got.stdout, "it would have been 2 messages in 2 segments\n  to +15005550011, GSM-7, 1 segment: Dear Ann\n") || !strings.Contains(got.stdout, "not to nobody: INVALID_TO") ||
		len(s.Twilio.Messages(twiliosim.Filter{Limit: 100})) != before {
		t.Errorf("dry run: got %+v, want a preview of 2 messages, and none sent", got)
	}
	got = starter(t, s.Environment(), "broadcast", "--from", stack.Number, "--body", "Hi", "--to", "+15005550013", "--json")
	var p struct {
		State            string
		Recipients, Sent int
	}
	if err := json.Unmarshal([]byte(got.stdout), &p); err != nil || got.status != 0 || p.State != "done" || p.Recipients != 1 || p.Sent != 1 {
		t.Errorf("got %+v and parse error %v, want 1 of 1 sent", got, err)
	}
	actOnASleepingBroadcast(t, s)
	for _, act := range []string{"send", "ask", "broadcast"} {
		got := starter(t, s.Environment(), act, "--from", stack.Number, "--body", "Hi", "--to", "+15005550013", "--account", "marketing")
		if got.status == 0 || !strings.Contains(got.stdout+got.stderr, `no account "marketing"`) {
			t.Errorf("%s from an account that the worker lacks: got %+v, want that there is no such account", act, got)
		}
	}
	if got := starter(t, s.Environment(), "broadcast", "--from", stack.Number, "--body", "Hi"); got.status != 2 || !strings.Contains(got.stderr, "missing: --file or --to") {
		t.Errorf("without recipients: got %+v, want status 2 and the missing flags", got)
	}
}

// actOnASleepingBroadcast pauses, resumes and cancels a broadcast whose only
// recipient is in quiet hours for all but a minute of the day.
func actOnASleepingBroadcast(t *testing.T, s *stack.Stack) {
	t.Helper()
	run, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "asleep", TaskQueue: sms.TaskQueue}, sms.BroadcastSmsWorkflowName, map[string]any{
		"smsFrom": stack.Number, "smsBody": "Hi", "smsTo": "+12125550100", "quietHours": map[string]any{"from": "04:01", "to": "04:00"},
	})
	if err != nil {
		t.Fatal(err)
	}
	stack.Eventually(t, "the broadcast waits", func(ctx context.Context) error {
		p, err := progressOf(ctx, s, run.GetID())
		if err == nil && p.State != "waiting" {
			err = fmt.Errorf("the broadcast is %s", p.State)
		}
		return err
	})
	interruptedWatch(t, s, run.GetID())
	var paused sms.BroadcastProgress
	if got := starter(t, s.Environment(), "broadcast", "pause", run.GetID(), "--json"); got.status != 0 || json.Unmarshal([]byte(got.stdout), &paused) != nil || paused.State != "paused" || paused.Asleep != 1 {
		t.Errorf("pause --json: got %+v, want a paused broadcast with 1 recipient in quiet hours", got)
	}
	for _, act := range []struct{ name, says string }{{"pause", "0 of 1 · 1 in quiet hours · paused\n"}, {"resume", "0 of 1 · 1 in quiet hours\n"}, {"cancel", "0 of 1 · 1 in quiet hours · cancelled\n"}} {
		if got := starter(t, s.Environment(), "broadcast", act.name, run.GetID()); got.status != 0 || got.stdout != act.says {
			t.Errorf("%s: got %+v, want %q", act.name, got, act.says)
		}
	}
	var p sms.BroadcastProgress
	if err := run.Get(t.Context(), &p); err != nil || p.State != "cancelled" || p.Errors[sms.CodeCancelled] != 1 {
		t.Errorf("got %+v and error %v, want a cancelled broadcast with 1 CANCELLED", p, err)
	}
	if got := starter(t, s.Environment(), "broadcast", "pause", run.GetID()); got.status != 2 {
		t.Errorf("pausing a broadcast that has ended: got %+v, want status 2", got)
	}
	if got := starter(t, s.Environment(), "broadcast", "watch", run.GetID()); got.status != 1 || !strings.HasPrefix(got.stdout, "cancelled: 1 recipients, 0 sent\n") || strings.Count(got.stderr, "· cancelled\n") != 1 {
		t.Errorf("watching a broadcast that has ended: got %+v, want status 1, the result, and the last progress once", got)
	}
}

// interruptedWatch watches a broadcast until Ctrl-C, and checks that the output
// then says how to resume watching and how to cancel the broadcast.
func interruptedWatch(t *testing.T, s *stack.Stack, id string) {
	t.Helper()
	watch := stack.StartProcess(t, "starter broadcast watch", s.Environment(), stack.Build(t, "starter"), "broadcast", "watch", id)
	stack.Eventually(t, "the progress is shown", func(context.Context) error {
		if !strings.Contains(watch.Output(), "0 of 1 · 1 in quiet hours · waiting") {
			return errors.New(watch.Output())
		}
		return nil
	})
	if err := watch.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if status := watch.Wait(t); status != 2 {
		t.Errorf("after Ctrl-C: got exit status %d, want 2", status)
	}
	for _, want := range []string{"the broadcast is still pending as " + id, "starter broadcast watch " + id, "starter broadcast cancel " + id} {
		if !strings.Contains(watch.Output(), want) {
			t.Errorf("the output after Ctrl-C does not contain %q:\n%s", want, watch.Output())
		}
	}
	if got := starter(t, s.Environment(), "broadcast", "watch", "nothing"); got.status != 2 || !strings.Contains(got.stderr, "watch the broadcast nothing") {
		t.Errorf("watching an unknown broadcast: got %+v, want status 2 and what was tried", got)
	}
}

func TestStarterHelpShowsExamples(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args []string
		want []string
	}{
		{[]string{"--help"}, []string{"TEMPORAL_ADDRESS", "Exit status", "send"}},
		{[]string{"ask", "--help"}, []string{"Examples:", "starter ask --to +1", "--pattern", "--json"}},
		{[]string{"broadcast", "--help"}, []string{"Examples:", "starter broadcast --from +1", "--report", "--json"}},
		{[]string{"send", "--help"}, []string{"Examples:", "starter send --to +1", "--var name=Ann", "--standalone", "--json"}},
	} {
		got := starter(t, nil, tc.args...)
		if got.status != 0 || got.stderr != "" {
			t.Errorf("%v: got %+v, want status 0 and nothing on stderr", tc.args, got)
		}
		for _, want := range tc.want {
			if !strings.Contains(got.stdout, want) {
				t.Errorf("%v: the output does not contain %q:\n%s", tc.args, want, got.stdout)
			}
		}
	}
}
