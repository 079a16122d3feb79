package activities

// FreeMarker: the templates of messages.

import (
	"cmp"
	"errors"
	"fmt"
	"sync"

	"temporal-twilio/freemarker"
	"temporal-twilio/sms"
)

// maxTemplates is how many parsed templates are kept.
const maxTemplates = 500

// FreeMarker parses FreeMarker templates. Each is parsed once and kept by its
// source. It is safe for concurrent use.
type FreeMarker struct {
	standard style

	mu     sync.Mutex
	parsed map[parsedKey]*freemarker.Template
}

// style is how a template writes numbers and times.
type style struct{ locale, timeZone string }

type parsedKey struct {
	source string
	style
}

// NewFreeMarker returns one that has parsed nothing yet. Templates write in a
// locale, such as "de_DE", and a time zone, such as "Europe/Berlin", unless a send
// names its own; empty means en_US and UTC.
func NewFreeMarker(locale, timeZone string) *FreeMarker {
	return &FreeMarker{
		standard: style{cmp.Or(locale, "en_US"), cmp.Or(timeZone, "UTC")},
		parsed:   make(map[parsedKey]*freemarker.Template),
	}
}

// parse returns the template of a field.
func (f *FreeMarker) parse(field, source string, own style) (*freemarker.Template, *sms.Error) {
	key := parsedKey{source, style{cmp.Or(own.locale, f.standard.locale), cmp.Or(own.timeZone, f.standard.timeZone)}}
	f.mu.Lock()
	template := f.parsed[key]
	f.mu.Unlock()
	if template != nil {
		return template, nil
	}
	template, err := freemarker.Parse("smsBody", source, freemarker.WithLocale(key.locale), freemarker.WithTimeZone(key.timeZone))
	if err != nil {
		return nil, templateError(field, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.parsed) >= maxTemplates {
		clear(f.parsed)
	}
	f.parsed[key] = template
	return template, nil
}

// templateError names an error of the engine, with its place in the template.
func templateError(field string, err error) *sms.Error {
	var (
		parse  *freemarker.ParseError
		render *freemarker.RenderError
	)
	switch {
	case errors.As(err, &parse):
		return &sms.Error{Code: sms.CodeTemplateSyntax, Message: place(field, parse.Line, parse.Column) + parse.Message}
	case errors.As(err, &render) && render.Name != "":
		return &sms.Error{Code: sms.CodeTemplateMetadata, Message: fmt.Sprintf("%svariable %s is missing; give it, or a default: ${%s!\"…\"}", place(field, render.Line, render.Column), render.Name, render.Name)}
	case errors.As(err, &render):
		return &sms.Error{Code: sms.CodeTemplateMetadata, Message: place(field, render.Line, render.Column) + render.Message}
	}
	return &sms.Error{Code: sms.CodeTemplateMetadata, Message: field + " could not be rendered: " + err.Error()}
}

// place begins an error's message. The engine does not always know a place.
func place(field string, line, column int) string {
	if line == 0 {
		return field + ": "
	}
	return fmt.Sprintf("%s, line %d, column %d: ", field, line, column)
}
