package activities

// SendSms texts each recipient of a list and returns the outcome.

import (
	"context"
	"runtime/debug"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"temporal-twilio/sms"
)

// SendSms sends the text to each recipient and reports the outcome of each
// message. Its argument is an [sms.SendSmsInput].
//
// Failures do not make it return an error, because its result says what went
// wrong. It returns an error only if onError is "fail", or to ask Temporal for
// another attempt: either some recipients were certainly not texted, a later
// attempt may succeed, and the caller's retry policy and timeouts allow one, or
// this worker lacks the key that decrypts the record of an earlier attempt.
//
// It never texts a recipient twice. An attempt records in a heartbeat whom it
// is about to text, and the next attempt looks up the messages to recipients in
// doubt at Twilio. The first few recipients of a list need no record, because
// any second attempt looks them up.
func (a *Activities) SendSms(ctx context.Context, raw converter.RawValue) (result sms.SendSmsResult, err error) {
	var (
		s     *send
		input sms.SendSmsInput
	)
	defer func() {
		if recover() != nil {
			logPanic(ctx)
			result, err = s.broken(retried(ctx)), nil
		}
		if input.IdempotencyKey == "" && !isLong(input) { // otherwise, the keyed send or the broadcast counts it
			a.count(s, decided(activity.GetInfo(ctx), result), err)
		}
		if err == nil {
			err = told(ctx, &result, input.OnError)
		}
	}()
	if input, err = decodeInput(raw, false); err == nil {
		err = (&attempt{info: activity.GetInfo(ctx)}).tooLong(input)
	}
	if err != nil {
		return sms.NewSendSmsResult(nil, []sms.Error{*sms.AsError(err)}), nil
	}
	if err := unread(ctx); err != nil {
		return result, err
	}
	if input.IdempotencyKey != "" && !a.hasKey(activity.GetInfo(ctx).WorkflowExecution.ID, input) {
		return a.once(ctx, input)
	}
	if isLong(input) {
		return a.broadcast(ctx, input)
	}
	s = a.newSend(ctx, input)
	defer s.giveUpCaps(ctx)
	s.resume(ctx)
	if problem := s.prepare(ctx); problem != nil {
		return s.unable(ctx, problem)
	}
	s.beginDoubts()
	if err := s.run(ctx); err != nil {
		return result, err
	}
	return s.result(), nil
}

// decided returns the result without the recipients whose outcome is still open
// because the caller, such as a broadcast, will retry them.
func decided(info activity.Info, result sms.SendSmsResult) *sms.SendSmsResult {
	if (&attempt{info: info}).callerGoesOn() {
		result.Errors = slices.DeleteFunc(slices.Clone(result.Errors), func(e sms.Error) bool { return e.Retryable })
	}
	return &result
}

// told logs a line for each recipient who was not texted, and returns the error
// that the caller requested with onError. Neither contains a phone number.
func told(ctx context.Context, result *sms.SendSmsResult, onError sms.OnError) error {
	final := decided(activity.GetInfo(ctx), *result)
	for i := range final.Errors {
		e := &final.Errors[i]
		activity.GetLogger(ctx).Warn("a text was not sent", "code", e.Code, "twilioCode", e.TwilioCode, "httpStatus", e.HTTPStatus)
	}
	if later := len(result.Errors) - len(final.Errors); later > 0 {
		activity.GetLogger(ctx).Info("the caller will retry some recipients", "recipients", later)
	}
	if onError != sms.OnErrorFail || len(result.Errors) == 0 {
		return nil
	}
	return temporal.NewApplicationErrorWithOptions(result.NotSent(), sms.NotSentErrorType, temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{*result}})
}

// unable ends an attempt that cannot start. If an earlier attempt may have
// texted someone, the problem does not apply to the whole list: another worker
// may be able to continue, and the result includes those who were texted.
func (s *send) unable(ctx context.Context, problem *sms.Error) (sms.SendSmsResult, error) {
	if !s.resumed {
		return sms.NewSendSmsResult(nil, []sms.Error{*problem}), nil
	}
	if s.stuck.IsZero() {
		s.stuck = time.Now()
	}
	s.stalls++
	if delay := s.delay(); s.room(delay) {
		return sms.SendSmsResult{}, s.another(ctx, delay, "this worker cannot continue the send")
	}
	s.unended = *problem
	return s.result(), nil
}

// result returns the outcome for each recipient.
func (s *send) result() sms.SendSmsResult {
	var (
		messages []sms.Message
		errors   []sms.Error
	)
	for _, to := range s.recipients {
		problem := to.problem
		switch to.state {
		case accepted:
			messages = append(messages, to.message)
			continue
		case untried:
			problem = s.unended
		case doubtful:
			if s.callback != nil {
				problem.Recipient = s.reference(to)
			}
		}
		problem.To = to.to
		errors = append(errors, problem)
	}
	return sms.NewSendSmsResult(messages, errors)
}

// broken returns the result after a panic in our own code. It includes every
// recipient, even if the record of an earlier attempt has not been restored
// yet.
func (s *send) broken(retried bool) sms.SendSmsResult {
	fault := sms.Error{Code: sms.CodeUnknown, Message: "a fault in SendSms itself; the worker's log has the stack trace"}
	if retried {
		fault.Code = sms.CodeOutcomeUnknown
	}
	if s == nil || len(s.recipients) == 0 {
		return sms.NewSendSmsResult(nil, []sms.Error{fault})
	}
	for _, to := range s.recipients {
		if to.open {
			s.set(to, doubtful, died(to.to))
		}
	}
	s.unended = fault
	return s.result()
}

// logPanic logs the stack, but not the value of the panic, which may contain
// anything.
func logPanic(ctx context.Context) {
	activity.GetLogger(ctx).Error("SendSms panicked", "stack", string(debug.Stack()))
}
