package sms

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

type base struct {
	SmsFrom   string          `json:"smsFrom,omitempty" example:"\"+15005550006\""`
	SmsTo     Recipients      `json:"smsTo"`
	Variables json.RawMessage `json:"variables,omitempty" example:"{\"name\": \"Ann\"}"`
	MediaURL  []string        `json:"mediaUrl,omitempty" example:"[\"https://example.com/a.png\"]"`
	Smart     *bool           `json:"smartEncoded,omitempty"`
	Period    int             `json:"validityPeriod,omitempty" example:"3600"`
	MaxPrice  *float32        `json:"maxPrice,omitempty" example:"0.05"`
	SendAt    *time.Time      `json:"sendAt,omitempty"`
}

type whole struct {
	base
	Wait      bool     `json:"waitForDelivery,omitempty"`
	Timeout   Duration `json:"timeout,omitempty"`
	Reminders []struct {
		After Duration `json:"after"`
		Body  string   `json:"smsBody" example:"\"Hello\""`
	} `json:"reminders,omitempty"`
	Anything json.RawMessage `json:"anything,omitempty"`
}

func TestDecodeReadsEverySpelling(t *testing.T) {
	yes, price := true, float32(0.5)
	at := time.Date(2026, 1, 31, 8, 0, 0, 0, time.UTC)
	for in, want := range map[string]whole{
		`{}`: {},
		`{"SmsFrom": "ACME", "WAITFORDELIVERY": true, "Timeout": null}`:              {base: base{SmsFrom: "ACME"}, Wait: true},
		`{"waitForDelivery": "true", "validityPeriod": "1", "maxPrice": "0.5"}`:      {base: base{Period: 1, MaxPrice: &price}, Wait: true},
		`{"waitForDelivery": "", "validityPeriod": "", "variables": "", "smsTo":""}`: {},
		`{"waitForDelivery": "FALSE", "smartEncoded": "True"}`:                       {base: base{Smart: &yes}},
		`{"validityPeriod": 60.0}`:                                                   {base: base{Period: 60}},
		`{"validityPeriod": 3.6e3}`:                                                  {base: base{Period: 3600}},
		`{"smsFrom": " A\n"}`:                                                        {base: base{SmsFrom: " A\n"}},
		`{"smsFrom": 12345}`:                                                         {base: base{SmsFrom: "12345"}},
		`{"mediaUrl": "https://a/?b=1,2"}`:                                           {base: base{MediaURL: []string{"https://a/?b=1,2"}}},
		`{"mediaUrl": "[\"https://a\", \"https://b\"]"}`:                             {base: base{MediaURL: []string{"https://a", "https://b"}}},
		`{"variables": "{\"a\": {\"b\": 1}}"}`:                                       {base: base{Variables: json.RawMessage(`{"a": {"b": 1}}`)}},
		`{"anything": "x"}`:                                                          {Anything: json.RawMessage(`"x"`)},
		`{"timeout": "90s"}`:                                                         {Timeout: Duration(90 * time.Second)},
		`{"timeout": 90}`:                                                            {Timeout: Duration(90 * time.Second)},
		`{"timeout": "90"}`:                                                          {Timeout: Duration(90 * time.Second)},
		`{"timeout": 0.5}`:                                                           {Timeout: Duration(500 * time.Millisecond)},
		`{"timeout": "PT24H"}`:                                                       {Timeout: Duration(24 * time.Hour)},
		`{"timeout": "P1DT2H3M4.5S"}`:                                                {Timeout: Duration(26*time.Hour + 3*time.Minute + 4500*time.Millisecond)},
		`{"timeout": "P2W"}`:                                                         {Timeout: Duration(14 * 24 * time.Hour)},
		`{"timeout": 86400}`:                                                         {Timeout: Duration(24 * time.Hour)},
		`{"sendAt": "2026-01-31T08:00:00Z"}`:                                         {base: base{SendAt: &at}},
		`{"sendAt": "2026-01-31T09:00+01:00[Europe/Berlin]"}`:                        {base: base{SendAt: &at}},
		`{"sendAt": "2026-01-31 08:00:00.000z"}`:                                     {base: base{SendAt: &at}},
		`{"smsTo": ["+1", {"To": "+2", "Variables": "{\"a\":1}"}]}`:                  {base: base{SmsTo: Recipients{{To: "+1"}, {To: "+2", Variables: json.RawMessage(`{"a":1}`)}}}},
		`{"smsTo": {"to": "+1", "contentVariables": {"1": "a"}}}`:                    {base: base{SmsTo: Recipients{{To: "+1", ContentVariables: json.RawMessage(`{"1": "a"}`)}}}},
		`{"smsTo": "{\"to\": \"+1\"}"}`:                                              {base: base{SmsTo: To("+1")}},
		`{"smsTo": "[\"+1\", \"+2\"]"}`:                                              {base: base{SmsTo: To("+1", "+2")}},
		`{"smsTo": "+1, +2,"}`:                                                       {base: base{SmsTo: To("+1", "+2")}},
		`{"smsTo": [12, {"number": "+1"}, null]}`:                                    {base: base{SmsTo: To("12", `{"number": "+1"}`, "null")}},
		`{"smsTo": 12}`:                                                              {base: base{SmsTo: To("12")}},
		`"{\"smsFrom\": \"ACME\"}"`:                                                  {base: base{SmsFrom: "ACME"}},
	} {
		var got whole
		if err := Decode([]byte(in), &got); err != nil {
			t.Errorf("%s: got error %v, want none", in, err)
		}
		if got.SendAt != nil {
			*got.SendAt = got.SendAt.UTC()
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", in, got, want)
		}
	}
}

// sdkInputs holds the same three inputs as the default converter of each SDK
// writes them, from the types that an author would declare in that language.
var sdkInputs = map[string]struct{ send, ask, broadcast string }{
	// System.Text.Json: PascalCase, null for absent values, TimeSpan and
	// TimeOnly with seconds, and an escaped plus sign.
	".NET": {
		`{"SmsFrom":"\u002B15005550006","SmsTo":[{"To":"\u002B15005550009","Variables":{"name":"Bo"},"ContentVariables":null}],"SmsBody":"Hello","Variables":null,
			"GiveUpAfter":"1.02:00:00","OnError":"Fail","OnUnknown":null,"MediaUrl":null,"SendAt":"2026-01-31T09:00:00+01:00","ValidityPeriod":60,"StatusSignals":null,"MaxPrice":0.5,
			"QuietHours":{"From":"21:00:00","To":"08:00:00","TimeZone":null},"MaxSegments":0,"WaitForDelivery":true,"Timeout":"00:10:00"}`,
		`{"SmsFrom":"\u002B15005550006","SmsTo":"\u002B15005550009","SmsBody":"Yes?","Reminders":[{"After":"01:00:00","SmsBody":"Well?"}],"Timeout":"1.00:00:00","IfSeveral":"Latest","Code":null}`,
		`{"SmsFrom":"\u002B15005550006","SmsBody":"Hello","SmsTo":null,"File":null,"Source":{"Activity":"People","TaskQueue":"shop","Input":null},"PageSize":0,"DryRun":false,"SenderRate":1.5,
			"QuietHours":{"From":"21:00:00","To":"08:00:00"}}`,
	},
	// Jackson with the modules of the SDK: an Optional as its value or
	// null, enum constants in capitals, and java.time as ISO 8601.
	"Java": {
		`{"smsFrom":"+15005550006","smsTo":[{"to":"+15005550009","variables":{"name":"Bo"},"contentVariables":null}],"smsBody":"Hello","variables":null,
			"giveUpAfter":"PT26H","onError":"FAIL","onUnknown":null,"mediaUrl":[],"sendAt":"2026-01-31T08:00:00Z","validityPeriod":60,"statusSignals":null,"maxPrice":0.50,
			"quietHours":{"from":"21:00:00","to":"08:00","timeZone":null},"maxSegments":null,"waitForDelivery":true,"timeout":"PT10M"}`,
		`{"smsFrom":"+15005550006","smsTo":"+15005550009","smsBody":"Yes?","reminders":[{"after":"PT1H","smsBody":"Well?"}],"timeout":"PT24H","ifSeveral":"LATEST","code":null}`,
		`{"smsFrom":"+15005550006","smsBody":"Hello","smsTo":null,"file":null,"source":{"activity":"People","taskQueue":"shop","input":null},"pageSize":null,"dryRun":false,"senderRate":1.5,
			"quietHours":{"from":"21:00:00","to":"08:00:00"}}`,
	},
	// A dataclass: names with underscores, None as null,
	// datetime.isoformat, and a timedelta as total_seconds or in Pydantic's
	// format.
	"Python": {
		`{"sms_from": "+15005550006", "sms_to": [{"to": "+15005550009", "variables": {"name": "Bo"}, "content_variables": null}], "sms_body": "Hello", "variables": null,
			"give_up_after": "P1DT2H", "on_error": "fail", "on_unknown": null, "media_url": [], "send_at": "2026-01-31T08:00:00+00:00", "validity_period": 60, "status_signals": null, "max_price": 0.5,
			"quiet_hours": {"from": "21:00:00", "to": "08:00:00", "time_zone": null}, "max_segments": 0, "wait_for_delivery": true, "timeout": 600.0}`,
		`{"sms_from": "+15005550006", "sms_to": "+15005550009", "sms_body": "Yes?", "reminders": [{"after": 3600.0, "sms_body": "Well?"}], "timeout": 86400.0, "if_several": "latest", "code": null}`,
		`{"sms_from": "+15005550006", "sms_body": "Hello", "sms_to": [], "file": null, "source": {"activity": "People", "task_queue": "shop", "input": null}, "page_size": null, "dry_run": false, "sender_rate": 1.5,
			"quiet_hours": {"from": "21:00:00", "to": "08:00:00"}}`,
	},
	// JSON.stringify: undefined values are omitted, a Date has
	// milliseconds, and durations are strings in the SDK's own format.
	"TypeScript": {
		`{"smsFrom":"+15005550006","smsTo":[{"to":"+15005550009","variables":{"name":"Bo"}}],"smsBody":"Hello",
			"giveUpAfter":"26 hours","onError":"fail","sendAt":"2026-01-31T08:00:00.000Z","validityPeriod":60,"maxPrice":0.5,
			"quietHours":{"from":"21:00","to":"08:00"},"waitForDelivery":true,"timeout":"10 minutes"}`,
		`{"smsFrom":"+15005550006","smsTo":"+15005550009","smsBody":"Yes?","reminders":[{"after":"1 hour","smsBody":"Well?"}],"timeout":"1d","ifSeveral":"latest"}`,
		`{"smsFrom":"+15005550006","smsBody":"Hello","source":{"activity":"People","taskQueue":"shop"},"senderRate":1.5,"quietHours":{"from":"21:00","to":"08:00"}}`,
	},
	// Ruby's JSON.generate writes a Time with spaces, and PHP writes
	// durations with years and months.
	"Ruby and PHP": {
		`{"smsFrom":"+15005550006","smsTo":[{"to":"+15005550009","variables":{"name":"Bo"}}],"smsBody":"Hello",
			"giveUpAfter":"P0Y0M1DT2H0M0S","onError":"fail","sendAt":"2026-01-31 09:00:00 +0100","validityPeriod":60,"maxPrice":0.5,
			"quietHours":{"from":"21:00","to":"08:00"},"waitForDelivery":true,"timeout":600}`,
		`{"smsFrom":"+15005550006","smsTo":"+15005550009","smsBody":"Yes?","reminders":[{"after":3600,"smsBody":"Well?"}],"timeout":86400,"ifSeveral":"latest"}`,
		`{"smsFrom":"+15005550006","smsBody":"Hello","source":{"activity":"People","taskQueue":"shop"},"senderRate":1.5,"quietHours":{"from":"21:00","to":"08:00"}}`,
	},
}

func TestDecodeReadsEachSDKsInput(t *testing.T) {
	price, at := float32(0.5), time.Date(2026, 1, 31, 8, 0, 0, 0, time.UTC)
	for language, inputs := range sdkInputs {
		var send SendSmsWorkflowInput
		if err := Decode([]byte(inputs.send), &send); err != nil {
			t.Errorf("%s: a send: got error %v, want none", language, err)
			continue
		}
		if send.QuietHours == nil || send.QuietHours.Check() != nil || send.SendAt == nil || !send.SendAt.Equal(at) {
			t.Errorf("%s: got quiet hours %+v and sendAt %v, want valid quiet hours and %v", language, send.QuietHours, send.SendAt, at)
		}
		send.QuietHours, send.SendAt = nil, nil
		want := SendSmsWorkflowInput{SendSmsInput: SendSmsInput{
			SmsFrom: "+15005550006", SmsTo: Recipients{{To: "+15005550009", Variables: json.RawMessage(`{"name":"Bo"}`)}}, SmsBody: "Hello",
			GiveUpAfter: Duration(26 * time.Hour), OnError: OnErrorFail, ValidityPeriod: 60, MaxPrice: &price,
		}, WaitForDelivery: true, Timeout: Duration(10 * time.Minute)}
		if !sameAsJSON(t, send, want) {
			t.Errorf("%s: a send: got %+v, want %+v", language, send, want)
		}

		var ask AskSmsInput
		err := Decode([]byte(inputs.ask), &ask)
		wantAsk := AskSmsInput{
			SmsFrom: "+15005550006", SmsTo: "+15005550009", SmsBody: "Yes?", Reminders: []Reminder{{Duration(time.Hour), "Well?"}},
			Timeout: Duration(24 * time.Hour), IfSeveral: IfSeveralLatest,
		}
		if err != nil || !sameAsJSON(t, ask, wantAsk) {
			t.Errorf("%s: a question: got %+v, error %v, want %+v", language, ask, err, wantAsk)
		}

		var broadcast BroadcastSmsInput
		err = Decode([]byte(inputs.broadcast), &broadcast)
		if err != nil || broadcast.QuietHours == nil || broadcast.QuietHours.Check() != nil || broadcast.SenderRate != 1.5 || len(broadcast.SmsTo) > 0 ||
			broadcast.Source == nil || broadcast.Source.Activity != "People" || broadcast.Source.TaskQueue != "shop" || isGiven(broadcast.Source.Input) {
			t.Errorf("%s: a broadcast: got %+v, error %v, want the source, the sender rate and valid quiet hours", language, broadcast, err)
		}
	}
}

// sameAsJSON compares two payloads, except for white space in raw JSON.
func sameAsJSON(t *testing.T, a, b any) bool {
	t.Helper()
	one, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	other, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(one) == string(other)
}

func TestDurationsOfEachLanguageAreRead(t *testing.T) {
	for written, want := range map[string]time.Duration{
		`"90s"`: 90 * time.Second, `"1h30m0s"`: 90 * time.Minute, `90`: 90 * time.Second, `90.5`: 90500 * time.Millisecond,
		`"PT1H30M"`: 90 * time.Minute, `"P0Y0M0DT1H30M0S"`: 90 * time.Minute, `"P1W"`: 7 * 24 * time.Hour,
		`"00:01:30"`: 90 * time.Second, `"1.02:03:04.5000000"`: 26*time.Hour + 3*time.Minute + 4500*time.Millisecond, `"1:30:00"`: 90 * time.Minute,
		`"10 minutes"`: 10 * time.Minute, `"1 day"`: 24 * time.Hour, `"2d"`: 48 * time.Hour, `"1.5 hrs"`: 90 * time.Minute, `"3 weeks"`: 21 * 24 * time.Hour, `"90 SECONDS"`: 90 * time.Second,
		`"500ms"`: 500 * time.Millisecond,
	} {
		var got whole
		if err := Decode([]byte(`{"timeout": `+written+`}`), &got); err != nil || got.Timeout != Duration(want) {
			t.Errorf("%s: got %v, error %v, want %s", written, time.Duration(got.Timeout), err, want)
		}
	}
	// Months and years, negative, excessive and ambiguous durations, and
	// bare numbers of milliseconds or nanoseconds are invalid.
	for _, written := range []string{`"1 month"`, `"P1M"`, `"P1Y"`, `"-00:01:30"`, `"PT-1S"`, `"-1h"`, `"1:30"`, `300000`, `90000000000`, `"9999999 weeks"`, `"P5200W36500DT876000H"`, `"2000000h"`, `"10 minutes ago"`} {
		var got whole
		if err := Decode([]byte(`{"timeout": `+written+`}`), &got); err == nil {
			t.Errorf("decoding the invalid duration %s returned %v, want an error", written, time.Duration(got.Timeout))
		}
	}
}

func TestDecodeExplainsMistakes(t *testing.T) {
	for in, want := range map[string]string{
		`{"smsFrm": "+1"}`:                           "there is no field smsFrm (did you mean smsFrom?)",
		`{"from": "+1"}`:                             "there is no field from (did you mean smsFrom?)",
		`{"media_uri": "x"}`:                         "there is no field media_uri (did you mean mediaUrl?)",
		`{"sms_from": "a", "smsFrom": "b"}`:          "smsFrom is given twice",
		`{"hello": 1}`:                               "there is no field hello",
		`{"smsFrom": "a", "SmsFrom": "b"}`:           "smsFrom is given twice",
		`{"smsFrom": ["a"]}`:                         `smsFrom must be a string, such as "+15005550006"; it is a list`,
		`{"smsTo": true}`:                            `smsTo must be a list of recipients, such as ["+15005550009"], "+15005550009, +15005550010" or {"to": "+15005550009", "variables": {"name": "Ann"}}; it is true`,
		`{"mediaUrl": [{}]}`:                         `mediaUrl[0] must be a string, such as ["https://example.com/a.png"]; it is an object`,
		`{"variables": "Ann"}`:                       `variables must be an object, such as {"name": "Ann"}; it is "Ann"`,
		`{"variables": [1]}`:                         `variables must be an object, such as {"name": "Ann"}; it is a list`,
		`{"validityPeriod": "an hour"}`:              `validityPeriod must be a whole number, such as 3600; it is "an hour"`,
		`{"validityPeriod": 1.5}`:                    `validityPeriod must be a whole number, such as 3600; it is 1.5`,
		`{"validityPeriod": 1e300}`:                  `validityPeriod must be a whole number, such as 3600; it is 1e300`,
		`{"maxPrice": 1e39}`:                         `maxPrice must be a number, such as 0.05; it is 1e39`,
		`{"maxPrice": "NaN"}`:                        `maxPrice must be a number, such as 0.05; it is "NaN"`,
		`{"waitForDelivery": "yes"}`:                 `waitForDelivery must be true or false; it is "yes"`,
		`{"waitForDelivery": 1}`:                     `waitForDelivery must be true or false; it is 1`,
		`{"timeout": "soon"}`:                        `timeout must be a duration, such as "90s", "1h30m" or "PT24H"; it is "soon"`,
		`{"timeout": -1}`:                            `timeout must be a duration, such as "90s", "1h30m" or "PT24H"; it is -1`,
		`{"timeout": "P1M"}`:                         `timeout must be a duration, such as "90s", "1h30m" or "PT24H"; it is "P1M"`,
		`{"timeout": "PT"}`:                          `timeout must be a duration, such as "90s", "1h30m" or "PT24H"; it is "PT"`,
		`{"timeout": 1e300}`:                         `timeout must be a duration, such as "90s", "1h30m" or "PT24H"; it is 1e300`,
		`{"timeout": {}}`:                            `timeout must be a duration, such as "90s", "1h30m" or "PT24H"; it is an object`,
		`{"timeout": 300000}`:                        `timeout must have a unit if it is longer than a day, such as "48h" or "P2D": a bare number means seconds; it is 300000`,
		`{"sendAt": "2026-01-31T09:00:00"}`:          `sendAt must be in a time zone: add Z or an offset, such as "2026-01-31T09:00:00+01:00" or "2026-01-31T08:00:00Z"; it is "2026-01-31T09:00:00"`,
		`{"sendAt": "tomorrow"}`:                     `sendAt must be a date and time with a time zone, such as "2026-01-31T09:00:00+01:00" or "2026-01-31T08:00:00Z"; it is "tomorrow"`,
		`{"sendAt": 1800000000}`:                     `sendAt must be a date and time with a time zone, such as "2026-01-31T09:00:00+01:00" or "2026-01-31T08:00:00Z"; it is 1800000000`,
		`{"reminders": [{"after": "x", "body": 1}]}`: `reminders[0].after must be a duration, such as "90s", "1h30m" or "PT24H"; it is "x". there is no field reminders[0].body (did you mean smsBody?)`,
		`{"smsFrom": {}, "validityPeriod": []}`:      `smsFrom must be a string, such as "+15005550006"; it is an object. validityPeriod must be a whole number, such as 3600; it is a list`,
		`[]`:                                         `the input must be an object, such as {"smsFrom": "+15005550006", "smsTo": "+15005550009", "smsBody": "Hello"}; it is a list`,
		`{"a`:                                        "the input must be one JSON object; it is invalid after 3 bytes",
		`{} {}`:                                      "the input must be one JSON object; it is invalid after 4 bytes",
		``:                                           "the input must be one JSON object; it is invalid after 0 bytes",
	} {
		var got whole
		err := Decode([]byte(in), &got)
		if err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", in, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "json:") {
			t.Errorf("%s: the error contains the text of an encoding/json error: %v", in, err)
		}
	}
}

func TestPublicProblemsHideValues(t *testing.T) {
	err := Decode([]byte(`{"validityPeriod": "+4915112345678", "+4915112345678": 1, "timeout": "+4915112345678"}`), new(whole))
	problems, _ := errors.AsType[Problems](err)
	if len(problems) != 3 || !strings.Contains(problems.Error(), "4915") || strings.Contains(Public(problems), "4915") {
		t.Errorf("got %d problems with the public text %q, want 3 without the number", len(problems), Public(problems))
	}
}

func TestProblemsAreCut(t *testing.T) {
	err := Decode([]byte(`{"reminders": [`+strings.Repeat(`{"after": "`+strings.Repeat("x", 1000)+`"},`, 10_000)+`{}]}`), new(whole))
	if err == nil || len(err.Error()) > 10_000 || !strings.HasSuffix(err.Error(), "and 9980 more") {
		t.Errorf("got an error of %d bytes ending in %q, want at most 10,000 bytes ending in %q", len(err.Error()), err.Error()[len(err.Error())-30:], "and 9980 more")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(`{"smsTo": [1, {"to": "+1", "variables": "{}"}], "timeout": "PT1H", "sendAt": "2026-01-31T09:00:00Z", "mediaUrl": "[\"a\"]"}`)
	f.Add(`{"reminders": "[{\"after\": 1e999}]", "smsFrom": null, "variables": "{", "validityPeriod": 1e18}`)
	f.Fuzz(func(t *testing.T, in string) {
		if err := Decode([]byte(in), new(whole)); err != nil && len(err.Error()) > 20_000 {
			t.Errorf("got an error of %d bytes, want at most 20,000", len(err.Error()))
		}
	})
}
