package bench

// Inbound texts, from the webhook's request to the echo, compared with a bare
// client that makes the same requests to Temporal.

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/test/stack"
	"temporal-twilio/twilio"
)

const inboundTriggers = `triggers:
  - {name: plain, pattern: '^plain', echo: 'ok', start: {workflow: Sink, taskQueue: nobody}}
  - {name: chat, pattern: '^chat', echo: 'ok', signalWithStart: {workflow: Sink, taskQueue: nobody, id: 'chat-${conversation}', signal: text}}
  - {name: signal, pattern: '^signal (?<n>\d+)', echo: 'ok', echoError: 'lost', signal: {workflowId: 'target-${matchGroups.n}', name: text}}
`

const inboundPart = "A text in"

// targets is how many workflows receive signals.
const targets = 64

// target receives signals, and continues as new before its history grows long.
func target(ctx workflow.Context) error {
	texts := workflow.GetSignalChannel(ctx, "text")
	for range 500 {
		texts.Receive(ctx, nil)
	}
	for texts.ReceiveAsync(nil) {
	}
	return workflow.NewContinueAsNewError(ctx, "Target")
}

// signals is the bare workflow that signals another.
func signals(ctx workflow.Context, n int) error {
	return workflow.SignalExternalWorkflow(ctx, fmt.Sprintf("target-%d", n%targets), "", "text", "hi").Get(ctx, nil)
}

func TestInbound(t *testing.T) {
	besideOthers(t)
	s := stack.Start(t, stack.Options{
		Triggers: inboundTriggers, Environment: []string{"LOG_LEVEL=error"},
		TemporalSettings: fastTemporal,
	})
	c := s.Temporal.Client
	w := worker.New(c, "bench", worker.Options{DisableRegistrationAliasing: true})
	w.RegisterWorkflowWithOptions(target, workflow.RegisterOptions{Name: "Target"})
	w.RegisterWorkflowWithOptions(signals, workflow.RegisterOptions{Name: "Signals"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	for n := range targets {
		if _, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: fmt.Sprintf("target-%d", n), TaskQueue: "bench"}, "Target"); err != nil {
			t.Fatal(err)
		}
	}
	transport := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	text := func(body string) func(context.Context, int) error {
		return func(ctx context.Context, n int) error {
			return deliver(ctx, transport, s.Webhook, strings.ReplaceAll(body, "N", fmt.Sprint(n%targets)))
		}
	}
	start := func(ctx context.Context, n int) error {
		_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "bare-" + uuid.NewString(), TaskQueue: "nobody"}, "Sink", map[string]string{"text": "plain hello"})
		return err
	}
	signal := func(ctx context.Context, n int) error {
		run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "signals-" + uuid.NewString(), TaskQueue: "bench"}, "Signals", n)
		if err != nil {
			return err
		}
		return run.Get(ctx, nil)
	}
	row := func(name, beside string, atOnce int) versus {
		return versus{part: inboundPart, name: name, beside: beside, atOnce: atOnce}
	}
	started := row("a text that starts a workflow, 32 at a time", "a client that starts one", 32)
	started.atLeast = 0.95
	started.why = "to the processor time of a bare start, nearly all of which is Temporal's, the webhook's own process adds about 13% (HTTP, the signature, Temporal's client), " +
		"the read of open questions about 9%, and the search attributes and the memo, by which texts are found and answered again, about 6%; the triggers add too little to measure"
	started.report(t, text("plain hello"), start)
	alone := row("the same, one at a time", "a client that starts one", 1)
	alone.report(t, text("plain hello"), start)
	row("an inbound text that nothing matches, 32 at a time", "a client that starts a workflow", 32).report(t, text("nothing"), start)
	if testing.Short() {
		row("a text that signals, with its outcome, 32 at a time", "a workflow that signals", 32).report(t, text("signal N"), signal)
		return
	}
	row("signalWithStart, 32 at a time", "a client that starts a workflow", 32).report(t, text("chat hello"), start)
	drain(t, c)
	row("signal with its outcome, 32 at a time", "a workflow that signals", 32).report(t, text("signal N"), signal)
	row("signal with its outcome, one at a time", "a workflow that signals", 1).report(t, text("signal N"), signal)
}

// drain waits until all accepted texts are published.
func drain(t *testing.T, c client.Client) {
	t.Helper()
	for {
		open, err := c.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Query: "WorkflowType = 'ReceiveSmsWorkflow' AND ExecutionStatus = 'Running'"})
		if err != nil {
			t.Fatal(err)
		}
		if open.Count == 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// deliver delivers a text from a new phone, as Twilio would.
func deliver(ctx context.Context, c *http.Client, hook, body string) error {
	return deliverAs(ctx, c, hook, body, strings.ReplaceAll(uuid.NewString(), "-", ""))
}

// deliverForm delivers a form, signed as Twilio would sign it.
func deliverForm(ctx context.Context, c *http.Client, hook string, form url.Values) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, hook+"/twilio/sms", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set(twilio.SignatureHeader, twilio.Sign(stack.Token, hook+"/twilio/sms", form))
	response, err := c.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && (response.StatusCode != http.StatusOK || !strings.Contains(string(answer), "ok") && form.Get("Body") != "nothing") {
		err = fmt.Errorf("answered %s: %s", response.Status, answer)
	}
	return err
}
