package main

// worker ready: whether the webhook on this machine is ready, as the exit
// status. The container's image has no other program to ask with.

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
		Use:   "ready",
		Short: "Ask the webhook of this machine whether it is ready",
		Long:  "Ask the webhook that listens at WEBHOOK_ADDR on this machine whether it is ready.\nExit status: 0 it is, 1 it is not.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := config.FromEnvironment()
			if err != nil {
				return err
			}
			return ready(cmd.Context(), c)
		},
	}
}

// ready asks the webhook that the configuration describes. An address that
// stands for all of the machine's is asked by its loopback.
func ready(ctx context.Context, c config.Config) error {
	host, port, err := net.SplitHostPort(c.WebhookAddr)
	if err != nil {
		return fmt.Errorf("WEBHOOK_ADDR: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1" // "localhost" would have to be looked up
	}
	transport, scheme := &http.Transport{}, "http"
	if c.WebhookTLSCert != "" || len(c.WebhookACMEHosts) > 0 {
		// The certificate is for the public name; who answers is known here.
		transport.TLSClientConfig, scheme = &tls.Config{InsecureSkipVerify: true}, "https" //nolint:gosec // it is ourselves
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
		return fmt.Errorf("the webhook does not answer: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 500)) // the status says enough
		return fmt.Errorf("the webhook answers with status %d: %s", response.StatusCode, strings.TrimSpace(string(text)))
	}
	return nil
}
