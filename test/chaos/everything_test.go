package chaos

// Everything fails at once: lists are sent and texts arrive while every process
// is killed, suspended and misled, in an order that the seed determines.

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"temporal-twilio/internal/payload"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

var length = flag.Duration("chaos.for", 0, "how long faults strike; in any case, until each kind has struck once")

// fault is one way in which the system can fail while it is in use.
type fault struct {
	name   string
	strike func(*testing.T, *everything, *rand.Rand)
}

// faults lists the faults that strike one after another. In addition, Twilio
// fails requests throughout.
var faults = []fault{
	{"SIGKILL of a worker", func(t *testing.T, e *everything, random *rand.Rand) { e.replace(t, random, e.program) }},
	{"a worker replaced by one of an older version", func(t *testing.T, e *everything, random *rand.Rand) { e.replace(t, random, e.older) }},
	{"SIGSTOP of a worker, beyond its heartbeat timeout", func(_ *testing.T, e *everything, random *rand.Rand) {
		suspend(e.crew[random.IntN(len(e.crew))], 2*heartbeat)
	}},
	{"SIGKILL of a webhook", func(t *testing.T, e *everything, random *rand.Rand) { e.webhook(random).kill(t) }},
	{"SIGSTOP of a webhook", func(_ *testing.T, e *everything, random *rand.Rand) {
		suspend(e.webhook(random).process, between(random, 1, 3))
	}},
	{"restart of Temporal", func(t *testing.T, e *everything, _ *rand.Rand) {
		e.Temporal.Stop(t)
		e.Temporal.Start(t)
	}},
	{"Temporal suspended", func(_ *testing.T, e *everything, random *rand.Rand) {
		suspend(e.Temporal.Process(), between(random, 1, 3))
	}},
	{"change of the payload key", func(t *testing.T, e *everything, _ *rand.Rand) { e.changeKeys(t) }},
	{"change of the triggers", func(t *testing.T, e *everything, random *rand.Rand) {
		stack.Replace(t, e.triggers, fmt.Sprintf("%s  - {name: other, pattern: 'other %d', signalAll: {name: other}}\n", textTriggers, random.Uint32()))
	}},
	{"slow loris", func(t *testing.T, e *everything, random *rand.Rand) { e.tried += loris(t, e.webhook(random), random) }},
	{"flood of malformed requests", func(t *testing.T, e *everything, random *rand.Rand) { e.tried += flood(t, e.webhook(random), random) }},
	{"flood of fuzzed texts", func(t *testing.T, e *everything, random *rand.Rand) { e.tried += fuzz(t, e.webhook(random), random) }},
}

// strike is one fault, and the pause without faults that precedes it.
type strike struct {
	fault  fault
	after  time.Duration
	random *rand.Rand
}

// drawFaults draws faults from a seed: each kind occurs once before any is
// repeated.
func drawFaults(seed uint64) func() strike {
	random := rand.New(rand.NewPCG(seed, 2))
	var order []int
	return func() strike {
		if len(order) == 0 {
			order = random.Perm(len(faults))
		}
		next := faults[order[0]]
		order = order[1:]
		return strike{next, between(random, 0.2, 1.2), rand.New(rand.NewPCG(random.Uint64(), 3))}
	}
}

// between returns a random duration; from and to are in seconds.
func between(random *rand.Rand, from, to float64) time.Duration {
	return time.Duration((from + random.Float64()*(to-from)) * float64(time.Second))
}

// suspend suspends a process for the given time.
func suspend(p *stack.Process, how time.Duration) {
	_ = p.Signal(syscall.SIGSTOP)
	time.Sleep(how)
	_ = p.Signal(syscall.SIGCONT)
}

// everything is a stack in which every fault occurs.
type everything struct {
	*storm
	webhooks []*victim
	keys     stack.KeyFile
	changes  int
	triggers string
	struck   map[string]int
	// tried counts the hostile requests that were sent.
	tried int
}

func newEverything(t *testing.T, skew time.Duration) *everything {
	t.Helper()
	e := &everything{
		keys: stack.NewKeyFile(t, "first", "first"), triggers: filepath.Join(t.TempDir(), "triggers.yaml"), struck: map[string]int{},
	}
	stack.Replace(t, e.triggers, textTriggers)
	lag := twiliosim.Fault{Kind: twiliosim.FaultListingLag, Delay: twiliosim.Duration(time.Second)}
	e.storm = newStorm(t, stack.Build(t, "worker"), "", append([]twiliosim.Fault{lag}, twilioFaults...), stack.Options{
		Skew: skew, Environment: []string{e.keys.Environment(), "SEND_RECORD_FIRST=true"}, // since older workers may run beside this one
	})
	e.older = olderWorker(t)
	e.Temporal.Client = e.Temporal.Protected(t, e.keys)
	for range 2 {
		e.webhooks = append(e.webhooks, newVictim(t, e.Stack, "TRIGGERS="+e.triggers))
	}
	startReceivers(t, e.Stack)
	return e
}

func (e *everything) webhook(random *rand.Rand) *victim {
	return e.webhooks[random.IntN(len(e.webhooks))]
}

// replace kills a worker and starts one of the given version.
func (e *everything) replace(t *testing.T, random *rand.Rand, program string) {
	t.Helper()
	one := random.IntN(len(e.crew))
	e.crew[one].Kill()
	e.crew[one] = stack.StartProcess(t, "worker", e.Environment(), program)
	e.killed++
}

// mostKeys is the most keys that changeKeys adds; a file may hold 50.
const mostKeys = 40

// changeKeys adds a key, and makes it the current one after all processes have
// read it. Earlier keys are kept, because payloads need them; in a long storm,
// they become current again.
func (e *everything) changeKeys(t *testing.T) {
	t.Helper()
	id := fmt.Sprintf("key-%d", e.changes%mostKeys)
	if e.changes < mostKeys {
		e.keys.Change(t, payload.Add, id)
	}
	e.changes++
	time.Sleep(1500 * time.Millisecond) // processes reread the file every second, and whenever they lack a key
	e.keys.Change(t, payload.MakeCurrent, id)
}

// failing returns a function that applies one fault after another.
func (e *everything) failing(t *testing.T, next func() strike) func() {
	t.Helper()
	return func() {
		began := time.Now()
		for n := 0; n < len(faults) || time.Since(began) < *length; n++ {
			b := next()
			time.Sleep(b.after)
			e.supervise(t)
			t.Logf("%6.1fs  %s", time.Since(began).Seconds(), b.fault.name)
			b.fault.strike(t, e, b.random)
			e.struck[b.fault.name]++
			if t.Failed() {
				return
			}
		}
	}
}

// supervise restarts processes that have exited, as they do if Temporal is
// unreachable when they start.
func (e *everything) supervise(t *testing.T) {
	t.Helper()
	for n, w := range e.crew {
		if ended(t, w) {
			e.crew[n] = stack.StartProcess(t, "worker", e.Environment(), e.program)
		}
	}
	for _, v := range e.webhooks {
		if ended(t, v.process) {
			v.start(t)
		}
	}
}

// ended reports whether a process has exited on its own, and fails the test if
// it panicked.
func ended(t *testing.T, p *stack.Process) bool {
	t.Helper()
	status, exited := p.Exited()
	if exited {
		t.Logf("a process exited with status %d and is restarted; its output:\n%s", status, p.Output())
	}
	if exited && strings.Contains(p.Output(), "panic:") {
		t.Error("a process panicked")
	}
	return exited
}

// answered records whether a text was accepted during the storm, and how often
// it was delivered.
type answered struct {
	taken      bool
	deliveries int
}

// receive delivers texts, each one to five times, until the storm is over.
func (e *everything) receive(t *testing.T, over <-chan struct{}) (answers []answered) {
	t.Helper()
	random := rand.New(rand.NewPCG(*seed, 4))
	var (
		mu      sync.Mutex
		webhook sync.WaitGroup
		jobs    = make(chan int)
	)
	transport := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	for w := range 16 {
		webhook.Go(func() {
			for n := range jobs {
				// While Temporal is unreachable, one delivery may be answered "taken"
				// and another "lost", so "lost" is not recorded here: lastWord asks
				// again after the storm.
				taken, _, _ := deliverOnce(transport, e.webhooks[(n+w)%2].url, n)
				mu.Lock()
				answers[n].deliveries++
				answers[n].taken = answers[n].taken || taken
				mu.Unlock()
			}
		})
	}
	// The deliveries of a text happen shortly after one another, in random order.
	// There are fewer of them than Temporal permits for one workflow.
	pace := time.NewTicker(max(100*time.Millisecond, *length/5000))
	defer pace.Stop()
	var due []int
	deliver := func(until int) {
		for len(due) > until {
			one := random.IntN(len(due))
			jobs <- due[one]
			due[one] = due[len(due)-1]
			due = due[:len(due)-1]
		}
	}
	for n := 0; ; n++ {
		select {
		case <-over:
			deliver(0)
			close(jobs)
			webhook.Wait()
			return answers
		case <-pace.C:
		}
		mu.Lock()
		answers = append(answers, answered{})
		mu.Unlock()
		for range 1 + random.IntN(5) {
			due = append(due, n)
		}
		deliver(20)
	}
}

// lastWord delivers each text to both webhooks after the faults, and returns
// the numbers of those whose senders were told that the text is lost.
func (e *everything) lastWord(t *testing.T, answers []answered, v *verdict) map[int]bool {
	t.Helper()
	var (
		mu      sync.Mutex
		told    = map[int]bool{}
		senders errgroup.Group
		calm    = &http.Client{Timeout: 30 * time.Second}
	)
	ask := func(hook *victim, n int) (taken bool) {
		stack.Eventually(t, fmt.Sprintf("text %d (%s) is answered after the storm", n, textBody(n)), func(context.Context) (err error) {
			var status int
			if taken, status, err = deliverOnce(calm, hook.url, n); err == nil && status != http.StatusOK {
				err = fmt.Errorf("answered %d", status) // the webhook asked for another delivery
			}
			return err
		})
		return taken
	}
	senders.SetLimit(8)
	for n := range answers {
		senders.Go(func() error {
			taken := ask(e.webhooks[n%2], n)
			again := ask(e.webhooks[(n+1)%2], n)
			mu.Lock()
			defer mu.Unlock()
			if again != taken || answers[n].taken && !taken {
				v.wrong++
				t.Errorf("text %d (%s): accepted during the storm: %t, afterwards: %t, then by the other webhook: %t; want no change after it was accepted, and the same from both webhooks", n, textBody(n), answers[n].taken, taken, again)
			}
			told[n] = !taken
			return nil
		})
	}
	_ = senders.Wait() // mismatches have already failed the test
	return told
}

// inbound compares what senders were told with what the workflows received.
func (e *everything) inbound(t *testing.T, answers []answered, v *verdict) {
	t.Helper()
	told := e.lastWord(t, answers, v)
	taken := takenTexts(t, e.Stack, len(answers), told)
	for n := range answers {
		switch count := taken[strconv.Itoa(n)]; {
		case count > 1:
			v.twice++
			t.Errorf("text %d (%s) is in its workflow %d times, want once", n, textBody(n), count)
		case count == 0 && !told[n]:
			v.invented++
			t.Errorf("text %d (%s) is in no workflow, but its sender was told that it is accepted", n, textBody(n))
		case count == 1 && told[n]:
			v.wrong++
			t.Errorf("text %d (%s) is in its workflow, but its sender was told that it is lost", n, textBody(n))
		}
	}
}

func TestEverythingFailsAtOnce(t *testing.T) {
	t.Parallel()
	skew := 90 * time.Second
	if *seed%2 == 0 {
		skew = -skew
	}
	e := newEverything(t, skew)
	began := time.Now()
	var (
		answers []answered
		texting sync.WaitGroup
	)
	over := make(chan struct{})
	texting.Go(func() { answers = e.receive(t, over) })
	fail := e.failing(t, drawFaults(*seed))
	sends := e.run(t, func() {
		defer close(over)
		fail()
	})
	texting.Wait()
	took := time.Since(began)

	e.crew = append(e.crew, stack.StartProcess(t, "worker", e.Environment(), e.program)) // the other workers may be of the older version
	for _, v := range e.webhooks {
		v.ready(t)
	}
	v := e.judge(t, sends)
	e.inbound(t, answers, &v)
	v.check(t)

	deliveries, sure := 0, 0
	for _, a := range answers {
		deliveries += a.deliveries
		if a.taken {
			sure++
		}
	}
	if v.unknown > 0 { // this Twilio's listings suffice to determine every outcome
		t.Errorf("%d outcomes are unknown, want none", v.unknown)
	}
	if sure == 0 || v.recipients == 0 {
		t.Errorf("during the storm, %d texts were accepted and %d recipients were on lists, want some of both", sure, v.recipients)
	}
	var table strings.Builder
	line := func(what string, format string, args ...any) {
		fmt.Fprintf(&table, "  %-46s %s\n", what, fmt.Sprintf(format, args...))
	}
	line("load held, out", "%d sends to %d recipients, %.0f a second", len(sends), v.recipients, float64(v.recipients)/took.Seconds())
	line("load held, in", "%d texts in %d deliveries, %.0f a second", len(answers), deliveries, float64(deliveries)/took.Seconds())
	for _, f := range faults {
		line(f.name, "%d", e.struck[f.name])
	}
	line("Twilio's clock is off by", "%s", skew)
	line("kinds of faults of Twilio", "%d, throughout", len(twilioFaults)+1)
	line("inputs tried", "%d", v.recipients+deliveries+e.tried)
	line("lost", "%d", v.failed+v.invented)
	line("duplicated", "%d", v.twice)
	line("told nothing", "%d", v.missing+v.unknown)
	line("told something false", "%d", v.wrong)
	t.Logf("seed %d, %s\n%s", *seed, took.Round(time.Second), table.String())
}

func TestSeedDecidesTheFaults(t *testing.T) {
	sequence := func(seed uint64) (all []string) {
		next := drawFaults(seed)
		for range 3 * len(faults) {
			b := next()
			all = append(all, fmt.Sprint(b.fault.name, b.after, b.random.Uint64()))
		}
		return all
	}
	if one, other := sequence(1), sequence(2); !reflect.DeepEqual(one, sequence(1)) || reflect.DeepEqual(one, other) {
		t.Errorf("seed 1 draws %q and then %q, and seed 2 draws %q; want the same from the same seed only", one, sequence(1), other)
	}
	next := drawFaults(3)
	var kinds []string
	for range faults {
		kinds = append(kinds, next().fault.name)
	}
	slices.Sort(kinds)
	if kinds = slices.Compact(kinds); len(kinds) != len(faults) {
		t.Errorf("the first %d faults are of only %d kinds, want each kind once", len(faults), len(kinds))
	}
}

// victim is a webhook that is killed and restarted.
type victim struct {
	url     string
	started []string
	process *stack.Process
}

func newVictim(t *testing.T, s *stack.Stack, environment ...string) *victim {
	t.Helper()
	address := "127.0.0.1:" + stack.FreePort(t)
	v := &victim{url: "http://" + address}
	v.started = slices.Concat(s.Environment(), []string{"WEBHOOK_ADDR=" + address, "WEBHOOK_PUBLIC_URL=" + v.url}, environment)
	v.start(t)
	v.ready(t)
	return v
}

func (v *victim) start(t *testing.T) {
	t.Helper()
	v.process = stack.StartProcess(t, "webhook", v.started, stack.Build(t, "worker"), "--only", "webhook")
}

func (v *victim) ready(t *testing.T) {
	t.Helper()
	stack.Eventually(t, "the webhook is ready", func(ctx context.Context) error {
		if ended(t, v.process) {
			v.start(t)
		}
		return stack.Get(ctx, v.url+"/readyz")
	})
}

// kill kills the webhook and restarts it.
func (v *victim) kill(t *testing.T) {
	t.Helper()
	v.process.Kill()
	v.start(t)
}
