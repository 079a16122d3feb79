package sms

// The order of message statuses, and status updates, which may arrive late,
// more than once and out of order.

import (
	"crypto/hmac"
	"maps"
	"net/url"
)

// rank says how far a message with each status has progressed. An earlier
// status never replaces a later one.
var rank = map[Status]int{
	StatusAccepted: 1, StatusScheduled: 1, StatusQueued: 2, StatusSending: 3, StatusSent: 4, StatusPartiallyDelivered: 5,
	StatusDelivered: 6, StatusUndelivered: 6, StatusFailed: 6, StatusCanceled: 6,
	StatusRead: 7,
}

// After reports whether a message with status before can now have status s. Of
// two final statuses, the first counts, except that a delivered message can
// become read.
func (s Status) After(before Status) bool {
	if s == StatusRead && before.Final() && before != StatusDelivered {
		return false
	}
	return rank[s] > rank[before]
}

// Final reports whether s is the last status that matters to the sender. A
// delivered message may still become read.
func (s Status) Final() bool { return rank[s] >= rank[StatusDelivered] }

// Known reports whether s is one of Twilio's statuses of an outbound message.
func (s Status) Known() bool { return rank[s] > 0 }

// The query parameters of a status callback's URL.
const (
	// CallbackWorkflow identifies the workflow that sent the message.
	CallbackWorkflow = "workflow"
	// CallbackAccount is the SID of the sending account.
	CallbackAccount = "account"
	// CallbackRecipient identifies the recipient within the workflow, and
	// CallbackAttempt is the number of the attempt that sent the message.
	CallbackRecipient = "recipient"
	CallbackAttempt   = "attempt"
	// statusProof proves that one of our workers made the URL. Twilio's own
	// signature proves less, because Twilio signs requests to any URL that
	// an account sets.
	statusProof = "proof"
)

// ProveStatus adds a proof to the query of a status callback, which must
// already have all other parameters.
func ProveStatus(secret []byte, query url.Values) {
	query.Set(statusProof, proof(secret, query))
}

// StatusProven reports whether the query has a valid proof made with the
// secret.
func StatusProven(secret []byte, query url.Values) bool {
	return len(secret) > 0 && hmac.Equal([]byte(query.Get(statusProof)), []byte(proof(secret, query)))
}

func proof(secret []byte, query url.Values) string {
	proven := maps.Clone(query)
	delete(proven, statusProof)
	return Pseudonym(secret, "status callback", proven.Encode())
}

// StatusUpdate is a status update for one message.
type StatusUpdate struct {
	// MessageSID identifies the message.
	MessageSID string `json:"messageSid"`
	Status     Status `json:"status"`
	// ErrorCode says why the message failed or was not delivered, and is 0
	// for any other status. Source: https://www.twilio.com/docs/api/errors
	ErrorCode int `json:"errorCode,omitempty"`
	// ErrorMessage is Twilio's text for ErrorCode, if any.
	ErrorMessage string `json:"errorMessage,omitempty"`
	// Recipient identifies the recipient in the same way as
	// [Error.Recipient] if the outcome was unknown. It is "" if the URL
	// names none.
	Recipient string `json:"recipient,omitempty"`
	// Attempt is the number of the attempt that sent the message, counted
	// from 1, or 0 if the URL names none.
	Attempt int `json:"attempt,omitempty"`
}
