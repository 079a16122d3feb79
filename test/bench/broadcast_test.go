package bench

// A broadcast of any length through the local Twilio: how long it takes, and
// whether the worker's memory stops growing.

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

var recipients = flag.Int("recipients", 1000, "how many recipients the broadcast has")

func TestBroadcast(t *testing.T) {
	besideOthers(t)
	n := *recipients
	dir := t.TempDir()
	writeRecipients(t, filepath.Join(dir, "list.csv"), n)
	s := stack.Start(t, stack.Options{TemporalSettings: fastTemporal, Environment: []string{"BROADCAST_DIR=" + dir, "LOG_LEVEL=error", "SEND_CONCURRENCY=50"}})
	if err := s.Twilio.SetSpeed(1e6); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	run, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "broadcast", TaskQueue: sms.TaskQueue}, sms.BroadcastSmsWorkflowName, map[string]any{
		"smsFrom": stack.Number, "smsBody": "Dear ${name}, we are closed on Monday.", "file": "list.csv", "report": "bench",
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	var done sms.BroadcastProgress
	go func() { ended <- run.Get(t.Context(), &done) }()
	for tenth, waiting := 1, true; waiting; {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatal(err)
			}
			waiting = false
		case <-time.After(500 * time.Millisecond):
			if p, err := progress(t, s); err == nil && p.Recipients >= n*tenth/10 {
				t.Logf("after %s: %d recipients, %.0f/s, at most %.0f MB", time.Since(began).Round(time.Second), p.Recipients, float64(p.Recipients)/time.Since(began).Seconds(), megabytes(s.Worker.PeakMemory(t)))
				tenth = p.Recipients*10/n + 1
			}
		}
	}
	took := time.Since(began)
	// The local Twilio keeps only the newest messages.
	messages := s.Twilio.Messages(twiliosim.Filter{Limit: n + 1, Direction: "outbound"})
	texted := make(map[string]bool, len(messages))
	for _, m := range messages {
		texted[m.To] = true
	}
	if done.State != "done" || done.Sent != n || len(texted) != len(messages) || len(texted) < min(n, twiliosim.DefaultMaxMessages) {
		t.Errorf("got %d messages to %d phones and the result %+v, want the state done, %d sent, and each phone texted once", len(messages), len(texted), done, n)
	}
	t.Logf("%d recipients in %s, %.0f/s, %d pages; the worker had at most %.0f MB", n, took.Round(time.Second), float64(n)/took.Seconds(), done.Pages, megabytes(s.Worker.PeakMemory(t)))
}

func progress(t *testing.T, s *stack.Stack) (p sms.BroadcastProgress, err error) {
	t.Helper()
	value, err := s.Temporal.Client.QueryWorkflow(t.Context(), "broadcast", "", sms.ProgressQuery)
	if err == nil {
		err = value.Get(&p)
	}
	return p, err
}

// writeRecipients writes a file with the given number of phones.
func writeRecipients(t *testing.T, path string, n int) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(file)
	fmt.Fprintln(w, "to,name")
	for i := range n {
		fmt.Fprintf(w, "+1%010d,Ann %d\n", 2_000_000_000+i, i)
	}
	if err := errors.Join(w.Flush(), file.Close()); err != nil {
		t.Fatal(err)
	}
}
