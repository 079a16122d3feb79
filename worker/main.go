// Command worker runs the Temporal worker and the webhook, in one process or
// either alone.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"temporal-twilio/internal/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
}

const help = `Run the Temporal worker and the webhook that Twilio calls.

The worker polls task queue "twilio" for the activity SendSms and the workflows
of this project. The webhook takes inbound messages at POST /twilio/sms and
publishes what the triggers match; it runs if TRIGGERS names a trigger file.

Configuration comes from the environment:
  TWILIO_ACCOUNT, TWILIO_TOKEN         the account and its auth token
  TWILIO_API_KEY, TWILIO_API_SECRET    send with an API key instead
  TWILIO_REGION, TWILIO_EDGE           for example ie1 and dublin
  TWILIO_BASE_URL                      another host, such as a local Twilio
  TWILIO_ACCOUNTS                      a file of further accounts, by name
  TWILIO_TIMEOUT                       one request to Twilio (10s)
  TWILIO_LISTING_PATIENCE              how long Twilio's listings may lag (30s)
  SEND_CONCURRENCY                     messages created at a time (20)
  SEND_RATE                            messages of one sender a second (no limit)
  SEND_ACCOUNT_RATE                    messages of all senders a second (no limit)
  SEND_RATE_UNIT                       what these count: messages or segments (messages)
  DEFAULT_REGION                       country of numbers without a country code
  BROADCAST_STORE                      recipients and reports of broadcasts: file:///… or s3://…
  BROADCAST_DIR                        a folder in its place
  TRIGGERS                             the trigger file, or a folder of them
  TRIGGERS_TASK_QUEUE                  where Alfresco's triggers start workflows (twilio)
  TRIGGERS_BUSINESS_KEY_ATTRIBUTE      search attribute for their business keys
  ID_SECRET                            makes pseudonyms of numbers in workflow IDs
  WEBHOOK_ADDR                         where the webhook listens (127.0.0.1:8080)
  WEBHOOK_PUBLIC_URL                   where Twilio reaches it
  WEBHOOK_FORWARDED                    headers that say it instead, if a proxy sets them
  WEBHOOK_OWN_NUMBERS                  numbers that are never echoed to
  WEBHOOK_TLS_CERT, WEBHOOK_TLS_KEY    certificate and key, PEM files
  WEBHOOK_ACME_HOSTS                   hosts to get certificates for (Let's Encrypt)
  WEBHOOK_ACME_CACHE                   the folder for these (.acme)
  WEBHOOK_DRAIN                        how long a stopping webhook is unready (0s)
  CATCH_UP, CATCH_UP_WINDOW            publish missed messages, e.g. 5m (0s), looking back (1h)
  TWILIO_TOKEN_SECONDARY               also verifies, while tokens are rotated
  TWILIO_SUBACCOUNT_TOKENS             AC…=token,AC…=token: also verify, each its own
  WEBHOOK_SIGNATURE                    "off" takes requests from anybody
  METRICS_ADDR                         where /metrics listens (nowhere)
  LOG_LEVEL, LOG_FORMAT                info, text
  TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and Temporal's other variables
Secrets can be given as files: TWILIO_TOKEN_FILE, ID_SECRET_FILE and so on.`

func command() *cobra.Command {
	only := ""
	cmd := &cobra.Command{
		Use:   "worker",
		Short: "Send and receive SMS for Temporal",
		Long:  help,
		Example: `  TWILIO_ACCOUNT=AC… TWILIO_TOKEN_FILE=token.txt worker
  TRIGGERS=triggers.yaml WEBHOOK_PUBLIC_URL=https://sms.example.com worker --only webhook`,
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := config.FromEnvironment()
			if err != nil {
				return err
			}
			parts, err := choose(only, c)
			if err != nil {
				return err
			}
			return run(cmd.Context(), c, parts)
		},
	}
	cmd.AddCommand(readyCommand())
	cmd.Flags().StringVar(&only, "only", "", `run just the "worker" or just the "webhook"`)
	return cmd
}

// parts are those of the process's two halves that run.
type parts struct{ worker, webhook bool }

func choose(only string, c config.Config) (parts, error) {
	switch only {
	case "":
		return parts{worker: true, webhook: c.Triggers != ""}, nil
	case "worker":
		return parts{worker: true}, nil
	case "webhook":
		if c.Triggers == "" {
			return parts{}, fmt.Errorf("the webhook needs triggers: set TRIGGERS to a trigger file")
		}
		return parts{webhook: true}, nil
	}
	return parts{}, fmt.Errorf("--only is %q; it must be worker or webhook", only)
}
