package sms

// Addresses: where a message can go, and where it can come from.

import (
	"regexp"
	"strings"
)

var (
	e164      = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	shortCode = regexp.MustCompile(`^[0-9]{3,8}$`)
	// Alphanumeric sender IDs have up to 11 characters and at least one letter.
	alphanumeric = regexp.MustCompile(`^[A-Za-z0-9 &+_-]{1,11}$`)
	letter       = regexp.MustCompile(`[A-Za-z]`)
	punctuation  = strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "", "\u00a0", "")
)

// whatsApp begins an address on that channel.
const whatsApp = "whatsapp:"

// ParseRecipient reads an address that a message can go to: a number in E.164
// form ("+15005550006"), with or without punctuation, or a WhatsApp
// address ("whatsapp:+15005550006"). It reports false for anything else.
func ParseRecipient(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if rest, ok := strings.CutPrefix(s, whatsApp); ok {
		number, ok := ParseRecipient(rest)
		return whatsApp + number, ok && strings.HasPrefix(number, "+")
	}
	s = punctuation.Replace(s)
	return s, e164.MatchString(s)
}

// ParseSender reads an address that a message can come from: all that
// [ParseRecipient] reads, a short code, or an alphanumeric sender ID.
func ParseSender(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if number, ok := ParseRecipient(s); ok {
		return number, true
	}
	if shortCode.MatchString(s) {
		return s, true
	}
	return s, alphanumeric.MatchString(s) && letter.MatchString(s)
}
