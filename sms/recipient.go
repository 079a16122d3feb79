package sms

// Recipients: whom a text goes to, as callers in any language write them.

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// Recipients is a list of whom to send to.
type Recipients []Recipient

// Recipient is one of them. In JSON it is a string, or an object with "to" and
// "variables" where the text differs by recipient.
type Recipient struct {
	// To is an address, such as "+15005550006".
	To string `json:"to"`
	// Variables are laid over those of the whole send, name by name. Optional.
	Variables json.RawMessage `json:"variables,omitempty"`
}

// To makes a list of plain addresses.
func To(addresses ...string) Recipients {
	list := make(Recipients, len(addresses))
	for i, address := range addresses {
		list[i].To = address
	}
	return list
}

// MarshalJSON writes a plain address as a string.
func (r Recipient) MarshalJSON() ([]byte, error) {
	if !hasVariables(r.Variables) {
		return json.Marshal(r.To)
	}
	type object Recipient
	return json.Marshal(object(r))
}

// UnmarshalJSON reads both forms. What is neither is kept as its JSON text:
// it then fails as an address, alone, and does not stop the others.
func (r *Recipient) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &r.To) == nil {
		return nil
	}
	type object Recipient
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if decoder.Decode((*object)(r)) != nil || (hasVariables(r.Variables) && !isObject(r.Variables)) {
		*r = Recipient{To: string(data)}
	}
	return nil
}

// UnmarshalJSON reads the three forms of a list.
func (l *Recipients) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		trimmed := strings.TrimSpace(text)
		if !strings.HasPrefix(trimmed, "[") {
			*l = To(splitComma(text)...)
			return nil
		}
		data = []byte(trimmed)
	}
	var list []Recipient
	if err := json.Unmarshal(data, &list); err != nil {
		return errors.New(`smsTo must be an array of strings, a string that holds such an array, or a comma-separated string, for example ["+15005550006"]`)
	}
	*l = list
	return nil
}

func splitComma(text string) (list []string) {
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// hasVariables reports whether variables are given, which null does not count as.
func hasVariables(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

func isObject(raw json.RawMessage) bool {
	trimmed := bytes.TrimSpace(raw)
	return len(trimmed) > 0 && trimmed[0] == '{'
}
