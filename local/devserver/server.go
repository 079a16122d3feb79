package main

// This file assembles, starts and stops the server and its Web UI.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"time"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
	"go.uber.org/zap"
)

const (
	clusterName = "active"
	loopback    = "127.0.0.1"
	// stopTimeout bounds a shutdown. Work that is interrupted resumes at the
	// next start, as after a crash.
	stopTimeout = 15 * time.Second
)

// defaultDynamicConfig suits one shard on one machine; --dynamic-config-value
// overrides it.
var defaultDynamicConfig = map[string]any{
	// With the default of 20 per second, the single history shard delays each
	// workflow task by up to 50 ms.
	"history.transferProcessorMaxPollRPS": 400,
	"history.timerProcessorMaxPollRPS":    400,
	// Never check the internet for newer versions.
	"frontend.enableServerVersionCheck": false,
	// Together with a user's commands, the Web UI exceeds the default of 10
	// requests per second.
	"frontend.namespaceRPS.visibility": 100,
}

// run serves until the context ends.
func run(ctx context.Context, opts options, out io.Writer) error {
	if err := opts.complete(); err != nil {
		return err
	}
	if !slices.Contains(opts.namespaces, "default") {
		opts.namespaces = append([]string{"default"}, opts.namespaces...)
	}
	if err := checkFree("gRPC", opts.ip, opts.port); err != nil {
		return err
	}
	if !opts.headless {
		if err := checkFree("the Web UI", opts.uiIP, opts.uiPort); err != nil {
			return err
		}
	}

	logger, level := newLogger(opts)
	server, err := newServer(ctx, opts, logger)
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return fmt.Errorf("start Temporal: %w", err)
	}
	fmt.Fprintf(out, "Server: %s\n", address(opts.ip, opts.port))
	if !opts.headless {
		ui := newUI(opts)
		go func() { _ = ui.Start() }()
		defer ui.Stop()
		fmt.Fprintf(out, "UI:     http://%s\n", address(opts.uiIP, opts.uiPort))
	}

	<-ctx.Done()
	// Log nothing while the server stops: its services would only report that
	// others have already stopped.
	level.SetLevel(zap.FatalLevel)
	return stopWithin(server, stopTimeout)
}

func stopWithin(server temporal.Server, limit time.Duration) error {
	stopped := make(chan error, 1)
	go func() { stopped <- server.Stop() }()
	select {
	case err := <-stopped:
		return err
	case <-time.After(limit):
		return fmt.Errorf("Temporal did not stop within %s", limit)
	}
}

func newServer(ctx context.Context, opts options, logger log.Logger) (temporal.Server, error) {
	sql := sqlConfig(opts.dbFilename)
	if err := prepareStorage(ctx, sql, opts); err != nil {
		return nil, err
	}
	ports, err := freePorts(4)
	if err != nil {
		return nil, err
	}
	httpPort, internalPorts := ports[0], ports[1:]
	frontend := address(reachable(opts.ip), opts.port)
	cfg := &config.Config{
		Persistence: config.Persistence{
			DefaultStore:     sqliteplugin.PluginName,
			VisibilityStore:  sqliteplugin.PluginName,
			NumHistoryShards: 1,
			DataStores:       map[string]config.DataStore{sqliteplugin.PluginName: {SQL: sql}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: frontend},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		PublicClient:        config.PublicClient{HostPort: frontend},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: "disabled"},
			Visibility: config.VisibilityArchival{State: "disabled"},
		},
		NamespaceDefaults: config.NamespaceDefaults{
			Archival: config.ArchivalNamespaceDefaults{
				History:    config.HistoryArchivalNamespaceDefaults{State: "disabled"},
				Visibility: config.VisibilityArchivalNamespaceDefaults{State: "disabled"},
			},
		},
		Services: map[string]config.Service{
			// The outcome of a Nexus operation is reported over HTTP.
			"frontend": {RPC: config.RPC{GRPCPort: opts.port, HTTPPort: httpPort, BindOnIP: opts.ip}},
		},
	}
	// There is one instance of each service, at a known address, so no gossip
	// is needed.
	hosts := map[primitives.ServiceName]static.Hosts{
		primitives.FrontendService: static.SingleLocalHost(frontend),
	}
	for i, service := range []primitives.ServiceName{primitives.HistoryService, primitives.MatchingService, primitives.WorkerService} {
		cfg.Services[string(service)] = config.Service{RPC: config.RPC{GRPCPort: internalPorts[i], BindOnIP: loopback}}
		hosts[service] = static.SingleLocalHost(address(loopback, internalPorts[i]))
	}
	server, err := temporal.NewServer(
		temporal.WithConfig(cfg),
		temporal.WithStaticHosts(hosts),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithLogger(logger),
		temporal.WithDynamicConfigClient(withDefaults(opts.dynamicConfig)),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return authorization.NewNoopClaimMapper() }),
	)
	if err != nil {
		return nil, fmt.Errorf("assemble the Temporal server: %w", err)
	}
	return server, nil
}

func newUI(opts options) *uiserver.Server {
	return uiserver.NewServer(uioptions.WithConfigProvider(&uiconfig.Config{
		Host:                opts.uiIP,
		Port:                opts.uiPort,
		TemporalGRPCAddress: address(reachable(opts.ip), opts.port),
		EnableUI:            true,
		HideLogs:            true,
		DisableNewsFetch:    true,
		Codec:               uiconfig.Codec{Endpoint: opts.uiCodec},
		// Use plain HTTP: the browser would never return a cookie marked
		// secure.
		CORS: uiconfig.CORS{CookieInsecure: true},
	}))
}

// newLogger returns a logger to standard error. Its level can be raised later,
// but not lowered.
func newLogger(opts options) (log.Logger, zap.AtomicLevel) {
	if opts.logLevel == "never" {
		return log.NewNoopLogger(), zap.NewAtomicLevel()
	}
	format := "console"
	if opts.logFormat == "json" {
		format = "json"
	}
	core := log.BuildZapLogger(log.Config{Level: opts.logLevel, Format: format})
	level := zap.NewAtomicLevelAt(core.Level())
	// Omit stack traces: they show only Temporal's own functions.
	return log.NewZapLogger(core.WithOptions(zap.IncreaseLevel(level), zap.AddStacktrace(zap.FatalLevel))), level
}

func withDefaults(values dynamicconfig.StaticClient) dynamicconfig.StaticClient {
	all := make(dynamicconfig.StaticClient, len(values)+len(defaultDynamicConfig))
	for key, value := range defaultDynamicConfig {
		all[dynamicconfig.MakeKey(key)] = value
	}
	for key, value := range values {
		all[key] = value
	}
	return all
}

// checkFree returns an error if the port is in use. The server itself would
// report this from deep inside its startup, or not at all.
func checkFree(use, ip string, port int) error {
	listener, err := net.Listen("tcp", address(ip, port))
	if err != nil {
		return fmt.Errorf("port for %s: %w", use, err)
	}
	return listener.Close()
}

// freePorts returns n ports of 127.0.0.1 that were free a moment ago.
func freePorts(n int) (ports []int, err error) {
	for range n {
		listener, listenErr := net.Listen("tcp", loopback+":0")
		if listenErr != nil {
			return nil, errors.Join(err, listenErr)
		}
		defer func() { err = errors.Join(err, listener.Close()) }()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// reachable returns the address at which this machine reaches a listener on ip.
func reachable(ip string) string {
	if net.ParseIP(ip).IsUnspecified() {
		return loopback
	}
	return ip
}

func address(ip string, port int) string { return net.JoinHostPort(ip, strconv.Itoa(port)) }
