// Command nexus is another team's worker. Its workflows text people through the
// Nexus service "sms" from a namespace without access to the sender's task
// queue.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/worker"
)

const taskQueue = "shop"

func main() {
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), "Runs another team's worker, whose workflows text people through Nexus; see docs/nexus.md for the setup.\n\nExample:\n  TEMPORAL_NAMESPACE=shop go run ./examples/nexus\n")
	}
	flag.Parse()
	if err := run(); err != nil {
		log.SetFlags(0)
		log.Print("nexus: ", err)
		os.Exit(1)
	}
}

// run polls until the process is asked to stop. TEMPORAL_NAMESPACE is the
// team's namespace.
func run() error {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return err
	}
	c, err := client.Dial(options)
	if err != nil {
		return err
	}
	defer c.Close()
	w := worker.New(c, taskQueue, worker.Options{})
	w.RegisterWorkflow(Confirm)
	return w.Run(worker.InterruptCh())
}
