package activities

// The content for each recipient: the text and the variables of a content
// template.

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"temporal-twilio/freemarker"
	"temporal-twilio/sms"
)

// content is what one recipient gets.
type content struct {
	body string
	// variables are the variables of the content template as a JSON object,
	// or "" if there are none.
	variables string
	// segments is 0 until it is measured.
	segments int
}

// size returns the number of segments of the body, which it computes only once.
func (c *content) size() int {
	if c.segments == 0 {
		c.segments = sms.Measure(c.body).Segments
	}
	return c.segments
}

// bodies renders the templates for a list of recipients. Shared templates and
// variables are parsed only once.
type bodies struct {
	renderer *FreeMarker
	style    style
	now      time.Time
	// body is nil if there is no text.
	body        *freemarker.Template
	variables   freemarker.Value
	content     map[string]string
	maxSegments int
	// shared is the content for recipients that have no variables of their
	// own.
	shared content
}

// newBodies parses the templates and renders the shared text, so that a mistake
// that affects everyone is found before anything is sent.
func newBodies(ctx context.Context, renderer *FreeMarker, input sms.SendSmsInput, now time.Time) (b *bodies, problem *sms.Error) {
	b = &bodies{renderer: renderer, style: style{input.Locale, input.TimeZone}, now: now, maxSegments: input.MaxSegments}
	if input.SmsBody != "" {
		if b.body, problem = renderer.parse("smsBody", input.SmsBody, b.style); problem != nil {
			return nil, problem
		}
	}
	if b.variables, problem = readModel(input.Variables); problem != nil {
		return nil, problem
	}
	if b.content, problem = readContent(nil, input.ContentVariables); problem != nil {
		return nil, problem
	}
	for i := range input.SmsTo {
		if !hasOwn(&input.SmsTo[i]) {
			b.shared, problem = b.render(ctx, b.variables, b.content)
			if b.maxSegments > 0 && problem == nil {
				b.shared.size() // measure it once for all recipients
			}
			return b, problem
		}
	}
	return b, nil
}

func hasOwn(r *sms.Recipient) bool { return given(r.Variables) || given(r.ContentVariables) }

// of returns the content for one recipient.
func (b *bodies) of(ctx context.Context, recipient sms.Recipient) (c content, problem *sms.Error) {
	if !hasOwn(&recipient) {
		return b.shared, nil
	}
	variables, own := b.variables, b.content
	if given(recipient.Variables) {
		model, problem := readModel(recipient.Variables)
		if problem != nil {
			return c, problem
		}
		variables = freemarker.Overlay(variables, model)
	}
	if given(recipient.ContentVariables) {
		if own, problem = readContent(own, recipient.ContentVariables); problem != nil {
			return c, problem
		}
	}
	return b.render(ctx, variables, own)
}

// render renders the text and the content variables. It returns an error if
// Twilio would refuse the text.
func (b *bodies) render(ctx context.Context, variables freemarker.Value, templates map[string]string) (c content, problem *sms.Error) {
	if b.body != nil {
		text, err := b.body.RenderAt(ctx, variables, b.now)
		if err != nil {
			return c, templateError("smsBody", err)
		}
		c.body = text
		if problem := b.check(&c); problem != nil {
			return c, problem
		}
	}
	if len(templates) == 0 {
		return c, nil
	}
	rendered := make(map[string]string, len(templates))
	for _, name := range slices.Sorted(maps.Keys(templates)) {
		field := "contentVariables." + clip(name)
		template, problem := b.renderer.parse(field, templates[name], b.style)
		if problem != nil {
			return c, problem
		}
		text, err := template.RenderAt(ctx, variables, b.now)
		if err != nil {
			return c, templateError(field, err)
		}
		rendered[name] = text
	}
	c.variables = sms.JSONText(rendered)
	return c, nil
}

// check returns an error if Twilio would refuse the text or if the text exceeds
// maxSegments.
func (b *bodies) check(c *content) *sms.Error {
	if strings.TrimSpace(c.body) == "" {
		return &sms.Error{Code: sms.CodeMissingInput, Message: "smsBody renders to an empty text"}
	}
	if n := utf8.RuneCountInString(c.body); n > sms.MaxBodyLength {
		return &sms.Error{Code: sms.CodeInvalidInput, Message: fmt.Sprintf("smsBody renders to %d characters, but Twilio accepts at most %d", n, sms.MaxBodyLength)}
	}
	if b.maxSegments == 0 || c.size() <= b.maxSegments {
		return nil
	}
	why := ""
	if size := sms.Measure(c.body); size.Encoding == sms.UCS2 {
		why = fmt.Sprintf("; character %q at position %d makes it UCS-2, in which a segment fits only 67 characters instead of 153", size.Culprit, size.CulpritIndex+1)
	}
	return &sms.Error{Code: sms.CodeInvalidInput, Message: fmt.Sprintf("smsBody renders to %d segments, but maxSegments is %d%s", c.segments, b.maxSegments, why)}
}

// readModel parses a data model. The default is an empty model.
func readModel(variables json.RawMessage) (model freemarker.Value, problem *sms.Error) {
	if !given(variables) {
		return freemarker.Map(), nil
	}
	model, err := freemarker.FromJSON(variables)
	if err != nil {
		return model, &sms.Error{Code: sms.CodeInvalidInput, Message: "variables could not be read: " + err.Error()}
	}
	return model, nil
}

// readContent merges a content template's variables over base. Twilio accepts
// only strings, so numbers and booleans are converted.
func readContent(base map[string]string, variables json.RawMessage) (map[string]string, *sms.Error) {
	if !given(variables) {
		return base, nil
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(variables, &values); err != nil {
		return nil, &sms.Error{Code: sms.CodeInvalidInput, Message: `contentVariables must be an object, such as {"1": "Ann"}`}
	}
	all := maps.Clone(base)
	if all == nil {
		all = make(map[string]string, len(values))
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value := bytes.TrimSpace(values[name])
		text := string(value)
		switch value[0] {
		case '"':
			_ = json.Unmarshal(value, &text) // the JSON is valid
		case '{', '[', 'n':
			return nil, &sms.Error{Code: sms.CodeInvalidInput, Message: fmt.Sprintf("contentVariables.%s must be a string, such as \"Ann\"", clip(name))}
		}
		all[name] = text
	}
	return all, nil
}
