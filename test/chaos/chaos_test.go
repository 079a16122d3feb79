// Package chaos proves the promise of the outbound side: workers are killed,
// Twilio fails in every way it can, and still nobody is texted twice and nobody
// is missing from the report.
package chaos

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

var (
	kills = flag.Int("chaos.kills", 12, "how many times a worker is killed")
	seed  = flag.Uint64("chaos.seed", 0, "seed of kills and faults; 0 picks one")
)

const (
	// listLength is how many recipients a list has.
	listLength = 500
	// lists run at the same time.
	lists = 3
	// workers run at the same time.
	workers = 2
	// heartbeat is the heartbeat timeout of a list.
	heartbeat = 1500 * time.Millisecond
)

// rain is what the local Twilio does to creates and lookups.
var rain = []twiliosim.Fault{
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

// storm is a stack whose workers are killed.
type storm struct {
	*stack.Stack
	program string
	random  *rand.Rand
	crew    []*stack.Process
	killed  int
	// suspends has some workers sleep for longer than their heartbeats allow
	// before they are killed or go on.
	suspends bool
}

func newStorm(t *testing.T, program string, faults []twiliosim.Fault, options stack.Options) *storm {
	t.Helper()
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("-chaos.seed=%d", *seed)
	s := &storm{
		Stack: stack.Start(t, stack.Options{Skew: options.Skew, NoWorker: true, Environment: []string{
			"TWILIO_TIMEOUT=1s", "SEND_CONCURRENCY=8", "LOG_LEVEL=error", "TWILIO_LISTING_PATIENCE=3s", "TRIGGERS=",
		}}),
		program: program,
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
		s.crew = append(s.crew, s.hire(t))
	}
	return s
}

func (s *storm) hire(t *testing.T) *stack.Process {
	return stack.StartProcess(t, "worker", s.Environment(), s.program)
}

// kill ends a worker as a crash does, and hires another.
func (s *storm) kill(t *testing.T) {
	one := s.random.IntN(len(s.crew))
	if s.suspends && s.random.IntN(2) == 0 {
		// Asleep beyond the heartbeat timeout: another attempt begins meanwhile, and
		// this worker must create nothing more for its own.
		_ = s.crew[one].Signal(syscall.SIGSTOP)
		time.Sleep(2 * heartbeat)
		_ = s.crew[one].Signal(syscall.SIGCONT)
		s.killed++
		return
	}
	s.crew[one].Kill()
	s.crew[one] = s.hire(t)
	s.killed++
}

// list is one send, and what became of it.
type list struct {
	number int
	body   string
	to     []string
	result sms.SendSmsResult
	err    error
}

func newList(number int) *list {
	l := &list{number: number, body: fmt.Sprintf("List %d says hello", number)}
	for i := range listLength {
		l.to = append(l.to, fmt.Sprintf("+1555%03d%04d", number, i))
	}
	return l
}

// send runs SendSms on its own, as any caller may.
func (l *list) send(ctx context.Context, s *storm) {
	handle, err := s.Temporal.Client.ExecuteActivity(ctx, client.StartActivityOptions{
		ID:                     fmt.Sprintf("list-%d", l.number),
		TaskQueue:              sms.TaskQueue,
		ScheduleToCloseTimeout: 10 * time.Minute,
		StartToCloseTimeout:    2 * time.Minute,
		HeartbeatTimeout:       heartbeat,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: 50 * time.Millisecond, BackoffCoefficient: 1},
	}, sms.SendSmsName, sms.SendSmsInput{SmsFrom: stack.Number, SmsTo: sms.To(l.to...), SmsBody: l.body})
	if err == nil {
		err = handle.Get(ctx, &l.result)
	}
	l.err = err
}

// blow sends lists, and kills workers, until so many were killed and all lists
// have come back.
func (s *storm) blow(t *testing.T, kills int) (all []*list) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(3*kills+180)*time.Second)
	defer cancel()
	var (
		sending sync.WaitGroup
		under   atomic.Int32
	)
	launch := func() {
		l := newList(len(all))
		all = append(all, l)
		under.Add(1)
		sending.Go(func() {
			defer under.Add(-1)
			l.send(ctx, s)
		})
	}
	for ctx.Err() == nil && s.killed < kills {
		for int(under.Load()) < lists {
			launch()
		}
		// How long a worker lives is up to chance: this is the storm, and no wait
		// for a condition.
		time.Sleep(time.Duration(200+s.random.IntN(1800)) * time.Millisecond)
		s.kill(t)
	}
	sending.Wait()
	return all
}

// verdict is what a storm did to people.
type verdict struct {
	recipients, twice, missing, unsent, unknown int
	codes                                       map[sms.Code]int
}

// judge holds the reports against what the local Twilio really created.
func (s *storm) judge(t *testing.T, all []*list) verdict {
	t.Helper()
	v := verdict{codes: make(map[sms.Code]int)}
	created := make(map[string][]string)
	for _, m := range s.Twilio.Messages(twiliosim.Filter{Direction: "outbound", Limit: 1 << 20}) {
		created[m.To] = append(created[m.To], m.SID)
	}
	for _, l := range all {
		if l.err != nil {
			t.Errorf("list %d failed: %v", l.number, l.err)
			continue
		}
		told := make(map[string]int)
		for _, m := range l.result.Messages {
			told[m.To]++
			if sids := created[m.To]; len(sids) == 0 || !slices.Contains(sids, m.SID) {
				t.Errorf("list %d reports a message that Twilio does not have: %s", l.number, m.SID)
			}
		}
		for _, e := range l.result.Errors {
			told[e.To]++
			v.codes[e.Code]++
			if e.Code == sms.OutcomeUnknown {
				v.unknown++
			} else if len(created[e.To]) > 0 {
				t.Errorf("list %d reports %s of a recipient whom Twilio texted", l.number, e.Code)
			}
		}
		for _, to := range l.to {
			v.recipients++
			if len(created[to]) > 1 {
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
	t.Logf("%d kills, %d lists, %d recipients: %d texted twice, %d missing from the report, %d not texted, codes %v",
		s.killed, len(all), v.recipients, v.twice, v.missing, v.unsent, v.codes)
	return v
}

func TestNobodyIsTextedTwiceWhateverCrashes(t *testing.T) {
	s := newStorm(t, stack.Build(t, "worker"), rain, stack.Options{})
	v := s.judge(t, s.blow(t, *kills))
	if v.twice > 0 {
		t.Errorf("%d recipients were texted twice", v.twice)
	}
	if v.missing > 0 {
		t.Errorf("%d recipients are missing from the report", v.missing)
	}
	// This Twilio's listings do not lag, so it always lets us decide.
	if v.unknown > 0 {
		t.Errorf("%d outcomes are unknown", v.unknown)
	}
}

func TestNobodyIsTextedTwiceWhateverSleepsLagsOrSkews(t *testing.T) {
	for _, skew := range []time.Duration{90 * time.Second, -90 * time.Second} {
		t.Run(skew.String(), func(t *testing.T) {
			lag := twiliosim.Fault{Kind: twiliosim.FaultListingLag, Delay: twiliosim.Duration(time.Second)}
			s := newStorm(t, stack.Build(t, "worker"), append([]twiliosim.Fault{lag}, rain...), stack.Options{Skew: skew})
			s.suspends = true
			v := s.judge(t, s.blow(t, *kills/2))
			if v.twice > 0 || v.missing > 0 || v.unknown > 0 {
				t.Errorf("%d texted twice, %d missing from the report, %d unknown", v.twice, v.missing, v.unknown)
			}
		})
	}
}

func TestWithoutTheRecordPeopleAreTextedTwice(t *testing.T) {
	s := newStorm(t, stack.Build(t, "test/chaos/forgetful"), rain, stack.Options{})
	if v := s.judge(t, s.blow(t, 4)); v.twice == 0 {
		t.Error("nobody was texted twice: this storm would not notice if the record were lost")
	}
}

func TestWhatTwilioHidesIsReportedAsUnknownAndNotSentAgain(t *testing.T) {
	const hidden = "+15550000003"
	s := newStorm(t, stack.Build(t, "worker"), []twiliosim.Fault{
		{Kind: twiliosim.FaultResponseLost, Operation: "create", Number: hidden},
		{Kind: twiliosim.FaultListingLag, Delay: twiliosim.Duration(time.Hour)},
	}, stack.Options{})
	l := newList(0)
	l.to = l.to[:20]
	l.send(t.Context(), s)
	if l.err != nil {
		t.Fatal(l.err)
	}
	if len(l.result.Messages) != 19 || len(l.result.Errors) != 1 || l.result.Errors[0].To != hidden || l.result.Errors[0].Code != sms.OutcomeUnknown {
		report, _ := json.Marshal(l.result)
		t.Errorf("report %s", report)
	}
	if n := len(s.Twilio.Messages(twiliosim.Filter{To: hidden})); n != 1 {
		t.Errorf("the recipient in doubt was texted %d times", n)
	}
}
