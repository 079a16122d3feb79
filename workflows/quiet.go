package workflows

// Recipients who are in quiet hours are texted later.

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// sleepers is a group of recipients waiting until the same time.
type sleepers struct {
	Until      time.Time      `json:"until"`
	Recipients sms.Recipients `json:"recipients"`
	// Cap is the prefix of the cap that they are waiting for in a
	// broadcast, or "" if they are in quiet hours.
	Cap string `json:"cap,omitempty"`
}

// unsent returns the error for the group's recipients if their broadcast ends
// before they are texted.
func (g *sleepers) unsent() sms.Error {
	if g.Cap != "" {
		return sms.Error{Code: sms.CodeCapReached, Cap: g.Cap, Retryable: true, Message: "the cap for " + g.Cap + " in SEND_CAPS had no room while the broadcast waited; nothing was sent"}
	}
	return sms.Error{Code: sms.CodeCancelled, Retryable: true, Message: "the broadcast ended before the recipient's quiet hours did; nothing was sent"}
}

// asleep divides recipients into those who may be texted now and those in quiet
// hours, in the order in which their quiet hours end. If together is true,
// either all of them may be texted or none.
func asleep(ctx workflow.Context, recipients sms.Recipients, input *sms.SendSmsInput, together bool) (awake sms.Recipients, groups []sleepers, err error) {
	in := sms.FindQuietInput{DefaultRegion: input.DefaultRegion, QuietHours: *input.QuietHours, At: workflow.Now(ctx), Together: together}
	for i := range recipients {
		in.To = append(in.To, recipients[i].To)
	}
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: time.Minute, Summary: "Find who is in quiet hours",
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: time.Minute},
	})
	var quiet []sms.QuietGroup
	if err := workflow.ExecuteLocalActivity(ctx, sms.FindQuietName, in).Get(ctx, &quiet); err != nil {
		return nil, nil, err
	}
	sleeps := make([]bool, len(recipients))
	for _, group := range quiet {
		g := sleepers{Until: group.Until}
		for _, place := range group.Places {
			sleeps[place] = true
			g.Recipients = append(g.Recipients, recipients[place])
		}
		if !group.Until.IsZero() { // the zero time marks duplicates, which are not texted
			groups = append(groups, g)
		}
	}
	for place := range recipients {
		if !sleeps[place] {
			awake = append(awake, recipients[place])
		}
	}
	return awake, groups, nil
}

// lateWait is how long a send waits before it checks again the recipients whose
// quiet hours began while it was held up.
const lateWait = time.Minute

// sendAwake sends to each recipient as soon as the recipient's quiet hours end.
// The result lists recipients in that order. A send with a key waits until
// nobody is in quiet hours, because its key stands for the whole list.
func sendAwake(ctx workflow.Context, input sms.SendSmsInput) (result sms.SendSmsResult, err error) {
	hours := input.QuietHours
	if hours == nil || len(input.SmsTo) == 0 {
		input.QuietHours = nil
		return SendSms(ctx, input)
	}
	if input.IdempotencyKey != "" {
		input.QuietHours = nil
	}
	onError, left := input.OnError, input.SmsTo
	input.OnError = "" // decided applies it after the whole list has been sent
	for {
		search := input
		search.QuietHours = hours
		awake, groups, err := asleep(ctx, left, &search, input.IdempotencyKey != "")
		if err != nil {
			return decided(unsent(result, left, err), onError)
		}
		left = nil
		if input.SmsTo = awake; len(awake) > 0 {
			began := ctx.Err() == nil
			part, err := SendSms(ctx, input)
			if refusesHours(part) {
				input.QuietHours = nil
				part, err = SendSms(ctx, input)
			}
			if temporal.IsCanceledError(err) {
				part, err = cancelled(awake, began), nil
			}
			if err != nil {
				return result, err
			}
			part, left = fellAsleep(ctx, awake, part, input.DefaultRegion)
			result = sms.JoinResults(result, part)
		}
		next := workflow.Now(ctx).Add(lateWait)
		if len(left) == 0 && len(groups) == 0 {
			return decided(result, onError)
		} else if len(left) == 0 {
			next = groups[0].Until
		}
		for _, group := range groups {
			left = append(left, group.Recipients...)
		}
		workflow.SetCurrentDetails(ctx, fmt.Sprintf("Twilio accepted %d messages; %d were not sent. %d recipients are in quiet hours, the first until %s.",
			len(result.Messages), len(result.Errors), len(left), next.UTC().Format(time.RFC3339)))
		if err := workflow.Sleep(ctx, next.Sub(workflow.Now(ctx))); err != nil {
			return decided(unsent(result, left, err), onError)
		}
	}
}

// refusesHours reports whether an older worker refused a send because of its
// quiet hours, which that version does not support. Nobody was texted.
func refusesHours(result sms.SendSmsResult) bool {
	return len(result.Messages) == 0 && len(result.Errors) == 1 && result.Errors[0].Code == sms.CodeInvalidInput &&
		strings.HasPrefix(result.Errors[0].Message, "quietHours needs a timer")
}

// fellAsleep removes from a result the recipients whose quiet hours began
// before their turn, and returns the result and these recipients.
func fellAsleep(ctx workflow.Context, recipients sms.Recipients, result sms.SendSmsResult, region string) (sms.SendSmsResult, sms.Recipients) {
	late := make(map[string]*sms.Error)
	for i := range result.Errors {
		if e := &result.Errors[i]; e.Code == sms.CodeQuietHours {
			late[e.To] = e
		}
	}
	if len(late) == 0 {
		return result, nil
	}
	found, err := find(ctx, recipients, late, region)
	if err != nil {
		return result, nil // the workflow was cancelled: report what is known
	}
	var left sms.Recipients
	for _, f := range found {
		left = append(left, f.recipient)
	}
	errors := slices.DeleteFunc(slices.Clone(result.Errors), func(e sms.Error) bool { return e.Code == sms.CodeQuietHours && late[e.To] == nil })
	return sms.NewSendSmsResult(result.Messages, errors), left
}

// decided returns the result, with an error if the caller has set onError to
// fail and someone was not texted.
func decided(result sms.SendSmsResult, onError sms.OnError) (sms.SendSmsResult, error) {
	if onError != sms.OnErrorFail || len(result.Errors) == 0 {
		return result, nil
	}
	return result, temporal.NewApplicationErrorWithOptions(result.NotSent(), sms.NotSentErrorType, temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{result}})
}

// cancelled returns the result of a send that was cancelled while no attempt
// was running, so Temporal ended the activity without another attempt. If the
// activity had begun, an earlier attempt may have texted someone.
func cancelled(recipients sms.Recipients, began bool) sms.SendSmsResult {
	problem, isLong := withoutResult, len(recipients) > sms.MaxRecipients
	switch {
	case !began:
		problem = sms.Error{Code: sms.CodeCancelled, Retryable: true, Message: "the workflow was cancelled before it began to send; nothing was sent"}
	case isLong:
		problem.Message = "the send was cancelled between two attempts; if its broadcast (sms-list-…) has begun, it continues, and its report contains the outcome for each recipient"
	}
	if isLong { // a result cannot hold that many errors
		return sms.NewSendSmsResult(nil, []sms.Error{problem})
	}
	return sms.NewSendSmsResult(nil, forEach(recipients, problem).Errors)
}

// unsent adds an error to the result for each recipient who was not texted
// because the workflow was cancelled or the quiet hours are invalid.
func unsent(result sms.SendSmsResult, left sms.Recipients, err error) sms.SendSmsResult {
	problem := sms.Error{Code: sms.CodeInvalidInput, Message: reason(err)}
	if temporal.IsCanceledError(err) {
		problem = sms.Error{Code: sms.CodeCancelled, Retryable: true, Message: "the workflow was cancelled before the recipient's quiet hours ended; nothing was sent"}
	}
	return sms.JoinResults(result, sms.SendSmsResult{Errors: forEach(left, problem).Errors})
}
