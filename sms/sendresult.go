package sms

// The result of SendSms: the outcome for each recipient.

import (
	"encoding/json"
	"fmt"
	"slices"
)

// SendSmsResult contains the outcome for each recipient.
type SendSmsResult struct {
	// TwilioResult is Messages as JSON text, because the connector's
	// contract allows only strings.
	TwilioResult string `json:"twilioResult"`
	// TwilioError is Errors as JSON text, or null if there are none.
	TwilioError *string `json:"twilioError"`
	// Messages are the messages that Twilio accepted, in the order of the
	// recipients.
	Messages []Message `json:"messages"`
	// Errors has one entry for each of the other recipients, with the
	// reason.
	Errors []Error `json:"errors"`
	// Broadcast is set if there were more than [MaxRecipients] recipients.
	// Messages is then empty, and Errors has one error for each code.
	Broadcast *ListBroadcast `json:"broadcast,omitempty"`
}

// ListBroadcast describes the broadcast that a long list became, and how it
// ended. Its report lists the outcome for each recipient.
type ListBroadcast struct {
	WorkflowID string `json:"workflowId"`
	// Recipients is the number of recipients, without duplicates, and Sent
	// is the number of these for whom Twilio accepted a message.
	Recipients int `json:"recipients"`
	Sent       int `json:"sent"`
	// Errors counts the other recipients by code. Recipients whose turn
	// never came may be missing.
	Errors map[Code]int `json:"errors"`
	// State is done, cancelled or failed.
	State string `json:"state"`
	// Report is the name of the report in BROADCAST_STORE.
	Report string `json:"report"`
}

// Unsent returns how many recipients were not texted, and how many there were
// in total.
func (r *SendSmsResult) Unsent() (unsent, all int) {
	if b := r.Broadcast; b != nil {
		return b.Recipients - b.Sent, b.Recipients
	}
	return len(r.Errors), len(r.Errors) + len(r.Messages)
}

// NotSent says how many recipients were not texted, without naming any of them.
// The result must have an error.
func (r *SendSmsResult) NotSent() string {
	unsent, all := r.Unsent()
	return fmt.Sprintf("%d of %d recipients were not texted, the first because of %s", unsent, all, r.Errors[0].Code)
}

// Resolve returns the result after messages with unknown outcomes have turned
// out to be accepted: taken, which comes last in Messages, replaces the errors
// for its recipients.
func (r SendSmsResult) Resolve(taken ...Message) SendSmsResult {
	if len(taken) == 0 {
		return r
	}
	errors := slices.DeleteFunc(slices.Clone(r.Errors), func(e Error) bool {
		return e.Code == CodeOutcomeUnknown && slices.ContainsFunc(taken, func(m Message) bool { return m.To == e.To })
	})
	return NewSendSmsResult(slices.Concat(r.Messages, taken), errors)
}

// NewSendSmsResult returns a result with the given messages and errors. It
// replaces addresses that are too long to be valid. If the result would not fit
// into a Temporal payload, it also shortens the errors.
func NewSendSmsResult(messages []Message, errors []Error) SendSmsResult {
	if messages == nil {
		messages = []Message{}
	}
	if errors == nil {
		errors = []Error{}
	}
	for i := range errors {
		if to := errors[i].To; len(to) > maxTo {
			errors[i].To = hidden(to)
		}
	}
	result := SendSmsResult{TwilioResult: JSONText(messages), Messages: messages, Errors: errors}
	if len(errors) > 0 {
		all := JSONText(errors)
		if len(result.TwilioResult)+len(all) > maxReport {
			shorten(errors)
			all = JSONText(errors)
		}
		result.TwilioError = &all
	}
	return result
}

const (
	// maxReport is how many bytes the two strings of a result may have. The
	// result contains the same data again in typed form, and Temporal
	// accepts 2 MB.
	maxReport = 700 << 10
	// maxTo is longer than any valid address in JSON, and maxShortTo is
	// longer than most.
	maxTo, maxShortTo = 200, 40
)

// shorten removes from each error what only people read.
func shorten(errors []Error) {
	for i := range errors {
		e := &errors[i]
		e.MoreInfo, e.Message = "", "see the code"
		if len(JSONText(e.To)) > maxShortTo {
			e.To = hidden(e.To)
		}
	}
}

// hidden replaces an address that is too long to repeat.
func hidden(to string) string { return fmt.Sprintf("(an address of %d bytes)", len(to)) }

// JSONText encodes a plain struct, a list of structs, or a string as JSON,
// which never fails.
func JSONText(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// JoinResults combines the results of the parts of a send.
func JoinResults(parts ...SendSmsResult) SendSmsResult {
	var all SendSmsResult
	for _, part := range parts {
		all.Messages = append(all.Messages, part.Messages...)
		all.Errors = append(all.Errors, part.Errors...)
	}
	return NewSendSmsResult(all.Messages, all.Errors)
}
