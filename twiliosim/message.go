package twiliosim

// How a message is stored, and its three representations: the Messages resource
// of the REST API, the JSON of the controls, and an event.

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"temporal-twilio/sms"
)

// Status is the status of a message. It is encoded as Twilio's name for it.
type Status uint8

// The statuses of Twilio's Messages resource.
const (
	Accepted Status = iota + 1
	Scheduled
	Queued
	Sending
	Sent
	Delivered
	Undelivered
	Failed
	Canceled
	Received
	Read
)

var statusWords = [...]string{
	Accepted: "accepted", Scheduled: "scheduled", Queued: "queued", Sending: "sending", Sent: "sent",
	Delivered: "delivered", Undelivered: "undelivered", Failed: "failed", Canceled: "canceled",
	Received: "received", Read: "read",
}

// String returns Twilio's name, or "" for the zero Status.
func (s Status) String() string {
	if int(s) < len(statusWords) {
		return statusWords[s]
	}
	return ""
}

// MarshalText encodes the status as Twilio's name.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText decodes Twilio's name.
func (s *Status) UnmarshalText(text []byte) error {
	i := slices.Index(statusWords[:], string(text))
	if i < 1 && len(text) > 0 {
		return fmt.Errorf("status %q: want one of %s", text, strings.Join(statusWords[1:], ", "))
	}
	*s = Status(max(i, 0))
	return nil
}

// final reports whether the status is a message's last, except that a delivered
// message may still become read.
func (s Status) final() bool {
	switch s {
	case Delivered, Undelivered, Failed, Canceled, Received, Read:
		return true
	}
	return false
}

// The directions of Twilio's Messages resource.
const (
	directionInbound = "inbound"
	directionAPI     = "outbound-api"
	directionReply   = "outbound-reply"
)

// message is a stored message. All of its fields are guarded by Sim.mu.
type message struct {
	seq       uint64
	sid       string
	account   *account
	service   *service
	direction string
	from, to  string
	body      string
	media     []mediaItem
	status    Status
	encoding  sms.Encoding
	segments  int
	units     int
	weight    int // the size that was counted when it was stored

	errorCode      int
	errorText      string
	createdAt      time.Time
	updatedAt      time.Time
	sentAt         time.Time // zero until sent
	sendAt         time.Time // zero unless scheduled
	listedFrom     time.Time // excluded from listings until then
	validity       time.Duration
	statusCallback string
	inReplyTo      string // the inbound message whose TwiML created this one
	outcome        string // what the application reported about an inbound message
	workflowID     string // likewise
	feedback       *feedbackState
	history        []change

	deleted   bool // deleted, but page tokens need its place in listings
	evicted   atomic.Bool
	callbacks callbackQueue
}

type mediaItem struct {
	sid, url, contentType string
	createdAt             time.Time
}

type feedbackState struct {
	outcome              string
	createdAt, updatedAt time.Time
}

type change struct {
	status    Status
	errorCode int32
	at        time.Time
}

// Message is a message as the controls and Go tests see it.
type Message struct {
	SID        string `json:"sid"`
	AccountSID string `json:"accountSid"`
	ServiceSID string `json:"messagingServiceSid,omitempty"`
	// Direction is inbound, outbound-api or outbound-reply.
	Direction string `json:"direction"`
	// From is "" while a Messaging Service has not chosen a sender.
	From   string `json:"from"`
	To     string `json:"to"`
	Body   string `json:"body"`
	Status Status `json:"status"`
	// Error is 0 unless the message failed or was not delivered.
	Error        int    `json:"errorCode,omitempty"`
	ErrorMessage string `json:"errorMessage,omitempty"`
	// Segments is the number of segments that the body costs, even if Twilio's
	// resource says 0.
	Segments int          `json:"segments"`
	Encoding sms.Encoding `json:"encoding"`
	// Units counts septets for GSM-7, UTF-16 units for UCS-2.
	Units int `json:"units"`
	// Culprit is the character that made the body UCS-2.
	Culprit        string  `json:"culprit,omitempty"`
	Media          []Media `json:"media,omitempty"`
	StatusCallback string  `json:"statusCallback,omitempty"`
	InReplyTo      string  `json:"inReplyTo,omitempty"`
	// Outcome and WorkflowID are what the application reports about an inbound
	// message in the OutcomeHeader and WorkflowHeader of its response.
	Outcome    string     `json:"outcome,omitempty"`
	WorkflowID string     `json:"workflowId,omitempty"`
	CreatedAt  time.Time  `json:"createdAt"`
	UpdatedAt  time.Time  `json:"updatedAt"`
	SentAt     *time.Time `json:"sentAt,omitempty"`
	SendAt     *time.Time `json:"sendAt,omitempty"`
	History    []Change   `json:"history"`
	Deleted    bool       `json:"deleted,omitempty"`
}

// Media is a medium of a message, by URL.
type Media struct {
	SID         string `json:"sid,omitempty"`
	URL         string `json:"url"`
	ContentType string `json:"contentType,omitempty"`
}

// Change is a step in a message's life.
type Change struct {
	Status Status    `json:"status"`
	At     time.Time `json:"at"`
	Error  int       `json:"errorCode,omitempty"`
}

// view returns the message in the form that the controls return.
func (m *message) view() Message {
	v := Message{
		SID: m.sid, AccountSID: m.account.SID, Direction: m.direction, From: m.from, To: m.to, Body: m.body,
		Status: m.status, Error: m.errorCode, ErrorMessage: m.errorText,
		Segments: m.segments, Encoding: m.encoding, Units: m.units,
		StatusCallback: m.statusCallback, InReplyTo: m.inReplyTo, Outcome: m.outcome, WorkflowID: m.workflowID,
		CreatedAt: m.createdAt, UpdatedAt: m.updatedAt, SentAt: optional(m.sentAt), SendAt: optional(m.sendAt),
		History: make([]Change, len(m.history)), Deleted: m.deleted,
	}
	if m.service != nil {
		v.ServiceSID = m.service.SID
	}
	if m.encoding == sms.UCS2 {
		if culprit := sms.Measure(m.body).Culprit; culprit != 0 {
			v.Culprit = string(culprit)
		}
	}
	for _, item := range m.media {
		v.Media = append(v.Media, Media{item.sid, item.url, item.contentType})
	}
	for i, c := range m.history {
		v.History[i] = Change{c.status, c.at, int(c.errorCode)}
	}
	return v
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// resource is the Messages resource of the REST API, field for field.
type resource struct {
	Body                string       `json:"body"`
	NumSegments         string       `json:"num_segments"`
	Direction           string       `json:"direction"`
	From                *string      `json:"from"`
	DateUpdated         string       `json:"date_updated"`
	Price               *string      `json:"price"`
	ErrorMessage        *string      `json:"error_message"`
	URI                 string       `json:"uri"`
	AccountSID          string       `json:"account_sid"`
	NumMedia            string       `json:"num_media"`
	To                  string       `json:"to"`
	DateCreated         string       `json:"date_created"`
	Status              Status       `json:"status"`
	SID                 string       `json:"sid"`
	DateSent            *string      `json:"date_sent"`
	MessagingServiceSID *string      `json:"messaging_service_sid"`
	ErrorCode           *int         `json:"error_code"`
	PriceUnit           string       `json:"price_unit"`
	APIVersion          string       `json:"api_version"`
	SubresourceURIs     subresources `json:"subresource_uris"`
}

type subresources struct {
	Media    string `json:"media"`
	Feedback string `json:"feedback"`
}

// pricePerSegment is Twilio's price for a segment in the USA, in dollars.
const pricePerSegment = 0.0079

func (m *message) resource() resource {
	uri := m.account.uri() + "/Messages/" + m.sid
	r := resource{
		Body: m.body, NumSegments: strconv.Itoa(m.segments), Direction: m.direction,
		From: optionalString(m.from), DateUpdated: rfc2822(m.updatedAt), ErrorMessage: optionalString(m.errorText),
		URI: uri + ".json", AccountSID: m.account.SID, NumMedia: strconv.Itoa(len(m.media)), To: m.to,
		DateCreated: rfc2822(m.createdAt), Status: m.status, SID: m.sid, PriceUnit: "USD", APIVersion: apiVersion,
		SubresourceURIs: subresources{uri + "/Media.json", uri + "/Feedback.json"},
	}
	if m.service != nil {
		r.MessagingServiceSID = optionalString(m.service.SID)
		if m.status == Accepted || m.status == Scheduled {
			r.NumSegments = "0"
		}
	}
	if !m.sentAt.IsZero() {
		sent := rfc2822(m.sentAt)
		r.DateSent = &sent
		if m.status.final() {
			price := strconv.FormatFloat(-pricePerSegment*float64(m.segments), 'f', 5, 64)
			r.Price = &price
		}
	}
	if m.errorCode != 0 {
		code := m.errorCode
		r.ErrorCode = &code
	}
	return r
}

func (a *account) uri() string { return "/" + apiVersion + "/Accounts/" + a.SID }

func rfc2822(t time.Time) string { return t.UTC().Format(time.RFC1123Z) }

func optionalString(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
