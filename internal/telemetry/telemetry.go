// Package telemetry provides logs through slog, metrics for Prometheus, and
// traces through OpenTelemetry. None of them ever contains a phone number, a
// text or a secret.
package telemetry

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"

	"temporal-twilio/internal/metrics"
	"temporal-twilio/internal/version"
)

// NewLogger returns a logger with the given level (debug, info, warn, error)
// and format (text, json).
func NewLogger(w io.Writer, level, format string) (*slog.Logger, error) {
	var threshold slog.Level
	if err := threshold.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("LOG_LEVEL is %q; it must be debug, info, warn or error", level)
	}
	options := &slog.HandlerOptions{Level: threshold}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(w, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return nil, fmt.Errorf("LOG_FORMAT is %q; it must be text or json", format)
}

// Metrics bundles the SDK's meter, our own metrics, and the handler that serves
// both.
type Metrics struct {
	// Meter records the metrics of the Temporal SDK.
	Meter metric.Meter
	// Ours holds our own metrics.
	Ours *metrics.Metrics
	// Handler serves all metrics in Prometheus's format.
	Handler http.Handler
}

// service is the name of our programs in metrics.
const service = "temporal-twilio"

// The bucket bounds of the SDK's histograms, in seconds: for operations, and
// for longer times, such as the wait in a task queue.
var (
	latencies = []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}
	waits     = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800}
)

// NewMetrics creates a separate registry, which also contains Go and process
// metrics.
func NewMetrics() (*Metrics, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(registry), otelprometheus.WithoutScopeInfo())
	if err != nil {
		return nil, fmt.Errorf("create the metrics exporter: %w", err)
	}
	provider := sdkmetric.NewMeterProvider(
		sdkmetric.WithReader(exporter),
		sdkmetric.WithResource(resource.NewSchemaless(attribute.String("service.name", service), attribute.String("service.version", version.String()))),
		sdkmetric.WithView(buckets),
	)
	return &Metrics{
		Meter:   provider.Meter(service),
		Ours:    metrics.New(registry, version.String()),
		Handler: promhttp.HandlerFor(registry, promhttp.HandlerOpts{}),
	}, nil
}

// buckets is the view that sets histogram buckets for seconds, because
// OpenTelemetry's default buckets are for milliseconds.
func buckets(i sdkmetric.Instrument) (stream sdkmetric.Stream, ours bool) {
	if i.Kind != sdkmetric.InstrumentKindHistogram {
		return stream, false
	}
	bounds := latencies
	if strings.Contains(i.Name, "schedule_to_start") || strings.Contains(i.Name, "endtoend") || strings.Contains(i.Name, "succeed") {
		bounds = waits
	}
	return sdkmetric.Stream{
		Name: i.Name, Description: i.Description, Unit: i.Unit,
		Aggregation: sdkmetric.AggregationExplicitBucketHistogram{Boundaries: bounds},
	}, true
}
