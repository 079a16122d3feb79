package temporal

// Credentials that are renewed while the process runs: the API key and the
// client's certificate are read again when their files change.

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// reread caches what was read from a file until the file changes. If the file
// can no longer be read, the previous value stays in force.
type reread[T any] struct {
	path string
	read func() (T, error)

	mu       sync.Mutex
	modified time.Time
	has      bool
	value    T
}

func (r *reread[T]) get() (T, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	info, err := os.Stat(r.path)
	if err == nil && r.has && info.ModTime().Equal(r.modified) {
		return r.value, nil
	}
	if err == nil {
		var value T
		if value, err = r.read(); err == nil {
			r.value, r.modified, r.has = value, info.ModTime(), true
		}
	}
	if r.has {
		return r.value, nil
	}
	return r.value, err
}

// renew makes the options follow TEMPORAL_API_KEY_FILE, and the files of the
// client's certificate.
func renew(options *client.Options) error {
	if path := os.Getenv("TEMPORAL_API_KEY_FILE"); path != "" {
		if os.Getenv("TEMPORAL_API_KEY") != "" {
			return errors.New("TEMPORAL_API_KEY and TEMPORAL_API_KEY_FILE are both set; unset one")
		}
		key := &reread[string]{path: path, read: func() (string, error) {
			text, err := os.ReadFile(path)
			value := strings.TrimSpace(string(text))
			if err == nil && value == "" { // it may be about to be written
				err = fmt.Errorf("%s is empty", path)
			}
			return value, err
		}}
		if _, err := key.get(); err != nil {
			return fmt.Errorf("read TEMPORAL_API_KEY_FILE: %w", err)
		}
		options.Credentials = client.NewAPIKeyDynamicCredentials(func(context.Context) (string, error) { return key.get() })
		if options.ConnectionOptions.TLS == nil && os.Getenv("TEMPORAL_TLS") == "" {
			options.ConnectionOptions.TLS = &tls.Config{MinVersion: tls.VersionTLS12} // as TEMPORAL_API_KEY does
		}
	}
	certFile, keyFile := os.Getenv("TEMPORAL_TLS_CLIENT_CERT_PATH"), os.Getenv("TEMPORAL_TLS_CLIENT_KEY_PATH")
	if options.ConnectionOptions.TLS == nil || certFile == "" || keyFile == "" {
		return nil
	}
	pair := &reread[*tls.Certificate]{path: certFile, read: func() (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(certFile, keyFile)
		return &pair, err
	}}
	options.ConnectionOptions.TLS.Certificates = nil
	options.ConnectionOptions.TLS.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return pair.get() }
	return nil
}

// deployment reads the names of the worker's version, as Temporal's worker
// controller sets them. Without them, workers are not versioned.
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
		// Questions stay open for days, and old histories can be replayed with
		// new code.
		DefaultVersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
	}, nil
}
