package temporal

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
)

func TestRenewedCredentialFilesAreReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	write := func(text string, at time.Time) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	r := &reread[string]{path: path, read: func() (string, error) {
		text, err := os.ReadFile(path)
		return string(text), err
	}}
	if _, err := r.get(); err == nil {
		t.Error("a file that is absent is read")
	}
	now := time.Now()
	write("one", now)
	if got, err := r.get(); got != "one" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	write("two", now.Add(time.Second))
	if got, err := r.get(); got != "two" || err != nil {
		t.Errorf("after it changed: %q, %v", got, err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if got, err := r.get(); got != "two" || err != nil {
		t.Errorf("while it is gone: %q, %v", got, err)
	}
}

func TestAPIKeyFileMustHoldKey(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TEMPORAL_API_KEY", "")
	for path, want := range map[string]string{"/none": "read TEMPORAL_API_KEY_FILE", empty: "is empty"} {
		t.Setenv("TEMPORAL_API_KEY_FILE", path)
		if err := renew(&client.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := os.WriteFile(empty, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TEMPORAL_API_KEY_FILE", empty)
	var options client.Options
	if err := renew(&options); err != nil || options.Credentials == nil || options.ConnectionOptions.TLS == nil {
		t.Errorf("%+v, %v", options.ConnectionOptions, err)
	}
	t.Setenv("TEMPORAL_API_KEY", "another")
	if err := renew(&client.Options{}); err == nil || !strings.Contains(err.Error(), "both set") {
		t.Errorf("two keys: %v", err)
	}
}

func TestClientCertificatesAreReadFromFiles(t *testing.T) {
	t.Setenv("TEMPORAL_TLS_CLIENT_CERT_PATH", "/none/cert.pem")
	t.Setenv("TEMPORAL_TLS_CLIENT_KEY_PATH", "/none/key.pem")
	options := client.Options{ConnectionOptions: client.ConnectionOptions{TLS: &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{}}}}}
	if err := renew(&options); err != nil {
		t.Fatal(err)
	}
	if options.ConnectionOptions.TLS.Certificates != nil {
		t.Error("the certificate of the start stays in force")
	}
	if _, err := options.ConnectionOptions.TLS.GetClientCertificate(nil); err == nil {
		t.Error("a file that is absent is read")
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
