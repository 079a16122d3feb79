package triggers

// An event is the payload that a workflow receives for a text.

import (
	"time"

	"temporal-twilio/sms"
)

// Event is the payload that a trigger publishes: the argument of the workflow
// it starts or of the signal it sends, unless the trigger maps an input.
type Event struct {
	// Event is the kind of text: SMS_RECEIVED, SMS_OPT_OUT, SMS_OPT_IN or
	// SMS_HELP.
	Event sms.EventKind `json:"event"`
	// MatchGroups holds the pattern's named groups by name, and all groups by
	// number from "1". A group that did not participate is null.
	MatchGroups map[string]*string `json:"matchGroups"`
	// OriginalMessage is the whole text.
	OriginalMessage string `json:"originalMessage"`
	// To is our number, and From is the sender's number.
	To   string `json:"to"`
	From string `json:"from"`
	// MessageSID is the same in every delivery of a message.
	MessageSID string `json:"messageSid"`
	AccountSID string `json:"accountSid"`
	// MessagingServiceSID is the Messaging Service that To belongs to, if any.
	MessagingServiceSID string `json:"messagingServiceSid,omitempty"`
	// Media lists the pictures and files of the message.
	Media []sms.Media `json:"media,omitempty"`
	// Location is the location that the sender shared.
	Location *sms.Location `json:"location,omitempty"`
	// Reaction is set if the text is an emoji reaction to a message, such as
	// Liked “Order 5 is ready”. Only triggers with reactions: true get these.
	Reaction *sms.Reaction `json:"reaction,omitempty"`
	// Parameters holds the other parameters that Twilio sent, by name.
	Parameters map[string]string `json:"parameters,omitempty"`
	// ReceivedAt is when the delivery that published the event arrived.
	ReceivedAt time.Time `json:"receivedAt"`
	// Trigger is the name of the trigger that fired.
	Trigger string `json:"trigger"`

	// secret is used to derive the pseudonyms of the numbers.
	secret []byte
}

func newEvent(trigger string, secret []byte, message sms.Inbound, groups map[string]*string) Event {
	return Event{
		Event:               message.Event,
		MatchGroups:         groups,
		OriginalMessage:     message.Body,
		To:                  message.To,
		From:                message.From,
		MessageSID:          message.MessageSID,
		AccountSID:          message.AccountSID,
		MessagingServiceSID: message.MessagingServiceSID,
		Media:               message.Media,
		Location:            message.Location,
		Parameters:          message.Parameters,
		ReceivedAt:          message.ReceivedAt.UTC(),
		Trigger:             trigger,
		secret:              secret,
	}
}

// field is a part of the event that an expression can refer to.
type field struct {
	value func(*Event) any
	// private is true for fields that identify a person or quote a text, and so
	// must not be in an ID.
	private bool
	// pseudonym is true for fields that need a secret.
	pseudonym bool
}

// fields maps the names that expressions can use to parts of the event.
// Expressions can also use matchGroups.NAME and parameters.NAME.
var fields = map[string]field{
	"event":               {value: func(e *Event) any { return string(e.Event) }},
	"matchGroups":         {value: func(e *Event) any { return e.MatchGroups }, private: true},
	"originalMessage":     {value: func(e *Event) any { return e.OriginalMessage }, private: true},
	"to":                  {value: func(e *Event) any { return e.To }, private: true},
	"from":                {value: func(e *Event) any { return e.From }, private: true},
	"messageSid":          {value: func(e *Event) any { return e.MessageSID }},
	"accountSid":          {value: func(e *Event) any { return e.AccountSID }},
	"messagingServiceSid": {value: func(e *Event) any { return orNull(e.MessagingServiceSID) }},
	"media":               {value: func(e *Event) any { return e.Media }, private: true},
	"location":            {value: location(func(l *sms.Location) any { return l }), private: true},
	"location.latitude":   {value: location(func(l *sms.Location) any { return l.Latitude }), private: true},
	"location.longitude":  {value: location(func(l *sms.Location) any { return l.Longitude }), private: true},
	"location.address":    {value: location(func(l *sms.Location) any { return orNull(l.Address) }), private: true},
	"location.label":      {value: location(func(l *sms.Location) any { return orNull(l.Label) }), private: true},
	"reaction":            {value: reaction(func(r *sms.Reaction) any { return r }), private: true},
	"reaction.emoji":      {value: reaction(func(r *sms.Reaction) any { return orNull(r.Emoji) })},
	"reaction.text":       {value: reaction(func(r *sms.Reaction) any { return r.Text }), private: true},
	"reaction.removed":    {value: reaction(func(r *sms.Reaction) any { return r.Removed })},
	"parameters":          {value: func(e *Event) any { return e.Parameters }, private: true},
	"receivedAt":          {value: func(e *Event) any { return e.ReceivedAt }},
	"trigger":             {value: func(e *Event) any { return e.Trigger }},
	// The numbers in a form that an ID may contain: individually, and as a
	// pair.
	"fromId":       {value: func(e *Event) any { return sms.Pseudonym(e.secret, e.From) }, pseudonym: true},
	"toId":         {value: func(e *Event) any { return sms.Pseudonym(e.secret, e.To) }, pseudonym: true},
	"conversation": {value: func(e *Event) any { return sms.Pseudonym(e.secret, e.To, e.From) }, pseudonym: true},
}

func reaction(part func(*sms.Reaction) any) func(*Event) any {
	return func(e *Event) any {
		if e.Reaction == nil {
			return nil
		}
		return part(e.Reaction)
	}
}

func location(part func(*sms.Location) any) func(*Event) any {
	return func(e *Event) any {
		if e.Location == nil {
			return nil
		}
		return part(e.Location)
	}
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}
