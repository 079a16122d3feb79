package bench

// What a text, a list and a broadcast cost: actions and history in Temporal,
// and requests to a store.

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"temporal-twilio/broadcast"
	"temporal-twilio/sms"
	"temporal-twilio/test/bench/table"
	"temporal-twilio/test/stack"
	"temporal-twilio/workflows"
)

const costsPart = "What it costs"

// cost is the total for all runs of a workflow: billed actions, history events,
// and the size of these events in bytes.
type cost struct{ actions, events, bytes int64 }

// costOf returns the cost of a workflow, from the histories of the given run
// and all later ones.
func costOf(t *testing.T, c client.Client, id, run string) (all cost) {
	t.Helper()
	for next := run; next != ""; {
		run, next = next, ""
		local := make(map[int64]bool)
		for events := c.GetWorkflowHistory(t.Context(), id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); events.HasNext(); {
			event, err := events.Next()
			if err != nil {
				t.Fatal(err)
			}
			all.events++
			all.actions += actionsOf(event, local)
			if a := event.GetWorkflowExecutionContinuedAsNewEventAttributes(); a != nil {
				next = a.GetNewExecutionRunId()
			}
		}
		described, err := c.DescribeWorkflow(t.Context(), id, run)
		if err != nil {
			t.Fatal(err)
		}
		all.bytes += described.RawResponse.GetWorkflowExecutionInfo().GetHistorySizeBytes()
	}
	return all
}

// actionsOf returns how many actions Temporal Cloud bills for an event. All
// local activities of one workflow task are one action; local holds the
// workflow tasks whose local activities have been counted. Source:
// https://docs.temporal.io/cloud/actions
func actionsOf(event *historypb.HistoryEvent, local map[int64]bool) int64 {
	switch event.GetEventType() {
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, enumspb.EVENT_TYPE_TIMER_STARTED, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
		enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED, enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
		enumspb.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
		return 1
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED:
		return int64(event.GetActivityTaskStartedEventAttributes().GetAttempt())
	case enumspb.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
		fields := event.GetUpsertWorkflowSearchAttributesEventAttributes().GetSearchAttributes().GetIndexedFields()
		if _, version := fields["TemporalChangeVersion"]; !version || len(fields) > 1 {
			return 1
		}
	case enumspb.EVENT_TYPE_MARKER_RECORDED:
		a := event.GetMarkerRecordedEventAttributes()
		if task := a.GetWorkflowTaskCompletedEventId(); a.GetMarkerName() == "LocalActivity" && !local[task] {
			local[task] = true
			return 1
		}
	}
	return 0
}

// keepCost adds the rows for a cost, divided by of, the number of recipients.
func keepCost(t *testing.T, name string, c cost, heartbeats int64, of int) {
	t.Helper()
	each := func(n int64) float64 { return float64(n) / float64(of) }
	keep(t, table.Row{Part: costsPart, Name: name, Unit: "actions", Median: each(c.actions + heartbeats), Note: fmt.Sprintf("of these, heartbeats %.3g", each(heartbeats))})
	keep(t, table.Row{Part: costsPart, Name: name, Unit: "bytes of history", Median: each(c.bytes), Note: fmt.Sprintf("events %.3g", each(c.events))})
}

func TestCosts(t *testing.T) {
	s := startOutbound(t)
	store, requests := countedStore(t)
	w := worker.New(s.Temporal.Client, sms.TaskQueue, worker.Options{DisableRegistrationAliasing: true})
	workflows.Register(w)
	s.sending.Register(w)
	(&broadcast.Files{Store: store, Party: s.sending.Party}).Register(w)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	run := func(workflow string, input any, into any) (c cost, heartbeats int64) {
		s.beats.Store(0)
		id := uuid.NewString()
		run, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: sms.TaskQueue}, workflow, input)
		if err != nil {
			t.Fatal(err)
		}
		first := run.GetRunID()
		if err := run.Get(t.Context(), into); err != nil {
			t.Fatal(err)
		}
		return costOf(t, s.Temporal.Client, id, first), s.beats.Load()
	}
	one, beats := run(sms.SendSmsWorkflowName, listOf(1), nil)
	keepCost(t, "SendSmsWorkflow to one", one, beats, 1)
	list, beats := run(sms.SendSmsWorkflowName, listOf(1000), nil)
	keepCost(t, "SendSmsWorkflow to 1,000, per recipient", list, beats, 1000)

	const many = 4000
	requests.Store(0)
	var done sms.BroadcastProgress
	all, beats := run(sms.BroadcastSmsWorkflowName, map[string]any{"smsFrom": stack.Number, "smsBody": "Your table is ready.", "smsTo": listOf(many).SmsTo, "report": "bench"}, &done)
	if done.Sent != many {
		t.Fatalf("got %+v, want %d sent", done, many)
	}
	keepCost(t, "a broadcast of 4,000 with a report, per recipient", all, beats, many)
	keep(t, table.Row{Part: costsPart, Name: "a broadcast of 4,000 with a report, per recipient", Unit: "requests to S3", Median: float64(requests.Load()) / many, Note: fmt.Sprintf("%d pages", done.Pages)})
}

// countedStore returns a bucket on a real S3 server that counts its requests.
func countedStore(t *testing.T) (broadcast.Store, *atomic.Int64) {
	t.Helper()
	binary, err := filepath.Abs(filepath.Join("..", "..", ".local", "bin", "versitygw"))
	if err != nil {
		t.Fatal(err)
	}
	root, address := t.TempDir(), "127.0.0.1:"+stack.FreePort(t)
	if err := os.Mkdir(filepath.Join(root, "reports"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath(binary); err != nil {
		t.Fatalf("the S3 server is missing (%v): run \"make s3server\"", err)
	}
	stack.StartProcess(t, "S3 server", nil, binary, "--port", address, "--access", "sender", "--secret", "of-this-bench", "--quiet", "posix", "--sidecar", t.TempDir(), root)
	t.Setenv("AWS_ACCESS_KEY_ID", "sender")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "of-this-bench")
	requests := new(atomic.Int64)
	proxy := &httputil.ReverseProxy{ErrorLog: log.New(io.Discard, "", 0), Rewrite: func(r *httputil.ProxyRequest) {
		requests.Add(1)
		r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = "http", address, r.In.Host // the signature covers the host
	}}
	front := httptest.NewServer(proxy)
	t.Cleanup(front.Close)
	store, err := broadcast.Open(t.Context(), "s3://reports?region=us-east-1&use_path_style=true&endpoint="+front.URL)
	if err != nil {
		t.Fatal(err)
	}
	stack.Eventually(t, "the S3 server answers", func(ctx context.Context) error {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			_ = c.Close()
		}
		return err
	})
	return store, requests
}

func TestInboundCosts(t *testing.T) {
	besideOthers(t)
	s := stack.Start(t, stack.Options{Triggers: inboundTriggers, TemporalSettings: fastTemporal, Environment: []string{"LOG_LEVEL=error"}})
	c := s.Temporal.Client
	if _, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "target-1", TaskQueue: "nobody"}, "Sink"); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ body, name string }{
		{"plain hello", "an inbound text that starts a workflow, not counting what the workflow does"},
		{"signal 1", "an inbound text that signals a workflow and is answered with the outcome, not counting what the workflow does"},
	} {
		id := strings.ReplaceAll(uuid.NewString(), "-", "")
		if err := deliverAs(t.Context(), http.DefaultClient, s.Webhook, row.body, id); err != nil {
			t.Fatal(err)
		}
		if row.body != "plain hello" {
			stack.Eventually(t, "the text's workflow has closed", func(ctx context.Context) error { return c.GetWorkflow(ctx, "sms-SM"+id, "").Get(ctx, nil) })
		}
		described, err := c.DescribeWorkflow(t.Context(), "sms-SM"+id, "")
		if err != nil {
			t.Fatal(err)
		}
		keepCost(t, row.name, costOf(t, c, "sms-SM"+id, described.WorkflowExecution.RunID), 0, 1)
	}
	keep(t, table.Row{Part: costsPart, Name: "an inbound text that nothing matches", Unit: "actions", Note: "two reads of workflows, which are not actions"})
}

// deliverAs delivers a text with the MessageSid SM<id>.
func deliverAs(ctx context.Context, c *http.Client, hook, body, id string) error {
	return deliverForm(ctx, c, hook, url.Values{
		"MessageSid": {"SM" + id}, "AccountSid": {stack.Account},
		"From": {"+1500" + fmt.Sprintf("%07d", uuid.New().ID()%10_000_000)}, "To": {stack.Number}, "Body": {body},
	})
}
