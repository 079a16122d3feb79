package activities

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// ask requests turns concurrently, and appends the priority of each to came
// when it is granted.
func ask(t *testing.T, p *Pace, from string, of sms.Priority, count int, came *[]sms.Priority, mu *sync.Mutex) {
	t.Helper()
	for range count {
		go func() {
			if p.Acquire(t.Context(), Turn{From: from, Priority: of, Within: time.Hour}) != nil {
				return
			}
			mu.Lock()
			*came = append(*came, of)
			mu.Unlock()
			p.Release()
		}()
	}
	synctest.Wait()
}

func TestHighPriorityTakesTheNextTurn(t *testing.T) {
	for name, tc := range map[string]struct {
		limits Limits
		from   [2]string
	}{
		"the rate of a sender":    {Limits{PerSender: 1}, [2]string{"+15005550006", "+15005550006"}},
		"the rate of the account": {Limits{PerAccount: 1}, [2]string{"+15005550006", "+15005550007"}},
		"a rate of segments":      {Limits{PerAccount: 3, PerSender: 3, Segments: true}, [2]string{"+15005550006", "+15005550006"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := NewPace(tc.limits)
			var (
				came []sms.Priority
				mu   sync.Mutex
			)
			ask(t, p, tc.from[0], sms.PriorityLow, 20, &came, &mu)
			ask(t, p, tc.from[0], "", 2, &came, &mu)
			mu.Lock()
			began := len(came)
			mu.Unlock()
			ask(t, p, tc.from[1], sms.PriorityHigh, 3, &came, &mu)
			time.Sleep(time.Minute)
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if got := came[began:]; !slices.Equal(got[:5], []sms.Priority{sms.PriorityHigh, sms.PriorityHigh, sms.PriorityHigh, "", ""}) || len(came) != 25 {
				t.Errorf("%s: got the order %q, want high priority next, then normal", name, came)
			}
		})
	}
}

func TestHighPriorityTakesTheNextSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPace(Limits{Concurrency: 1})
		if err := p.Acquire(t.Context(), Turn{From: "+15005550006"}); err != nil {
			t.Fatal(err)
		}
		var (
			came []sms.Priority
			mu   sync.Mutex
		)
		ask(t, p, "+15005550006", sms.PriorityLow, 2, &came, &mu)
		ask(t, p, "+15005550007", sms.PriorityHigh, 1, &came, &mu)
		p.Release()
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if !slices.Equal(came, []sms.Priority{sms.PriorityHigh, sms.PriorityLow, sms.PriorityLow}) {
			t.Errorf("got the order %q, want high priority first", came)
		}
	})
}

func TestLowPriorityIsNotStarved(t *testing.T) {
	for name, limits := range map[string]Limits{"the rate of a sender": {PerSender: 1}, "the rate of the account": {PerAccount: 1}} {
		synctest.Test(t, func(t *testing.T) {
			p := NewPace(limits)
			var (
				came []sms.Priority
				mu   sync.Mutex
			)
			ask(t, p, "+15005550006", sms.PriorityHigh, 200, &came, &mu)
			ask(t, p, "+15005550006", sms.PriorityLow, 5, &came, &mu)
			time.Sleep(100*time.Second + 500*time.Millisecond)
			synctest.Wait()
			mu.Lock()
			soFar := slices.Clone(came)
			mu.Unlock()
			if lows := len(slices.DeleteFunc(soFar, func(of sms.Priority) bool { return of != sms.PriorityLow })); lows != 5 {
				t.Errorf("%s: got %d low-priority turns of %d, want 5", name, lows, len(soFar))
			}
			time.Sleep(time.Hour)
			synctest.Wait()
		})
	}
}

func TestTurnsAreGrantedExactlyOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPace(Limits{Concurrency: 3, PerSender: 5, PerAccount: 12, Segments: true})
		r := rand.New(rand.NewPCG(1, 2))
		var (
			all          sync.WaitGroup
			mu           sync.Mutex
			running, cut int
		)
		for range 500 {
			turn := Turn{
				From: fmt.Sprint(r.IntN(4)), Segments: r.IntN(9), Within: time.Duration(r.IntN(600)) * time.Second,
				Priority: []sms.Priority{sms.PriorityHigh, "", sms.PriorityLow}[r.IntN(3)],
			}
			patience, works := time.Duration(r.IntN(300))*time.Second, time.Duration(r.IntN(1000))*time.Millisecond
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				if p.Acquire(ctx, turn) != nil {
					mu.Lock()
					cut++
					mu.Unlock()
					return
				}
				mu.Lock()
				if running++; running > 3 {
					t.Errorf("got %d creates in flight, want at most 3", running)
				}
				mu.Unlock()
				time.Sleep(works)
				mu.Lock()
				running--
				mu.Unlock()
				p.Release()
			})
			if r.IntN(50) == 0 {
				p.SlowSender(turn.From, time.Second)
				p.Share(1 + r.IntN(3))
			}
			time.Sleep(time.Duration(r.IntN(100)) * time.Millisecond)
		}
		all.Wait()
		if p.free != 3 || len(p.waiting) != 0 || p.order.ahead(low) != 0 || cut == 0 || cut == 500 {
			t.Errorf("afterwards: got %d free slots, %d waiting senders, %d waiting tokens and %d of 500 turns refused; want 3, 0, 0 and some, but not all", p.free, len(p.waiting), p.order.ahead(low), cut)
		}
	})
}

func TestPriorityDefaultsToLowInBroadcasts(t *testing.T) {
	for _, tc := range []struct {
		of          string
		given, want sms.Priority
	}{
		{sms.SendSmsWorkflowName, "", ""},
		{sms.SendSmsWorkflowName, sms.PriorityHigh, sms.PriorityHigh},
		{sms.BroadcastSmsWorkflowName, "", sms.PriorityLow},
		{sms.BroadcastSmsWorkflowName, sms.PriorityNormal, sms.PriorityNormal},
	} {
		s := newTestSend(first)
		s.info.WorkflowType = &workflow.Type{Name: tc.of}
		if got := s.priorityOf(sms.SendSmsInput{Priority: tc.given}); got != tc.want {
			t.Errorf("priority %q in %s: got %q, want %q", tc.given, tc.of, got, tc.want)
		}
	}
	if got := execute(t, accepting(nil), map[string]any{"smsFrom": "+15005550006", "smsTo": first, "smsBody": "Hi", "priority": "urgent"}); got.Errors[0].Code != sms.CodeInvalidInput {
		t.Errorf("priority urgent: got %+v, want INVALID_INPUT", got)
	}
}
