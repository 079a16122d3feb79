package main

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
)

func TestReadinessExplainsTemporalsRefusal(t *testing.T) {
	for name, tc := range map[string]struct {
		answer    error
		note, err string
	}{
		"well":                {nil, "", ""},
		"limits our requests": {serviceerror.NewResourceExhausted(enumspb.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT, "namespace rate limit exceeded"), "Temporal limits our requests", ""},
		"no namespace":        {serviceerror.NewNamespaceNotFound("n"), "", "does not have our namespace"},
		"no permission":       {serviceerror.NewPermissionDenied("no", ""), "", "refuses our credentials"},
		"away":                {serviceerror.NewUnavailable("connection refused"), "", "unreachable"},
		"silent":              {context.DeadlineExceeded, "", "does not answer"},
	} {
		r := &readiness{ask: func(context.Context) error { return tc.answer }}
		note, err := r.get(t.Context())
		if note != tc.note || (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
			t.Errorf("%s: got note %q, error %v; want %q, %q", name, note, err, tc.note, tc.err)
		}
	}
}

func TestReadinessChecksOncePerSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		r := &readiness{ask: func(context.Context) error {
			asked.Add(1)
			time.Sleep(100 * time.Millisecond)
			return nil
		}}
		all := func() {
			var getting sync.WaitGroup
			for range 100 {
				getting.Go(func() {
					if _, err := r.get(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			getting.Wait()
		}
		all()
		time.Sleep(readyFor / 2)
		all()
		if got := asked.Load(); got != 1 {
			t.Errorf("asked Temporal %d times within a second, want once", got)
		}
		time.Sleep(readyFor)
		all()
		if got := asked.Load(); got != 2 {
			t.Errorf("asked Temporal %d times within two seconds, want 2", got)
		}
	})
}

func TestReadinessSurvivesSlowTemporal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var delay atomic.Int64
		var away atomic.Bool
		r := &readiness{ask: func(ctx context.Context) error {
			select {
			case <-time.After(time.Duration(delay.Load())):
				if away.Load() {
					return errors.New("closed")
				}
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}}
		get := func(wait time.Duration) (string, error) {
			time.Sleep(wait)
			began := time.Now()
			note, err := r.get(t.Context())
			if took := time.Since(began); took > time.Second {
				t.Errorf("a probe waited for %v, want at most a second", took)
			}
			return note, err
		}
		if note, err := get(0); note != "" || err != nil {
			t.Fatalf("Temporal answers: got %q, error %v; want neither a note nor an error", note, err)
		}
		delay.Store(int64(9 * time.Second))
		for range 5 {
			if note, err := get(2 * time.Second); note != "Temporal is slow" || err != nil {
				t.Errorf("Temporal is slow: got %q, error %v; want a note that says so", note, err)
			}
		}
		delay.Store(int64(time.Hour))
		get(askTimeout) // wait for a new request, because the previous one has been answered
		if note, err := get(askTimeout); err == nil || !strings.Contains(err.Error(), "does not answer") {
			t.Errorf("Temporal does not answer: got %q, error %v; want an error that says so", note, err)
		}
		delay.Store(0)
		away.Store(true)
		if note, err := get(askTimeout + time.Second); err == nil {
			t.Errorf("Temporal is unreachable: got %q, error %v; want an error", note, err)
		}
	})
}

func TestReadinessIsUnknownUntilTemporalAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &readiness{ask: func(context.Context) error { time.Sleep(5 * time.Second); return nil }}
		if _, err := r.get(t.Context()); err == nil {
			t.Error("got no error before Temporal answered")
		}
		time.Sleep(3500 * time.Millisecond)
		if _, err := r.get(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
