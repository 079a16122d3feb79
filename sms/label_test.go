package sms_test

import (
	"strings"
	"testing"

	"temporal-twilio/sms"
)

func TestLabelsAreShortWithoutNumbers(t *testing.T) {
	long := strings.Repeat("ä", 100)
	for label, want := range map[string]string{
		"order reminder":                  "order reminder",
		"  order\n\treminder\u202e ":      "order reminder",
		"call +1 (500) 555-0009 now":      "call … now",
		"+1–500–555–0006":                 "…",
		"+1‑500‑555‑0006":                 "…",
		"+1 (500) - 555 - 0006":           "…",
		"for +4917012345678":              "for …",
		"for ٠١٢٣٤٥٦٧٨٩":                  "for …",
		"order 42, step 3 of 12":          "order 42, step 3 of 12",
		"monday 12:30":                    "monday 12:30",
		"\xff\xfebroken":                  "broken",
		long:                              strings.Repeat("ä", 59) + "…",
		strings.Repeat("1 ", 1<<20) + "x": "…",
		"":                                "",
	} {
		if got := sms.ShownLabel(label); got != want {
			t.Errorf("ShownLabel(%.40q) = %q, want %q", label, got, want)
		}
	}
}

func TestSummaryCountsTexts(t *testing.T) {
	for want, in := range map[string]sms.SendSmsInput{
		"1 text":                  {SmsTo: sms.To("+15005550009")},
		"2 texts, order reminder": {SmsTo: sms.To("+15005550009", "+15005550010"), Label: "order reminder"},
	} {
		if got := in.Summary(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
