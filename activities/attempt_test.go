package activities

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

func TestNextAttemptNeedsRoom(t *testing.T) {
	now := time.Now()
	for name, tc := range map[string]struct {
		info   activity.Info
		stuck  time.Duration
		giveUp time.Duration
		want   bool
	}{
		"no policy":                                  {activity.Info{}, 0, 0, false},
		"unlimited attempts":                         {activity.Info{Attempt: 50, RetryPolicy: &temporal.RetryPolicy{}}, 50 * time.Minute, 0, true},
		"unlimited attempts without progress":        {activity.Info{Attempt: 5, RetryPolicy: &temporal.RetryPolicy{}}, 61 * time.Minute, 0, false},
		"unlimited attempts with a long GiveUpAfter": {activity.Info{Attempt: 5, RetryPolicy: &temporal.RetryPolicy{}}, 61 * time.Minute, 2 * time.Hour, true},
		"one attempt left":                           {activity.Info{Attempt: 2, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 3}}, 61 * time.Minute, 0, true},
		"one attempt left, but past GiveUpAfter":     {activity.Info{Attempt: 2, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 3}}, 61 * time.Minute, time.Hour, false},
		"no attempt left":                            {activity.Info{Attempt: 3, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 3}}, 0, 0, false},
		"some time left":                             {activity.Info{Attempt: 9, RetryPolicy: &temporal.RetryPolicy{}, ScheduledTime: now, StartedTime: now.Add(30 * time.Second), ScheduleToCloseTimeout: time.Minute}, 0, 0, true},
		"no time left":                               {activity.Info{Attempt: 1, RetryPolicy: &temporal.RetryPolicy{}, ScheduledTime: now, StartedTime: now.Add(55 * time.Second), ScheduleToCloseTimeout: time.Minute}, 0, 0, false},
		"a caller that does not retry the error":     {activity.Info{Attempt: 1, RetryPolicy: &temporal.RetryPolicy{NonRetryableErrorTypes: []string{sms.NotSentYetErrorType}}}, 0, 0, false},
	} {
		s := &send{attempt: &attempt{info: tc.info, began: now}, stuck: now.Add(-tc.stuck)}
		s.input.GiveUpAfter = sms.Duration(tc.giveUp)
		if got := s.room(time.Second); got != tc.want {
			t.Errorf("%s: got room for another attempt = %t, want %t", name, got, tc.want)
		}
	}
}

func TestRetryDelayHasJitter(t *testing.T) {
	for _, tc := range []struct {
		pause, least time.Duration
		stalls       int
	}{
		{0, time.Second, 0},
		{0, time.Second, 1},
		{0, 4 * time.Second, 3},
		{0, time.Minute, 40},
		{90 * time.Second, 90 * time.Second, 0},
	} {
		s := &send{pause: tc.pause, stalls: tc.stalls}
		seen := map[time.Duration]bool{}
		for range 20 {
			d := s.delay()
			if d < tc.least || d > tc.least*5/4 {
				t.Errorf("%+v: got a delay of %s, want %s to %s", tc, d, tc.least, tc.least*5/4)
			}
			seen[d] = true
		}
		if len(seen) < 10 {
			t.Errorf("%+v: got only %d different delays in 20 calls, want at least 10", tc, len(seen))
		}
	}
}

func TestAttemptLeavesTimeForResult(t *testing.T) {
	for _, total := range []time.Duration{time.Second, 5 * time.Second, 20 * time.Second, time.Minute, 30 * time.Minute} {
		now := time.Now()
		a := &attempt{info: activity.Info{StartedTime: now, Deadline: now.Add(total)}, began: now}
		if !(0 < a.lastBegin() && a.lastBegin() < a.lastEnd() && a.lastEnd() < a.resultBy() && a.resultBy() < total) {
			t.Errorf("attempt of %s: got phases ending at %s, %s and %s, want them in order", total, a.lastBegin(), a.lastEnd(), a.resultBy())
		}
	}
}

func TestSleepTimeCounts(t *testing.T) {
	now := time.Now()
	asleep := suspended(t, now, time.Minute)
	for name, tc := range map[string]struct {
		began, beat time.Time
		heartbeat   time.Duration
		total       time.Duration
		late        bool
	}{
		"awake":                                   {now, now, 30 * time.Second, time.Hour, false},
		"asleep beyond the heartbeat timeout":     {now, asleep, 30 * time.Second, time.Hour, true},
		"asleep within the heartbeat timeout":     {now, asleep, 2 * time.Minute, time.Hour, false},
		"asleep without a heartbeat timeout":      {now, asleep, 0, time.Hour, false},
		"asleep beyond the end of the attempt":    {asleep, asleep, 0, time.Minute, true},
		"near the end of the attempt":             {now.Add(-59 * time.Minute), now, 30 * time.Second, time.Hour, false},
		"at the end of the attempt":               {now.Add(4*time.Second - time.Hour), now, 30 * time.Second, time.Hour, true},
		"three quarters of the heartbeat timeout": {now, now.Add(-23 * time.Second), 30 * time.Second, time.Hour, true},
	} {
		a := &attempt{info: activity.Info{StartedTime: now, Deadline: now.Add(tc.total)}, began: tc.began, heart: newHeart(nil, tc.heartbeat, tc.beat)}
		if late := a.check() != nil; late != tc.late {
			t.Errorf("%s: got late = %v, want %v", name, late, tc.late)
		}
	}
}

// suspended changes a past time as if the machine had been asleep ever since:
// its monotonic clock stopped, but its wall clock continued.
func suspended(t *testing.T, now time.Time, slept time.Duration) time.Time {
	t.Helper()
	moment := now
	// In a Time with a monotonic clock reading, the seconds start at bit 30
	// of the first word.
	*(*uint64)(unsafe.Pointer(&moment)) -= uint64(slept/time.Second) << 30
	if now.Sub(moment) != 0 || now.Round(0).Sub(moment.Round(0)) != slept {
		t.Fatal("time.Time has another layout in this version of Go, so the test cannot change its monotonic clock reading")
	}
	return moment
}

func TestCreateEndsWithAReplacedAttempt(t *testing.T) {
	creates := 0
	a := newActivities(gatewayFunc(func(_ context.Context, d twilio.Draft) (sms.Message, error) {
		if err := d.Check(); err != nil {
			return sms.Message{}, err
		}
		creates++
		return sms.Message{SID: "SM1"}, nil
	}))
	for replaced, want := range map[bool]int{true: 0, false: 1} {
		creates = 0
		began := time.Now()
		if replaced {
			began = began.Add(-time.Minute) // the last heartbeat that Temporal received
		}
		lost := func(context.Context, any) error { return errors.New("activity not found") }
		s := &send{
			attempt:    &attempt{began: time.Now(), heart: newHeart(lost, 30*time.Second, began)},
			activities: a, account: a.Accounts[""], ledger: a.ledgerOf(""), input: one,
		}
		s.news = sync.NewCond(&s.mu)
		s.create(t.Context(), t.Context(), &recipient{to: first, cause: -1})
		if creates != want {
			t.Errorf("attempt replaced %v: got %d creates, want %d", replaced, creates, want)
		}
	}
}

// Temporal may deliver a task to the open poll of a suspended process.
func TestLateAttemptIsRecordedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for name, tc := range map[string]struct {
			late   []time.Duration
			record bool
		}{
			"immediately":              {[]time.Duration{0}, false},
			"in a suspended process":   {[]time.Duration{time.Minute}, true},
			"with a slow clock":        {[]time.Duration{-time.Minute}, true},
			"after the clock was slow": {[]time.Duration{-time.Minute, 0}, true},
			"after a suspension":       {[]time.Duration{time.Minute, 0}, false},
		} {
			a := newActivities(nil)
			var prompt bool
			for _, late := range tc.late {
				s := &send{attempt: &attempt{began: now, info: activity.Info{ScheduledTime: now.Add(-late)}}, activities: a}
				prompt = s.isPrompt()
			}
			if prompt == tc.record {
				t.Errorf("%s: isPrompt = %v, want %v", name, prompt, !tc.record)
			}
		}
		// Temporal has replaced the attempt, which started a minute
		// late. This machine's clock may also be a minute behind.
		for _, behind := range []time.Duration{0, time.Minute} {
			f := &fakeTwilio{skew: behind}
			a := newActivities(f)
			s := newTestSend(first)
			s.activities, s.account = a, a.Accounts[""]
			s.began, s.info = now, activity.Info{Attempt: 1, ScheduledTime: now.Add(behind - time.Minute)}
			s.bodies, _ = newBodies(t.Context(), a.Renderer, one, now)
			ctx, cancel := context.WithCancelCause(t.Context())
			s.heart = newHeart(func(context.Context, any) error { return errors.New("activity not found") }, 10*time.Second, now)
			s.heart.details, s.heart.cancel = func() any { return s.snapshot() }, cancel
			if s.text(ctx); f.creates > 0 {
				t.Errorf("clock %s behind: got %d creates, want none", behind, f.creates)
			}
		}
	})
}

func TestEndedSendLeavesEmptyWindow(t *testing.T) {
	s := newTestSend(first)
	s.began = time.Now()
	s.info.ScheduledTime = s.began
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.text(ctx)
	if r := s.snapshot(); len(r.Window) > 0 {
		t.Errorf("got record %+v, want an empty window", r)
	}
}

func TestAttemptReportsItsObstacle(t *testing.T) {
	problem := sms.Error{Code: sms.CodeRateLimited, TwilioCode: 20429, To: "+15005550009", Message: "to +15005550009"}
	for name, tc := range map[string]struct {
		s    *send
		want string
	}{
		"a doubt": {&send{recipients: []*recipient{{state: untried}, {state: doubtful, problem: problem}}}, "Twilio could not accept every message yet (RATE_LIMITED, Twilio's error 20429)"},
		"a halt":  {&send{halt: &halt{problem: sms.Error{Code: sms.CodeConnection}}}, "Twilio could not accept every message yet (TWILIO_CONNECTION_ERROR)"},
		"a wait":  {&send{recipients: []*recipient{{state: accepted}, {state: deferred, problem: problem}}}, "Twilio could not accept every message yet (RATE_LIMITED, Twilio's error 20429)"},
		"unknown": {&send{}, "Twilio could not accept every message yet"},
	} {
		if got := tc.s.reason(false); got != tc.want {
			t.Errorf("%s: got %q, want %q", name, got, tc.want)
		}
	}
}

func TestResetAttemptIsNotTheFirst(t *testing.T) {
	scheduled := time.Unix(1_800_000_000, 0)
	for name, tc := range map[string]struct {
		workflow string
		attempt  int32
		again    time.Duration
		want     int32
	}{
		"a first attempt":               {"orders", 1, 0, 1},
		"a third attempt":               {"orders", 3, time.Minute, 3},
		"an attempt after a reset":      {"orders", 1, time.Minute, 2},
		"a standalone activity's delay": {"", 1, time.Minute, 1},
		"no task":                       {"", 0, 0, 0},
	} {
		reply := &workflowservice.PollActivityTaskQueueResponse{}
		err := NoticeResets(t.Context(), "", nil, reply, nil, func(_ context.Context, _ string, _, reply any, _ *grpc.ClientConn, _ ...grpc.CallOption) error {
			task := reply.(*workflowservice.PollActivityTaskQueueResponse)
			task.Attempt, task.WorkflowExecution = tc.attempt, &common.WorkflowExecution{WorkflowId: tc.workflow}
			task.ScheduledTime, task.CurrentAttemptScheduledTime = timestamppb.New(scheduled), timestamppb.New(scheduled.Add(tc.again))
			return nil
		})
		if err != nil || reply.GetAttempt() != tc.want {
			t.Errorf("%s: got attempt %d, %v, want %d", name, reply.GetAttempt(), err, tc.want)
		}
	}
}
