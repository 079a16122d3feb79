package main

import (
	"strings"
	"testing"
	"time"

	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"temporal-twilio/internal/config"
	"temporal-twilio/sms"
)

func TestDoctorDetectsDeadWorkers(t *testing.T) {
	now := time.Now()
	for name, tc := range map[string]struct {
		polls        []time.Duration
		waits        time.Duration
		status, says string
	}{
		"no worker":                  {nil, 0, statusFailed, "no worker polls it"},
		"one polls":                  {[]time.Duration{30 * time.Second}, 0, statusOK, "workers that poll it for activities: 1, last 30s ago"},
		"one has died":               {[]time.Duration{4 * time.Minute}, 0, statusWarning, "in the last 4m0s"},
		"one runs, another has died": {[]time.Duration{4 * time.Minute, time.Second}, time.Second, statusOK, "workers that poll it for activities: 1, last 1s ago"},
		"tasks that no worker takes": {[]time.Duration{20 * time.Second}, 9 * time.Second, statusWarning, "waiting for a worker for 9s"},
		"a clock that is far behind": {[]time.Duration{-time.Hour}, 0, statusOK, "last 0s ago"},
	} {
		described := &workflowservice.DescribeTaskQueueResponse{Stats: &taskqueuepb.TaskQueueStats{ApproximateBacklogAge: durationpb.New(tc.waits)}}
		for _, ago := range tc.polls {
			described.Pollers = append(described.Pollers, &taskqueuepb.PollerInfo{LastAccessTime: timestamppb.New(now.Add(-ago))})
		}
		if f := polled("twilio", "activities", described, now); f.Status != tc.status || !strings.Contains(f.Says, tc.says) {
			t.Errorf("%s: got %+v, want status %s and %q", name, f, tc.status, tc.says)
		}
	}
}

func TestDoctorDistinguishesUnreachableFromRefused(t *testing.T) {
	for code, want := range map[sms.Code]string{sms.CodeConnection: "unreachable", sms.CodeAuthentication: "check the account SID"} {
		d := &doctor{config: config.Config{}}
		d.refusal("Twilio account", &sms.Error{Code: code})
		if f := d.findings[0]; f.Status != statusFailed || !strings.Contains(f.Says+f.Do, want) || (code == sms.CodeConnection && strings.Contains(f.Do, "token")) {
			t.Errorf("%s: got %+v, want a failure that says %q", code, f, want)
		}
	}
}

func TestRefusedAccountIsNamed(t *testing.T) {
	for name, want := range map[string]string{"": "the account of TWILIO_ACCOUNT is refused", "eu": `the account "eu" of TWILIO_ACCOUNTS is refused`} {
		var r refusals
		r.set(name, sms.CodeAuthentication)
		if err := r.err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want it to contain %q", err, want)
		}
	}
}
