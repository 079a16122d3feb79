package main

// starter pause-all and resume-all: pauses and resumes all sending of the
// namespace.

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"temporal-twilio/internal/temporal"
)

// noReason is the reason that is recorded if none is given: in an emergency,
// --why can be omitted.
const noReason = "no reason given"

func pauseCommand() *cobra.Command {
	var (
		why    string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "pause-all",
		Short: "Pause all sending by all workers of the namespace",
		Long: `Pause all sending by all workers of the namespace, within 5 seconds. Sends wait
for as long as their callers' timeouts allow; inbound texts are still published,
but not answered. Messages that Twilio has already accepted are not recalled.`,
		Example: `  starter pause-all
  starter pause-all --why 'wrong price in the October text'
  starter resume-all`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			why := cmp.Or(strings.TrimSpace(why), noReason)
			return withTemporal(cmd.Context(), "pause all sending", func(ctx context.Context, c *temporal.Client) error {
				already, err := c.PauseAll(ctx, why)
				if err != nil {
					return err
				}
				now := temporal.Pause{Since: time.Now(), Why: why}
				if already != nil {
					now = *already
				}
				return tellPause(cmd.OutOrStdout(), now, already != nil, asJSON)
			})
		},
	}
	cmd.Flags().StringVar(&why, "why", "", "the reason, shown to your colleagues; encrypted if payloads are (default \""+noReason+"\")")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func tellPause(out io.Writer, pause temporal.Pause, already, asJSON bool) error {
	if asJSON {
		return printJSON(out, pause)
	}
	if already {
		fmt.Fprintln(out, "sending was already paused")
	}
	fmt.Fprintln(out, pauseInWords(pause))
	if !already {
		fmt.Fprintln(out, "workers stop sending within 5 s; until then, texts may still go out")
	}
	return nil
}

func resumeCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "resume-all",
		Short: "Resume all sending after pause-all",
		Long: `Resume all sending after pause-all. Waiting sends continue within about a
minute, no faster than SEND_RATE and SEND_ACCOUNT_RATE allow.`,
		Example: `  starter resume-all`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withTemporal(cmd.Context(), "resume all sending", func(ctx context.Context, c *temporal.Client) error {
				ended, err := c.ResumeAll(ctx)
				switch out := cmd.OutOrStdout(); {
				case err != nil:
					return err
				case asJSON:
					return printJSON(out, map[string]*temporal.Pause{"ended": ended})
				case ended == nil:
					fmt.Fprintln(out, "sending was not paused")
				default:
					fmt.Fprintln(out, "sending resumes; it had been paused", sinceAndWhy(*ended))
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// pauseInWords describes a pause.
func pauseInWords(pause temporal.Pause) string {
	return "all sending has been paused " + sinceAndWhy(pause)
}

func sinceAndWhy(pause temporal.Pause) string {
	text := "since " + pause.Since.UTC().Format(time.RFC3339)
	if pause.Why != "" {
		text += ": " + pause.Why
	}
	return text
}

// tellPaused prints that sending is paused, if it is.
func tellPaused(progress io.Writer, c *temporal.Client) {
	ctx, cancel := context.WithTimeout(context.Background(), lookTimeout)
	defer cancel()
	if pause, err := c.Paused(ctx); err == nil && pause != nil {
		fmt.Fprintln(progress, pauseInWords(*pause)+"; run starter resume-all to resume")
	}
}
