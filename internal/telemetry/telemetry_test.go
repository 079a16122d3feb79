package telemetry

import (
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/metric"
)

func TestSDKMetricsUseCountersAndSeconds(t *testing.T) {
	m, err := NewMetrics()
	if err != nil {
		t.Fatal(err)
	}
	requests, err := m.Meter.Int64Counter("temporal_request")
	if err != nil {
		t.Fatal(err)
	}
	requests.Add(t.Context(), 1)
	for _, name := range []string{"temporal_activity_execution_latency", "temporal_activity_schedule_to_start_latency"} {
		latency, err := m.Meter.Float64Histogram(name, metric.WithUnit("s"))
		if err != nil {
			t.Fatal(err)
		}
		latency.Record(t.Context(), 0.005)
	}
	w := httptest.NewRecorder()
	m.Handler.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		"# TYPE temporal_request_total counter", "temporal_request_total 1",
		`temporal_activity_execution_latency_seconds_bucket{le="0.005"} 1`,
		`temporal_activity_execution_latency_seconds_bucket{le="60"} 1`,
		`temporal_activity_schedule_to_start_latency_seconds_bucket{le="1800"} 1`,
		`service_name="temporal-twilio"`, "sms_build_info{go=",
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("metric %s is missing", want)
		}
	}
	if strings.Contains(w.Body.String(), "otel_scope") {
		t.Error("the series have the scope as a label")
	}
}
