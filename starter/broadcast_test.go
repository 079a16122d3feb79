package main

import (
	"strings"
	"testing"

	"temporal-twilio/sms"
)

func TestDryRunNamesEachReasonOnce(t *testing.T) {
	p := sms.BroadcastProgress{Recipients: 2000, DryRun: &sms.Preview{Messages: 1, Failures: []sms.Error{
		{To: "+15005550001", Code: sms.CodeTemplateMetadata, Message: "name is missing"},
		{To: "nobody", Code: sms.CodeInvalidTo, Message: "it has letters"},
		{To: "+15005550002", Code: sms.CodeTemplateMetadata, Message: "name is missing"},
		{Code: sms.CodeInvalidInput, Message: "line 7 of the file has no recipient"},
	}}}
	var out strings.Builder
	tellDryRun(&out, p)
	const want = `  nothing was sent; it would have been 1 message in 0 segments
  not to +15005550001 and 1 other: TEMPLATE_METADATA_ERROR name is missing
  not to nobody: INVALID_TO_PHONE_NUMBER_ERROR it has letters
  not sent: INVALID_INPUT line 7 of the file has no recipient
  and not to 1995 more recipients
`
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
