// Command forgetful is a worker that records heartbeats as most workers do:
// through the SDK, which batches them and sends them later. They record whom it
// has texted, but not whom it is about to text. With this worker, the chaos
// test must find people who were texted twice.
package main

import (
	"context"
	"encoding/json"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"

	"temporal-twilio/activities"
	"temporal-twilio/test/chaos/sender"
)

func main() {
	sender.Main(worker.Options{}, func(a *activities.Activities) {
		a.Record = record
		a.Patience = time.Second
	})
}

// record lets the SDK send the progress later, and omits the recipients for
// whom a request to Twilio may have begun.
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
