package activities

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

func TestHeldPaceGrantsNoTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPace(Limits{Concurrency: 1, PerSender: 1})
		turns(t, p, "+15005550006", 1, 1)
		waits := make(chan error)
		go func() { waits <- p.Acquire(t.Context(), Turn{From: "+15005550006", Within: time.Hour}) }()
		synctest.Wait()
		p.Hold(true)
		if err := <-waits; !errors.Is(err, ErrHeld) {
			t.Errorf("while waiting for a turn: got error %v, want ErrHeld", err)
		}
		if err := p.Acquire(t.Context(), Turn{From: "+15005550007", Within: time.Hour}); !errors.Is(err, ErrHeld) {
			t.Errorf("when asking for a turn: got error %v, want ErrHeld", err)
		}
		time.Sleep(time.Hour)
		p.Hold(false)
		if got := last(turns(t, p, "+15005550006", 1, 10)); got != 9*time.Second {
			t.Errorf("after the pause, the last of ten turns came after %s, want 9s", got)
		}
	})
}

func TestSendWaitsUntilPauseEnds(t *testing.T) {
	var drafts []twilio.Draft
	a := newActivities(accepting(&drafts))
	held := make(chan struct{})
	a.Accounts[""].Pace.Hold(true)
	time.AfterFunc(time.Millisecond, func() {
		a.Accounts[""].Pace.Hold(false)
		close(held)
	})
	result, err := run(t, a, one)
	<-held
	if err != nil || len(result.Messages) != 1 || len(drafts) != 1 {
		t.Errorf("got result %+v, error %v, want one message", result, err)
	}
}

func TestPauseBeyondDeadlineIsReported(t *testing.T) {
	var drafts []twilio.Draft
	a := newActivities(accepting(&drafts))
	a.Accounts[""].Pace.Hold(true)
	in := one
	in.GiveUpAfter = 1
	result, err := run(t, a, in)
	if err != nil || len(drafts) != 0 || len(result.Errors) != 1 || result.Errors[0].Code != sms.CodeSendingPaused || !result.Errors[0].Retryable {
		t.Errorf("got %d texts, result %+v, error %v, want no texts and a retryable SENDING_PAUSED", len(drafts), result, err)
	}
}

func TestPauseDoesNotExhaustSend(t *testing.T) {
	paused, refused := sms.Error{Code: sms.CodeSendingPaused}, sms.Error{Code: sms.CodeConnection}
	for name, tc := range map[string]struct {
		why    sms.Error
		giveUp time.Duration
		want   bool
	}{
		"a pause":                           {paused, 0, true},
		"a pause beyond the caller's limit": {paused, time.Hour, false},
		"another failure":                   {refused, 0, false},
	} {
		s := newTestSend(first)
		s.info = activity.Info{Attempt: 50, RetryPolicy: &temporal.RetryPolicy{}}
		s.stuck, s.stalls = time.Now().Add(-50*time.Hour), 50
		s.input.GiveUpAfter = sms.Duration(tc.giveUp)
		s.stop(tc.why, false)
		if s.tally(false); s.room(time.Minute) != tc.want {
			t.Errorf("%s: room for another attempt = %v", name, !tc.want)
		}
	}
}
