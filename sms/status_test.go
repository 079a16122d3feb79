package sms

import "testing"

func TestStatusNeverGoesBackwards(t *testing.T) {
	for _, tc := range []struct {
		before, after Status
		want          bool
	}{
		{"", StatusQueued, true},
		{StatusQueued, StatusSent, true},
		{StatusSent, StatusQueued, false},
		{StatusSent, StatusSent, false},
		{StatusAccepted, StatusQueued, true},
		{StatusScheduled, StatusCanceled, true},
		{StatusSent, StatusDelivered, true},
		{StatusDelivered, StatusSent, false},
		{StatusDelivered, StatusUndelivered, false},
		{StatusUndelivered, StatusDelivered, false},
		{StatusFailed, StatusRead, false},
		{StatusDelivered, StatusRead, true},
		{StatusSent, StatusRead, true},
		{StatusRead, StatusDelivered, false},
		{StatusQueued, "teleported", false},
	} {
		if got := tc.after.After(tc.before); got != tc.want {
			t.Errorf("%q.After(%q) = %v, want %v", tc.after, tc.before, got, tc.want)
		}
	}
	for status, want := range map[Status]bool{StatusQueued: false, StatusSent: false, StatusPartiallyDelivered: false, StatusDelivered: true, StatusUndelivered: true, StatusFailed: true, StatusCanceled: true, StatusRead: true, "": false} {
		if status.Final() != want {
			t.Errorf("%q.Final() = %v, want %v", status, status.Final(), want)
		}
	}
}
