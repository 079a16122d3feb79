package main

// starter broadcast: sends one text to very many recipients.

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"temporal-twilio/internal/temporal"
	"temporal-twilio/sms"
	"temporal-twilio/workflows"
)

type broadcastFlags struct {
	textFlags
	to                  []string
	file, report, quiet string
	dryRun              bool
	rate                float64
}

func broadcastCommand() *cobra.Command {
	var f broadcastFlags
	cmd := &cobra.Command{
		Use:   "broadcast --from NUMBER --body TEXT --file NAME",
		Short: "Send a text to very many recipients, with a report",
		Long: `Send a text to very many recipients with the workflow BroadcastSmsWorkflow. The
file is in the workers' BROADCAST_STORE: CSV with a column "to", whose other
columns are the text's variables, or JSON lines. Ctrl-C ends the wait, not the
broadcast.`,
		Example: `  starter broadcast --from +15005550006 --body 'Dear ${name}, we are closed.' \
      --file customers.csv --dry-run
  starter broadcast --from +15005550006 --body 'Dear ${name}, we are closed.' \
      --file customers.csv --report closed --quiet 21:00-08:00
  starter broadcast pause broadcast-…`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return broadcast(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), f)
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.file, "file", "", "file of recipients in BROADCAST_STORE")
	flags.StringArrayVar(&f.to, "to", nil, "recipient, instead of a file; repeat it, or separate several by commas")
	flags.StringVar(&f.report, "report", "", "name of a report in BROADCAST_STORE")
	flags.BoolVar(&f.dryRun, "dry-run", false, "render every text but send nothing")
	flags.StringVar(&f.quiet, "quiet", "", "send to nobody during these hours, in the recipient's time zone, such as 21:00-08:00")
	flags.Float64Var(&f.rate, "sender-rate", 0, "segments a second that Twilio sends from this sender, for estimates (default: by the sender's type)")
	cmd.MarkFlagsOneRequired("file", "to")
	cmd.MarkFlagsMutuallyExclusive("file", "to")
	for _, act := range []struct{ name, short string }{
		{sms.PauseUpdate, "Pause a broadcast after the current page"},
		{sms.ResumeUpdate, "Resume a broadcast that is paused, or that waits, at once"},
		{sms.CancelUpdate, "End a broadcast after the current page, with its report"},
	} {
		var asJSON bool
		sub := &cobra.Command{
			Use: act.name + " WORKFLOW-ID", Short: act.short, Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				return actOnBroadcast(cmd.Context(), cmd.OutOrStdout(), act.name, args[0], asJSON)
			},
		}
		sub.Flags().BoolVar(&asJSON, "json", false, "print the progress as JSON")
		cmd.AddCommand(sub)
	}
	return cmd
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

func broadcast(ctx context.Context, out, progress io.Writer, f broadcastFlags) error {
	input := sms.BroadcastSmsInput{File: f.file, Report: f.report, DryRun: f.dryRun, SenderRate: f.rate}
	if f.quiet != "" {
		from, to, _ := strings.Cut(f.quiet, "-")
		input.QuietHours = &sms.QuietHours{From: from, To: to}
		if err := input.QuietHours.Check(); err != nil {
			return fmt.Errorf("--quiet %q: %w", f.quiet, err)
		}
	}
	input.SmsFrom, input.SmsBody, input.SmsTo, input.Account, input.Label = f.from, f.body, recipients(f.to), f.account, f.label
	var err error
	if input.Variables, err = f.vars.model(); err != nil {
		return err
	}
	c, err := connect()
	if err != nil {
		return err
	}
	defer c.Close()
	run, err := start(ctx, c, "broadcast", f.label, sms.BroadcastSmsWorkflowName, input)
	if err != nil {
		return failure(c, "broadcast", err)
	}
	tellStarted(progress, c, run.GetID())
	watching, watched := context.WithCancel(ctx)
	defer watched()
	go watch(watching, c, run.GetID(), progress)
	var result sms.BroadcastProgress
	err = run.Get(ctx, &result)
	watched()
	if ctx.Err() != nil {
		return pending(c, "the broadcast", run.GetID(), ctx.Err())
	}
	if err != nil {
		return failure(c, "broadcast", err)
	}
	fmt.Fprintln(progress, workflows.ProgressLine(result))
	return f.tell(out, result)
}

// watch prints a broadcast's progress whenever it changes.
func watch(ctx context.Context, c *temporal.Client, id string, progress io.Writer) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	last, notes := "", 0
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
			return
		case <-ticker.C:
		}
	}
}

// tell prints the result; it returns errNotAllSent if a recipient was left out.
func (f broadcastFlags) tell(out io.Writer, p sms.BroadcastProgress) error {
	if f.asJSON {
		if err := printJSON(out, p); err != nil {
			return err
		}
	} else {
		if p.DryRun != nil {
			fmt.Fprintf(out, "dry run %s: %d recipients\n", p.State, p.Recipients)
		} else {
			fmt.Fprintf(out, "%s: %d recipients, %d sent\n", p.State, p.Recipients, p.Sent)
		}
		for _, code := range slices.Sorted(maps.Keys(p.Errors)) {
			fmt.Fprintf(out, "  %s: %d\n", code, p.Errors[code])
		}
		if p.DryRun != nil {
			tellDryRun(out, p)
		}
		if p.Error != "" {
			fmt.Fprintln(out, " ", p.Error)
		}
		if p.Report != "" {
			fmt.Fprintln(out, "  report:", p.Report)
		}
	}
	taken := p.Sent
	if p.DryRun != nil {
		taken = p.DryRun.Messages
	}
	if taken < p.Recipients || p.Error != "" {
		return errNotAllSent
	}
	return nil
}

// plural returns a count with its noun, in the plural if needed.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// tellFailures prints why recipients would not be texted: each reason once, as a
// mistake in the template is that of every recipient.
func tellFailures(out io.Writer, failures []sms.Error) {
	type reason struct {
		code    sms.Code
		message string
	}
	var reasons []reason
	recipients := map[reason][]string{}
	for i := range failures {
		why := reason{failures[i].Code, failures[i].Message}
		if recipients[why] == nil {
			reasons = append(reasons, why)
		}
		recipients[why] = append(recipients[why], failures[i].To)
	}
	for _, why := range reasons {
		who := recipients[why]
		if who[0] == "" { // the reason names the line of the file, or concerns everyone
			fmt.Fprintf(out, "  not sent: %s %s\n", why.code, why.message)
			continue
		}
		others := ""
		if len(who) > 1 {
			others = " and " + plural(len(who)-1, "other")
		}
		fmt.Fprintf(out, "  not to %s%s: %s %s\n", who[0], others, why.code, why.message)
	}
}

// tellDryRun prints what a broadcast would do.
func tellDryRun(out io.Writer, p sms.BroadcastProgress) {
	fmt.Fprintf(out, "  nothing was sent; it would be %s in %s\n", plural(p.DryRun.Messages, "message"), plural(p.DryRun.Segments, "segment"))
	for _, text := range p.DryRun.Texts {
		fmt.Fprintf(out, "  to %s, %s, %s: %s\n", text.To, text.Encoding, plural(text.Segments, "segment"), text.Text)
	}
	tellFailures(out, p.DryRun.Failures)
	if more := p.Recipients - p.DryRun.Messages - len(p.DryRun.Failures); more > 0 && len(p.DryRun.Failures) > 0 {
		fmt.Fprintf(out, "  and not to %s\n", plural(more, "more recipient"))
	}
	for _, gap := range p.DryRun.Gaps {
		fmt.Fprintf(out, "  to %s, %s is empty: %s\n", gap.To, gap.Variable, gap.Text)
	}
	if more := p.DryRun.GapCount - len(p.DryRun.Gaps); more > 0 {
		fmt.Fprintf(out, "  and %d more with an empty variable\n", more)
	}
	for _, note := range p.Notes {
		fmt.Fprintln(out, " ", note)
	}
}
