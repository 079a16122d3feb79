package activities

// Bodies: the text that each recipient gets.

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"temporal-twilio/sms"
)

// bodies renders the template for a list of recipients.
type bodies struct {
	renderer    Renderer
	source      string
	variables   json.RawMessage
	now         time.Time
	maxSegments int
	// shared is the text of every recipient without variables of its own.
	shared string
}

// newBodies renders the shared text, so that a template that is broken for all
// is found before anything is sent.
func newBodies(ctx context.Context, renderer Renderer, input SendSmsInput, now time.Time) (*bodies, *sms.Error) {
	b := &bodies{renderer: renderer, source: input.SmsBody, variables: input.Variables, now: now, maxSegments: input.MaxSegments}
	for _, recipient := range input.SmsTo {
		if !given(recipient.Variables) {
			var problem *sms.Error
			b.shared, problem = b.render(ctx, b.variables)
			return b, problem
		}
	}
	return b, nil
}

// of gives one recipient's text.
func (b *bodies) of(ctx context.Context, recipient Recipient) (string, *sms.Error) {
	if !given(recipient.Variables) {
		return b.shared, nil
	}
	return b.render(ctx, overlay(b.variables, recipient.Variables))
}

// render gives a text that Twilio will take.
func (b *bodies) render(ctx context.Context, variables json.RawMessage) (string, *sms.Error) {
	if b.source == "" {
		return "", nil
	}
	text, err := b.renderer.Render(ctx, b.source, variables, b.now)
	if err != nil {
		return "", sms.AsError(err)
	}
	return text, b.check(text)
}

// check measures a text.
func (b *bodies) check(text string) *sms.Error {
	if strings.TrimSpace(text) == "" {
		return &sms.Error{Code: sms.MissingInput, Message: "smsBody gives an empty text"}
	}
	if n := utf8.RuneCountInString(text); n > sms.MaxBodyLength {
		return &sms.Error{Code: sms.InvalidInput, Message: fmt.Sprintf("smsBody gives %d characters; Twilio takes %d", n, sms.MaxBodyLength)}
	}
	size := sms.Measure(text)
	if b.maxSegments == 0 || size.Segments <= b.maxSegments {
		return nil
	}
	why := ""
	if size.Encoding == sms.UCS2 {
		why = fmt.Sprintf("; character %q at place %d makes it UCS-2, which fits 67 in a segment instead of 153", size.Culprit, size.CulpritIndex+1)
	}
	return &sms.Error{Code: sms.InvalidInput, Message: fmt.Sprintf("smsBody gives %d segments, maxSegments is %d%s", size.Segments, b.maxSegments, why)}
}

// overlay lays the names of one JSON object over those of another. It writes
// them one after the other: where a name comes twice, the renderer takes the
// last value and keeps the first place, as Java's maps do.
func overlay(base, over json.RawMessage) json.RawMessage {
	if !given(base) {
		return over
	}
	first, second := members(base), members(over)
	if len(first) == 0 || len(second) == 0 {
		return json.RawMessage("{" + first + second + "}")
	}
	return json.RawMessage("{" + first + "," + second + "}")
}

// members is what stands between an object's braces.
func members(object json.RawMessage) string {
	text := strings.TrimSpace(string(object))
	return strings.TrimSpace(text[1 : len(text)-1])
}
