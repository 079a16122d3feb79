package main

// Ports: found free before anything starts, then asked until they answer.

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

const loopback = "127.0.0.1"

// checkPorts returns an error for the first port that is taken: one line with
// the port, what wanted it, and how to find who holds it.
func checkPorts(s settings) error {
	for _, want := range []struct {
		port      int
		use, flag string
	}{
		{s.temporalPort, "Temporal", "--temporal-port"},
		{s.uiPort, "Temporal's Web UI", "--ui-port"},
		{s.twilioPort, "the local Twilio", "--twilio-port"},
		{s.webhookPort, "the webhook", "--webhook-port"},
		{s.metricsPort, "the worker's metrics", "--metrics-port"},
	} {
		if err := checkFree(want.port); err != nil {
			return fmt.Errorf("port %d, wanted for %s, is taken (%w): `lsof -nP -iTCP:%d -sTCP:LISTEN` shows by whom; %s chooses another",
				want.port, want.use, err, want.port, want.flag)
		}
	}
	return nil
}

func checkFree(port int) error {
	// macOS lets one listen on 127.0.0.1 although another has the port on all
	// addresses: so call it first.
	if conn, err := net.DialTimeout("tcp", address(port), 200*time.Millisecond); err == nil {
		_ = conn.Close()
		return fmt.Errorf("somebody answers at %s", address(port))
	}
	listener, err := net.Listen("tcp", address(port))
	if err != nil {
		return err
	}
	return listener.Close()
}

// temporalAnswers asks Temporal's frontend for its health.
func temporalAnswers(ctx context.Context, address string) error {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	response, err := healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{Service: "temporal.api.workflowservice.v1.WorkflowService"})
	if err != nil {
		return fmt.Errorf("ask %s for its health: %w", address, err)
	}
	if response.Status != healthpb.HealthCheckResponse_SERVING {
		return fmt.Errorf("%s says that it is %s", address, response.Status)
	}
	return nil
}

// httpAnswers wants a 200.
func httpAnswers(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20)); err != nil {
		return fmt.Errorf("GET %s: %w", url, err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, response.Status)
	}
	return nil
}
