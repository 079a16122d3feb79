package sms

import "fmt"

// UnreadableErrorType is the type of the error with which an activity attempt
// fails if it cannot decode what an earlier attempt recorded.
const UnreadableErrorType = "PayloadUnreadable"

// UnreadableError means that a payload is encrypted with a key that this
// process does not have, or has an unknown encoding. Another process may be
// able to decode it, and so may this one once it has the key. The error's text
// names the key, but reveals nothing of the payload.
type UnreadableError struct {
	// KeyID is the ID of the key, or "" if the payload is not encrypted.
	KeyID string
	// Why is the reason, phrased to follow a colon.
	Why string
}

func (e *UnreadableError) Error() string {
	if e.KeyID == "" {
		return "a payload cannot be read: " + e.Why
	}
	return fmt.Sprintf("a payload encrypted with the key %q cannot be read: %s", e.KeyID, e.Why)
}
