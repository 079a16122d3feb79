package sms

import "fmt"

// UnreadableErrorType is the type of the failure of an attempt that could not
// read what an earlier one recorded.
const UnreadableErrorType = "PayloadUnreadable"

// UnreadableError means that a payload is encrypted with a key that this
// process does not have, or has an unknown encoding. Another process may be
// able to read it, and this one later. Its text names the key, but contains
// nothing of the payload.
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
