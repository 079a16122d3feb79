// Command approval is an agent that asks a person by text before it acts.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"temporal-twilio/sms"
)

const taskQueue = "approvals"

func main() {
	from := flag.String("from", "+15005550006", "number that sends the question")
	approvers := flag.String("approvers", "+15005550009,+15005550010", "phones, asked one after the other")
	action := flag.String("action", "Refund order 42: 120 EUR", "what to approve")
	timeout := flag.Duration("timeout", 20*time.Second, "how long each approver has to answer")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), "Asks people by text, one after the other, before it acts.\n\nExample:\n  go run ./examples/approval --approvers +15005550009,+15005550010\n\nFlags:\n")
		flag.PrintDefaults()
	}
	flag.Parse()
	a := Approval{Action: *action, Approvers: strings.Split(*approvers, ","), From: *from, Timeout: sms.Duration(*timeout)}
	if err := run(context.Background(), a); err != nil {
		log.Fatal(err)
	}
}

// run runs a worker until the agent is done.
func run(ctx context.Context, a Approval) error {
	slog.SetLogLoggerLevel(slog.LevelWarn)
	options := envconfig.MustLoadDefaultClientOptions()
	options.Logger = sdklog.NewStructuredLogger(slog.Default())
	c, err := client.Dial(options)
	if err != nil {
		return err
	}
	defer c.Close()
	w := worker.New(c, taskQueue, worker.Options{})
	w.RegisterWorkflow(RefundAgent)
	w.RegisterWorkflow(ApprovalWorkflow)
	w.RegisterActivity(Act)
	if err := w.Start(); err != nil {
		return err
	}
	defer w.Stop()
	agent, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: taskQueue}, RefundAgent, a)
	if err != nil {
		return err
	}
	var result string
	if err := agent.Get(ctx, &result); err != nil {
		return err
	}
	fmt.Println(result)
	return nil
}
