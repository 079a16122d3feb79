package activities

// The FreeMarker templates of messages.

import (
	"cmp"
	"errors"
	"fmt"
	"sync"

	"temporal-twilio/freemarker"
	"temporal-twilio/sms"
)

// maxTemplates is the maximum number of parsed templates in the cache.
const maxTemplates = 500

// FreeMarker parses FreeMarker templates and caches them by source, locale and
// time zone. It is safe for concurrent use.
type FreeMarker struct {
	standard style

	mu     sync.Mutex
	parsed map[parsedKey]*freemarker.Template
}

// style is the locale and time zone of a template.
type style struct{ locale, timeZone string }

type parsedKey struct {
	source string
	style
}

// NewFreeMarker returns a FreeMarker with an empty cache. The locale, such as
// "de_DE", and the time zone, such as "Europe/Berlin", apply to sends that do
// not set their own. The defaults are en_US and UTC.
func NewFreeMarker(locale, timeZone string) *FreeMarker {
	return &FreeMarker{
		standard: style{cmp.Or(locale, "en_US"), cmp.Or(timeZone, "UTC")},
		parsed:   make(map[parsedKey]*freemarker.Template),
	}
}

// parse parses the template in a field, or returns it from the cache.
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

// templateError converts an error of the template engine. The message starts
// with the position of the error in the template.
func templateError(field string, err error) *sms.Error {
	var (
		parse  *freemarker.ParseError
		render *freemarker.RenderError
	)
	switch {
	case errors.As(err, &parse):
		return &sms.Error{Code: sms.CodeTemplateSyntax, Message: place(field, parse.Line, parse.Column) + parse.Message}
	case errors.As(err, &render) && render.Name != "":
		return &sms.Error{Code: sms.CodeTemplateMetadata, Message: fmt.Sprintf("%svariable %s is missing; provide it, or a default: ${%s!\"…\"}", place(field, render.Line, render.Column), render.Name, render.Name)}
	case errors.As(err, &render):
		return &sms.Error{Code: sms.CodeTemplateMetadata, Message: place(field, render.Line, render.Column) + render.Message}
	}
	return &sms.Error{Code: sms.CodeTemplateMetadata, Message: field + " could not be rendered: " + err.Error()}
}

// place returns the start of an error message. If line is 0, the position is
// unknown.
func place(field string, line, column int) string {
	if line == 0 {
		return field + ": "
	}
	return fmt.Sprintf("%s, line %d, column %d: ", field, line, column)
}
