package workflows

// AskSmsWorkflow: a question by text, and the wait for the reply.

import (
	"encoding/json"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/activities"
	"temporal-twilio/sms"
)

// AskSmsInput is the input of AskSmsWorkflow.
type AskSmsInput struct {
	// SmsFrom is the number of ours that asks, SmsTo the one phone that is
	// asked, both in E.164 form. Required.
	SmsFrom string `json:"smsFrom"`
	SmsTo   string `json:"smsTo"`
	// SmsBody is the question, a FreeMarker template, Variables its data model.
	// SmsBody is required.
	SmsBody   string          `json:"smsBody"`
	Variables json.RawMessage `json:"variables,omitempty"`
	// Pattern is a Java regular expression that a reply must contain; other
	// texts are left to triggers. Optional: default any reply.
	Pattern string `json:"pattern,omitempty"`
	// Reminders are texts that are sent while there is no reply. Optional.
	Reminders []Reminder `json:"reminders,omitempty"`
	// Timeout ends the wait. Optional: default 24 h.
	Timeout Duration `json:"timeout,omitempty"`
	// IfSeveral says who gets a reply where several questions are open between
	// the two numbers. Optional: default oldest.
	IfSeveral activities.IfSeveral `json:"ifSeveral,omitempty"`
	// Code is the word that a reply begins with, for IfSeveral code.
	Code string `json:"code,omitempty"`
	// Account picks the credentials. Optional: default that of the environment.
	Account string `json:"account,omitempty"`
}

// Reminder is a text that is sent if there was no reply.
type Reminder struct {
	// After is counted from the question.
	After Duration `json:"after"`
	// SmsBody is a FreeMarker template over the question's variables.
	SmsBody string `json:"smsBody"`
}

// Answer is how a question ended.
type Answer string

// The ends of a question.
const (
	Answered Answer = "answered"
	TimedOut Answer = "timedOut"
	// NotSent: Twilio did not take the question; Sent says why.
	NotSent Answer = "notSent"
)

// AskSmsResult is the result of AskSmsWorkflow.
type AskSmsResult struct {
	Outcome Answer `json:"outcome"`
	// Reply is set if the outcome is answered.
	Reply *Reply `json:"reply"`
	// Sent tells of the question, Reminders how many reminders were sent.
	Sent      activities.SendSmsResult `json:"sent"`
	Reminders int                      `json:"reminders"`
}

// DefaultAskTimeout is how long AskSmsWorkflow waits for a reply.
const DefaultAskTimeout = 24 * time.Hour

// AskSmsWorkflow sends a question and waits for the reply. A reply goes to one
// open question of its pair of numbers and to no trigger.
func AskSmsWorkflow(ctx workflow.Context, input AskSmsInput) (result AskSmsResult, err error) {
	ours, ok := sms.ParseSender(input.SmsFrom)
	theirs, fine := sms.ParseRecipient(input.SmsTo)
	if !ok || !fine {
		return result, temporal.NewNonRetryableApplicationError("smsFrom and smsTo must be one number each, in E.164 form", string(sms.InvalidInput), nil)
	}
	pair := activities.PairInput{Ours: ours, Theirs: theirs, Account: input.Account, Question: activities.Question{
		WorkflowID: workflow.GetInfo(ctx).WorkflowExecution.ID,
		Pattern:    input.Pattern, Code: input.Code, IfSeveral: input.IfSeveral,
		// Not when the keeper hears of it, which may be after the reply came.
		OpenedAt: workflow.Now(ctx).UTC(),
	}}
	keeping := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: activities.TaskQueue, StartToCloseTimeout: 10 * time.Second, Summary: "Tell that a question is open",
	})
	// The question is open before it is sent: the reply can be fast.
	if err := workflow.ExecuteActivity(keeping, activities.OpenQuestionName, pair).Get(ctx, nil); err != nil {
		return result, err
	}
	a := &asking{input: input, result: &result, replies: workflow.GetSignalChannel(ctx, ReplySignal)}
	err = a.run(ctx)
	if result.Outcome == Answered {
		return result, err // the keeper closed the question
	}
	after, _ := workflow.NewDisconnectedContext(keeping)
	if closing := workflow.ExecuteActivity(after, activities.CloseQuestionName, pair).Get(after, nil); err == nil {
		err = closing
	}
	// A reply may have been given to us at the last moment.
	var reply Reply
	if err == nil && a.replies.ReceiveAsync(&reply) {
		result.Outcome, result.Reply = Answered, &reply
	}
	return result, err
}

// asking is the state of AskSmsWorkflow.
type asking struct {
	input   AskSmsInput
	result  *AskSmsResult
	replies workflow.ReceiveChannel
}

func (a *asking) run(ctx workflow.Context) error {
	began := workflow.Now(ctx)
	if err := a.send(ctx, a.input.SmsBody, "Ask by SMS").Get(ctx, &a.result.Sent); err != nil {
		return err
	}
	if !mayBeThere(a.result.Sent) {
		a.result.Outcome = NotSent
		return nil
	}
	timeout := time.Duration(a.input.Timeout)
	if timeout == 0 {
		timeout = DefaultAskTimeout
	}
	for {
		next := timeout
		if a.result.Reminders < len(a.input.Reminders) {
			next = min(next, time.Duration(a.input.Reminders[a.result.Reminders].After))
		}
		var reply Reply
		ok, _ := a.replies.ReceiveWithTimeout(ctx, next-workflow.Now(ctx).Sub(began), &reply)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case ok:
			a.result.Outcome, a.result.Reply = Answered, &reply
			return nil
		case next == timeout:
			a.result.Outcome = TimedOut
			return nil
		}
		body := a.input.Reminders[a.result.Reminders].SmsBody
		a.result.Reminders++
		if err := a.send(ctx, body, "Remind by SMS").Get(ctx, nil); err != nil {
			return err
		}
	}
}

// mayBeThere reports whether the phone may have got the question: of an unknown
// outcome a reply is the best proof.
func mayBeThere(sent activities.SendSmsResult) bool {
	return len(sent.Messages) > 0 ||
		slices.ContainsFunc(sent.Errors, func(e sms.Error) bool { return e.Code == sms.OutcomeUnknown })
}

func (a *asking) send(ctx workflow.Context, body, summary string) workflow.Future {
	return workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, SendOptions(summary)), activities.SendSmsName, activities.SendSmsInput{
		SmsFrom: a.input.SmsFrom, SmsTo: activities.To(a.input.SmsTo), SmsBody: body, Variables: a.input.Variables,
		Account: a.input.Account, StatusSignals: new(bool),
	})
}
