// Command local implements `make run`. It runs Temporal, a local Twilio, and
// the worker with its webhook in one terminal until Ctrl-C.
//
//	main.go      the command line
//	stack.go     which children there are, and their arguments
//	children.go  starting, watching and stopping them
//	claim.go     one make run at a time uses a data directory
//	ports.go     checks that ports are free, and that they answer
//	temporal.go  which Temporal to run: a CLI on PATH or the embedded one
//	nexus.go     the endpoint for other namespaces
//	build.go     building the embedded server, with progress
//	console.go   several children's lines on one terminal
//	banner.go    what to try next
package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"temporal-twilio/internal/usage"
	buildversion "temporal-twilio/internal/version"
	"temporal-twilio/internal/yamlfile"
)

// settings holds the flags.
type settings struct {
	temporalPort, uiPort, twilioPort, webhookPort, metricsPort, codecPort int

	data     string        // directory of the SQLite file and the logs
	bin      string        // directory of the binaries
	temporal string        // path of Temporal's binary; chosen if empty
	triggers string        // file or folder
	encrypt  bool          // whether the key in a new key file encrypts from the start
	ready    time.Duration // how long a child may take to become ready
	grace    time.Duration // how long a child may take to stop
}

func main() {
	// Linux kills a child when the thread that started it exits, so start them
	// from the main thread, which lives as long as this process.
	runtime.LockOSThread()

	ctx, hurry := untilSignal()
	out := newConsole(os.Stdout, os.Getenv)
	if err := newCommand(hurry, out).ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "local:", err)
		os.Exit(1)
	}
}

// untilSignal returns two contexts. The first signal cancels ctx; a second one
// cancels hurry, for users who do not want to wait.
func untilSignal() (ctx, hurry context.Context) {
	ctx, stop := context.WithCancel(context.Background())
	hurry, stopNow := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as it is under nohup
		signal.Notify(signals, syscall.SIGHUP)
	}
	// SIGPIPE must not kill this process before the children are stopped.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	go func() {
		<-signals
		stop()
		<-signals
		stopNow()
	}()
	return ctx, hurry
}

func newCommand(hurry context.Context, out *console) *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use:     "local",
		Version: buildversion.String(),
		Short:   "Temporal, a local Twilio and the worker in one terminal",
		Long: `Run the whole stack on this machine: Temporal with its Web UI, a local Twilio
with a phone in the browser, and the worker with the webhook. Ctrl-C stops it.

Each flag can also be set in the environment, as LOCAL_ and its name:
LOCAL_WEBHOOK_PORT=8081 is --webhook-port 8081. TRIGGERS also sets --triggers.`,
		Example: `  make run
  .local/bin/local --webhook-port 8081 --metrics-port 9091
  .local/bin/local --temporal /usr/local/bin/temporal
  LOCAL_DATA=/tmp/fresh make run
  TRIGGERS=my-triggers.yaml make run`,
		Args:              cobra.NoArgs,
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(flagsFromEnvironment(cmd.Flags(), os.LookupEnv), misspelledVariables(cmd.Flags(), os.Environ())); err != nil {
				return err
			}
			return goToRepository(cmd.Flags())
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runStack(cmd.Context(), hurry, s, out)
		},
	}
	f := cmd.PersistentFlags()
	f.IntVar(&s.temporalPort, "temporal-port", 7233, "Temporal, gRPC")
	f.IntVar(&s.uiPort, "ui-port", 8233, "Temporal's Web UI")
	f.IntVar(&s.twilioPort, "twilio-port", 8090, "local Twilio, with the phone page")
	f.IntVar(&s.webhookPort, "webhook-port", 8080, "webhook")
	f.IntVar(&s.metricsPort, "metrics-port", 9090, "the worker's metrics")
	f.IntVar(&s.codecPort, "codec-port", 8234, "codec server, which decrypts for the Web UI")
	f.BoolVar(&s.encrypt, "encrypt", false, "encrypt payloads from the start")
	f.StringVar(&s.data, "data", ".local", "directory for Temporal's SQLite file and the logs")
	f.StringVar(&s.bin, "bin", ".local/bin", "directory of the binaries that make build creates")
	f.StringVar(&s.temporal, "temporal", "", "Temporal's binary (default: the temporal CLI on PATH if it is 1.5 or newer, else the embedded server)")
	f.StringVar(&s.triggers, "triggers", exampleTriggers, "trigger file or folder")
	f.DurationVar(&s.ready, "ready-timeout", time.Minute, "how long each program may take to become ready")
	f.DurationVar(&s.grace, "grace", 10*time.Second, "how long each program may take to stop")

	cmd.AddCommand(&cobra.Command{
		Use:   "devserver",
		Short: "Build the embedded Temporal if it is missing or its sources are newer",
		Example: `  .local/bin/local devserver
  make devserver`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := buildEmbedded(cmd.Context(), s.bin, out)
			return err
		},
	})
	return usage.Explain(cmd)
}

// flagsFromEnvironment sets each flag that was not given from LOCAL_<NAME>, and
// --triggers also from the worker's own TRIGGERS.
func flagsFromEnvironment(flags *pflag.FlagSet, lookup func(string) (string, bool)) error {
	var errs []error
	flags.VisitAll(func(flag *pflag.Flag) {
		name := variable(flag)
		value, ok := lookup(name)
		if !ok && flag.Name == "triggers" {
			name = "TRIGGERS"
			value, ok = lookup(name)
		}
		if !ok || flag.Changed {
			return
		}
		if err := flags.Set(flag.Name, value); err != nil {
			errs = append(errs, fmt.Errorf("%s=%s: %w", name, value, usage.Value(err)))
		}
	})
	return errors.Join(errs...)
}

const prefix = "LOCAL_"

// variable returns the environment variable of a flag.
func variable(flag *pflag.Flag) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
}

// misspelledVariables returns an error for each variable whose name differs by
// one or two letters from a flag's variable. Other variables that begin with
// LOCAL_ may belong to another program.
func misspelledVariables(flags *pflag.FlagSet, environment []string) error {
	known := map[string]bool{}
	flags.VisitAll(func(flag *pflag.Flag) { known[variable(flag)] = true })
	var errs []error
	for _, entry := range environment {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, prefix) || known[name] {
			continue
		}
		for _, meant := range slices.Sorted(maps.Keys(known)) {
			if yamlfile.Distance(name, meant) <= 2 {
				errs = append(errs, fmt.Errorf("the environment variable %s is not read by this program; did you mean %s?", name, meant))
				break
			}
		}
	}
	return errors.Join(errs...)
}

// goToRepository changes the working directory to the repository's root, which
// the children and the defaults rely on. Relative paths given as flags remain
// relative to the previous working directory.
func goToRepository(flags *pflag.FlagSet) error {
	start, err := os.Getwd()
	if err != nil {
		return err
	}
	root, err := findRoot(start)
	if err != nil {
		return err
	}
	for _, name := range []string{"data", "bin", "temporal", "triggers"} {
		flag := flags.Lookup(name)
		path := flag.Value.String()
		if !flag.Changed || path == "" || filepath.IsAbs(path) {
			continue
		}
		if err := flag.Value.Set(filepath.Join(start, path)); err != nil {
			return err
		}
	}
	return os.Chdir(root)
}

func findRoot(dir string) (string, error) {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "local", "devserver", "go.mod")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("%s is not inside the temporal-twilio repository: run it from there", dir)
		}
	}
}
