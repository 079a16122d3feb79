package sms

// Status: the order of a message's life, and the news of it, which Twilio sends
// late, doubled and in any order.

// rank is how far a message has come; a later status never gives way to an
// earlier one.
var rank = map[Status]int{
	Accepted: 1, Scheduled: 1, Queued: 2, Sending: 3, Sent: 4, PartiallyDelivered: 5,
	Delivered: 6, Undelivered: 6, Failed: 6, Canceled: 6,
	Read: 7,
}

// After reports whether a message that was in status before can now be in
// status s. Of two that end a message's life, the first stands; only a
// delivered message is read.
func (s Status) After(before Status) bool {
	if s == Read && before.Final() && before != Delivered {
		return false
	}
	return rank[s] > rank[before]
}

// Final reports whether nothing that matters to the sender comes after.
func (s Status) Final() bool { return rank[s] >= rank[Delivered] }

// Known reports whether s is one of Twilio's statuses of an outbound message.
func (s Status) Known() bool { return rank[s] > 0 }

// StatusSignal is the name of the signal that brings a [StatusUpdate] to the
// workflow that sent the message.
const StatusSignal = "SmsStatus"

// StatusWorkflow is the query parameter of a status callback that names the
// workflow that sent the message. Twilio signs it with the rest of the address,
// so nobody else can make one up.
const StatusWorkflow = "workflow"

// StatusUpdate is the news of one message.
type StatusUpdate struct {
	// MessageSID names the message.
	MessageSID string `json:"messageSid"`
	Status     Status `json:"status"`
	// ErrorCode says why the message failed or was not delivered, 0 if it did
	// not. Source: https://www.twilio.com/docs/api/errors
	ErrorCode int `json:"errorCode,omitempty"`
	// ErrorMessage is Twilio's text for it, if it gave one.
	ErrorMessage string `json:"errorMessage,omitempty"`
}
