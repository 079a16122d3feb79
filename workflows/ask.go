package workflows

// AskSmsWorkflow asks a question by text and waits for the reply.

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// DefaultAskTimeout is how long AskSmsWorkflow waits for a reply.
const DefaultAskTimeout = 24 * time.Hour

// AskSmsWorkflow sends a question and waits for the reply. A reply goes to only
// one open question between the two numbers, and to no trigger. The argument is
// an [sms.AskSmsInput]. If the input is invalid, the workflow fails before
// anyone is texted. If the workflow is cancelled, it completes with what is
// known.
func AskSmsWorkflow(ctx workflow.Context, raw converter.RawValue) (result sms.AskSmsResult, err error) {
	a := &asking{result: &result, replies: workflow.GetSignalChannel(ctx, sms.ReplySignal)}
	a.checks = workflow.GetVersion(ctx, "checked-question", workflow.DefaultVersion, 1) > workflow.DefaultVersion
	if err := workflow.SetQueryHandler(ctx, sms.QuestionQuery, func() (sms.AskProgress, error) { return a.progress(), nil }); err != nil {
		return result, err
	}
	pair, err := a.prepare(ctx, raw)
	if err == nil {
		err = a.ask(ctx, pair)
	}
	if temporal.IsCanceledError(err) && a.reports(ctx) {
		if result.Outcome, err = sms.AskCancelled, nil; len(result.Sent.Messages)+len(result.Sent.Errors) == 0 {
			result.Sent = cancelled(a.request.SmsTo, a.began)
		}
	}
	// A reply may have arrived at the last moment, or together with a
	// cancellation.
	var reply sms.Reply
	if result.Reply == nil && a.replies.ReceiveAsync(&reply) {
		result.Reply = &reply
	}
	if result.Reply != nil {
		result.Outcome = sms.AskAnswered
	}
	return result, err
}

// ask opens the question, sends it, waits for the reply, and closes it.
func (a *asking) ask(ctx workflow.Context, pair sms.QuestionInput) error {
	keeping := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: sms.TaskQueue, StartToCloseTimeout: 10 * time.Second, Summary: "Register the open question",
	})
	// The question is opened before it is sent because the reply may arrive
	// immediately.
	err := workflow.ExecuteActivity(keeping, sms.OpenQuestionName, pair).Get(ctx, nil)
	if err == nil {
		err = a.run(ctx)
		workflow.SetCurrentDetails(ctx, "") // the wait is over
	} else if !temporal.IsCanceledError(err) || !a.reports(ctx) { // even after a cancellation, the question may have been opened
		return err
	}
	if a.result.Outcome == sms.AskAnswered {
		return err // the keeper closed the question
	}
	after, _ := workflow.NewDisconnectedContext(keeping)
	if closing := workflow.ExecuteActivity(after, sms.CloseQuestionName, pair).Get(after, nil); err == nil {
		err = closing
	}
	return err
}

// reports returns true if a cancelled question returns a result. Questions that
// were cancelled on an older worker returned none.
func (a *asking) reports(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "cancelled-questions", workflow.DefaultVersion, 1) > workflow.DefaultVersion
}

// asking is the state of AskSmsWorkflow.
type asking struct {
	request sms.AskSmsRequest
	// question is the input of SendSms.
	question sms.SendSmsInput
	result   *sms.AskSmsResult
	replies  workflow.ReceiveChannel
	// began is true once the question may have been sent.
	began bool
	// since is when the question was sent, and until is when the wait ends.
	since, until time.Time
	// checks is false for questions that started on an older worker, which
	// did not check their input and also counted reminders that were not
	// sent.
	checks bool
}

// prepare decodes and checks the input, and returns the question with its two
// numbers.
func (a *asking) prepare(ctx workflow.Context, raw converter.RawValue) (pair sms.QuestionInput, err error) {
	wrong := decode(raw, &a.request)
	a.question = a.request.Send()
	pair = sms.QuestionInput{Account: a.request.Account, Question: sms.Question{
		WorkflowID: workflow.GetInfo(ctx).WorkflowExecution.ID,
		Pattern:    a.request.Pattern, Code: a.request.Code, IfSeveral: a.request.IfSeveral,
		// The question counts as open from now on, because the signal that
		// opens it may reach the keeper after the reply.
		OpenedAt: workflow.Now(ctx).UTC(),
	}}
	if !a.checks {
		pair.Ours, _ = sms.ParseSender(a.request.SmsFrom)
		if len(a.request.SmsTo) > 0 {
			pair.Theirs, _ = sms.ParseRecipient(a.request.SmsTo[0].To)
		}
		return pair, nil
	}
	check := sms.CheckQuestionInput{Send: a.question, Question: pair.Question}
	check.Problems, _ = errors.AsType[sms.Problems](wrong)
	for i, reminder := range a.request.Reminders {
		check.Reminders = append(check.Reminders, reminder.SmsBody)
		if field := fmt.Sprintf("reminders[%d].after", i); reminder.After == 0 && !check.Problems.Names(field) {
			check.Problems = append(check.Problems, sms.Problem{Field: field, Says: field + ` must be a duration, such as "1h"`})
		}
	}
	checking := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: 10 * time.Second, Summary: "Check the question"})
	var checked sms.CheckQuestionResult
	if err := workflow.ExecuteLocalActivity(checking, sms.CheckQuestionName, check).Get(ctx, &checked); err != nil {
		return pair, err
	}
	if len(checked.Problems) > 0 {
		return pair, refusal(checked.Problems)
	}
	a.question.SmsFrom, a.question.SmsTo[0].To = checked.From, checked.To
	pair.Ours, pair.Theirs = cmp.Or(checked.From, a.request.MessagingServiceSID), checked.To
	return pair, nil
}

func (a *asking) run(ctx workflow.Context) error {
	began := workflow.Now(ctx)
	a.began = ctx.Err() == nil
	if err := send(ctx, a.question, sms.Summary("Ask by SMS", a.request.Label)).Get(ctx, &a.result.Sent); err != nil {
		return err
	}
	if !mayBeThere(a.result.Sent) {
		a.result.Outcome = sms.AskNotSent
		if slices.ContainsFunc(a.result.Sent.Errors, func(e sms.Error) bool { return e.Code == sms.CodeCancelled }) {
			a.result.Outcome = sms.AskCancelled
		}
		return nil
	}
	// Sending may have taken a while, for example because all sending was
	// paused.
	if workflow.GetVersion(ctx, "waits-from-sending", workflow.DefaultVersion, 1) > workflow.DefaultVersion {
		began = workflow.Now(ctx)
	}
	timeout := time.Duration(a.request.Timeout)
	if timeout == 0 {
		timeout = DefaultAskTimeout
	}
	a.since, a.until = began.UTC(), began.Add(timeout).UTC()
	for reminders := a.request.Reminders; ; {
		a.tell(ctx)
		next := timeout
		if len(reminders) > 0 {
			next = min(next, time.Duration(reminders[0].After))
		}
		var reply sms.Reply
		ok, _ := a.replies.ReceiveWithTimeout(ctx, next-workflow.Now(ctx).Sub(began), &reply)
		if ok {
			a.result.Reply = &reply
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case ok:
			a.result.Outcome = sms.AskAnswered
			return nil
		case next == timeout:
			a.result.Outcome = sms.AskTimedOut
			return nil
		}
		optedOut, err := a.remind(ctx, reminders[0].SmsBody)
		if err != nil {
			return err
		}
		if reminders = reminders[1:]; optedOut && a.checks {
			reminders = nil
		}
	}
}

// progress answers [sms.QuestionQuery].
func (a *asking) progress() sms.AskProgress {
	return sms.AskProgress{Since: a.since, Until: a.until, Reminders: a.result.Reminders}
}

// tell shows the question's deadline and the number of reminders in Temporal's
// Web UI.
func (a *asking) tell(ctx workflow.Context) {
	details := fmt.Sprintf("Waiting for a reply until %s.", a.until.Format(time.RFC3339))
	if n := a.result.Reminders; n == 1 {
		details += " 1 reminder was sent."
	} else if n > 1 {
		details += fmt.Sprintf(" %d reminders were sent.", n)
	}
	workflow.SetCurrentDetails(ctx, details)
}

// remind sends a reminder, gives up when the question's time is up, and reports
// whether the phone has opted out.
func (a *asking) remind(ctx workflow.Context, body string) (optedOut bool, err error) {
	var sent sms.SendSmsResult
	reminder := a.question.TextOnly(body)
	reminder.GiveUpAfter = sms.Duration(max(time.Second, a.until.Sub(workflow.Now(ctx))))
	if err := send(ctx, reminder, sms.Summary("Remind by SMS", a.request.Label)).Get(ctx, &sent); err != nil {
		return false, err
	}
	if mayBeThere(sent) || !a.checks {
		a.result.Reminders++
	}
	return slices.ContainsFunc(sent.Errors, func(e sms.Error) bool { return e.Code == sms.CodeOptedOut }), nil
}

// mayBeThere reports whether the phone may have received the text. If the
// outcome of the send is unknown, a reply can still arrive, which proves that
// the text arrived.
func mayBeThere(sent sms.SendSmsResult) bool {
	return len(sent.Messages) > 0 ||
		slices.ContainsFunc(sent.Errors, func(e sms.Error) bool { return e.Code == sms.CodeOutcomeUnknown })
}

func send(ctx workflow.Context, input sms.SendSmsInput, summary string) workflow.Future {
	return workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, SendOptions(summary)), sms.SendSmsName, input)
}
