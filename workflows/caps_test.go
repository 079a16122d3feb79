package workflows

import (
	"reflect"
	"testing"
	"time"

	"go.temporal.io/sdk/testsuite"

	"temporal-twilio/sms"
)

func TestCapsCountInAWindow(t *testing.T) {
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
		{0, []sms.CapTake{{Key: "a", Count: 1, Most: 2, Seconds: 1}}, nil}, // refused
	} {
		at += step.after
		env.RegisterDelayedCallback(func() {
			env.UpdateWorkflow(sms.TakeCapsUpdate, "", &answered{t: t, step: i, want: step.taken}, sms.TakeCapsInput{Takes: step.takes})
		}, at+time.Millisecond)
	}
	env.RegisterDelayedCallback(env.CancelWorkflow, at+time.Second)
	env.ExecuteWorkflow(CapsSmsWorkflow, sms.CapsSmsInput{})
	if !env.IsWorkflowCompleted() {
		t.Error("it is still open")
	}
}

// answered checks the answer to an update; nil wants it refused.
type answered struct {
	t    *testing.T
	step int
	want []int
}

func (a *answered) Accept() {}

func (a *answered) Reject(err error) {
	if a.want != nil {
		a.t.Errorf("step %d: %v", a.step, err)
	}
}

func (a *answered) Complete(result any, err error) {
	got, _ := result.(sms.TakeCapsResult)
	if err != nil || !reflect.DeepEqual(got.Taken, a.want) {
		a.t.Errorf("step %d: %v, %v, want %v", a.step, got.Taken, err, a.want)
	}
}

func TestCapsOutliveTheirRun(t *testing.T) {
	now := time.Now()
	c := caps{
		"old": {Seconds: 60, Parts: map[int64]int{now.Unix() - 62: 1}},
		"new": {Seconds: 60, Parts: map[int64]int{now.Unix() - 59: 2, now.Unix(): 1, now.Unix() - 62: 5}},
	}
	if got := c.recent(now); len(got) != 1 || total(got["new"], now) != 3 || len(got["new"].Parts) != 2 {
		t.Errorf("%+v", got)
	}
}
