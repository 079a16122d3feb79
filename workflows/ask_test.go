package workflows

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/activities"
	"temporal-twilio/sms"
)

func TestQuestionPassesOnItsOptions(t *testing.T) {
	request := sms.AskSmsRequest{SmsTo: sms.To("+15005550009")}
	given := reflect.ValueOf(&request.AskSmsInput).Elem()
	for i := range given.NumField() {
		switch field := given.Field(i); value := field.Addr().Interface().(type) {
		case *string:
			*value = given.Type().Field(i).Name
		case *json.RawMessage:
			*value = json.RawMessage(given.Type().Field(i).Name)
		}
	}
	sent := reflect.ValueOf(request.Send())
	passed := 0
	for i := range given.NumField() {
		name := given.Type().Field(i).Name
		if got := sent.FieldByName(name); got.IsValid() && got.Type() == given.Field(i).Type() {
			passed++
			if !reflect.DeepEqual(got.Interface(), given.Field(i).Interface()) {
				t.Errorf("got option %s = %v in the input of SendSms, want %v", name, got, given.Field(i))
			}
		}
	}
	if passed < 12 {
		t.Errorf("the test compares only %d options, want at least 12", passed)
	}
}

// askBench runs AskSmsWorkflow and records the activities that it calls.
type askBench struct {
	*testsuite.TestWorkflowEnvironment
	sent         []string
	opened, shut int
	// pair is the question that was opened last.
	pair sms.QuestionInput
	// paused is how long it takes to send the question, and patience is the
	// GiveUpAfter of the last text.
	paused, patience time.Duration
	// opening and closing are called while the question is being opened and
	// closed.
	opening, closing func()
	// reminded is the error code of reminders, or "" if Twilio accepts
	// them.
	reminded sms.Code
}

// newAskBench returns a bench on which sending the question fails with the
// given code, or succeeds if the code is "".
func newAskBench(ends sms.Code) *askBench {
	b := &askBench{opening: func() {}, closing: func() {}, TestWorkflowEnvironment: (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()}
	Register(b)
	b.RegisterActivityWithOptions(func(ctx context.Context, in sms.SendSmsInput) (result sms.SendSmsResult, _ error) {
		b.sent, b.patience = append(b.sent, in.SmsBody), time.Duration(in.GiveUpAfter)
		ends := ends
		if len(b.sent) > 1 {
			ends = b.reminded
		}
		if ends == "" {
			result.Messages = []sms.Message{{To: in.SmsTo[0].To, SID: "SM1"}}
		} else {
			result.Errors = []sms.Error{{Code: ends}}
		}
		if b.paused > 0 && len(b.sent) == 1 {
			token := activity.GetInfo(ctx).TaskToken
			b.RegisterDelayedCallback(func() { _ = b.CompleteActivity(token, result, nil) }, b.paused)
			return result, activity.ErrResultPending
		}
		return result, nil
	}, activity.RegisterOptions{Name: sms.SendSmsName})
	checks := &activities.Activities{Accounts: map[string]activities.Account{"": {}}, Renderer: activities.NewFreeMarker("", "")}
	b.RegisterActivityWithOptions(checks.CheckQuestion, activity.RegisterOptions{Name: sms.CheckQuestionName})
	b.RegisterActivityWithOptions(func(in sms.QuestionInput) error { b.opened++; b.pair = in; b.opening(); return nil }, activity.RegisterOptions{Name: sms.OpenQuestionName})
	b.RegisterActivityWithOptions(func(sms.QuestionInput) error { b.shut++; b.closing(); return nil }, activity.RegisterOptions{Name: sms.CloseQuestionName})
	return b
}

func (b *askBench) run(t *testing.T, input sms.AskSmsInput) sms.AskSmsResult {
	t.Helper()
	input.SmsFrom, input.SmsTo, input.SmsBody = "+15005550006", "+15005550009", "Coming?"
	b.ExecuteWorkflow(sms.AskSmsWorkflowName, input)
	var result sms.AskSmsResult
	if err := b.GetWorkflowResult(&result); err != nil {
		t.Fatal(err)
	}
	return result
}

func TestQuestionSendsRemindersUntilTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newAskBench("")
		began := b.Now()
		result := b.run(t, sms.AskSmsInput{Timeout: sms.Duration(3 * time.Hour), Reminders: []sms.Reminder{
			{After: sms.Duration(time.Hour), SmsBody: "Still coming?"}, {After: sms.Duration(2 * time.Hour), SmsBody: "Last call"}, {After: sms.Duration(9 * time.Hour), SmsBody: "Too late"},
		}})
		if result.Outcome != sms.AskTimedOut || result.Reminders != 2 || len(b.sent) != 3 || b.sent[2] != "Last call" {
			t.Errorf("got %+v, sent %q; want timedOut after the question and 2 reminders", result, b.sent)
		}
		if took := b.Now().Sub(began); took != 3*time.Hour {
			t.Errorf("waited %s, want 3h", took)
		}
		if b.opened != 1 || b.shut != 1 {
			t.Errorf("opened %d times and closed %d times, want once each", b.opened, b.shut)
		}
	})
}

func TestQuestionWaitsFromSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newAskBench("")
		b.paused = 20 * time.Minute // longer than the question's timeout
		b.RegisterDelayedCallback(func() { b.SignalWorkflow(sms.ReplySignal, sms.Reply{MessageSID: "SM9", Body: "yes"}) }, 28*time.Minute)
		result := b.run(t, sms.AskSmsInput{Timeout: sms.Duration(10 * time.Minute), Reminders: []sms.Reminder{{After: sms.Duration(6 * time.Minute), SmsBody: "Still coming?"}}})
		if result.Outcome != sms.AskAnswered || result.Reminders != 1 || b.patience != 4*time.Minute {
			t.Errorf("got %+v and a reminder with GiveUpAfter %s, want an answer after 1 reminder with 4m", result, b.patience)
		}
	})
}

func TestReplyEndsTheQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newAskBench("")
		b.RegisterDelayedCallback(func() { b.SignalWorkflow(sms.ReplySignal, sms.Reply{MessageSID: "SM9", Body: "yes"}) }, 90*time.Minute)
		result := b.run(t, sms.AskSmsInput{Reminders: []sms.Reminder{{After: sms.Duration(time.Hour), SmsBody: "Still coming?"}}})
		if result.Outcome != sms.AskAnswered || result.Reply.Body != "yes" || result.Reminders != 1 || b.shut != 0 {
			t.Errorf("got %+v, closed %d times; want the reply \"yes\" after 1 reminder, closed by the keeper", result, b.shut)
		}
	})
}

func TestUnsentQuestionDoesNotWait(t *testing.T) {
	b := newAskBench(sms.CodeOptedOut)
	if result := b.run(t, sms.AskSmsInput{}); result.Outcome != sms.AskNotSent || result.Sent.Errors[0].Code != sms.CodeOptedOut || b.shut != 1 {
		t.Errorf("got %+v, closed %d times; want notSent, closed once", result, b.shut)
	}
}

func TestDoubtfulQuestionWaitsForReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newAskBench(sms.CodeOutcomeUnknown)
		b.RegisterDelayedCallback(func() { b.SignalWorkflow(sms.ReplySignal, sms.Reply{MessageSID: "SM9", Body: "yes"}) }, time.Hour)
		if result := b.run(t, sms.AskSmsInput{}); result.Outcome != sms.AskAnswered || result.Reply.Body != "yes" || result.Sent.Errors[0].Code != sms.CodeOutcomeUnknown || b.shut != 0 {
			t.Errorf("got %+v, closed %d times; want the reply \"yes\" and OUTCOME_UNKNOWN, closed by the keeper", result, b.shut)
		}
		b = newAskBench(sms.CodeOutcomeUnknown)
		if result := b.run(t, sms.AskSmsInput{}); result.Outcome != sms.AskTimedOut || b.shut != 1 {
			t.Errorf("without a reply: got %+v, closed %d times; want timedOut, closed once", result, b.shut)
		}
	})
}

func TestUnsentReminderIsNotCounted(t *testing.T) {
	reminders := []sms.Reminder{{After: sms.Duration(time.Hour), SmsBody: "Still coming?"}, {After: sms.Duration(2 * time.Hour), SmsBody: "Last call"}}
	for code, want := range map[sms.Code]int{sms.CodeConnection: 3, sms.CodeOptedOut: 2} { // an opt-out stops the reminders
		b := newAskBench("")
		b.reminded = code
		if result := b.run(t, sms.AskSmsInput{Timeout: sms.Duration(3 * time.Hour), Reminders: reminders}); result.Outcome != sms.AskTimedOut || result.Reminders != 0 || len(b.sent) != want {
			t.Errorf("%s: got %+v, sent %q; want timedOut with 0 reminders after %d texts", code, result, b.sent, want)
		}
	}
}

func TestQuestionIsCheckedBeforeSending(t *testing.T) {
	for _, tc := range []struct {
		change string // replaces fields of a valid input
		says   []string
	}{
		{`"pattern": "(yes"`, []string{"pattern must be a Java regular expression"}},
		{`"pattern": "(?<order_id>[0-9]+)"`, []string{"pattern must be", "groups consist of letters and digits only"}},
		{`"ifSeveral": "lastest"`, []string{`ifSeveral must be "oldest", "latest", "code" or "refuse"; it is "lastest"`}},
		{`"smsFrom": "ACME"`, []string{"nobody can reply to an alphanumeric sender ID"}},
		{`"smsFrom": null`, []string{"missing or empty: smsFrom"}},
		{`"smsTo": "212-555-0123x619"`, []string{"smsTo cannot be texted: an extension"}},
		{`"smsTo": ["+15005550009", "+15005550010"]`, []string{"smsTo must be one phone"}},
		{`"smsBody": "Hi ${name"`, []string{"smsBody cannot be sent: smsBody, line 1"}},
		{`"reminders": [{"after": "soon", "smsBody": "${name"}]`, []string{"reminders[0].after must be a duration", "reminders[0].smsBody cannot be sent"}},
		{`"reminders": [{"smsBody": "Hello"}, {"after": "1h"}]`, []string{`reminders[0].after must be a duration, such as "1h"`, "reminders[1].smsBody must be a string"}},
		{`"reminders": [{"after": "1h", "smsBody": "${name}"}]`, []string{"variable name is missing"}},
		{`"account": "marketing"`, []string{`configuration has no account "marketing"`}},
		{`"timeout": 86400000`, []string{"timeout must have a unit"}},
		{`"messagingServiceSid": "MG1"`, []string{"messagingServiceSid must be MG and 32 hex digits"}},
		{`"patern": "x", "pattern": "(", "timeout": "x"`, []string{"there is no field patern (did you mean pattern?)", "timeout must be a duration", "pattern must be"}},
	} {
		b := newAskBench("")
		var input map[string]any
		good := `{"smsFrom": "+15005550006", "smsTo": "+15005550009", "smsBody": "Coming?"}`
		if json.Unmarshal([]byte(good), &input) != nil || json.Unmarshal([]byte("{"+tc.change+"}"), &input) != nil {
			t.Fatal(tc.change)
		}
		b.ExecuteWorkflow(sms.AskSmsWorkflowName, input)
		var failure *temporal.ApplicationError
		if !errors.As(b.GetWorkflowError(), &failure) || failure.Type() != string(sms.CodeInvalidInput) || !failure.NonRetryable() || len(b.sent)+b.opened > 0 {
			t.Errorf("%s: sent %q, opened %d questions, error %v; want nothing sent or opened, and INVALID_INPUT", tc.change, b.sent, b.opened, b.GetWorkflowError())
			continue
		}
		var details sms.Error
		if err := failure.Details(&details); err != nil {
			t.Fatal(err)
		}
		for _, says := range tc.says {
			if !strings.Contains(details.Message, says) {
				t.Errorf("%s: got message %q, want it to contain %q", tc.change, details.Message, says)
			}
		}
		if strings.Contains(failure.Message(), "212-555") {
			t.Errorf("%s: the failure's message contains the number: %s", tc.change, failure.Message())
		}
	}
}

func TestQuestionAcceptsProcessModelInput(t *testing.T) {
	b := newAskBench("")
	b.ExecuteWorkflow(sms.AskSmsWorkflowName, json.RawMessage(`{
		"MessagingServiceSid": "MG00000000000000000000000000000001", "SmsTo": {"to": "WhatsApp:+44 (0)7400 123456"}, "SmsBody": "Coming, ${name}?",
		"Metadata": "{\"name\": \"Ann\"}", "Timeout": "PT24H", "Reminders": {"After": "3600", "SmsBody": "Still coming?"}, "SmsFrom": ""
	}`))
	var result sms.AskSmsResult
	if err := b.GetWorkflowResult(&result); err != nil {
		t.Fatal(err)
	}
	if b.pair.Ours != "MG00000000000000000000000000000001" || b.pair.Theirs != "whatsapp:+447400123456" || result.Reminders != 1 || len(b.sent) != 2 {
		t.Errorf("got a question between %s and %s, texts %q, result %+v; want the service and whatsapp:+447400123456, and 1 reminder", b.pair.Ours, b.pair.Theirs, b.sent, result)
	}
}

func TestPolicyPicksOneQuestion(t *testing.T) {
	q := func(policy sms.IfSeveral, codes ...string) (all []sms.Question) {
		for _, code := range codes {
			all = append(all, sms.Question{WorkflowID: code, Code: code, IfSeveral: policy})
		}
		return all
	}
	for name, tc := range map[string]struct {
		questions []sms.Question
		body      string
		want      int
	}{
		"one question":                      {q("", "a"), "yes", 0},
		"the oldest question by default":    {q("", "a", "b"), "yes", 0},
		"the oldest":                        {q(sms.IfSeveralOldest, "a", "b"), "yes", 0},
		"the latest":                        {q(sms.IfSeveralLatest, "a", "b"), "yes", 1},
		"none":                              {q(sms.IfSeveralRefuse, "a", "b"), "yes", -1},
		"a single question, policy refuse":  {q(sms.IfSeveralRefuse, "a"), "yes", 0},
		"by its code":                       {q(sms.IfSeveralCode, "a", "b"), "B yes", 1},
		"an unknown code":                   {q(sms.IfSeveralCode, "a", "b"), "c yes", -1},
		"by no code":                        {q(sms.IfSeveralCode, "a", "b"), " ", -1},
		"a single question, without a code": {q(sms.IfSeveralCode, "a"), "yes", 0},
	} {
		if got := choose(tc.questions, tc.body); got != tc.want {
			t.Errorf("%s: chose question %d, want %d", name, got, tc.want)
		}
	}
}

func TestCancelledQuestionHasResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, tc := range map[string]struct {
			cancel       func(*askBench)
			sent, unsent int // in the result of sending the question
			code         sms.Code
			closed       int
		}{
			"while opening": {func(b *askBench) { b.opening = b.CancelWorkflow }, 0, 1, sms.CodeCancelled, 1},
			"while sending": {func(b *askBench) { b.paused = time.Hour; b.RegisterDelayedCallback(b.CancelWorkflow, time.Minute) }, 0, 1, sms.CodeOutcomeUnknown, 1}, // the test environment loses the result of a cancelled activity
			"while waiting": {func(b *askBench) { b.RegisterDelayedCallback(b.CancelWorkflow, time.Hour) }, 1, 0, "", 1},
		} {
			b := newAskBench("")
			tc.cancel(b)
			result := b.run(t, sms.AskSmsInput{})
			if result.Outcome != sms.AskCancelled || result.Reply != nil || len(result.Sent.Messages) != tc.sent || len(result.Sent.Errors) != tc.unsent || b.shut != tc.closed {
				t.Errorf("%s: got %+v, closed %d times; want cancelled with %d messages and %d errors, closed %d times", name, result, b.shut, tc.sent, tc.unsent, tc.closed)
			} else if tc.unsent > 0 && (result.Sent.Errors[0].Code != tc.code || result.Sent.Errors[0].To != "+15005550009") {
				t.Errorf("%s: got errors %+v, want %s for the recipient", name, result.Sent.Errors, tc.code)
			}
		}
	})
}

func TestCancelledSendClosesQuestion(t *testing.T) {
	b := newAskBench(sms.CodeCancelled)
	if result := b.run(t, sms.AskSmsInput{}); result.Outcome != sms.AskCancelled || len(result.Sent.Errors) != 1 || b.shut != 1 {
		t.Errorf("got %+v, closed %d times; want cancelled with 1 error, closed once", result, b.shut)
	}
}

func TestReplyBeforeCancellationCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newAskBench("")
		b.closing = func() { b.SignalWorkflow(sms.ReplySignal, sms.Reply{MessageSID: "SM9", Body: "yes"}) }
		b.RegisterDelayedCallback(b.CancelWorkflow, time.Hour)
		if result := b.run(t, sms.AskSmsInput{}); result.Outcome != sms.AskAnswered || result.Reply == nil {
			t.Errorf("got %+v, want the reply to count", result)
		}
	})
}

// A reply and a cancellation arrive in the same workflow task, while the
// question is waiting or being sent.
func TestReplyWithCancellationCounts(t *testing.T) {
	for _, sending := range []time.Duration{0, 2 * time.Hour} {
		b := newAskBench("")
		b.paused = sending
		asked := func(ctx workflow.Context, raw converter.RawValue) (result sms.AskSmsResult, err error) {
			ctx, cancel := workflow.WithCancel(ctx)
			workflow.Go(ctx, func(ctx workflow.Context) {
				_ = workflow.Sleep(ctx, time.Hour)
				workflow.GetSignalChannel(ctx, sms.ReplySignal).(workflow.SendChannel).SendAsync(sms.Reply{MessageSID: "SM9", Body: "yes"})
				cancel()
			})
			return AskSmsWorkflow(ctx, raw)
		}
		b.RegisterWorkflow(asked)
		input, err := converter.GetDefaultDataConverter().ToPayload(sms.AskSmsInput{SmsFrom: "+15005550006", SmsTo: "+15005550009", SmsBody: "Coming?"})
		if err != nil {
			t.Fatal(err)
		}
		b.ExecuteWorkflow(asked, converter.NewRawValue(input))
		var result sms.AskSmsResult
		if err := b.GetWorkflowResult(&result); err != nil || result.Outcome != sms.AskAnswered || result.Reply == nil || result.Reply.Body != "yes" {
			t.Errorf("sending takes %s: got %+v, error %v; want the reply \"yes\"", sending, result, err)
		}
	}
}
