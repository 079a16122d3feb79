package activities

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"temporal-twilio/internal/metrics"
	"temporal-twilio/internal/metrics/metricstest"
	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

// counted returns activities, and the registry to which their default account
// reports its metrics.
func counted(gateway Gateway) (*Activities, *prometheus.Registry) {
	registry := prometheus.NewRegistry()
	a := newActivities(gateway)
	account := a.Accounts[""]
	account.Metrics = metrics.New(registry, "").Account("")
	a.Accounts[""] = account
	return a, registry
}

func checkCounts(t *testing.T, registry *prometheus.Registry, want map[string]float64) {
	t.Helper()
	got := metricstest.All(t, registry)
	for series, value := range want {
		if got[series] != value {
			t.Errorf("%s = %g, want %g", series, got[series], value)
		}
	}
}

func TestSendsAreCountedByOutcome(t *testing.T) {
	a, registry := counted(gatewayFunc(func(_ context.Context, d twilio.Draft) (sms.Message, error) {
		switch d.To {
		case first:
			return sms.Message{To: d.To, SID: "SM1", Status: sms.StatusQueued, Segments: 2}, nil
		case second: // a Messaging Service has not chosen the sender yet
			return sms.Message{To: d.To, SID: "SM2", Status: sms.StatusAccepted}, nil
		}
		return sms.Message{}, &sms.Error{To: d.To, Code: sms.CodeOptedOut, TwilioCode: 21610, Message: "opted out", Reason: "opted_out"}
	}))
	input := sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.Recipients{{To: first}, {To: second}, {To: third}, {To: "nobody"}}, SmsBody: "Hi"}
	if _, err := run(t, a, input); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, a, sms.SendSmsInput{}); err != nil {
		t.Fatal(err)
	}
	checkCounts(t, registry, map[string]float64{
		"sms_sends_total{account=default,code=,outcome=sent}":                                  2,
		"sms_sends_total{account=default,code=RECIPIENT_OPTED_OUT,outcome=not_sent}":           1,
		"sms_sends_total{account=default,code=INVALID_TO_PHONE_NUMBER_ERROR,outcome=not_sent}": 1,
		"sms_sends_total{account=default,code=MISSING_INPUT,outcome=not_sent}":                 1,
		"sms_twilio_failures_total{account=default,reason=opted_out}":                          1,
		"sms_segments_total{account=default}":                                                  3,
		"sms_limiter_wait_seconds{account=default}":                                            3,
		"sms_in_doubt{account=default}":                                                        0,
	})
}

func TestRetriedRecipientsAreNotFailures(t *testing.T) {
	result := sms.NewSendSmsResult(nil, []sms.Error{{To: first, Code: sms.CodeOptedOut}, {To: second, Code: sms.CodeWorkerStopped, Retryable: true}})
	broadcast := &temporal.RetryPolicy{NonRetryableErrorTypes: []string{sms.NotSentYetErrorType}}
	for want, policy := range map[int]*temporal.RetryPolicy{1: broadcast, 2: {MaximumAttempts: 1}} {
		if got := decided(activity.Info{RetryPolicy: policy}, result); len(got.Errors) != want || got.Errors[0].To != first {
			t.Errorf("got errors %+v, want %d, the first for %s", got.Errors, want, first)
		}
	}
	if len(result.Errors) != 2 {
		t.Errorf("got errors %+v in the caller's result, want 2", result.Errors)
	}
}

func TestDoubtsAreCountedUntilResolved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			drafts   []twilio.Draft
			registry *prometheus.Registry
			mu       sync.Mutex
			most     float64
		)
		list := showing(func() []twilio.Record {
			return []twilio.Record{listed(first, "SM1", "Hi"), listed(second, "SM2", "Hi")}
		})
		a, registry := counted(lister{accepting(&drafts), func(q twilio.Query) []twilio.Record {
			mu.Lock()
			defer mu.Unlock()
			most = max(most, metricstest.All(t, registry)["sms_in_doubt{account=default}"])
			return list(q)
		}})
		left := record{
			Window: []int{1, 2},
			Runs:   [][3]int{{int(accepted), -1, 1}},
			Recent: []recentMessage{{Place: 0, SID: "SM1", Status: sms.StatusQueued, Segments: 1}},
			Known:  &known{To: first, SID: "SM1", At: listed(first, "SM1", "Hi").Created},
		}
		input := sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.Recipients{{To: first}, {To: second}, {To: third}}, SmsBody: "Hi"}
		resumeWith(t, a, left, input)
		if most != 2 {
			t.Errorf("got at most %g recipients in doubt at the same time, want 2", most)
		}
		checkCounts(t, registry, map[string]float64{
			"sms_in_doubt{account=default}":                         0,
			"sms_doubts_resolved_total{account=default,how=found}":  1,
			"sms_doubts_resolved_total{account=default,how=absent}": 1,
			"sms_sends_total{account=default,code=,outcome=sent}":   3,
		})

		a, registry = counted(lister{gatewayFunc(func(context.Context, twilio.Draft) (sms.Message, error) {
			return sms.Message{}, &sms.Error{Code: sms.CodeOutcomeUnknown, Message: "lost", Reason: "lost"}
		}), func(twilio.Query) []twilio.Record { return nil }})
		if _, err := run(t, a, input); err != nil {
			t.Fatal(err)
		}
		checkCounts(t, registry, map[string]float64{
			"sms_in_doubt{account=default}":                                         0,
			"sms_doubts_resolved_total{account=default,how=reported}":               3,
			"sms_sends_total{account=default,code=OUTCOME_UNKNOWN,outcome=unknown}": 3,
			"sms_twilio_failures_total{account=default,reason=lost}":                3,
		})
	})
}
