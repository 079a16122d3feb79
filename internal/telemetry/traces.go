package telemetry

// Traces consist of spans for the webhook's requests, for workflows and
// activities, and for requests to Twilio. They are sent by OTLP over HTTP if
// OpenTelemetry's own variables specify an endpoint.

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"temporal-twilio/internal/version"
)

// Traces creates spans. The keys of attributes are fixed, and neither names nor
// values contain phone numbers, texts, queries or error messages. A nil Traces
// creates no spans.
type Traces struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// OpenTraces reads OpenTelemetry's variables. Spans are sent to
// OTEL_EXPORTER_OTLP_TRACES_ENDPOINT or OTEL_EXPORTER_OTLP_ENDPOINT, unless
// OTEL_SDK_DISABLED is true or OTEL_TRACES_EXPORTER is none. It returns nil if
// tracing is off.
func OpenTraces(ctx context.Context, getenv func(string) string, logger *slog.Logger) (*Traces, error) {
	name := "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	if getenv(name) == "" {
		name = "OTEL_EXPORTER_OTLP_ENDPOINT"
	}
	endpoint, exporter := getenv(name), getenv("OTEL_TRACES_EXPORTER")
	if endpoint == "" || exporter == "none" || strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") {
		return nil, nil
	}
	if address, err := url.Parse(endpoint); err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
		return nil, fmt.Errorf("%s must be an http:// or https:// URL", name)
	}
	if exporter != "" && exporter != "otlp" {
		return nil, fmt.Errorf("OTEL_TRACES_EXPORTER is %q; it must be otlp or none", exporter)
	}
	protocol := cmp.Or(getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"), getenv("OTEL_EXPORTER_OTLP_PROTOCOL"), "http/protobuf")
	if protocol != "http/protobuf" {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL is %q; it must be http/protobuf", protocol)
	}
	sender, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("create the trace exporter: %w", err)
	}
	otel.SetErrorHandler(&complaints{logger: logger})
	return newTraces(ctx, sdktrace.WithBatcher(sender))
}

// newTraces returns a Traces with a span processor. OTEL_TRACES_SAMPLER selects
// the sampler. By default, the parent's decision applies, and spans without a
// parent are sampled.
func newTraces(ctx context.Context, processor sdktrace.TracerProviderOption) (*Traces, error) {
	about, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", service), attribute.String("service.version", version.String())), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("read OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	provider := sdktrace.NewTracerProvider(processor, sdktrace.WithResource(about), sdktrace.WithIDGenerator(ids{}))
	return &Traces{provider: provider, tracer: provider.Tracer(service)}, nil
}

// Close sends the remaining spans. It takes at most 5 seconds.
func (t *Traces) Close() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = t.provider.Shutdown(ctx) // the error handler logs any error
}

// complaints is an OpenTelemetry error handler that logs, at most once per
// minute, that spans could not be sent.
type complaints struct {
	logger *slog.Logger
	last   atomic.Int64
}

func (c *complaints) Handle(err error) {
	now, last := time.Now().Unix(), c.last.Load()
	if now-last >= 60 && c.last.CompareAndSwap(last, now) {
		c.logger.Warn("traces could not be sent", "error", err)
	}
}

// Webhook creates a span for each request to a path. It ignores a trace context
// in the request, because anyone can send one.
func (t *Traces) Webhook(path string, next http.Handler) http.Handler {
	if t == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != path || r.Method != http.MethodPost && r.Method != http.MethodGet {
			next.ServeHTTP(w, r)
			return
		}
		ctx, span := t.tracer.Start(r.Context(), r.Method+" "+path, trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer),
			trace.WithAttributes(attribute.String("http.request.method", r.Method), attribute.String("http.route", path)))
		answer := &answered{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			span.SetAttributes(attribute.Int("http.response.status_code", answer.status))
			if answer.status >= 500 {
				span.SetStatus(codes.Error, "")
			}
			span.End()
		}()
		next.ServeHTTP(answer, r.WithContext(ctx))
	})
}

// answered records the status of a response.
type answered struct {
	http.ResponseWriter
	status int
}

func (a *answered) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

// maxRequests limits the request spans of one activity, so a broadcast creates
// spans per page and not per recipient.
const maxRequests = 5

// requests counts the requests of one activity.
type requests struct{ all, failed atomic.Int64 }

type requestsKey struct{}

// requestID matches the ID that Twilio gives to a request.
var requestID = regexp.MustCompile(`^RQ[0-9a-f]{32}$`)

// TwilioRequest records a request to Twilio that has just ended. It creates
// spans for the first few requests of an activity, but counts all requests.
// status is 0 if there was no response.
func TwilioRequest(ctx context.Context, method string, status int, took time.Duration, id string) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return
	}
	failed := status < 200 || status > 299
	if count, is := ctx.Value(requestsKey{}).(*requests); is {
		if failed {
			count.failed.Add(1)
		}
		if count.all.Add(1) > maxRequests {
			return
		}
	}
	_, span := parent.TracerProvider().Tracer(service).Start(ctx, "Twilio "+method, trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(time.Now().Add(-took)),
		trace.WithAttributes(attribute.String("http.request.method", method)))
	if status > 0 {
		span.SetAttributes(attribute.Int("http.response.status_code", status))
	}
	if requestID.MatchString(id) {
		span.SetAttributes(attribute.String("twilio.request_id", id))
	}
	if failed {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// ids generates trace and span IDs. They are random, except for workflow runs,
// whose IDs are derived from the run ID, so every worker that continues the run
// uses the same span.
type ids struct{}

type runKey struct{}

func (ids) NewIDs(ctx context.Context) (id trace.TraceID, span trace.SpanID) {
	if run, is := ctx.Value(runKey{}).(string); is {
		sum := sha256.Sum256([]byte(run))
		copy(id[:], sum[:])
	} else {
		_, _ = rand.Read(id[:]) // never fails
	}
	return id, ids{}.NewSpanID(ctx, id)
}

func (ids) NewSpanID(ctx context.Context, _ trace.TraceID) (id trace.SpanID) {
	if run, is := ctx.Value(runKey{}).(string); is {
		sum := sha256.Sum256([]byte(run))
		copy(id[:], sum[16:])
	} else {
		_, _ = rand.Read(id[:])
	}
	return id
}
