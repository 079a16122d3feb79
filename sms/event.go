package sms

// The kinds of inbound texts, as determined by Twilio and its keywords.

import (
	"slices"
	"strings"
)

// EventKind is the kind of an inbound text.
type EventKind string

const (
	// EventReceived is an ordinary text.
	EventReceived EventKind = "SMS_RECEIVED"
	// EventOptOut, EventOptIn and EventHelp are texts that Twilio itself
	// acts on and answers.
	EventOptOut EventKind = "SMS_OPT_OUT"
	EventOptIn  EventKind = "SMS_OPT_IN"
	EventHelp   EventKind = "SMS_HELP"
)

// Events lists all kinds.
var Events = []EventKind{EventReceived, EventOptOut, EventOptIn, EventHelp}

// Keywords are the words that Twilio itself acts on at one of our numbers. It
// does so only if a text consists of nothing but such a word, in upper or lower
// case.
type Keywords struct {
	OptOut []string `yaml:"optOut"`
	OptIn  []string `yaml:"optIn"`
	Help   []string `yaml:"help"`
}

// DefaultKeywords are the keywords of a number for which no others are
// configured.
//
// Source: Twilio's documentation of default opt-out behavior.
var DefaultKeywords = Keywords{
	OptOut: []string{"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"},
	OptIn:  []string{"START", "YES", "UNSTOP"},
	Help:   []string{"HELP", "INFO"},
}

// OptOutType is the parameter, added by Advanced Opt-Out, that holds Twilio's
// classification of a text.
const OptOutType = "OptOutType"

// optOutTypes maps the values of OptOutType to events.
var optOutTypes = map[string]EventKind{"STOP": EventOptOut, "START": EventOptIn, "HELP": EventHelp}

// Classify returns the kind of a text. Twilio's own classification takes
// precedence, if there is one. Otherwise, a word that opts out or asks for help
// has its own kind, but a word that opts in is an ordinary text, because "yes"
// more often answers a question (see [Keywords.OptsIn]).
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

// OptsIn reports whether a text opts in, according to Twilio's classification
// or its words.
func (k Keywords) OptsIn(m Inbound) bool {
	event := k.Classify(m)
	return event == EventOptIn || event == EventReceived && has(k.OptIn, m)
}

// has reports whether a text is one of the words. It is always false for
// channels other than SMS, such as whatsapp:, which have no keywords.
func has(words []string, m Inbound) bool {
	channel, _ := CutChannel(m.From)
	body := strings.TrimSpace(m.Body)
	return channel == "" && slices.ContainsFunc(words, func(word string) bool { return strings.EqualFold(word, body) })
}
