package sms

// AskSmsWorkflow: a question by text, and how it ended.

import (
	"encoding/json"
	"time"
)

// AskSmsInput is the input of AskSmsWorkflow.
type AskSmsInput struct {
	// SmsFrom is the number of ours that asks, or MessagingServiceSID the service
	// that picks one. One is required. Nobody can reply to a name.
	SmsFrom             string `json:"smsFrom,omitempty" example:"\"+15005550006\""`
	MessagingServiceSID string `json:"messagingServiceSid,omitempty" example:"\"MG0123456789abcdef0123456789abcdef\""`
	// SmsTo is the one phone that is asked. In JSON it may be all that SendSms
	// takes for one recipient. Required.
	SmsTo string `json:"smsTo"`
	// SmsBody is the question, a FreeMarker template, Variables its data model, also
	// called Metadata. SmsBody or ContentSID is required.
	SmsBody   string          `json:"smsBody,omitempty" example:"\"Shall we come on Monday?\""`
	Variables json.RawMessage `json:"variables,omitempty" example:"{\"name\": \"Ann\"}"`
	Metadata  json.RawMessage `json:"metadata,omitempty" example:"{\"name\": \"Ann\"}"`
	// ContentSID asks by a content template, as WhatsApp requires of whoever
	// texts first. ContentVariables are its variables. Optional.
	ContentSID       string          `json:"contentSid,omitempty" example:"\"HX0123456789abcdef0123456789abcdef\""`
	ContentVariables json.RawMessage `json:"contentVariables,omitempty" example:"{\"1\": \"Ann\"}"`
	// Pattern is a Java regular expression that a reply must contain; other
	// texts are left to triggers. Optional: default any reply.
	Pattern string `json:"pattern,omitempty" example:"\"(?i)^(?<answer>yes|no)\\\\b\""`
	// Reminders are texts that are sent while there is no reply. Optional.
	Reminders []Reminder `json:"reminders,omitempty" example:"[{\"after\": \"1h\", \"smsBody\": \"Please answer yes or no.\"}]"`
	// Timeout ends the wait. Optional: default 24 h.
	Timeout Duration `json:"timeout,omitempty"`
	// IfSeveral says who gets a reply if several questions are open between
	// the two numbers. Optional: default oldest.
	IfSeveral IfSeveral `json:"ifSeveral,omitempty" example:"\"oldest\", \"latest\", \"code\" or \"refuse\""`
	// Code is the word that a reply begins with, for IfSeveral code.
	Code string `json:"code,omitempty" example:"\"A\""`
	// DefaultRegion, Locale, TimeZone and Account are those of SendSms. Optional.
	DefaultRegion string `json:"defaultRegion,omitempty" example:"\"US\""`
	Locale        string `json:"locale,omitempty" example:"\"pt_BR\""`
	TimeZone      string `json:"timeZone,omitempty" example:"\"Europe/Berlin\""`
	Account       string `json:"account,omitempty" example:"\"marketing\""`
}

// Reminder is a text that is sent if there was no reply.
type Reminder struct {
	// After is counted from the question.
	After Duration `json:"after"`
	// SmsBody is a FreeMarker template over the question's variables.
	SmsBody string `json:"smsBody" example:"\"Please answer yes or no.\""`
}

// AskOutcome is how a question ended.
type AskOutcome string

// The ends of a question.
const (
	AskAnswered AskOutcome = "answered"
	AskTimedOut AskOutcome = "timedOut"
	// AskNotSent: Twilio did not take the question; Sent says why.
	AskNotSent AskOutcome = "notSent"
)

// AskSmsResult is the result of AskSmsWorkflow.
type AskSmsResult struct {
	Outcome AskOutcome `json:"outcome"`
	// Reply is set if the outcome is answered.
	Reply *Reply `json:"reply"`
	// Sent is the result of the question, Reminders how many reminders Twilio took.
	Sent      SendSmsResult `json:"sent"`
	Reminders int           `json:"reminders"`
}

// Reply is a text that answers a question.
type Reply struct {
	// MessageSID names the message; the same reply comes once.
	MessageSID string `json:"messageSid"`
	Body       string `json:"body"`
	// From is the phone, To our number.
	From string `json:"from"`
	To   string `json:"to"`
	// AccountSID is the account that received it.
	AccountSID string `json:"accountSid,omitempty"`
	// MatchGroups are those of the question's pattern, as triggers have them.
	MatchGroups map[string]*string `json:"matchGroups,omitempty"`
	ReceivedAt  time.Time          `json:"receivedAt"`
}
