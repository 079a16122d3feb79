// Package chaos tests the promises while everything else fails: processes are
// killed and suspended, and Twilio and Temporal fail in every way they can.
// Nobody may be texted twice or be missing from the report, and each text must
// reach its workflow once. A storm is the period in which these faults strike.
package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twilio"
	"temporal-twilio/twiliosim"
	"temporal-twilio/workflows"
)

var (
	kills = flag.Int("chaos.kills", 6, "how many times a worker is killed in each storm")
	seed  = flag.Uint64("chaos.seed", 1, "the seed of all randomness; 0 picks one at random")
	older = flag.String("chaos.older", "", "the path of an older version's worker, built from that version's source; the default is test/chaos/older")
)

const (
	// listLength is how many recipients a list has.
	listLength = 300
	// lists is how many lists are sent at the same time.
	lists = 3
	// workers is how many workers run at the same time.
	workers = 2
	// heartbeat is the heartbeat timeout of a list.
	heartbeat = 1500 * time.Millisecond
	// listTimeout is longer than a list takes on any machine, because a send that
	// runs out of time reports outcomes as unknown that it could have determined
	// with more time.
	listTimeout = 30 * time.Minute
	// stormsAtOnce is how many tests run in parallel: each has half a dozen
	// processes, which together keep less than one processor busy.
	stormsAtOnce = 3
)

func TestMain(m *testing.M) {
	flag.Parse()
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	if atOnce := flag.Lookup("test.parallel").Value; atOnce.String() != "1" {
		if err := atOnce.Set(strconv.Itoa(stormsAtOnce)); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// olderWorker returns the path of an older version's worker.
func olderWorker(t *testing.T) string {
	t.Helper()
	if *older != "" {
		return *older
	}
	return stack.Build(t, "test/chaos/older")
}

// twilioFaults lists the faults of the local Twilio when messages are created
// or listed.
var twilioFaults = []twiliosim.Fault{
	{Kind: twiliosim.FaultDelay, Operation: "create", Rate: 0.5, Delay: twiliosim.Duration(60 * time.Millisecond)},
	{Kind: twiliosim.FaultResponseLost, Operation: "create", Rate: 0.01},
	{Kind: twiliosim.FaultTruncated, Operation: "create", Rate: 0.01},
	{Kind: twiliosim.FaultNotJSON, Operation: "create", Rate: 0.01},
	{Kind: twiliosim.FaultReset, Operation: "create", Rate: 0.01},
	{Kind: twiliosim.Fault500, Operation: "create", Rate: 0.01},
	{Kind: twiliosim.Fault500, Operation: "create", Rate: 0.01, After: true},
	{Kind: twiliosim.Fault503, Operation: "create", Rate: 0.01},
	{Kind: twiliosim.Fault429, Operation: "create", Rate: 0.005, RetryAfter: twiliosim.Duration(time.Second)},
	{Kind: twiliosim.Fault500, Operation: "list", Rate: 0.05},
	{Kind: twiliosim.FaultReset, Operation: "list", Rate: 0.02},
}

// storm is a stack whose workers are killed at random.
type storm struct {
	*stack.Stack
	program string
	random  *rand.Rand
	crew    []*stack.Process
	killed  int
	// suspends makes half of the kills suspend a worker instead, for longer than
	// its heartbeat timeout.
	suspends bool
	// twins makes two workflows send each even-numbered list at the same time,
	// with the same text.
	twins bool
	// older is the path of an older version's worker program. If set, about half
	// of the workers run it.
	older string
}

func newStorm(t *testing.T, program, older string, faults []twiliosim.Fault, options stack.Options) *storm {
	t.Helper()
	t.Logf("-chaos.seed=%d", *seed)
	options.NoWorker = true
	options.Environment = append([]string{
		"TWILIO_TIMEOUT=1s", "SEND_CONCURRENCY=8", "LOG_LEVEL=warn", "TWILIO_LISTING_PATIENCE=3s", "TRIGGERS=",
		fmt.Sprintf("SEND_RECORD_FIRST=%t", older != ""),
	}, options.Environment...)
	s := &storm{
		Stack:   stack.Start(t, options),
		program: program,
		older:   older,
		random:  rand.New(rand.NewPCG(*seed, 1)),
	}
	if err := s.Twilio.SetSpeed(1000); err != nil {
		t.Fatal(err)
	}
	for _, fault := range faults {
		if _, err := s.Twilio.AddFault(fault); err != nil {
			t.Fatal(err)
		}
	}
	for range workers {
		s.crew = append(s.crew, s.startWorker(t))
	}
	return s
}

// startWorker starts a worker, which may be of the older version, as during an
// upgrade.
func (s *storm) startWorker(t *testing.T) *stack.Process {
	t.Helper()
	program := s.program
	if s.older != "" && s.random.IntN(2) == 0 {
		program = s.older
	}
	return stack.StartProcess(t, "worker", s.Environment(), program)
}

// kill kills a worker and starts another, or suspends one.
func (s *storm) kill(t *testing.T) {
	one := s.random.IntN(len(s.crew))
	if s.suspends && s.random.IntN(2) == 0 {
		// Suspend the worker beyond the heartbeat timeout: another attempt begins in
		// the meantime, so this worker must not create any more messages.
		_ = s.crew[one].Signal(syscall.SIGSTOP)
		time.Sleep(2 * heartbeat)
		_ = s.crew[one].Signal(syscall.SIGCONT)
		s.killed++
		return
	}
	s.crew[one].Kill()
	s.crew[one] = s.startWorker(t)
	s.killed++
}

// list is one send of a list of recipients, and its result.
type list struct {
	number int
	// twin is true if a second send of the same list, with the same number, runs
	// at the same time.
	twin   bool
	id     string
	body   string
	to     []string
	result sms.SendSmsResult
	err    error
}

// mark begins each text that is sent to a list, and no other text.
const mark = "List "

func newList(number int) *list {
	l := &list{number: number, id: fmt.Sprintf("list-%d", number), body: fmt.Sprintf("%s%d says “hello”", mark, number)}
	for i := range listLength {
		l.to = append(l.to, recipient(number, i))
	}
	return l
}

// recipient returns the phone at the given place of a list.
func recipient(list, place int) string { return fmt.Sprintf("+1555%04d%03d", list, place) }

// send sends the list: as a standalone activity, as any caller can, or from a
// workflow if the list is a twin.
func (l *list) send(ctx context.Context, c client.Client) {
	in := sms.SendSmsInput{SmsFrom: stack.Number, SmsTo: sms.To(l.to...), SmsBody: l.body}
	if l.twin {
		run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: l.id, TaskQueue: "storm"}, sending, in)
		if err == nil {
			err = run.Get(ctx, &l.result)
		}
		l.err = err
		return
	}
	handle, err := c.ExecuteActivity(ctx, client.StartActivityOptions{
		ID:                     l.id,
		TaskQueue:              sms.TaskQueue,
		ScheduleToCloseTimeout: listTimeout,
		StartToCloseTimeout:    2 * time.Minute,
		HeartbeatTimeout:       heartbeat,
		RetryPolicy:            &soon,
	}, sms.SendSmsName, in)
	if err == nil {
		err = handle.Get(ctx, &l.result)
	}
	for timedOut := (*serviceerror.DeadlineExceeded)(nil); ctx.Err() == nil && (errors.As(err, &timedOut) || errors.Is(err, context.DeadlineExceeded)); {
		// The SDK does not poll again if a suspended Temporal leaves a poll unanswered.
		err = c.GetActivityHandle(client.GetActivityHandleOptions{ActivityID: l.id}).Get(ctx, &l.result)
	}
	l.err = err
}

// soon is a retry policy with a short pause between attempts.
var soon = temporal.RetryPolicy{InitialInterval: 50 * time.Millisecond, BackoffCoefficient: 1}

// sending is a workflow that sends a list with the same timeouts as the
// standalone activity.
func sending(ctx workflow.Context, in sms.SendSmsInput) (sms.SendSmsResult, error) {
	return workflows.SendSms(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		ScheduleToCloseTimeout: listTimeout, StartToCloseTimeout: 2 * time.Minute, HeartbeatTimeout: heartbeat, RetryPolicy: &soon,
	}), in)
}

// kills returns a function that kills the given number of workers, one after
// another.
func (s *storm) kills(t *testing.T, kills int) func() {
	t.Helper()
	return func() {
		for s.killed < kills {
			// A worker's lifetime is random: this sleep is part of the storm, not a wait
			// for a condition.
			time.Sleep(time.Duration(200+s.random.IntN(1800)) * time.Millisecond)
			s.kill(t)
		}
	}
}

// run calls fail, which causes the faults, and sends lists until fail returns.
// When all sends have ended, run returns the lists.
func (s *storm) run(t *testing.T, fail func()) (all []*list) {
	t.Helper()
	var sending, others sync.WaitGroup
	over, under := make(chan struct{}), make(chan struct{}, lists)
	if s.older != "" {
		ctx, cancel := context.WithCancel(t.Context())
		gateway := s.others(t)
		others.Go(func() { s.use(ctx, gateway) })
		defer others.Wait()
		defer cancel()
	}
	sending.Go(func() {
		defer close(over)
		fail()
	})
	for number := 0; ; number++ {
		select {
		case <-over:
			sending.Wait()
			return all
		case under <- struct{}{}:
		}
		l := newList(number)
		senders := []*list{l}
		if l.twin = s.twins && number%2 == 0; l.twin {
			other := *l
			other.id += "-twin"
			senders = append(senders, &other)
		}
		all = append(all, senders...)
		sending.Go(func() {
			var both sync.WaitGroup
			for _, one := range senders {
				both.Go(func() { one.send(t.Context(), s.Temporal.Client) })
			}
			both.Wait()
			<-under
		})
	}
}

// verdict counts the outcomes of a storm.
type verdict struct {
	recipients, twice, missing, unsent int
	// unknown counts outcomes that are reported as unknown, and decidable those
	// among them that the send could have determined.
	unknown, decidable int
	// failed counts sends without a report, invented counts reported messages that
	// Twilio does not have, and wrong counts recipients whose report contradicts
	// Twilio.
	failed, invented, wrong int
	// shared counts messages that the reports of both twins contain.
	shared int
	codes  map[sms.Code]int
}

// judge compares the reports with the messages that the local Twilio created.
func (s *storm) judge(t *testing.T, all []*list) verdict {
	t.Helper()
	v := verdict{codes: make(map[sms.Code]int)}
	created := make(map[string][]twiliosim.Message)
	for _, m := range s.Twilio.Messages(twiliosim.Filter{Direction: "outbound", Limit: 1 << 20}) {
		if strings.HasPrefix(m.Body, mark) {
			created[m.To] = append(created[m.To], m)
		}
	}
	reported := make(map[string]bool)
	for _, l := range all {
		if l.err != nil {
			v.failed++
			t.Errorf("%s failed: %v", l.id, l.err)
			continue
		}
		most := 1
		if l.twin {
			most = 2
		}
		told := make(map[string]int)
		nameless := 0
		for _, m := range l.result.Messages {
			told[m.To]++
			if m.SID == "" {
				nameless++
				continue
			}
			if !slices.ContainsFunc(created[m.To], func(c twiliosim.Message) bool { return c.SID == m.SID }) {
				v.invented++
				t.Errorf("%s reports the message %s, which Twilio does not have", l.id, m.SID)
			}
			if reported[m.SID] {
				v.shared++
			}
			reported[m.SID] = true
		}
		if nameless > 0 && !l.twin { // the messages of twins cannot be told apart
			t.Errorf("%s reports %d messages without SIDs", l.id, nameless)
		}
		for _, e := range l.result.Errors {
			told[e.To]++
			v.codes[e.Code]++
			switch texts := created[e.To]; {
			case e.Code == sms.CodeOutcomeUnknown:
				v.unknown++
				// The send could have determined this outcome, unless another send has the
				// same text or Twilio has replaced the curly quotes in it.
				if !l.twin && (len(texts) == 0 || texts[0].Body == l.body) {
					v.decidable++
					t.Errorf("%s: an outcome is reported as unknown although Twilio has %d texts to the recipient, which decides it: %s", l.id, len(texts), e.Message)
				}
			case len(texts) >= most:
				v.wrong++
				t.Errorf("%s reports %s for a recipient whom Twilio texted", l.id, e.Code)
			}
		}
		for _, to := range l.to {
			v.recipients++
			if len(created[to]) > most {
				v.twice++
			}
			if len(created[to]) == 0 {
				v.unsent++
			}
			if told[to] != 1 {
				v.missing++
			}
		}
	}
	t.Logf("%d kills, %d sends, %d recipients: %d texted twice, %d missing from the report, %d not texted, %d unknown (%d of them decidable), %d messages reported by both twins, codes %v",
		s.killed, len(all), v.recipients, v.twice, v.missing, v.unsent, v.unknown, v.decidable, v.shared, v.codes)
	return v
}

// check fails the test if a promise was broken.
func (v verdict) check(t *testing.T) {
	t.Helper()
	if v.twice > 0 || v.missing > 0 || v.decidable > 0 {
		t.Errorf("%d recipients were texted twice, %d are missing from the report, and %d decidable outcomes are reported as unknown; want none of these", v.twice, v.missing, v.decidable)
	}
}

// crowded is a recipient whom other programs keep texting, and for whom Twilio
// does not respond to requests to create a message. A message to this recipient
// is therefore in doubt, and on a later page of the listing.
var crowded = recipient(1, listLength/2)

// others returns a client for the same account, as another program would have.
func (s *storm) others(t *testing.T) *twilio.Client {
	t.Helper()
	gateway, err := twilio.New(twilio.Access{AccountSID: stack.Account, Token: stack.Token, BaseURL: s.Twilio.URL, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return gateway
}

// crowd texts the crowded recipient, as other programs might, until the context
// ends.
func (s *storm) crowd(ctx context.Context, gateway *twilio.Client) {
	var others sync.WaitGroup
	defer others.Wait()
	for range 3 {
		others.Go(func() {
			for n := 0; n < 500 && ctx.Err() == nil; n++ { // a failed send does not matter here
				_, _ = gateway.Send(ctx, twilio.Draft{From: stack.Number, To: crowded, Body: "Something else"})
			}
		})
	}
}

// use sends other messages from the account until the context ends. Workers of
// an older version do not record how far Twilio's listing lags. If every
// attempt ends early, only the messages of other programs show how far it does.
func (s *storm) use(ctx context.Context, gateway *twilio.Client) {
	for ctx.Err() == nil { // a failed send does not matter here
		_, _ = gateway.Send(ctx, twilio.Draft{From: stack.Number, To: "+15550000004", Body: "Something else"})
		select {
		case <-ctx.Done():
		case <-time.After(2 * time.Second):
		}
	}
}

func TestNobodyIsTextedTwiceThroughCrashes(t *testing.T) {
	t.Parallel()
	s := newStorm(t, stack.Build(t, "worker"), "", twilioFaults, stack.Options{})
	v := s.judge(t, s.run(t, s.kills(t, *kills)))
	v.check(t)
	// This Twilio's listings do not lag, so every outcome can be determined.
	if v.unknown > 0 {
		t.Errorf("%d outcomes are unknown, want none", v.unknown)
	}
}

func TestNobodyIsTextedTwiceAcrossVersions(t *testing.T) {
	t.Parallel()
	s := newStorm(t, stack.Build(t, "worker"), olderWorker(t), twilioFaults, stack.Options{})
	v := s.judge(t, s.run(t, s.kills(t, max(*kills/2, 1))))
	v.check(t)
	if v.unknown > 0 {
		t.Errorf("%d outcomes are unknown, want none", v.unknown)
	}
}

func TestNobodyIsTextedTwiceInCrowds(t *testing.T) {
	t.Parallel()
	s := newStorm(t, stack.Build(t, "worker"), "", append([]twiliosim.Fault{
		{Kind: twiliosim.FaultListingLag, Delay: twiliosim.Duration(time.Second)},
		{Kind: twiliosim.FaultRewritten, Rate: 0.2},
		{Kind: twiliosim.FaultResponseLost, Operation: "create", Number: crowded},
	}, twilioFaults...), stack.Options{})
	s.twins = true
	w := worker.New(s.Temporal.Client, "storm", worker.Options{})
	w.RegisterWorkflow(sending)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	ctx, cancel := context.WithCancel(t.Context())
	var others sync.WaitGroup
	gateway := s.others(t)
	others.Go(func() { s.crowd(ctx, gateway) })
	all := s.run(t, s.kills(t, *kills))
	cancel()
	others.Wait()
	s.judge(t, all).check(t)
	if n := len(s.Twilio.Messages(twiliosim.Filter{To: crowded, Limit: 1 << 20})); n < 200 {
		t.Errorf("the crowded recipient was texted only %d times, want at least 200, so that a page of the listing is full", n)
	}
}

func TestNobodyIsTextedTwiceThroughSleep(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{90 * time.Second, -90 * time.Second} {
		t.Run(skew.String(), func(t *testing.T) {
			t.Parallel()
			lag := twiliosim.Fault{Kind: twiliosim.FaultListingLag, Delay: twiliosim.Duration(time.Second)}
			s := newStorm(t, stack.Build(t, "worker"), "", append([]twiliosim.Fault{lag}, twilioFaults...), stack.Options{Skew: skew})
			s.suspends = true
			v := s.judge(t, s.run(t, s.kills(t, *kills/2)))
			v.check(t)
			if v.unknown > 0 {
				t.Errorf("%d outcomes are unknown, want none", v.unknown)
			}
		})
	}
}

func TestForgetfulWorkerTextsTwice(t *testing.T) {
	t.Parallel()
	slow := twiliosim.Fault{Kind: twiliosim.FaultDelay, Operation: "create", Delay: twiliosim.Duration(100 * time.Millisecond)}
	s := newStorm(t, stack.Build(t, "test/chaos/forgetful"), "", []twiliosim.Fault{slow}, stack.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	var sending sync.WaitGroup
	sending.Go(func() { newList(0).send(ctx, s.Temporal.Client) })
	defer sending.Wait()
	defer cancel()
	stack.Eventually(t, "a list is being sent", func(context.Context) error {
		if n, _ := s.texted(); n < 2*listLength/10 {
			return fmt.Errorf("%d recipients have been texted", n)
		}
		return nil
	})
	for range workers {
		s.kill(t)
	}
	stack.Eventually(t, "a recipient is texted twice", func(context.Context) error {
		if n, twice := s.texted(); twice == 0 {
			return fmt.Errorf("%d recipients have been texted, none of them twice", n)
		}
		return nil
	})
}

// texted counts the recipients who were texted at all, and those who were
// texted more than once.
func (s *storm) texted() (all, twice int) {
	times := make(map[string]int)
	for _, m := range s.Twilio.Messages(twiliosim.Filter{Direction: "outbound", Limit: 1 << 20}) {
		if times[m.To]++; times[m.To] == 2 {
			twice++
		}
	}
	return len(times), twice
}

func TestHiddenMessageIsReportedAsUnknown(t *testing.T) {
	t.Parallel()
	const hidden = "+15550000003"
	s := newStorm(t, stack.Build(t, "worker"), "", []twiliosim.Fault{
		{Kind: twiliosim.FaultResponseLost, Operation: "create", Number: hidden},
		{Kind: twiliosim.FaultListingLag, Delay: twiliosim.Duration(time.Hour)},
	}, stack.Options{})
	l := newList(0)
	l.to = l.to[:20]
	l.send(t.Context(), s.Temporal.Client)
	if l.err != nil {
		t.Fatal(l.err)
	}
	if len(l.result.Messages) != 19 || len(l.result.Errors) != 1 || l.result.Errors[0].To != hidden || l.result.Errors[0].Code != sms.CodeOutcomeUnknown {
		report, _ := json.Marshal(l.result)
		t.Errorf("got the report %s, want 19 messages, and OUTCOME_UNKNOWN for %s", report, hidden)
	}
	if n := len(s.Twilio.Messages(twiliosim.Filter{To: hidden})); n != 1 {
		t.Errorf("the recipient in doubt was texted %d times, want once", n)
	}
}
