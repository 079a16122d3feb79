package main

import (
	"strings"
	"testing"
	"time"
)

func TestSinceAcceptsTimesDatesAndDurations(t *testing.T) {
	now := time.Date(2026, 11, 26, 14, 30, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"10:00":                time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC),
		"today":                time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC),
		"yesterday":            time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC),
		"90m":                  time.Date(2026, 11, 26, 13, 0, 0, 0, time.UTC),
		"2026-11-20":           time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC),
		"2026-11-20 08:15":     time.Date(2026, 11, 20, 8, 15, 0, 0, time.UTC),
		"2026-11-20T08:15:00Z": time.Date(2026, 11, 20, 8, 15, 0, 0, time.UTC),
	} {
		if got, err := readSince(text, now); err != nil || !got.Equal(want) {
			t.Errorf("got readSince(%q) = %s, error %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "tomorrow", "25:00", "-1h"} {
		if got, err := readSince(text, now); err == nil {
			t.Errorf("got readSince(%q) = %s, want an error", text, got)
		}
	}
}

func TestFindTakesNumbersAndSIDs(t *testing.T) {
	for text, want := range map[string]string{
		"+15005550009":                       "+15005550009",
		"+1 (500) 555-0009":                  "+15005550009",
		"whatsapp:+15005550009":              "whatsapp:+15005550009",
		"SM0123456789abcdef0123456789abcdef": "SM0123456789abcdef0123456789abcdef",
		"Ann":                                "",
		"SM012":                              "",
	} {
		if got, err := readSubject(text); got != want || (err == nil) != (want != "") {
			t.Errorf("got readSubject(%q) = %q, error %v; want %q", text, got, err, want)
		}
	}
}

func TestGatewayIsLocalWithoutCredentials(t *testing.T) {
	for _, name := range []string{"TWILIO_ACCOUNT", "TWILIO_ACCOUNT_SID", "TWILIO_TOKEN", "TWILIO_AUTH_TOKEN"} {
		t.Setenv(name, "")
	}
	var notes strings.Builder
	if _, err := openGateway("", &notes); err != nil || !strings.Contains(notes.String(), localTwilio) {
		t.Errorf("without credentials: got error %v, notes %s; want a note that contains %s", err, notes.String(), localTwilio)
	}
	t.Setenv("TWILIO_TOKEN", localToken)
	if _, err := openGateway("", &notes); err == nil || !strings.Contains(err.Error(), "TWILIO_ACCOUNT") {
		t.Errorf("with a token but no account: got error %v, want one that names TWILIO_ACCOUNT", err)
	}
}
