// Command twiliosim simulates Twilio on your own machine: the Messages API,
// signed webhooks and a page with phones to text from.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"temporal-twilio/internal/version"
	"temporal-twilio/twiliosim"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "twiliosim:", err)
		os.Exit(1)
	}
}

const examples = `  # The local stack's Twilio, with its page on http://127.0.0.1:8090
  twiliosim --webhook http://127.0.0.1:8080/twilio/sms

  # Two numbers, ten times faster than Twilio sends
  twiliosim --number +15005550006 --number +18885550007 --speed 10

  # Every tenth create loses its response, and the next three lists take 2 s
  twiliosim --fault response-lost,op=create,rate=0.1 --fault delay,op=list,next=3,delay=2s

  # Text a number as a phone would
  curl -H 'Content-Type: application/json' http://127.0.0.1:8090/sim/inbound \
    -d '{"from":"+15551230001","to":"+15005550006","body":"Order Number 42"}'`

func command() *cobra.Command {
	var o twiliosim.Options
	var faults, keys []string
	cmd := &cobra.Command{
		Use:           "twiliosim",
		Version:       version.String(),
		Short:         "Run a Twilio on your own machine",
		Long:          "Run a Twilio on your own machine: the Messages API under /2010-04-01/, signed webhooks,\na page with phones at /, and controls under /sim/, which can also inject faults.",
		Example:       examples,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := complete(&o, faults, keys); err != nil {
				return err
			}
			return run(cmd, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Addr, "addr", twiliosim.DefaultAddr, "address to listen on")
	f.BoolVar(&o.AllowRemote, "allow-remote", false, "permit an address that other machines can reach; the controls have no password")
	f.StringVar(&o.Account, "account", twiliosim.DefaultAccount, "SID of the main account")
	f.StringVar(&o.Token, "token", twiliosim.DefaultToken, "auth token of the main account, which also signs the webhooks")
	f.StringVar(&o.TestAccount, "test-account", twiliosim.DefaultTestAccount, "SID of the test credentials, which work only with the magic numbers")
	f.StringVar(&o.TestToken, "test-token", twiliosim.DefaultTestToken, "auth token of the test credentials")
	f.StringArrayVar(&keys, "api-key", nil, "an API key of the main account, as SK…=secret (repeatable)")
	f.StringArrayVar(&o.Numbers, "number", []string{twiliosim.DefaultNumber}, "a number of the main account (repeatable)")
	f.StringVar(&o.Webhook, "webhook", "", "URL that is called when a text arrives")
	f.StringVar(&o.Fallback, "fallback", "", "URL that is called when the webhook fails")
	f.StringVar(&o.StatusFallback, "status-fallback", "", "URL that is called when a status callback fails")
	f.StringVar(&o.UIURL, "ui-url", "http://127.0.0.1:8233", "Temporal's Web UI, for the page's links")
	f.StringVar(&o.Namespace, "namespace", "default", "Temporal namespace of these links")
	f.StringVar(&o.Examples, "examples", "", "URL at which the application lists example texts for the page, and reports whether sending is paused, such as http://127.0.0.1:8080/examples")
	f.StringArrayVar(&faults, "fault", nil, "a fault to inject: kind[,op=…][,number=…][,next=N][,rate=R][,delay=D][,retry-after=D][,after] (repeatable)\nkinds: "+strings.Join(twiliosim.FaultKinds, " "))
	f.Float64Var(&o.Speed, "speed", 1, "how many times faster messages are sent and delivered than at Twilio")
	f.Uint64Var(&o.Seed, "seed", 0, "seed that makes faults by rate repeatable (0: random)")
	f.IntVar(&o.MaxMessages, "max-messages", twiliosim.DefaultMaxMessages, "maximum number of messages to keep; fewer are kept if they take more than 40 MiB")
	f.IntVar(&o.Concurrency, "concurrency", twiliosim.DefaultConcurrency, "concurrent requests of an account before 429 (negative: no limit)")
	f.DurationVar(&o.QueueLength, "queue", 10*time.Hour, "how long a sender's queue may take to send; a longer queue refuses messages with 21611")
	f.IntVar(&o.ReplyLimit, "reply-limit", 30, "replies between two numbers without a pause of 30 s before they fail with 14107 (negative: no limit)")
	return cmd
}

// complete adds the values of --fault and --api-key to the options.
func complete(o *twiliosim.Options, faults, keys []string) error {
	for _, line := range faults {
		f, err := twiliosim.ParseFault(line)
		if err != nil {
			return err
		}
		o.Faults = append(o.Faults, f)
	}
	for _, line := range keys {
		key, secret, ok := strings.Cut(line, "=")
		if !ok || secret == "" {
			return fmt.Errorf("--api-key %q: want SK…=secret", key)
		}
		if o.APIKeys == nil {
			o.APIKeys = map[string]string{}
		}
		o.APIKeys[key] = secret
	}
	return nil
}

// run serves until the context ends.
func run(cmd *cobra.Command, o twiliosim.Options) error {
	sim, err := twiliosim.Start(o)
	if err != nil {
		return err
	}
	token := o.Token
	if token != twiliosim.DefaultToken {
		token = "…" // the user chose the token and knows it, so do not print it
	}
	fmt.Fprintf(cmd.OutOrStdout(), "twiliosim listening on %s\n\nOpen it in a browser: it has phones to text from. A program can text them with\n  TWILIO_BASE_URL=%s TWILIO_ACCOUNT=%s TWILIO_TOKEN=%s\n",
		sim.URL, sim.URL, sim.Account, token)
	<-cmd.Context().Done()
	return sim.Close()
}
