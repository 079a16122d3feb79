// Command starter is the product's command line: it sends texts through Temporal,
// checks triggers, and delivers texts to a webhook as Twilio does.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"temporal-twilio/internal/usage"
	"temporal-twilio/internal/version"
)

// errNotAllSent makes the process exit with status 1; the report has been
// printed.
var errNotAllSent = errors.New("some recipients were not texted")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process immediately
	cmd, err := command().ExecuteContextC(ctx)
	switch {
	case errors.Is(err, errNotAllSent), errors.Is(err, errNotAnswered), errors.Is(err, errFindings), errors.Is(err, errNothingFound), errors.Is(err, errFailed):
		os.Exit(1)
	case err != nil:
		if asJSON, _ := cmd.Flags().GetBool("json"); asJSON {
			_ = printJSON(os.Stdout, map[string]string{"error": err.Error()})
		} else {
			fmt.Fprintln(os.Stderr, "starter:", err)
		}
		os.Exit(2)
	}
}

func command() *cobra.Command {
	root := &cobra.Command{
		Use:     "starter",
		Short:   "Send and inspect SMS from the command line",
		Version: version.String(),
		Long: `Send SMS through Temporal from the command line.

The address of Temporal comes from its own variables (TEMPORAL_ADDRESS, …) and is
localhost:7233 by default. A worker must poll task queue "twilio". Links to the
Web UI begin with TEMPORAL_UI_URL, by default that of make run or Temporal Cloud.

Exit status: 0 success, 1 a recipient was not texted or did not answer,
2 any other error, which is an {"error": …} with --json.`,
		Example: `  starter send --from +15005550006 --to +15005550009 --body 'Hello'
  starter find +15005550009`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(sendCommand(), askCommand(), broadcastCommand(), cancelCommand(), pauseCommand(), resumeCommand(), findCommand(), failedCommand(), questionsCommand(), renderCommand(), triggersCommand(), simulateCommand(), scaffoldCommand())
	return usage.Explain(root)
}
