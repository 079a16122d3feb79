package sms

// A pseudonym replaces a phone number in workflow IDs and search attributes,
// which Temporal never encrypts.

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// Pseudonym returns a replacement for one or more values: 32 hex digits, which
// are the first half of an HMAC-SHA256 with the secret as its key. Its input is
// the values, each followed by a zero byte. Without the secret, a pseudonym can
// neither be reversed nor found by trying all numbers.
func Pseudonym(secret []byte, values ...string) string {
	mac := hmac.New(sha256.New, secret)
	for _, value := range values {
		mac.Write([]byte(value))
		mac.Write([]byte{0})
	}
	return hex.EncodeToString(mac.Sum(nil)[:16])
}
