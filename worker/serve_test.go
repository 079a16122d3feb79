package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"temporal-twilio/internal/config"
	"temporal-twilio/internal/metrics"
	"temporal-twilio/internal/metrics/metricstest"
	"temporal-twilio/internal/temporal"
	"temporal-twilio/test/stack"
)

// served runs a service on a free port. It returns the address, a function that
// stops the service, and a channel for the service's result.
func served(t *testing.T, l listening) (address string, stop context.CancelFunc, ended <-chan error) {
	t.Helper()
	return servedWith(t, slog.New(slog.DiscardHandler), l)
}

func servedWith(t *testing.T, logger *slog.Logger, l listening) (address string, stop context.CancelFunc, ended <-chan error) {
	t.Helper()
	l.name, l.address = "test", "127.0.0.1:"+stack.FreePort(t)
	service, err := serve(logger, l)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	end := make(chan error, 1)
	go func() { end <- service(ctx) }()
	t.Cleanup(stop)
	return l.address, stop, end
}

func TestShutdownAnswersRequestsInProgress(t *testing.T) {
	t.Parallel()
	begun, finish := make(chan struct{}), make(chan struct{})
	address, stop, ended := served(t, listening{handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-finish
		_, _ = io.WriteString(w, "done")
	})})
	answer := make(chan string, 1)
	go func() {
		response, err := http.Get("http://" + address)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		answer <- string(body)
	}()
	<-begun
	stop()
	select {
	case err := <-ended:
		t.Fatalf("the service ended with a request in progress; error %v", err)
	case <-time.After(50 * time.Millisecond): // the service had time to end
	}
	close(finish)
	if got := <-answer; got != "done" {
		t.Errorf("got response %s, want done", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("the service returned error %v, want none", err)
	}
}

func TestDrainingWebhookStillAnswers(t *testing.T) {
	t.Parallel()
	address, stop, ended := served(t, listening{drain: time.Hour, handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})})
	stop()
	response, err := http.Get("http://" + address)
	if err != nil {
		t.Fatalf("a request while the service drains: got error %v, want a response", err)
	}
	response.Body.Close()
	select {
	case err := <-ended:
		t.Errorf("the service ended while draining, with error %v", err)
	default:
	}
}

func TestSlowClientIsDropped(t *testing.T) {
	t.Parallel()
	address, _, _ := served(t, listening{handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})})
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, "POST /twilio/sms HTTP/1.1\r\nHost: x\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := connection.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(connection); err != nil {
		t.Errorf("got error %v, want the connection closed by the server", err)
	}
}

func TestHugeHeadersAreRefused(t *testing.T) {
	t.Parallel()
	address, _, _ := served(t, listening{handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})})
	request, err := http.NewRequest(http.MethodPost, "http://"+address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Large", strings.Repeat("x", 64<<10))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("got status %d, want 431", response.StatusCode)
	}
}

// lines is a log that can be read while it is being written.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestMalformedRequestIsLoggedWithoutContent(t *testing.T) {
	t.Parallel()
	certFile, keyFile := certificate(t, t.TempDir(), "sms.example.com")
	secure, err := webhookTLS(config.Config{WebhookTLSCert: certFile, WebhookTLSKey: keyFile}, metrics.New(nil, ""), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	const large = "GET / HTTP/1.1\r\nHost: x\r\nX-Large: "
	for name, tc := range map[string]struct {
		tls          *tls.Config
		text, status string
		lines        int
	}{
		"headers that are too large": {nil, large + strings.Repeat("+15005550009", 8<<10) + "\r\n\r\n", "431", 1},
		"no HTTP":                    {nil, "+15005550009 calling\r\n\r\n", "400", 1},
		"HTTP to a TLS server":       {secure, "GET /+15005550009 HTTP/1.1\r\n\r\n", "400", 1},
		"nothing":                    {nil, "", "", 0},
		"a request":                  {nil, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "200", 0},
	} {
		log := &lines{}
		address, stop, ended := servedWith(t, slog.New(slog.NewTextHandler(log, nil)), listening{tls: tc.tls, handler: ok})
		connection, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if tc.text != "" {
			_, _ = io.WriteString(connection, tc.text) // the server may already have closed it
			answer := make([]byte, 100)
			n, _ := io.ReadAtLeast(connection, answer, 12)
			if !strings.Contains(string(answer[:n]), " "+tc.status+" ") {
				t.Errorf("%s: got response %q, want status %s", name, answer[:n], tc.status)
			}
			_, _ = io.Copy(io.Discard, connection)
		}
		connection.Close()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("%s: the service returned error %v, want none", name, err)
		}
		// The client sees the end of a connection shortly before the
		// server reports the connection as closed.
		for deadline := time.Now().Add(time.Minute); strings.Count(log.String(), "level=WARN") < tc.lines && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
		if got := strings.Count(log.String(), "level=WARN"); got != tc.lines || strings.Contains(log.String(), "+1500") {
			t.Errorf("%s: got %d log lines, want %d without a number: %s", name, got, tc.lines, log)
		}
	}
}

// certificate writes a certificate for a name and its key.
func certificate(t *testing.T, dir, name string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

func TestRenewedCertificateNeedsNoRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, keyFile := certificate(t, dir, "old.example.com")
	registry := prometheus.NewRegistry()
	secure, err := webhookTLS(config.Config{WebhookTLSCert: certFile, WebhookTLSKey: keyFile}, metrics.New(registry, ""), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	broken := func() float64 { return metricstest.All(t, registry)["sms_file_broken{what=WEBHOOK_TLS_CERT}"] }
	address, _, _ := served(t, listening{tls: secure, handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})})
	names := func() string {
		connection, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		return fmt.Sprint(connection.ConnectionState().PeerCertificates[0].DNSNames)
	}
	if got := names(); got != "[old.example.com]" {
		t.Errorf("got a certificate for %s, want old.example.com", got)
	}
	if err := os.WriteFile(certFile, []byte("half written"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := names(); got != "[old.example.com]" {
		t.Errorf("with a broken file: got a certificate for %s, want old.example.com", got)
	}
	stack.Eventually(t, "the metric shows the broken file", func(context.Context) error {
		if broken() != 1 {
			return errors.New("not yet")
		}
		return nil
	})
	certificate(t, dir, "new.example.com")
	stack.Eventually(t, "the renewed certificate is in use", func(context.Context) error {
		if got := names(); got != "[new.example.com]" || broken() != 0 {
			return fmt.Errorf("got a certificate for %s, metric %g", got, broken())
		}
		return nil
	})
}

func TestClientCertificateExpiryIsMeasured(t *testing.T) {
	certFile, keyFile := certificate(t, t.TempDir(), "worker.example.com")
	t.Setenv("TEMPORAL_TLS_CLIENT_CERT_PATH", certFile)
	t.Setenv("TEMPORAL_TLS_CLIENT_KEY_PATH", keyFile)
	quiet := slog.New(slog.DiscardHandler)
	live, err := config.Follow(map[string]string{"TWILIO_ACCOUNT": stack.Account, "TWILIO_TOKEN": stack.Token}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	c, err := temporal.NewClient(quiet, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	registry := prometheus.NewRegistry()
	measureFiles(metrics.New(registry, ""), live, c)
	at := metricstest.All(t, registry)["sms_expiry_timestamp_seconds{what=Temporal client certificate}"]
	if left := time.Until(time.Unix(int64(at), 0)); left < time.Minute || left > time.Hour {
		t.Errorf("got an expiry in %s from the metric, want a minute to an hour", left)
	}
}

func TestTLSMisconfigurationIsRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		config config.Config
		want   string
	}{
		"missing files": {config.Config{WebhookTLSCert: "/none/c.pem", WebhookTLSKey: "/none/k.pem"}, "WEBHOOK_TLS_CERT"},
	} {
		if _, err := webhookTLS(tc.config, metrics.New(nil, ""), slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got error %v, want it to contain %q", name, err, tc.want)
		}
	}
	if plain, err := webhookTLS(config.Config{}, metrics.New(nil, ""), slog.New(slog.DiscardHandler)); err != nil || plain != nil {
		t.Errorf("without variables: got %v, error %v; want neither", plain, err)
	}
	if acme, err := webhookTLS(config.Config{WebhookACMEHosts: []string{"sms.example.com"}, WebhookACMECache: t.TempDir()}, metrics.New(nil, ""), slog.New(slog.DiscardHandler)); err != nil || acme.GetCertificate == nil {
		t.Errorf("ACME: got error %v, want a configuration with GetCertificate", err)
	}
}
