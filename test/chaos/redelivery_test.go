package chaos

// Each text reaches its workflow exactly once, or its sender is told that it
// did not, even if Twilio delivers it several times and Temporal is unreachable
// in between.

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"temporal-twilio/test/stack"
	"temporal-twilio/workflows"
)

var texts = flag.Int("chaos.texts", 200, "how many texts TestStormOfRedeliveriesPublishesOnce sends; at least 10")

// The promise: each message is in its workflow once, or its sender was never
// told that it was accepted. Each later delivery of an accepted message gets
// the same answer, unless Temporal is unreachable at that time.
func TestStormOfRedeliveriesPublishesOnce(t *testing.T) {
	t.Parallel()
	all := *texts
	s := stack.Start(t, stack.Options{Triggers: textTriggers, Environment: []string{"LOG_LEVEL=error"}})
	hooks := []string{s.Webhook, s.AnotherWebhook(t)}
	startReceivers(t, s)

	told, failures, outages := deliverStorm(t, s, hooks, all)
	t.Logf("%d messages: Temporal was stopped %d times, %d deliveries failed, %d senders were told only that their text is lost", all, outages, failures, len(told))

	takenTexts(t, s, all, told)
	deliverInCalm(t, hooks, all, told)
	taken := takenTexts(t, s, all, told)
	missing, doubled := 0, 0
	for n := range all {
		switch count := taken[strconv.Itoa(n)]; {
		case count > 1:
			doubled++
			t.Errorf("message %d (%s) is in its workflow %d times, want once", n, textBody(n), count)
		case count == 0 && !told[n]:
			missing++
			t.Errorf("message %d (%s) is in no workflow, but its sender was told that it is accepted", n, textBody(n))
		}
	}
	if doubled+missing > 0 {
		t.Errorf("of %[3]d messages, %[1]d were processed twice and %[2]d are missing", doubled, missing, all)
	}
	if outages == 0 || failures == 0 || len(told) == all {
		t.Errorf("the storm had no effect: got %d outages and %d failures, and %d of %d senders were told only that their text is lost; want some of the first two, and not all senders", outages, failures, len(told), all)
	}
}

func TestContinueAsNewDoublesNoText(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Triggers: textTriggers})
	receiveTexts(t, s.Temporal.Client)
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
	long := func(n int) int { return 7 + n*6*ledgers } // the numbers of the texts for ledger-1
	say := func(n int) {
		if taken, status, err := deliverOnce(http.DefaultClient, s.Webhook, long(n)); !taken {
			t.Fatalf("text %d: got status %d and error %v, want the reply that it is taken", n, status, err)
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
		if err == nil && (len(taken) == 0 || taken[len(taken)-1] != strconv.Itoa(long(6))) {
			err = fmt.Errorf("only %v", taken)
		}
		return err
	})
	if got := strings.Join(taken, " "); got != "7 31 55 79 103 127 151" {
		t.Errorf("the workflow received the texts %s, want each of 7 31 55 79 103 127 151 once", got)
	}
}

// deliverStorm delivers each message one to five times, some of them
// concurrently and some one after another, while Temporal is stopped and
// started. It returns the messages for which no delivery was accepted, the
// number of deliveries that were not accepted, and how many times Temporal was
// stopped.
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
		// rough is the time until which Temporal may be unreachable.
		rough time.Time
	)
	const recovery = 15 * time.Second // time for the server to restart on a busy machine
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
					t.Errorf("message %d: got error %v", j.n, err)
				case taken:
					success[j.n] = true
				default:
					failures++
					if before && began.After(rough) {
						t.Errorf("message %d (%s) was accepted, but reported as lost when redelivered, although Temporal was reachable throughout", j.n, textBody(j.n))
					}
				}
				mu.Unlock()
			}
		})
	}
	begin, done := make(chan struct{}), make(chan struct{})
	var outage sync.WaitGroup
	outage.Go(func() {
		<-begin
		for {
			roughUntil(time.Now().Add(time.Hour))
			s.Temporal.Stop(t)
			if outages == 0 {
				// Stop Temporal for longer than a webhook retries, so that some senders are
				// told that their texts are lost.
				time.Sleep(8 * time.Second)
			}
			s.Temporal.Start(t)
			roughUntil(time.Now().Add(recovery))
			outages++
			select {
			case <-done:
				return
			case <-time.After(time.Duration(2+outages) * time.Second): // the time between outages grows
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
				again = append(again, j) // deliver it later
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
	outage.Wait()
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

// deliverInCalm delivers each message once more to each webhook after the
// faults. A message that was answered "taken" must get the same answer; one
// that was answered "lost" may now be accepted.
func deliverInCalm(t *testing.T, hooks []string, all int, told map[int]bool) {
	t.Helper()
	transport := &http.Client{Timeout: 30 * time.Second}
	var mu sync.Mutex
	var delivering errgroup.Group
	delivering.SetLimit(8)
	for n := range all {
		delivering.Go(func() error {
			for _, hook := range hooks {
				taken, err := deliver(transport, hook, n)
				mu.Lock()
				if err != nil || !taken && !told[n] {
					t.Errorf("message %d (%s) was accepted, but not when redelivered: error %v", n, textBody(n), err)
				}
				if taken {
					delete(told, n)
				}
				mu.Unlock()
			}
			return nil
		})
	}
	_ = delivering.Wait() // failures are reported to t
}
