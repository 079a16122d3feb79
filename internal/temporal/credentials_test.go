package temporal

import (
	"crypto/tls"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.temporal.io/sdk/client"
)

func TestAPIKeyFileMustHoldKey(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TEMPORAL_API_KEY", "")
	for path, want := range map[string]string{"/none": "read TEMPORAL_API_KEY_FILE", empty: "is empty"} {
		t.Setenv("TEMPORAL_API_KEY_FILE", path)
		if err := renew(&client.Options{}, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := os.WriteFile(empty, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TEMPORAL_API_KEY_FILE", empty)
	var options client.Options
	if err := renew(&options, slog.New(slog.DiscardHandler)); err != nil || options.Credentials == nil || options.ConnectionOptions.TLS == nil {
		t.Errorf("%+v, %v", options.ConnectionOptions, err)
	}
	t.Setenv("TEMPORAL_API_KEY", "another")
	if err := renew(&client.Options{}, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "both set") {
		t.Errorf("two keys: %v", err)
	}
}

func TestClientCertificatesAreReadFromFiles(t *testing.T) {
	t.Setenv("TEMPORAL_TLS_CLIENT_CERT_PATH", "/none/cert.pem")
	t.Setenv("TEMPORAL_TLS_CLIENT_KEY_PATH", "/none/key.pem")
	options := client.Options{ConnectionOptions: client.ConnectionOptions{TLS: &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{}}}}}
	if err := renew(&options, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "TEMPORAL_TLS_CLIENT_CERT_PATH") {
		t.Errorf("files that are absent: %v", err)
	}
}

func TestVersioningNeedsDeploymentAndBuildID(t *testing.T) {
	t.Setenv("TEMPORAL_DEPLOYMENT_NAME", "sms")
	t.Setenv("TEMPORAL_WORKER_BUILD_ID", "")
	if _, err := deployment(); err == nil {
		t.Error("a deployment without a build is taken")
	}
	t.Setenv("TEMPORAL_WORKER_BUILD_ID", "v1")
	if o, err := deployment(); err != nil || !o.UseVersioning || o.Version.BuildID != "v1" {
		t.Errorf("%+v, %v", o, err)
	}
}
