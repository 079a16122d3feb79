package webhook

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

func TestMetricsCountTextsByOutcome(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	b := newBench(t, func(o *Options) {
		o.Meter = sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Meter("test")
		o.EchoBurst = 1
	})
	b.deliver(numbered(1, "Order Number 42"), token)
	b.deliver(numbered(2, "nothing"), token)
	b.deliver(numbered(3, "Number"), token)
	b.deliver(numbered(4, "x"), "another")
	b.err = errors.New("away")
	b.deliver(numbered(5, "quiet"), token)
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range all.ScopeMetrics[0].Metrics {
		switch data := m.Data.(type) {
		case metricdata.Sum[int64]:
			for _, point := range data.DataPoints {
				outcome, _ := point.Attributes.Value("outcome")
				trigger, _ := point.Attributes.Value("trigger")
				status, _ := point.Attributes.Value("status")
				got = append(got, fmt.Sprint(m.Name, " ", point.Value, " ", trigger.AsString(), outcome.AsString(), status.AsString()))
			}
		case metricdata.Histogram[float64]:
			got = append(got, fmt.Sprint(m.Name, " ", data.DataPoints[0].Count))
		}
	}
	slices.Sort(got)
	want := []string{
		"sms_echoes_suppressed 1 ", "sms_texts 1 no trigger", "sms_texts 1 order-statusaccepted", "sms_texts 1 quietTemporal unreachable",
		"sms_texts 2 numberaccepted", "sms_webhook_refused 1 Forbidden", "sms_webhook_reply_seconds 4",
	}
	if !slices.Equal(got, want) {
		t.Errorf("counted %q\nwant %q", got, want)
	}
}

func TestTheOutcomeIsShownOnlyIfAskedFor(t *testing.T) {
	for _, shown := range []bool{true, false} {
		b := newBench(t, func(o *Options) { o.ShowOutcome = shown })
		w := b.deliver(numbered(1, "nothing"), token)
		if got := w.Header().Get(OutcomeHeader); w.Code != http.StatusOK || (got == outcomeUnwanted) != shown {
			t.Errorf("shown %t: %q", shown, got)
		}
	}
}
