package main

import (
	"testing"
	"time"
)

func TestSinceAcceptsTimesDatesAndDurations(t *testing.T) {
	now := time.Date(2026, 11, 26, 14, 30, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"10:00":                time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC),
		"today":                time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC),
		"90m":                  time.Date(2026, 11, 26, 13, 0, 0, 0, time.UTC),
		"2026-11-20":           time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC),
		"2026-11-20 08:15":     time.Date(2026, 11, 20, 8, 15, 0, 0, time.UTC),
		"2026-11-20T08:15:00Z": time.Date(2026, 11, 20, 8, 15, 0, 0, time.UTC),
	} {
		if got, err := readSince(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%s is %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "yesterday", "25:00", "-1h"} {
		if got, err := readSince(text, now); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
}
