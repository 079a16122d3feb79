package activities

import (
	"encoding/json"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

// previewed returns the preview of a send.
func previewed(t *testing.T, input map[string]any) (preview sms.Preview) {
	t.Helper()
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	accounts := map[string]Account{"": {Caps: NewCaps("AC1", []Cap{{"+7", 0, time.Hour}, {EachCountry, 1, time.Hour}})}}
	env.RegisterActivityWithOptions((&Activities{Renderer: NewFreeMarker("", ""), DefaultRegion: "US", Accounts: accounts}).PreviewSms, activity.RegisterOptions{Name: sms.PreviewSmsName})
	value, err := env.ExecuteActivity(sms.PreviewSmsName, input)
	if err == nil {
		err = value.Get(&preview)
	}
	if err != nil {
		t.Fatal(err)
	}
	return preview
}

func TestPreviewReportsTemplateGaps(t *testing.T) {
	to := func(variables string) []any {
		return []any{map[string]any{"to": "+12125550100", "variables": json.RawMessage(variables)}}
	}
	for name, tc := range map[string]struct {
		body, variables, gap string
	}{
		"an empty name":                           {"Dear ${name}, hello", `{"name":""}`, "name"},
		"an empty name that is trimmed":           {"Dear ${name?trim}, hello", `{"name": "" }`, "name"},
		"a default for a missing variable":        {`Dear ${name!"customer"}, hello`, `{"name":""}`, "name"},
		"a name":                                  {"Dear ${name}, hello", `{"name":"Ann"}`, ""},
		"an empty variable that is not used":      {"Dear ${name}, hello", `{"name":"Ann","note":""}`, ""},
		"an empty name that the template handles": {`<#if name?has_content>Dear ${name}<#else>Hello</#if>!`, `{"name":""}`, ""},
		"the second of two names":                 {"Dear ${first} ${last}, hello", `{"first":"Ann","last":""}`, "last"},
		"a variable that is only compared":        {`<#if vip == "">Hello<#else>Dear guest</#if>`, `{"vip":""}`, ""},
		"a code":                                  {`Your code is ${code}`, `{"code":""}`, "code"},
	} {
		p := previewed(t, map[string]any{"smsFrom": "+15005550006", "smsBody": tc.body, "smsTo": to(tc.variables), "maxSegments": 1})
		got := ""
		if len(p.Gaps) > 0 {
			got = p.Gaps[0].Variable
		}
		if p.Messages != 1 || got != tc.gap {
			t.Errorf("%s: got preview %+v, want one message and a gap for %q", name, p, tc.gap)
		}
	}
}

func TestPreviewCountsSegmentsAndFailures(t *testing.T) {
	p := previewed(t, map[string]any{"smsFrom": "+15005550006", "smsBody": "Hi ${name}", "smsTo": []any{
		map[string]any{"to": "212 555 0100", "variables": map[string]any{"name": "Ann"}},
		map[string]any{"to": "+12125550100", "variables": map[string]any{"name": "Ann again"}},
		map[string]any{"to": "+12125550101", "variables": map[string]any{"name": "🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂"}},
		map[string]any{"to": "+12125550102", "variables": map[string]any{"other": "Bo"}},
		map[string]any{"to": "12", "variables": map[string]any{"name": "Cy"}},
		map[string]any{"to": "+79161234567", "variables": map[string]any{"name": "Di"}},
	}})
	if p.Messages != 2 || p.Segments != 3 || len(p.Texts) != 2 || p.Texts[0].To != "+12125550100" || p.Texts[1].Encoding != sms.UCS2 ||
		len(p.Failures) != 3 || p.Failures[0].Code != sms.CodeTemplateMetadata || p.Failures[0].To != "+12125550102" || p.Failures[1].Code != sms.CodeInvalidTo ||
		p.Failures[2].Code != sms.CodeCapReached || p.Failures[2].To != "+79161234567" {
		t.Errorf("got preview %+v, want 2 messages, 3 segments, the second text in UCS-2, and a failure for each of 3 codes", p)
	}
	for name, input := range map[string]map[string]any{
		"a broken template": {"smsFrom": "+15005550006", "smsBody": "Hi ${", "smsTo": "+12125550100"},
		"no sender":         {"smsBody": "Hi", "smsTo": "+12125550100"},
		"bad quiet hours":   {"smsFrom": "+15005550006", "smsBody": "Hi", "smsTo": "+12125550100", "quietHours": map[string]any{"from": "9pm", "to": "08:00"}},
		"a bad sender":      {"smsFrom": "nobody at all here", "smsBody": "Hi", "smsTo": "+12125550100"},
	} {
		if p := previewed(t, input); len(p.Failures) != 1 || p.Failures[0].To != "" || p.Messages != 0 {
			t.Errorf("%s: got preview %+v, want no messages and one failure for the whole list", name, p)
		}
	}
}

func TestKeyedQuietHoursNeedTheWorkflow(t *testing.T) {
	input := one
	input.IdempotencyKey = "spring"
	input.QuietHours = &sms.QuietHours{From: "21:00", To: "08:00"}
	result, err := run(t, newActivities(accepting(&[]twilio.Draft{})), input)
	if err != nil || len(result.Errors) != 1 || result.Errors[0].Message != "quietHours with an idempotencyKey needs a timer, which an activity does not have: start SendSmsWorkflow or BroadcastSmsWorkflow with it" {
		t.Errorf("got result %+v, error %v, want one error that names the workflows to start", result, err)
	}
}
