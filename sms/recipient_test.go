package sms

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestPlainRecipientIsDecodedQuickly(t *testing.T) {
	for text, want := range map[string]bool{
		`{"to":"+15005550006","variables":{"name":"Ann","of":[1,2]}}`: true,
		`{"to":"+15005550006","contentVariables":{"1":"\u003c3"}}`:    true,
		`{"to":"Zoë","variables":{}}`:                                 true,
		`{"to":"","variables":{"a":"ä\\"}}`:                           true,
		`{"to":"+1"}`:                                                 true,
		`{"to":null}`:                                                 false,
		`{"TO":"+1"}`:                                                 false,
		`{"to":"+1","to":"+2"}`:                                       false,
		`{"to":"+1","TO":"+2"}`:                                       false,
		`{"to": "+1"}`:                                                false,
		`{"to":"+1","name":"Ann"}`:                                    false,
		`{"to":"+1","variables":"{\"a\":1}"}`:                         false,
		`{"to":"+1","variables":null}`:                                false,
		`{"to":"+1","variables":[1]}`:                                 false,
		`{"to":"+1","variables":{"a": 1}}`:                            false,
		`{"to":"+1","variables":{"a":"<3"}}`:                          false,
		"{\"to\":\"\xff\"}":                                           false,
		`{"to":15005550006}`:                                          false,
		`"+1"`:                                                        false,
	} {
		var quick, read Recipient
		if got := quick.plain([]byte(text)); got != want {
			t.Errorf("plain(%s) = %v, want %v", text, got, want)
		}
		if !want {
			continue
		}
		type object Recipient
		d := decoder{}
		d.object(field{}, []byte(text), reflect.ValueOf((*object)(&read)).Elem())
		if len(d.problems) > 0 || !reflect.DeepEqual(quick, read) {
			t.Errorf("%s: plain returned %+v, want the result of a full decode: %+v, problems %v", text, quick, read, d.problems)
		}
		if written, err := json.Marshal(read); err != nil || text != `{"to":"+1"}` && string(written) != text {
			t.Errorf("%s: encoding it again returned %s, error %v, want the same text", text, written, err)
		}
	}
}
