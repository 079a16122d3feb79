package workflows

import (
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/sdk/testsuite"

	"temporal-twilio/sms"
)

func TestCapsCountWithinWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var suite testsuite.WorkflowTestSuite
		env := suite.NewTestWorkflowEnvironment()
		at := time.Duration(0)
		for i, step := range []struct {
			after time.Duration
			takes []sms.CapTake
			taken []int
		}{
			{0, []sms.CapTake{{Key: "a", Count: 2, Most: 3, Seconds: 3600}, {Key: "a", Count: 2, Most: 3, Seconds: 3600}, {Key: "b", Count: 9, Most: 5, Seconds: 60}}, []int{2, 1, 5}},
			{59 * time.Minute, []sms.CapTake{{Key: "a", Count: 1, Most: 3, Seconds: 3600}, {Key: "b", Count: 1, Most: 5, Seconds: 60}}, []int{0, 1}},
			{time.Second, []sms.CapTake{{Key: "a", Count: -2, Most: 3, Seconds: 3600}, {Key: "a", Count: 5, Most: 3, Seconds: 3600}}, []int{0, 2}},
			{2 * time.Minute, []sms.CapTake{{Key: "a", Count: 5, Most: 3, Seconds: 3600}, {Key: "a", Count: -99, Most: 3, Seconds: 3600}, {Key: "a", Count: 5, Most: 3, Seconds: 3600}}, []int{1, 0, 3}},
			{0, []sms.CapTake{{Key: "a", Count: 1, Most: 0, Seconds: 3600}, {Key: "a", Count: 1, Most: 2, Seconds: 60}}, []int{0, 1}},
			{0, []sms.CapTake{{Key: "a", Count: 1, Most: 2, Seconds: 1}}, nil}, // this update is refused
		} {
			at += step.after
			env.RegisterDelayedCallback(func() {
				env.UpdateWorkflow(sms.TakeCapsUpdate, "", &answered{t: t, step: i, want: step.taken}, sms.TakeCapsInput{Takes: step.takes})
			}, at+time.Millisecond)
		}
		env.RegisterDelayedCallback(env.CancelWorkflow, at+time.Second)
		env.ExecuteWorkflow(CapsSmsWorkflow, sms.CapsSmsInput{})
		if !env.IsWorkflowCompleted() {
			t.Error("the workflow is still running after it was cancelled")
		}
	})
}

// answered checks the result of an update. If want is nil, the update must be
// refused.
type answered struct {
	t    *testing.T
	step int
	want []int
}

func (a *answered) Accept() {}

func (a *answered) Reject(err error) {
	if a.want != nil {
		a.t.Errorf("step %d: the update was refused: %v", a.step, err)
	}
}

func (a *answered) Complete(result any, err error) {
	got, _ := result.(sms.TakeCapsResult)
	if err != nil || !reflect.DeepEqual(got.Taken, a.want) {
		a.t.Errorf("step %d: got %v, error %v, want %v", a.step, got.Taken, err, a.want)
	}
}

func TestLateReturnFreesNothing(t *testing.T) {
	began := time.Unix(1_700_000_000, 0)
	counted := &sms.CapCount{Seconds: 3600, Parts: make(map[int64]int)}
	take := func(after time.Duration, count int, at time.Duration) int {
		one := sms.CapTake{Count: count, Most: 100, Seconds: 3600}
		if count < 0 {
			one.At = began.Add(at).Unix()
		}
		return reserve(counted, one, began.Add(after))
	}
	const half = 30 * time.Minute
	take(0, 90, 0)
	take(half, 10, 0)
	take(half, -80, 0) // gives back most of the first 90
	if got := take(half, 100, 0); got != 80 {
		t.Errorf("reserved %d messages, want 80", got)
	}
	if got := take(62*time.Minute, 100, 0); got != 10 { // the 90 from half an hour ago still count
		t.Errorf("after an hour: reserved %d messages, want 10", got)
	}
	take(3*time.Hour, -5, half) // gives back messages that no longer count
	if got := take(3*time.Hour, 200, 0); got != 100 {
		t.Errorf("after 3 hours: reserved %d messages, want 100", got)
	}
}

func TestCapCountsSurviveContinueAsNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		c := caps{
			"old": {Seconds: 60, Parts: map[int64]int{now.Unix() - 62: 1}},
			"new": {Seconds: 60, Parts: map[int64]int{now.Unix() - 59: 2, now.Unix(): 1, now.Unix() - 62: 5}},
		}
		if got := c.recent(now); len(got) != 1 || total(got["new"], now) != 3 || len(got["new"].Parts) != 2 {
			t.Errorf("got %+v, want only new, with 3 messages in 2 parts", got)
		}
	})
}
