package sweep

// The drive's spans must form one trace from the text to Twilio, and there must
// be few of them.

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// spans holds the spans of a collector.
type spans []*tracepb.Span

// under returns the spans of the given name that are children of parent.
func (s spans) under(parent *tracepb.Span, name string) (found spans) {
	for _, span := range s {
		if span.GetName() == name && string(span.GetParentSpanId()) == string(parent.GetSpanId()) && string(span.GetTraceId()) == string(parent.GetTraceId()) {
			found = append(found, span)
		}
	}
	return found
}

func number(span *tracepb.Span, attribute string) int64 {
	for _, a := range span.GetAttributes() {
		if a.GetKey() == attribute {
			return a.GetValue().GetIntValue()
		}
	}
	return 0
}

func word(span *tracepb.Span, attribute string) string {
	for _, a := range span.GetAttributes() {
		if a.GetKey() == attribute {
			return a.GetValue().GetStringValue()
		}
	}
	return ""
}

// chained returns an error unless a text led to a workflow, an activity and a
// request to Twilio, all in one trace.
func (s spans) chained() error {
	chain := []string{"POST /twilio/sms", "StartWorkflow:SendSmsWorkflow", "RunWorkflow:SendSmsWorkflow", "RunActivity:SendSms", "Twilio POST"}
	var reached spans
	for _, span := range s {
		if span.GetName() == chain[0] && len(span.GetParentSpanId()) == 0 {
			reached = append(reached, span)
		}
	}
	for _, name := range chain[1:] {
		var next spans
		for _, span := range reached {
			next = append(next, s.under(span, name)...)
		}
		if reached = next; len(reached) == 0 {
			return fmt.Errorf("no %s in the trace of a text", name)
		}
	}
	if id := word(reached[0], "twilio.request_id"); !strings.HasPrefix(id, "RQ") {
		return fmt.Errorf("the request to Twilio has the ID %q, want one that begins with RQ", id)
	}
	return nil
}

func (d *drive) traces(t *testing.T) {
	t.Helper()
	all := spans(d.collector.Spans())
	if err := all.chained(); err != nil {
		t.Errorf("the trace of a text is incomplete: %v; got %d spans: %q", err, len(all), all.names())
	}
	pages := 0
	for _, span := range all {
		if span.GetName() != "RunActivity:SendSms" {
			continue
		}
		if n := len(all.under(span, "Twilio POST")) + len(all.under(span, "Twilio GET")); n > 5 {
			t.Errorf("a send has %d spans for requests, want at most 5", n)
		}
		if number(span, "twilio.requests") >= 10 {
			pages++
		}
	}
	if pages < 3 {
		t.Errorf("got %d spans for pages of 10 recipients, want at least 3", pages)
	}
}

// names returns the names of the spans, each once.
func (s spans) names() (names []string) {
	for _, span := range s {
		names = append(names, span.GetName())
	}
	slices.Sort(names)
	return slices.Compact(names)
}
