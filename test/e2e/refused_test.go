package e2e

// A call that Temporal permanently refuses fails immediately, and delays
// nothing else.

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
)

func TestFinalRefusalsAreAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Triggers: `triggers:
  - {name: start, pattern: 'start (?<id>\w+)', echo: 'Taken.', echoError: 'Lost.', start: {workflow: W, taskQueue: nobody, id: 'room-${matchGroups.id}'}}
  - {name: signal, pattern: 'signal (?<id>\w+)', echo: 'Taken.', echoError: 'Lost.', signal: {workflowId: 'room-${matchGroups.id}', name: text}}
  - {name: update, pattern: 'update (?<id>\w+)', echo: 'Taken.', echoError: 'Lost.', update: {workflowId: 'room-${matchGroups.id}', name: text}}
  - {name: self, pattern: 'self', echo: 'Taken.', echoError: 'Lost.', start: {workflow: W, taskQueue: nobody, id: 'sms-${messageSid}'}}
  - {name: kind, pattern: 'kind (?<n>\w+)', echo: 'Taken.', echoError: 'Lost.', start: {workflow: W, taskQueue: nobody, id: 'kind-${messageSid}', searchAttributes: {OrderCount: '${matchGroups.n}'}}}
  - {name: size, pattern: 'size (?<n>\w+)', echo: 'Taken.', echoError: 'Lost.', start: {workflow: W, taskQueue: nobody, id: 'size-${messageSid}', searchAttributes: {OrderName: '${matchGroups.n}${matchGroups.n}'}}}
`})
	if _, err := s.Temporal.Client.OperatorService().AddSearchAttributes(t.Context(), &operatorservice.AddSearchAttributesRequest{
		Namespace: "default", SearchAttributes: map[string]enumspb.IndexedValueType{
			"OrderCount": enumspb.INDEXED_VALUE_TYPE_INT, "OrderName": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		},
	}); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 1500)
	var all sync.WaitGroup
	for _, body := range []string{"start " + long, "signal " + long, "update " + long, "self", "kind many", "size " + long} {
		all.Go(func() {
			if got := replies(text(t, s, body)); got != "Lost." {
				t.Errorf("%.10s: got the replies %q, want Lost.", body, got)
			}
		})
	}
	all.Wait()
}

func TestQuestionsLeaveUnusableTextsToTriggers(t *testing.T) {
	t.Parallel()
	const secret = "a-secret-that-this-test-knows-as-well"
	s := stack.Start(t, stack.Options{Environment: []string{"ID_SECRET=" + secret}, Triggers: `triggers:
  - {name: start, pattern: 'start', echo: 'Taken.', start: {workflow: W, taskQueue: nobody}}
`})
	startWorker(t, s, "keepers", map[string]any{"Keeper": func(ctx workflow.Context) error {
		if err := workflow.SetUpdateHandler(ctx, sms.QuestionReplyUpdate, func(workflow.Context, any) (bool, error) {
			return false, errors.New("no match in time")
		}); err != nil {
			return err
		}
		return workflow.Sleep(ctx, time.Hour)
	}})
	id := sms.QuestionsID([]byte(secret), stack.Number, phone)
	if _, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: "keepers"}, "Keeper"); err != nil {
		t.Fatal(err)
	}
	if got := replies(text(t, s, "start")); got != "Taken." {
		t.Errorf("got the replies %q, want Taken.", got)
	}
}
