package webhook

// Metrics: how many texts came and what became of them.

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"temporal-twilio/triggers"
)

// metrics are the webhook's own. Labels come from closed sets: names of triggers,
// outcomes, HTTP statuses.
type metrics struct {
	// texts are sms_texts_total by trigger and outcome; a text that several triggers
	// match counts for each.
	texts metric.Int64Counter
	// refused are sms_webhook_refused_total by status.
	refused metric.Int64Counter
	// suppressed are sms_echoes_suppressed_total.
	suppressed metric.Int64Counter
	// replies are sms_webhook_reply_seconds. Twilio waits 15 s.
	replies metric.Float64Histogram
}

func newMetrics(meter metric.Meter) (m *metrics, err error) {
	if meter == nil {
		meter = noop.Meter{}
	}
	m = &metrics{}
	if m.texts, err = meter.Int64Counter("sms_texts", metric.WithDescription("Inbound texts by trigger and outcome.")); err != nil {
		return nil, err
	}
	if m.refused, err = meter.Int64Counter("sms_webhook_refused", metric.WithDescription("Requests to the webhook that were refused, by HTTP status.")); err != nil {
		return nil, err
	}
	if m.suppressed, err = meter.Int64Counter("sms_echoes_suppressed", metric.WithDescription("Inbound texts whose echo was not sent.")); err != nil {
		return nil, err
	}
	m.replies, err = meter.Float64Histogram("sms_webhook_reply_seconds", metric.WithDescription("How long a text was answered after it came; Twilio waits 15 s."),
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15))
	return m, err
}

func (m *metrics) text(ctx context.Context, matched []triggers.Firing, answer Answer, took time.Duration) {
	outcome := attribute.String("outcome", answer.Outcome)
	for _, trigger := range names(matched) {
		m.texts.Add(ctx, 1, metric.WithAttributes(outcome, attribute.String("trigger", trigger)))
	}
	if len(matched) == 0 {
		m.texts.Add(ctx, 1, metric.WithAttributes(outcome, attribute.String("trigger", "")))
	}
	m.replies.Record(ctx, took.Seconds())
}

func (m *metrics) refuse(ctx context.Context, status int) {
	m.refused.Add(ctx, 1, metric.WithAttributes(attribute.String("status", http.StatusText(status))))
}
