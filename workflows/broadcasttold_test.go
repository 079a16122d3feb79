package workflows

// Tests of what a broadcast reports: its progress line and the time left.

import (
	"slices"
	"testing"
	"time"

	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

func TestProgressFitsOnOneLine(t *testing.T) {
	for want, p := range map[string]sms.BroadcastProgress{
		"600 of 2,000 · 3 failed · 90/s · 15 s left": {State: "sending", Total: 2000, Recipients: 600, Sent: 597, Rate: 90, SecondsLeft: 15},
		"0 of 1,234,567":        {State: "sending", Total: 1234567},
		"10 · 0.5/s":            {State: "sending", Recipients: 10, Sent: 10, Rate: 0.5},
		"2,000 of 2,000 · done": {State: "done", Total: 2000, Recipients: 2000, Sent: 2000, Rate: 90},
	} {
		if got := ProgressLine(p); got != want {
			t.Errorf("got progress line %q, want %q", got, want)
		}
	}
}

func TestTimeLeftIsUnknownWhileWaiting(t *testing.T) {
	env := newBroadcastBench(t, 0)
	env.ExecuteWorkflow(func(ctx workflow.Context) (left []int, err error) {
		b := broadcast{progress: sms.BroadcastProgress{Total: 100, Recipients: 50, Rate: 10}}
		for _, b.progress.State = range []string{broadcastSending, broadcastPaused, broadcastSending} {
			b.tell(ctx)
			left = append(left, b.progress.SecondsLeft)
		}
		return left, nil
	})
	var left []int
	if err := env.GetWorkflowResult(&left); err != nil || !slices.Equal(left, []int{5, 0, 5}) {
		t.Errorf("got seconds left %v, error %v, want [5 0 5]", left, err)
	}
}

func TestTimeLeftIncludesSendersQueue(t *testing.T) {
	full := "the queue of …0006 is full; at 1 message a second, 17 h 40 min remain"
	now := time.Now()
	for _, tc := range []struct {
		from              string
		total, recipients int
		note              string
		fullFor           time.Duration // how long ago the queue was full
		want              int
	}{
		{"+15005550006", 1_000, 100, "", 0, 10},                         // the queue can hold all of them
		{"+15005550006", 100_000, 900, "", 0, 64_000},                   // the queue can hold ten hours' worth
		{"+15005550006", 100_000, 40_000, full, 0, 60_000},              // the broadcast was resumed while the queue was full
		{"+15005550006", 100_000, 40_000, full, time.Hour, 56_400},      // after an hour's pause
		{"+15005550006", 100_000, 40_000, full, 48 * time.Hour, 24_000}, // after a pause in which the queue drained
		{"+15005550006", 100_000, 91_000, full, 48 * time.Hour, 100},    // limited by the rate at which Twilio accepts messages
		{"+15005550006", 40_000, 39_500, "", 0, 500},                    // the queue holds only the remaining recipients
		{"", 100_000, 40_000, "the queue of the Messaging Service is full", 0, 0},
	} {
		b := broadcast{progress: sms.BroadcastProgress{Total: tc.total, Recipients: tc.recipients, Rate: 90}}
		b.input.SmsFrom = tc.from
		if tc.note != "" {
			b.progress.Notes = []string{"Twilio sends about 1 a second", tc.note}
			b.held.FullAt = now.Add(-tc.fullFor)
		}
		if got := b.secondsLeft(now); got != tc.want {
			t.Errorf("%d of %d from %q, %q, full %s ago: got %d s left, want %d", tc.recipients, tc.total, tc.from, tc.note, tc.fullFor, got, tc.want)
		}
	}
}

func TestFullQueueIsDated(t *testing.T) {
	env := newBroadcastBench(t, 0)
	env.ExecuteWorkflow(func(ctx workflow.Context) (apart time.Duration, err error) {
		b := broadcast{progress: sms.BroadcastProgress{State: broadcastSending}}
		b.held.Last = sms.ReportPage{Errors: []sms.Error{{Code: sms.CodeRateLimited, TwilioCode: queueFull, Retryable: true}}}
		began := workflow.Now(ctx)
		err = b.notYet(ctx, true)
		return b.held.FullAt.Sub(began), err
	})
	apart := time.Hour
	if err := env.GetWorkflowResult(&apart); err != nil || apart != 0 {
		t.Errorf("got a full queue dated %v after it was reported, error %v; want 0s", apart, err)
	}
}
