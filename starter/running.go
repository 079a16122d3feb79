package main

// starter broadcast watch, pause, resume and cancel: follow and control a
// running broadcast.

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"temporal-twilio/internal/temporal"
	"temporal-twilio/sms"
	"temporal-twilio/workflows"
)

func runningBroadcastCommands() []*cobra.Command {
	var asJSON bool
	all := []*cobra.Command{{
		Use: "watch WORKFLOW-ID", Short: "Follow a broadcast to its end, and print its result",
		RunE: func(cmd *cobra.Command, args []string) error {
			return watchBroadcast(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), args[0], asJSON)
		},
	}}
	for _, act := range []struct{ name, short string }{
		{sms.PauseUpdate, "Pause a broadcast after the current page"},
		{sms.ResumeUpdate, "Resume a paused or waiting broadcast immediately"},
		{sms.CancelUpdate, "End a broadcast after the current page, with its report"},
	} {
		all = append(all, &cobra.Command{
			Use: act.name + " WORKFLOW-ID", Short: act.short,
			RunE: func(cmd *cobra.Command, args []string) error {
				return actOnBroadcast(cmd.Context(), cmd.OutOrStdout(), act.name, args[0], asJSON)
			},
		})
	}
	for _, cmd := range all {
		cmd.Args = cobra.ExactArgs(1)
		cmd.Example = "  starter broadcast " + cmd.Name() + " broadcast-0b9f0f5e-6b2c-4a51-8f0e-3d1f6f5c9f55"
		cmd.Flags().BoolVar(&asJSON, "json", false, "print the progress as JSON")
	}
	return all
}

// actOnBroadcast pauses, resumes or cancels a broadcast, and prints its
// progress.
func actOnBroadcast(ctx context.Context, out io.Writer, act, id string, asJSON bool) error {
	var p sms.BroadcastProgress
	err := withTemporal(ctx, act+" the broadcast "+id, func(ctx context.Context, c *temporal.Client) error {
		handle, err := c.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
			WorkflowID: id, UpdateName: act, WaitForStage: client.WorkflowUpdateStageCompleted,
		})
		if err != nil {
			return err
		}
		return handle.Get(ctx, &p)
	})
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(out, p)
	}
	fmt.Fprintln(out, workflows.ProgressLine(p))
	return nil
}

// watchBroadcast follows a broadcast that is already running.
func watchBroadcast(ctx context.Context, out, progress io.Writer, id string, asJSON bool) error {
	c, err := connect()
	if err != nil {
		return err
	}
	defer c.Close()
	found, err := c.DescribeWorkflow(ctx, id, "")
	if err != nil {
		return failure(c, "watch the broadcast "+id, err)
	}
	if found.WorkflowType.Name != sms.BroadcastSmsWorkflowName {
		return fmt.Errorf("watch the broadcast %s: this workflow is a %s", id, found.WorkflowType.Name)
	}
	return follow(ctx, c, c.GetWorkflow(ctx, id, ""), out, progress, asJSON)
}

// follow prints the progress of a broadcast until it ends, and then its result.
func follow(ctx context.Context, c *temporal.Client, run client.WorkflowRun, out, progress io.Writer, asJSON bool) error {
	w := aWorkflow(c, run.GetID())
	tellStarted(progress, c, w)
	watching, watched := context.WithCancel(ctx)
	defer watched()
	last := make(chan string, 1)
	go func() { last <- printProgress(watching, c, w.id, progress) }()
	told := tellWhy(ctx, progress, failureIn(c, w.id))
	var result sms.BroadcastProgress
	err := run.Get(ctx, &result)
	watched()
	told()
	shown := <-last
	if err != nil && ctx.Err() != nil {
		return pending(c, "the broadcast", w, ctx.Err(), remedy{"follow it", "broadcast watch"}, remedy{"end it, with its report", "broadcast cancel"})
	}
	if err != nil {
		return failure(c, "broadcast", err)
	}
	if line := workflows.ProgressLine(result); line != shown {
		fmt.Fprintln(progress, line)
	}
	return tellBroadcast(out, result, asJSON)
}

// printProgress prints a broadcast's progress whenever it changes, until ctx ends, and
// returns the last line.
func printProgress(ctx context.Context, c *temporal.Client, id string, progress io.Writer) (last string) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	notes := 0
	for {
		answer, err := c.QueryWorkflow(ctx, id, "", sms.ProgressQuery)
		var p sms.BroadcastProgress
		if err == nil && answer.Get(&p) == nil && ctx.Err() == nil { // otherwise, it has not started or has ended
			for _, note := range p.Notes[min(notes, len(p.Notes)):] {
				fmt.Fprintln(progress, note)
			}
			notes = len(p.Notes)
			if line := workflows.ProgressLine(p); line != last && p.Total+p.Recipients > 0 {
				fmt.Fprintln(progress, line)
				last = line
			}
		}
		select {
		case <-ctx.Done():
			return last
		case <-ticker.C:
		}
	}
}
