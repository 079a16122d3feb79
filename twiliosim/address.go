package twiliosim

// Addresses are phone numbers, short codes, alphanumeric senders and channel
// addresses. Each type of sender sends at its own rate.

import (
	"strings"

	"temporal-twilio/sms"
)

// addressKind is the type of a sender or a recipient.
type addressKind int

const (
	invalidAddress addressKind = iota
	longCode
	tollFree
	shortCode
	alphanumeric
	whatsApp
	rcs
	messenger
)

// normalize removes the punctuation that people write into phone numbers, as
// Twilio does. It adds the plus of a North American number, restores a plus
// that an unencoded form turned into a space, and leaves everything else
// unchanged.
func normalize(address string) string {
	prefix, number := sms.CutChannel(address)
	trimmed := prefix + number
	lostPlus := strings.HasPrefix(strings.TrimSpace(address)[len(prefix):], " ") || prefix == "" && strings.HasPrefix(address, " ")
	bare := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -.()\u00a0", r) {
			return -1
		}
		return r
	}, number)
	switch {
	case strings.HasPrefix(bare, "+") && allDigits(bare[1:]):
		return prefix + bare
	case !allDigits(bare):
		return trimmed
	case lostPlus, len(bare) == 11 && bare[0] == '1':
		return prefix + "+" + bare
	case len(bare) == 10:
		return prefix + "+1" + bare
	}
	return trimmed
}

// kindOf classifies a normalized address.
func kindOf(address string) addressKind {
	if channel, rest := sms.CutChannel(address); channel != "" {
		_, known := sms.ParseSender(address)
		kind, ok := map[string]addressKind{sms.WhatsApp: whatsApp, sms.RCS: rcs, sms.Messenger: messenger}[channel]
		if !known || !ok || rest[0] == '+' && !isE164(rest) {
			return invalidAddress
		}
		return kind
	}
	switch {
	case isE164(address):
		if isTollFree(address) {
			return tollFree
		}
		return longCode
	case isShortCode(address):
		return shortCode
	case isAlphanumeric(address):
		return alphanumeric
	}
	return invalidAddress
}

// sameChannel reports whether a text can go from one kind of address to another.
func sameChannel(from, to addressKind) bool { return from.channel() == to.channel() }

// channel returns the kind that represents the address's channel: longCode for
// all SMS addresses, and the kind itself for any other.
func (k addressKind) channel() addressKind {
	if k >= whatsApp {
		return k
	}
	return longCode
}

// isE164 reports whether a number is a + and 7 to 15 digits without a leading
// zero. A number of the North American plan must have exactly 11, with an area
// code that starts with 2 to 9.
func isE164(s string) bool {
	if len(s) < 8 || len(s) > 16 || s[0] != '+' || s[1] == '0' || !allDigits(s[1:]) {
		return false
	}
	if s[1] == '1' {
		return len(s) == 12 && s[2] >= '2'
	}
	return true
}

func isTollFree(s string) bool {
	if !strings.HasPrefix(s, "+1") {
		return false
	}
	switch s[2:5] {
	case "800", "833", "844", "855", "866", "877", "888":
		return true
	}
	return false
}

func isShortCode(s string) bool { return (len(s) == 5 || len(s) == 6) && allDigits(s) }

// isAlphanumeric reports whether a sender is a valid alphanumeric sender, which
// has up to 11 characters, at least one of them a letter.
func isAlphanumeric(s string) bool {
	if len(s) == 0 || len(s) > 11 {
		return false
	}
	letter := false
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			letter = true
		case c >= '0' && c <= '9', strings.IndexByte(" &-+_.", c) >= 0:
		default:
			return false
		}
	}
	return letter
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// rate returns how many segments per second a sender of this kind may send.
//
// Source: Twilio's documentation of message throughput.
func (k addressKind) rate() float64 {
	switch k {
	case tollFree:
		return 3
	case shortCode:
		return 100
	case whatsApp, rcs, messenger:
		return 80
	case alphanumeric:
		return 10
	}
	return 1
}
