// Command devserver is a Temporal server for one machine: all of its services,
// its Web UI and SQLite, in a single process that listens on 127.0.0.1.
//
// It accepts the commands and flags of `temporal server start-dev` that the
// project uses, so that anything that starts Temporal's CLI
// (testsuite.StartDevServer, a script) can start this server instead. It is a
// separate module because it requires some two hundred modules that nothing
// else here needs.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	uiversion "github.com/temporalio/ui-server/v2/server/version"
	"go.temporal.io/server/common/headers"
)

// version is this program's own version. In the output of --version, those of
// Temporal's server and Web UI follow it.
const version = "1.0.0"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	// After the first signal, stop catching signals, so that a second one ends
	// the process immediately. The SQLite file remains intact.
	context.AfterFunc(ctx, stop)

	if err := newRootCommand().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "temporal-devserver:", err)
		os.Exit(1)
	}
}

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "temporal-devserver",
		Short:         "Temporal on your own machine",
		Version:       fmt.Sprintf("%s (Server %s, UI %s)", version, headers.ServerVersion, uiversion.UIVersion),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	server := &cobra.Command{Use: "server", Short: "Run Temporal"}
	server.AddCommand(newStartDevCommand())
	root.AddCommand(server)
	return root
}

func newStartDevCommand() *cobra.Command {
	var (
		opts             options
		searchAttributes []string
		dynamicConfig    []string
	)
	cmd := &cobra.Command{
		Use:   "start-dev",
		Short: "Start Temporal with SQLite and its Web UI",
		Example: `  temporal-devserver server start-dev
  temporal-devserver server start-dev --headless --port 7333 --namespace orders
  temporal-devserver server start-dev --db-filename temporal.db --search-attribute Customer=Keyword`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if opts.searchAttributes, err = parseSearchAttributes(searchAttributes); err != nil {
				return err
			}
			if opts.dynamicConfig, err = parseDynamicConfig(dynamicConfig); err != nil {
				return err
			}
			return run(cmd.Context(), opts, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&opts.ip, "ip", "127.0.0.1", "address to listen on for gRPC")
	f.IntVarP(&opts.port, "port", "p", 7233, "port for gRPC")
	f.StringArrayVarP(&opts.namespaces, "namespace", "n", nil, "namespace to create in addition to \"default\"; may be repeated")
	f.BoolVar(&opts.headless, "headless", false, "no Web UI")
	f.StringVar(&opts.uiIP, "ui-ip", "", "address to listen on for the Web UI (default: that of --ip)")
	f.IntVar(&opts.uiPort, "ui-port", 0, "port for the Web UI (default: --port + 1000)")
	f.StringVar(&opts.uiCodec, "ui-codec-endpoint", "", "codec server with which the Web UI decodes payloads")
	f.StringVarP(&opts.dbFilename, "db-filename", "f", "", "SQLite file, created if it is missing (default: in memory)")
	f.StringArrayVar(&searchAttributes, "search-attribute", nil, "custom search attribute, Name=Type; may be repeated")
	f.StringArrayVar(&dynamicConfig, "dynamic-config-value", nil, "server setting, key=JSON; may be repeated")
	f.StringVar(&opts.logLevel, "log-level", "warn", "debug, info, warn, error or never")
	f.StringVar(&opts.logFormat, "log-format", "text", "text (or pretty) or json")
	return cmd
}
