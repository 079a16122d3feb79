package twiliosim

// Addresses: which strings are phone numbers, short codes, alphanumeric senders
// and channel addresses, and how fast each kind of sender sends.

import (
	"strings"
)

// addressKind says what a sender or a recipient is.
type addressKind int

const (
	invalidAddress addressKind = iota
	longCode
	tollFree
	shortCode
	alphanumeric
	whatsApp
)

const whatsAppPrefix = "whatsapp:"

// normalize drops the punctuation that people write into phone numbers, as
// Twilio does, adds the plus to a North American number, restores a plus that
// an unencoded form turned into a space, and leaves everything else alone.
func normalize(address string) string {
	trimmed := strings.TrimSpace(address)
	prefix, number := "", trimmed
	if rest, ok := strings.CutPrefix(trimmed, whatsAppPrefix); ok {
		prefix, number = whatsAppPrefix, rest
	}
	lostPlus := strings.HasPrefix(number, " ") || prefix == "" && strings.HasPrefix(address, " ")
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
	if number, ok := strings.CutPrefix(address, whatsAppPrefix); ok {
		if isE164(number) {
			return whatsApp
		}
		return invalidAddress
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

// isE164 accepts + and 7 to 15 digits without a leading zero; a number of the
// North American plan has exactly 11, with an area code that starts at 2.
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

// isAlphanumeric accepts up to 11 characters with at least one letter.
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

// rate is how many segments a second a sender of this kind may send.
//
// Source: Twilio's documentation of message throughput.
func (k addressKind) rate() float64 {
	switch k {
	case tollFree:
		return 3
	case shortCode:
		return 100
	case whatsApp:
		return 80
	case alphanumeric:
		return 10
	}
	return 1
}
