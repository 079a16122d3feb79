package e2e

// A storm in which every process is killed again and again: workers, webhooks
// and Temporal. What each sender was told is what happened.

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"temporal-twilio/test/stack"
)

func TestKillStormKeepsEchoesTrue(t *testing.T) {
	t.Parallel()
	all := storm(t)
	s := stack.Start(t, stack.Options{
		Triggers: stormTriggers, NoWorker: true,
		Environment: []string{"LOG_LEVEL=error"},
	})
	victims := []*victim{
		newVictim(t, s, "worker"), newVictim(t, s, "webhook"), newVictim(t, s, "webhook"),
	}
	hooks := []string{victims[1].url, victims[2].url}
	startStorm(t, s)

	answers := killAndDeliver(t, s, victims, hooks, all)
	for _, v := range victims {
		v.ready(t)
	}
	// The last word, in calm.
	told, calm := map[int]bool{}, &http.Client{Timeout: 30 * time.Second}
	for n := range all {
		taken, status, err := deliverOnce(calm, hooks[n%2], n)
		for tries := 0; err == nil && status == http.StatusServiceUnavailable && tries < 20; tries++ {
			taken, status, err = deliverOnce(calm, hooks[n%2], n) // it is on its way
		}
		if err != nil || status != http.StatusOK {
			t.Errorf("message %d (%s) is answered %d in calm, %v", n, stormBody(n), status, err)
		}
		if again, _, _ := deliverOnce(calm, hooks[(n+1)%2], n); again != taken {
			t.Errorf("message %d (%s) was taken: %t, and by the other webhook: %t", n, stormBody(n), taken, again)
		}
		if answers[n].taken && !taken {
			t.Errorf("message %d (%s) was taken, and lost when it came again", n, stormBody(n))
		}
		told[n] = !taken
	}
	taken := takenInStorm(t, s, all, told)
	for n := range all {
		switch count := taken[strconv.Itoa(n)]; {
		case count > 1:
			t.Errorf("message %d (%s) is in its workflow %d times", n, stormBody(n), count)
		case count == 0 && !told[n]:
			t.Errorf("message %d (%s) is in no workflow, and its sender was told that it was taken", n, stormBody(n))
		case count == 1 && told[n]:
			t.Errorf("message %d (%s) is in its workflow, and its sender was told that it was lost", n, stormBody(n))
		}
	}
	lost := 0
	for n := range all {
		if told[n] {
			lost++
		}
	}
	kills := 0
	for _, v := range victims {
		kills += v.kills
	}
	t.Logf("%d messages, %d kills, %d senders told that theirs was lost", all, kills, lost)
	if kills < 10 || lost == all {
		t.Errorf("the storm tested nothing")
	}
}

// victim is a process that is killed and comes back.
type victim struct {
	s       *stack.Stack
	half    string
	url     string
	started []string
	process *stack.Process
	kills   int
}

func newVictim(t *testing.T, s *stack.Stack, half string, environment ...string) *victim {
	t.Helper()
	address := "127.0.0.1:" + stack.FreePort(t)
	v := &victim{s: s, half: half, url: "http://" + address}
	v.started = slices.Concat(s.Environment(), []string{"WEBHOOK_ADDR=" + address, "WEBHOOK_PUBLIC_URL=" + v.url}, environment)
	v.start(t)
	v.ready(t)
	return v
}

func (v *victim) start(t *testing.T) {
	v.process = stack.StartProcess(t, v.half, v.started, stack.Build(t, "worker"), "--only", v.half)
}

func (v *victim) ready(t *testing.T) {
	t.Helper()
	if v.half == "webhook" {
		stack.Eventually(t, "the webhook is ready", func(ctx context.Context) error { return stack.Get(ctx, v.url+"/readyz") })
	}
}

func (v *victim) kill(t *testing.T) {
	v.process.Kill()
	v.kills++
	v.start(t)
}

// answered is what a message was answered in the storm.
type answered struct{ taken, told bool }

// killAndDeliver delivers each message one to five times while processes are
// killed.
func killAndDeliver(t *testing.T, s *stack.Stack, victims []*victim, hooks []string, all int) map[int]answered {
	t.Helper()
	random := rand.New(rand.NewPCG(2, uint64(all)))
	var (
		mu      sync.Mutex
		answers = map[int]answered{}
		workers sync.WaitGroup
		jobs    = make(chan int)
	)
	transport := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	for w := range 16 {
		workers.Go(func() {
			for n := range jobs {
				taken, status, err := deliverOnce(transport, hooks[(n+w)%2], n)
				mu.Lock()
				a := answers[n]
				if err == nil && status == http.StatusOK {
					if a.taken && !taken {
						t.Errorf("message %d (%s) was taken, and lost when it came again", n, stormBody(n))
					}
					a.taken, a.told = a.taken || taken, a.told || !taken
				}
				answers[n] = a
				mu.Unlock()
			}
		})
	}
	done := make(chan struct{})
	var weather sync.WaitGroup
	weather.Go(func() {
		random := rand.New(rand.NewPCG(3, uint64(all)))
		for kill := 0; ; kill++ {
			select {
			case <-done:
				return
			case <-time.After(time.Duration(100+random.IntN(600)) * time.Millisecond):
			}
			switch choice := random.IntN(8); {
			case choice < 3:
				victims[0].kill(t)
			case choice < 7:
				victims[1+choice%2].kill(t)
			default:
				s.Temporal.Stop(t)
				s.Temporal.Start(t)
			}
		}
	})
	order := []int{}
	for n := range all {
		for range 1 + random.IntN(5) {
			order = append(order, n)
		}
	}
	// The deliveries of one message come close to each other, and in any order.
	for i := range order {
		j := min(len(order)-1, i+random.IntN(40))
		order[i], order[j] = order[j], order[i]
	}
	for _, n := range order {
		jobs <- n
	}
	close(jobs)
	workers.Wait()
	close(done)
	weather.Wait()
	return answers
}
