// Command forgetful is a worker that heartbeats as most do: through the SDK, which
// sends heartbeats some time later, and with what became of those it has texted, but
// not whom it is about to text. With it, the chaos test must find people texted
// twice.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"temporal-twilio/activities"
	"temporal-twilio/internal/config"
	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "forgetful:", err)
		os.Exit(1)
	}
}

func run() error {
	c, err := config.FromEnvironment()
	if err != nil {
		return err
	}
	gateway, err := twilio.New(c.Twilio())
	if err != nil {
		return err
	}
	temporal, err := client.Dial(client.Options{HostPort: os.Getenv("TEMPORAL_ADDRESS")})
	if err != nil {
		return err
	}
	defer temporal.Close()
	sending := &activities.Activities{
		Accounts: map[string]activities.Account{"": {Gateway: gateway, Pace: activities.NewPace(activities.Limits{Concurrency: c.Concurrency})}},
		Renderer: activities.NewFreeMarker("", ""),
		Record:   record,
		Settle:   c.Timeout + c.Timeout/2,
		Patience: time.Second,
	}
	w := worker.New(temporal, sms.TaskQueue, worker.Options{})
	sending.Register(w)
	return w.Run(worker.InterruptCh())
}

// record has the progress written down at some time, without those whose create may
// have begun.
func record(ctx context.Context, details any) error {
	data, err := json.Marshal(details)
	if err != nil {
		return err
	}
	var known map[string]any
	if err := json.Unmarshal(data, &known); err != nil {
		return err
	}
	delete(known, "window")
	delete(known, "open")
	activity.RecordHeartbeat(ctx, known)
	return nil
}
