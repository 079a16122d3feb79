package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"temporal-twilio/internal/metrics"
	"temporal-twilio/sms"
	"temporal-twilio/triggers"
	"temporal-twilio/twilio"
)

// catchingUp returns a catch-up whose log holds the given texts and whose only
// trigger sends a text, a function that runs it for texts up to a given age,
// and a function that returns the progress in its last heartbeat.
func catchingUp(t *testing.T, texts ...Logged) (c *CatchUp, run func(age time.Duration) (sms.CatchUpSmsResult, error), progress func() time.Time) {
	t.Helper()
	var o Options
	with(t, "triggers:\n  - {name: a, pattern: a, catchUp: true, start: {workflow: SendSmsWorkflow, taskQueue: twilio}}\n")(&o)
	c = &CatchUp{
		Received: func(_ context.Context, since, until time.Time) (some []Logged, err error) {
			for _, text := range texts {
				if !text.ReceivedAt.Before(since) && text.ReceivedAt.Before(until) {
					some = append(some, text)
				}
			}
			return some, nil
		},
		Triggers: o.Triggers, Retention: func(context.Context) (time.Duration, error) { return 72 * time.Hour, nil },
		Receive: func(context.Context, sms.Inbound, []triggers.Match, Mode) Answer {
			return Answer{Outcome: outcomeAccepted}
		},
		Metrics: metrics.New(nil, ""),
		Logger:  slog.New(slog.DiscardHandler),
	}
	env := new(testsuite.WorkflowTestSuite).NewTestActivityEnvironment()
	env.RegisterActivity(c.CatchUpSms)
	var beat time.Time
	env.SetOnActivityHeartbeatListener(func(_ *activity.Info, details converter.EncodedValues) { _ = details.Get(&beat) })
	return c, func(age time.Duration) (result sms.CatchUpSmsResult, err error) {
		since := time.Now().Add(-age)
		value, err := env.ExecuteActivity(c.CatchUpSms, sms.CatchUpSmsQuery{Since: since, Through: since})
		if err == nil {
			err = value.Get(&result)
		}
		return result, err
	}, func() time.Time { return beat }
}

// lag is a worker interceptor that makes Temporal's clock lag behind ours.
type lag struct {
	interceptor.WorkerInterceptorBase
	interceptor.ActivityInboundInterceptorBase
	interceptor.ActivityOutboundInterceptorBase
	by time.Duration
}

func (l *lag) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	l.ActivityInboundInterceptorBase.Next = next
	return l
}

func (l *lag) Init(next interceptor.ActivityOutboundInterceptor) error {
	l.ActivityOutboundInterceptorBase.Next = next
	return l.ActivityInboundInterceptorBase.Init(l)
}

func (l *lag) GetInfo(ctx context.Context) activity.Info {
	info := l.ActivityOutboundInterceptorBase.GetInfo(ctx)
	info.StartedTime = info.StartedTime.Add(-l.by)
	return info
}

func TestCatchUpUsesTemporalsClock(t *testing.T) {
	c, _, _ := catchingUp(t)
	env := new(testsuite.WorkflowTestSuite).NewTestActivityEnvironment()
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&lag{by: 24 * time.Hour}}})
	env.RegisterActivity(c.CatchUpSms)
	since := time.Now().Add(-50 * time.Hour)
	value, err := env.ExecuteActivity(c.CatchUpSms, sms.CatchUpSmsQuery{Since: since, Through: since})
	if err != nil {
		t.Fatal(err)
	}
	var result sms.CatchUpSmsResult
	if err := value.Get(&result); err != nil || time.Since(result.Through) < 24*time.Hour+clocksApart {
		t.Errorf("got %+v, error %v; want the texts of the next day still to be caught up on", result, err)
	}
}

func logged(body string, age time.Duration) Logged {
	return Logged{Inbound: sms.Inbound{MessageSID: "SM" + body, From: "+15005550009", To: "+15005550006", Body: body, ReceivedAt: time.Now().Add(-age)}}
}

func TestCatchUpContinuesWithoutTexts(t *testing.T) {
	_, run, _ := catchingUp(t)
	result, err := run(50 * time.Hour)
	if behind := time.Since(result.Through); err != nil || behind > clocksApart+time.Minute || behind < clocksApart || result.Lost {
		t.Errorf("got progress %v behind, result %+v, error %v; want %v behind", behind, result, err, clocksApart)
	}
	// The progress keeps a margin in case a clock is wrong.
	if result, err = run(10 * time.Minute); err != nil || time.Since(result.Through) < 10*time.Minute {
		t.Errorf("got %+v, error %v; want the margin kept", result, err)
	}
}

func TestCatchUpLeavesTextsAlone(t *testing.T) {
	for name, tc := range map[string]struct {
		age  time.Duration
		want int
	}{
		"a text that its webhook may still receive": {10 * time.Second, 0},
		"a text": {10 * time.Minute, 1},
		"a text whose workflow may be forgotten meanwhile": {71*time.Hour + 30*time.Minute, 0},
	} {
		c, run, _ := catchingUp(t, logged("a", tc.age))
		c.Settle = 5 * time.Minute
		received := 0
		c.Receive = func(context.Context, sms.Inbound, []triggers.Match, Mode) Answer {
			received++
			return Answer{Outcome: outcomeAccepted}
		}
		if _, err := run(100 * time.Hour); err != nil || received != tc.want {
			t.Errorf("%s: got %d texts, error %v, want %d", name, received, err, tc.want)
		}
	}
}

func TestCatchUpContinuesAnEarlierAttempt(t *testing.T) {
	c, _, _ := catchingUp(t)
	var first time.Time
	c.Received = func(_ context.Context, since, _ time.Time) ([]Logged, error) {
		if first.IsZero() {
			first = since
		}
		return nil, nil
	}
	env := new(testsuite.WorkflowTestSuite).NewTestActivityEnvironment()
	env.RegisterActivity(c.CatchUpSms)
	since := time.Now().Add(-50 * time.Hour)
	done := since.Add(40 * time.Hour)
	env.SetHeartbeatDetails(done)
	if _, err := env.ExecuteActivity(c.CatchUpSms, sms.CatchUpSmsQuery{Since: since, Through: since}); err != nil || !first.Equal(done) {
		t.Errorf("read the log from %s, error %v, want from %s", first, err, done)
	}
}

func TestCatchUpSurvivesFailingAccount(t *testing.T) {
	c, run, progress := catchingUp(t, logged("a1", 40*time.Hour), logged("a2", 3*time.Hour))
	received := c.Received
	c.Received = func(ctx context.Context, since, until time.Time) ([]Logged, error) {
		texts, err := received(ctx, since, until)
		return texts, errors.Join(err, errors.New("an account fails"))
	}
	taken := 0
	c.Receive = func(context.Context, sms.Inbound, []triggers.Match, Mode) Answer {
		taken++
		return Answer{Outcome: outcomeAccepted}
	}
	if _, err := run(50 * time.Hour); err == nil || taken != 2 {
		t.Errorf("received %d texts, error %v; want 2 texts and an error", taken, err)
	}
	if age := time.Since(progress()); age < 50*time.Hour || age > 51*time.Hour {
		t.Errorf("got everything up to %v ago reported as done, want 50h", age)
	}
}

type silencer struct {
	Silencer
	began, ended time.Time
}

func (s silencer) Silenced(context.Context, sms.Inbound) (began, ended time.Time, err error) {
	return s.began, s.ended, nil
}

func TestCatchUpSkipsSilencedPhones(t *testing.T) {
	c, run, _ := catchingUp(t, logged("a", 3*time.Hour))
	published := -1
	c.Receive = func(_ context.Context, _ sms.Inbound, firings []triggers.Match, _ Mode) Answer {
		published = len(firings)
		return Answer{Outcome: string(sms.OutcomeUnwanted)}
	}
	ago := func(hours int) time.Time { return time.Now().Add(-time.Duration(hours) * time.Hour) }
	for name, tc := range map[string]struct {
		silencer
		want int
	}{
		"never silenced":                     {silencer{}, 1},
		"silenced now":                       {silencer{began: ago(4)}, 0},
		"silenced since":                     {silencer{began: ago(1)}, 0},
		"silenced then":                      {silencer{began: ago(4), ended: ago(1)}, 0},
		"silenced, but only before the text": {silencer{began: ago(5), ended: ago(4)}, 1},
		"silenced, but only after the text":  {silencer{began: ago(2), ended: ago(1)}, 1},
	} {
		c.Silencer = tc.silencer
		if _, err := run(5 * time.Hour); err != nil || published != tc.want {
			t.Errorf("%s: published %d texts, error %v; want %d", name, published, err, tc.want)
		}
	}
}

func TestCatchUpSplitsFullHour(t *testing.T) {
	c, run, _ := catchingUp(t, logged("a1", 150*time.Minute), logged("a2", 149*time.Minute), logged("a3", 90*time.Minute))
	received := c.Received
	c.Received = func(ctx context.Context, since, until time.Time) ([]Logged, error) {
		if until.Sub(since) > 10*time.Minute {
			return nil, fmt.Errorf("account AC1: %w", twilio.ErrTooMany)
		}
		return received(ctx, since, until)
	}
	taken := map[string]bool{}
	c.Receive = func(_ context.Context, m sms.Inbound, _ []triggers.Match, _ Mode) Answer {
		taken[m.Body] = true
		return Answer{Outcome: outcomeAccepted}
	}
	if result, err := run(3 * time.Hour); err != nil || len(taken) != 3 || time.Since(result.Through) > clocksApart+time.Minute {
		t.Errorf("received %v, got %+v, error %v; want three texts", taken, result, err)
	}
	c.Received = func(context.Context, time.Time, time.Time) ([]Logged, error) { return nil, twilio.ErrTooMany }
	if _, err := run(2 * time.Second); err == nil {
		t.Error("got no error although not all texts could be read")
	}
}

func TestChangedTriggersApplyDuringCatchUp(t *testing.T) {
	c, run, _ := catchingUp(t, logged("a1", 40*time.Minute), logged("a2", 30*time.Minute))
	var matched []int
	c.Receive = func(_ context.Context, _ sms.Inbound, firings []triggers.Match, _ Mode) Answer {
		matched = append(matched, len(firings))
		var o Options
		with(t, plainStart)(&o) // a trigger without catchUp
		c.Triggers = o.Triggers
		return Answer{Outcome: outcomeAccepted}
	}
	if _, err := run(time.Hour); err != nil || !slices.Equal(matched, []int{1, 0}) {
		t.Errorf("matched %v, error %v; want [1 0]", matched, err)
	}
}
