// Package temporal creates the client with which all our programs access
// Temporal.
package temporal

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"google.golang.org/grpc"

	"temporal-twilio/internal/payload"
)

// Client is a client and the namespace that it uses.
type Client struct {
	client.Client
	Namespace string
	// Address is the address of the server.
	Address string
	// Deployment is the version of this process's workers on each task
	// queue.
	Deployment worker.DeploymentOptions
	// Converter decodes the payloads in histories.
	Converter converter.DataConverter
	// Failures converts the failures in histories.
	Failures converter.FailureConverter
	Renewed

	mu         sync.Mutex
	asked      time.Time
	attributes map[string]enumspb.IndexedValueType
}

// Retention returns how long the namespace keeps closed workflows.
func (c *Client) Retention(ctx context.Context) (time.Duration, error) {
	described, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: c.Namespace})
	return described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(), err
}

// NewClient reads Temporal's own TEMPORAL_* variables and configuration file.
// It does not connect yet, because a server that is down now may be up when it
// is needed. Everything that the client stores is encrypted with the ring, if
// the ring has a current key. meter and interceptors may be nil.
func NewClient(logger *slog.Logger, meter metric.Meter, ring *payload.Ring, interceptors []interceptor.ClientInterceptor, dialing ...grpc.DialOption) (*Client, error) {
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
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions, grpc.WithChainUnaryInterceptor(asciiHeaders, plainIfSmall))
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions, dialing...)
	options.Logger = sdklog.NewStructuredLogger(slog.New(wordless{logger.Handler()}))
	options.Interceptors = append(options.Interceptors, interceptors...)
	payload.Protect(&options, ring)
	renewed, err := renew(&options, logger)
	if err != nil {
		return nil, err
	}
	version, err := deployment()
	if err != nil {
		return nil, err
	}
	if meter != nil {
		options.MetricsHandler = opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
			Meter: meter, UseMonotonicCounters: true,
			OnError: func(err error) { logger.Error("a metric could not be recorded", "error", err) },
		})
	}
	c, err := client.NewLazyClient(options)
	if err != nil {
		return nil, fmt.Errorf("create the Temporal client for %s: %w", options.HostPort, err)
	}
	return &Client{Client: c, Namespace: options.Namespace, Address: options.HostPort, Deployment: version, Renewed: renewed, Converter: options.DataConverter, Failures: options.FailureConverter}, nil
}
