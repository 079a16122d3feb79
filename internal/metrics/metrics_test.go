package metrics

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"temporal-twilio/internal/metrics/metricstest"
	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

func TestKnownSeriesBeginAtZero(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := New(registry, "v1")
	m.Account("")
	m.Account("marketing")
	m.Triggers([]string{"order"})
	all := metricstest.All(t, registry)
	for _, series := range []string{
		"sms_sends_total{account=default,code=,outcome=sent}",
		"sms_sends_total{account=marketing,code=OUTCOME_UNKNOWN,outcome=unknown}",
		"sms_twilio_request_seconds{method=POST,status=none}",
		"sms_webhook_refused_total{reason=signature}",
		"sms_deliveries_total{code=30007,status=undelivered}",
		"sms_deliveries_total{code=other,status=failed}",
		"sms_texts_total{outcome=Temporal unreachable,trigger=order}",
		"sms_texts_total{outcome=no trigger,trigger=}",
		"sms_trigger_reloads_total{outcome=broken}",
		"sms_account_refused{account=marketing}",
	} {
		if value, there := all[series]; !there || value != 0 {
			t.Errorf("%s: got exists %t, value %g, want 0", series, there, value)
		}
	}
	for _, code := range sms.Codes() {
		if series := "sms_sends_total{account=default,code=" + string(code) + ",outcome=not_sent}"; code != sms.CodeOutcomeUnknown && !has(all, series) {
			t.Errorf("series %s is missing", series)
		}
	}
	for _, reason := range twilio.Reasons() {
		if series := "sms_twilio_failures_total{account=default,reason=" + reason + "}"; !has(all, series) {
			t.Errorf("series %s is missing", series)
		}
	}
}

func has(all map[string]float64, series string) bool {
	_, there := all[series]
	return there
}

func TestSendsCountByOutcomeAndCode(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := New(registry, "v1")
	result := sms.NewSendSmsResult([]sms.Message{{SID: "SM1"}, {SID: "SM2"}}, []sms.Error{{Code: sms.CodeOptedOut}, {Code: sms.CodeOutcomeUnknown}})
	m.Account("").Sent(&result)
	(*Account)(nil).Sent(&result) // an account without metrics
	got := metricstest.Values(t, registry)
	for series, want := range map[string]float64{
		"sms_sends_total{account=default,code=,outcome=sent}":                        2,
		"sms_sends_total{account=default,code=RECIPIENT_OPTED_OUT,outcome=not_sent}": 1,
		"sms_sends_total{account=default,code=OUTCOME_UNKNOWN,outcome=unknown}":      1,
		"sms_doubts_resolved_total{account=default,how=reported}":                    1,
	} {
		if got[series] != want {
			t.Errorf("%s = %g, want %g", series, got[series], want)
		}
	}
}

func TestDeliveriesCountFinalStatesByCode(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := New(registry, "v1")
	for _, update := range []sms.StatusUpdate{
		{Status: sms.StatusSent},
		{Status: sms.StatusDelivered},
		{Status: sms.StatusRead},
		{Status: sms.StatusUndelivered, ErrorCode: 30007},
		{Status: sms.StatusUndelivered, ErrorCode: 15005550009},
		{Status: sms.StatusFailed},
	} {
		m.Delivery(update)
	}
	var got []string
	for series := range metricstest.Values(t, registry) {
		if strings.HasPrefix(series, "sms_deliveries") {
			got = append(got, series)
		}
	}
	slices.Sort(got)
	want := []string{
		"sms_deliveries_total{code=,status=delivered}", "sms_deliveries_total{code=30007,status=undelivered}",
		"sms_deliveries_total{code=other,status=failed}", "sms_deliveries_total{code=other,status=undelivered}",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got series %q, want %q", got, want)
	}
}

func TestRequestsAreMeasuredByStatusClass(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := New(registry, "v1")
	for _, status := range []int{0, 201, 429, 503, 9999} {
		m.TwilioRequest("POST", status, time.Second)
	}
	got := metricstest.Values(t, registry)
	for status, want := range map[string]float64{"none": 2, "2xx": 1, "4xx": 1, "5xx": 1} {
		if series := "sms_twilio_request_seconds{method=POST,status=" + status + "}"; got[series] != want {
			t.Errorf("%s = %g, want %g", series, got[series], want)
		}
	}
}

// A code that is missing from the list has no series until it is first counted.
func TestCodesListsAll(t *testing.T) {
	source, err := os.ReadFile("../../sms/errors.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile(`Code\w+ Code = "(\w+)"`).FindAllStringSubmatch(string(source), -1) {
		if !slices.Contains(sms.Codes(), sms.Code(found[1])) {
			t.Errorf("sms.Codes does not return %s", found[1])
		}
	}
}
