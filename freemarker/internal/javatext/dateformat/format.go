// Package dateformat formats and parses dates as Java and FreeMarker do: SimpleDateFormat
// patterns, the short, medium, long and full styles, and FreeMarker's "iso" and "xs".
//
// A date is a number of milliseconds since 1970-01-01T00:00:00Z, as in java.util.Date.
package dateformat

import (
	"errors"
	"strings"

	"temporal-twilio/freemarker/internal/javatext"
	"temporal-twilio/freemarker/internal/javatext/locale"
)

// Kind is the part of a date-time that a FreeMarker date value represents.
type Kind int

// The kinds, as in freemarker.template.TemplateDateModel.
const (
	Unknown Kind = iota
	Time
	Date
	DateTime
)

// ErrUnknownKind is returned by New if the format depends on the kind, but the
// kind is unknown.
var ErrUnknownKind = errors.New("the value isn't known to be a date, time, or date-time")

// Format is a compiled date format. It is immutable and safe for concurrent
// use. When it parses a two-digit year, it chooses the year within the hundred
// years that started 80 years ago.
type Format struct {
	kind   Kind
	simple *simple // either this or iso is set
	iso    *iso
}

// New compiles a date_format, time_format or datetime_format setting, or the argument of
// ?string, for a value of the given kind: a style ("medium", "short_long", "" for the
// default), "iso…" or "xs…" with their options, else a SimpleDateFormat pattern.
// The error's message is FreeMarker's reason. The caller must handle formats that start with @.
func New(spec string, kind Kind, l locale.Locale, z *Zone) (*Format, error) {
	f := &Format{kind: kind}
	var err error
	switch {
	case strings.HasPrefix(spec, "xs"):
		f.iso, err = newISO(spec[2:], 2, kind, true, z)
	case strings.HasPrefix(spec, "iso"):
		f.iso, err = newISO(spec[3:], 3, kind, false, z)
	default:
		pattern, err := pattern(spec, kind, l.Dates())
		if err != nil {
			return nil, err
		}
		if f.simple, err = newSimple(pattern, l, z); err != nil {
			return nil, err
		}
		return f, nil
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// The styles, by their numbers in java.text.DateFormat.
var styles = map[string]int{"full": 0, "long": 1, "medium": 2, "short": 3}

// pattern returns the pattern of a style, or the format itself if it is not a
// style.
func pattern(spec string, kind Kind, d *locale.Dates) (string, error) {
	parts := strings.FieldsFunc(spec, func(r rune) bool { return r == '_' })
	first, ok := 2, true
	if len(parts) > 0 {
		first, ok = styles[parts[0]]
	}
	if !ok {
		return spec, nil
	}
	switch kind {
	case Time:
		return d.TimeStyles[first], nil
	case Date:
		return d.DateStyles[first], nil
	case DateTime:
		second := first
		if len(parts) > 1 {
			if second, ok = styles[parts[1]]; !ok {
				return spec, nil
			}
		}
		glued := strings.Replace(d.Glue[max(first, second)], "{1}", d.DateStyles[first], 1)
		return strings.Replace(glued, "{0}", d.TimeStyles[second], 1), nil
	}
	return "", ErrUnknownKind
}

// Append appends the text of a date.
func (f *Format) Append(dst []byte, ms int64) ([]byte, error) {
	if f.iso != nil {
		return f.iso.append(dst, ms)
	}
	return f.simple.append(dst, ms), nil
}

// Parse parses a date, as ?date, ?time and ?datetime do. As in FreeMarker, text
// after the date is ignored with a pattern or a style, and is an error with
// "iso" or "xs".
func (f *Format) Parse(s string) (ms int64, err error) {
	ms, _, err = f.ParseZone(s)
	return ms, err
}

// ParseZone is like Parse, but also returns the format to use from then on.
// After parsing the name of a time zone, a Java format keeps that zone, and
// FreeMarker keeps its formats while a template runs. The result is f itself
// unless the text names a different zone.
func (f *Format) ParseZone(s string) (ms int64, after *Format, err error) {
	if f.iso != nil {
		ms, err = f.iso.parse(s)
		return ms, f, err
	}
	ms, zone, err := f.simple.parse(s)
	if zone != f.simple.zone {
		moved := *f.simple
		moved.zone = zone
		f = &Format{kind: f.kind, simple: &moved}
	}
	if err != nil {
		return 0, f, javatext.Reasonf("Unparseable date: \"%s\"", s)
	}
	return ms, f, nil
}

// Description returns the description of the format in FreeMarker's messages:
// the SimpleDateFormat pattern, or a phrase such as "ISO 8601 (subset) date".
func (f *Format) Description() string {
	if f.simple != nil {
		return f.simple.pattern
	}
	name := map[Kind]string{Date: "date", Time: "time", DateTime: "date-time"}[f.kind]
	if !f.iso.xs {
		return "ISO 8601 (subset) " + name
	}
	if f.kind == DateTime {
		name = "dateTime"
	}
	return "W3C XML Schema " + name
}
