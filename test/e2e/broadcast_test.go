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

	"temporal-twilio/activities"
	"temporal-twilio/local/twiliosim"
	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/workflows"
)

var broadcastSize = flag.Int("broadcast.recipients", 2000, "how many recipients the broadcast has; the promise is for 100000")

func TestABroadcastReachesEverybodyOnceThroughPausesAndCrashes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := stack.Start(t, stack.Options{Environment: []string{"BROADCAST_DIR=" + dir, "LOG_LEVEL=error", "TWILIO_TIMEOUT=2s"}})
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
	if err := list.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute+time.Duration(*broadcastSize)*3*time.Millisecond)
	defer cancel()
	c := s.Temporal.Client
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "broadcast", TaskQueue: activities.TaskQueue}, workflows.BroadcastSmsWorkflowName, map[string]any{
		"smsFrom": stack.Number, "smsBody": "Hello ${name}", "file": "list.csv", "report": "list-report", "pageSize": 100,
	})
	if err != nil {
		t.Fatal(err)
	}
	progress := func(ctx context.Context) (p workflows.BroadcastProgress, err error) {
		value, err := c.QueryWorkflow(ctx, "broadcast", "", workflows.ProgressQuery)
		if err == nil {
			err = value.Get(&p)
		}
		return p, err
	}
	stack.Eventually(t, "some pages are sent", func(ctx context.Context) error {
		p, err := progress(ctx)
		if err == nil && p.Pages < 2 {
			err = fmt.Errorf("%d so far", p.Pages)
		}
		return err
	})
	update := func(name string) (p workflows.BroadcastProgress) {
		handle, err := c.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{WorkflowID: "broadcast", UpdateName: name, WaitForStage: client.WorkflowUpdateStageCompleted})
		if err == nil {
			err = handle.Get(ctx, &p)
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return p
	}
	if p := update(workflows.PauseUpdate); p.State != "paused" {
		t.Errorf("after pause: %+v", p)
	}
	s.Worker.Kill()
	s.StartWorker(t)
	if p := update(workflows.ResumeUpdate); p.State != "sending" {
		t.Errorf("after resume: %+v", p)
	}
	s.Worker.Kill()
	s.StartWorker(t)
	var done workflows.BroadcastProgress
	if err := run.Get(ctx, &done); err != nil {
		t.Fatal(err)
	}
	if done.State != "done" || done.Sent != *broadcastSize || done.Recipients != *broadcastSize+1 || done.Errors[sms.InvalidTo] != 1 {
		t.Errorf("the broadcast ended with %+v", done)
	}
	created := make(map[string]int)
	for _, m := range s.Twilio.Messages(twiliosim.Filter{Limit: 1 << 20, Direction: "outbound"}) {
		created[m.To]++
		if want := "Hello Ann " + strings.TrimLeft(m.To[5:], "0"); m.Body != want && m.To != "+15550000000" {
			t.Errorf("%q was sent, want %q", m.Body, want)
		}
	}
	told := readReport(t, filepath.Join(dir, done.Report))
	for i := range *broadcastSize {
		if to := fmt.Sprintf("+1555%07d", i); created[to] != 1 || told[to] != 1 {
			t.Fatalf("%s was texted %d times and reported %d times", to, created[to], told[to])
		}
	}
	if told["nobody"] != 1 {
		t.Errorf("the bad recipient is reported %d times", told["nobody"])
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
