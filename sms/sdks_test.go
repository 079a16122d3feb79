package sms

// Tests that every field of the inputs, including any field added later, can be
// decoded with the names and values that the SDKs' converters write.

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
)

// inputs lists the types of the inputs that callers send.
var inputs = []func() any{
	func() any { return new(SendSmsWorkflowInput) },
	func() any { return new(AskSmsRequest) },
	func() any { return new(BroadcastSmsInput) },
	func() any { return new(NexusCancelInput) },
}

// spellings holds the ways in which languages write the name of a field.
var spellings = map[string]func(string) string{
	"camelCase":  func(name string) string { return name },
	"PascalCase": func(name string) string { return strings.ToUpper(name[:1]) + name[1:] },
	"snake_case": func(name string) string {
		var snake strings.Builder
		for _, r := range name {
			if unicode.IsUpper(r) {
				snake.WriteByte('_')
			}
			snake.WriteRune(unicode.ToLower(r))
		}
		return snake.String()
	},
}

// valuesOf returns the values that callers write for a field: its example or,
// for an enumeration, each word, also in the styles in which other languages
// write constants.
func valuesOf(f structField) (values []string) {
	switch f.value.Interface().(type) {
	case Duration:
		return []string{`"PT10M"`, `"00:10:00"`, `600`, `600.0`, `"10 minutes"`, `"600s"`}
	case *time.Time:
		return []string{`"2026-01-31T08:00:00Z"`, `"2026-01-31T09:00:00.000+01:00"`, `"2026-01-31T08:00:00+00:00"`}
	case Recipients:
		return []string{`"+15005550009"`, `["+15005550009"]`, `[{"To": "+15005550009", "Variables": null, "ContentVariables": null}]`, `[{"to": "+15005550009", "content_variables": {"1": "Ann"}}]`}
	case *QuietHours:
		return []string{`{"From": "21:00:00", "To": "08:00:00", "TimeZone": null}`, `{"from": "21:00", "to": "08:00", "time_zone": "Europe/Berlin"}`}
	case *BroadcastSource:
		return []string{`{"Activity": "People", "TaskQueue": "shop", "Input": null}`, `{"activity": "People", "task_queue": "shop"}`}
	}
	if f.value.Kind() == reflect.Bool || f.value.Kind() == reflect.Pointer && f.value.Type().Elem().Kind() == reflect.Bool {
		return []string{"true", "false"}
	}
	if words := strings.FieldsFunc(f.example, func(r rune) bool { return r == ',' || r == ' ' }); strings.Contains(f.example, `" or "`) {
		for _, word := range words {
			if word != "or" {
				values = append(values, word, strings.ToUpper(word), `"`+spellings["PascalCase"](strings.Trim(word, `"`))+`"`)
			}
		}
		return values
	}
	if f.example == "" {
		return []string{`"text"`}
	}
	return []string{f.example}
}

func TestFieldsReadFromEachSDK(t *testing.T) {
	for _, input := range inputs {
		for _, f := range fieldsOf(reflect.ValueOf(input()).Elem()) {
			for language, spelled := range spellings {
				name := spelled(f.name)
				for _, value := range append(valuesOf(f), "null") {
					got := input()
					if err := Decode(fmt.Appendf(nil, `{%q: %s}`, name, value), got); err != nil {
						t.Errorf("%T, %s: {%q: %s}: got error %v, want none", got, language, name, value, err)
						continue
					}
					is, err := json.Marshal(got)
					if err != nil {
						t.Fatal(err)
					}
					zero, err := json.Marshal(input())
					if err != nil {
						t.Fatal(err)
					}
					if absent := value == "null" || value == "false"; !absent && string(is) == string(zero) {
						t.Errorf("%T, %s: {%q: %s}: the value was ignored", got, language, name, value)
					} else if value == "null" && string(is) != string(zero) {
						t.Errorf("%T, %s: {%q: null}: got %s, want the zero value", got, language, name, is)
					}
				}
			}
		}
	}
}

func TestSourcePagesReadFromEachSDK(t *testing.T) {
	for language, page := range map[string]string{
		".NET":       `{"Recipients":[{"To":"\u002B15005550009","Variables":{"name":"Bo"},"ContentVariables":null}],"Errors":null,"Next":"2"}`,
		"Java":       `{"recipients":[{"to":"+15005550009","variables":{"name":"Bo"},"contentVariables":null}],"errors":[],"next":"2"}`,
		"Python":     `{"recipients": [{"to": "+15005550009", "variables": {"name":"Bo"}, "content_variables": null}], "errors": null, "next": "2"}`,
		"TypeScript": `{"recipients":[{"to":"+15005550009","variables":{"name":"Bo"}}],"next":"2"}`,
	} {
		var got Page
		want := Page{Recipients: Recipients{{To: "+15005550009", Variables: json.RawMessage(`{"name":"Bo"}`)}}, Next: "2"}
		if err := json.Unmarshal([]byte(page), &got); err != nil || !sameAsJSON(t, got.Recipients, want.Recipients) || got.Next != want.Next || len(got.Errors) > 0 {
			t.Errorf("%s: got %+v, error %v, want %+v", language, got, err, want)
		}
	}
	var last Page
	if err := json.Unmarshal([]byte(`{"Recipients":null,"Errors":null,"Next":null}`), &last); err != nil || len(last.Recipients) > 0 || last.Next != "" {
		t.Errorf("the last page: got %+v, error %v, want an empty page", last, err)
	}
	var message MessageInput
	if err := json.Unmarshal([]byte(`{"Sid":"SM1","Account":null}`), &message); err != nil || message.SID != "SM1" {
		t.Errorf("got %+v, error %v, want SID SM1", message, err)
	}
}
