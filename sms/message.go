package sms

// Messages, and the life of one.

// Status is the stage of a message's life, in Twilio's words.
type Status string

// The statuses of an outbound message, roughly in their order.
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

// Message is one text that Twilio has taken.
type Message struct {
	// To is the recipient, as it was given to Twilio.
	To string `json:"to"`
	// SID is Twilio's name for the message, "SM" or "MM" and 32 hex digits.
	SID string `json:"sid"`
	// Status is that of Twilio's answer: queued, accepted or scheduled.
	Status Status `json:"status"`
	// Segments is the number of parts that are billed.
	Segments int `json:"segments"`
}
