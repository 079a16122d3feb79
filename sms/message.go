package sms

// Messages and their statuses.

import "regexp"

var messageSID = regexp.MustCompile(`^(SM|MM)[0-9a-fA-F]{32}$`)

// IsMessageSID reports whether a text has the form of a message SID: "SM" or
// "MM" and 32 hex digits.
func IsMessageSID(text string) bool { return messageSID.MatchString(text) }

// Status is the status of a message, as Twilio names it.
type Status string

// The statuses of an outbound message, roughly in order.
const (
	StatusAccepted           Status = "accepted"
	StatusScheduled          Status = "scheduled"
	StatusQueued             Status = "queued"
	StatusSending            Status = "sending"
	StatusSent               Status = "sent"
	StatusPartiallyDelivered Status = "partially_delivered"
	StatusDelivered          Status = "delivered"
	StatusUndelivered        Status = "undelivered"
	StatusFailed             Status = "failed"
	StatusCanceled           Status = "canceled"
	StatusRead               Status = "read"
)

// Message is a text that Twilio has accepted.
type Message struct {
	// To is the recipient, as it was passed to Twilio.
	To string `json:"to"`
	// SID is Twilio's ID of the message, "SM" or "MM" and 32 hex digits.
	SID string `json:"sid"`
	// Status is the status in Twilio's response: queued, accepted or scheduled.
	Status Status `json:"status"`
	// Segments is the number of segments billed.
	Segments int `json:"segments"`
}
