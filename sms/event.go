package sms

// Events: what a text means before anybody reads it.

import (
	"slices"
	"strings"
)

// Event is the kind of an inbound text.
type Event string

const (
	// Received is an ordinary text.
	Received Event = "SMS_RECEIVED"
	// OptOut, OptIn and Help are texts that Twilio itself acts on and answers.
	OptOut Event = "SMS_OPT_OUT"
	OptIn  Event = "SMS_OPT_IN"
	Help   Event = "SMS_HELP"
)

// Events are all kinds.
var Events = []Event{Received, OptOut, OptIn, Help}

// Twilio's default keywords. The whole text must be one of them, in any case.
//
// Source: Twilio's documentation of default opt-out behaviour.
var keywords = map[Event][]string{
	OptOut: {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"},
	OptIn:  {"START", "YES", "UNSTOP"},
	Help:   {"HELP", "INFO"},
}

// optOutTypes are the values of the parameter OptOutType, which Advanced
// Opt-Out adds: there the account has keywords of its own.
var optOutTypes = map[string]Event{"STOP": OptOut, "START": OptIn, "HELP": Help}

// Classify gives the kind of a text. optOutType is Twilio's parameter
// OptOutType, which decides where it is given. WhatsApp has no such keywords.
func Classify(from, body, optOutType string) Event {
	if event, ok := optOutTypes[strings.ToUpper(optOutType)]; ok {
		return event
	}
	if strings.HasPrefix(from, WhatsApp) {
		return Received
	}
	word := strings.ToUpper(strings.TrimSpace(body))
	for _, event := range Events {
		if slices.Contains(keywords[event], word) {
			return event
		}
	}
	return Received
}
