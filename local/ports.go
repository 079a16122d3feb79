package main

// This file checks that all ports are free before anything starts, and then
// polls each port until its program responds.

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

const loopback = "127.0.0.1"

// checkPorts returns an error if a port is invalid or in use, or if claimed is
// set, which means that another `make run` uses the data directory. The error
// says what each port is for, and suggests free ports and another directory.
func checkPorts(s settings, claimed bool) error {
	var taken, others []string
	chosen := map[int]bool{}
	for _, want := range []struct {
		port          int
		use, variable string
	}{
		{s.temporalPort, "Temporal", "LOCAL_TEMPORAL_PORT"},
		{s.uiPort, "Temporal's Web UI", "LOCAL_UI_PORT"},
		{s.twilioPort, "the local Twilio", "LOCAL_TWILIO_PORT"},
		{s.webhookPort, "the webhook", "LOCAL_WEBHOOK_PORT"},
		{s.metricsPort, "the worker's metrics", "LOCAL_METRICS_PORT"},
		{s.codecPort, "the codec server", "LOCAL_CODEC_PORT"},
	} {
		if want.port < 1 || want.port > 65535 {
			return fmt.Errorf("%s=%d is not a port: want a number from 1 to 65535", want.variable, want.port)
		}
		if checkFree(want.port) == nil {
			continue
		}
		taken = append(taken, fmt.Sprintf("%d (%s)", want.port, want.use))
		free := freeAfter(want.port, chosen)
		chosen[free] = true
		others = append(others, fmt.Sprintf("%s=%d", want.variable, free))
	}
	inUse := ""
	switch len(taken) {
	case 0:
	case 1:
		inUse = "port " + taken[0] + " is in use"
	default:
		inUse = "ports " + strings.Join(taken, ", ") + " are in use"
	}
	if claimed {
		why := "another make run is using " + s.data
		if inUse != "" {
			why += ", and " + inUse
		}
		return fmt.Errorf("%s. To run a second one next to it: %s make run", why, strings.Join(append([]string{"LOCAL_DATA=" + quoted(anotherData(s.data))}, others...), " "))
	}
	if inUse == "" {
		return nil
	}
	return fmt.Errorf("%s; is make run running already? To use other ports: %s make run", inUse, strings.Join(others, " "))
}

// freeAfter returns the first free port after port that has not been chosen
// yet. It tries 199 ports; if none is free, it returns port+1.
func freeAfter(port int, chosen map[int]bool) int {
	for next := port + 1; next < min(port+200, 1<<16); next++ {
		if !chosen[next] && checkFree(next) == nil {
			return next
		}
	}
	return port + 1
}

func checkFree(port int) error {
	// macOS allows listening on 127.0.0.1 even if another process has the port
	// on all addresses, so try to connect first.
	if conn, err := net.DialTimeout("tcp", address(port), 200*time.Millisecond); err == nil {
		_ = conn.Close()
		return fmt.Errorf("another process accepts connections at %s", address(port))
	}
	listener, err := net.Listen("tcp", address(port))
	if err != nil {
		return err
	}
	return listener.Close()
}

// temporalAnswers returns nil if Temporal's frontend reports that it is
// serving.
func temporalAnswers(ctx context.Context, address string) error {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	response, err := healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{Service: "temporal.api.workflowservice.v1.WorkflowService"})
	if err != nil {
		return fmt.Errorf("check the health of %s: %w", address, err)
	}
	if response.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		return fmt.Errorf("%s reports its health as %s", address, response.GetStatus())
	}
	return nil
}

// httpAnswers returns nil if a GET of url returns status 200.
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
