package activities

// Existing messages: their status, and operations on them.

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

// GetMessage returns one message. Like the other activities in this file, and
// unlike SendSms, it returns an error if Twilio fails. Temporal then retries
// the activity, which is harmless.
func (a *Activities) GetMessage(ctx context.Context, in sms.MessageInput) (sms.MessageState, error) {
	return a.one(in, func(g Gateway) (twilio.Record, error) { return g.Fetch(ctx, in.SID) })
}

// CancelScheduledMessage stops a scheduled message that has not been sent yet.
func (a *Activities) CancelScheduledMessage(ctx context.Context, in sms.MessageInput) (sms.MessageState, error) {
	return a.one(in, func(g Gateway) (twilio.Record, error) { return g.Cancel(ctx, in.SID) })
}

// RedactMessage clears the body of a message at Twilio.
func (a *Activities) RedactMessage(ctx context.Context, in sms.MessageInput) (sms.MessageState, error) {
	return a.one(in, func(g Gateway) (twilio.Record, error) { return g.Redact(ctx, in.SID) })
}

func (a *Activities) one(in sms.MessageInput, do func(Gateway) (twilio.Record, error)) (sms.MessageState, error) {
	if !sms.IsMessageSID(in.SID) {
		return sms.MessageState{}, failure(&sms.Error{Code: sms.CodeInvalidInput})
	}
	gateway, err := a.gateway(in.Account)
	if err != nil {
		return sms.MessageState{}, err
	}
	record, err := do(gateway)
	if err != nil {
		return sms.MessageState{}, failure(err)
	}
	return stateOf(record), nil
}

// looked is the progress of GetMessages, stored as heartbeat details.
type looked struct {
	// Asked is how many messages have been looked up, whether found or not.
	Asked   int                `json:"asked"`
	Updates []sms.StatusUpdate `json:"updates"`
}

// GetMessages returns the status of each message. It can handle many messages:
// each attempt resumes where the previous one stopped. Messages that cannot be
// fetched are omitted.
func (a *Activities) GetMessages(ctx context.Context, in sms.GetMessagesInput) ([]sms.StatusUpdate, error) {
	gateway, err := a.gateway(in.Account)
	if err != nil {
		return nil, err
	}
	so := looked{Updates: make([]sms.StatusUpdate, 0, len(in.SIDs))}
	if activity.HasHeartbeatDetails(ctx) {
		_ = activity.GetHeartbeatDetails(ctx, &so) // if this fails, start over
	}
	for so.Asked < len(in.SIDs) {
		sid := in.SIDs[so.Asked]
		record, err := gateway.Fetch(ctx, sid)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err == nil {
			so.Updates = append(so.Updates, sms.StatusUpdate{
				MessageSID: sid, Status: record.Status, ErrorCode: record.ErrorCode, ErrorMessage: record.ErrorMessage,
			})
		}
		so.Asked++
		activity.RecordHeartbeat(ctx, so)
	}
	return so.Updates, nil
}

// ListMessages returns messages, newest first. It may omit messages that were
// just created.
func (a *Activities) ListMessages(ctx context.Context, in sms.ListMessagesInput) ([]sms.MessageState, error) {
	if in.Limit <= 0 {
		in.Limit = 50
	}
	gateway, err := a.gateway(in.Account)
	if err != nil {
		return nil, err
	}
	listing, err := gateway.List(ctx, twilio.Query{From: in.From, To: in.To, Limit: min(in.Limit, 1000)})
	if err != nil {
		return nil, failure(err)
	}
	states := make([]sms.MessageState, len(listing.Records))
	for i, record := range listing.Records {
		states[i] = stateOf(record)
	}
	return states, nil
}

// LookUpSegments returns the number of segments of a text. It makes no requests
// to Twilio.
func (a *Activities) LookUpSegments(_ context.Context, in sms.LookUpSegmentsInput) (sms.LookUpSegmentsResult, error) {
	size := sms.Measure(in.Body)
	s := sms.LookUpSegmentsResult{Encoding: size.Encoding, Segments: size.Segments, Units: size.Units, Place: size.CulpritIndex + 1}
	if size.Culprit != 0 {
		s.Culprit = strings.Trim(strconv.QuoteRune(size.Culprit), "'")
	}
	return s, nil
}

// noAccount returns the error for an account that the worker does not have.
func noAccount(name string) *sms.Error {
	return &sms.Error{Code: sms.CodeInvalidInput, Message: fmt.Sprintf("this worker's configuration has no account %q: TWILIO_ACCOUNTS names the file that lists the accounts", name)}
}

func (a *Activities) gateway(name string) (Gateway, error) {
	account, ok := a.Accounts[name]
	if !ok {
		return nil, temporal.NewNonRetryableApplicationError(noAccount(name).Message, string(sms.CodeInvalidInput), nil)
	}
	return account.Gateway, nil
}

// failure returns an application error whose type is the code of err. Its
// message contains no phone number.
func failure(err error) error {
	problem := sms.AsError(err)
	message := string(problem.Code)
	if problem.TwilioCode != 0 {
		message = fmt.Sprintf("%s (Twilio's error %d)", problem.Code, problem.TwilioCode)
	}
	return temporal.NewApplicationErrorWithOptions(message, string(problem.Code), temporal.ApplicationErrorOptions{
		NonRetryable:   !problem.Retryable,
		NextRetryDelay: problem.RetryAfter,
	})
}

func stateOf(r twilio.Record) sms.MessageState {
	return sms.MessageState{
		Message: r.Message, From: r.From, MessagingServiceSID: r.MessagingServiceSID, Body: r.Body, Direction: r.Direction,
		Created: r.Created.UTC().Format(time.RFC3339), ErrorCode: r.ErrorCode, ErrorMessage: r.ErrorMessage,
	}
}
