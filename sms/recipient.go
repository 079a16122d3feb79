package sms

// The recipients of a text, in the forms that callers in any language write.

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
)

// Recipients is a list of recipients.
type Recipients []Recipient

// Recipient is one recipient. In JSON, it is a string, or, if the text differs
// by recipient, an object with "to", "variables" and "contentVariables".
type Recipient struct {
	// To is an address, such as "+15005550006".
	To string `json:"to" example:"\"+15005550009\""`
	// Variables override those of the whole send, by name. Optional.
	Variables json.RawMessage `json:"variables,omitempty" example:"{\"name\": \"Ann\"}"`
	// ContentVariables override those of the whole send. Optional.
	ContentVariables json.RawMessage `json:"contentVariables,omitempty" example:"{\"1\": \"Ann\"}"`
}

// To returns a list of plain addresses.
func To(addresses ...string) Recipients {
	list := make(Recipients, len(addresses))
	for i, address := range addresses {
		list[i].To = address
	}
	return list
}

// MarshalJSON encodes a plain address as a string.
func (r Recipient) MarshalJSON() ([]byte, error) {
	if !isGiven(r.Variables) && !isGiven(r.ContentVariables) {
		return json.Marshal(r.To)
	}
	type object Recipient
	return json.Marshal(object(r))
}

// UnmarshalJSON accepts both forms. Anything else is kept as its JSON text,
// which is not a valid address and therefore fails only for this recipient.
func (r *Recipient) UnmarshalJSON(data []byte) error {
	switch text, isText := asText(data); {
	case isText:
		*r = Recipient{To: text}
	case data[0] != '{':
		*r = Recipient{To: string(data)}
	case !r.plain(data):
		d := decoder{}
		type object Recipient // without this method
		var read object
		if d.object(field{}, data, reflect.ValueOf(&read).Elem()); len(d.problems) > 0 {
			read = object{To: string(data)}
		}
		*r = Recipient(read)
	}
	return nil
}

// plain decodes an object in exactly the form that MarshalJSON writes, which is
// used in the pages of broadcasts. It returns false for any other form, which
// takes much longer to decode.
func (r *Recipient) plain(data []byte) bool {
	type object Recipient // without these methods
	var read object
	if json.Unmarshal(data, &read) != nil {
		return false
	}
	for _, variables := range []json.RawMessage{read.Variables, read.ContentVariables} {
		if len(variables) > 0 && variables[0] != '{' {
			return false
		}
	}
	if written, err := json.Marshal(read); err != nil || !bytes.Equal(written, data) {
		return false
	}
	*r = Recipient(read)
	return true
}

// UnmarshalJSON accepts all forms of a list.
func (l *Recipients) UnmarshalJSON(data []byte) error {
	d := decoder{}
	if string(data) != "null" {
		text, _ := asText(data)
		d.recipients(field{name: "smsTo"}, data, text, l)
	}
	return d.problems.err()
}

// recipients decodes an array, a single object, or a string that contains one
// of these or comma-separated addresses.
func (d *decoder) recipients(f field, data []byte, text string, into *Recipients) {
	data = inner(inner(data, text, '['), text, '{')
	switch data[0] {
	case '[':
		var list []Recipient
		_ = json.Unmarshal(data, &list) // the JSON is valid, and every recipient is accepted
		*into = list
	case '"':
		*into = To(splitComma(text)...)
	case 't', 'f':
		f.example = `["+15005550009"], "+15005550009, +15005550010" or {"to": "+15005550009", "variables": {"name": "Ann"}}`
		d.must(f, "a list of recipients", data)
	default:
		var one Recipient
		_ = json.Unmarshal(data, &one)
		*into = Recipients{one}
	}
}

func splitComma(text string) (list []string) {
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// isGiven reports whether a value is present; null counts as absent.
func isGiven(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }
