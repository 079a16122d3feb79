package webhook

import (
	"errors"
	"net/http"
	"os"
	"regexp"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"

	"temporal-twilio/internal/metrics"
	"temporal-twilio/internal/metrics/metricstest"
	"temporal-twilio/sms"
)

func TestMetricsCountTextsByOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewRegistry()
		b := newBench(t, func(o *Options) {
			o.Metrics = metrics.New(registry, "v1")
			o.echoBurst = 1
		})
		b.deliver(numbered(1, "Order Number 42"), token)
		b.deliver(numbered(2, "nothing"), token)
		b.deliver(numbered(3, "Number"), token)
		b.deliver(numbered(4, "x"), "another")
		b.err = errors.New("away")
		b.deliver(numbered(5, "quiet"), token)
		got := metricstest.Values(t, registry)
		for series, want := range map[string]float64{
			"sms_texts_total{outcome=no trigger,trigger=}":                1,
			"sms_texts_total{outcome=accepted,trigger=order-status}":      1,
			"sms_texts_total{outcome=accepted,trigger=number}":            2,
			"sms_texts_total{outcome=Temporal unreachable,trigger=quiet}": 1,
			"sms_webhook_refused_total{reason=signature}":                 1,
			"sms_webhook_reply_seconds{}":                                 4,
			"sms_echoes_suppressed_total{}":                               1,
		} {
			if got[series] != want {
				t.Errorf("got %s = %g, want %g", series, got[series], want)
			}
		}
	})
}

func TestRefusalsAreCountedByReason(t *testing.T) {
	for _, tc := range []struct {
		status    int
		why, want string
	}{
		{http.StatusForbidden, "the signature is not valid", metrics.RefusedSignature},
		{http.StatusForbidden, otherAccount, metrics.RefusedAccount},
		{http.StatusBadRequest, "parameter From is missing", metrics.RefusedMalformed},
		{http.StatusRequestEntityTooLarge, "the body is too large", metrics.RefusedMalformed},
		{http.StatusMethodNotAllowed, "", metrics.RefusedMethod},
		{http.StatusNotFound, "", metrics.RefusedPath},
	} {
		if got := refusal(tc.status, tc.why); got != tc.want {
			t.Errorf("%d %q: got label %s, want %s", tc.status, tc.why, got, tc.want)
		}
	}
}

// An outcome that is missing from metrics.TextOutcomes has no series until it
// is first counted.
func TestMetricsKnowEveryOutcome(t *testing.T) {
	for _, file := range []string{"decide.go", "dispatch.go", "sms.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`(?:outcome\w+ += |Outcome: )"([^"]+)"`).FindAllStringSubmatch(string(source), -1) {
			if !slices.Contains(metrics.TextOutcomes, found[1]) {
				t.Errorf("%s: metrics.TextOutcomes does not contain the outcome %q", file, found[1])
			}
		}
	}
}

func TestOutcomeIsHiddenByDefault(t *testing.T) {
	for _, shown := range []bool{true, false} {
		b := newBench(t, func(o *Options) { o.ShowOutcome = shown })
		w := b.deliver(numbered(1, "nothing"), token)
		if got := w.Header().Get(OutcomeHeader); w.Code != http.StatusOK || (got == string(sms.OutcomeUnwanted)) != shown {
			t.Errorf("with ShowOutcome %t: got outcome header %q, status %d; want status 200, and the header only with ShowOutcome", shown, got, w.Code)
		}
	}
}
