package e2e

// Workflow IDs that several messages share: each message starts or joins one
// run, however the messages race.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/test/stack"
)

// quick ends at once, so that the next message may begin a run of the same ID.
func quick(workflow.Context, any) error { return nil }

// startersOf gives for each run of an ID the message that it was started for.
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

func TestOfMessagesThatRaceForAnIDEachStartsOneRun(t *testing.T) {
	t.Parallel()
	const ids, racing = 10, 4
	s := stack.Start(t, stack.Options{Environment: []string{"LOG_LEVEL=error"}, Triggers: `triggers:
  - {name: refuse, pattern: 'fail (?<id>\d+)', echo: 'taken', echoError: 'refused', start: {workflow: Quick, taskQueue: race, id: 'fail-${matchGroups.id}'}}
  - {name: replace, pattern: 'terminate (?<id>\d+)', echo: 'taken', echoError: 'refused', start: {workflow: Quick, taskQueue: race, id: 'terminate-${matchGroups.id}', idConflict: terminateExisting}}
`})
	hooks := []string{s.Webhook, s.AnotherWebhook(t)}
	startWorker(t, s, "race", map[string]any{"Quick": quick})
	say := func(policy string, id, n, hook int) (taken bool) {
		here := *s
		here.Webhook = hooks[hook]
		status, body, err := send(deliveryFrom(t, &here, fmt.Sprintf("+1500%07d", 100*id+n), stack.Token, fmt.Sprintf("SM%032x", 100*id+n), fmt.Sprintf("%s %d", policy, id)))
		if err != nil || status != http.StatusOK {
			t.Errorf("%s %d, message %d: %d %s, %v", policy, id, n, status, body, err)
		}
		return strings.Contains(body, "taken")
	}
	for _, policy := range []string{"fail", "terminate"} {
		for id := range ids {
			taken := make([]bool, racing)
			var all sync.WaitGroup
			for n := range racing {
				all.Go(func() { taken[n] = say(policy, id, n, n%2) })
			}
			all.Wait()
			for n := range racing {
				if !taken[n] { // it may be once the run before has ended
					stack.Eventually(t, fmt.Sprintf("%s %d: message %d is taken", policy, id, n), func(context.Context) error {
						if !say(policy, id, n, n%2) {
							return errors.New("it was refused")
						}
						return nil
					})
				}
				for hook := range hooks {
					if !say(policy, id, n, hook) {
						t.Errorf("%s %d: message %d was taken, and refused when it came again", policy, id, n)
					}
				}
			}
		}
	}
	for _, policy := range []string{"fail", "terminate"} {
		for id := range ids {
			name := fmt.Sprintf("%s-%d", policy, id)
			var runs map[string]int
			stack.Eventually(t, "all runs of "+name+" are listed", func(ctx context.Context) (err error) {
				if runs, err = startersOf(ctx, s, name); err == nil && len(runs) < racing {
					err = fmt.Errorf("only %v", runs)
				}
				return err
			})
			for message, n := range runs {
				if n > 1 {
					t.Errorf("%s: message %s started %d runs", name, message, n)
				}
			}
		}
	}
}

// brief ends soon, or when it is told to.
func brief(ctx workflow.Context, _ any) error {
	workflow.GetSignalChannel(ctx, "end").Receive(ctx, nil)
	return nil
}

func TestAMessageThatJoinedAWorkflowStartsNoOtherLater(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Triggers: `triggers:
  - {name: join, pattern: 'go', echo: 'taken', echoError: 'refused', start: {workflow: Brief, taskQueue: shop, id: brief, idConflict: useExisting}}
`})
	startWorker(t, s, "shop", map[string]any{"Brief": brief})
	say := func(n int) {
		status, body, err := send(delivery(t, s, stack.Token, fmt.Sprintf("SM%032x", n), "go"))
		if err != nil || status != http.StatusOK || !strings.Contains(body, "taken") {
			t.Errorf("message %d: %d %s, %v", n, status, body, err)
		}
	}
	say(1)
	say(2)
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
		t.Errorf("a message that had joined the first run started %s", now)
	}
	say(3)
	if now := runID(t, s, "brief"); now == first {
		t.Error("another message started none")
	}
}

func runID(t *testing.T, s *stack.Stack, workflowID string) string {
	t.Helper()
	description, err := s.Temporal.Client.DescribeWorkflow(t.Context(), workflowID, "")
	if err != nil {
		t.Fatal(err)
	}
	return description.WorkflowExecution.RunID
}
