package sms

// Inbound: a text that somebody sent to one of our numbers.

import "time"

// Inbound is a message as Twilio's webhook delivered it.
type Inbound struct {
	// Event is what kind of text it is.
	Event Event
	// MessageSID names the message; a redelivery carries the same.
	MessageSID string
	// AccountSID is the account that owns To.
	AccountSID string
	From, To   string
	Body       string
	// MessagingServiceSID is the service that To belongs to, if any.
	MessagingServiceSID string
	// Media are the pictures and files that came with the text.
	Media []Media
	// Location is where the sender says to be, on WhatsApp.
	Location *Location
	// Parameters are all others that Twilio sent, by its names, such as
	// ProfileName, WaId, ButtonPayload, FromCountry or OptOutType.
	Parameters map[string]string
	// ReceivedAt is when this delivery arrived. A redelivery has another.
	ReceivedAt time.Time
}

// Media is one picture or file. Its URL asks for the account's credentials.
type Media struct {
	URL         string `json:"url"`
	ContentType string `json:"contentType"`
}

// Location is a place on the map, in degrees.
type Location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Address   string  `json:"address,omitempty"`
	Label     string  `json:"label,omitempty"`
}
