package alerts

// Once Prometheus has scraped running workers, it has every series that the
// rules and the dashboard query.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

const phone = "+15005550009"

// prometheus is the Prometheus server of one test.
type prometheus struct{ address string }

func startPrometheus(t *testing.T, binary string, targets ...string) *prometheus {
	t.Helper()
	dir := t.TempDir()
	absolute, err := filepath.Abs(rulesFile)
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf("global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [%q]\nscrape_configs:\n  - job_name: sms\n    static_configs: [{targets: [%s]}]\n", absolute, strings.Join(targets, ", "))
	file := filepath.Join(dir, "prometheus.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &prometheus{address: "127.0.0.1:" + stack.FreePort(t)}
	stack.StartProcess(t, "prometheus", nil, binary, "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+p.address)
	return p
}

// query returns how many series an expression currently matches.
func (p *prometheus) query(ctx context.Context, expr string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+"/api/v1/query?query="+url.QueryEscape(expr), nil)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	var answer struct {
		Status, Error string
		Data          struct{ Result []json.RawMessage }
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return 0, err
	}
	if answer.Status != "success" {
		return 0, errors.New(answer.Error)
	}
	return len(answer.Data.Result), nil
}

// has waits until an expression returns data.
func (p *prometheus) has(t *testing.T, what, expr string) {
	t.Helper()
	stack.Eventually(t, what+": "+expr, func(ctx context.Context) error {
		n, err := p.query(ctx, expr)
		if err == nil && n == 0 {
			err = errors.New("the expression returns no data")
		}
		return err
	})
}

var selector = regexp.MustCompile(`\b((?:sms|temporal)_\w+)(?:\{([^}]*)\})?`)

func TestRulesAndDashboardQueryExistingMetrics(t *testing.T) {
	t.Parallel()
	binary := program(t, "prometheus")
	s, targets := running(t)
	provoke(t, s)
	p := startPrometheus(t, binary, targets...)
	for _, r := range rules(t) {
		for _, found := range selector.FindAllStringSubmatch(r.Expr, -1) {
			name, matchers := found[1], found[2]
			p.has(t, r.Alert, name)
			for matcher := range strings.SplitSeq(matchers, ",") {
				if label, _, ok := strings.Cut(strings.TrimSpace(matcher), "="); ok {
					p.has(t, r.Alert, name+"{"+strings.TrimRight(label, "!")+`!=""}`)
				}
			}
		}
	}
	for _, panel := range panels(t) {
		for _, target := range panel.Targets {
			p.has(t, panel.Title, strings.ReplaceAll(target.Expr, "$__rate_interval", "1m"))
		}
	}
	// The test provokes this alert, so it must fire.
	p.has(t, "a workflow whose code was changed", `ALERTS{alertname="TemporalNonDeterminism", alertstate="firing"}`)
	checkLabels(t, targets)
}

// running starts a stack with a worker, and a separate webhook that serves
// HTTPS. targets are the addresses at which the two serve their metrics.
func running(t *testing.T) (s *stack.Stack, targets []string) {
	t.Helper()
	targets = []string{"127.0.0.1:" + stack.FreePort(t), "127.0.0.1:" + stack.FreePort(t)}
	s = stack.Start(t, stack.Options{NoWorker: true, Environment: []string{"CATCH_UP=5m", "SEND_CAPS=*=100/h", "METRICS_ADDR=" + targets[0]}})
	leaveHistory(t, s)
	s.StartWorker(t)
	cert, key := stack.CertificateFiles(t)
	address := "127.0.0.1:" + stack.FreePort(t)
	environment := append(append([]string{}, s.Environment()...), "METRICS_ADDR="+targets[1], "WEBHOOK_ADDR="+address, "WEBHOOK_TLS_CERT="+cert, "WEBHOOK_TLS_KEY="+key)
	stack.StartProcess(t, "webhook", environment, stack.Build(t, "worker"), "--only", "webhook")
	return s, targets
}

// changed is the ID of a workflow whose history does not match the product's
// code, so that replaying it fails.
const changed = "changed"

func leaveHistory(t *testing.T, s *stack.Stack) {
	t.Helper()
	w := worker.New(s.Temporal.Client, sms.TaskQueue, worker.Options{})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context, _ any) error {
		return workflow.Sleep(ctx, time.Hour)
	}, workflow.RegisterOptions{Name: sms.SendSmsWorkflowName})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	input := sms.SendSmsWorkflowInput{SendSmsInput: sms.SendSmsInput{SmsFrom: stack.Number, SmsTo: sms.Recipients{{To: phone}}, SmsBody: "Hi"}}
	if _, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: changed, TaskQueue: sms.TaskQueue}, sms.SendSmsWorkflowName, input); err != nil {
		t.Fatal(err)
	}
	stack.Eventually(t, "the workflow sleeps", func(ctx context.Context) error {
		history := s.Temporal.Client.GetWorkflowHistory(ctx, changed, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for history.HasNext() {
			event, err := history.Next()
			if err != nil {
				return err
			}
			if event.GetEventType() == enumspb.EVENT_TYPE_TIMER_STARTED {
				return nil
			}
		}
		return errors.New("not yet")
	})
}

// provoke causes the events whose metrics the SDK exports only once the events
// have occurred.
func provoke(t *testing.T, s *stack.Stack) {
	t.Helper()
	c := s.Temporal.Client
	if err := c.SignalWorkflow(t.Context(), changed, "", sms.StatusSignal, sms.StatusUpdate{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "question", TaskQueue: sms.TaskQueue}, sms.AskSmsWorkflowName, sms.AskSmsInput{SmsFrom: stack.Number, SmsTo: phone, SmsBody: "Shall we come?"}); err != nil {
		t.Fatal(err)
	}
	if err := c.SignalWorkflow(t.Context(), "question", "", sms.ReplySignal, "not a reply"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Twilio.Inbound(t.Context(), twiliosim.Inbound{From: "+15005550008", To: stack.Number, Body: "Order Number 42"}); err != nil {
		t.Fatal(err)
	}
}

// checkLabels fails the test if a process's metrics contain a phone number, a
// message body or a secret.
func checkLabels(t *testing.T, targets []string) {
	t.Helper()
	for _, target := range targets {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+target+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(response.Body)
		_ = response.Body.Close() // the error of reading, checked below, is what matters
		if err != nil {
			t.Fatal(err)
		}
		for _, private := range []string{"5005550", "Order Number", "Shall we", stack.Token, "the-secret-of-the-tests"} {
			if strings.Contains(string(all), private) {
				t.Errorf("the metrics contain %q, which is private", private)
			}
		}
	}
}
