// Command reminder reminds one phone of an appointment and waits for the reply.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
)

const taskQueue = "reminders"

func main() {
	from := flag.String("from", "+15005550006", "number that sends the reminder")
	to := flag.String("to", "+15005550009", "the guest's phone")
	in := flag.Duration("in", 5*time.Second, "when to remind; the appointment is a minute later")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), "Reminds one phone of an appointment and waits for the reply.\n\nExample:\n  go run ./examples/reminder --to +15005550009 --in 5s\n\nFlags:\n")
		flag.PrintDefaults()
	}
	flag.Parse()
	remindAt := time.Now().Add(*in)
	a := Appointment{From: *from, Phone: *to, Name: "Ann", RemindAt: remindAt, At: remindAt.Add(time.Minute)}
	if err := remind(context.Background(), a); err != nil {
		log.Fatal(err)
	}
}

// remind runs a worker until the reminder is done. A real worker would keep
// running, and any client could start the workflow.
func remind(ctx context.Context, a Appointment) error {
	slog.SetLogLoggerLevel(slog.LevelWarn)
	options := envconfig.MustLoadDefaultClientOptions()
	options.Logger = sdklog.NewStructuredLogger(slog.Default())
	c, err := client.Dial(options)
	if err != nil {
		return err
	}
	defer c.Close()
	w := worker.New(c, taskQueue, worker.Options{})
	w.RegisterWorkflow(ReminderWorkflow)
	if err := w.Start(); err != nil {
		return err
	}
	defer w.Stop()
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: taskQueue}, ReminderWorkflow, a)
	if err != nil {
		return err
	}
	var result string
	if err := run.Get(ctx, &result); err != nil {
		return err
	}
	fmt.Println("The guest:", result)
	return nil
}
