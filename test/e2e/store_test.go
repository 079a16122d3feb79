package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.temporal.io/sdk/client"

	"temporal-twilio/activities"
	"temporal-twilio/broadcast"
	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
)

// s3Server starts a real S3 server over a folder. It returns the store's URL,
// the folder with the store's objects, and the environment that gives access to
// it.
func s3Server(t *testing.T) (store, dir string, environment []string) {
	t.Helper()
	binary := os.Getenv("S3_SERVER")
	if binary == "" {
		binary = filepath.Join("..", "..", ".local", "bin", "versitygw")
	}
	if _, err := os.Stat(binary); err != nil {
		t.Fatalf("the S3 server is missing (%v): run \"make s3server\", or set S3_SERVER", err)
	}
	root := t.TempDir()
	dir = filepath.Join(root, "customers", "spring")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	address := "127.0.0.1:" + stack.FreePort(t)
	server := exec.Command(binary, "--port", address, "--access", "sender", "--secret", "of-this-test", "--quiet", "posix", "--sidecar", t.TempDir(), root)
	var said strings.Builder
	server.Stdout, server.Stderr = &said, &said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		if t.Failed() {
			t.Logf("the output of the S3 server:\n%s", said.String())
		}
	})
	stack.Eventually(t, "the S3 server answers", func(ctx context.Context) error {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			_ = c.Close()
		}
		return err
	})
	store = "s3://customers/spring?region=us-east-1&use_path_style=true&endpoint=http://" + address
	return store, dir, []string{"AWS_ACCESS_KEY_ID=sender", "AWS_SECRET_ACCESS_KEY=of-this-test"}
}

func TestBroadcastNeedsNoSharedFolder(t *testing.T) {
	t.Parallel() // this test mostly waits until the killed worker's activities time out
	url, dir, environment := s3Server(t)
	var list strings.Builder
	list.WriteString("to;name\n")
	const recipients = 400
	for i := range recipients {
		fmt.Fprintf(&list, "+1415555%04d;Ann %d\n", i, i)
	}
	list.WriteString("nobody;Bo\n+1 415 555 0000;Ann again\n")
	if err := os.WriteFile(filepath.Join(dir, "list.csv"), []byte(list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	s := stack.Start(t, stack.Options{Environment: append(environment, "BROADCAST_STORE="+url)})
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	run, err := s.Temporal.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "broadcast", TaskQueue: sms.TaskQueue}, sms.BroadcastSmsWorkflowName, map[string]any{
		"smsFrom": stack.Number, "smsBody": "Hi ${name}", "file": "list.csv", "report": "monday", "pageSize": 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	stack.Eventually(t, "some pages are sent", func(ctx context.Context) error {
		p, err := progressOf(ctx, s, "broadcast")
		if err == nil && p.Pages < 2 {
			err = fmt.Errorf("%d have been sent, want at least 2", p.Pages)
		}
		return err
	})
	s.Worker.Kill() // another worker, which may be on another machine, continues
	s.Temporal.Bury(t)
	s.StartWorker(t)
	var done sms.BroadcastProgress
	if err := run.Get(ctx, &done); err != nil {
		t.Fatal(err)
	}
	if done.State != "done" || done.Sent != recipients || done.Total != recipients+1 || done.Report != "monday.jsonl" {
		t.Errorf("got %+v, want the state done, %d sent, and the report monday.jsonl", done, recipients)
	}
	told := readReport(t, filepath.Join(dir, "monday.jsonl"))
	for i := range recipients {
		if to := fmt.Sprintf("+1415555%04d", i); told[to] != 1 {
			t.Fatalf("%s is reported %d times, want once", to, told[to])
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 2 {
		t.Errorf("got the objects %q in the bucket, want the list and the report", left)
	}
}

func TestBucketKeepsReportsApart(t *testing.T) {
	url, dir, environment := s3Server(t)
	for _, pair := range environment {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	store, err := broadcast.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	files := &broadcast.Files{Store: store, Party: (&activities.Activities{}).Party}
	var reserved atomic.Int32
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if _, err := files.BeginBroadcast(t.Context(), sms.BeginInput{Report: "monday", Broadcast: fmt.Sprint(i)}); err == nil {
				reserved.Add(1)
			}
		})
	}
	all.Wait()
	if n := reserved.Load(); n != 1 {
		t.Errorf("%d broadcasts reserved the same report, want 1", n)
	}
	if err := os.WriteFile(filepath.Join(dir, "list.csv"), []byte("to\n+15005550009\n+15005550010\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	page, err := files.ReadRecipients(t.Context(), sms.PageInput{File: "list.csv", Limit: 2})
	if err != nil || len(page.Recipients) != 2 {
		t.Fatalf("the first page: got %+v and error %v, want 2 recipients", page, err)
	}
	if page.Next != "" { // the reader cannot tell yet that this is the end of the file
		if page, err = files.ReadRecipients(t.Context(), sms.PageInput{File: "list.csv", Cursor: page.Next, Limit: 2}); err != nil || len(page.Recipients) != 0 || page.Next != "" {
			t.Errorf("at the end of the file: got %+v and error %v, want no recipients and no further page", page, err)
		}
	}
	for name, says := range map[string]string{"away.csv": "cannot be opened", "../other.csv": "is not the name of a file"} {
		if _, err := files.ReadRecipients(t.Context(), sms.PageInput{File: name, Limit: 2}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got error %v, want one that contains %q", name, err, says)
		}
	}
}
