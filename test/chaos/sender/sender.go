// Package sender runs the chaos tests' own workers, each of which sends as the
// product does, with one difference.
package sender

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"temporal-twilio/activities"
	"temporal-twilio/internal/config"
	"temporal-twilio/internal/payload"
	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

// Main runs a worker that polls for SendSms until it is interrupted. The
// environment configures the worker, and change makes it differ from the
// product.
func Main(options worker.Options, change func(*activities.Activities)) {
	if err := run(options, change); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", filepath.Base(os.Args[0]), err)
		os.Exit(1)
	}
}

func run(options worker.Options, change func(*activities.Activities)) error {
	c, err := config.FromEnvironment()
	if err != nil {
		return err
	}
	gateway, err := twilio.New(c.Twilio())
	if err != nil {
		return err
	}
	at := client.Options{HostPort: os.Getenv("TEMPORAL_ADDRESS")}
	if c.PayloadKeys != "" {
		ring, err := payload.Open(c.PayloadKeys, slog.Default())
		if err != nil {
			return err
		}
		payload.Protect(&at, ring)
	}
	temporal, err := client.Dial(at)
	if err != nil {
		return err
	}
	defer temporal.Close()
	sending := &activities.Activities{
		Accounts: map[string]activities.Account{"": {Gateway: gateway, Pace: activities.NewPace(activities.Limits{Concurrency: c.Concurrency})}},
		Renderer: activities.NewFreeMarker("", ""),
		Settle:   c.Timeout + c.Timeout/2,
		Patience: c.Patience,
	}
	change(sending)
	options.DisableWorkflowWorker = true // this worker has no workflows, and would fail their tasks
	w := worker.New(temporal, sms.TaskQueue, options)
	sending.Register(w)
	return w.Run(worker.InterruptCh())
}
