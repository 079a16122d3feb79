package e2e

// Tests of workflow IDs that several messages share: whatever the order of the
// messages, each one starts or joins one run, or its sender is told that it did
// not.

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
)

// quick is a workflow that ends immediately, so that the next message can start
// a run with the same ID.
func quick(workflow.Context, any) error { return nil }

// startersOf returns how many runs with the given workflow ID each message
// started.
func startersOf(ctx context.Context, s *stack.Stack, id string) (map[string]int, error) {
	found, err := s.Temporal.Client.ListWorkflow(ctx, listRequest("WorkflowId = '"+id+"'"))
	if err != nil {
		return nil, err
	}
	runs := map[string]int{}
	for _, execution := range found.Executions {
		var sid string
		if err := converter.GetDefaultDataConverter().FromPayload(execution.GetMemo().GetFields()["messageSid"], &sid); err != nil {
			return nil, err
		}
		runs[sid]++
	}
	return runs, nil
}

func TestRacingTextsStartOneRunEach(t *testing.T) {
	t.Parallel()
	const ids, racing = 10, 4
	s := stack.Start(t, stack.Options{Environment: []string{"LOG_LEVEL=error"}, Triggers: `triggers:
  - {name: refuse, pattern: 'fail (?<id>\d+)', echo: 'taken', echoError: 'refused', start: {workflow: Quick, taskQueue: race, id: 'fail-${matchGroups.id}'}}
  - {name: replace, pattern: 'terminate (?<id>\d+)', echo: 'taken', echoError: 'refused', start: {workflow: Quick, taskQueue: race, id: 'terminate-${matchGroups.id}', idConflict: terminateExisting}}
`})
	hooks := []string{s.Webhook, s.AnotherWebhook(t)}
	startWorker(t, s, "race", map[string]any{"Quick": quick})
	text := func(policy string, id, n int) string { return fmt.Sprintf("SM%031x%x", 100*id+n, len(policy)) }
	say := func(policy string, id, n, hook int) (taken bool) {
		here := *s
		here.Webhook = hooks[hook]
		var body string
		// While the outcome of a text is pending, the webhook asks for another
		// delivery.
		stack.Eventually(t, fmt.Sprintf("%s %d, message %d is answered", policy, id, n), func(context.Context) error {
			status, said, err := send(deliveryFrom(t, &here, fmt.Sprintf("+1500%07d", 100*id+n), stack.Token, text(policy, id, n), fmt.Sprintf("%s %d", policy, id)))
			if err == nil && status != http.StatusOK {
				err = fmt.Errorf("got status %d: %s", status, said)
			}
			body = said
			return err
		})
		return strings.Contains(body, "taken")
	}
	want := map[string]map[string]int{}
	for _, policy := range []string{"fail", "terminate"} {
		for id := range ids {
			name := fmt.Sprintf("%s-%d", policy, id)
			taken := make([]bool, racing)
			want[name] = map[string]int{}
			var all sync.WaitGroup
			for n := range racing {
				all.Go(func() { taken[n] = say(policy, id, n, n%2) })
			}
			all.Wait()
			for n := range racing {
				if taken[n] {
					want[name][text(policy, id, n)] = 1
				} else if policy == "terminate" {
					t.Errorf("%s: message %d was refused, want it accepted", name, n)
				}
				for hook := range hooks {
					if again := say(policy, id, n, hook); again != taken[n] {
						t.Errorf("%s %d, message %d: accepted %t at first, and %t when redelivered", policy, id, n, taken[n], again)
					}
				}
			}
		}
	}
	for name, starters := range want {
		stack.Eventually(t, "each message that was accepted, and no other, has started a run of "+name, func(ctx context.Context) error {
			runs, err := startersOf(ctx, s, name)
			if err == nil && !maps.Equal(runs, starters) {
				err = fmt.Errorf("got the runs by message %v, want %v", runs, starters)
			}
			return err
		})
	}
}

// brief is a workflow that ends when it is signaled.
func brief(ctx workflow.Context, _ any) error {
	workflow.GetSignalChannel(ctx, "end").Receive(ctx, nil)
	return nil
}

func TestTextsThatJoinedStartNothingLater(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Triggers: `triggers:
  - {name: join, pattern: 'go', echo: 'taken', echoError: 'refused', start: {workflow: Brief, taskQueue: shop, id: brief, idConflict: useExisting}}
`})
	startWorker(t, s, "shop", map[string]any{"Brief": brief})
	say := func(n int) {
		status, body, err := send(delivery(t, s, stack.Token, fmt.Sprintf("SM%032x", n), "go"))
		if err != nil || status != http.StatusOK || !strings.Contains(body, "taken") {
			t.Errorf("message %d: got status %d, body %s and error %v, want the reply taken", n, status, body, err)
		}
	}
	say(1)
	started(t, s, "brief")
	say(2)
	stack.Eventually(t, "the second message has joined", func(ctx context.Context) error {
		return s.Temporal.Client.GetWorkflow(ctx, sms.TextWorkflowID(fmt.Sprintf("SM%032x", 2)), "").Get(ctx, nil)
	})
	if err := s.Temporal.Client.SignalWorkflow(t.Context(), "brief", "", "end", nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Temporal.Client.GetWorkflow(t.Context(), "brief", "").Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	first := runID(t, s, "brief")
	say(2)
	say(1)
	if now := runID(t, s, "brief"); now != first {
		t.Errorf("redelivering a message that had joined the first run started run %s", now)
	}
	say(3)
	stack.Eventually(t, "the third message has started another run", func(context.Context) error {
		if runID(t, s, "brief") == first {
			return fmt.Errorf("not yet")
		}
		return nil
	})
}

// started waits until a workflow exists.
func started(t *testing.T, s *stack.Stack, workflowID string) {
	t.Helper()
	stack.Eventually(t, "workflow "+workflowID+" has started", func(ctx context.Context) error {
		_, err := s.Temporal.Client.DescribeWorkflow(ctx, workflowID, "")
		return err
	})
}

func runID(t *testing.T, s *stack.Stack, workflowID string) string {
	t.Helper()
	description, err := s.Temporal.Client.DescribeWorkflow(t.Context(), workflowID, "")
	if err != nil {
		t.Fatal(err)
	}
	return description.WorkflowExecution.RunID
}
