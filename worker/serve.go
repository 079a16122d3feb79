package main

// An HTTP server, with TLS if configured, that drains when the process stops.

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/crypto/acme/autocert"

	"temporal-twilio/internal/config"
	"temporal-twilio/internal/follow"
	"temporal-twilio/internal/metrics"
)

// listening configures a server.
type listening struct {
	name string
	// variable is the environment variable that sets the address.
	variable string
	address  string
	handler  http.Handler
	// tls is nil for plain HTTP.
	tls *tls.Config
	// drain is how long requests are still accepted after the process is
	// asked to stop, so a load balancer can notice.
	drain time.Duration
}

// serve listens, and returns a service that handles requests until the context
// ends and then finishes those in progress.
func serve(logger *slog.Logger, l listening) (func(context.Context) error, error) {
	listener, err := net.Listen("tcp", l.address)
	if err != nil {
		return nil, fmt.Errorf("%s: listen on %s (%s sets another address): %w", l.name, l.address, l.variable, err)
	}
	scheme := "http"
	if l.tls != nil {
		listener, scheme = tls.NewListener(listener, l.tls), "https"
	}
	server := &http.Server{
		Handler:           l.handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      25 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          log.New(wordless{logger, l.name}, "", 0),
	}
	tellUnread(server, logger, l.name)
	return func(ctx context.Context) error {
		drained := make(chan error, 1)
		stop := context.AfterFunc(ctx, func() {
			time.Sleep(l.drain)
			draining, cancel := context.WithTimeout(context.Background(), stopTimeout)
			defer cancel()
			drained <- server.Shutdown(draining)
		})
		logger.Info(l.name+" listens", "address", listener.Addr().String(), "scheme", scheme)
		err := server.Serve(listener)
		if stop() || !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("%s at %s: %w", l.name, l.address, err)
		}
		return <-drained
	}, nil
}

// wordless replaces each line in the HTTP server's log, which may quote what a
// client sent, with a fixed line.
type wordless struct {
	logger *slog.Logger
	name   string
}

func (w wordless) Write(line []byte) (int, error) {
	w.logger.Warn(w.name + ": error on an HTTP connection")
	return len(line), nil
}

// tellUnread logs a line if a client sent something that the server cannot
// parse as a request. The server responds to it without calling a handler, for
// example with status 431 if the headers are too large.
func tellUnread(server *http.Server, logger *slog.Logger, name string) {
	type connection struct{}
	var unread sync.Map // connections that have received data but no request yet
	server.ConnContext = func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connection{}, c) }
	server.ConnState = func(c net.Conn, state http.ConnState) {
		switch state {
		case http.StateActive:
			unread.Store(c, nil)
		case http.StateClosed:
			if _, was := unread.LoadAndDelete(c); was {
				logger.Warn(name + ": received something that cannot be parsed as a request")
			}
		default:
			unread.Delete(c)
		}
	}
	handler := server.Handler
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		unread.Delete(r.Context().Value(connection{}))
		handler.ServeHTTP(w, r)
	})
}

// webhookTLS returns the webhook's TLS configuration, with certificates from
// files or from an ACME authority such as Let's Encrypt. It returns nil for
// plain HTTP.
func webhookTLS(c config.Config, ours *metrics.Metrics, logger *slog.Logger) (*tls.Config, error) {
	switch {
	case len(c.WebhookACMEHosts) > 0:
		manager := &autocert.Manager{
			Prompt:     autocert.AcceptTOS,
			HostPolicy: autocert.HostWhitelist(c.WebhookACMEHosts...),
			Cache:      autocert.DirCache(c.WebhookACMECache),
		}
		config := manager.TLSConfig()
		config.MinVersion = tls.VersionTLS12
		return config, nil
	case c.WebhookTLSCert == "":
		return nil, nil
	}
	pair, err := follow.KeyPair(logger, "WEBHOOK_TLS_CERT", c.WebhookTLSCert, c.WebhookTLSKey)
	if err != nil {
		return nil, fmt.Errorf("read WEBHOOK_TLS_CERT and WEBHOOK_TLS_KEY: %w", err)
	}
	ours.File("WEBHOOK_TLS_CERT", pair.Err)
	ours.Expiry("webhook certificate", func() time.Time { return pair.Value().Leaf.NotAfter })
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return pair.Value(), nil }}, nil
}
