package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

var broadcastSize = flag.Int("broadcast.recipients", 2000, "how many recipients the broadcast has; the promise is for 100000")

func TestBroadcastSurvivesPausesAndCrashes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := stack.Start(t, stack.Options{Environment: []string{"BROADCAST_DIR=" + dir, "LOG_LEVEL=error", "TWILIO_TIMEOUT=2s", "TWILIO_LISTING_PATIENCE=1s"}})
	if err := s.Twilio.SetSpeed(1e6); err != nil {
		t.Fatal(err)
	}
	list, err := os.Create(filepath.Join(dir, "list.csv"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(list, "to,name")
	for i := range *broadcastSize {
		fmt.Fprintf(list, "+1555%07d,Ann %d\n", i, i)
	}
	fmt.Fprintln(list, "nobody,Bo")
	fmt.Fprintln(list, "+1 555 000 0000,Ann again")
	fmt.Fprintln(list, "+15559999999")
	if err := list.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience+time.Duration(*broadcastSize)*15*time.Millisecond)
	defer cancel()
	c := s.Temporal.Client
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "broadcast", TaskQueue: sms.TaskQueue}, sms.BroadcastSmsWorkflowName, map[string]any{
		"smsFrom": stack.Number, "smsBody": "Hello ${name}", "file": "list.csv", "report": "list-report", "pageSize": 100,
	})
	if err != nil {
		t.Fatal(err)
	}
	stack.Eventually(t, "some pages are sent", func(ctx context.Context) error {
		p, err := progressOf(ctx, s, "broadcast")
		if err == nil && p.Pages < 2 {
			err = fmt.Errorf("%d have been sent", p.Pages)
		}
		return err
	})
	if p := updateBroadcast(ctx, t, s, "broadcast", sms.PauseUpdate); p.State != "paused" {
		t.Errorf("after pause: got %+v, want the state paused", p)
	}
	s.Worker.Kill()
	s.Temporal.Bury(t)
	s.StartWorker(t)
	if p := updateBroadcast(ctx, t, s, "broadcast", sms.ResumeUpdate); p.State != "sending" {
		t.Errorf("after resume: got %+v, want the state sending", p)
	}
	s.Worker.Kill()
	s.Temporal.Bury(t)
	s.StartWorker(t)
	early := memoryAt(ctx, t, s, *broadcastSize/10)
	began := time.Now()
	var done sms.BroadcastProgress
	if err := run.Get(ctx, &done); err != nil {
		t.Fatal(err)
	}
	late := s.Worker.PeakMemory(t)
	t.Logf("%d recipients: memory peaked at %d MB during the first tenth, and at %d MB overall, after %s", *broadcastSize, early>>20, late>>20, time.Since(began).Round(time.Second))
	if late > early*3/2+margin {
		t.Errorf("the worker's peak memory grew from %d MB, after a tenth of the recipients, to %d MB at the end, want at most %d MB", early>>20, late>>20, (early*3/2+margin)>>20)
	}
	if done.State != "done" || done.Sent != *broadcastSize || done.Recipients != *broadcastSize+2 || done.Errors[sms.CodeInvalidTo] != 1 || done.Errors[sms.CodeInvalidInput] != 1 {
		t.Errorf("got the result %+v, want the state done, %d sent, and one error of each kind", done, *broadcastSize)
	}
	created := make(map[string]int)
	for _, m := range s.Twilio.Messages(twiliosim.Filter{Limit: 1 << 20, Direction: "outbound"}) {
		created[m.To]++
		if want := "Hello Ann " + strings.TrimLeft(m.To[5:], "0"); m.Body != want && m.To != "+15550000000" {
			t.Errorf("sent %q, want %q", m.Body, want)
		}
	}
	told := readReport(t, filepath.Join(dir, done.Report))
	for i := range *broadcastSize {
		if to := fmt.Sprintf("+1555%07d", i); created[to] != 1 || told[to] != 1 {
			t.Fatalf("%s was texted %d times and reported %d times, want once each", to, created[to], told[to])
		}
	}
	if told["nobody"] != 1 {
		t.Errorf("the invalid recipient is reported %d times, want once", told["nobody"])
	}
}

// margin is how many bytes a worker's memory may grow regardless of the length
// of the list.
const margin = 32 << 20

// memoryAt waits until the given number of recipients have been processed, and
// returns the worker's peak memory so far, in bytes.
func memoryAt(ctx context.Context, t *testing.T, s *stack.Stack, recipients int) int64 {
	t.Helper()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		if p, err := progressOf(ctx, s, "broadcast"); err == nil && p.Recipients >= recipients {
			return s.Worker.PeakMemory(t)
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the broadcast did not get to %d recipients in time", recipients)
		case <-ticker.C:
		}
	}
}

func TestCancelledBroadcastFinishesPageAndReport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := stack.Start(t, stack.Options{Environment: []string{"BROADCAST_DIR=" + dir, "SEND_CONCURRENCY=5"}})
	if _, err := s.Twilio.AddFault(twiliosim.Fault{Kind: twiliosim.FaultDelay, Operation: "create", Delay: twiliosim.Duration(200 * time.Millisecond)}); err != nil {
		t.Fatal(err)
	}
	const page = 250 // long enough for the cancellation to arrive in time
	var list []string
	for i := range 500 {
		list = append(list, fmt.Sprintf("+1555%07d", i))
	}
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	run, err := s.Temporal.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: sms.TaskQueue}, sms.BroadcastSmsWorkflowName, map[string]any{
		"smsFrom": stack.Number, "smsBody": "Hello", "smsTo": list, "report": "cancelled", "pageSize": page,
	})
	if err != nil {
		t.Fatal(err)
	}
	outbound := func() int { return len(s.Twilio.Messages(twiliosim.Filter{Limit: 1000, Direction: "outbound"})) }
	stack.Eventually(t, "the first page is being sent", func(context.Context) error {
		if outbound() == 0 {
			return fmt.Errorf("nobody was texted")
		}
		return nil
	})
	if err := s.Temporal.Client.CancelWorkflow(ctx, run.GetID(), run.GetRunID()); err != nil {
		t.Fatal(err)
	}
	var done sms.BroadcastProgress
	if err := run.Get(ctx, &done); err != nil {
		t.Fatal(err)
	}
	told := readReport(t, filepath.Join(dir, "cancelled.jsonl"))
	if done.State != "cancelled" || done.Report != "cancelled.jsonl" || done.Recipients != page || len(told) != page {
		t.Errorf("got %+v and a report on %d recipients, want a cancelled broadcast and a report on all %d of its page", done, len(told), page)
	}
	if sent := outbound(); done.Sent != sent || done.Errors[sms.CodeCancelled] != page-sent || sent == page {
		t.Errorf("%d of %d recipients were texted, but the result is %+v", sent, page, done)
	}
}

func TestBroadcastResumesAfterTwilioRefusedIt(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	for code, state := range map[int]string{20003: "paused", 21611: "waiting"} {
		var list []string
		for i := range 60 {
			list = append(list, fmt.Sprintf("+1415%d%02d", code, i))
		}
		refused, err := s.Twilio.AddOutcome(twiliosim.Outcome{Status: "rejected", ErrorCode: code})
		if err != nil {
			t.Fatal(err)
		}
		run, err := s.Temporal.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: sms.TaskQueue}, sms.BroadcastSmsWorkflowName, map[string]any{
			"smsFrom": stack.Number, "smsBody": "Hello", "smsTo": list,
		})
		if err != nil {
			t.Fatal(err)
		}
		var p sms.BroadcastProgress
		stack.Eventually(t, fmt.Sprintf("after error %d, the broadcast is %s", code, state), func(ctx context.Context) (err error) {
			p, err = progressOf(ctx, s, run.GetID())
			if err == nil && p.State != state {
				err = fmt.Errorf("the broadcast is %+v", p)
			}
			return err
		})
		if p.Recipients != 0 || p.Why == "" || p.NextTry == nil || (code == 21611) != (len(p.Notes) == 1) {
			t.Errorf("error %d: got %+v, want no recipients yet, the reason, and the time of the next try", code, p)
		}
		s.Twilio.RemoveOutcome(refused.ID)
		updateBroadcast(ctx, t, s, run.GetID(), sms.ResumeUpdate)
		err = run.Get(ctx, &p)
		if err != nil || p.State != "done" || p.Sent != 60 || p.Total != 60 {
			t.Errorf("error %d: got %+v and error %v, want all 60 texted", code, p, err)
		}
		for _, to := range list {
			if n := len(s.Twilio.Messages(twiliosim.Filter{Limit: 10, To: to})); n != 1 {
				t.Errorf("%s was texted %d times, want once", to, n)
			}
		}
	}
}

func readReport(t *testing.T, path string) map[string]int {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	told := make(map[string]int)
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var line struct {
			To string `json:"to"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		told[line.To]++
	}
	return told
}

// progressOf returns the progress of a broadcast that has not ended.
func progressOf(ctx context.Context, s *stack.Stack, workflowID string) (p sms.BroadcastProgress, err error) {
	value, err := s.Temporal.Client.QueryWorkflow(ctx, workflowID, "", sms.ProgressQuery)
	if err == nil {
		err = value.Get(&p)
	}
	return p, err
}

// updateBroadcast sends an update to a broadcast and returns the progress after
// it.
func updateBroadcast(ctx context.Context, t *testing.T, s *stack.Stack, workflowID, name string) (p sms.BroadcastProgress) {
	t.Helper()
	handle, err := s.Temporal.Client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{WorkflowID: workflowID, UpdateName: name, WaitForStage: client.WorkflowUpdateStageCompleted})
	if err == nil {
		err = handle.Get(ctx, &p)
	}
	if err != nil {
		t.Fatalf("update %s: got error %v", name, err)
	}
	return p
}
