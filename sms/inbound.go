package sms

// A text that someone sent to one of our numbers.

import "time"

// Inbound is a message as delivered by Twilio's webhook request.
type Inbound struct {
	// Event is the kind of text.
	Event EventKind
	// MessageSID identifies the message. A redelivery has the same SID.
	MessageSID string
	// AccountSID is the account that owns To.
	AccountSID string
	From, To   string
	Body       string
	// MessagingServiceSID is the service that To belongs to, if any.
	MessagingServiceSID string
	// Media lists the pictures and files that came with the text.
	Media []Media
	// Location is the location that the sender shared on WhatsApp.
	Location *Location
	// Parameters holds all other parameters that Twilio sent, by name, such as
	// ProfileName, WaId, ButtonPayload, FromCountry or OptOutType.
	Parameters map[string]string
	// ReceivedAt is when this delivery arrived. A redelivery has a later
	// time.
	ReceivedAt time.Time
}

// Media is a picture or file. Fetching its URL requires the account's
// credentials.
type Media struct {
	URL         string `json:"url"`
	ContentType string `json:"contentType"`
}

// Location is a geographic location, in degrees.
type Location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Address   string  `json:"address,omitempty"`
	Label     string  `json:"label,omitempty"`
}
