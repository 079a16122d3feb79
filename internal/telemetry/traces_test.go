package telemetry

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// personal is a phone number, which no span may contain.
const personal = "+15005550009"

// kept returns a Traces that stores its spans in memory for the test.
func kept(t *testing.T) (*Traces, *tracetest.InMemoryExporter) {
	t.Helper()
	spans := tracetest.NewInMemoryExporter()
	traces, err := newTraces(t.Context(), sdktrace.WithSyncer(spans))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(traces.Close)
	return traces, spans
}

func TestTracesAreSentIfConfigured(t *testing.T) {
	const on = "http://127.0.0.1:4318"
	for name, c := range map[string]struct {
		environment map[string]string
		sent        bool
		refused     string
	}{
		"no endpoint":                {environment: map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}},
		"endpoint":                   {environment: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": on}, sent: true},
		"endpoint of traces":         {environment: map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": on + "/v1/traces"}, sent: true},
		"disabled":                   {environment: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": on, "OTEL_SDK_DISABLED": "True"}},
		"no exporter":                {environment: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": on, "OTEL_TRACES_EXPORTER": "none"}},
		"another exporter":           {environment: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": on, "OTEL_TRACES_EXPORTER": "zipkin"}, refused: "must be otlp or none"},
		"another protocol":           {environment: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": on, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, refused: "must be http/protobuf"},
		"an endpoint without scheme": {environment: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, refused: "OTEL_EXPORTER_OTLP_ENDPOINT must be an http:// or https:// URL"},
	} {
		traces, err := OpenTraces(t.Context(), func(name string) string { return c.environment[name] }, slog.New(slog.DiscardHandler))
		if (traces != nil) != c.sent || (err != nil) != (c.refused != "") || err != nil && !strings.Contains(err.Error(), c.refused) {
			t.Errorf("%s: got traces %v, error %v, want traces %v, error %q", name, traces != nil, err, c.sent, c.refused)
		}
		traces.Close()
	}
}

func TestSamplerFollowsParent(t *testing.T) {
	parent := func(flags trace.TraceFlags) context.Context {
		return trace.ContextWithRemoteSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: flags, Remote: true,
		}))
	}
	for name, tc := range map[string]struct {
		sampler, argument     string
		root, taken, nottaken bool
	}{
		"by default":        {"", "", true, true, false},
		"none of our spans": {"parentbased_traceidratio", "0", false, true, false},
		"all of our spans":  {"parentbased_traceidratio", "1", true, true, false},
		"off":               {"always_off", "", false, false, false},
		"without a parent":  {"always_on", "", true, true, true},
	} {
		t.Setenv("OTEL_TRACES_SAMPLER", tc.sampler)
		t.Setenv("OTEL_TRACES_SAMPLER_ARG", tc.argument)
		traces, spans := kept(t)
		for ctx, want := range map[context.Context]bool{t.Context(): tc.root, parent(trace.FlagsSampled): tc.taken, parent(0): tc.nottaken} {
			spans.Reset()
			_, span := traces.tracer.Start(ctx, "a span")
			span.End()
			if got := len(spans.GetSpans()) == 1; got != want {
				t.Errorf("%s: with parent flags %v: got recorded %v, want %v", name, trace.SpanContextFromContext(ctx).TraceFlags(), got, want)
			}
		}
	}
}

func TestActivitySpansAreLimited(t *testing.T) {
	traces, spans := kept(t)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.SetWorkerOptions(worker.Options{Interceptors: traces.WorkerInterceptors()})
	page := func(ctx context.Context) error {
		for i := range 200 {
			status := 201
			if i == 150 {
				status = 429
			}
			TwilioRequest(ctx, http.MethodPost, status, time.Millisecond, "RQ"+strings.Repeat("0", 32))
		}
		return temporal.NewApplicationError("nobody at "+personal, "NotSentYet")
	}
	env.RegisterActivity(page)
	if _, err := env.ExecuteActivity(page); err == nil {
		t.Error("the activity succeeded, want an error")
	}
	got := spans.GetSpans()
	if len(got) != maxRequests+1 {
		t.Fatalf("got %d spans, want %d", len(got), maxRequests+1)
	}
	last := got[len(got)-1]
	for key, want := range map[string]string{"twilio.requests": "200", "twilio.requests.failed": "1", "error.type": "NotSentYet"} {
		if value := attributeOf(last, key); value != want {
			t.Errorf("%s = %q, want %q", key, value, want)
		}
	}
	if got[0].Parent.SpanID() != last.SpanContext.SpanID() || attributeOf(got[0], "twilio.request_id") == "" {
		t.Errorf("got the request span %+v, want the activity's span as its parent, and Twilio's request ID", got[0])
	}
	impersonal(t, got)
}

func attributeOf(span tracetest.SpanStub, key string) string {
	for _, a := range span.Attributes {
		if string(a.Key) == key {
			return a.Value.String()
		}
	}
	return ""
}

func impersonal(t *testing.T, spans tracetest.SpanStubs) {
	t.Helper()
	for _, span := range spans {
		for _, a := range span.Attributes {
			if strings.Contains(a.Value.String(), personal) {
				t.Errorf("span %s: attribute %s contains %s", span.Name, a.Key, a.Value.String())
			}
		}
		if strings.Contains(span.Name+span.Status.Description, personal) || len(span.Events) > 0 {
			t.Errorf("a span contains private data: %+v", span)
		}
	}
}

func TestRunSpanContainsActivities(t *testing.T) {
	traces, spans := kept(t)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkerOptions(worker.Options{Interceptors: traces.WorkerInterceptors()})
	quick := func(context.Context) error { return nil }
	env.RegisterActivity(quick)
	flow := func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
		if err := workflow.ExecuteActivity(ctx, quick).Get(ctx, nil); err != nil {
			return err
		}
		return errors.New("no reply of " + personal)
	}
	env.RegisterWorkflowWithOptions(flow, workflow.RegisterOptions{Name: "Flow"})
	env.ExecuteWorkflow("Flow")
	got := spans.GetSpans()
	if len(got) != 2 || got[1].Name != "RunWorkflow:Flow" {
		t.Fatalf("got the spans %+v, want two, the second of which is RunWorkflow:Flow", got)
	}
	if got[0].Parent.SpanID() != got[1].SpanContext.SpanID() || got[0].SpanContext.TraceID() != got[1].SpanContext.TraceID() {
		t.Errorf("got parent %v of the activity, want the workflow's span %v", got[0].Parent, got[1].SpanContext)
	}
	impersonal(t, got)
}

func TestWorkersUseSameRunSpan(t *testing.T) {
	ctx := context.WithValue(t.Context(), runKey{}, "a run")
	trace, span := ids{}.NewIDs(ctx)
	again, spanAgain := ids{}.NewIDs(ctx)
	other, _ := ids{}.NewIDs(t.Context())
	if trace != again || span != spanAgain || span != (ids{}).NewSpanID(ctx, other) || trace == other {
		t.Errorf("got the IDs %v %v, then %v %v for the same run, and %v without a run; want only the last to differ", trace, span, again, spanAgain, other)
	}
}

func TestWebhookCreatesSpansForTextsOnly(t *testing.T) {
	traces, spans := kept(t)
	handler := traces.Webhook("/twilio/sms", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	for _, path := range []string{"/twilio/sms?From=%2B15005550009", "/twilio/status", "/healthz", "/" + personal} {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader("From="+personal))
		r.Header.Set("Traceparent", "00-11111111111111111111111111111111-2222222222222222-00")
		r.Header.Set("Baggage", "from="+personal)
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	got := spans.GetSpans()
	if len(got) != 1 || got[0].Name != "POST /twilio/sms" || attributeOf(got[0], "http.response.status_code") != "503" {
		t.Fatalf("got the spans %+v, want one for the POST with status 503", got)
	}
	if got[0].Parent.IsValid() || len(got[0].Links) > 0 {
		t.Error("the request's trace context was used, want it ignored")
	}
	impersonal(t, got)
}

func TestHeadersContainOnlyTraceparent(t *testing.T) {
	traces, _ := kept(t)
	_, span := traces.tracer.Start(t.Context(), "a span")
	header := map[string]*commonpb.Payload{}
	write(header, span.SpanContext())
	if len(header) != 1 || strings.Count(string(header[headerKey].GetData()), ":") != 1 || read(header).SpanID() != span.SpanContext().SpanID() {
		t.Errorf("got the header %v, want only the traceparent", header)
	}
	header[headerKey].Data = []byte(`{"traceparent":"` + personal + `","tracestate":"a=b"}`)
	if read(header).IsValid() {
		t.Error("an invalid traceparent was accepted")
	}
}

func TestSpanNamesHideTexts(t *testing.T) {
	for name, want := range map[string]string{"SendSms": "Run:SendSms", "": "Run", "Order of Ann": "Run", "Flow" + personal: "Run", "order-15005550009": "Run"} {
		if got := named("Run", name); got != want {
			t.Errorf("%q: got span name %q, want %q", name, got, want)
		}
	}
}
