// Command forgetful is a worker without the write-ahead record: its SendSms
// takes every heartbeat for written and writes nothing. With it, the chaos test
// must find people texted twice.
package main

import (
	"context"
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
		Record: func(ctx context.Context, _ any) error {
			// The attempt is kept alive, and nothing is said of its progress.
			return activity.GetClient(ctx).RecordActivityHeartbeat(ctx, activity.GetInfo(ctx).TaskToken)
		},
		Settle:   c.Timeout + c.Timeout/2,
		Patience: time.Second,
	}
	w := worker.New(temporal, sms.TaskQueue, worker.Options{})
	sending.Register(w)
	return w.Run(worker.InterruptCh())
}
