package sms

// Decodes the inputs of activities and workflows, which come from any language,
// and from process models in which every value is a string. Unknown fields are
// refused, because a text must not be sent without an option that the caller
// asked for. The values of known fields may be written in many ways.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Decode decodes a JSON object into a pointer to a struct.
//
// Names match in any case and with underscores (sms_from). Null and "" mean an
// absent value. Numbers, booleans, objects and lists may be written as strings,
// and a list of one may be written as its element. The "example" tag of a field
// is shown to callers whose value has the wrong form. If the example lists
// words joined by "or", the words match in any case. A field of type
// json.RawMessage accepts only objects if its example is an object.
//
// The error, if any, is a [Problems] that lists everything that is wrong. In
// that case, into holds the part that could be decoded.
func Decode(data []byte, into any) error {
	d := decoder{}
	var syntax *json.SyntaxError
	if err := json.Unmarshal(data, new(json.RawMessage)); errors.As(err, &syntax) {
		d.add(Problem{Says: fmt.Sprintf("the input must be one JSON object; it is invalid after %d bytes", syntax.Offset)})
	} else {
		d.value(field{example: `{"smsFrom": "+15005550006", "smsTo": "+15005550009", "smsBody": "Hello"}`}, data, reflect.ValueOf(into).Elem())
	}
	return d.problems.err()
}

// DecodePayload decodes the payload of a Temporal argument, given by its
// metadata and data, as [Decode] does. If the argument is absent or null, into
// is unchanged.
func DecodePayload(metadata map[string][]byte, data []byte, into any) error {
	if len(metadata) == 0 && len(data) == 0 {
		return nil
	}
	switch encoding := string(metadata["encoding"]); encoding {
	case "binary/null":
		return nil
	case "json/plain", "json/protobuf", "binary/plain":
		return Decode(data, into)
	default:
		return Problems{{Says: fmt.Sprintf("the argument is encoded as %q, but it must be a JSON object; if the caller uses a payload codec, the worker needs the same codec", encoding)}}
	}
}

// Problem is one mistake in an input.
type Problem struct {
	// Field is the field's name, such as reminders[1].after, or "" for the
	// whole input.
	Field string
	// Says explains what is expected, in a sentence that names the field.
	Says string
	// Private is the rest of the sentence, which quotes the value and may
	// therefore contain personal data.
	Private string
}

// Problems lists all mistakes in an input.
type Problems []Problem

// maxProblems limits how many problems are reported.
const maxProblems = 20

func (p Problems) Error() string { return p.join(true) }

// Public returns an error's text for places that are not encrypted. For
// [Problems], it omits the values, which may be private.
func Public(err error) string {
	if problems, ok := errors.AsType[Problems](err); ok {
		return problems.join(false)
	}
	return err.Error()
}

func (p Problems) join(all bool) string {
	var says []string
	for i := range p {
		if i == maxProblems {
			says = append(says, fmt.Sprintf("and %d more", len(p)-i))
			break
		}
		text := p[i].Says
		if all {
			text += p[i].Private
		}
		says = append(says, text)
	}
	return strings.Join(says, ". ")
}

// Names reports whether there is a problem with a field.
func (p Problems) Names(field string) bool {
	for i := range p {
		if p[i].Field == field {
			return true
		}
	}
	return false
}

// AddIf returns the problems. If broken is true and the field has no problem
// yet, it adds one.
func (p Problems) AddIf(broken bool, field, says string) Problems {
	if broken && !p.Names(field) {
		p = append(p, Problem{Field: field, Says: says})
	}
	return p
}

func (p Problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// field is the field that a value belongs to.
type field struct {
	// name is "" for the whole input.
	name, example string
}

func (f field) String() string {
	if f.name == "" {
		return "the input"
	}
	return f.name
}

type decoder struct{ problems Problems }

func (d *decoder) add(p Problem) { d.problems = append(d.problems, p) }

// must reports that a value has the wrong type.
func (d *decoder) must(f field, kind string, data []byte) {
	says := fmt.Sprintf("%s must be %s", f, kind)
	if f.example != "" {
		says += ", such as " + f.example
	}
	d.add(Problem{Field: f.name, Says: says, Private: given(data)})
}

// given describes an unexpected value.
func given(data []byte) string {
	switch data[0] {
	case '{':
		return "; it is an object"
	case '[':
		return "; it is a list"
	}
	return "; it is " + clip(string(data))
}

// value decodes one value.
func (d *decoder) value(f field, data []byte, into reflect.Value) {
	data = bytes.TrimSpace(data)
	if string(data) == "null" {
		return
	}
	text, isText := asText(data)
	if isText && into.Kind() != reflect.String && strings.TrimSpace(text) == "" {
		return
	}
	switch v := into.Addr().Interface().(type) {
	case *json.RawMessage:
		d.raw(f, data, text, v)
		return
	case *time.Time:
		d.time(f, data, text, v)
		return
	case *Duration:
		d.duration(f, data, text, v)
		return
	case *Recipients:
		d.recipients(f, data, text, v)
		return
	}
	switch into.Kind() {
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		d.value(f, data, into.Elem())
	case reflect.Struct:
		d.object(f, inner(data, text, '{'), into)
	case reflect.Slice:
		d.list(f, inner(data, text, '['), into)
	case reflect.String:
		d.text(f, data, text, isText, into)
	case reflect.Bool:
		d.boolean(f, data, text, into)
	case reflect.Int, reflect.Int64:
		d.integer(f, data, text, into)
	case reflect.Float32, reflect.Float64:
		d.number(f, data, text, into)
	default:
		if err := json.Unmarshal(data, into.Addr().Interface()); err != nil {
			d.must(f, "a valid value", data)
		}
	}
}

// text decodes a string. A number becomes its text, as it is written.
func (d *decoder) text(f field, data []byte, text string, isText bool, into reflect.Value) {
	switch {
	case isText && strings.Contains(f.example, `" or "`):
		into.SetString(strings.ToLower(text))
	case isText: // keep white space, which may be part of a body
		into.SetString(text)
	case isNumber(data):
		into.SetString(string(data))
	default:
		d.must(f, "a string", data)
	}
}

// asText decodes a JSON string.
func asText(data []byte) (text string, ok bool) {
	if len(data) == 0 || data[0] != '"' {
		return "", false
	}
	return text, json.Unmarshal(data, &text) == nil
}

// orText returns the content of a string without surrounding white space, and
// any other value as it is written.
func orText(data []byte, text string) string {
	if data[0] == '"' {
		return strings.TrimSpace(text)
	}
	return string(data)
}

// inner returns the JSON inside a string if it is valid and starts with the
// given bracket, or else the value as it is.
func inner(data []byte, text string, begins byte) []byte {
	if trimmed := strings.TrimSpace(text); trimmed != "" && trimmed[0] == begins && json.Valid([]byte(trimmed)) {
		return []byte(trimmed)
	}
	return data
}

// isNumber reports whether data, which is valid JSON or the content of a
// string, is a JSON number.
func isNumber(data []byte) bool {
	return len(data) > 0 && (data[0] == '-' || data[0] >= '0' && data[0] <= '9') && json.Valid(data)
}

func (d *decoder) number(f field, data []byte, text string, into reflect.Value) {
	number := orText(data, text)
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !isNumber([]byte(number)) || into.OverflowFloat(n) { // JSON has no infinity
		d.must(f, "a number", data)
		return
	}
	into.SetFloat(n)
}

func (d *decoder) boolean(f field, data []byte, text string, into reflect.Value) {
	switch strings.ToLower(orText(data, text)) {
	case "true":
		into.SetBool(true)
	case "false":
		into.SetBool(false)
	default:
		d.must(field{f.name, ""}, "true or false", data)
	}
}

func (d *decoder) integer(f field, data []byte, text string, into reflect.Value) {
	number := orText(data, text)
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil { // 1.0 and 1e3 are also whole numbers
		const exact = 1 << 53
		var float float64
		float, err = strconv.ParseFloat(number, 64)
		n = int64(float)
		if !(float > -exact && float < exact) || float != float64(n) {
			err = strconv.ErrRange
		}
	}
	if err != nil || !isNumber([]byte(number)) {
		d.must(f, "a whole number", data)
		return
	}
	into.SetInt(n)
}

// raw keeps a value as it is. It must be an object if the example is one.
func (d *decoder) raw(f field, data []byte, text string, into *json.RawMessage) {
	if strings.HasPrefix(f.example, "{") {
		if data = inner(data, text, '{'); data[0] != '{' {
			d.must(f, "an object", data)
			return
		}
	}
	*into = bytes.Clone(data)
}

// list decodes a list. A single value becomes a list of one.
func (d *decoder) list(f field, data []byte, into reflect.Value) {
	if data[0] != '[' {
		one := reflect.New(into.Type().Elem()).Elem()
		before := len(d.problems)
		if d.value(f, data, one); len(d.problems) == before {
			into.Set(reflect.Append(reflect.MakeSlice(into.Type(), 0, 1), one))
		}
		return
	}
	var items []json.RawMessage
	_ = json.Unmarshal(data, &items) // the JSON is valid
	into.Set(reflect.MakeSlice(into.Type(), len(items), len(items)))
	for i := range items {
		d.value(field{fmt.Sprintf("%s[%d]", f.name, i), f.example}, items[i], into.Index(i))
	}
}

// object decodes an object into a struct.
func (d *decoder) object(f field, data []byte, into reflect.Value) {
	if data[0] != '{' {
		d.must(f, "an object", data)
		return
	}
	known := fieldsOf(into)
	given := make([]bool, len(known))
	members := json.NewDecoder(bytes.NewReader(data))
	_, _ = members.Token() // skip the brace; the JSON is valid
	for members.More() {
		key, _ := members.Token()
		name := key.(string)
		var member json.RawMessage
		_ = members.Decode(&member)
		at, joined := -1, strings.ReplaceAll(name, "_", "")
		for i := range known {
			if strings.EqualFold(known[i].name, joined) {
				at = i
			}
		}
		path := name
		if at >= 0 {
			path = known[at].name
		}
		if f.name != "" {
			path = f.name + "." + path
		}
		switch {
		case at < 0:
			d.unknown(path, name, known)
		case given[at] && string(member) != "null":
			d.add(Problem{Field: path, Says: path + " is given twice"})
		default:
			given[at] = given[at] || string(member) != "null"
			d.value(field{path, known[at].example}, member, known[at].value)
		}
	}
}

// unknown reports a field that does not exist, and suggests an existing field
// that was probably meant.
func (d *decoder) unknown(path, name string, known []structField) {
	p := Problem{Field: path, Says: "there is no field with that name", Private: ": " + strconv.Quote(clip(path))}
	if isName(name) {
		p.Says, p.Private = "there is no field "+path, ""
	}
	for i := range known {
		original := known[i].name
		known, name := strings.ToLower(known[i].name), strings.ToLower(strings.ReplaceAll(name, "_", ""))
		if near(known, name) || len(name) > 1 && strings.HasSuffix(known, name) {
			p.Says += " (did you mean " + original + "?)"
			break
		}
	}
	d.add(p)
}

func clip(text string) string {
	const most = 40
	if utf8.RuneCountInString(text) > most {
		return string([]rune(text)[:most]) + "…"
	}
	return text
}

// isName reports whether a string can be the name of a field rather than a
// phone number.
func isName(s string) bool {
	return len(s) > 0 && len(s) <= 40 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '_'
	})
}

// near reports whether two names differ by one wrong, missing or extra letter,
// or by two swapped letters.
func near(a, b string) bool {
	start, end := 0, 0
	for start < min(len(a), len(b)) && a[start] == b[start] {
		start++
	}
	for end < min(len(a), len(b))-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	a, b = a[start:len(a)-end], b[start:len(b)-end]
	return len(a) <= 1 && len(b) <= 1 || len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]
}

// structField is a field of a struct, with its JSON name.
type structField struct {
	name, example string
	value         reflect.Value
}

// fieldsOf returns the fields of a struct: its own, followed by those of
// embedded structs whose names are not taken yet.
func fieldsOf(s reflect.Value) (fields []structField) {
	var embedded []reflect.Value
	for i := range s.NumField() {
		f := s.Type().Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			embedded = append(embedded, s.Field(i))
		case name != "" && name != "-":
			fields = append(fields, structField{name, f.Tag.Get("example"), s.Field(i)})
		}
	}
	for _, inner := range embedded {
	next:
		for _, f := range fieldsOf(inner) {
			for i := range fields {
				if fields[i].name == f.name {
					continue next
				}
			}
			fields = append(fields, f)
		}
	}
	return fields
}
