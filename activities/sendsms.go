package activities

// SendSms: one text to each of a list of recipients, and what its caller is
// told.

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"

	"temporal-twilio/sms"
)

// SendSmsResult says for each recipient what became of the message.
type SendSmsResult struct {
	// TwilioResult is Messages as JSON text: the connector's contract knows
	// strings only.
	TwilioResult string `json:"twilioResult"`
	// TwilioError is Errors as JSON text, null exactly if there were none.
	TwilioError *string `json:"twilioError"`
	// Messages are those that Twilio took, in the order of the recipients.
	Messages []sms.Message `json:"messages"`
	// Errors name each recipient that was not sent to, and why.
	Errors []sms.Error `json:"errors"`
}

// SendSms sends the text to each recipient and tells what became of each. Its
// argument is a [SendSmsInput].
//
// It always completes, and its payload says what went wrong. The one error that
// it returns asks Temporal for another attempt, where nothing was sent to some
// recipients, a later attempt may, and the caller's retry policy and timeouts
// leave room for it.
//
// It never texts a recipient twice: what it is about to try is recorded in its
// heartbeat before it tries, and what an attempt left in doubt is looked up at
// Twilio by the next.
func (a *Activities) SendSms(ctx context.Context, raw converter.RawValue) (result SendSmsResult, err error) {
	var s *send
	defer func() {
		if recover() != nil {
			logPanic(ctx)
			result, err = s.broken(), nil
		}
	}()
	input, problem := decodeInput(raw)
	if problem != nil {
		return newResult(nil, []sms.Error{*problem}), nil
	}
	if input.IdempotencyKey != "" {
		return a.once(ctx, input)
	}
	s, problem = a.newSend(ctx, input)
	if problem != nil {
		return newResult(nil, []sms.Error{*problem}), nil
	}
	if retry := s.run(ctx); retry != nil {
		return result, retry
	}
	return s.result(), nil
}

// newSend prepares a send, with what earlier attempts recorded.
func (a *Activities) newSend(ctx context.Context, input SendSmsInput) (*send, *sms.Error) {
	info := activity.GetInfo(ctx)
	if info.IsLocalActivity {
		return nil, &sms.Error{Code: sms.InvalidInput, Message: "SendSms cannot run as a local activity: those have no heartbeat to record what was sent; run it as an ordinary activity"}
	}
	account, ok := a.Accounts[input.Account]
	if !ok {
		return nil, &sms.Error{Code: sms.InvalidInput, Message: fmt.Sprintf("there is no account %q in this worker's configuration", input.Account)}
	}
	s := &send{activities: a, account: account, info: info, input: input}
	if problem := s.prepare(ctx); problem != nil {
		return nil, problem
	}
	return s, nil
}

// result tells what became of each recipient.
func (s *send) result() SendSmsResult {
	var (
		messages []sms.Message
		errors   []sms.Error
	)
	for place := range s.progress.outcomes {
		o := &s.progress.outcomes[place]
		switch o.state {
		case taken:
			messages = append(messages, o.message)
		case untried:
			errors = append(errors, s.untold(place))
		default:
			o.problem.To = s.to[place]
			errors = append(errors, o.problem)
		}
	}
	return newResult(messages, errors)
}

// broken is the result after a panic of our own: nobody goes missing.
func (s *send) broken() SendSmsResult {
	fault := sms.Error{Code: sms.UnknownError, Message: "a fault in SendSms itself; the worker's log holds the stack"}
	if s == nil || s.progress == nil {
		return newResult(nil, []sms.Error{fault})
	}
	for _, place := range s.progress.window {
		if s.progress.outcomes[place].state == untried {
			s.progress.set(place, doubtful, died(s.to[place]))
		}
	}
	for _, place := range s.progress.places(untried, len(s.to)) {
		s.progress.set(place, refused, fault)
	}
	return s.result()
}

func newResult(messages []sms.Message, errors []sms.Error) SendSmsResult {
	if messages == nil {
		messages = []sms.Message{}
	}
	if errors == nil {
		errors = []sms.Error{}
	}
	result := SendSmsResult{TwilioResult: text(messages), Messages: messages, Errors: errors}
	if len(errors) > 0 {
		all := text(errors)
		result.TwilioError = &all
	}
	return result
}

// text is a list as JSON. Lists of plain structs always marshal.
func text(list any) string {
	data, err := json.Marshal(list)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// logPanic leaves the stack, but not the panic's value, which may hold anything.
func logPanic(ctx context.Context) {
	activity.GetLogger(ctx).Error("SendSms panicked", "stack", string(debug.Stack()))
}
