package activities

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// turns acquires turns for one sender, and returns how long after the start
// each was granted.
func turns(t *testing.T, p *Pace, from string, segments, count int) (at []time.Duration) {
	t.Helper()
	began := time.Now()
	for range count {
		if err := p.Acquire(t.Context(), Turn{From: from, Segments: segments, Within: time.Hour}); err != nil {
			t.Fatal(err)
		}
		at = append(at, time.Since(began).Round(100*time.Millisecond))
		p.Release()
	}
	return at
}

func last(at []time.Duration) time.Duration { return at[len(at)-1] }

func TestPaceCountsMessagesOrSegments(t *testing.T) {
	for name, tc := range map[string]struct {
		limits   Limits
		segments int
		want     time.Duration // the time until the last of ten turns
	}{
		"no limit":                 {Limits{}, 3, 0},
		"messages of a sender":     {Limits{PerSender: 1}, 3, 9 * time.Second},
		"messages of the account":  {Limits{PerAccount: 2}, 3, 4 * time.Second},
		"segments of a sender":     {Limits{PerSender: 3, Segments: true}, 3, 9 * time.Second},
		"messages of two segments": {Limits{PerSender: 1, Segments: true}, 2, 18 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			if got := last(turns(t, NewPace(tc.limits), "+15005550006", tc.segments, 10)); got != tc.want {
				t.Errorf("%s: the last of ten turns came after %s, want %s", name, got, tc.want)
			}
		})
	}
}

func TestPaceSharesRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPace(Limits{PerSender: 4, PerAccount: 100})
		p.Share(4)
		if got := last(turns(t, p, "+15005550006", 1, 10)); got != 9*time.Second {
			t.Errorf("with a share of 1/4, the last of ten turns came after %s, want 9s", got)
		}
		p.Share(2) // applies to turns requested from now on
		if got := last(turns(t, p, "+15005550006", 1, 10)); got != 5*time.Second {
			t.Errorf("with a share of 1/2, the last of ten turns came after %s, want 5s", got)
		}
		p.Share(0)
		if got := last(turns(t, p, "+15005550006", 1, 40)); got != 10*time.Second {
			t.Errorf("with the whole rate, the last of 40 turns came after %s, want 10s", got)
		}
	})
}

func TestFullQueueSlowsOnlyItsSender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPace(Limits{})
		p.SlowSender("+15005550006", 10*time.Second)
		if got := last(turns(t, p, "+15005550007", 1, 1)); got != 0 {
			t.Errorf("another sender's turn came after %s, want it immediately", got)
		}
		if got := last(turns(t, p, "+15005550006", 1, 1)); got != 10*time.Second {
			t.Errorf("the paused sender's turn came after %s, want 10s", got)
		}
		p.SlowAccount(5 * time.Second)
		if got := last(turns(t, p, "+15005550007", 1, 1)); got != 5*time.Second {
			t.Errorf("with the account paused, another sender's turn came after %s, want 5s", got)
		}
	})
}

func TestPauseHoldsPendingTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPace(Limits{Concurrency: 1})
		if err := p.Acquire(t.Context(), Turn{From: "+15005550006", Within: time.Hour}); err != nil {
			t.Fatal(err)
		}
		began, came := time.Now(), make(chan time.Duration)
		go func() {
			if p.Acquire(t.Context(), Turn{From: "+15005550006", Within: time.Hour}) == nil {
				came <- time.Since(began)
			}
		}()
		synctest.Wait() // wait until it is queued for the slot
		p.SlowAccount(5 * time.Second)
		p.Release()
		if got := <-came; got < 5*time.Second {
			t.Errorf("the turn came after %s, want at least 5s", got)
		}
	})
}

func TestTurnEndsWithItsContext(t *testing.T) {
	p := NewPace(Limits{})
	p.SlowAccount(time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if p.Acquire(ctx, Turn{From: "+15005550006", Within: 2 * time.Hour}) == nil {
		t.Error("got a turn after the context had ended, want an error")
	}
}

func TestLateTurnFailsImmediately(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPace(Limits{PerSender: 1})
		var late TurnError
		for i := range 30 {
			err := p.Acquire(t.Context(), Turn{From: "+15005550006"})
			if i == 0 && err != nil || i > 0 && !errors.As(err, &late) {
				t.Fatalf("turn %d: got error %v, want a TurnError for every turn but the first", i, err)
			}
			if i == 0 {
				p.Release()
			}
		}
		if late > TurnError(time.Second) {
			t.Errorf("after refused turns: got %v, want a wait of at most 1s", late)
		}
		p.SlowAccount(time.Minute)
		if err := p.Acquire(t.Context(), Turn{From: "+15005550007", Within: time.Second}); !errors.As(err, &late) || time.Duration(late) != time.Minute {
			t.Errorf("during a pause: got error %v, want a TurnError of 1m", err)
		}
	})
}
