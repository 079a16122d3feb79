package temporal

import (
	"crypto/tls"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
)

func TestAPIKeyFileMustContainKey(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TEMPORAL_API_KEY", "")
	for path, want := range map[string]string{"/none": "read TEMPORAL_API_KEY_FILE", empty: "is empty"} {
		t.Setenv("TEMPORAL_API_KEY_FILE", path)
		if _, err := renew(&client.Options{}, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want it to contain %q", path, err, want)
		}
	}
	if err := os.WriteFile(empty, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TEMPORAL_API_KEY_FILE", empty)
	var options client.Options
	if _, err := renew(&options, slog.New(slog.DiscardHandler)); err != nil || options.Credentials == nil || options.ConnectionOptions.TLS == nil {
		t.Errorf("got the options %+v, error %v, want credentials and TLS", options.ConnectionOptions, err)
	}
	t.Setenv("TEMPORAL_API_KEY", "another")
	if _, err := renew(&client.Options{}, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "both set") {
		t.Errorf("both keys set: got error %v, want a refusal", err)
	}
}

func TestClientCertificatesAreReadFromFiles(t *testing.T) {
	t.Setenv("TEMPORAL_TLS_CLIENT_CERT_PATH", "/none/cert.pem")
	t.Setenv("TEMPORAL_TLS_CLIENT_KEY_PATH", "/none/key.pem")
	options := client.Options{ConnectionOptions: client.ConnectionOptions{TLS: &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{}}}}}
	if _, err := renew(&options, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "TEMPORAL_TLS_CLIENT_CERT_PATH") {
		t.Errorf("missing files: got error %v, want one that names the variable", err)
	}
}

func TestRenewedReportsBrokenFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TEMPORAL_API_KEY", "")
	t.Setenv("TEMPORAL_API_KEY_FILE", path)
	renewed, err := renew(&client.Options{}, slog.New(slog.DiscardHandler))
	if err != nil || renewed.CertificateExpires != nil {
		t.Fatalf("got %+v, error %v, want no function for the expiry of a certificate", renewed, err)
	}
	broken := renewed.Files["TEMPORAL_API_KEY_FILE"]
	if err := broken(); err != nil {
		t.Errorf("a valid file: got error %v", err)
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); broken() == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the empty file has not been reported after a minute")
		}
	}
}

func TestVersioningNeedsDeploymentAndBuildID(t *testing.T) {
	t.Setenv("TEMPORAL_DEPLOYMENT_NAME", "sms")
	t.Setenv("TEMPORAL_WORKER_BUILD_ID", "")
	if _, err := deployment(); err == nil {
		t.Error("a deployment without a build ID was accepted")
	}
	t.Setenv("TEMPORAL_WORKER_BUILD_ID", "v1")
	if o, err := deployment(); err != nil || !o.UseVersioning || o.Version.BuildID != "v1" {
		t.Errorf("got the options %+v, error %v, want versioning with build ID v1", o, err)
	}
}
