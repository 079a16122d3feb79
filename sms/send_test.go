package sms

import (
	"encoding/json"
	"testing"
)

func TestCheckedInputMayBeCheckedAgain(t *testing.T) {
	in := SendSmsInput{SmsFrom: "+15005550006", SmsTo: To("+15005550009"), SmsBody: "Hi ${name}", Metadata: json.RawMessage(`{"name": "Ann"}`)}
	for range 2 { // the workflow of a send with a key or a long list checks the input again
		if err := in.Check(nil); err != nil || string(in.Variables) != `{"name": "Ann"}` {
			t.Errorf("got error %v and variables %s, want the metadata as variables", err, in.Variables)
		}
	}
}
