package main

// starter broadcast: one text to very many.

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"temporal-twilio/internal/temporal"
	"temporal-twilio/workflows"
)

type broadcastFlags struct {
	textFlags
	to           []string
	file, report string
}

func broadcastCommand() *cobra.Command {
	var f broadcastFlags
	cmd := &cobra.Command{
		Use:   "broadcast --from NUMBER --body TEXT --file NAME",
		Short: "Send a text to very many recipients, with a report",
		Long: `Send a text to very many recipients with the workflow BroadcastSmsWorkflow. The
file is below the workers' BROADCAST_DIR: CSV with a column "to", whose other
columns are the text's variables, or JSON lines. Ctrl-C ends the wait; the
broadcast goes on, and the updates pause, resume and cancel act on it.`,
		Example: `  starter broadcast --from +15005550006 --body 'Dear ${name}, we are closed.' \
      --file customers.csv --report closed
  temporal workflow update execute --workflow-id broadcast-… --name cancel`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return broadcast(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), f)
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.file, "file", "", "file of recipients below BROADCAST_DIR")
	flags.StringArrayVar(&f.to, "to", nil, "recipient in place of a file; repeat it, or separate by commas")
	flags.StringVar(&f.report, "report", "", "name of a report below BROADCAST_DIR")
	cmd.MarkFlagsOneRequired("file", "to")
	cmd.MarkFlagsMutuallyExclusive("file", "to")
	return cmd
}

func broadcast(ctx context.Context, out, progress io.Writer, f broadcastFlags) error {
	input := workflows.BroadcastSmsInput{File: f.file, Report: f.report}
	input.SmsFrom, input.SmsBody, input.SmsTo = f.from, f.body, recipients(f.to)
	var err error
	if input.Variables, err = f.variables(); err != nil {
		return err
	}
	c, err := connect()
	if err != nil {
		return err
	}
	defer c.Close()
	run, err := start(ctx, c, "broadcast", workflows.BroadcastSmsWorkflowName, input)
	if err != nil {
		return fmt.Errorf("broadcast through Temporal at %s: %w", c.Address, err)
	}
	fmt.Fprintf(progress, "sending, as workflow %s\n", run.GetID())
	watching, watched := context.WithCancel(ctx)
	defer watched()
	go watch(watching, c, run.GetID(), progress)
	var result workflows.BroadcastProgress
	err = run.Get(ctx, &result)
	watched()
	if err != nil {
		return fmt.Errorf("broadcast through Temporal at %s: %w", c.Address, err)
	}
	return f.tell(out, result)
}

// watch tells every other second how far a broadcast is.
func watch(ctx context.Context, c *temporal.Client, id string, progress io.Writer) {
	ticker := time.NewTicker(2 * time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		answer, err := c.QueryWorkflow(ctx, id, "", workflows.ProgressQuery)
		if err != nil {
			continue // it may not run yet, or not any more
		}
		var p workflows.BroadcastProgress
		if answer.Get(&p) == nil && ctx.Err() == nil {
			fmt.Fprintf(progress, "%s: %d recipients, %d sent\n", p.State, p.Recipients, p.Sent)
		}
	}
}

// tell prints the result; the error is errNotAllSent if somebody was left out.
func (f broadcastFlags) tell(out io.Writer, p workflows.BroadcastProgress) error {
	if f.asJSON {
		if err := printJSON(out, p); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(out, "%s: %d recipients, %d sent\n", p.State, p.Recipients, p.Sent)
		for _, code := range slices.Sorted(maps.Keys(p.Errors)) {
			fmt.Fprintf(out, "  %s: %d\n", code, p.Errors[code])
		}
		if p.Error != "" {
			fmt.Fprintln(out, " ", p.Error)
		}
		if p.Report != "" {
			fmt.Fprintln(out, "  report:", p.Report)
		}
	}
	if p.Sent < p.Recipients || p.Error != "" {
		return errNotAllSent
	}
	return nil
}
