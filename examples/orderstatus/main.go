// Command orderstatus is a worker for the workflows that the text "Order Number
// 42" starts and the text "cancel 42" signals. "make run" runs it.
package main

import (
	"flag"
	"fmt"
	"log"
	"log/slog"
	"os"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"temporal-twilio/internal/payload"
)

// taskQueue is the task queue that the trigger in local/triggers.yaml names.
const taskQueue = "orders"

func main() {
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), "Runs a worker for the workflows that the text \"Order Number 42\" starts, until Ctrl-C.\n\nExample:\n  TEMPORAL_ADDRESS=127.0.0.1:7233 go run ./examples/orderstatus\n")
	}
	flag.Parse()
	options := envconfig.MustLoadDefaultClientOptions()
	options.Logger = sdklog.NewStructuredLogger(slog.Default())
	// If payloads are encrypted, every program that reads or writes them needs
	// the keys. In your own programs, use the codec from your SDK's encryption
	// sample here.
	ring, err := payload.Open(os.Getenv("PAYLOAD_KEYS"), slog.Default())
	if err != nil {
		log.Fatal(err)
	}
	payload.Protect(&options, ring)
	c, err := client.Dial(options)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	w := worker.New(c, taskQueue, worker.Options{})
	w.RegisterWorkflow(OrderStatusWorkflow)
	w.RegisterWorkflow(OrderWorkflow)
	if err := w.Run(worker.InterruptCh()); err != nil {
		log.Fatal(err)
	}
}
