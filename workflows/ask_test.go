package workflows

import (
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"

	"temporal-twilio/activities"
	"temporal-twilio/sms"
)

// askBench notes what a question does to the world.
type askBench struct {
	*testsuite.TestWorkflowEnvironment
	sent         []string
	opened, shut int
}

// newAskBench has every text taken, or end with a code.
func newAskBench(ends sms.Code) *askBench {
	b := &askBench{TestWorkflowEnvironment: (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()}
	Register(b)
	b.RegisterActivityWithOptions(func(in activities.SendSmsInput) (result activities.SendSmsResult, _ error) {
		b.sent = append(b.sent, in.SmsBody)
		if ends == "" {
			result.Messages = []sms.Message{{To: in.SmsTo[0].To, SID: "SM1"}}
		} else {
			result.Errors = []sms.Error{{Code: ends}}
		}
		return result, nil
	}, activity.RegisterOptions{Name: activities.SendSmsName})
	b.RegisterActivityWithOptions(func(activities.PairInput) error { b.opened++; return nil }, activity.RegisterOptions{Name: activities.OpenQuestionName})
	b.RegisterActivityWithOptions(func(activities.PairInput) error { b.shut++; return nil }, activity.RegisterOptions{Name: activities.CloseQuestionName})
	return b
}

func (b *askBench) run(t *testing.T, input AskSmsInput) AskSmsResult {
	t.Helper()
	input.SmsFrom, input.SmsTo, input.SmsBody = "+15005550006", "+15005550009", "Coming?"
	b.ExecuteWorkflow(AskSmsWorkflowName, input)
	var result AskSmsResult
	if err := b.GetWorkflowResult(&result); err != nil {
		t.Fatal(err)
	}
	return result
}

func TestAQuestionIsRemindedOfUntilItTimesOut(t *testing.T) {
	b := newAskBench("")
	began := b.Now()
	result := b.run(t, AskSmsInput{Timeout: Duration(3 * time.Hour), Reminders: []Reminder{
		{After: Duration(time.Hour), SmsBody: "Still coming?"}, {After: Duration(2 * time.Hour), SmsBody: "Last call"}, {After: Duration(9 * time.Hour), SmsBody: "Too late"},
	}})
	if result.Outcome != TimedOut || result.Reminders != 2 || len(b.sent) != 3 || b.sent[2] != "Last call" {
		t.Errorf("%+v, sent %q", result, b.sent)
	}
	if took := b.Now().Sub(began); took != 3*time.Hour {
		t.Errorf("took %s", took)
	}
	if b.opened != 1 || b.shut != 1 {
		t.Errorf("opened %d times, closed %d times", b.opened, b.shut)
	}
}

func TestAReplyEndsTheQuestion(t *testing.T) {
	b := newAskBench("")
	b.RegisterDelayedCallback(func() { b.SignalWorkflow(ReplySignal, Reply{MessageSID: "SM9", Body: "yes"}) }, 90*time.Minute)
	result := b.run(t, AskSmsInput{Reminders: []Reminder{{After: Duration(time.Hour), SmsBody: "Still coming?"}}})
	if result.Outcome != Answered || result.Reply.Body != "yes" || result.Reminders != 1 || b.shut != 0 {
		t.Errorf("%+v, closed %d times", result, b.shut)
	}
}

func TestAQuestionThatWasNotSentWaitsForNothing(t *testing.T) {
	b := newAskBench(sms.OptedOut)
	if result := b.run(t, AskSmsInput{}); result.Outcome != NotSent || result.Sent.Errors[0].Code != sms.OptedOut || b.shut != 1 {
		t.Errorf("%+v, closed %d times", result, b.shut)
	}
}

func TestAQuestionThatMayHaveBeenSentWaitsForItsReply(t *testing.T) {
	b := newAskBench(sms.OutcomeUnknown)
	b.RegisterDelayedCallback(func() { b.SignalWorkflow(ReplySignal, Reply{MessageSID: "SM9", Body: "yes"}) }, time.Hour)
	if result := b.run(t, AskSmsInput{}); result.Outcome != Answered || result.Reply.Body != "yes" || result.Sent.Errors[0].Code != sms.OutcomeUnknown || b.shut != 0 {
		t.Errorf("%+v, closed %d times", result, b.shut)
	}
	b = newAskBench(sms.OutcomeUnknown)
	if result := b.run(t, AskSmsInput{}); result.Outcome != TimedOut || b.shut != 1 {
		t.Errorf("without a reply: %+v, closed %d times", result, b.shut)
	}
}

func TestThePolicyPicksOneOfSeveralQuestions(t *testing.T) {
	q := func(policy activities.IfSeveral, codes ...string) (all []activities.Question) {
		for _, code := range codes {
			all = append(all, activities.Question{WorkflowID: code, Code: code, IfSeveral: policy})
		}
		return all
	}
	for name, tc := range map[string]struct {
		questions []activities.Question
		body      string
		want      int
	}{
		"one question":             {q("", "a"), "yes", 0},
		"the oldest by default":    {q("", "a", "b"), "yes", 0},
		"the oldest":               {q(activities.Oldest, "a", "b"), "yes", 0},
		"the latest":               {q(activities.Latest, "a", "b"), "yes", 1},
		"none":                     {q(activities.Refuse, "a", "b"), "yes", -1},
		"the only one, refusing":   {q(activities.Refuse, "a"), "yes", 0},
		"by its code":              {q(activities.ByCode, "a", "b"), "B yes", 1},
		"by a code that is none":   {q(activities.ByCode, "a", "b"), "c yes", -1},
		"by no code":               {q(activities.ByCode, "a", "b"), " ", -1},
		"the only one, by no code": {q(activities.ByCode, "a"), "yes", 0},
	} {
		if got := choose(tc.questions, tc.body); got != tc.want {
			t.Errorf("%s: %d, want %d", name, got, tc.want)
		}
	}
}
