// Command worker runs the Temporal worker and the webhook, either in one
// process or alone.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // for quiet hours, because the image has no time zone database

	"github.com/spf13/cobra"

	"temporal-twilio/internal/config"
	"temporal-twilio/internal/payload"
	"temporal-twilio/internal/usage"
	"temporal-twilio/internal/version"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command().ExecuteContext(ctx); err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			fmt.Fprintln(os.Stderr, "worker:", line)
		}
		os.Exit(1)
	}
}

const help = `Run the Temporal worker and the webhook that Twilio calls.

The worker polls task queue "twilio" for the SendSms activity and the workflows
of this project. The webhook receives inbound messages at POST /twilio/sms and
publishes what the triggers match; it runs if TRIGGERS names a trigger file.

Configuration comes from the environment and from the file of --config. Defaults
are in parentheses.

`

func command() *cobra.Command {
	only, file, printConfig := "", "", false
	cmd := &cobra.Command{
		Use:     "worker",
		Short:   "Send and receive SMS for Temporal",
		Version: version.String(),
		Long:    help + config.Help(),
		Example: `  TWILIO_ACCOUNT=AC… TWILIO_TOKEN_FILE=token.txt worker
  TRIGGERS=triggers.yaml WEBHOOK_PUBLIC_URL=https://sms.example.com worker --only webhook`,
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if file == "" {
				return nil
			}
			return os.Setenv("CONFIG_FILE", file)
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, misread := config.FromEnvironment()
			if printConfig {
				return config.Print(cmd.OutOrStdout(), config.Environment())
			}
			parts, unknown := choose(only, c)
			if err := config.All(misread, unknown, c.Check(parts.worker, parts.webhook), checkKeys(c)); err != nil {
				return err
			}
			return run(cmd.Context(), c, parts)
		},
	}
	cmd.AddCommand(readyCommand(), doctorCommand(), keysCommand(), codecCommand())
	cmd.PersistentFlags().StringVar(&file, "config", "", "a YAML file with variables that are not in the environment; default $CONFIG_FILE")
	cmd.Flags().BoolVar(&printConfig, "print-config", false, "print the configuration with the source of each value, without secrets, and exit")
	cmd.Flags().StringVar(&only, "only", "", `run only the "worker" or only the "webhook"`)
	return usage.Explain(cmd)
}

// checkKeys returns an error if the key file cannot be used.
func checkKeys(c config.Config) error {
	if _, err := payload.Open(c.PayloadKeys, slog.New(slog.DiscardHandler)); err != nil {
		return fmt.Errorf("PAYLOAD_KEYS: %w", err)
	}
	return nil
}

// parts selects the halves of the process that run.
type parts struct{ worker, webhook bool }

func choose(only string, c config.Config) (parts, error) {
	switch only {
	case "":
		return parts{worker: true, webhook: c.Triggers != ""}, nil
	case "worker":
		return parts{worker: true}, nil
	case "webhook":
		if c.Triggers == "" {
			return parts{}, errors.New("the webhook needs triggers: set TRIGGERS to a trigger file")
		}
		return parts{webhook: true}, nil
	}
	return parts{}, fmt.Errorf("invalid --only %q: use worker or webhook", only)
}
