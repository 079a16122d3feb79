package workflows

import (
	"slices"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"

	"temporal-twilio/activities"
)

func TestATextFromBeforeAQuestionIsNoReplyToIt(t *testing.T) {
	env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
	Register(env)
	env.RegisterActivityWithOptions((&activities.Activities{}).MatchReply, activity.RegisterOptions{Name: activities.MatchReplyName})
	opened := env.Now().UTC().Truncate(time.Second).Add(900 * time.Millisecond)
	const late = "in the same second, which Twilio cuts off"
	env.OnSignalExternalWorkflow("default-test-namespace", "asks", "", ReplySignal,
		Reply{MessageSID: late, ReceivedAt: opened.Truncate(time.Second), MatchGroups: map[string]*string{}}).Return(nil)
	env.RegisterDelayedCallback(func() {
		env.SignalWorkflow(activities.OpenSignal, activities.Question{WorkflowID: "asks", OpenedAt: opened})
	}, 0)
	answers := map[string]bool{}
	for i, at := range []struct {
		name     string
		received time.Time
	}{
		{"an hour before", opened.Add(-time.Hour)},
		{"in the second before", opened.Add(-time.Second)},
		{"at a time that is not known", time.Time{}},
		{late, opened.Truncate(time.Second)},
	} {
		env.RegisterDelayedCallback(func() {
			env.UpdateWorkflow(activities.ReplyUpdate, at.name, &testsuite.TestUpdateCallback{
				OnAccept:   func() {},
				OnReject:   func(err error) { t.Errorf("%s: %v", at.name, err) },
				OnComplete: func(taken any, err error) { answers[at.name] = taken.(bool) && err == nil },
			}, Reply{MessageSID: at.name, ReceivedAt: at.received})
		}, time.Duration(i+1)*time.Second)
	}
	env.ExecuteWorkflow(activities.QuestionsWorkflowName, nil)
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	var taken []string
	for name, was := range answers {
		if was {
			taken = append(taken, name)
		}
	}
	if len(answers) != 4 || !slices.Equal(taken, []string{late}) {
		t.Errorf("taken: %q of %v", taken, answers)
	}
}
