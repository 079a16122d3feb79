package sms

import "fmt"

// UnreadableErrorType is the error type of an activity attempt that cannot read
// what an earlier attempt recorded.
const UnreadableErrorType = "PayloadUnreadable"

// UnreadableError means that a payload is encrypted with a key that this
// process does not have, or has an unknown encoding. Another process may be able
// to read the payload, or this one once it has the key. The error's text names the
// key, but contains nothing of the payload.
type UnreadableError struct {
	// KeyID names the key; empty if the payload is not encrypted.
	KeyID string
	// Why says what is wrong, as the end of a sentence.
	Why string
}

func (e *UnreadableError) Error() string {
	if e.KeyID == "" {
		return "a payload cannot be read: " + e.Why
	}
	return fmt.Sprintf("a payload encrypted with the key %q cannot be read: %s", e.KeyID, e.Why)
}
