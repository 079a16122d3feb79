package triggers

import (
	"strings"
	"testing"

	"temporal-twilio/sms"
)

func TestNearMissesSayWhyNothingFires(t *testing.T) {
	set, err := parse("t.yaml", `triggers:
  - {name: order, pattern: '^Order Number (?<n>\d+)$', start: {workflow: W, taskQueue: q}}
  - {name: elsewhere, to: ['+15005550007'], pattern: 'Moved', start: {workflow: W, taskQueue: q}}
`)
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]string{
		"order number 42":       "case were ignored",
		"Order Number 42 x ":    "",
		"Order Number 42 ":      "no leading or trailing spaces",
		"Order\u00a0Number 42":  "no invisible characters",
		"Order Number \u200b42": "no invisible characters",
		"Order  Number 42":      "single spaces",
		" order number 42":      "no leading or trailing spaces, and case were ignored",
		"Moved":                 "one of the numbers listed under to:",
		"hello":                 "",
	} {
		got := set.NearMisses(t.Context(), sms.Inbound{From: "+15005550009", To: "+15005550006", Body: body})
		if want == "" && len(got) > 0 || want != "" && (len(got) != 1 || !strings.Contains(got[0].Says, want)) {
			t.Errorf("%q: got %+v, want %q", body, got, want)
		}
	}
	loose, err := parse("t.yaml", "triggers:\n  - {name: order, pattern: 'Order Number', start: {workflow: W, taskQueue: q}}\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := loose.NearMisses(t.Context(), sms.Inbound{From: "+15005550009", To: "+15005550006", Body: "Liked “Order Number 42”"}); len(got) != 1 || !strings.Contains(got[0].Says, "reactions: true: the text is the reaction 👍") {
		t.Errorf("a reaction: got %+v, want a hint to set reactions: true", got)
	}
}

func TestHintsSuggestBetterPatterns(t *testing.T) {
	for pattern, want := range map[string]string{
		"(?i)yes":             `(?i)^\s*yes\s*$`,
		"Order Number (.+)":   "",
		`^Order (\d+)$`:       `\s*$`,
		`^Order (\d+)\s*$`:    "",
		`chat with (\w+)`:     "(?U)",
		`(?U)chat with (\w+)`: "",
	} {
		set, err := parse("t.yaml", "triggers:\n  - {name: a, pattern: '"+pattern+"', start: {workflow: W, taskQueue: q}}\n")
		if err != nil {
			t.Fatal(err)
		}
		got := set.Hints(t.Context())
		if want == "" && len(got) > 0 || want != "" && (len(got) != 1 || !strings.Contains(got[0].String(), want)) {
			t.Errorf("%s: got %v, want %s", pattern, got, want)
		}
	}
}
