// Package temporal makes the client that all our programs reach Temporal with.
package temporal

import (
	"fmt"
	"log/slog"

	"go.opentelemetry.io/otel/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/contrib/opentelemetry"
	sdklog "go.temporal.io/sdk/log"
	"google.golang.org/grpc"
)

// Client is a client and the namespace that it works in.
type Client struct {
	client.Client
	Namespace string
	// Address is where the server is expected.
	Address string
}

// NewClient reads Temporal's own TEMPORAL_* variables and configuration file.
// It does not connect: a server that is away now may be there when it is
// needed. meter may be nil.
func NewClient(logger *slog.Logger, meter metric.Meter) (*Client, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return nil, fmt.Errorf("read Temporal's configuration: %w", err)
	}
	if options.HostPort == "" {
		options.HostPort = client.DefaultHostPort
	}
	if options.Namespace == "" {
		options.Namespace = client.DefaultNamespace
	}
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions, grpc.WithChainUnaryInterceptor(asciiHeaders))
	options.Logger = sdklog.NewStructuredLogger(logger)
	if meter != nil {
		options.MetricsHandler = opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
			Meter:   meter,
			OnError: func(err error) { logger.Error("a metric could not be recorded", "error", err) },
		})
	}
	c, err := client.NewLazyClient(options)
	if err != nil {
		return nil, fmt.Errorf("make the Temporal client for %s: %w", options.HostPort, err)
	}
	return &Client{Client: c, Namespace: options.Namespace, Address: options.HostPort}, nil
}
