// Package replay runs the workflows of today over histories that were recorded
// when they landed: a change that would break a workflow in flight fails here.
//
// A new workflow is recorded with
//
//	go test ./test/replay -record
//
// which keeps the histories that are there: they stand for workflows that have
// been running since.
package replay

import (
	"cmp"
	"context"
	"flag"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/activities"
	"temporal-twilio/test/stack"
	"temporal-twilio/workflows"
)

var recording = flag.Bool("record", false, "record the histories that are missing")

// scene is what is recorded: a workflow, its input and its task queue, or the ID
// of a workflow that another scene started.
type scene struct {
	workflow string
	input    any
	queue    string
	id       string
}

var scenes = map[string]scene{
	"order-status": {workflow: workflows.OrderStatusWorkflowName, input: workflows.OrderStatusInput{OrderNumber: "42", From: "+15005550009"}},
	"send-sms":     {workflow: workflows.SendSmsWorkflowName, input: send(nil)},
	"send-sms-and-wait": {workflow: workflows.SendSmsWorkflowName, input: send(map[string]any{
		"waitForDelivery": true, "timeout": "2s",
	})},
	"ask-sms": {workflow: workflows.AskSmsWorkflowName, input: map[string]any{
		"smsFrom": stack.Number, "smsTo": "+15005550009", "smsBody": "Coming?", "timeout": "2s",
		"reminders": []map[string]any{{"after": "1s", "smsBody": "Still coming?"}},
	}},
	"broadcast-sms": {workflow: workflows.BroadcastSmsWorkflowName, input: send(map[string]any{
		"smsTo": []string{"+15005550009", "+15005550010", "nobody"}, "pageSize": 2,
	})},
	"catch-up-sms": {workflow: workflows.CatchUpSmsWorkflowName, input: workflows.CatchUpSmsInput{}, queue: workflows.CatchUpTaskQueue},
	// What ask-sms opened and closed.
	"sms-questions":        {id: activities.QuestionsID([]byte(stack.Token), stack.Number, "+15005550009")},
	"send-sms-with-errors": {workflow: workflows.SendSmsWorkflowName, input: send(map[string]any{"smsTo": []string{"nobody"}})},
}

func send(more map[string]any) map[string]any {
	input := map[string]any{"smsFrom": stack.Number, "smsTo": []string{"+15005550009"}, "smsBody": "Hi"}
	for name, value := range more {
		input[name] = value
	}
	return input
}

// identity is the machine that recorded, which is nobody's business.
var identity = regexp.MustCompile(`"identity": *"[^"]*"`)

func file(scene string) string { return filepath.Join("testdata", scene+".json") }

func TestWorkflowsOfTodayReplayTheHistoriesOfTheirTime(t *testing.T) {
	if *recording {
		record(t)
	}
	replayer := worker.NewWorkflowReplayer()
	workflows.Register(replayer)
	replayer.RegisterWorkflowWithOptions(workflows.CatchUpSmsWorkflow, workflow.RegisterOptions{Name: workflows.CatchUpSmsWorkflowName})
	quiet := sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))
	histories, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, history := range histories {
		t.Run(strings.TrimSuffix(filepath.Base(history), ".json"), func(t *testing.T) {
			if err := replayer.ReplayWorkflowHistoryFromJSONFile(quiet, history); err != nil {
				t.Error(err)
			}
		})
	}
	for scene := range scenes {
		if _, err := os.Stat(file(scene)); err != nil {
			t.Errorf("%s was never recorded: go test ./test/replay -record", scene)
		}
	}
}

// record runs each scene that has no history yet.
func record(t *testing.T) {
	s := stack.Start(t, stack.Options{Environment: []string{"CATCH_UP=1h"}})
	names := slices.Sorted(maps.Keys(scenes)) // ask-sms comes before sms-questions
	for _, name := range names {
		if _, err := os.Stat(file(name)); err != nil {
			run(t, s, name, scenes[name])
		}
	}
}

// run runs a scene and writes its history.
func run(t *testing.T, s *stack.Stack, name string, of scene) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := s.Temporal.Client
	id := of.id
	if id == "" {
		id = name
		started, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: cmp.Or(of.queue, activities.TaskQueue)}, of.workflow, of.input)
		if err == nil {
			err = started.Get(ctx, nil)
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	history := &historypb.History{}
	events := c.GetWorkflowHistory(ctx, id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		history.Events = append(history.Events, event)
	}
	data, err := temporalproto.CustomJSONMarshalOptions{Indent: " "}.Marshal(history)
	if err == nil {
		data = identity.ReplaceAll(data, []byte(`"identity": "recorded"`))
		err = os.WriteFile(file(name), append(data, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
