package sms

// Events: what a text means before anybody reads it.

import (
	"slices"
	"strings"
)

// Event is the kind of an inbound text.
type Event string

const (
	// EventReceived is an ordinary text.
	EventReceived Event = "SMS_RECEIVED"
	// EventOptOut, EventOptIn and EventHelp are texts that Twilio itself acts on and answers.
	EventOptOut Event = "SMS_OPT_OUT"
	EventOptIn  Event = "SMS_OPT_IN"
	EventHelp   Event = "SMS_HELP"
)

// Events are all kinds.
var Events = []Event{EventReceived, EventOptOut, EventOptIn, EventHelp}

// Keywords are the words on which Twilio acts by itself at one of our numbers. A
// text is one of them if it is nothing else, in any case.
type Keywords struct {
	OptOut []string `yaml:"optOut"`
	OptIn  []string `yaml:"optIn"`
	Help   []string `yaml:"help"`
}

// DefaultKeywords are those of a number that has none of its own.
//
// Source: Twilio's documentation of default opt-out behaviour.
var DefaultKeywords = Keywords{
	OptOut: []string{"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"},
	OptIn:  []string{"START", "YES", "UNSTOP"},
	Help:   []string{"HELP", "INFO"},
}

// OptOutType is Twilio's parameter that says what a text is, which Advanced
// Opt-Out adds.
const OptOutType = "OptOutType"

// optOutTypes are its values.
var optOutTypes = map[string]Event{"STOP": EventOptOut, "START": EventOptIn, "HELP": EventHelp}

// Classify returns the kind of a text. What Twilio marked it as decides. Without
// a mark, words that opt out or ask for help are events of their own, and words
// that opt in are ordinary texts, since "yes" more often answers a question: see
// [Keywords.OptsIn].
func (k Keywords) Classify(m Inbound) Event {
	if event, ok := optOutTypes[strings.ToUpper(m.Parameters[OptOutType])]; ok {
		return event
	}
	switch {
	case has(k.OptOut, m):
		return EventOptOut
	case has(k.Help, m):
		return EventHelp
	}
	return EventReceived
}

// OptsIn reports whether a text opts in, be it that Twilio says so or that it is
// a word for it.
func (k Keywords) OptsIn(m Inbound) bool {
	event := k.Classify(m)
	return event == EventOptIn || event == EventReceived && has(k.OptIn, m)
}

// has reports whether a text is one of the words. They are of SMS: other
// channels, such as whatsapp:, have none.
func has(words []string, m Inbound) bool {
	channel, _ := CutChannel(m.From)
	body := strings.TrimSpace(m.Body)
	return channel == "" && slices.ContainsFunc(words, func(word string) bool { return strings.EqualFold(word, body) })
}
