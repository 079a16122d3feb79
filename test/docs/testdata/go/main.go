// Command main is the worker around the workflow of the README.
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
