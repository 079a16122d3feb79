package workflows

// Randomized tests of broadcasts, sends and questions: a seed determines what
// interrupts them, and when.

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/testsuite"

	"temporal-twilio/activities"
	"temporal-twilio/sms"
)

var (
	seeds     = flag.Uint64("seeds", 40, "how many random broadcasts to run")
	firstSeed = flag.Uint64("first-seed", 1, "the seed of the first random broadcast")
)

// storm is a broadcast, send or question whose interruptions are determined by
// a random seed.
type storm struct {
	*rand.Rand
	t     *testing.T
	seed  uint64
	input broadcastInput
	list  []string
	// began is when the broadcast began, and now is the time in its current
	// run.
	began time.Time
	now   time.Time
	// room maps each country to the time at which its cap has room again. away is
	// the period in which Twilio is unreachable, and held is the period in which
	// all sending is paused. acts maps times to the operator's actions. All times
	// are relative to the start of the broadcast.
	room       map[string]time.Duration
	away, held [2]time.Duration
	acts       map[time.Duration]string
	// used counts the texts for each cap, and texted those to each
	// recipient.
	used, texted map[string]int
	// doubts is true if a send may have lost its result.
	doubts bool
}

func newStorm(t *testing.T, seed uint64) *storm {
	s := &storm{Rand: rand.New(rand.NewPCG(seed, 0)), t: t, seed: seed, texted: make(map[string]int), used: make(map[string]int), acts: make(map[time.Duration]string)}
	s.began = time.Date(2026, 1, 15, s.IntN(24), s.IntN(60), 0, 0, time.UTC)
	s.now = s.began
	for i := range 5 + s.IntN(60) {
		country := []string{"+4474001%05d", "+4917000%05d", "+1212555%04d", "+1415555%04d"}[s.IntN(4)]
		s.list = append(s.list, fmt.Sprintf(country, i))
	}
	s.room = map[string]time.Duration{"+44": s.hours(30), "+49": s.hours(3), "+1": 0}
	s.away[0] = s.hours(10)
	s.away[1] = s.away[0] + s.hours(5)
	s.held[0] = s.hours(30)
	s.held[1] = s.held[0] + s.hours(5)
	for range s.IntN(5) {
		s.acts[s.hours(40)+time.Duration(len(s.acts))] = []string{sms.PauseUpdate, sms.ResumeUpdate, sms.ResumeUpdate, sms.CancelUpdate, "cancel", "pause temporarily"}[s.IntN(6)]
	}
	return s
}

// hours returns a random duration shorter than the given number of hours.
func (s *storm) hours(most int) time.Duration {
	return time.Duration(s.Int64N(int64(most) * int64(time.Hour)))
}

// outcome decides what happens when a recipient is texted.
func (s *storm) outcome(b *broadcastBench, to string) *sms.Error {
	since := b.Now().Sub(s.began)
	country := to[:3]
	if strings.HasPrefix(to, "+1") {
		country = "+1"
	}
	switch most := 1 + int((since-s.room[country])/time.Hour)*5; {
	case since > s.away[0] && since < s.away[1]:
		return &sms.Error{Code: sms.CodeConnection, Retryable: true}
	case since > s.held[0] && since < s.held[1]:
		return &sms.Error{Code: sms.CodeSendingPaused, Retryable: true}
	case since < s.room[country] || country != "+1" && s.used[country] >= most:
		return capReached(country)
	case s.IntN(20) == 0:
		return &sms.Error{Code: sms.CodeInvalidTo}
	}
	if hours := s.input.QuietHours; hours != nil {
		groups, err := (&activities.Activities{}).FindQuiet(s.t.Context(), sms.FindQuietInput{To: []string{to}, QuietHours: *hours, At: b.Now()})
		if err != nil || len(groups) > 0 {
			s.t.Errorf("seed %d: %s was texted in quiet hours, at %s (%v)", s.seed, to, b.Now().UTC(), err)
		}
	}
	s.used[country]++
	if s.texted[to]++; s.texted[to] > 1 {
		s.t.Errorf("seed %d: %s was texted %d times, want at most once", s.seed, to, s.texted[to])
	}
	return nil
}

// run runs the broadcast and all runs that continue it, until it ends.
func (s *storm) run() (progress sms.BroadcastProgress, report []sms.Error) {
	dir := s.t.TempDir()
	for range 500 {
		b := newBroadcastBenchIn(s.t, dir, 0)
		b.SetStartTime(s.now)
		b.SetWorkflowRunTimeout(30 * 24 * time.Hour)
		b.SetContinueAsNewSuggested(s.IntN(3) == 0)
		b.outcome = func(_ int, to string) *sms.Error { return s.outcome(b, to) }
		for at, act := range s.acts {
			if after := s.began.Add(at).Sub(s.now); after >= 0 {
				b.RegisterDelayedCallback(func() { s.act(b, act) }, after)
			}
		}
		b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, s.input)
		s.now = b.Now()
		if next, more := b.nextRun(s.t); more {
			s.input = next
			continue
		}
		if err := b.GetWorkflowError(); err != nil {
			s.t.Fatalf("seed %d: %v", s.seed, err)
		}
		if err := b.GetWorkflowResult(&progress); err != nil {
			s.t.Fatal(err)
		}
		data, _ := os.ReadFile(filepath.Join(dir, "storm.jsonl"))
		for line := range strings.Lines(string(data)) {
			var told sms.Error
			if err := json.Unmarshal([]byte(line), &told); err != nil {
				s.t.Fatal(err)
			}
			report = append(report, told)
		}
		return progress, report
	}
	s.t.Fatalf("seed %d: the broadcast has not ended after 500 runs", s.seed)
	return progress, report
}

// act performs an operator's action on the broadcast.
func (s *storm) act(b *broadcastBench, act string) {
	update := func(name string) {
		ignore := func(any, error) {}
		b.UpdateWorkflow(name, fmt.Sprint(s.Uint64()), &testsuite.TestUpdateCallback{OnAccept: func() {}, OnReject: func(error) {}, OnComplete: ignore})
	}
	switch act {
	case "cancel":
		s.doubts = true // the test environment loses the result of a send in progress
		b.CancelWorkflow()
	case sms.PauseUpdate, "pause temporarily":
		update(sms.PauseUpdate)
		b.RegisterDelayedCallback(func() { update(sms.ResumeUpdate) }, s.hours(20))
	default:
		update(act)
	}
}

func TestStormsTextNobodyTwice(t *testing.T) {
	for seed := *firstSeed; seed < *firstSeed+*seeds; seed++ {
		s := newStorm(t, seed)
		input := fromList(s.list...)
		input.PageSize, input.Report, input.GiveUpAfter = []int{0, 1, 3, 10}[s.IntN(4)], "storm", sms.Duration(1+s.hours(40))
		if s.IntN(2) == 0 {
			input.QuietHours = &sms.QuietHours{From: "21:00", To: "08:00"}
		}
		s.input = broadcastInput{BroadcastSmsInput: input}
		progress, report := s.run()
		s.check(progress, report)
	}
}

// check checks that the result, the report and the actual texts agree.
func (s *storm) check(progress sms.BroadcastProgress, report []sms.Error) {
	t, seen, sent, codes := s.t, make(map[string]bool), 0, make(map[sms.Code]int)
	for _, line := range report {
		if seen[line.To] {
			t.Errorf("seed %d: %s is reported twice", s.seed, line.To)
		}
		seen[line.To] = true
		switch isTexted := s.texted[line.To] > 0; {
		case line.Code == "":
			if sent++; !isTexted {
				t.Errorf("seed %d: %s was not texted, but is reported as texted", s.seed, line.To)
			}
			continue
		case isTexted && line.Code != sms.CodeOutcomeUnknown:
			t.Errorf("seed %d: %s was texted, but is reported as %s", s.seed, line.To, line.Code)
		case !s.doubts && line.Code == sms.CodeOutcomeUnknown:
			t.Errorf("seed %d: %s is reported as in doubt, but no result was lost", s.seed, line.To)
		}
		codes[line.Code]++
	}
	for to := range s.texted {
		if !seen[to] {
			t.Errorf("seed %d: %s was texted, but is not reported", s.seed, to)
		}
	}
	if progress.State == "done" && len(seen) != len(s.list) || progress.Recipients != len(report) || progress.Sent != sent || fmt.Sprint(progress.Errors) != fmt.Sprint(codes) ||
		progress.Asleep != 0 || progress.Capped != 0 || progress.NextTry != nil || progress.Why != "" {
		t.Errorf("seed %d: got %+v, but the report has %d lines, %d of them sent, and errors %v", s.seed, progress, len(report), sent, codes)
	}
	if took := s.now.Sub(s.began); took > 7*24*time.Hour {
		t.Errorf("seed %d: took %s, want at most a week", s.seed, took)
	}
}

func TestStormyQuietHoursAreKept(t *testing.T) {
	for seed := *firstSeed; seed < *firstSeed+*seeds; seed++ {
		s := newStorm(t, seed)
		b := newBroadcastBench(t, 0)
		b.SetStartTime(s.began)
		s.input.QuietHours, s.room = &sms.QuietHours{From: "21:00", To: "08:00"}, nil
		s.away, s.held = [2]time.Duration{}, [2]time.Duration{}
		b.outcome = func(_ int, to string) *sms.Error {
			if s.IntN(4) == 0 { // the send was held up until quiet hours began
				return &sms.Error{Code: sms.CodeQuietHours, Retryable: true}
			}
			return s.outcome(b, to)
		}
		if s.IntN(3) == 0 {
			b.RegisterDelayedCallback(func() { s.act(b, "cancel") }, s.hours(20))
		}
		b.ExecuteWorkflow(sms.SendSmsWorkflowName, sms.SendSmsWorkflowInput{SendSmsInput: sms.SendSmsInput{
			SmsFrom: "+15005550006", SmsBody: "Hi", SmsTo: sms.To(s.list...), QuietHours: s.input.QuietHours,
		}})
		var report sms.SendSmsWorkflowResult
		if err := b.GetWorkflowResult(&report); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		progress := sms.BroadcastProgress{State: "done", Sent: len(report.Messages), Errors: make(map[sms.Code]int)}
		lines := report.Errors
		for _, m := range report.Messages {
			lines = append(lines, sms.Error{To: m.To})
		}
		for i := range report.Errors {
			progress.Errors[report.Errors[i].Code]++
		}
		progress.Recipients, s.now = len(lines), b.Now()
		s.check(progress, lines)
		if progress.Errors[sms.CodeQuietHours] > 0 {
			t.Errorf("seed %d: got errors %v, want no QUIET_HOURS", seed, progress.Errors)
		}
	}
}

func TestStormyQuestionsLoseNoReply(t *testing.T) {
	for seed := *firstSeed; seed < *firstSeed+*seeds; seed++ {
		s := newStorm(t, seed)
		b := newAskBench("")
		b.paused = s.hours(2)
		replied, closed := false, false
		b.closing = func() { closed = true }
		b.RegisterDelayedCallback(func() {
			if !closed { // the keeper does not pass on a reply after that
				replied = true
				b.SignalWorkflow(sms.ReplySignal, sms.Reply{MessageSID: "SM9", Body: "yes"})
			}
		}, s.hours(8))
		cancels := s.IntN(2) == 0
		if cancels {
			b.RegisterDelayedCallback(b.CancelWorkflow, s.hours(6))
		}
		result := b.run(t, sms.AskSmsInput{Timeout: sms.Duration(1 + s.hours(6)), Reminders: []sms.Reminder{{After: sms.Duration(1 + s.hours(6)), SmsBody: "Still coming?"}}})
		isAnswered := result.Outcome == sms.AskAnswered
		if isAnswered != (result.Reply != nil) || isAnswered != replied || !isAnswered && !closed || result.Outcome == sms.AskCancelled && !cancels || len(result.Sent.Messages)+len(result.Sent.Errors) != 1 && !isAnswered {
			t.Errorf("seed %d: replied %v, closed %v, cancelled %v: got %+v", seed, replied, closed, cancels, result)
		}
	}
}
