package workflows

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// capReached returns the error for a recipient whose cap has been reached.
func capReached(prefix string) *sms.Error {
	return &sms.Error{Code: sms.CodeCapReached, Cap: prefix, Retryable: true}
}

// fullCap is the outcome of sends while the cap for +44 has been reached.
func fullCap(_ int, to string) *sms.Error {
	if strings.HasPrefix(to, "+44") {
		return capReached("+44")
	}
	return nil
}

// fullCapUntil is like fullCap, but only until the given duration has passed.
func fullCapUntil(b *broadcastBench, after time.Duration) func(int, string) *sms.Error {
	began := b.Now()
	return func(page int, to string) *sms.Error {
		if b.Now().Sub(began) < after {
			return fullCap(page, to)
		}
		return nil
	}
}

func TestCappedCountryDelaysNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroadcastBench(t, 0)
		began := b.Now()
		input := b.fromFile(t, "+447400123456,Ann", "+447400123457,Bo", "+447400123458,Cy", "+12125550101,Di", "+12125550102,Ed", "+491701234567,Flo")
		at := make(map[string]time.Duration)
		b.outcome = func(_ int, to string) *sms.Error {
			since := b.Now().Sub(began)
			if strings.HasPrefix(to, "+44") && since < 5*time.Hour {
				return capReached("+44")
			}
			at[to] = since
			return nil
		}
		b.RegisterDelayedCallback(func() {
			p := b.progress(t)
			if p.State != "waiting" || p.Sent != 3 || p.Recipients != 3 || p.Capped != 3 || p.NextTry == nil || p.Why != "the cap for +44 has been reached (CAP_REACHED)" {
				t.Errorf("while the cap is full: got %+v, want 3 sent and 3 waiting for the cap", p)
			}
			if line := ProgressLine(p); !strings.HasPrefix(line, "3 of 6 · 3 under a cap · waiting: ") {
				t.Errorf("while the cap is full: got progress line %q, want 3 of 6 and 3 under a cap", line)
			}
		}, 4*time.Hour)
		progress, report := b.runOn(t, input)
		if progress.State != "done" || progress.Sent != 6 || progress.Recipients != 6 || progress.Capped != 0 || len(report) != 6 || len(b.texted) != 6 {
			t.Errorf("got %+v, texted %q, report %+v; want all 6 texted and reported", progress, b.texted, report)
		}
		for to, after := range at {
			if isCapped := strings.HasPrefix(to, "+44"); after > time.Minute != isCapped || after > 5*time.Hour+16*time.Minute {
				t.Errorf("%s was texted after %s, want 5h to 5h16m for a capped recipient, at most a minute for the others", to, after)
			}
		}
		if b.pages > 60 {
			t.Errorf("got %d sends, want at most 60", b.pages)
		}
	})
}

func TestCapsWaitSeparately(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroadcastBench(t, 0)
		began := b.Now()
		input := b.fromFile(t, "+447400123456,Ann", "+491701234567,Bo", "+447400123457,Cy", "+447400123458,Di")
		at := make(map[string]time.Duration)
		b.outcome = func(_ int, to string) *sms.Error {
			since := b.Now().Sub(began)
			if to[:3] == "+44" && since < 20*time.Hour || to[:3] == "+49" && since < 2*time.Hour {
				return capReached(to[:3])
			}
			at[to] = since
			return nil
		}
		progress, _ := b.runOn(t, input)
		if progress.State != "done" || progress.Sent != 4 || at["+491701234567"] > 2*time.Hour+16*time.Minute {
			t.Errorf("got %+v, texted after %v; want 4 sent, +49 within 2h16m", progress, at)
		}
	})
}

func TestExhaustedCapIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, giveUpAfter := range map[string]time.Duration{"by default": 0, "as asked": 2 * time.Hour} {
			b := newBroadcastBench(t, 0)
			began := b.Now()
			input := b.fromFile(t, "+447400123456,Ann", "+447400123457,Bo", "+12125550101,Di", "+447400123458,Cy")
			input.GiveUpAfter = sms.Duration(giveUpAfter)
			b.SetWorkflowRunTimeout(7 * 24 * time.Hour)
			b.outcome = fullCap
			progress, report := b.runOn(t, input)
			patience := max(giveUpAfter, time.Hour)
			if giveUpAfter == 0 {
				patience = DefaultBroadcastPatience
			}
			if took := b.Now().Sub(began); took < patience || took > patience+time.Hour {
				t.Errorf("%s: took %s, want %s to an hour more", name, took, patience)
			}
			if progress.State != "failed" || progress.Sent != 1 || progress.Errors[sms.CodeCapReached] != 3 || len(report) != 4 || progress.Capped != 0 ||
				!strings.Contains(progress.Error, "the cap for +44 has been reached") {
				t.Errorf("%s: got %+v, report %+v; want failed with 1 sent, and CAP_REACHED for the other 3", name, progress, report)
			}
		}
	})
}

func TestProgressKeepsCapWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroadcastBench(t, 0)
		began := b.Now()
		lines := make([]string, 6)
		for i := range lines {
			lines[i] = fmt.Sprintf("+4474001234%02d,Ann", i)
		}
		input := b.fromFile(t, lines...)
		input.GiveUpAfter = sms.Duration(2 * time.Hour)
		b.outcome = func(int, string) *sms.Error { // the cap allows one more message each hour
			if b.Now().Sub(began) < time.Duration(len(b.texted)+1)*time.Hour {
				return capReached("+44")
			}
			return nil
		}
		if progress, report := b.runOn(t, input); progress.State != "done" || progress.Sent != 6 || len(report) != 6 {
			t.Errorf("got %+v, report %+v; want all 6 sent and reported", progress, report)
		}
	})
}

func TestResumeRetriesCapAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroadcastBench(t, 0)
		began := b.Now()
		input := b.fromFile(t, "+447400123456,Ann")
		b.outcome = fullCapUntil(b, 20*time.Hour)
		b.RegisterDelayedCallback(func() { b.update(t, sms.ResumeUpdate) }, 20*time.Hour+time.Second)
		progress, _ := b.runOn(t, input)
		if took := b.Now().Sub(began); progress.State != "done" || progress.Sent != 1 || took > 20*time.Hour+time.Minute {
			t.Errorf("after %s: got %+v, want done with 1 sent within a minute of the resume", took, progress)
		}
	})
}

func TestPauseKeepsCapWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroadcastBench(t, 0)
		input := b.fromFile(t, "+447400123456,Ann")
		b.outcome = fullCapUntil(b, 30*time.Hour)
		b.RegisterDelayedCallback(func() { b.update(t, sms.PauseUpdate) }, 20*time.Hour)
		b.RegisterDelayedCallback(func() { b.update(t, sms.ResumeUpdate) }, 29*time.Hour)
		if progress, _ := b.runOn(t, input); progress.State != "done" || progress.Sent != 1 {
			t.Errorf("got %+v, want done with 1 sent", progress)
		}
	})
}

func TestCappedRecipientsAreReportedIndividually(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, act := range []string{"", sms.CancelUpdate} {
			b := newBroadcastBench(t, 0)
			input := b.fromFile(t, "+447400123456,Ann", "+447400123457,Bo", "+12125550101,Di")
			b.outcome = fullCap
			b.RegisterDelayedCallback(func() {
				if act == "" {
					b.CancelWorkflow()
				} else {
					b.update(t, act)
				}
			}, time.Hour)
			progress, report := b.runOn(t, input)
			if progress.State != "cancelled" || progress.Sent != 1 || progress.Recipients != 3 || progress.Capped != 0 || progress.Errors[sms.CodeCapReached] != 2 || len(report) != 3 {
				t.Errorf("%q: got %+v, report %+v; want cancelled with 1 sent, and CAP_REACHED for the other 2", act, progress, report)
			}
		}
	})
}

func TestCapWaitEndsInQuietHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroadcastBench(t, 0)
		start := time.Date(2026, 1, 15, 20, 0, 0, 0, time.UTC)
		b.SetStartTime(start)
		input := b.fromFile(t, "+447400123456,Ann", "+447400123457,Bo")
		input.QuietHours = &sms.QuietHours{From: "21:00", To: "08:00"}
		at := make(map[string]string)
		b.outcome = func(_ int, to string) *sms.Error {
			if b.Now().Sub(start) < 2*time.Hour {
				return capReached("+44")
			}
			at[to] = b.Now().UTC().Format("02 15:04")
			return nil
		}
		progress, _ := b.runOn(t, input)
		if want := map[string]string{"+447400123456": "16 08:00", "+447400123457": "16 08:00"}; progress.State != "done" || fmt.Sprint(at) != fmt.Sprint(want) || progress.Asleep+progress.Capped != 0 {
			t.Errorf("got %+v, texted at %v; want both at 08:00 on the 16th", progress, at)
		}
	})
}

func TestCapsSurviveContinueAsNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		input := broadcastInput{BroadcastSmsInput: fromList("+447400123456", "+12125550100", "+447400123457", "+12125550101")}
		input.PageSize, input.GiveUpAfter = 2, sms.Duration(3*time.Hour)
		now := time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)
		var progress sms.BroadcastProgress
		var texted []string
		runs := 0
		for ; runs < 100; runs++ {
			b := newBroadcastBench(t, 0)
			b.SetStartTime(now)
			b.SetContinueAsNewSuggested(true)
			b.outcome = fullCap
			b.ExecuteWorkflow(sms.BroadcastSmsWorkflowName, input)
			texted, now = append(texted, b.texted...), b.Now()
			next, more := b.nextRun(t)
			if !more {
				if err := b.GetWorkflowResult(&progress); err != nil {
					t.Fatal(err)
				}
				break
			}
			input = next
		}
		if progress.State != "failed" || progress.Sent != 2 || progress.Errors[sms.CodeCapReached] != 2 || len(texted) != 2 || runs < 3 {
			t.Errorf("after %d runs: got %+v, texted %q; want failed with 2 sent and 2 CAP_REACHED, after at least 3 runs", runs, progress, texted)
		}
	})
}

// onceRead calls a function when a page has been read, before the broadcast
// gets the page.
type onceRead struct {
	interceptor.WorkerInterceptorBase
	interceptor.WorkflowInboundInterceptorBase
	interceptor.WorkflowOutboundInterceptorBase
	call func()
}

func (o *onceRead) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	o.WorkflowInboundInterceptorBase.Next = next
	return o
}

func (o *onceRead) Init(next interceptor.WorkflowOutboundInterceptor) error {
	o.WorkflowOutboundInterceptorBase.Next = next
	return o.WorkflowInboundInterceptorBase.Next.Init(o)
}

func (o *onceRead) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	reading := o.WorkflowOutboundInterceptorBase.Next.ExecuteActivity(ctx, name, args...)
	if name == "Customers" && reading.Get(ctx, nil) == nil {
		o.call()
	}
	return reading
}

func TestUnsentPageIsNotInDoubt(t *testing.T) {
	b := newBroadcastBench(t, 35)
	read := &onceRead{}
	b.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{read}})
	b.RegisterWorkflowWithOptions(func(ctx workflow.Context, raw converter.RawValue) (sms.BroadcastProgress, error) {
		ctx, read.call = workflow.WithCancel(ctx)
		return BroadcastSmsWorkflow(ctx, raw)
	}, workflow.RegisterOptions{Name: "Cancelled"})
	b.ExecuteWorkflow("Cancelled", fromSource())
	var progress sms.BroadcastProgress
	if err := b.GetWorkflowResult(&progress); err != nil || progress.State != "cancelled" || b.pages != 0 || progress.Recipients != 0 || progress.Cursor != "" {
		t.Errorf("after %d sends: got %+v, error %v; want cancelled without a send", b.pages, progress, err)
	}
}

func TestKeyedBroadcastGivesUpCap(t *testing.T) {
	b := newBroadcastBench(t, 0)
	input := b.fromFile(t, "+447400123456,Ann", "+12125550101,Di", "+12125550102,Ed")
	input.IdempotencyKey = "spring"
	b.SetWorkflowRunTimeout(7 * 24 * time.Hour)
	b.outcome = fullCap
	progress, report := b.runOn(t, input)
	if progress.State != "failed" || progress.Sent != 1 || progress.Errors[sms.CodeCapReached] != 1 || len(report) != 2 || progress.Cursor == "" {
		t.Errorf("got %+v, report %+v; want failed with 1 sent and 1 CAP_REACHED", progress, report)
	}
}

func TestForgottenCapWaitStartsOver(t *testing.T) {
	for overdue, gives := range map[time.Duration]bool{time.Hour: true, forgotten + time.Hour: false} {
		env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
		env.ExecuteWorkflow(func(ctx workflow.Context) (int, error) {
			now := workflow.Now(ctx)
			b := &broadcast{held: held{Caps: map[string]capWait{"+44": {Since: now.Add(-30 * time.Hour), Until: now.Add(-overdue)}}}}
			b.input.GiveUpAfter = sms.Duration(DefaultBroadcastPatience)
			return len(b.holdCapped(ctx, underCap(nil, "+44", sms.Recipient{To: "+447400123456"}), "", false)), nil
		})
		var given int
		if err := env.GetWorkflowResult(&given); err != nil || given > 0 != gives {
			t.Errorf("overdue for %s: gave up on %d recipients, error %v, want any: %v", overdue, given, err, gives)
		}
	}
}
