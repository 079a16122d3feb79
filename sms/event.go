package sms

// The kinds of inbound texts, as Twilio and its keywords determine them.

import (
	"slices"
	"strings"
)

// EventKind is the kind of an inbound text.
type EventKind string

const (
	// EventReceived is an ordinary text.
	EventReceived EventKind = "SMS_RECEIVED"
	// EventOptOut, EventOptIn and EventHelp are texts that Twilio itself acts
	// on and answers.
	EventOptOut EventKind = "SMS_OPT_OUT"
	EventOptIn  EventKind = "SMS_OPT_IN"
	EventHelp   EventKind = "SMS_HELP"
)

// Events lists all kinds.
var Events = []EventKind{EventReceived, EventOptOut, EventOptIn, EventHelp}

// Keywords are the words that Twilio itself acts on at one of our numbers. They
// only count if a text consists of nothing else; case does not matter.
type Keywords struct {
	OptOut []string `yaml:"optOut"`
	OptIn  []string `yaml:"optIn"`
	Help   []string `yaml:"help"`
}

// DefaultKeywords are the keywords of a number that has none of its own.
//
// Source: Twilio's documentation of default opt-out behaviour.
var DefaultKeywords = Keywords{
	OptOut: []string{"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"},
	OptIn:  []string{"START", "YES", "UNSTOP"},
	Help:   []string{"HELP", "INFO"},
}

// OptOutType is the parameter, added by Advanced Opt-Out, in which Twilio says
// how it classified a text.
const OptOutType = "OptOutType"

// optOutTypes maps its values to events.
var optOutTypes = map[string]EventKind{"STOP": EventOptOut, "START": EventOptIn, "HELP": EventHelp}

// Classify returns the kind of a text. Twilio's own classification decides, if
// there is one. Otherwise, words that opt out or ask for help are separate
// events, and words that opt in are ordinary texts, since "yes" more often
// answers a question: see [Keywords.OptsIn].
func (k Keywords) Classify(m Inbound) EventKind {
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

// OptsIn reports whether a text opts in, by Twilio's classification or by its
// words.
func (k Keywords) OptsIn(m Inbound) bool {
	event := k.Classify(m)
	return event == EventOptIn || event == EventReceived && has(k.OptIn, m)
}

// has reports whether a text is one of the words. They only apply to SMS: other
// channels, such as whatsapp:, have none.
func has(words []string, m Inbound) bool {
	channel, _ := CutChannel(m.From)
	body := strings.TrimSpace(m.Body)
	return channel == "" && slices.ContainsFunc(words, func(word string) bool { return strings.EqualFold(word, body) })
}
