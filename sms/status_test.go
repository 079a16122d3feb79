package sms

import "testing"

func TestAStatusNeverGoesBackwards(t *testing.T) {
	for _, tc := range []struct {
		before, after Status
		want          bool
	}{
		{"", Queued, true},
		{Queued, Sent, true},
		{Sent, Queued, false},
		{Sent, Sent, false},
		{Accepted, Queued, true},
		{Scheduled, Canceled, true},
		{Sent, Delivered, true},
		{Delivered, Sent, false},
		{Delivered, Undelivered, false},
		{Undelivered, Delivered, false},
		{Failed, Read, false},
		{Delivered, Read, true},
		{Sent, Read, true},
		{Read, Delivered, false},
		{Queued, "teleported", false},
	} {
		if got := tc.after.After(tc.before); got != tc.want {
			t.Errorf("%q after %q is %v", tc.after, tc.before, got)
		}
	}
	for status, want := range map[Status]bool{Queued: false, Sent: false, PartiallyDelivered: false, Delivered: true, Undelivered: true, Failed: true, Canceled: true, Read: true, "": false} {
		if status.Final() != want {
			t.Errorf("%q final is %v", status, status.Final())
		}
	}
}
