package twilio

// The request that creates a message. Its error says whether the message may
// exist anyway.

import (
	"cmp"
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

// Draft is a message to create. To is required, and so is at least one of From
// and Options.MessagingServiceSID, and at least one of Body, Options.MediaURL
// and Options.ContentSID. All other fields are optional. For those with zero
// values, Twilio's defaults apply.
type Draft struct {
	// To is the recipient: a number in E.164 form, or a channel address.
	To string
	// From is the sender: a number of the account in E.164 form, a short code,
	// an alphanumeric sender ID, or a channel address.
	From string
	// Body is the text, at most [sms.MaxBodyLength] characters.
	Body string
	// ContentVariables is a JSON object with the variables of Options.ContentSID.
	ContentVariables string
	// StatusCallback is the URL that Twilio calls whenever the message's
	// status changes.
	StatusCallback string
	// Options is the input of the send that the message belongs to. Only
	// the fields that are the same for all recipients are used: those from
	// MessagingServiceSID to PersistentAction, except those that Draft
	// itself has.
	Options *sms.SendSmsInput
	// Check is called right before the request is written. If it returns an
	// error, the request is not written, and Send returns that error.
	Check func() error
}

// form returns the encoded parameters of the request. It replaces twilio-go's
// encoder, which is more general but slower, because a worker spends most of
// its time on creates.
func (d *Draft) form() string {
	options := cmp.Or(d.Options, &sms.SendSmsInput{})
	var form strings.Builder
	add := func(name, value string) {
		if form.Len() > 0 {
			form.WriteByte('&')
		}
		form.WriteString(name)
		form.WriteByte('=')
		form.WriteString(url.QueryEscape(value))
	}
	for _, text := range [...]struct{ name, value string }{
		{"To", d.To},
		{"From", d.From},
		{"MessagingServiceSid", options.MessagingServiceSID},
		{"Body", d.Body},
		{"ContentSid", options.ContentSID},
		{"ContentVariables", d.ContentVariables},
		{"StatusCallback", d.StatusCallback},
		{"RiskCheck", options.RiskCheck},
		{"ContentRetention", options.ContentRetention},
		{"AddressRetention", options.AddressRetention},
	} {
		if text.value != "" {
			add(text.name, text.value)
		}
	}
	for _, option := range [...]struct {
		name string
		on   *bool
	}{
		{"SmartEncoded", options.SmartEncoded},
		{"ShortenUrls", options.ShortenURLs},
		{"SendAsMms", options.SendAsMMS},
		{"ProvideFeedback", options.ProvideFeedback},
	} {
		if option.on != nil {
			add(option.name, strconv.FormatBool(*option.on))
		}
	}
	if options.MaxPrice != nil {
		add("MaxPrice", fmt.Sprint(*options.MaxPrice))
	}
	for _, address := range options.MediaURL {
		add("MediaUrl", address)
	}
	for _, action := range options.PersistentAction {
		add("PersistentAction", action)
	}
	if options.SendAt != nil {
		add("ScheduleType", "fixed")
		add("SendAt", options.SendAt.UTC().Format(time.RFC3339))
	}
	if options.ValidityPeriod > 0 {
		add("ValidityPeriod", strconv.Itoa(options.ValidityPeriod))
	}
	return form.String()
}

// Send asks Twilio to create one message. A nil error means that Twilio
// accepted it. Otherwise, the error is the one that Check returned, or a
// *sms.Error. If the latter's Code is [sms.CodeOutcomeUnknown], Twilio may have
// accepted the message anyway. With any other code, Twilio certainly did not
// accept it, and Retryable says whether it may do so later.
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

// createdMessage holds the fields of a created message that a send needs.
type createdMessage struct {
	To          string `json:"to"`
	SID         string `json:"sid"`
	Status      string `json:"status"`
	NumSegments string `json:"num_segments"`
}

// message converts a message from twilio-go's type.
func message(m *api.ApiV2010Message) sms.Message {
	return sms.Message{
		To:       value(m.To),
		SID:      value(m.Sid),
		Status:   sms.Status(value(m.Status)),
		Segments: segments(value(m.NumSegments)),
	}
}

// segments parses a number of segments. Twilio reports "0" until a Messaging
// Service has chosen the sender.
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
