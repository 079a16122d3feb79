package activities

import (
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
)

func TestAnotherAttemptIsAskedForOnlyWhereTheCallerLeavesRoom(t *testing.T) {
	now := time.Now()
	for name, tc := range map[string]struct {
		info   activity.Info
		stalls int
		want   bool
	}{
		"no policy":                        {activity.Info{}, 0, false},
		"any number of attempts":           {activity.Info{Attempt: 50, RetryPolicy: &temporal.RetryPolicy{}}, 0, true},
		"any number, but all in vain":      {activity.Info{Attempt: 5, RetryPolicy: &temporal.RetryPolicy{}}, maxStalls, false},
		"an attempt is left":               {activity.Info{Attempt: 2, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 3}}, maxStalls, true},
		"no attempt is left":               {activity.Info{Attempt: 3, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 3}}, 0, false},
		"time is left":                     {activity.Info{Attempt: 9, RetryPolicy: &temporal.RetryPolicy{}, ScheduledTime: now, ScheduleToCloseTimeout: time.Minute}, maxStalls, true},
		"no time is left":                  {activity.Info{Attempt: 1, RetryPolicy: &temporal.RetryPolicy{}, ScheduledTime: now.Add(-time.Minute), ScheduleToCloseTimeout: time.Minute}, 0, false},
		"the caller retries no such error": {activity.Info{Attempt: 1, RetryPolicy: &temporal.RetryPolicy{NonRetryableErrorTypes: []string{RetryType}}}, 0, false},
	} {
		s := &send{info: tc.info, progress: newProgress(nil)}
		s.progress.stalls = tc.stalls
		if got := s.room(time.Second); got != tc.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestAttemptsAreAsFarApartAsTwilioAsksAndNeverAllAtOnce(t *testing.T) {
	for _, tc := range []struct {
		pause, least time.Duration
		stalls       int
	}{
		{0, time.Second, 0},
		{0, 4 * time.Second, 2},
		{0, time.Minute, 40},
		{90 * time.Second, 90 * time.Second, 0},
	} {
		s := &send{pause: tc.pause, progress: newProgress(nil)}
		s.progress.stalls = tc.stalls
		seen := map[time.Duration]bool{}
		for range 20 {
			d := s.delay()
			if d < tc.least || d > tc.least*5/4 {
				t.Errorf("%+v: %s", tc, d)
			}
			seen[d] = true
		}
		if len(seen) < 10 {
			t.Errorf("%+v: no jitter, %v", tc, seen)
		}
	}
}
