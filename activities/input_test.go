package activities

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

func TestOptionsReachTheGateway(t *testing.T) {
	input := []byte(`{
		"messagingServiceSid": "MG00000000000000000000000000000001", "smsTo": "+15005550001", "smsBody": "Hi",
		"contentSid": "HX00000000000000000000000000000001", "contentVariables": {"1": "a"},
		"validityPeriod": 60, "statusCallback": "https://example.com/status", "smartEncoded": true
	}`)
	var drafts []twilio.Draft
	execute(t, accepting(&drafts), json.RawMessage(input))
	var options sms.SendSmsInput
	if err := sms.Decode(input, &options); err != nil {
		t.Fatal(err)
	}
	if len(drafts) != 1 || drafts[0].ContentVariables != `{"1":"a"}` || drafts[0].StatusCallback != options.StatusCallback {
		t.Fatalf("sent %+v, want one message", drafts)
	}
	if got := drafts[0].Options; sms.JSONText(got) != sms.JSONText(options) {
		t.Errorf("the options are %s, want %s", sms.JSONText(got), sms.JSONText(options))
	}
}

func TestInvalidOptionsAreRefused(t *testing.T) {
	const service = `"messagingServiceSid": "MG00000000000000000000000000000001", `
	at := func(d time.Duration) string { return `"sendAt": "` + time.Now().Add(d).Format(time.RFC3339) + `"` }
	for name, tc := range map[string]struct{ fields, want string }{
		"sendAt without a Messaging Service":      {`"smsFrom": "+15005550006", ` + at(time.Hour), "messagingServiceSid"},
		"sendAt too soon":                         {service + at(14*time.Minute), "15 minutes to 35 days"},
		"sendAt too far ahead":                    {service + at(36*24*time.Hour), "15 minutes to 35 days"},
		"an invalid Messaging Service":            {`"messagingServiceSid": "MG1"`, "MG and 32 hex digits"},
		"an invalid content SID":                  {service + `"contentSid": "HX1"`, "HX and 32 hex digits"},
		"eleven pictures":                         {service + `"mediaUrl": ["1","2","3","4","5","6","7","8","9","10","11"]`, "10 URLs"},
		"a validity period that is too long":      {service + `"validityPeriod": 36001`, "36000"},
		"shortenUrls without a Messaging Service": {`"smsFrom": "+15005550006", "shortenUrls": true`, "shortenUrls"},
		"an unknown onUnknown":                    {service + `"onUnknown": "guess"`, "report or resend"},
	} {
		var drafts []twilio.Draft
		result := execute(t, accepting(&drafts), json.RawMessage(`{"smsTo": "+15005550001", "smsBody": "Hi", `+tc.fields+`}`))
		if len(drafts) > 0 || len(result.Errors) != 1 || result.Errors[0].Code != sms.CodeInvalidInput || !strings.Contains(result.Errors[0].Message, tc.want) {
			t.Errorf("%s: got texts %v, result %+v, want no texts and an error that gives the reason", name, drafts, result.Errors)
		}
	}
}

func TestTooManySegmentsAreRefused(t *testing.T) {
	for body, want := range map[string]string{
		strings.Repeat("a", 161):         "2 segments, but maxSegments is 1",
		strings.Repeat("a", 80) + "’":    `character '’' at position 81 makes it UCS-2`,
		strings.Repeat("a", 1601):        "1601 characters, but Twilio accepts at most 1600",
		strings.Repeat("a", 160):         "",
		strings.Repeat("a", 69) + "’":    "",
		"<#list 1..200 as i>a</#list>":   "2 segments, but maxSegments is 1",
		"<#if false>x</#if>  ":           "an empty text",
		"<#list 1..2000 as i>a</#list>":  "2000 characters, but Twilio accepts at most 1600",
		strings.Repeat("€", 80) + "${1}": "2 segments",
	} {
		var drafts []twilio.Draft
		result := execute(t, accepting(&drafts), sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.To("+15005550001"), SmsBody: body, MaxSegments: 1})
		switch {
		case want == "" && len(drafts) != 1:
			t.Errorf("body %.20q…: got errors %+v, want none", body, result.Errors)
		case want != "" && (len(drafts) > 0 || !strings.Contains(result.Errors[0].Message, want)):
			t.Errorf("body %.20q…: got %d texts, errors %+v, want no texts and one error with %q", body, len(drafts), result.Errors, want)
		}
	}
}
