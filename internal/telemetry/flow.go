package telemetry

// Spans of workflows and activities, created by an interceptor for Temporal's
// clients and workers. The SDK's own interceptor (contrib/opentelemetry) adds
// workflow IDs and error messages to spans, and ends a workflow's span whenever
// a worker evicts the workflow from its cache. Headers have the same form as
// the SDK's, so traces of callers with the SDK's interceptor continue here.
// They contain only a traceparent, so they need no encryption.

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// headerKey is the header field in which all SDKs propagate traces.
const headerKey = "_tracer-data"

// Interceptors returns the interceptors for a client. They trace the workflows
// that it starts, and the workflows and activities that its workers run.
func (t *Traces) Interceptors() []interceptor.ClientInterceptor {
	if t == nil {
		return nil
	}
	return []interceptor.ClientInterceptor{&flow{traces: t}}
}

// WorkerInterceptors returns the interceptors for a worker whose client does
// not have those of [Traces.Interceptors].
func (t *Traces) WorkerInterceptors() []interceptor.WorkerInterceptor {
	return []interceptor.WorkerInterceptor{&flow{traces: t}}
}

// flow intercepts clients and the workers that are created from them.
type flow struct {
	interceptor.InterceptorBase
	traces *Traces
}

func (f *flow) InterceptClient(next interceptor.ClientOutboundInterceptor) interceptor.ClientOutboundInterceptor {
	c := &clientFlow{flow: f}
	c.Next = next
	return c
}

func (f *flow) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	a := &activityFlow{flow: f}
	a.Next = next
	return a
}

func (f *flow) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	w := &workflowFlow{flow: f}
	w.Next = next
	return w
}

// clientFlow creates a span for each start of a workflow.
type clientFlow struct {
	interceptor.ClientOutboundInterceptorBase
	*flow
}

func (c *clientFlow) ExecuteWorkflow(ctx context.Context, in *interceptor.ClientExecuteWorkflowInput) (client.WorkflowRun, error) {
	ctx, span := c.traces.tracer.Start(ctx, named("StartWorkflow", in.WorkflowType), trace.WithSpanKind(trace.SpanKindClient))
	defer span.End()
	write(interceptor.Header(ctx), span.SpanContext())
	run, err := c.Next.ExecuteWorkflow(ctx, in)
	mark(span, err)
	return run, err
}

// activityFlow creates a span for each attempt of an activity.
type activityFlow struct {
	interceptor.ActivityInboundInterceptorBase
	*flow
}

func (a *activityFlow) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	info := activity.GetInfo(ctx)
	count := &requests{}
	ctx = trace.ContextWithRemoteSpanContext(context.WithValue(ctx, requestsKey{}, count), read(interceptor.Header(ctx)))
	ctx, span := a.traces.tracer.Start(ctx, named("RunActivity", info.ActivityType.Name), trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(attribute.Int("temporal.attempt", int(info.Attempt))))
	defer span.End()
	result, err := a.Next.ExecuteActivity(ctx, in)
	if all := count.all.Load(); all > 0 {
		span.SetAttributes(attribute.Int64("twilio.requests", all), attribute.Int64("twilio.requests.failed", count.failed.Load()))
	}
	mark(span, err)
	return result, err
}

// workflowFlow creates a span for each run of a workflow when the run ends.
type workflowFlow struct {
	interceptor.WorkflowInboundInterceptorBase
	*flow
}

type runContextKey struct{}

func (w *workflowFlow) Init(next interceptor.WorkflowOutboundInterceptor) error {
	out := &outFlow{}
	out.Next = next
	return w.Next.Init(out)
}

func (w *workflowFlow) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	info := workflow.GetInfo(ctx)
	parent := context.WithValue(context.Background(), runKey{}, info.WorkflowExecution.RunID)
	parent = trace.ContextWithRemoteSpanContext(parent, read(interceptor.WorkflowHeader(ctx)))
	_, span := w.traces.tracer.Start(parent, named("RunWorkflow", info.WorkflowType.Name), trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(info.WorkflowStartTime),
		trace.WithAttributes(attribute.String("temporal.run_id", info.WorkflowExecution.RunID)))
	result, err := w.Next.ExecuteWorkflow(workflow.WithValue(ctx, runContextKey{}, span.SpanContext()), in)
	// A worker that evicts the workflow never reaches this point. A worker that
	// replays a closed workflow does not end the span, so it does not send the
	// span again.
	if !workflow.IsReplaying(ctx) {
		mark(span, err)
		span.End()
	}
	return result, err
}

// outFlow propagates the workflow's span to everything that the workflow calls.
type outFlow struct {
	interceptor.WorkflowOutboundInterceptorBase
}

func (o *outFlow) ExecuteActivity(ctx workflow.Context, activityType string, args ...any) workflow.Future {
	pass(ctx)
	return o.Next.ExecuteActivity(ctx, activityType, args...)
}

func (o *outFlow) ExecuteChildWorkflow(ctx workflow.Context, childWorkflowType string, args ...any) workflow.ChildWorkflowFuture {
	pass(ctx)
	return o.Next.ExecuteChildWorkflow(ctx, childWorkflowType, args...)
}

func (o *outFlow) NewContinueAsNewError(ctx workflow.Context, wfn any, args ...any) error {
	pass(ctx)
	return o.Next.NewContinueAsNewError(ctx, wfn, args...)
}

func pass(ctx workflow.Context) {
	if span, is := ctx.Value(runContextKey{}).(trace.SpanContext); is {
		write(interceptor.WorkflowHeader(ctx), span)
	}
}

// write writes the traceparent of a span to a header. It omits the tracestate,
// which could contain anything.
func write(header map[string]*commonpb.Payload, span trace.SpanContext) {
	fields := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(trace.ContextWithSpanContext(context.Background(), span.WithTraceState(trace.TraceState{})), fields)
	payload, err := converter.GetDefaultDataConverter().ToPayload(fields)
	if err == nil && header != nil && len(fields) > 0 {
		header[headerKey] = payload
	}
}

// read returns the span in a header, or an invalid span context if the header
// has none.
func read(header map[string]*commonpb.Payload) (span trace.SpanContext) {
	fields := propagation.MapCarrier{}
	if payload := header[headerKey]; payload == nil || len(payload.GetData()) > 4096 || converter.GetDefaultDataConverter().FromPayload(payload, &fields) != nil {
		return span
	}
	return trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), fields)).WithTraceState(trace.TraceState{})
}

// plainName and digits determine which workflow and activity types may appear
// in a span: those that match plainName but not digits. Others may be derived
// from an inbound text.
var (
	plainName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.:-]{0,99}$`)
	digits    = regexp.MustCompile(`[0-9]{5}`)
)

func named(operation, name string) string {
	if !plainName.MatchString(name) || digits.MatchString(name) {
		return operation
	}
	return operation + ":" + name
}

// mark sets a span's status and error type after an error. It omits the error's
// message, which may contain private data.
func mark(span trace.Span, err error) {
	next := (*workflow.ContinueAsNewError)(nil)
	if err == nil || errors.As(err, &next) || temporal.IsCanceledError(err) {
		return
	}
	kind := "error"
	if failure := (*temporal.ApplicationError)(nil); errors.As(err, &failure) {
		kind = strings.TrimPrefix(named("", failure.Type()), ":")
	}
	span.SetAttributes(attribute.String("error.type", kind))
	span.SetStatus(codes.Error, "")
}
