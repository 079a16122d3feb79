// Command main is a worker that runs the README's workflow.
package main

import (
	"log"
	"os"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
)

func main() {
	c, err := client.Dial(client.Options{HostPort: os.Getenv("TEMPORAL_ADDRESS")})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	w := worker.New(c, "reminders", worker.Options{})
	w.RegisterWorkflow(Remind)
	if err := w.Run(worker.InterruptCh()); err != nil {
		log.Fatal(err)
	}
}
