package sms

// The payloads of the activities for existing messages.

// MessageInput identifies a message.
type MessageInput struct {
	// SID identifies the message. Required.
	SID string `json:"sid"`
	// Account selects the credentials. Optional: by default, those in the
	// environment.
	Account string `json:"account,omitempty"`
}

// GetMessagesInput identifies messages of one account.
type GetMessagesInput struct {
	// SIDs identify the messages. Required.
	SIDs []string `json:"sids"`
	// Account selects the credentials. Optional: by default, those in the
	// environment.
	Account string `json:"account,omitempty"`
}

// ListMessagesInput restricts a listing. Every field is optional.
type ListMessagesInput struct {
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// Limit is the maximum number of messages. Default 50, at most 1000.
	Limit   int    `json:"limit,omitempty"`
	Account string `json:"account,omitempty"`
}

// MessageState describes a message as Twilio stores it.
type MessageState struct {
	Message
	From                string `json:"from,omitempty"`
	MessagingServiceSID string `json:"messagingServiceSid,omitempty"`
	Body                string `json:"body"`
	Direction           string `json:"direction"`
	// Created is when Twilio accepted the message, in RFC 3339 format.
	Created string `json:"created,omitempty"`
	// ErrorCode says why the message failed or was not delivered.
	ErrorCode    int    `json:"errorCode,omitempty"`
	ErrorMessage string `json:"errorMessage,omitempty"`
}

// LookUpSegmentsInput is a text to be measured.
type LookUpSegmentsInput struct {
	Body string `json:"body"`
}

// LookUpSegmentsResult says how a text would be encoded and how many segments
// would be billed.
type LookUpSegmentsResult struct {
	Encoding Encoding `json:"encoding"`
	Segments int      `json:"segments"`
	// Units counts septets for GSM-7 and UTF-16 units for UCS-2.
	Units int `json:"units"`
	// Culprit is the first character that makes the text UCS-2, or "" if
	// there is none. An invisible character is written as an escape, such
	// as \u200b. Place is the culprit's position, counted in characters
	// from 1.
	Culprit string `json:"culprit,omitempty"`
	Place   int    `json:"place,omitempty"`
}
