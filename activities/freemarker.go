package activities

// FreeMarker: the renderer of message bodies.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"temporal-twilio/freemarker"
	"temporal-twilio/sms"
)

// maxTemplates is how many parsed templates a renderer keeps.
const maxTemplates = 500

// FreeMarker renders FreeMarker templates. Each is parsed once and kept by its
// source. It is safe for concurrent use.
type FreeMarker struct {
	mu     sync.Mutex
	parsed map[string]*freemarker.Template
}

// NewFreeMarker gives a renderer that knows no template yet.
func NewFreeMarker() *FreeMarker {
	return &FreeMarker{parsed: make(map[string]*freemarker.Template)}
}

// Render gives the text of source with variables; .now is the given time.
func (f *FreeMarker) Render(ctx context.Context, source string, variables json.RawMessage, now time.Time) (string, error) {
	template, err := f.parse(source)
	if err != nil {
		return "", templateError(err)
	}
	if !given(variables) {
		variables = json.RawMessage("{}")
	}
	model, err := freemarker.FromJSON(variables)
	if err != nil {
		return "", &sms.Error{Code: sms.InvalidInput, Message: "variables could not be read: " + err.Error()}
	}
	text, err := template.RenderAt(ctx, model, now)
	if err != nil {
		return "", templateError(err)
	}
	return text, nil
}

// parse gives the template of a source.
func (f *FreeMarker) parse(source string) (*freemarker.Template, error) {
	f.mu.Lock()
	template := f.parsed[source]
	f.mu.Unlock()
	if template != nil {
		return template, nil
	}
	template, err := freemarker.Parse("smsBody", source)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.parsed) >= maxTemplates {
		clear(f.parsed)
	}
	f.parsed[source] = template
	return template, nil
}

// templateError names an error of the engine, with its place in the template.
func templateError(err error) *sms.Error {
	var (
		parse  *freemarker.ParseError
		render *freemarker.RenderError
	)
	switch {
	case errors.As(err, &parse):
		return &sms.Error{Code: sms.TemplateSyntax, Message: place(parse.Line, parse.Column) + parse.Message}
	case errors.As(err, &render) && render.Name != "":
		return &sms.Error{Code: sms.TemplateMetadata, Message: fmt.Sprintf("%svariable %s is missing; give it, or a default: ${%s!\"…\"}", place(render.Line, render.Column), render.Name, render.Name)}
	case errors.As(err, &render):
		return &sms.Error{Code: sms.TemplateMetadata, Message: place(render.Line, render.Column) + render.Message}
	}
	return &sms.Error{Code: sms.TemplateMetadata, Message: "smsBody could not be rendered: " + err.Error()}
}

// place begins an error's message. The engine does not always know a place.
func place(line, column int) string {
	if line == 0 {
		return "smsBody: "
	}
	return fmt.Sprintf("smsBody, line %d, column %d: ", line, column)
}
