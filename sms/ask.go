package sms

// The input and the result of AskSmsWorkflow.

import (
	"encoding/json"
	"time"
)

// AskSmsInput is the input of AskSmsWorkflow.
type AskSmsInput struct {
	// SmsFrom is the number that asks, and MessagingServiceSID is the SID
	// of a service that picks one. One of the two is required. An
	// alphanumeric sender ID cannot ask because nobody can reply to it.
	SmsFrom             string `json:"smsFrom,omitempty" example:"\"+15005550006\""`
	MessagingServiceSID string `json:"messagingServiceSid,omitempty" example:"\"MG0123456789abcdef0123456789abcdef\""`
	// SmsTo is the phone to ask. In JSON, it may have any form that SendSms
	// accepts for one recipient. Required.
	SmsTo string `json:"smsTo"`
	// SmsBody is the question, a FreeMarker template. Variables is the
	// template's data model, and Metadata is another name for it. SmsBody
	// or ContentSID is required.
	SmsBody   string          `json:"smsBody,omitempty" example:"\"Shall we come on Monday?\""`
	Variables json.RawMessage `json:"variables,omitempty" example:"{\"name\": \"Ann\"}"`
	Metadata  json.RawMessage `json:"metadata,omitempty" example:"{\"name\": \"Ann\"}"`
	// ContentSID is the SID of a content template for the question.
	// WhatsApp requires one unless the phone has texted first.
	// ContentVariables are the template's variables. Optional.
	ContentSID       string          `json:"contentSid,omitempty" example:"\"HX0123456789abcdef0123456789abcdef\""`
	ContentVariables json.RawMessage `json:"contentVariables,omitempty" example:"{\"1\": \"Ann\"}"`
	// Pattern is a Java regular expression that part of a reply must match.
	// Other texts go to triggers. Optional: by default, any reply matches.
	Pattern string `json:"pattern,omitempty" example:"\"(?i)^(?<answer>yes|no)\\\\b\""`
	// Reminders are sent while there is no reply. Optional.
	Reminders []Reminder `json:"reminders,omitempty" example:"[{\"after\": \"1h\", \"smsBody\": \"Please answer yes or no.\"}]"`
	// Timeout is how long to wait for a reply. Optional: default 24 h.
	Timeout Duration `json:"timeout,omitempty"`
	// IfSeveral determines which question gets a reply if several are open
	// between the two numbers. Optional: default oldest.
	IfSeveral IfSeveral `json:"ifSeveral,omitempty" example:"\"oldest\", \"latest\", \"code\" or \"refuse\""`
	// Code is the word that a reply must start with if IfSeveral is code.
	Code string `json:"code,omitempty" example:"\"A\""`
	// Label says what the question is for. It appears in summaries, as for
	// SendSms. Optional.
	Label string `json:"label,omitempty" example:"\"visit on Monday\""`
	// DefaultRegion, Locale, TimeZone and Account are the same as for
	// SendSms. Optional.
	DefaultRegion string `json:"defaultRegion,omitempty" example:"\"US\""`
	Locale        string `json:"locale,omitempty" example:"\"pt_BR\""`
	TimeZone      string `json:"timeZone,omitempty" example:"\"Europe/Berlin\""`
	Account       string `json:"account,omitempty" example:"\"marketing\""`
}

// AskSmsRequest is an AskSmsInput as callers may write it, with the phone in
// any form that SendSms accepts.
type AskSmsRequest struct {
	AskSmsInput
	SmsTo Recipients `json:"smsTo"`
}

// Send returns the input of SendSms for the question.
func (r *AskSmsRequest) Send() SendSmsInput {
	return SendSmsInput{
		SmsFrom: r.SmsFrom, MessagingServiceSID: r.MessagingServiceSID, SmsTo: r.SmsTo,
		SmsBody: r.SmsBody, Variables: r.Variables, Metadata: r.Metadata, ContentSID: r.ContentSID, ContentVariables: r.ContentVariables,
		DefaultRegion: r.DefaultRegion, Locale: r.Locale, TimeZone: r.TimeZone, Account: r.Account, Label: r.Label,
		StatusSignals: new(bool),
	}
}

// Reminder is a text that is sent if there is no reply.
type Reminder struct {
	// After is the time since the question was sent.
	After Duration `json:"after"`
	// SmsBody is a FreeMarker template with the question's variables.
	SmsBody string `json:"smsBody" example:"\"Please answer yes or no.\""`
}

// AskProgress is the state of a question. It is the result of the "question"
// query.
type AskProgress struct {
	// Since is when the question was sent, and Until is when the wait for a
	// reply ends. Neither is set until the question has been sent.
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// Reminders is the number of reminders that Twilio accepted.
	Reminders int `json:"reminders"`
}

// AskOutcome is how a question ended.
type AskOutcome string

// The outcomes of a question.
const (
	AskAnswered AskOutcome = "answered"
	AskTimedOut AskOutcome = "timedOut"
	// AskNotSent: Twilio did not accept the question. Sent says why.
	AskNotSent AskOutcome = "notSent"
	// AskCancelled: the workflow was cancelled before a reply arrived. Sent
	// says whether the question was sent.
	AskCancelled AskOutcome = "cancelled"
)

// AskSmsResult is the result of AskSmsWorkflow.
type AskSmsResult struct {
	Outcome AskOutcome `json:"outcome"`
	// Reply is set if the outcome is answered.
	Reply *Reply `json:"reply"`
	// Sent is the result of sending the question, and Reminders is the number
	// of reminders that Twilio accepted.
	Sent      SendSmsResult `json:"sent"`
	Reminders int           `json:"reminders"`
}

// Reply is a text that answers a question.
type Reply struct {
	// MessageSID identifies the message. The workflow never receives a
	// message twice.
	MessageSID string `json:"messageSid"`
	Body       string `json:"body"`
	// From is the phone, and To is our number.
	From string `json:"from"`
	To   string `json:"to"`
	// AccountSID is the account that received the text.
	AccountSID string `json:"accountSid,omitempty"`
	// MatchGroups holds the groups captured by the question's pattern, in
	// the same form as for triggers.
	MatchGroups map[string]*string `json:"matchGroups,omitempty"`
	ReceivedAt  time.Time          `json:"receivedAt"`
}
