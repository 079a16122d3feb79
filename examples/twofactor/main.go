// Command twofactor texts a code to a phone and checks what the user types.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"os"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
)

const taskQueue = "codes"

func main() {
	from := flag.String("from", "+15005550006", "number that sends the code")
	to := flag.String("to", "+15005550009", "the phone")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), "Texts a code to a phone and checks what you type.\n\nExample:\n  go run ./examples/twofactor --to +15005550009\n\nFlags:\n")
		flag.PrintDefaults()
	}
	flag.Parse()
	if err := login(context.Background(), Login{From: *from, Phone: *to}); err != nil {
		log.Fatal(err)
	}
}

// login runs a worker until the login is done.
func login(ctx context.Context, who Login) error {
	slog.SetLogLoggerLevel(slog.LevelWarn)
	options := envconfig.MustLoadDefaultClientOptions()
	options.Logger = sdklog.NewStructuredLogger(slog.Default())
	c, err := client.Dial(options)
	if err != nil {
		return err
	}
	defer c.Close()
	w := worker.New(c, taskQueue, worker.Options{})
	w.RegisterWorkflow(CodeWorkflow)
	if err := w.Start(); err != nil {
		return err
	}
	defer w.Stop()
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: taskQueue}, CodeWorkflow, who)
	if err != nil {
		return err
	}
	fmt.Println("Type the code that was sent to the phone:")
	for lines, right := bufio.NewScanner(os.Stdin), false; !right && lines.Scan(); {
		if right, err = verify(ctx, c, run.GetID(), lines.Text()); err != nil {
			break // the workflow has ended, and its result says why
		}
		fmt.Println(map[bool]string{true: "Right.", false: "Wrong."}[right])
	}
	var result string
	if err := run.Get(ctx, &result); err != nil {
		return err
	}
	fmt.Println("The login:", result)
	return nil
}

// verify asks the workflow whether a code is correct.
func verify(ctx context.Context, c client.Client, id, typed string) (right bool, err error) {
	update, err := c.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: id, UpdateName: Verify, Args: []any{typed}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return false, err
	}
	err = update.Get(ctx, &right)
	return right, err
}
