package e2e

// Each message exactly once in its workflow, or its sender told.

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twilio"
	"temporal-twilio/workflows"
)

// storm is how many messages the storm has: a test run's worth, or by
// STORM=2000 the full measure.
func storm(t *testing.T) int {
	t.Helper()
	text := os.Getenv("STORM")
	if text == "" {
		return 200
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 10 {
		t.Fatalf("STORM is %q; it must be a number from 10", text)
	}
	return n
}

// The storm's messages go to workflows in each way that can fail on its own:
// one workflow each, a few long ones that continue as new while they receive,
// short ones that close after a message and are started again by the next, those
// under an ID that others have as well, one that catches and one that answers.
const stormTriggers = `triggers:
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

type stormText struct {
	N string `json:"n"`
}

// one is started for one message, whose number is its result.
func one(_ workflow.Context, in stormText) ([]string, error) { return []string{in.N}, nil }

// ledger takes messages for ever, a few in each run, and lists them when asked.
func ledger(ctx workflow.Context, carried workflows.InboxState, taken []string) error {
	if err := workflow.SetQueryHandler(ctx, "taken", func() ([]string, error) { return taken, nil }); err != nil {
		return err
	}
	inbox := workflows.NewInbox[stormText](ctx, "text", carried)
	for range 5 {
		taken = append(taken, inbox.Receive(ctx).N)
	}
	return workflow.NewContinueAsNewError(ctx, "Ledger", inbox.Drain(ctx), taken)
}

// chat takes what is there and closes.
func chat(ctx workflow.Context) ([]string, error) {
	inbox := workflows.NewInbox[stormText](ctx, "text", workflows.InboxState{})
	taken := []string{inbox.Receive(ctx).N}
	for inbox.Waiting() {
		next, _ := inbox.ReceiveAsync()
		taken = append(taken, next.N)
	}
	return taken, nil
}

// hall is one for all: it catches texts and answers questions, and lists them
// when asked.
func hall(ctx workflow.Context) error {
	taken := []string{}
	if err := workflow.SetQueryHandler(ctx, "taken", func() ([]string, error) { return taken, nil }); err != nil {
		return err
	}
	err := workflow.SetUpdateHandler(ctx, "ask", func(_ workflow.Context, in stormText) error {
		taken = append(taken, in.N)
		return nil
	})
	if err != nil {
		return err
	}
	if err := workflows.CatchSignal(ctx, "text"); err != nil {
		return err
	}
	for inbox := workflows.NewInbox[stormText](ctx, "text", workflows.InboxState{}); ; {
		taken = append(taken, inbox.Receive(ctx).N)
	}
}

func stormWorker(t *testing.T, c client.Client) {
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

// stormBody gives message n's text.
func stormBody(n int) string {
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

// startStorm starts the workflows that the storm's messages are for.
func startStorm(t *testing.T, s *stack.Stack) {
	t.Helper()
	stormWorker(t, s.Temporal.Client)
	for n := range ledgers {
		_, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: fmt.Sprintf("ledger-%d", n), TaskQueue: "storm"}, "Ledger", workflows.InboxState{}, []string{})
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "hall", TaskQueue: "storm"}, "Hall"); err != nil {
		t.Fatal(err)
	}
	stack.Eventually(t, "the hall is known to catch", func(ctx context.Context) error {
		found, err := s.Temporal.Client.ListWorkflow(ctx, listRequest(sms.CatchersQuery(sms.SignalCatch("text"))))
		if err == nil && len(found.Executions) == 0 {
			err = fmt.Errorf("not yet")
		}
		return err
	})
}

// What is promised: each message is in its workflow once, or its sender was never
// told that it was taken. One that was answered "taken" is so by each later
// delivery, but where Temporal is away meanwhile.
func TestStormOfRedeliveriesPublishesOnce(t *testing.T) {
	t.Parallel()
	all := storm(t)
	s := stack.Start(t, stack.Options{Triggers: stormTriggers, Environment: []string{"LOG_LEVEL=error"}})
	hooks := []string{s.Webhook, s.AnotherWebhook(t)}
	startStorm(t, s)

	told, failures, outages := deliverStorm(t, s, hooks, all)
	t.Logf("%d messages, Temporal stopped %d times, %d deliveries failed, %d senders told of nothing else", all, outages, failures, len(told))

	takenInStorm(t, s, all, told)
	deliverInCalm(t, hooks, all, told)
	taken := takenInStorm(t, s, all, told)
	missing, doubled := 0, 0
	for n := range all {
		switch count := taken[strconv.Itoa(n)]; {
		case count > 1:
			doubled++
			t.Errorf("message %d (%s) is in its workflow %d times", n, stormBody(n), count)
		case count == 0 && !told[n]:
			missing++
			t.Errorf("message %d (%s) is in no workflow, and its sender was told that it was taken", n, stormBody(n))
		}
	}
	if doubled+missing > 0 {
		t.Errorf("%d doubled, %d missing of %d", doubled, missing, all)
	}
	if outages == 0 || failures == 0 || len(told) == all {
		t.Errorf("the storm tested nothing: %d outages, %d failures, %d of %d told", outages, failures, len(told), all)
	}
}

func TestContinueAsNewDoublesNoText(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Triggers: stormTriggers})
	stormWorker(t, s.Temporal.Client)
	if _, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "ledger-1", TaskQueue: "storm"}, "Ledger", workflows.InboxState{}, []string{}); err != nil {
		t.Fatal(err)
	}
	run := func(ctx context.Context) string {
		description, err := s.Temporal.Client.DescribeWorkflow(ctx, "ledger-1", "")
		if err != nil {
			t.Fatal(err)
		}
		return description.WorkflowExecution.RunID
	}
	say := func(n int) {
		status, body, err := send(delivery(t, s, stack.Token, fmt.Sprintf("SM%032x", n+1), fmt.Sprintf("long %d to 1", n)))
		if err != nil || status != http.StatusOK || !strings.Contains(body, "taken") {
			t.Fatalf("message %d is answered %d %s, %v", n, status, body, err)
		}
	}
	first := run(t.Context())
	for n := range 5 {
		say(n)
	}
	stack.Eventually(t, "the workflow has continued as new", func(ctx context.Context) error {
		if run(ctx) == first {
			return fmt.Errorf("not yet")
		}
		return nil
	})
	for _, n := range []int{0, 3, 0, 5, 3, 6} {
		say(n)
	}
	var taken []string
	stack.Eventually(t, "all are taken", func(ctx context.Context) error {
		answer, err := s.Temporal.Client.QueryWorkflow(ctx, "ledger-1", "", "taken")
		if err == nil {
			err = answer.Get(&taken)
		}
		if err == nil && (len(taken) == 0 || taken[len(taken)-1] != "6") {
			err = fmt.Errorf("only %v", taken)
		}
		return err
	})
	if got := strings.Join(taken, " "); got != "0 1 2 3 4 5 6" {
		t.Errorf("taken %s", got)
	}
}

// deliverStorm delivers each message one to five times, some at once and some
// one after the other, while Temporal is stopped and started. It gives the
// messages of which every delivery was answered with a failure, and how many
// deliveries were.
func deliverStorm(t *testing.T, s *stack.Stack, hooks []string, all int) (told map[int]bool, failures, outages int) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, uint64(all)))
	type job struct {
		n    int
		hook string
	}
	jobs := make(chan job)
	var (
		mu      sync.Mutex
		success = map[int]bool{}
		workers sync.WaitGroup
		// rough is when Temporal was last away, or had just come back.
		rough time.Time
	)
	const recovery = 15 * time.Second // of a server that restarts on a busy machine
	roughUntil := func(at time.Time) {
		mu.Lock()
		defer mu.Unlock()
		rough = at
	}
	transport := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	for range 24 {
		workers.Go(func() {
			for j := range jobs {
				mu.Lock()
				before := success[j.n]
				mu.Unlock()
				began := time.Now()
				taken, err := deliver(transport, j.hook, j.n)
				mu.Lock()
				switch {
				case err != nil:
					t.Errorf("message %d: %v", j.n, err)
				case taken:
					success[j.n] = true
				default:
					failures++
					if before && began.After(rough) {
						t.Errorf("message %d (%s) was taken, and lost when it came again, with Temporal there all the while", j.n, stormBody(j.n))
					}
				}
				mu.Unlock()
			}
		})
	}
	begin, done := make(chan struct{}), make(chan struct{})
	var weather sync.WaitGroup
	weather.Go(func() {
		<-begin
		for {
			roughUntil(time.Now().Add(time.Hour))
			s.Temporal.Stop(t)
			if outages == 0 {
				// Longer than a webhook tries: senders are told.
				time.Sleep(8 * time.Second)
			}
			s.Temporal.Start(t)
			roughUntil(time.Now().Add(recovery))
			outages++
			select {
			case <-done:
				return
			case <-time.After(time.Duration(2+outages) * time.Second): // fair weather, longer each time
			}
		}
	})
	var again []job
	for n := range all {
		if n == all/4 {
			close(begin)
		}
		for range 1 + random.IntN(5) {
			j := job{n: n, hook: hooks[random.IntN(len(hooks))]}
			if random.IntN(2) == 0 {
				jobs <- j
			} else {
				again = append(again, j) // a late one
			}
		}
		if first := len(again) - 100; first > 0 {
			for _, j := range again[:first] {
				jobs <- j
			}
			again = again[first:]
		}
	}
	close(done)
	weather.Wait()
	for _, j := range again {
		jobs <- j
	}
	close(jobs)
	workers.Wait()
	told = map[int]bool{}
	for n := range all {
		if !success[n] {
			told[n] = true
		}
	}
	return told, failures, outages
}

// deliverInCalm delivers each message once more to each webhook: what was answered
// "taken" once is so again. What was lost may be taken now.
func deliverInCalm(t *testing.T, hooks []string, all int, told map[int]bool) {
	t.Helper()
	transport := &http.Client{Timeout: 30 * time.Second}
	for n := range all {
		for _, hook := range hooks {
			taken, err := deliver(transport, hook, n)
			if err != nil || !taken && !told[n] {
				t.Errorf("message %d (%s) was taken, and lost when it came again: %v", n, stormBody(n), err)
			}
			if taken {
				delete(told, n)
			}
		}
	}
}

// deliver delivers message n of the storm, from a phone of its own, and reports
// whether the answer is that it was taken; or else that it was lost, or that
// nothing is known yet.
func deliver(c *http.Client, hook string, n int) (taken bool, err error) {
	taken, _, err = deliverOnce(c, hook, n)
	return taken, err
}

// deliverOnce also says the status. The error is of the network, or of an answer
// that is neither.
func deliverOnce(c *http.Client, hook string, n int) (taken bool, status int, err error) {
	form := url.Values{
		"MessageSid": {fmt.Sprintf("SM%032x", n+1)}, "AccountSid": {stack.Account},
		"From": {fmt.Sprintf("+1500%07d", n)}, "To": {stack.Number}, "Body": {stormBody(n)},
	}
	// What is signed is the address that all webhooks are configured with.
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

// takenInStorm counts the messages over all workflows, once none is on its way.
// After many restarts it takes the server a while to get to every workflow, so it
// waits for as long as something moves.
func takenInStorm(t *testing.T, s *stack.Stack, all int, told map[int]bool) map[string]int {
	t.Helper()
	const patience = time.Minute
	var taken map[string]int
	enough := func() error {
		for n := range all {
			if taken[strconv.Itoa(n)] == 0 && !told[n] {
				return fmt.Errorf("message %d (%s) is not there", n, stormBody(n))
			}
		}
		return nil
	}
	moved, seen := time.Now(), ""
	for {
		counted, err := countStorm(t.Context(), s)
		open := openStorm(t.Context(), s)
		if err == nil {
			taken = counted
			err = enough()
		}
		if err == nil && open == 0 {
			// Once more: what comes twice may come late.
			if again, err := countStorm(t.Context(), s); err == nil {
				return again
			}
		}
		if now := fmt.Sprint(open, taken); now != seen {
			moved, seen = time.Now(), now
		}
		if time.Since(moved) > patience {
			t.Logf("gave up waiting, as nothing has moved for %s: %d workflows are open, %v", patience, open, err)
			return taken
		}
		select {
		case <-t.Context().Done():
			t.Fatal("the test was stopped")
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// openStorm is how many of the storm's short workflows are still open.
func openStorm(ctx context.Context, s *stack.Stack) int64 {
	response, err := s.Temporal.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Query: "WorkflowType IN ('One', 'Chat') AND ExecutionStatus = 'Running'",
	})
	if err != nil {
		return -1
	}
	return response.Count
}

func countStorm(ctx context.Context, s *stack.Stack) (map[string]int, error) {
	taken := map[string]int{}
	var token []byte
	for {
		page, err := s.Temporal.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			PageSize: 1000, Query: "WorkflowType IN ('One', 'Chat')", NextPageToken: token,
		})
		if err != nil {
			return nil, err
		}
		for _, execution := range page.Executions {
			if execution.Status != enums.WORKFLOW_EXECUTION_STATUS_COMPLETED {
				continue
			}
			var numbers []string
			if err := s.Temporal.Client.GetWorkflow(ctx, execution.Execution.WorkflowId, execution.Execution.RunId).Get(ctx, &numbers); err != nil {
				return nil, err
			}
			for _, n := range numbers {
				taken[n]++
			}
		}
		if token = page.NextPageToken; len(token) == 0 {
			break
		}
	}
	lists := []string{"hall"}
	for n := range ledgers {
		lists = append(lists, fmt.Sprintf("ledger-%d", n))
	}
	for _, id := range lists {
		answer, err := s.Temporal.Client.QueryWorkflow(ctx, id, "", "taken")
		if err != nil {
			return nil, err
		}
		var numbers []string
		if err := answer.Get(&numbers); err != nil {
			return nil, err
		}
		for _, n := range numbers {
			taken[n]++
		}
	}
	return taken, nil
}

// relay takes one text and continues as new, takes another and closes.
func relay(ctx workflow.Context, leg int) error {
	workflow.GetSignalChannel(ctx, "text").Receive(ctx, nil)
	if leg == 0 {
		return workflow.NewContinueAsNewError(ctx, "Relay", 1)
	}
	return nil
}

func TestTextsReachNoLaterWorkflow(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Triggers: `triggers:
  - name: relay
    pattern: 'text'
    echo: 'taken'
    echoError: 'lost'
    signalWithStart: {workflow: Relay, taskQueue: relay, id: relay, signal: text, input: 0}
`})
	startWorker(t, s, "relay", map[string]any{"Relay": relay})
	// hook alternates: neither process knows what the other saw.
	hooks := []string{s.Webhook, s.AnotherWebhook(t)}
	say := func(n, hook int) {
		here := *s
		here.Webhook = hooks[hook]
		status, body, err := send(delivery(t, &here, stack.Token, fmt.Sprintf("SM%032x", n), "text"))
		if err != nil || status != http.StatusOK || !strings.Contains(body, "taken") {
			t.Fatalf("message %d is answered %d %s, %v", n, status, body, err)
		}
	}
	run := func(ctx context.Context) (id string, open bool) {
		description, err := s.Temporal.Client.DescribeWorkflow(ctx, "relay", "")
		if err != nil {
			return "", false
		}
		return description.WorkflowExecution.RunID, description.Status == enums.WORKFLOW_EXECUTION_STATUS_RUNNING
	}
	// Messages 1 and 2 are one workflow, of two runs; 3 begins another.
	last := ""
	for n := 1; n <= 3; n++ {
		say(n, n%2)
		stack.Eventually(t, "the text is taken", func(ctx context.Context) error {
			id, open := run(ctx)
			if n == 2 && open || n != 2 && (id == last || !open) {
				return fmt.Errorf("not yet")
			}
			// The first run of a workflow takes its text; its second waits.
			history := s.Temporal.Client.GetWorkflowHistory(ctx, "relay", id, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
			if event, err := history.Next(); n != 2 && (err != nil || event.GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId() == "") {
				return fmt.Errorf("still in its first run, %v", err)
			}
			last = id
			return nil
		})
	}
	// Message 3 is not among them: within one workflow, over its runs, it is for
	// an inbox to know.
	for _, n := range []int{1, 2, 1, 2} {
		say(n, (n+1)%2)
		say(n, n%2)
	}
	if id, open := run(t.Context()); id != last || !open {
		t.Errorf("a redelivered text went on: run %s, open %t, before %s", id, open, last)
	}
	history := s.Temporal.Client.GetWorkflowHistory(t.Context(), "relay", last, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			t.Fatal(err)
		}
		if event.GetWorkflowExecutionSignaledEventAttributes() != nil {
			t.Error("a redelivered text was taken again")
		}
	}
}
