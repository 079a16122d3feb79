package chaos

// The storm's texts, the workflows that receive them, and which texts these
// received.

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"golang.org/x/sync/errgroup"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twilio"
	"temporal-twilio/workflows"
)

// The triggers cover each way of reaching a workflow that can fail separately:
// one workflow per text; a few long ones that continue as new while they
// receive; short ones that close after a text and are started again by the
// next; workflows whose ID several texts share; one workflow that catches
// texts; and one that answers them.
const textTriggers = `triggers:
  - name: each
    pattern: 'start (?<n>\d+)'
    echo: 'taken ${n}'
    echoError: 'lost ${n}'
    start: {workflow: One, taskQueue: storm, input: {n: '${matchGroups.n}'}}
  - name: long
    pattern: 'long (?<n>\d+) to (?<ledger>\d)'
    echo: 'taken ${n}'
    echoError: 'lost ${n}'
    signal: {workflowId: 'ledger-${matchGroups.ledger}', name: text, input: {n: '${matchGroups.n}'}}
  - name: short
    pattern: 'short (?<n>\d+) to (?<chat>\d)'
    echo: 'taken ${n}'
    echoError: 'lost ${n}'
    signalWithStart: {workflow: Chat, taskQueue: storm, id: 'chat-${matchGroups.chat}', signal: text, signalInput: {n: '${matchGroups.n}'}}
  - name: own
    pattern: 'own (?<n>\d+) as (?<id>\d)'
    echo: 'taken ${n}'
    echoError: 'lost ${n}'
    start: {workflow: One, taskQueue: storm, id: 'own-${matchGroups.id}', input: {n: '${matchGroups.n}'}}
  - name: all
    pattern: 'all (?<n>\d+)'
    echo: 'taken ${n}'
    echoError: 'lost ${n}'
    signalAll: {name: text, input: {n: '${matchGroups.n}'}}
  - name: ask
    pattern: 'ask (?<n>\d+)'
    echo: 'taken ${n}'
    echoError: 'lost ${n}'
    update: {workflowId: hall, name: ask, input: {n: '${matchGroups.n}'}}
`

type textInput struct {
	N string `json:"n"`
}

// one is a workflow that is started for one message and returns the message's
// number.
func one(_ workflow.Context, in textInput) ([]string, error) { return []string{in.N}, nil }

// ledger receives messages indefinitely, a few per run, and lists them when
// queried.
func ledger(ctx workflow.Context, carried workflows.InboxState, taken []string) error {
	if err := workflow.SetQueryHandler(ctx, "taken", func() ([]string, error) { return taken, nil }); err != nil {
		return err
	}
	inbox := workflows.NewInbox[textInput](ctx, "text", carried)
	for range 5 {
		taken = append(taken, inbox.Receive(ctx).N)
	}
	return workflow.NewContinueAsNewError(ctx, "Ledger", inbox.Drain(ctx), taken)
}

// chat receives all waiting messages and closes.
func chat(ctx workflow.Context) ([]string, error) {
	inbox := workflows.NewInbox[textInput](ctx, "text", workflows.InboxState{})
	taken := []string{inbox.Receive(ctx).N}
	for inbox.Waiting() {
		next, _ := inbox.ReceiveAsync()
		taken = append(taken, next.N)
	}
	return taken, nil
}

// hall is a single workflow that catches some texts, answers others with an
// update, and lists all of them when queried.
func hall(ctx workflow.Context) error {
	taken := []string{}
	if err := workflow.SetQueryHandler(ctx, "taken", func() ([]string, error) { return taken, nil }); err != nil {
		return err
	}
	err := workflow.SetUpdateHandler(ctx, "ask", func(_ workflow.Context, in textInput) error {
		taken = append(taken, in.N)
		return nil
	})
	if err != nil {
		return err
	}
	if err := workflows.CatchSignal(ctx, "text"); err != nil {
		return err
	}
	for inbox := workflows.NewInbox[textInput](ctx, "text", workflows.InboxState{}); ; {
		taken = append(taken, inbox.Receive(ctx).N)
	}
}

func receiveTexts(t *testing.T, c client.Client) {
	t.Helper()
	w := worker.New(c, "storm", worker.Options{DisableRegistrationAliasing: true})
	w.RegisterWorkflowWithOptions(one, workflow.RegisterOptions{Name: "One"})
	w.RegisterWorkflowWithOptions(ledger, workflow.RegisterOptions{Name: "Ledger"})
	w.RegisterWorkflowWithOptions(chat, workflow.RegisterOptions{Name: "Chat"})
	w.RegisterWorkflowWithOptions(hall, workflow.RegisterOptions{Name: "Hall"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
}

const ledgers = 4

// textBody returns the text of message n.
func textBody(n int) string {
	switch n % 6 {
	case 0:
		return fmt.Sprintf("start %d", n)
	case 1:
		return fmt.Sprintf("long %d to %d", n, n/6%ledgers)
	case 2:
		return fmt.Sprintf("short %d to %d", n, n/6%10)
	case 3:
		return fmt.Sprintf("own %d as %d", n, n/6%10)
	case 4:
		return fmt.Sprintf("all %d", n)
	default:
		return fmt.Sprintf("ask %d", n)
	}
}

// startReceivers starts the workflows that must be open before the storm's
// messages arrive.
func startReceivers(t *testing.T, s *stack.Stack) {
	t.Helper()
	receiveTexts(t, s.Temporal.Client)
	for n := range ledgers {
		_, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: fmt.Sprintf("ledger-%d", n), TaskQueue: "storm"}, "Ledger", workflows.InboxState{}, []string{})
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: "hall", TaskQueue: "storm",
		// A task that is lost with a server is repeated after this time. The default
		// of 10 s is longer than an update may take.
		WorkflowTaskTimeout: 3 * time.Second,
	}, "Hall"); err != nil {
		t.Fatal(err)
	}
	stack.Eventually(t, "the hall is listed as a catcher", func(ctx context.Context) error {
		found, err := s.Temporal.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: sms.CatchersQuery(sms.SignalCatch("text"))})
		if err == nil && len(found.Executions) == 0 {
			err = fmt.Errorf("not yet")
		}
		return err
	})
}

// deliver delivers message n, each from a different phone. taken reports
// whether the reply says that the message was accepted. If it says neither that
// nor that the message was lost, deliver returns an error.
func deliver(c *http.Client, hook string, n int) (taken bool, err error) {
	taken, _, err = deliverOnce(c, hook, n)
	return taken, err
}

// deliverOnce is like deliver, but also returns the status of the response, or
// 0 if there was none. The error is a network error or describes an unexpected
// response.
func deliverOnce(c *http.Client, hook string, n int) (taken bool, status int, err error) {
	form := url.Values{
		"MessageSid": {fmt.Sprintf("SM%032x", n+1)}, "AccountSid": {stack.Account},
		"From": {fmt.Sprintf("+1500%07d", n)}, "To": {stack.Number}, "Body": {textBody(n)},
	}
	// All webhooks are configured with the URL that is signed.
	request, err := http.NewRequest(http.MethodPost, hook+"/twilio/sms", strings.NewReader(form.Encode()))
	if err != nil {
		return false, 0, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set(twilio.SignatureHeader, twilio.Sign(stack.Token, hook+"/twilio/sms", form))
	response, err := c.Do(request)
	if err != nil {
		return false, 0, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return false, 0, err
	}
	taken = strings.Contains(string(body), fmt.Sprintf("taken %d<", n))
	told := strings.Contains(string(body), fmt.Sprintf("lost %d<", n)) || response.StatusCode == http.StatusServiceUnavailable
	if !taken && !told {
		err = fmt.Errorf("answered %s: %s", response.Status, body)
	}
	return taken, response.StatusCode, err
}

// takenTexts counts how often each message is in a workflow, once no delivery
// is still being processed. It waits as long as there is progress: after many
// restarts, the server needs a while to get to every workflow.
func takenTexts(t *testing.T, s *stack.Stack, all int, told map[int]bool) map[string]int {
	t.Helper()
	const patience = time.Minute
	var taken map[string]int
	enough := func() error {
		for n := range all {
			if taken[strconv.Itoa(n)] == 0 && !told[n] {
				return fmt.Errorf("message %d (%s) is missing", n, textBody(n))
			}
		}
		return nil
	}
	moved, seen := time.Now(), ""
	closed := map[string][]string{}
	for {
		counted, err := countTexts(t.Context(), s, closed)
		open := openTexts(t.Context(), s)
		if err == nil {
			taken = counted
			err = enough()
		}
		if err == nil && open == 0 {
			// Count once more, in case a redelivery was late.
			if again, err := countTexts(t.Context(), s, closed); err == nil {
				return again
			}
		}
		if now := fmt.Sprint(open, len(closed), taken); now != seen {
			moved, seen = time.Now(), now
		}
		if time.Since(moved) > patience {
			t.Logf("gave up after %s without progress: %d workflows are open, error %v", patience, open, err)
			return taken
		}
		select {
		case <-t.Context().Done():
			t.Fatal("the test was stopped")
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// openTexts returns the number of the storm's short workflows that are still
// open.
func openTexts(ctx context.Context, s *stack.Stack) int64 {
	response, err := s.Temporal.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Query: "WorkflowType IN ('One', 'Chat') AND ExecutionStatus = 'Running'",
	})
	if err != nil {
		return -1
	}
	return response.Count
}

// countTexts counts how often each message is in a workflow. closed caches the
// results of closed runs.
func countTexts(ctx context.Context, s *stack.Stack, closed map[string][]string) (map[string]int, error) {
	// A query of a long workflow that no worker has cached takes longer than the
	// SDK's 10 seconds.
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := readClosed(ctx, s, closed); err != nil {
		return nil, err
	}
	taken := map[string]int{}
	count := func(numbers []string) {
		for _, n := range numbers {
			taken[n]++
		}
	}
	for _, numbers := range closed {
		count(numbers)
	}
	lists := []string{"hall"}
	for n := range ledgers {
		lists = append(lists, fmt.Sprintf("ledger-%d", n))
	}
	for _, id := range lists {
		answer, err := s.Temporal.Client.QueryWorkflow(ctx, id, "", "taken")
		if err != nil {
			return nil, fmt.Errorf("query %s: %w", id, err)
		}
		var numbers []string
		if err := answer.Get(&numbers); err != nil {
			return nil, err
		}
		count(numbers)
	}
	return taken, nil
}

// readClosed adds to closed the results of the short workflows that have ended,
// by run ID. If it fails, closed keeps the results that were read.
func readClosed(ctx context.Context, s *stack.Stack, closed map[string][]string) error {
	var (
		mu      sync.Mutex
		reading errgroup.Group
		token   []byte
	)
	reading.SetLimit(8)
	for {
		began := time.Now()
		page, err := s.Temporal.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			PageSize: 1000, Query: "WorkflowType IN ('One', 'Chat') AND ExecutionStatus = 'Completed'", NextPageToken: token,
		})
		if err != nil {
			_ = reading.Wait()
			return fmt.Errorf("list the short workflows: failed after %s: %w", time.Since(began), err)
		}
		for _, execution := range page.Executions {
			id, run := execution.Execution.WorkflowId, execution.Execution.RunId
			mu.Lock()
			_, known := closed[run]
			mu.Unlock()
			if known {
				continue
			}
			reading.Go(func() error {
				var numbers []string
				if err := s.Temporal.Client.GetWorkflow(ctx, id, run).Get(ctx, &numbers); err != nil {
					return fmt.Errorf("read the result of %s: %w", id, err)
				}
				mu.Lock()
				defer mu.Unlock()
				closed[run] = numbers
				return nil
			})
		}
		if token = page.NextPageToken; len(token) == 0 {
			return reading.Wait()
		}
	}
}
