package bench

// What the options for encryption, tracing and metrics cost a send.

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/client"

	"temporal-twilio/sms"
	"temporal-twilio/test/bench/table"
	"temporal-twilio/test/stack"
)

const optionsPart = "Options: on compared with off"

// fastTemporal raises the rates at which the embedded Temporal polls its own
// queues.
var fastTemporal = []string{"history.transferProcessorMaxPollRPS=400", "history.timerProcessorMaxPollRPS=400"}

// sends starts a stack with additional variables, and returns a function that
// sends one text through it.
func sends(t *testing.T, c func(*stack.Stack) client.Client, environment ...string) func(context.Context, int) error {
	t.Helper()
	s := stack.Start(t, stack.Options{TemporalSettings: fastTemporal, Environment: append([]string{"LOG_LEVEL=error"}, environment...)})
	if err := s.Twilio.SetSpeed(1e6); err != nil {
		t.Fatal(err)
	}
	caller, in := s.Temporal.Client, listOf(1)
	if c != nil {
		caller = c(s)
	}
	return func(ctx context.Context, _ int) error {
		run, err := caller.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "send-" + uuid.NewString(), TaskQueue: sms.TaskQueue}, sms.SendSmsWorkflowName, in)
		if err != nil {
			return err
		}
		return run.Get(ctx, nil)
	}
}

func TestOptions(t *testing.T) {
	besideOthers(t)
	off := sends(t, nil)
	row := func(name, beside string) versus {
		return versus{part: optionsPart, name: name, beside: beside, atOnce: atOnce, atLeast: 0.95, why: "each payload and call takes extra work, and no processor is idle"}
	}
	keys := stack.NewKeyFile(t, "bench", "bench")
	encrypted := sends(t, func(s *stack.Stack) client.Client { return s.Temporal.Protected(t, keys) }, keys.Environment())
	row("SendSmsWorkflow, with PAYLOAD_KEYS", "without").report(t, encrypted, off)

	metrics := "127.0.0.1:" + stack.FreePort(t)
	measured := sends(t, nil, "METRICS_ADDR="+metrics)
	scrape(t, "http://"+metrics+"/metrics")
	row("SendSmsWorkflow, with METRICS_ADDR, scraped every second", "without").report(t, measured, off)

	var spans atomic.Int64
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // the request is only counted
		spans.Add(1)
	}))
	t.Cleanup(collector.Close)
	traced := sends(t, nil, "OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL)
	if err := traced(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	missing := table.Row{Part: optionsPart, Name: "SendSmsWorkflow, with traces", Beside: "without", AtLeast: 0.95, Missing: "no span arrived at OTEL_EXPORTER_OTLP_ENDPOINT"}
	for waited := time.Duration(0); spans.Load() == 0; waited += 100 * time.Millisecond {
		if waited > 10*time.Second { // the exporter sends its batches every 5 s
			keep(t, missing)
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	row("SendSmsWorkflow, with traces", "without").report(t, traced, off)
}

// scrape requests the metrics every second until the test ends.
func scrape(t *testing.T, address string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				if err := stack.Get(ctx, address); err != nil && ctx.Err() == nil {
					t.Errorf("scrape the metrics: got error %v", err)
				}
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-ended })
}
