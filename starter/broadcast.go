package main

// starter broadcast: sends one text to a large number of recipients.

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"temporal-twilio/sms"
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
		Short: "Send a text to a large number of recipients, with a report",
		Long: `Send a text to a large number of recipients through BroadcastSmsWorkflow. The
file is in the workers' BROADCAST_STORE. It is either CSV with a column "to",
whose other columns are the text's variables, or JSON lines. Ctrl-C ends the
wait, not the broadcast: starter broadcast watch ID follows it again.`,
		Example: `  starter broadcast --from +15005550006 --body 'Dear ${name}, we are closed.' \
      --file customers.csv --dry-run
  starter broadcast --from +15005550006 --body 'Dear ${name}, we are closed.' \
      --file customers.csv --report closed --quiet 21:00-08:00
  starter broadcast watch broadcast-…`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return broadcast(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), f)
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.file, "file", "", "recipient file in BROADCAST_STORE")
	flags.StringArrayVar(&f.to, "to", nil, "recipient, instead of a file; repeat it, or separate several by commas")
	flags.StringVar(&f.report, "report", "", "name of a report in BROADCAST_STORE")
	flags.BoolVar(&f.dryRun, "dry-run", false, "render every text but send nothing")
	flags.StringVar(&f.quiet, "quiet", "", "do not send during these hours, in the recipient's time zone, such as 21:00-08:00")
	flags.Float64Var(&f.rate, "sender-rate", 0, "segments a second that Twilio sends from this sender, for estimates (default: by the sender's type)")
	cmd.MarkFlagsOneRequired("file", "to")
	cmd.MarkFlagsMutuallyExclusive("file", "to")
	cmd.AddCommand(runningBroadcastCommands()...)
	return cmd
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
		return err
	}
	return follow(ctx, c, run, out, progress, f.asJSON)
}

// tellBroadcast prints the result. It returns errNotAllSent if the broadcast
// failed or a recipient was not texted or, in a dry run, would not be.
func tellBroadcast(out io.Writer, p sms.BroadcastProgress, asJSON bool) error {
	if asJSON {
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

// plural returns a count followed by its noun, in the singular or the plural.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// tellFailures prints why recipients would not be texted. It prints each reason
// only once, because a mistake in the template affects every recipient.
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
	fmt.Fprintf(out, "  nothing was sent; it would have been %s in %s\n", plural(p.DryRun.Messages, "message"), plural(p.DryRun.Segments, "segment"))
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
