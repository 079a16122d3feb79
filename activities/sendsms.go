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
	input, err := decodeInput(raw)
	if err != nil {
		return newResult(nil, []sms.Error{*sms.AsError(err)}), nil
	}
	if input.IdempotencyKey != "" {
		return a.once(ctx, input)
	}
	s = a.newSend(ctx, input)
	if problem := s.prepare(ctx); problem != nil {
		return s.unable(ctx, problem)
	}
	if retry := s.run(ctx); retry != nil {
		return result, retry
	}
	return s.result(), nil
}

// newSend reads the list, and what earlier attempts recorded of it.
func (a *Activities) newSend(ctx context.Context, input SendSmsInput) *send {
	s := &send{activities: a, info: activity.GetInfo(ctx), input: input}
	s.addresses()
	s.resume(ctx)
	return s
}

// unable ends an attempt that cannot begin. After an earlier attempt that is no
// word on the whole list: another worker may go on, and whoever was texted is
// not forgotten.
func (s *send) unable(ctx context.Context, problem *sms.Error) (SendSmsResult, error) {
	if !s.resumed {
		return newResult(nil, []sms.Error{*problem}), nil
	}
	s.heart = newHeart(s.activities.recorder(ctx), s.info.HeartbeatTimeout, func(error) {})
	if retry := s.another(ctx, s.delay(), "this worker cannot go on with the send"); retry != nil {
		return SendSmsResult{}, retry
	}
	for _, place := range s.progress.places(untried, len(s.to)) {
		s.progress.set(place, refused, *problem)
	}
	return s.result(), nil
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
		if len(result.TwilioResult)+len(all) > maxReport {
			shorten(errors)
			all = text(errors)
		}
		result.TwilioError = &all
	}
	return result
}

// maxReport is how many bytes the two strings of a result may take. They stand
// in it a second time, typed, and Temporal takes 2 MB.
const maxReport = 800 << 10

// shorten leaves of each error what a program needs.
func shorten(errors []sms.Error) {
	for i := range errors {
		e := &errors[i]
		e.MoreInfo, e.Message = "", "see the code"
		if len(text(e.To)) > maxShortTo {
			e.To = fmt.Sprintf("(an address of %d bytes)", len(e.To))
		}
	}
}

// maxShortTo is longer than any address.
const maxShortTo = 40

// text is a value as JSON. Texts and lists of plain structs always marshal.
func text(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// logPanic leaves the stack, but not the panic's value, which may hold anything.
func logPanic(ctx context.Context) {
	activity.GetLogger(ctx).Error("SendSms panicked", "stack", string(debug.Stack()))
}
