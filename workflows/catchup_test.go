package workflows

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"

	"temporal-twilio/sms"
)

func TestCatchUpStopsAtItsBeginning(t *testing.T) {
	through := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	now := through.Add(time.Minute)
	for name, tc := range map[string]struct {
		last  *sms.CatchUpSmsResult
		since time.Time
	}{
		"the first":                    {nil, now},
		"one soon after":               {&sms.CatchUpSmsResult{Through: through, Began: through.Add(-5 * time.Minute)}, through.Add(-5 * time.Minute)},
		"one much later":               {&sms.CatchUpSmsResult{Through: through, Began: through.Add(-5 * time.Hour)}, through.Add(-catchUpOverlap)},
		"one after an older version's": {&sms.CatchUpSmsResult{Through: through}, through.Add(-catchUpOverlap)},
	} {
		for _, failure := range []error{nil, errors.New("Twilio is unreachable")} {
			env := new(testsuite.WorkflowTestSuite).NewTestWorkflowEnvironment()
			env.SetStartTime(now)
			if tc.last != nil {
				env.SetLastCompletionResult(*tc.last)
			}
			var query sms.CatchUpSmsQuery
			env.RegisterActivityWithOptions(func(_ context.Context, in sms.CatchUpSmsQuery) (sms.CatchUpSmsResult, error) {
				query = in
				return sms.CatchUpSmsResult{Through: now}, failure
			}, activity.RegisterOptions{Name: sms.CatchUpSmsName})
			env.ExecuteWorkflow(CatchUpSmsWorkflow, sms.CatchUpSmsInput{})
			if !query.Since.Equal(tc.since) {
				t.Errorf("%s: looked up texts since %s, want since %s", name, query.Since, tc.since)
			}
			var result sms.CatchUpSmsResult
			err := env.GetWorkflowResult(&result)
			if failed := failure != nil && tc.last != nil; failed != (err != nil) {
				t.Errorf("%s, failure %v: got error %v, want an error: %t", name, failure, err, failed)
			}
			began := now
			if tc.last != nil {
				began = tc.last.Began
			}
			if err == nil && (!result.Began.Equal(began) || !result.Through.Equal(now)) {
				t.Errorf("%s, failure %v: got %+v, want began %s and through %s", name, failure, result, began, now)
			}
		}
	}
}
