package sms

// Addresses that a message can be sent to or come from, in the form that Twilio
// accepts. The activities parse the forms that people write.

import (
	"regexp"
	"strings"
)

// The channels other than SMS, as prefixes of addresses.
const (
	WhatsApp  = "whatsapp:"
	RCS       = "rcs:"
	Messenger = "messenger:"
)

var (
	e164      = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	shortCode = regexp.MustCompile(`^[0-9]{3,8}$`)
	// Alphanumeric sender IDs have up to 11 characters and at least one letter.
	alphanumeric = regexp.MustCompile(`^[A-Za-z0-9 &+_-]{1,11}$`)
	letter       = regexp.MustCompile(`[A-Za-z]`)
	// A WhatsApp user without a visible number has an ID: a country code, a
	// dot, and up to 128 letters and digits. If the ID is for a business's
	// parent account, "ENT." follows the dot.
	whatsAppUser = regexp.MustCompile(`^[A-Za-z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$`)
	// channelID matches the name of an RCS agent, or the ID of a page or
	// user on Messenger.
	channelID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,128}$`)
	scheme    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)
)

// CutChannel splits an address into its channel ("" for SMS) and the rest, and
// removes surrounding white space from both. The channel may be written in any
// case and is returned in lower case. It may be unknown to this package.
func CutChannel(address string) (channel, rest string) {
	address = strings.TrimSpace(address)
	channel = scheme.FindString(address)
	return strings.ToLower(channel), strings.TrimSpace(address[len(channel):])
}

// ParseRecipient parses an address that a message can be sent to: a number in
// E.164 form ("+15005550006"), possibly with a channel
// ("whatsapp:+15005550006"), or a user ID of WhatsApp or Messenger. It returns
// false for anything else, such as a number with punctuation.
func ParseRecipient(address string) (string, bool) {
	channel, rest := CutChannel(address)
	ok := false
	switch channel {
	case "", RCS:
		ok = e164.MatchString(rest)
	case WhatsApp:
		ok = e164.MatchString(rest) || whatsAppUser.MatchString(rest)
	case Messenger:
		ok = channelID.MatchString(rest)
	}
	return channel + rest, ok
}

// ParseSender parses an address that a message can come from: anything that
// [ParseRecipient] accepts, a short code, an alphanumeric sender ID, or an RCS
// agent.
func ParseSender(address string) (string, bool) {
	if parsed, ok := ParseRecipient(address); ok {
		return parsed, true
	}
	channel, rest := CutChannel(address)
	ok := false
	switch channel {
	case "":
		ok = IsShortCode(rest) || IsName(rest)
	case RCS:
		ok = channelID.MatchString(rest)
	}
	return channel + rest, ok
}

// IsShortCode reports whether a sender is a short code, such as "73000".
func IsShortCode(from string) bool { return shortCode.MatchString(from) }

// IsName reports whether a sender is an alphanumeric sender ID, to which nobody
// can reply.
func IsName(sender string) bool {
	return alphanumeric.MatchString(sender) && letter.MatchString(sender)
}

// otherSpellings lists the patterns of mobile numbers that can be written in
// two ways (with and without Mexico's 1, Argentina's 9 or Brazil's 9), each
// with the replacement that converts one form to the other. Sources:
// https://www.twilio.com/docs/whatsapp/api#international-numbers and
// https://faq.whatsapp.com/1294841057948784
var otherSpellings = []struct {
	pattern *regexp.Regexp
	one     string
}{
	{regexp.MustCompile(`^\+521([0-9]{10})$`), "+52$1"},
	{regexp.MustCompile(`^\+549([0-9]{10})$`), "+54$1"},
	{regexp.MustCompile(`^\+55([1-9][0-9])([6-9][0-9]{7})$`), "+55${1}9$2"},
}

// Party normalizes an address: all spellings of a phone's address on a channel
// result in the same string. Use it only to compare addresses, never to send,
// because the network may accept only one of the other spellings.
func Party(address string) string {
	channel, rest := CutChannel(address)
	for _, other := range otherSpellings {
		if other.pattern.MatchString(rest) {
			rest = other.pattern.ReplaceAllString(rest, other.one)
		}
	}
	return channel + rest
}
