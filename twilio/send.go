package twilio

// Sending: one create request, and what is known about the message afterwards.

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"

	"temporal-twilio/sms"
)

// Draft is a message to create. To is required, along with one of From and
// MessagingServiceSID, and one of Body, MediaURLs and ContentSID. The rest is
// optional; a zero value leaves the choice to Twilio.
type Draft struct {
	// To is the recipient: a number in E.164 form, or a channel address.
	To string
	// From is the sender: a number of the account in E.164 form, a short code,
	// an alphanumeric sender ID, or a channel address.
	From string
	// Body is the text, at most [sms.MaxBodyLength] characters.
	Body string
	// Check is called right before the request is written. Its error prevents
	// that, and Send returns it. Optional.
	Check func() error
	Options
}

// Options are the parameters of a create that do not depend on the recipient.
type Options struct {
	// MessagingServiceSID selects a service that picks the sender, "MG" and 32
	// hex digits.
	MessagingServiceSID string
	// MediaURLs lists up to 10 URLs of media.
	MediaURLs []string
	// ContentSID names a content template, and ContentVariables is a JSON
	// object with its variables.
	ContentSID, ContentVariables string
	// SendAt schedules the message. It requires MessagingServiceSID.
	SendAt time.Time
	// ValidityPeriod is how long the message may wait in the queue, 1 s to 10 h.
	ValidityPeriod time.Duration
	// StatusCallback is called at each change of status.
	StatusCallback string
	// SmartEncoded replaces characters that make a text UCS-2 with look-alikes.
	SmartEncoded *bool
	// ShortenURLs shortens links. It requires MessagingServiceSID.
	ShortenURLs *bool
	// SendAsMMS sends a text as MMS.
	SendAsMMS *bool
	// ProvideFeedback announces that feedback will be sent.
	ProvideFeedback *bool
	// RiskCheck is "enable" or "disable".
	RiskCheck string
	// ContentRetention is "retain" or "discard", AddressRetention "retain" or
	// "obfuscate".
	ContentRetention, AddressRetention string
	// MaxPrice is the maximum price of a message in US dollars.
	MaxPrice *float32
	// PersistentAction lists rich actions of the message's channel.
	PersistentAction []string
}

// form returns the parameters of the request. twilio-go would make them, too,
// but sending takes most of a worker's time, and needs little of it.
func (d *Draft) form() string {
	var form strings.Builder
	add := func(name, value string) {
		if form.Len() > 0 {
			form.WriteByte('&')
		}
		form.WriteString(name + "=" + url.QueryEscape(value))
	}
	for _, text := range [...]struct{ name, value string }{
		{"To", d.To},
		{"From", d.From},
		{"MessagingServiceSid", d.MessagingServiceSID},
		{"Body", d.Body},
		{"ContentSid", d.ContentSID},
		{"ContentVariables", d.ContentVariables},
		{"StatusCallback", d.StatusCallback},
		{"RiskCheck", d.RiskCheck},
		{"ContentRetention", d.ContentRetention},
		{"AddressRetention", d.AddressRetention},
	} {
		if text.value != "" {
			add(text.name, text.value)
		}
	}
	for _, option := range [...]struct {
		name string
		on   *bool
	}{
		{"SmartEncoded", d.SmartEncoded},
		{"ShortenUrls", d.ShortenURLs},
		{"SendAsMms", d.SendAsMMS},
		{"ProvideFeedback", d.ProvideFeedback},
	} {
		if option.on != nil {
			add(option.name, strconv.FormatBool(*option.on))
		}
	}
	if d.MaxPrice != nil {
		add("MaxPrice", fmt.Sprint(*d.MaxPrice))
	}
	for _, address := range d.MediaURLs {
		add("MediaUrl", address)
	}
	for _, action := range d.PersistentAction {
		add("PersistentAction", action)
	}
	if !d.SendAt.IsZero() {
		add("ScheduleType", "fixed")
		add("SendAt", d.SendAt.UTC().Format(time.RFC3339))
	}
	if d.ValidityPeriod > 0 {
		add("ValidityPeriod", strconv.Itoa(int(d.ValidityPeriod/time.Second)))
	}
	return form.String()
}

// Send asks Twilio to create one message. A nil error means that Twilio
// accepted it. Otherwise, the error is a *sms.Error whose Code says what is
// known: [sms.CodeOutcomeUnknown] if Twilio may have accepted it all the same;
// any other code if it certainly did not, with Retryable if it might accept it
// later.
func (c *Client) Send(ctx context.Context, d Draft) (sms.Message, error) {
	x := &exchange{client: c, ctx: ctx, check: d.Check}
	answer, err := x.do(http.MethodPost, c.messages, d.form())
	if held := x.held.Load(); held != nil {
		return sms.Message{}, *held
	}
	var created createdMessage
	if err == nil {
		err = json.Unmarshal(answer, &created)
	}
	if err != nil {
		return sms.Message{}, x.failure(d.To, err)
	}
	if created.SID == "" {
		return sms.Message{}, x.withoutSID(d.To)
	}
	return sms.Message{To: created.To, SID: created.SID, Status: sms.Status(created.Status), Segments: segments(created.NumSegments)}, nil
}

// createdMessage is what a send needs of the message that Twilio created.
type createdMessage struct {
	To          string `json:"to"`
	SID         string `json:"sid"`
	Status      string `json:"status"`
	NumSegments string `json:"num_segments"`
}

// message converts Twilio's representation of a message.
func message(m *api.ApiV2010Message) sms.Message {
	return sms.Message{
		To:       value(m.To),
		SID:      value(m.Sid),
		Status:   sms.Status(value(m.Status)),
		Segments: segments(value(m.NumSegments)),
	}
}

// segments parses a number of segments. It is "0" until a Messaging Service has
// chosen the sender.
func segments(written string) int {
	n, _ := strconv.Atoi(written)
	return n
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
