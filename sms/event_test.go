package sms

import (
	"strings"
	"testing"
)

func TestClassifyRecognizesKeywords(t *testing.T) {
	for _, tc := range []struct {
		from, body, optOutType string
		want                   EventKind
	}{
		{"+15005550009", "STOP", "", EventOptOut},
		{"+15005550009", " stop\n", "", EventOptOut},
		{"+15005550009", "Cancel", "", EventOptOut},
		{"+15005550009", "OPTOUT", "", EventOptOut},
		{"+15005550009", "yes", "", EventReceived},
		{"+15005550009", "START", "", EventReceived},
		{"+15005550009", "yes", "START", EventOptIn},
		{"+15005550009", "INFO", "", EventHelp},
		{"+15005550009", "please stop", "", EventReceived},
		{"+15005550009", "STOP 42", "", EventReceived},
		{"+15005550009", "", "", EventReceived},
		{"+15005550009", "ENOUGH", "STOP", EventOptOut},
		{"+15005550009", "back", "START", EventOptIn},
		{"+15005550009", "STOP", "HELP", EventHelp},
		{"whatsapp:+15005550009", "STOP", "", EventReceived},
		{"whatsapp:+15005550009", "STOP", "STOP", EventOptOut},
	} {
		m := Inbound{From: tc.from, Body: tc.body, Parameters: map[string]string{OptOutType: tc.optOutType}}
		if got := DefaultKeywords.Classify(m); got != tc.want {
			t.Errorf("Classify(%q) with OptOutType %q = %s, want %s", tc.body, tc.optOutType, got, tc.want)
		}
	}
}

func TestOptInWordsNeedTwiliosMark(t *testing.T) {
	for _, word := range DefaultKeywords.OptIn {
		m := Inbound{From: "+15005550009", Body: " " + strings.ToLower(word)}
		if event := DefaultKeywords.Classify(m); event != EventReceived || !DefaultKeywords.OptsIn(m) {
			t.Errorf("%s without OptOutType: got %s, opts in %t, want SMS_RECEIVED, true", word, event, DefaultKeywords.OptsIn(m))
		}
		m.Parameters = map[string]string{OptOutType: "START"}
		if event := DefaultKeywords.Classify(m); event != EventOptIn || !DefaultKeywords.OptsIn(m) {
			t.Errorf("%s with OptOutType START: got %s, opts in %t, want SMS_OPT_IN, true", word, event, DefaultKeywords.OptsIn(m))
		}
	}
	for _, m := range []Inbound{{From: "+1", Body: "STOP"}, {From: "+1", Body: "yes please"}, {From: "whatsapp:+1", Body: "START"}, {From: "+1", Body: "YES", Parameters: map[string]string{OptOutType: "STOP"}}} {
		if DefaultKeywords.OptsIn(m) {
			t.Errorf("OptsIn(%q) = true, want false", m.Body)
		}
	}
}

func TestKeywordsDifferByNumber(t *testing.T) {
	french := Keywords{OptOut: []string{"ARRÊT"}, OptIn: []string{"REPRISE"}, Help: []string{"AIDE"}}
	for body, want := range map[string]EventKind{"arrêt": EventOptOut, "Aide": EventHelp, "STOP": EventReceived, "HELP": EventReceived, "reprise": EventReceived} {
		m := Inbound{From: "+15005550009", Body: body}
		if got := french.Classify(m); got != want || french.OptsIn(m) != (body == "reprise") {
			t.Errorf("%q: got %s, opts in %t, want %s, %t", body, got, french.OptsIn(m), want, body == "reprise")
		}
		if got := (Keywords{}).Classify(m); got != EventReceived {
			t.Errorf("without keywords: Classify(%q) = %s, want SMS_RECEIVED", body, got)
		}
	}
}

func TestPseudonymsHideAndStayTheSame(t *testing.T) {
	secret := []byte("s")
	one := Pseudonym(secret, "+15005550006", "+15005550009")
	if len(one) != 32 || one != Pseudonym(secret, "+15005550006", "+15005550009") {
		t.Errorf("got pseudonym %q, want 32 hex digits, always the same", one)
	}
	for what, other := range map[string]string{
		"another secret": Pseudonym([]byte("t"), "+15005550006", "+15005550009"),
		"another order":  Pseudonym(secret, "+15005550009", "+15005550006"),
		"other borders":  Pseudonym(secret, "+15005550006+", "15005550009"),
	} {
		if other == one {
			t.Errorf("%s: got the same pseudonym, want a different one", what)
		}
	}
}
