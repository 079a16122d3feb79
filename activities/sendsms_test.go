package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

// gatewayFunc is a gateway that sends a message by calling the function, and
// lists no messages.
type gatewayFunc func(context.Context, twilio.Draft) (sms.Message, error)

func (f gatewayFunc) Fetch(context.Context, string) (twilio.Record, error) {
	return twilio.Record{}, &sms.Error{Code: sms.CodeInvalidRequest, TwilioCode: 20404}
}

func (f gatewayFunc) Cancel(ctx context.Context, sid string) (twilio.Record, error) {
	return f.Fetch(ctx, sid)
}

func (f gatewayFunc) Redact(ctx context.Context, sid string) (twilio.Record, error) {
	return f.Fetch(ctx, sid)
}

func (f gatewayFunc) List(context.Context, twilio.Query) (twilio.Listing, error) {
	return twilio.Listing{Whole: true}, nil
}

func (f gatewayFunc) Now() (time.Time, bool) { return time.Now(), true }

func (f gatewayFunc) Send(ctx context.Context, d twilio.Draft) (sms.Message, error) {
	return f(ctx, d)
}

// accepting returns a gateway that accepts and records every message.
func accepting(drafts *[]twilio.Draft) gatewayFunc {
	return func(_ context.Context, d twilio.Draft) (sms.Message, error) {
		d.Check = nil
		*drafts = append(*drafts, d)
		return sms.Message{To: d.To, SID: "SM" + strings.TrimPrefix(d.To, "+"), Status: sms.StatusQueued, Segments: 1}, nil
	}
}

// quiet returns a test suite that discards logs.
func quiet() *testsuite.WorkflowTestSuite {
	suite := &testsuite.WorkflowTestSuite{}
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	return suite
}

// newActivities returns activities that send one message at a time, store no
// records, and hardly wait for Twilio's listings.
func newActivities(gateway Gateway) *Activities {
	return &Activities{
		Accounts: map[string]Account{"": {Gateway: gateway, Pace: NewPace(Limits{Concurrency: 1})}},
		Renderer: NewFreeMarker("", ""),
		Record:   func(context.Context, any) error { return nil },
		Settle:   time.Millisecond,
		Patience: time.Millisecond,
	}
}

// execute runs SendSms as a worker would, with an argument of any type.
func execute(t *testing.T, gateway Gateway, args ...any) sms.SendSmsResult {
	t.Helper()
	result, err := run(t, newActivities(gateway), args...)
	if err != nil {
		t.Fatalf("SendSms failed: %v", err)
	}
	return result
}

func run(t *testing.T, a *Activities, args ...any) (sms.SendSmsResult, error) {
	t.Helper()
	env := quiet().NewTestActivityEnvironment()
	env.RegisterActivityWithOptions(a.SendSms, activity.RegisterOptions{Name: sms.SendSmsName})
	encoded, err := env.ExecuteActivity(sms.SendSmsName, args...)
	if err != nil {
		return sms.SendSmsResult{}, err
	}
	var result sms.SendSmsResult
	if err := encoded.Get(&result); err != nil {
		t.Fatal(err)
	}
	checkContract(t, result)
	return result, nil
}

// checkContract checks what is promised for every result.
func checkContract(t *testing.T, r sms.SendSmsResult) {
	t.Helper()
	var messages []sms.Message
	if err := json.Unmarshal([]byte(r.TwilioResult), &messages); err != nil || !reflect.DeepEqual(messages, r.Messages) {
		t.Errorf("got twilioResult %s, want the messages %v", r.TwilioResult, r.Messages)
	}
	if (r.TwilioError == nil) != (len(r.Errors) == 0) {
		t.Errorf("got twilioError null = %t with %d errors, want null only without errors", r.TwilioError == nil, len(r.Errors))
	}
	if r.TwilioError != nil {
		var errors []sms.Error
		if err := json.Unmarshal([]byte(*r.TwilioError), &errors); err != nil || !reflect.DeepEqual(errors, r.Errors) {
			t.Errorf("got twilioError %s, want the errors %v", *r.TwilioError, r.Errors)
		}
	}
	for _, e := range r.Errors {
		if e.Code == "" || e.Message == "" {
			t.Errorf("got error %+v, want a code and a message", e)
		}
	}
}

func TestSendSmsAcceptsEveryListForm(t *testing.T) {
	for name, list := range map[string]any{
		"a JSON array":                      []string{"+15005550001", "+15005550002"},
		"a string with a JSON array":        `["+15005550001", "+15005550002"]`,
		"a comma-separated string":          " +15005550001,+15005550002 ,",
		"objects":                           []any{map[string]any{"to": "+15005550001"}, "+15005550002"},
		"a duplicate number is texted once": []string{"+15005550001", "+1 500 555 0001", "+15005550002"},
		"a string with surrounding spaces":  ` ["+15005550001","+15005550002"] `,
		"punctuation within a number":       "+1 (500) 555-0001, +1.500.555.0002",
		"a string with objects inside":      `[{"to":"+15005550001"},{"to":"+15005550002"}]`,
	} {
		t.Run(name, func(t *testing.T) {
			var drafts []twilio.Draft
			result := execute(t, accepting(&drafts), map[string]any{"smsFrom": "+15005550006", "smsTo": list, "smsBody": "Hi"})
			want := []twilio.Draft{
				{From: "+15005550006", To: "+15005550001", Body: "Hi"},
				{From: "+15005550006", To: "+15005550002", Body: "Hi"},
			}
			for i := range drafts {
				drafts[i].Options = nil
			}
			if !reflect.DeepEqual(drafts, want) {
				t.Errorf("got texts %v, want one to each of the two numbers", drafts)
			}
			if len(result.Messages) != 2 || result.TwilioError != nil {
				t.Errorf("got result %+v, want two messages and no errors", result)
			}
		})
	}
}

func TestNationalNumberUsesRegion(t *testing.T) {
	for _, tc := range []struct {
		region, to, want string
	}{
		{"", "0170 1234567", ""},
		{"DE", "0170 1234567", "+491701234567"},
		{"DE", "+1 (415) 555-2671", "+14155552671"},
		{"US", "415-555-2671", "+14155552671"},
		{"GB", "07400 123456", "+447400123456"},
		{"DE", "nobody", ""},
		{"DE", "12", ""},
		{"US", "whatsapp:+14155552671", "whatsapp:+14155552671"},
	} {
		var drafts []twilio.Draft
		execute(t, accepting(&drafts), map[string]any{"smsFrom": "+15005550006", "smsTo": []string{tc.to}, "smsBody": "Hi", "defaultRegion": tc.region})
		got := ""
		if len(drafts) > 0 {
			got = drafts[0].To
		}
		if got != tc.want {
			t.Errorf("smsTo %q in region %q: texted %q, want %q", tc.to, tc.region, got, tc.want)
		}
	}
	var drafts []twilio.Draft
	if got := execute(t, accepting(&drafts), map[string]any{"smsFrom": "+15005550006", "smsTo": "0170", "smsBody": "Hi", "defaultRegion": "Germany"}); got.Errors[0].Code != sms.CodeInvalidInput {
		t.Errorf("with an invalid region: got result %+v, want INVALID_INPUT", got)
	}
}

func TestSendSmsAlwaysCompletes(t *testing.T) {
	good := map[string]any{"smsFrom": "+15005550006", "smsTo": "+15005550001", "smsBody": "Hi"}
	with := func(changes map[string]any) map[string]any {
		all := map[string]any{}
		for _, m := range []map[string]any{good, changes} {
			maps.Copy(all, m)
		}
		return all
	}
	raw := func(encoding, data string) converter.RawValue {
		return converter.NewRawValue(&commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte(encoding)}, Data: []byte(data)})
	}
	for name, tc := range map[string]struct {
		args    []any
		code    sms.Code
		mention string
	}{
		"without an argument":             {nil, sms.CodeMissingInput, "without an argument"},
		"with null":                       {[]any{nil}, sms.CodeMissingInput, "smsFrom"},
		"with an empty object":            {[]any{map[string]any{}}, sms.CodeMissingInput, "smsFrom, smsTo, smsBody"},
		"with a string":                   {[]any{"hello"}, sms.CodeInvalidInput, "must be an object"},
		"with broken JSON":                {[]any{raw("json/plain", `{"smsFrom":`)}, sms.CodeInvalidInput, "it is invalid after"},
		"with two JSON objects":           {[]any{raw("json/plain", `{} {}`)}, sms.CodeInvalidInput, "it is invalid after 4 bytes"},
		"with another encoding":           {[]any{raw("binary/encrypted", "\x00\x01")}, sms.CodeInvalidInput, "binary/encrypted"},
		"with a sender of the wrong type": {[]any{with(map[string]any{"smsFrom": []int{1}})}, sms.CodeInvalidInput, "smsFrom must be a string"},
		"with a list of the wrong type":   {[]any{with(map[string]any{"smsTo": true})}, sms.CodeInvalidInput, "smsTo must be a list of recipients"},
		"with an unknown field":           {[]any{with(map[string]any{"sendTime": "tomorrow"})}, sms.CodeInvalidInput, "sendTime"},
		"without recipients":              {[]any{with(map[string]any{"smsTo": " , "})}, sms.CodeMissingInput, "smsTo"},
		"without a body":                  {[]any{with(map[string]any{"smsBody": ""})}, sms.CodeMissingInput, "smsBody"},
		"with an invalid sender":          {[]any{with(map[string]any{"smsFrom": "+1"})}, sms.CodeInvalidFrom, "E.164"},
		"with an invalid recipient":       {[]any{with(map[string]any{"smsTo": "12"})}, sms.CodeInvalidTo, "E.164"},
		"with a list of variables":        {[]any{with(map[string]any{"variables": []int{1}})}, sms.CodeInvalidInput, "variables"},
		"with two data models":            {[]any{with(map[string]any{"variables": map[string]any{}, "metadata": map[string]any{}})}, sms.CodeInvalidInput, "metadata"},
		"with a missing variable":         {[]any{with(map[string]any{"smsBody": "Hi ${user.name}"})}, sms.CodeTemplateMetadata, "variable user is missing"},
		"with a broken template":          {[]any{with(map[string]any{"smsBody": "Hi ${name"})}, sms.CodeTemplateSyntax, "smsBody"},
	} {
		t.Run(name, func(t *testing.T) {
			var drafts []twilio.Draft
			result := execute(t, accepting(&drafts), tc.args...)
			if len(drafts) > 0 {
				t.Errorf("got texts %v, want none", drafts)
			}
			if len(result.Errors) != 1 || result.Errors[0].Code != tc.code || !strings.Contains(result.Errors[0].Message, tc.mention) {
				t.Errorf("got errors %+v, want %s with %q", result.Errors, tc.code, tc.mention)
			}
		})
	}
}

func TestSendSmsCompletesAfterPanic(t *testing.T) {
	calls := 0
	gateway := gatewayFunc(func(ctx context.Context, d twilio.Draft) (sms.Message, error) {
		if calls++; calls == 2 {
			panic("number " + d.To)
		}
		return sms.Message{To: d.To, SID: "SM1", Status: sms.StatusQueued, Segments: 1}, nil
	})
	result := execute(t, gateway, sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.To("+15005550001", "+15005550002", "+15005550003"), SmsBody: "Hi"})
	if len(result.Messages) != 2 || len(result.Errors) != 1 {
		t.Fatalf("got result %+v, want two messages and one error", result)
	}
	if e := result.Errors[0]; e.To != "+15005550002" || e.Code != sms.CodeOutcomeUnknown {
		t.Errorf("got error %+v, want OUTCOME_UNKNOWN for the second recipient", e)
	}
	broken := newActivities(gateway)
	broken.Renderer = nil
	result, err := run(t, broken, one)
	if err != nil || len(result.Errors) != 1 || result.Errors[0].Code != sms.CodeUnknown {
		t.Errorf("without a renderer: got result %+v, error %v, want UNKNOWN_ERROR", result, err)
	}
}

func TestBadRecipientDoesNotStopOthers(t *testing.T) {
	gateway := gatewayFunc(func(_ context.Context, d twilio.Draft) (sms.Message, error) {
		if d.To == "+15005550002" {
			return sms.Message{}, &sms.Error{To: d.To, Code: sms.CodeOptedOut, TwilioCode: 21610, HTTPStatus: 400, Message: "Attempt to send to unsubscribed recipient"}
		}
		return sms.Message{To: d.To, SID: "SM1", Status: sms.StatusQueued, Segments: 1}, nil
	})
	result := execute(t, gateway, map[string]any{
		"smsFrom": "+15005550006", "smsBody": "Hi",
		"smsTo": []any{"nobody", 15005550001, "+15005550002", nil, map[string]any{"too": "x"}, "+15005550003"},
	})
	var codes []sms.Code
	for _, e := range result.Errors {
		codes = append(codes, e.Code)
	}
	want := []sms.Code{sms.CodeInvalidTo, sms.CodeInvalidTo, sms.CodeOptedOut, sms.CodeInvalidTo, sms.CodeInvalidTo}
	if !reflect.DeepEqual(codes, want) {
		t.Errorf("got error codes %v, want %v", codes, want)
	}
	if len(result.Messages) != 1 || result.Messages[0].To != "+15005550003" {
		t.Errorf("got messages %v, want one to +15005550003", result.Messages)
	}
}

func TestRecipientVariablesAreMerged(t *testing.T) {
	var drafts []twilio.Draft
	result := execute(t, accepting(&drafts), map[string]any{
		"smsFrom": "+15005550006", "smsBody": "${greeting} ${name}",
		"variables": map[string]any{"greeting": "Hi", "name": "all"},
		"smsTo": []any{
			"+15005550001",
			map[string]any{"to": "+15005550002", "variables": map[string]any{"name": "Ann"}},
			map[string]any{"to": "+15005550003", "variables": map[string]any{"name": nil}},
		},
	})
	var texts []string
	for _, d := range drafts {
		texts = append(texts, d.Body)
	}
	if !reflect.DeepEqual(texts, []string{"Hi all", "Hi Ann"}) {
		t.Errorf("sent %q, want the merged variables", texts)
	}
	if len(result.Errors) != 1 || result.Errors[0].To != "+15005550003" || result.Errors[0].Code != sms.CodeTemplateMetadata {
		t.Errorf("got errors %+v, want none", result.Errors)
	}
}

func TestCancellationReturnsWhatWasSent(t *testing.T) {
	gateway := gatewayFunc(func(sending context.Context, d twilio.Draft) (sms.Message, error) {
		if sending.Err() != nil {
			t.Error("the context of a create in flight was cancelled with the send")
		}
		return sms.Message{To: d.To, SID: "SM1", Status: sms.StatusQueued, Segments: 1}, nil
	})
	a := newActivities(gateway)
	a.RecordFirst = true
	records := 0
	a.Record = func(context.Context, any) error {
		if records++; records == 2 {
			return temporal.NewCanceledError()
		}
		return nil
	}
	result, err := run(t, a, sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.To(phones(200)...), SmsBody: "Hi"})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(result.Messages); n == 0 || n == 200 || n+len(result.Errors) != 200 || result.Errors[0].Code != sms.CodeCancelled || result.Errors[0].To != phones(200)[n] {
		t.Errorf("got %d messages, errors %+v, want some messages and CANCELLED for each of the other recipients", len(result.Messages), result.Errors)
	}
}

func TestReportSurvivesLostRecord(t *testing.T) {
	var drafts []twilio.Draft
	a := newActivities(accepting(&drafts))
	a.RecordFirst = true
	records := 0
	a.Record = func(context.Context, any) error {
		if records++; records == 2 {
			return errors.New("Temporal is unreachable")
		}
		return nil
	}
	// The test environment sets no retry policy, so no other attempt
	// follows.
	result, err := run(t, a, sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.To(phones(200)...), SmsBody: "Hi"})
	if n := len(result.Messages); err != nil || n == 0 || n == 200 || n+len(result.Errors) != 200 || result.Errors[0].Code != sms.CodeNoAttemptLeft || !result.Errors[0].Retryable {
		t.Errorf("got %d messages, errors %v, error %v, want some messages and a retryable NO_ATTEMPT_LEFT for each of the other recipients", n, result.Errors, err)
	}
}

func TestLongestReportFitsIntoPayload(t *testing.T) {
	to := phones(sms.MaxRecipients)
	for name, gateway := range map[string]gatewayFunc{
		"all are sent": func(_ context.Context, d twilio.Draft) (sms.Message, error) {
			return sms.Message{To: d.To, SID: "SM" + strings.Repeat("0", 32), Status: sms.StatusQueued, Segments: 1}, nil
		},
		"all are refused": func(_ context.Context, d twilio.Draft) (sms.Message, error) {
			return sms.Message{}, &sms.Error{
				To: d.To, Code: sms.CodeInvalidRegion, TwilioCode: 21408, HTTPStatus: 400, MoreInfo: "https://www.twilio.com/docs/errors/21408",
				Message: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: " + d.To,
			}
		},
	} {
		result := execute(t, gateway, sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.To(to...), SmsBody: "Hi"})
		if size := len(sms.JSONText(result)); size > 2<<20 || len(result.Messages)+len(result.Errors) != sms.MaxRecipients {
			t.Errorf("%s: got %d bytes for %d messages and %d errors, want at most 2 MiB for %d outcomes", name, size, len(result.Messages), len(result.Errors), sms.MaxRecipients)
		}
	}
	hostile := make([]string, sms.MaxRecipients)
	for i := range hostile {
		hostile[i] = fmt.Sprint(i, strings.Repeat("<\x00", 100))
	}
	if size := len(sms.JSONText(execute(t, gatewayFunc(nil), sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.To(hostile...), SmsBody: "Hi"}))); size > 2<<20 {
		t.Errorf("hostile addresses: got a result of %d bytes, want at most 2 MiB", size)
	}
	if got := execute(t, gatewayFunc(nil), sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.To(phones(sms.MaxRecipients + 1)...), SmsBody: "Hi"}); got.Errors[0].Code != sms.CodeInvalidInput {
		t.Errorf("for a list that is too long: got error %+v, want INVALID_INPUT", got.Errors[0])
	}
}

func FuzzRecipientsNeverPanic(f *testing.F) {
	for _, seed := range []string{`"+1"`, `["+1",null,3]`, `"[\"+1\"]"`, `[{"to":"+1","variables":{"a":1}}]`, `null`, `"["`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var list sms.Recipients
		if json.Unmarshal(data, &list) != nil {
			return
		}
		again, err := json.Marshal(list)
		if err != nil {
			t.Fatalf("decoding and encoding %q: got error %v, want none", data, err)
		}
		var second sms.Recipients
		if err := json.Unmarshal(again, &second); err != nil || len(second) != len(list) {
			t.Errorf("decoding %s again: got %v, want %v", again, second, list)
		}
	})
}

func TestTemplateRendersItsVariables(t *testing.T) {
	const variables = `{"name":"Ann & Bo","items":[{"name":"Tea","price":2.5},{"name":"Cake","price":10}],"n":1234567}`
	for source, want := range map[string]string{
		"Dear ${name}":        "Dear Ann & Bo",
		"${n} and ${n?c}":     "1,234,567 and 1234567",
		"${missing!'nobody'}": "nobody",
		"<#list items as i>${i.name}<#sep>, </#list>": "Tea, Cake",
		"${items[1].price?string('0.00')}":            "10.00",
		"costs $5 {x} #1 <b>":                         "costs $5 {x} #1 <b>",
		"${name?replace('(.) & (.)', '$2', 'r')}":     "AnBo",
	} {
		text, problem := rendered(t.Context(), NewFreeMarker("", ""), source, variables)
		if problem != nil || text != want {
			t.Errorf("%s: got %q, error %+v, want %q", source, text, problem, want)
		}
	}
}

// rendered returns a template rendered with variables.
func rendered(ctx context.Context, f *FreeMarker, source, variables string) (string, *sms.Error) {
	b, problem := newBodies(ctx, f, sms.SendSmsInput{SmsBody: source, Variables: json.RawMessage(variables), SmsTo: sms.To("+15005550009")}, time.Time{})
	if problem != nil {
		return "", problem
	}
	return b.shared.body, nil
}

func TestTemplateErrorHasPosition(t *testing.T) {
	f := NewFreeMarker("", "")
	for source, want := range map[string]sms.Error{
		"Hi\n ${name":                  {Code: sms.CodeTemplateSyntax, Message: "smsBody, line 2, column "},
		"Hi <#if x>":                   {Code: sms.CodeTemplateSyntax, Message: "smsBody, line 1, column "},
		"Hi ${user.name}":              {Code: sms.CodeTemplateMetadata, Message: "smsBody, line 1, column 6: variable user.name is missing"},
		"Hi ${1 + user}":               {Code: sms.CodeTemplateMetadata, Message: "smsBody, line 1, column "},
		"${user?upper_case}":           {Code: sms.CodeTemplateMetadata, Message: "smsBody, line 1, column 3"},
		"<#list 1.. as i>${i}</#list>": {Code: sms.CodeTemplateMetadata, Message: "smsBody"},
	} {
		text, problem := rendered(t.Context(), f, source, `{"user":{}}`)
		if problem == nil || problem.Code != want.Code || !strings.HasPrefix(problem.Message, want.Message) || text != "" {
			t.Errorf("%q: got text %q and error %+v, want no text and error %s that begins with %q", source, text, problem, want.Code, want.Message)
		}
	}
}

func TestTemplateCacheIsBounded(t *testing.T) {
	f := NewFreeMarker("", "")
	for i := range 3 * maxTemplates {
		if _, problem := rendered(t.Context(), f, fmt.Sprintf("text %d", i), "{}"); problem != nil {
			t.Fatalf("got error %+v, want none", problem)
		}
	}
	if n := len(f.parsed); n == 0 || n > maxTemplates {
		t.Errorf("got %d templates in the cache, want 1 to %d", n, maxTemplates)
	}
}

func BenchmarkRender(b *testing.B) {
	f := NewFreeMarker("", "")
	b.ReportAllocs()
	for b.Loop() {
		_, _ = rendered(b.Context(), f, "Dear ${name}, order ${order.number?c} comes to ${order.total?string('0.00')}.", `{"name":"Ann","order":{"number":42,"total":19.5}}`)
	}
}
