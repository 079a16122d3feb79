package activities

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

func TestContentVariablesAreTemplates(t *testing.T) {
	var drafts []twilio.Draft
	result := execute(t, accepting(&drafts), json.RawMessage(`{
		"smsFrom": "whatsapp:+15005550006", "contentSid": "HX00000000000000000000000000000001",
		"contentVariables": "{\"1\": \"Dear ${name}\", \"2\": 42, \"3\": \"plain\"}", "variables": {"name": "Ann"},
		"smsTo": [
			"whatsapp:+15005550001",
			{"to": "whatsapp:+15005550002", "variables": {"name": "Bo"}},
			{"to": "whatsapp:+15005550003", "contentVariables": {"3": "<#if name == 'Ann'>own</#if>"}},
			{"to": "whatsapp:+15005550004", "contentVariables": {"1": "${nobody}"}},
			{"to": "whatsapp:+15005550005", "contentVariables": {"1": null}}
		]
	}`))
	want := map[string]string{
		"whatsapp:+15005550001": `{"1":"Dear Ann","2":"42","3":"plain"}`,
		"whatsapp:+15005550002": `{"1":"Dear Bo","2":"42","3":"plain"}`,
		"whatsapp:+15005550003": `{"1":"Dear Ann","2":"42","3":"own"}`,
	}
	for _, draft := range drafts {
		if draft.ContentVariables != want[draft.To] || draft.Body != "" {
			t.Errorf("%s: got body %q and variables %q, want no body and %q", draft.To, draft.Body, draft.ContentVariables, want[draft.To])
		}
	}
	if len(drafts) != 3 || len(result.Errors) != 2 ||
		!strings.Contains(result.Errors[0].Message, "contentVariables.1, line 1, column 3: variable nobody is missing") ||
		!strings.Contains(result.Errors[1].Message, "contentVariables.1 must be a string") {
		t.Errorf("got %d texts and errors %+v, want 3 texts and 2 errors", len(drafts), result.Errors)
	}
}

func TestBrokenContentVariableTextsNobody(t *testing.T) {
	var drafts []twilio.Draft
	result := execute(t, accepting(&drafts), json.RawMessage(`{
		"smsFrom": "+15005550006", "contentSid": "HX00000000000000000000000000000001", "contentVariables": {"1": "${name"}, "smsTo": "+15005550001"}`))
	if len(drafts) > 0 || len(result.Errors) != 1 || result.Errors[0].Code != sms.CodeTemplateSyntax || !strings.HasPrefix(result.Errors[0].Message, "contentVariables.1, line 1") {
		t.Errorf("got texts %v, errors %+v, want no text and TEMPLATE_SYNTAX_ERROR in contentVariables.1", drafts, result.Errors)
	}
}

func TestTextUsesLocaleAndTimeZone(t *testing.T) {
	const source = `${n} ${.now?string("HH:mm")} ${d?datetime.iso?string("EEEE")}`
	variables := json.RawMessage(`{"n": 1234.5, "d": "2026-01-31T08:00:00Z"}`)
	now := time.Date(2026, 1, 31, 8, 0, 0, 0, time.UTC)
	for _, tc := range []struct{ worker, zone, locale, timeZone, want string }{
		{"", "", "", "", "1,234.5 08:00 Saturday"},
		{"de", "Europe/Berlin", "", "", "1.234,5 09:00 Samstag"},
		{"de", "Europe/Berlin", "pt-BR", "GMT-03:00", "1.234,5 05:00 sábado"},
	} {
		b, problem := newBodies(t.Context(), NewFreeMarker(tc.worker, tc.zone), sms.SendSmsInput{
			SmsTo: sms.To("+15005550009"), SmsBody: source, Variables: variables, Locale: tc.locale, TimeZone: tc.timeZone,
		}, now)
		if problem != nil || b.shared.body != tc.want {
			t.Errorf("%+v: got body %q, error %+v, want the body %q", tc, b.shared.body, problem, tc.want)
		}
	}
	for field, value := range map[string]string{"locale": "English", "timeZone": "Berlin"} {
		result := execute(t, accepting(new([]twilio.Draft)), map[string]any{"smsFrom": "+15005550006", "smsTo": "+15005550009", "smsBody": "Hi", field: value})
		if len(result.Errors) != 1 || result.Errors[0].Code != sms.CodeInvalidInput || !strings.Contains(result.Errors[0].Message, field+" must be") {
			t.Errorf("%s %s: got result %+v, want INVALID_INPUT that names the field", field, value, result)
		}
	}
}

func TestSharedTemplateIsParsedOnce(t *testing.T) {
	allocations := func(items int) float64 {
		shared := `{"list": [` + strings.Repeat(`{"name": "x"},`, items) + `{}], "name": "nobody"}`
		b, problem := newBodies(t.Context(), NewFreeMarker("", ""), sms.SendSmsInput{SmsBody: "Hi ${name}", Variables: json.RawMessage(shared)}, time.Time{})
		if problem != nil {
			t.Fatal(problem)
		}
		own := sms.Recipient{To: "+15005550009", Variables: json.RawMessage(`{"name": "Ann"}`)}
		return testing.AllocsPerRun(20, func() {
			if c, problem := b.of(t.Context(), own); problem != nil || c.body != "Hi Ann" {
				t.Fatal(c, problem)
			}
		})
	}
	if few, many := allocations(1), allocations(10_000); many > 2*few {
		t.Errorf("a recipient takes %.0f allocations with 10,000 shared values and %.0f with one, want at most twice as many", many, few)
	}
}

func TestRecipientVariablesOverrideShared(t *testing.T) {
	b, problem := newBodies(t.Context(), NewFreeMarker("", ""), sms.SendSmsInput{
		SmsBody: "<#list .data_model?keys as k>${k}=<#if .data_model[k]?is_hash>${.data_model[k].x!'-'}<#else>${.data_model[k]}</#if> </#list>", Variables: json.RawMessage(`{"a": 1, "b": {"x": 2}, "c": 3}`),
	}, time.Time{})
	if problem != nil {
		t.Fatal(problem)
	}
	got, problem := b.of(t.Context(), sms.Recipient{Variables: json.RawMessage(`{"b": {"y": 1}, "d": 5, "a": 9}`)})
	if want := "a=9 b=- c=3 d=5 "; problem != nil || got.body != want {
		t.Errorf("got %q, want %q; error %+v", got.body, want, problem)
	}
	if again, _ := b.of(t.Context(), sms.Recipient{Variables: json.RawMessage(`{}`)}); again.body != "a=1 b=2 c=3 " {
		t.Errorf("got %q for the next recipient, want one without the variables of the first recipient", fmt.Sprint(again.body))
	}
}
