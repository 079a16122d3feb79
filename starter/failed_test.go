package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"temporal-twilio/sms"
)

func TestDryRunFailsNobody(t *testing.T) {
	for text, want := range map[string]int{
		`{"errors": {"INVALID_TO_PHONE_NUMBER_ERROR": 2}}`:               1,
		`{"errors": {"INVALID_TO_PHONE_NUMBER_ERROR": 2}, "dryRun": {}}`: 0,
	} {
		var result ended
		if err := json.Unmarshal([]byte(text), &result); err != nil || len(result.codes()) != want {
			t.Errorf("%s: got %v, error %v; want %d codes", text, result.codes(), err, want)
		}
	}
}

func TestUndeliveredSendFailsWithItsCode(t *testing.T) {
	lost := sms.Delivery{To: "+15005550009", Status: sms.StatusUndelivered, ErrorCode: 30005, ErrorMessage: "Unknown destination"}
	if err := verdict(&sms.SendSmsWorkflowResult{Deliveries: []sms.Delivery{lost}}); !errors.Is(err, errNotAllSent) {
		t.Errorf("undelivered: got error %v, want errNotAllSent", err)
	}
	if err := verdict(&sms.SendSmsWorkflowResult{Deliveries: []sms.Delivery{{Status: sms.StatusDelivered}}}); err != nil {
		t.Errorf("delivered: got error %v, want none", err)
	}
	if line := delivered(&lost); line != "+15005550009: undelivered, error 30005: Unknown destination (https://www.twilio.com/docs/errors/30005)" {
		t.Errorf("got line %s, want the phone, the status and Twilio's error", line)
	}
}

func TestFindAndFailedFormatErrorsAlike(t *testing.T) {
	const want = "  error 30005 (https://www.twilio.com/docs/errors/30005)"
	for _, line := range []string{
		(&told{Direction: "out", ErrorCode: 30005}).String(), (&failedText{Direction: "out", ErrorCode: 30005}).String(),
	} {
		if !strings.HasSuffix(line, want) {
			t.Errorf("got line %q, want it to end with %q", line, want)
		}
	}
}

func TestTwiliosRefusalNamesTheVariables(t *testing.T) {
	for code, want := range map[sms.Code]string{sms.CodeAuthentication: "TWILIO_TOKEN", sms.CodeConnection: "unreachable"} {
		if err := asking(&sms.Error{Code: code}); !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want it to contain %q", code, err, want)
		}
	}
}
