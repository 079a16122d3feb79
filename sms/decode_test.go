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

func TestDecodeReadsWhatProcessModelsAndOtherLanguagesWrite(t *testing.T) {
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
			t.Errorf("%s: %v", in, err)
		}
		if got.SendAt != nil {
			*got.SendAt = got.SendAt.UTC()
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", in, got, want)
		}
	}
}

func TestDecodeNamesTheFieldWhatWasGivenAndAnExample(t *testing.T) {
	for in, want := range map[string]string{
		`{"smsFrm": "+1"}`:                           "there is no field smsFrm (did you mean smsFrom?)",
		`{"from": "+1"}`:                             "there is no field from (did you mean smsFrom?)",
		`{"media_url": "x"}`:                         "there is no field media_url (did you mean mediaUrl?)",
		`{"hello": 1}`:                               "there is no field hello",
		`{"smsFrom": "a", "SmsFrom": "b"}`:           "smsFrom is given twice",
		`{"smsFrom": ["a"]}`:                         `smsFrom must be a text, such as "+15005550006"; it is a list`,
		`{"smsTo": true}`:                            `smsTo must be a list of recipients, such as ["+15005550009"], "+15005550009, +15005550010" or {"to": "+15005550009", "variables": {"name": "Ann"}}; it is true`,
		`{"mediaUrl": [{}]}`:                         `mediaUrl[0] must be a text, such as ["https://example.com/a.png"]; it is an object`,
		`{"variables": "Ann"}`:                       `variables must be an object, such as {"name": "Ann"}; it is "Ann"`,
		`{"variables": [1]}`:                         `variables must be an object, such as {"name": "Ann"}; it is a list`,
		`{"validityPeriod": "an hour"}`:              `validityPeriod must be a whole number, such as 3600; it is "an hour"`,
		`{"validityPeriod": 1.5}`:                    `validityPeriod must be a whole number, such as 3600; it is 1.5`,
		`{"validityPeriod": 1e300}`:                  `validityPeriod must be a whole number, such as 3600; it is 1e300`,
		`{"maxPrice": "NaN"}`:                        `maxPrice must be a number, such as 0.05; it is "NaN"`,
		`{"waitForDelivery": "yes"}`:                 `waitForDelivery must be true or false; it is "yes"`,
		`{"waitForDelivery": 1}`:                     `waitForDelivery must be true or false; it is 1`,
		`{"timeout": "soon"}`:                        `timeout must be a duration, such as "90s", "1h30m" or "PT24H"; it is "soon"`,
		`{"timeout": -1}`:                            `timeout must be a duration, such as "90s", "1h30m" or "PT24H"; it is -1`,
		`{"timeout": "P1M"}`:                         `timeout must be a duration, such as "90s", "1h30m" or "PT24H"; it is "P1M"`,
		`{"timeout": "PT"}`:                          `timeout must be a duration, such as "90s", "1h30m" or "PT24H"; it is "PT"`,
		`{"timeout": 1e300}`:                         `timeout must be a duration, such as "90s", "1h30m" or "PT24H"; it is 1e300`,
		`{"timeout": {}}`:                            `timeout must be a duration, such as "90s", "1h30m" or "PT24H"; it is an object`,
		`{"timeout": 300000}`:                        `timeout must have a unit if it is longer than a day, such as "48h" or "P2D": a number counts seconds; it is 300000`,
		`{"sendAt": "2026-01-31T09:00:00"}`:          `sendAt must be in a time zone, which is missing: add Z or an offset, such as "2026-01-31T09:00:00+01:00" or "2026-01-31T08:00:00Z"; it is "2026-01-31T09:00:00"`,
		`{"sendAt": "tomorrow"}`:                     `sendAt must be a date and time with a time zone, such as "2026-01-31T09:00:00+01:00" or "2026-01-31T08:00:00Z"; it is "tomorrow"`,
		`{"sendAt": 1800000000}`:                     `sendAt must be a date and time with a time zone, such as "2026-01-31T09:00:00+01:00" or "2026-01-31T08:00:00Z"; it is 1800000000`,
		`{"reminders": [{"after": "x", "body": 1}]}`: `reminders[0].after must be a duration, such as "90s", "1h30m" or "PT24H"; it is "x". there is no field reminders[0].body (did you mean smsBody?)`,
		`{"smsFrom": {}, "validityPeriod": []}`:      `smsFrom must be a text, such as "+15005550006"; it is an object. validityPeriod must be a whole number, such as 3600; it is a list`,
		`[]`:                                         `the input must be an object, such as {"smsFrom": "+15005550006", "smsTo": "+15005550009", "smsBody": "Hello"}; it is a list`,
		`{"a`:                                        "the input must be one JSON object; after 3 bytes it is not JSON",
		`{} {}`:                                      "the input must be one JSON object; after 4 bytes it is not JSON",
		``:                                           "the input must be one JSON object; after 0 bytes it is not JSON",
	} {
		var got whole
		err := Decode([]byte(in), &got)
		if err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", in, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "json:") {
			t.Errorf("%s: in words of Go: %v", in, err)
		}
	}
}

func TestAProblemInPublicHoldsNothingOfWhatWasGiven(t *testing.T) {
	err := Decode([]byte(`{"validityPeriod": "+4915112345678", "+4915112345678": 1, "timeout": "+4915112345678"}`), new(whole))
	problems, _ := errors.AsType[Problems](err)
	if len(problems) != 3 || !strings.Contains(problems.Error(), "4915") || strings.Contains(problems.Public(), "4915") {
		t.Errorf("%d problems, in public %s", len(problems), problems.Public())
	}
}

func TestALongListOfProblemsIsCut(t *testing.T) {
	err := Decode([]byte(`{"reminders": [`+strings.Repeat(`{"after": "`+strings.Repeat("x", 1000)+`"},`, 10_000)+`{}]}`), new(whole))
	if err == nil || len(err.Error()) > 10_000 || !strings.HasSuffix(err.Error(), "and 9980 more") {
		t.Errorf("%d bytes end in %.30s", len(err.Error()), err.Error()[len(err.Error())-30:])
	}
}

func FuzzDecodeNeverPanicsAndBoundsItsError(f *testing.F) {
	f.Add(`{"smsTo": [1, {"to": "+1", "variables": "{}"}], "timeout": "PT1H", "sendAt": "2026-01-31T09:00:00Z", "mediaUrl": "[\"a\"]"}`)
	f.Add(`{"reminders": "[{\"after\": 1e999}]", "smsFrom": null, "variables": "{", "validityPeriod": 1e18}`)
	f.Fuzz(func(t *testing.T, in string) {
		if err := Decode([]byte(in), new(whole)); err != nil && len(err.Error()) > 20_000 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	})
}
