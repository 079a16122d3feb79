package workflows

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/activities"
	"temporal-twilio/sms"
)

func TestOlderTextDoesNotAnswerQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
		Register(env)
		env.RegisterActivityWithOptions((&activities.Activities{}).MatchReply, activity.RegisterOptions{Name: sms.MatchReplyName})
		opened := env.Now().UTC().Truncate(time.Second).Add(900 * time.Millisecond)
		const late = "in the same second, because Twilio's times are whole seconds"
		env.OnSignalExternalWorkflow("default-test-namespace", "asks", "", sms.ReplySignal,
			sms.Reply{MessageSID: late, ReceivedAt: opened.Truncate(time.Second), MatchGroups: map[string]*string{}}).Return(nil)
		env.RegisterDelayedCallback(func() {
			env.SignalWorkflow(sms.QuestionOpenSignal, sms.Question{WorkflowID: "asks", OpenedAt: opened})
		}, 0)
		answers := map[string]bool{}
		for i, at := range []struct {
			name     string
			received time.Time
		}{
			{"an hour before", opened.Add(-time.Hour)},
			{"in the second before", opened.Add(-time.Second)},
			{"at an unknown time", time.Time{}},
			{late, opened.Truncate(time.Second)},
		} {
			env.RegisterDelayedCallback(func() {
				env.UpdateWorkflow(sms.QuestionReplyUpdate, at.name, &testsuite.TestUpdateCallback{
					OnAccept:   func() {},
					OnReject:   func(err error) { t.Errorf("%s: got %v", at.name, err) },
					OnComplete: func(taken any, err error) { answers[at.name] = taken.(bool) && err == nil },
				}, sms.Reply{MessageSID: at.name, ReceivedAt: at.received})
			}, time.Duration(i+1)*time.Second)
		}
		env.ExecuteWorkflow(sms.QuestionsWorkflowName, nil)
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
			t.Errorf("texts %q answered the question, want only %q of %v", taken, late, answers)
		}
	})
}

func TestReplyToOtherAccountAnswersNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ours, theirs = "AC00000000000000000000000000000001", "AC00000000000000000000000000000002"
		for name, tc := range map[string]struct {
			asked, received string
			want            bool
		}{
			"the account that asked": {ours, ours, true},
			"another account":        {ours, theirs, false},
			"an earlier question":    {"", theirs, true},
			"an earlier reply":       {ours, "", true},
		} {
			env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
			Register(env)
			env.RegisterActivityWithOptions((&activities.Activities{}).MatchReply, activity.RegisterOptions{Name: sms.MatchReplyName})
			reply := sms.Reply{MessageSID: "SM1", AccountSID: tc.received, ReceivedAt: env.Now().UTC()}
			signalled := reply
			signalled.MatchGroups = map[string]*string{}
			env.OnSignalExternalWorkflow("default-test-namespace", "asks", "", sms.ReplySignal, signalled).Return(nil)
			env.RegisterDelayedCallback(func() {
				env.SignalWorkflow(sms.QuestionOpenSignal, sms.Question{WorkflowID: "asks", AccountSID: tc.asked})
			}, 0)
			answered := replyInASecond(t, env, reply)
			env.RegisterDelayedCallback(func() {
				env.SignalWorkflow(sms.QuestionCloseSignal, sms.Question{WorkflowID: "asks"})
			}, time.Minute)
			env.ExecuteWorkflow(sms.QuestionsWorkflowName, nil)
			if err := env.GetWorkflowError(); err != nil || *answered != tc.want {
				t.Errorf("%s: got answered %t, error %v, want answered %t", name, *answered, err, tc.want)
			}
		}
	})
}

// keep runs the keeper from the given state; arrive registers the signals that
// it receives. keep returns the state of the next run, or nil if there is none.
func keep(t *testing.T, state *QuestionsState, arrive func(*testsuite.TestWorkflowEnvironment)) *QuestionsState {
	t.Helper()
	env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
	Register(env)
	arrive(env)
	env.ExecuteWorkflow(sms.QuestionsWorkflowName, state)
	err := env.GetWorkflowError()
	if err == nil {
		return nil
	}
	var next *workflow.ContinueAsNewError
	if !errors.As(err, &next) {
		t.Fatal(err)
	}
	state = &QuestionsState{}
	if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, state); err != nil {
		t.Fatal(err)
	}
	return state
}

// replyInASecond passes a reply to the keeper one second after its start.
// Afterwards, answered is true if the reply answered a question.
func replyInASecond(t *testing.T, env *testsuite.TestWorkflowEnvironment, reply sms.Reply) (answered *bool) {
	t.Helper()
	answered = new(bool)
	env.RegisterDelayedCallback(func() {
		env.UpdateWorkflow(sms.QuestionReplyUpdate, "reply", &testsuite.TestUpdateCallback{
			OnAccept: func() {}, OnReject: func(err error) { t.Error(err) },
			OnComplete: func(taken any, err error) { *answered = taken.(bool) && err == nil },
		}, reply)
	}, time.Second)
	return answered
}

func TestKeeperLosesNoLateSignals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := sms.Question{WorkflowID: "a"}, sms.Question{WorkflowID: "b"}
		both := func(env *testsuite.TestWorkflowEnvironment) {
			env.SignalWorkflowSkippingWorkflowTask(sms.QuestionOpenSignal, b)
			env.SignalWorkflowSkippingWorkflowTask(sms.QuestionCloseSignal, a)
		}
		for name, arrive := range map[string]func(*testsuite.TestWorkflowEnvironment){
			"in the first task": func(env *testsuite.TestWorkflowEnvironment) {
				env.SetContinueAsNewSuggested(true)
				env.RegisterDelayedCallback(func() { both(env) }, 0)
			},
			"in the task that suggests ContinueAsNew": func(env *testsuite.TestWorkflowEnvironment) {
				env.RegisterDelayedCallback(func() { both(env) }, time.Hour)
				env.RegisterDelayedCallback(func() { env.SetContinueAsNewSuggested(true) }, time.Hour+time.Millisecond) // starts a workflow task
			},
		} {
			next := keep(t, &QuestionsState{Open: []sms.Question{a}}, arrive)
			if next == nil || len(next.Open) != 1 || next.Open[0].WorkflowID != "b" {
				t.Errorf("%s: got next run's state %+v, want only question b open", name, next)
			}
		}
		// A question arrives while the keeper is about to end.
		next := keep(t, nil, func(env *testsuite.TestWorkflowEnvironment) {
			env.RegisterDelayedCallback(func() { env.SignalWorkflowSkippingWorkflowTask(sms.QuestionOpenSignal, b) }, linger-time.Millisecond)
			env.RegisterDelayedCallback(func() { env.SetContinueAsNewSuggested(true) }, linger+time.Hour)
		})
		if next == nil || len(next.Open) != 1 || next.Open[0].WorkflowID != "b" {
			t.Errorf("as the keeper ends: got next run's state %+v, want only question b open", next)
		}
	})
}

func TestTakenReplyAnswersNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The reply already answered a question in the previous run. A signal to
		// the other question would fail the test, because it is not mocked.
		env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
		Register(env)
		env.RegisterActivityWithOptions((&activities.Activities{}).MatchReply, activity.RegisterOptions{Name: sms.MatchReplyName})
		answered := replyInASecond(t, env, sms.Reply{MessageSID: "SM1", ReceivedAt: env.Now()})
		env.RegisterDelayedCallback(func() {
			env.SignalWorkflow(sms.QuestionCloseSignal, sms.Question{WorkflowID: "other"})
		}, time.Minute)
		env.ExecuteWorkflow(sms.QuestionsWorkflowName, &QuestionsState{Open: []sms.Question{{WorkflowID: "other"}}, Taken: []string{"SM1"}})
		if err := env.GetWorkflowError(); err != nil || !*answered {
			t.Errorf("got answered %t, error %v, want the reply known", *answered, err)
		}
	})
}

func TestSecondQuestionSurvivesFirstsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opened := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
		first := sms.Question{WorkflowID: "a", OpenedAt: opened}
		again := sms.Question{WorkflowID: "a", OpenedAt: opened.Add(time.Hour)}
		next := keep(t, &QuestionsState{Open: []sms.Question{first}}, func(env *testsuite.TestWorkflowEnvironment) {
			env.SetContinueAsNewSuggested(true)
			env.RegisterDelayedCallback(func() {
				env.SignalWorkflowSkippingWorkflowTask(sms.QuestionCloseSignal, first)
				env.SignalWorkflowSkippingWorkflowTask(sms.QuestionOpenSignal, again)
			}, 0)
		})
		if next == nil || len(next.Open) != 1 || !next.Open[0].OpenedAt.Equal(again.OpenedAt) {
			t.Errorf("got next run's state %+v, want only the second question open", next)
		}
	})
}

func TestEndedQuestionDoesNotAffectOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for policy, code := range map[sms.IfSeveral]string{sms.IfSeveralRefuse: "", sms.IfSeveralCode: "B7"} {
			for ended, want := range map[string]bool{"terminated": true, "nobody": false} {
				env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
				Register(env)
				env.RegisterActivityWithOptions((&activities.Activities{}).MatchReply, activity.RegisterOptions{Name: sms.MatchReplyName})
				env.RegisterActivityWithOptions(func(_ context.Context, in sms.FindRunInput) (sms.FindRunResult, error) {
					return sms.FindRunResult{Open: in.WorkflowID != ended}, nil
				}, activity.RegisterOptions{Name: sms.FindRunName})
				reply := sms.Reply{MessageSID: "SM1", Body: "yes", ReceivedAt: env.Now().UTC()}
				given := reply
				given.MatchGroups = map[string]*string{}
				env.OnSignalExternalWorkflow("default-test-namespace", "asks", "", sms.ReplySignal, given).Return(nil)
				answered := replyInASecond(t, env, reply)
				env.RegisterDelayedCallback(func() { env.SetContinueAsNewSuggested(true) }, time.Minute)
				env.ExecuteWorkflow(sms.QuestionsWorkflowName, &QuestionsState{Open: []sms.Question{
					{WorkflowID: "terminated", IfSeveral: policy}, {WorkflowID: "asks", IfSeveral: policy, Code: code},
				}})
				if *answered != want {
					t.Errorf("policy %s, %s ended: got answered %t, want %t", policy, ended, *answered, want)
				}
			}
		}
	})
}

func TestKeeperForgetsEndedQuestions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, there := range []bool{true, false} {
			looked := 0
			next := keep(t, &QuestionsState{Open: []sms.Question{{WorkflowID: "terminated"}, {WorkflowID: "asks"}}}, func(env *testsuite.TestWorkflowEnvironment) {
				env.RegisterActivityWithOptions(func(_ context.Context, in sms.FindRunInput) (sms.FindRunResult, error) {
					looked++
					return sms.FindRunResult{Open: there && in.WorkflowID == "asks"}, nil
				}, activity.RegisterOptions{Name: sms.FindRunName})
				env.RegisterDelayedCallback(func() { env.SetContinueAsNewSuggested(true) }, 49*time.Hour)
			})
			if there && (next == nil || len(next.Open) != 1 || next.Open[0].WorkflowID != "asks") || !there && next != nil || looked < 2 || looked > 4 {
				t.Errorf("asking workflow open %t: got next run's state %+v after %d look-ups, want no ended question, and 2 to 4 look-ups", there, next, looked)
			}
		}
	})
}

func TestQuestionOpenedDuringReplyIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := keep(t, &QuestionsState{Open: []sms.Question{{WorkflowID: "a"}}}, func(env *testsuite.TestWorkflowEnvironment) {
			env.RegisterActivityWithOptions((&activities.Activities{}).MatchReply, activity.RegisterOptions{Name: sms.MatchReplyName})
			reply := sms.Reply{MessageSID: "SM1", Body: "yes", ReceivedAt: env.Now().UTC()}
			given := reply
			given.MatchGroups = map[string]*string{}
			env.OnSignalExternalWorkflow("default-test-namespace", "a", "", sms.ReplySignal, given).After(time.Minute).Return(nil)
			env.RegisterDelayedCallback(func() {
				env.UpdateWorkflow(sms.QuestionReplyUpdate, "reply", &testsuite.TestUpdateCallback{
					OnAccept: func() {}, OnReject: func(err error) { t.Error(err) }, OnComplete: func(any, error) {},
				}, reply)
			}, time.Second)
			env.RegisterDelayedCallback(func() { env.SignalWorkflow(sms.QuestionOpenSignal, sms.Question{WorkflowID: "b"}) }, 30*time.Second)
			env.RegisterDelayedCallback(func() { env.SetContinueAsNewSuggested(true) }, 40*time.Second)
		})
		if next == nil || len(next.Open) != 1 || next.Open[0].WorkflowID != "b" || len(next.Taken) != 1 {
			t.Errorf("got next run's state %+v, want only question b open, and 1 reply taken", next)
		}
	})
}
