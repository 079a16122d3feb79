package twilio

// Sending: one create request, and what is known about the message afterwards.

import (
	"context"
	"strconv"
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

// params converts the draft to twilio-go's parameters.
func (d *Draft) params() *api.CreateMessageParams {
	p := (&api.CreateMessageParams{}).SetTo(d.To)
	for _, text := range []struct {
		value string
		set   func(string) *api.CreateMessageParams
	}{
		{d.From, p.SetFrom},
		{d.MessagingServiceSID, p.SetMessagingServiceSid},
		{d.Body, p.SetBody},
		{d.ContentSID, p.SetContentSid},
		{d.ContentVariables, p.SetContentVariables},
		{d.StatusCallback, p.SetStatusCallback},
		{d.RiskCheck, p.SetRiskCheck},
		{d.ContentRetention, p.SetContentRetention},
		{d.AddressRetention, p.SetAddressRetention},
	} {
		if text.value != "" {
			text.set(text.value)
		}
	}
	p.SmartEncoded, p.ShortenUrls, p.SendAsMms = d.SmartEncoded, d.ShortenURLs, d.SendAsMMS
	p.ProvideFeedback, p.MaxPrice = d.ProvideFeedback, d.MaxPrice
	if len(d.MediaURLs) > 0 {
		p.SetMediaUrl(d.MediaURLs)
	}
	if len(d.PersistentAction) > 0 {
		p.SetPersistentAction(d.PersistentAction)
	}
	if !d.SendAt.IsZero() {
		p.SetScheduleType("fixed").SetSendAt(d.SendAt.UTC().Truncate(time.Second))
	}
	if d.ValidityPeriod > 0 {
		p.SetValidityPeriod(int(d.ValidityPeriod / time.Second))
	}
	return p
}

// Send asks Twilio to create one message. A nil error means that Twilio
// accepted it. Otherwise, the error is a *sms.Error whose Code says what is
// known: [sms.CodeOutcomeUnknown] if Twilio may have accepted it all the same;
// any other code if it certainly did not, with Retryable if it might accept it
// later.
func (c *Client) Send(ctx context.Context, d Draft) (sms.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, c.access.Timeout)
	defer cancel()
	service, x := c.service(ctx)
	x.check = d.Check
	created, err := service.CreateMessage(d.params())
	if held := x.held.Load(); held != nil {
		return sms.Message{}, *held
	}
	if err != nil {
		return sms.Message{}, x.failure(d.To, err)
	}
	if created == nil || created.Sid == nil || *created.Sid == "" {
		return sms.Message{}, x.withoutSID(d.To)
	}
	return message(created), nil
}

// message converts Twilio's representation of a message. Segments are "0" until
// a Messaging Service has chosen the sender.
func message(m *api.ApiV2010Message) sms.Message {
	segments, _ := strconv.Atoi(value(m.NumSegments))
	return sms.Message{
		To:       value(m.To),
		SID:      value(m.Sid),
		Status:   sms.Status(value(m.Status)),
		Segments: segments,
	}
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
