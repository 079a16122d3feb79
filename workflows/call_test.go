package workflows

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

func TestSendSmsCallerOptionsWin(t *testing.T) {
	own := workflow.ActivityOptions{
		TaskQueue: "texts", StartToCloseTimeout: 7 * time.Minute, HeartbeatTimeout: 11 * time.Second,
		ScheduleToCloseTimeout: 13 * time.Minute, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 3},
	}
	const endless = 10 * 365 * 24 * time.Hour // the test environment's value for 0
	for name, tc := range map[string]struct {
		set         bool
		options     workflow.ActivityOptions
		queue       string
		start, beat time.Duration
		all         time.Duration
		attempts    int // attempts of a failing send, or 0 if the send succeeds
	}{
		"none":        {false, workflow.ActivityOptions{}, sms.TaskQueue, 30 * time.Minute, 30 * time.Second, endless, 0},
		"all":         {true, own, "texts", 7 * time.Minute, 11 * time.Second, 13 * time.Minute, 3},
		"one of them": {true, workflow.ActivityOptions{StartToCloseTimeout: time.Minute}, sms.TaskQueue, time.Minute, 30 * time.Second, endless, 0},
	} {
		t.Run(name, func(t *testing.T) {
			env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
			attempts := 0
			env.RegisterActivityWithOptions(func(context.Context, sms.SendSmsInput) (result sms.SendSmsResult, err error) {
				if tc.attempts > 0 {
					attempts++
					err = errors.New("not yet")
				}
				return result, err
			}, activity.RegisterOptions{Name: sms.SendSmsName})
			var got activity.Info
			env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) { got = *info })
			env.ExecuteWorkflow(func(ctx workflow.Context) error {
				if tc.set {
					ctx = workflow.WithActivityOptions(ctx, tc.options)
				}
				_, err := SendSms(ctx, sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.To("+15005550009"), SmsBody: "Hi"})
				return err
			})
			if err := env.GetWorkflowError(); (err != nil) != (tc.attempts > 0) || attempts != tc.attempts {
				t.Errorf("got error %v after %d attempts, want %d failed attempts", err, attempts, tc.attempts)
			}
			if got.TaskQueue != tc.queue || got.StartToCloseTimeout != tc.start || got.HeartbeatTimeout != tc.beat || got.ScheduleToCloseTimeout != tc.all {
				t.Errorf("got activity options %+v, want %+v", got, tc)
			}
		})
	}
}
