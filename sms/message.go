package sms

// Messages, and the life of one.

// Status is where a message stands in its life, in Twilio's words.
type Status string

// The statuses of an outbound message, roughly in their order.
const (
	Accepted           Status = "accepted"
	Scheduled          Status = "scheduled"
	Queued             Status = "queued"
	Sending            Status = "sending"
	Sent               Status = "sent"
	PartiallyDelivered Status = "partially_delivered"
	Delivered          Status = "delivered"
	Undelivered        Status = "undelivered"
	Failed             Status = "failed"
	Canceled           Status = "canceled"
	Read               Status = "read"
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
