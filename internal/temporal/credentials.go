package temporal

// Credentials that are renewed while the process runs: the API key and the
// client certificate are read again when their files change.

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/internal/follow"
)

// Renewed reports the state of credentials that are read again when their files
// change.
type Renewed struct {
	// Files maps the variable of each file to a function that returns why
	// the changed file cannot be used, or nil.
	Files map[string]func() error
	// CertificateExpires returns when the client certificate expires. It is
	// nil if there is no certificate.
	CertificateExpires func() time.Time
}

// renew makes the options follow TEMPORAL_API_KEY_FILE and the files of the
// client certificate.
func renew(options *client.Options, logger *slog.Logger) (renewed Renewed, err error) {
	renewed.Files = map[string]func() error{}
	if path := os.Getenv("TEMPORAL_API_KEY_FILE"); path != "" {
		if os.Getenv("TEMPORAL_API_KEY") != "" {
			return renewed, errors.New("TEMPORAL_API_KEY and TEMPORAL_API_KEY_FILE are both set; unset one")
		}
		key, err := follow.New(logger, "TEMPORAL_API_KEY_FILE", func(_ string, open follow.Open) (string, error) {
			return follow.Text(open, path)
		})
		if err != nil {
			return renewed, fmt.Errorf("read TEMPORAL_API_KEY_FILE: %w", err)
		}
		renewed.Files["TEMPORAL_API_KEY_FILE"] = key.Err
		options.Credentials = client.NewAPIKeyDynamicCredentials(func(context.Context) (string, error) { return key.Value(), nil })
		if options.ConnectionOptions.TLS == nil && os.Getenv("TEMPORAL_TLS") == "" {
			options.ConnectionOptions.TLS = &tls.Config{MinVersion: tls.VersionTLS12} // as with TEMPORAL_API_KEY
		}
	}
	certFile, keyFile := os.Getenv("TEMPORAL_TLS_CLIENT_CERT_PATH"), os.Getenv("TEMPORAL_TLS_CLIENT_KEY_PATH")
	if options.ConnectionOptions.TLS == nil || certFile == "" || keyFile == "" {
		return renewed, nil
	}
	pair, err := follow.KeyPair(logger, "TEMPORAL_TLS_CLIENT_CERT_PATH", certFile, keyFile)
	if err != nil {
		return renewed, fmt.Errorf("read TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH: %w", err)
	}
	renewed.Files["TEMPORAL_TLS_CLIENT_CERT_PATH"] = pair.Err
	renewed.CertificateExpires = func() time.Time { return pair.Value().Leaf.NotAfter }
	options.ConnectionOptions.TLS.Certificates = nil
	options.ConnectionOptions.TLS.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return pair.Value(), nil }
	return renewed, nil
}

// deployment returns the version of the worker from the variables that
// Temporal's worker controller sets. Without these variables, workers are not
// versioned.
func deployment() (worker.DeploymentOptions, error) {
	name, build := os.Getenv("TEMPORAL_DEPLOYMENT_NAME"), os.Getenv("TEMPORAL_WORKER_BUILD_ID")
	if (name == "") != (build == "") {
		return worker.DeploymentOptions{}, errors.New("TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID must be set together; set both or neither")
	}
	if name == "" {
		return worker.DeploymentOptions{}, nil
	}
	return worker.DeploymentOptions{
		UseVersioning: true,
		Version:       worker.WorkerDeploymentVersion{DeploymentName: name, BuildID: build},
		// Questions remain open for days, so their workflows must move to the
		// new version, which can replay old histories.
		DefaultVersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
	}, nil
}
