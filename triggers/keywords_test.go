package triggers

import (
	"strings"
	"testing"

	"temporal-twilio/sms"
)

const keywordTriggers = `keywords:
  '12345': {}
  +15005550007: {optOut: [ARRÊT], optIn: [OUI], help: [AIDE]}
triggers:
  - {name: all, pattern: '.+', start: {workflow: W, taskQueue: q}}
  - {name: out, event: SMS_OPT_OUT, start: {workflow: W, taskQueue: q}}
  - {name: in, event: SMS_OPT_IN, start: {workflow: W, taskQueue: q}}
  - {name: help, event: SMS_HELP, start: {workflow: W, taskQueue: q}}
`

func TestKeywordsAreThoseOfTheNumber(t *testing.T) {
	set := mustParse(t, keywordTriggers)
	for _, tc := range []struct{ to, body, optOutType, want string }{
		{"+15005550006", "stop", "", "out"},
		{"+15005550006", "Yes", "", "all in"},
		{"+15005550006", "Yes", "START", "in"},
		{"+15005550006", "arrêt", "", "all"},
		{"+15005550006", "arrêt", "STOP", "out"},
		{"+15005550006", "HELP", "", "help"},
		{"12345", "STOP", "", "all"},
		{"12345", "yes", "", "all"},
		{"12345", "STOP", "STOP", "out"},
		{"+15005550007", "STOP", "", "all"},
		{"+15005550007", "Arrêt", "", "out"},
		{"+15005550007", "oui", "", "all in"},
		{"+15005550007", "aide", "", "help"},
		{"+15005550007", "yes", "", "all"},
	} {
		m := message(tc.body)
		m.To, m.Parameters = tc.to, map[string]string{sms.OptOutType: tc.optOutType}
		var names []string
		for _, firing := range set.Match(t.Context(), m) {
			names = append(names, firing.Trigger())
			if want := map[string]sms.EventKind{"all": sms.EventReceived, "out": sms.EventOptOut, "in": sms.EventOptIn, "help": sms.EventHelp}[firing.Trigger()]; firing.Event.Event != want {
				t.Errorf("trigger %s published event %s, want %s", firing.Trigger(), firing.Event.Event, want)
			}
		}
		if got := strings.Join(names, " "); got != tc.want {
			t.Errorf("%q with OptOutType %q to %s fired %q, want %q", tc.body, tc.optOutType, tc.to, got, tc.want)
		}
	}
}

func TestInvalidKeywordsAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"keywords: {nobody here at all: {}}\n":                   "t.yaml:1: keywords: the key is not a valid number",
		"keywords: {'12345': {stop: [x]}}\n":                     `t.yaml:1: unknown field "stop"`,
		"keywords:\n  '12345': {}\n  '12345': {}\n":              "t.yaml:3: key",
		"keywords:\n  +15005550006: {}\n  ' +15005550006': {}\n": "are defined twice",
	} {
		if _, err := parse("t.yaml", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got error %v, want it to contain %q", text, err, want)
		}
	}
	if set, err := parse("t.yaml", "keywords: {'12345': {}}\n"); err != nil || set.Event(sms.Inbound{To: "12345", Body: "STOP"}) != sms.EventReceived {
		t.Errorf("a file with only keywords: got error %v, want no error, and STOP as an ordinary text", err)
	}
}

func TestLintSaysWhichTextsNeverFire(t *testing.T) {
	const action = ", echoError: e, start: {workflow: W, taskQueue: q}}\n"
	for name, tc := range map[string]struct{ text, want string }{
		"one alternative of a pattern":   {"triggers:\n  - {name: a, pattern: '(?i)^(yes|no|cancel)$'" + action, `it never fires for "cancel": Twilio handles that text as SMS_OPT_OUT`},
		"a word anywhere":                {"triggers:\n  - {name: a, pattern: 'stop'" + action, `it never fires for "stop": Twilio handles that text`},
		"only a keyword":                 {"triggers:\n  - {name: a, pattern: '^(stop|end)$'" + action, `it never fires: all texts that it matches are SMS_OPT_OUT`},
		"a number without keywords":      {"keywords: {'12345': {}}\ntriggers:\n  - {name: a, pattern: '^(yes|stop)$', to: '12345'" + action, ""},
		"not a keyword at one number":    {"keywords: {'12345': {}}\ntriggers:\n  - {name: a, pattern: '^(yes|stop)$'" + action, ""},
		"a number with its own keywords": {"keywords: {'12345': {help: [aide]}}\ntriggers:\n  - {name: a, pattern: '^(stop|aide)$', to: '12345'" + action, `it never fires for "aide": Twilio handles that text as SMS_HELP`},
		"yes and start":                  {"triggers:\n  - {name: a, pattern: '(?i)^(yes|start)$'" + action, ""},
	} {
		var all []string
		for _, finding := range mustParse(t, tc.text).Lint(t.Context()) {
			all = append(all, finding.Message)
		}
		if got := strings.Join(all, "\n"); !strings.HasPrefix(got, tc.want) || tc.want == "" && got != "" {
			t.Errorf("%s: got findings %q, want %q", name, got, tc.want)
		}
	}
}
