package triggers

// The event: what a workflow gets of a message.

import (
	"time"

	"temporal-twilio/sms"
)

// Event is the payload that a trigger publishes: the argument of the workflow
// it starts or of the signal it sends, unless the trigger maps an input.
type Event struct {
	// Event is the kind of text: SMS_RECEIVED, SMS_OPT_OUT, SMS_OPT_IN, SMS_HELP.
	Event sms.Event `json:"event"`
	// MatchGroups holds the pattern's named groups by name, and all groups by
	// number from "1". A group that took no part is null.
	MatchGroups map[string]*string `json:"matchGroups"`
	// OriginalMessage is the whole text.
	OriginalMessage string `json:"originalMessage"`
	// To is our number, From the sender's.
	To   string `json:"to"`
	From string `json:"from"`
	// MessageSID is the same in every delivery of one message.
	MessageSID string `json:"messageSid"`
	AccountSID string `json:"accountSid"`
	// MessagingServiceSID is the service that To belongs to, if any.
	MessagingServiceSID string `json:"messagingServiceSid,omitempty"`
	// Media are the pictures and files of the message.
	Media []sms.Media `json:"media,omitempty"`
	// Location is where the sender says to be.
	Location *sms.Location `json:"location,omitempty"`
	// Reaction is set if the text is an emoji put onto a message, such as
	// Liked “Order 5 is ready”. Only triggers with reactions: true get such.
	Reaction *sms.Reaction `json:"reaction,omitempty"`
	// Parameters are what else Twilio sent, by its names.
	Parameters map[string]string `json:"parameters,omitempty"`
	// ReceivedAt is when the delivery arrived that published the event.
	ReceivedAt time.Time `json:"receivedAt"`
	// Trigger is the name of the trigger that fired.
	Trigger string `json:"trigger"`

	// secret makes pseudonyms of the numbers.
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

// field is a part of the event that an expression can reach.
type field struct {
	value func(*Event) any
	// private is what identifies a person or quotes a text, and must not be in an ID.
	private bool
	// pseudonym is what needs a secret.
	pseudonym bool
}

// fields are the names by which an expression reaches the event, besides
// matchGroups.NAME and parameters.NAME.
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
	// The numbers as an ID may have them: each alone, and as a pair.
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
