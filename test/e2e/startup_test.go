package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"temporal-twilio/test/stack"
)

func TestWorkerRefusesToStartMisconfigured(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	triggers := file("triggers.yaml", "triggers:\n  - name: any\n    pattern: 'x'\n    start: {workflow: W, taskQueue: q}\n")
	broken := file("broken.yaml", "triggers:\n  - name: any\n    pattern: '(x'\n    start: {workflow: W, taskQueue: q}\n")
	noYAML := file("no.yaml", "triggers:\n  - name: 'any\n")
	unknown := file("unknown.yaml", "triggers:\n  - name: any\n    patern: 'x'\n")
	// These variables are valid; each case changes one or more of them.
	well := map[string]string{
		"TWILIO_ACCOUNT": stack.Account, "TWILIO_TOKEN": stack.Token, "TWILIO_BASE_URL": "http://127.0.0.1:1",
		"TRIGGERS": triggers, "WEBHOOK_PUBLIC_URL": "https://sms.example.com", "WEBHOOK_ADDR": "127.0.0.1:0",
		"TEMPORAL_ADDRESS": "127.0.0.1:1",
	}
	for name, tc := range map[string]struct {
		change map[string]string
		args   []string
		want   []string
	}{
		"without an account":               {map[string]string{"TWILIO_ACCOUNT": ""}, nil, []string{"TWILIO_ACCOUNT"}},
		"without credentials":              {map[string]string{"TWILIO_TOKEN": ""}, nil, []string{"TWILIO_TOKEN", "TWILIO_API_KEY"}},
		"without a token to verify with":   {map[string]string{"TWILIO_TOKEN": "", "TWILIO_API_KEY": "SK1", "TWILIO_API_SECRET": "s"}, nil, []string{"TWILIO_TOKEN", "WEBHOOK_SIGNATURE=off"}},
		"just the webhook, without token":  {map[string]string{"TWILIO_TOKEN": ""}, []string{"--only", "webhook"}, []string{"TWILIO_TOKEN", "WEBHOOK_SIGNATURE=off"}},
		"without a public URL":             {map[string]string{"WEBHOOK_PUBLIC_URL": ""}, nil, []string{"WEBHOOK_PUBLIC_URL"}},
		"with an unknown signature switch": {map[string]string{"WEBHOOK_SIGNATURE": "no"}, nil, []string{"WEBHOOK_SIGNATURE", `"no"`, "on or off"}},
		"with a bad base URL":              {map[string]string{"TWILIO_BASE_URL": "localhost:8090"}, nil, []string{"TWILIO_BASE_URL", `"localhost:8090"`}},
		"with a region and no edge":        {map[string]string{"TWILIO_REGION": "ie1"}, nil, []string{"TWILIO_REGION", "TWILIO_EDGE"}},
		"with half an API key":             {map[string]string{"TWILIO_API_KEY": "SK1"}, nil, []string{"TWILIO_API_KEY", "TWILIO_API_SECRET"}},
		"with a token given twice":         {map[string]string{"TWILIO_TOKEN_FILE": triggers}, nil, []string{"TWILIO_TOKEN", "TWILIO_TOKEN_FILE"}},
		"with a missing token file":        {map[string]string{"TWILIO_TOKEN": "", "TWILIO_TOKEN_FILE": "/nowhere/token"}, nil, []string{"TWILIO_TOKEN_FILE", "/nowhere/token"}},
		"with a broken pattern":            {map[string]string{"TRIGGERS": broken}, nil, []string{broken + ":3:", `"any"`, "pattern"}},
		"with a file that is not YAML":     {map[string]string{"TRIGGERS": noYAML}, nil, []string{noYAML + ":2:"}},
		"with a misspelled key":            {map[string]string{"TRIGGERS": unknown}, nil, []string{unknown + ":3:", "patern"}},
		"with a missing trigger file":      {map[string]string{"TRIGGERS": "/nowhere/triggers.yaml"}, nil, []string{"/nowhere/triggers.yaml"}},
		"just the webhook, no triggers":    {map[string]string{"TRIGGERS": ""}, []string{"--only", "webhook"}, []string{"TRIGGERS"}},
		"with an unknown half":             {nil, []string{"--only", "wroker"}, []string{"--only", `"wroker"`}},
		"with the webhook's port taken":    {map[string]string{"WEBHOOK_ADDR": taken.Addr().String()}, nil, []string{"WEBHOOK_ADDR", taken.Addr().String(), "in use"}},
		"with the metrics' port taken":     {map[string]string{"METRICS_ADDR": taken.Addr().String()}, nil, []string{"METRICS_ADDR", taken.Addr().String(), "in use"}},
		"with an invalid address":          {map[string]string{"WEBHOOK_ADDR": "8080"}, nil, []string{"WEBHOOK_ADDR", "8080"}},
		"with a rate that is not a number": {map[string]string{"SEND_CONCURRENCY": "many"}, nil, []string{"SEND_CONCURRENCY", `"many"`}},
		"with several mistakes":            {map[string]string{"TWILIO_TIMEOUT": "10", "SEND_RATE": "fast", "ID_SECRET": "short", "TRIGGERS": ""}, nil, []string{`"10s"`, `"fast"`, "ID_SECRET"}},
		"with a missing folder":            {map[string]string{"BROADCAST_DIR": "/nowhere"}, nil, []string{"BROADCAST_DIR", "/nowhere"}},
		"with an unknown log level":        {map[string]string{"LOG_LEVEL": "loud"}, nil, []string{"LOG_LEVEL", `"loud"`}},
		"with an unknown log format":       {map[string]string{"LOG_FORMAT": "xml"}, nil, []string{"LOG_FORMAT", `"xml"`}},
		"with half of Temporal's TLS":      {map[string]string{"TEMPORAL_TLS_CLIENT_CERT_PATH": "/nowhere/client.pem"}, nil, []string{"Temporal's configuration"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var environment []string
			for variable, value := range well {
				if _, changed := tc.change[variable]; !changed {
					environment = append(environment, variable+"="+value)
				}
			}
			for variable, value := range tc.change {
				if value != "" {
					environment = append(environment, variable+"="+value)
				}
			}
			worker := stack.StartProcess(t, "worker", environment, stack.Build(t, "worker"), tc.args...)
			if status := worker.Wait(t); status != 1 {
				t.Errorf("the worker ended with status %d, want 1", status)
			}
			// The last lines are the reasons; warnings may precede them.
			_, reasons, _ := strings.Cut("\n"+worker.Output(), "\nworker: ")
			for line := range strings.SplitSeq(strings.TrimSpace(reasons), "\nworker: ") {
				if line == "" || strings.Contains(line, "\n") {
					t.Errorf("got the output %q, want it to end with one line for each reason", worker.Output())
				}
			}
			for _, want := range tc.want {
				if !strings.Contains(reasons, want) {
					t.Errorf("the output %q does not contain %s", reasons, want)
				}
			}
			if strings.Contains(worker.Output(), stack.Token) {
				t.Error("the output contains the token")
			}
		})
	}
}

func TestWorkerReportsReadiness(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	port := s.Webhook[strings.LastIndex(s.Webhook, ":"):]
	ready := func(address string) (int, string) {
		asking := stack.StartProcess(t, "worker ready", append(s.Environment(), "WEBHOOK_ADDR="+address), stack.Build(t, "worker"), "ready")
		return asking.Wait(t), asking.Output()
	}
	for _, address := range []string{"127.0.0.1" + port, "0.0.0.0" + port, port} {
		stack.Eventually(t, "the webhook reports that it is ready, asked at "+address, func(context.Context) error {
			if status, output := ready(address); status != 0 {
				return fmt.Errorf("status %d: %s", status, output)
			}
			return nil
		})
	}
	s.Temporal.Stop(t)
	stack.Eventually(t, "the webhook reports that Temporal is unreachable", func(context.Context) error {
		if status, output := ready("127.0.0.1" + port); status != 1 || !strings.Contains(output, "not ready: Temporal is unreachable") {
			return fmt.Errorf("status %d: %s", status, output)
		}
		return nil
	})
	s.Worker.Stop(t)
	if status, output := ready("127.0.0.1" + port); status != 1 || !strings.Contains(output, "does not answer") {
		t.Errorf("after the worker has stopped: got status %d, want 1 and that nothing answers: %s", status, output)
	}
}

func TestWorkerReportsReadinessOverTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pair := certificate(t)
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: pair.Certificate[0]},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	address := "127.0.0.1:" + stack.FreePort(t)
	environment := []string{
		"TEMPORAL_ADDRESS=" + stack.StartTemporal(t).Address, "TRIGGERS=local/triggers.yaml", "WEBHOOK_SIGNATURE=off",
		"WEBHOOK_ADDR=" + address, "WEBHOOK_TLS_CERT=" + filepath.Join(dir, "cert.pem"), "WEBHOOK_TLS_KEY=" + filepath.Join(dir, "key.pem"),
	}
	stack.StartProcess(t, "worker", environment, stack.Build(t, "worker"), "--only", "webhook")
	stack.Eventually(t, "the webhook is ready", func(context.Context) error {
		asking := stack.StartProcess(t, "worker ready", environment, stack.Build(t, "worker"), "ready")
		if status := asking.Wait(t); status != 0 {
			return errors.New(asking.Output())
		}
		return nil
	})
}

// certificate returns a self-signed certificate.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	return server.TLS.Certificates[0]
}
