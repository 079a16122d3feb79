package main

// worker ready reports, by its exit status, whether the webhook on this
// machine, or the worker if there is no webhook, is ready. The container image
// has no other program that can check this.

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"temporal-twilio/internal/config"
	"temporal-twilio/webhook"
)

func readyCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "ready",
		Short:   "Check whether the webhook or the worker on this machine is ready",
		Long:    "Check whether the webhook that listens on WEBHOOK_ADDR on this machine is ready,\nor, without TRIGGERS, the worker that listens on METRICS_ADDR.\nExit status: 0 ready, 1 not ready.",
		Example: `  WEBHOOK_ADDR=127.0.0.1:8080 TRIGGERS=triggers.yaml worker ready`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := config.FromEnvironment()
			if err != nil {
				return err
			}
			return ready(cmd.Context(), c)
		},
	}
}

// ready asks the webhook that the configuration describes, or the worker if
// there is none. It reaches a wildcard address through the loopback address.
func ready(ctx context.Context, c config.Config) error {
	who, variable, address := "webhook", "WEBHOOK_ADDR", c.WebhookAddr
	if c.Triggers == "" && c.MetricsAddr != "" {
		who, variable, address = "worker", "METRICS_ADDR", c.MetricsAddr
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%s: %w", variable, err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1" // "localhost" would require a DNS lookup
	}
	transport, scheme := &http.Transport{}, "http"
	if who == "webhook" && (c.WebhookTLSCert != "" || len(c.WebhookACMEHosts) > 0) {
		// The certificate is for the public name, but the server here
		// is known to be ours.
		transport.TLSClientConfig, scheme = &tls.Config{InsecureSkipVerify: true}, "https" //nolint:gosec // our own server
		if len(c.WebhookACMEHosts) > 0 {
			transport.TLSClientConfig.ServerName = c.WebhookACMEHosts[0]
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 4*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+net.JoinHostPort(host, port)+webhook.ReadyPath, nil)
	if err != nil {
		return err
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return fmt.Errorf("the %s does not answer: %w", who, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 500)) // the status alone is enough
		return fmt.Errorf("the %s responds with status %d: %s", who, response.StatusCode, strings.TrimSpace(string(text)))
	}
	return nil
}
