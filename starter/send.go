package main

// starter send: sends one text to one or more recipients.

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"

	"temporal-twilio/internal/payload"
	"temporal-twilio/internal/temporal"
	"temporal-twilio/sms"
)

// textFlags holds the flags that describe a text. All sending commands have
// them.
type textFlags struct {
	from, body, label, account string
	vars                       variableFlags
	asJSON                     bool
}

// add defines the flags, and requires the sender.
func (f *textFlags) add(cmd *cobra.Command) {
	f.define(cmd)
	_ = cmd.MarkFlagRequired("from") // defined above
}

func (f *textFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.from, "from", "", "sender: one of the account's numbers")
	flags.StringVar(&f.body, "body", "", "the text, a FreeMarker template")
	flags.StringVar(&f.account, "account", "", "send from this account in the workers' TWILIO_ACCOUNTS (default: their own)")
	f.vars.add(flags)
	flags.StringVar(&f.label, "label", "", "what the text is for, shown in Temporal's Web UI, such as order reminder")
	flags.BoolVar(&f.asJSON, "json", false, "print the result as JSON")
	_ = cmd.MarkFlagRequired("body") // the flag is defined above
}

type sendFlags struct {
	textFlags
	to               []string
	standalone, wait bool
	timeout          time.Duration
	key, service     string
	media            []string
}

func sendCommand() *cobra.Command {
	var f sendFlags
	cmd := &cobra.Command{
		Use:   "send --to NUMBER --from NUMBER --body TEXT",
		Short: "Send a text to one or more recipients",
		Long: `Send a text to one or more recipients with the SendSms activity, run by
SendSmsWorkflow or, with --standalone, as a standalone activity. The body is a
FreeMarker template; --var sets its variables.`,
		Example: `  starter send --to +15005550009 --from +15005550006 --body 'Hello'
  starter send --to +15005550009 --to +15005550010 --from +15005550006 \
      --body 'Dear ${name}, your table is ready.' --var name=Ann
  starter send --to +15005550009 --from +15005550006 --body 'Hello' --account marketing
  starter send --to +15005550009 --from +15005550006 --body 'Hello' --standalone --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return send(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), f)
		},
	}
	f.define(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.service, "messaging-service", "", "a Messaging Service that chooses the sender, MG…")
	flags.StringVar(&f.key, "key", "", "idempotency key: all requests with the same key send once")
	flags.StringArrayVar(&f.media, "media", nil, "URL of a picture or another file to send; may be repeated")
	flags.BoolVar(&f.wait, "wait", false, "wait until each message is delivered or has failed")
	flags.StringArrayVar(&f.to, "to", nil, "recipient in E.164 form; repeat it, or separate several by commas")
	flags.BoolVar(&f.standalone, "standalone", false, "run the activity without a workflow")
	flags.DurationVar(&f.timeout, "timeout", time.Minute, "how long to wait for the result")
	_ = cmd.MarkFlagRequired("to") // the flag is defined above
	cmd.MarkFlagsOneRequired("from", "messaging-service")
	cmd.MarkFlagsMutuallyExclusive("standalone", "wait")
	return cmd
}

// send runs SendSms and prints its result.
func send(ctx context.Context, out, progress io.Writer, f sendFlags) error {
	input, err := f.input()
	if err != nil {
		return err
	}
	c, err := connect()
	if err != nil {
		return err
	}
	defer c.Close()
	patience := f.timeout
	if f.wait {
		patience += 15 * time.Second // lets the workflow, which itself waits for --timeout, report what it knows
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	via, last := f.viaWorkflow, failureIn
	if f.standalone {
		via, last = f.viaActivity, failureOf
	}
	w, get, err := via(ctx, c, input)
	if err != nil {
		return err
	}
	tellStarted(progress, c, w)
	told := tellWhy(ctx, progress, last(c, w.id))
	var result sms.SendSmsWorkflowResult
	err = get(ctx, &result)
	told()
	if err != nil && (timedOut(err) || ctx.Err() != nil) {
		return pending(c, "the text", w, err, cancelIt)
	}
	if sdk.IsCanceledError(err) {
		return fmt.Errorf("%s was cancelled; messages that Twilio had already accepted will still be delivered, and starter find NUMBER shows them. %s", w.id, w.link)
	}
	if err != nil {
		return failure(c, "send", err)
	}
	if err := f.print(out, result); err != nil {
		return err
	}
	return verdict(&result)
}

// verdict returns an error if a recipient was not texted, or if Twilio could
// not deliver a message.
func verdict(result *sms.SendSmsWorkflowResult) error {
	if len(result.Errors) > 0 || slices.ContainsFunc(result.Deliveries, func(d sms.Delivery) bool {
		return d.Status == sms.StatusFailed || d.Status == sms.StatusUndelivered
	}) {
		return errNotAllSent
	}
	return nil
}

// delivered returns the line of output about a message: its status and, if it
// did not arrive, Twilio's error.
func delivered(d *sms.Delivery) string {
	line := d.To + ": " + string(d.Status)
	if d.ErrorCode != 0 {
		line += ", " + twilioError(d.ErrorCode, d.ErrorMessage)
	}
	return line
}

// connect returns a client configured by the environment.
func connect() (*temporal.Client, error) {
	quiet := slog.New(slog.DiscardHandler)
	ring, err := payload.Open(strings.TrimSpace(os.Getenv("PAYLOAD_KEYS")), quiet)
	if err != nil {
		return nil, fmt.Errorf("PAYLOAD_KEYS: %w", err)
	}
	return temporal.NewClient(quiet, nil, ring, nil)
}

// timedOut reports whether an error means that the deadline has passed, no matter
// whether this process or the server noticed.
func timedOut(err error) bool {
	var server *serviceerror.DeadlineExceeded
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &server)
}

func (f sendFlags) input() (sms.SendSmsInput, error) {
	variables, err := f.vars.model()
	return sms.SendSmsInput{
		SmsFrom: f.from, SmsTo: recipients(f.to), SmsBody: f.body, Variables: variables,
		Account: f.account, Label: f.label, IdempotencyKey: f.key, MessagingServiceSID: f.service, MediaURL: f.media,
	}, err
}

// recipients parses the values of --to.
func recipients(values []string) (list sms.Recipients) {
	for _, value := range values {
		list = append(list, sms.To(strings.Split(value, ",")...)...)
	}
	return list
}

// result waits for a send to end and decodes its result.
type result func(ctx context.Context, into any) error

// viaWorkflow sends through SendSmsWorkflow.
func (f sendFlags) viaWorkflow(ctx context.Context, c *temporal.Client, input sms.SendSmsInput) (w work, get result, err error) {
	run, err := start(ctx, c, "send", f.label, sms.SendSmsWorkflowName, sms.SendSmsWorkflowInput{SendSmsInput: input, WaitForDelivery: f.wait, Timeout: f.waiting()})
	if err != nil {
		return work{}, nil, err
	}
	return aWorkflow(c, run.GetID()), run.Get, nil
}

// waiting returns how long the workflow waits for delivery: 0 without --wait.
func (f sendFlags) waiting() sms.Duration {
	if !f.wait {
		return 0
	}
	return sms.Duration(f.timeout)
}

// start starts the workflow for a command. The label, if any, becomes the
// workflow's summary.
func start(ctx context.Context, c *temporal.Client, command, label, workflow string, input any) (run client.WorkflowRun, err error) {
	id := command + "-" + uuid.NewString()
	err = begin(ctx, c, command, id, func() (err error) {
		run, err = c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
			ID: id, TaskQueue: sms.TaskQueue, StaticSummary: summaryOf(command, label),
		}, workflow, input)
		return err
	})
	return run, err
}

// summaryOf returns the label as it is shown, or the command if there is none.
func summaryOf(command, label string) string {
	return cmp.Or(sms.ShownLabel(label), "starter "+command)
}

// viaActivity sends through SendSms as a standalone activity.
func (f sendFlags) viaActivity(ctx context.Context, c *temporal.Client, input sms.SendSmsInput) (w work, get result, err error) {
	id := "send-" + uuid.NewString()
	var handle client.ActivityHandle
	err = begin(ctx, c, "send", id, func() (err error) {
		handle, err = c.ExecuteActivity(ctx, client.StartActivityOptions{
			ID:                     id,
			TaskQueue:              sms.TaskQueue,
			ScheduleToCloseTimeout: f.timeout,
			HeartbeatTimeout:       30 * time.Second,
			Summary:                summaryOf("send", f.label),
		}, sms.SendSmsName, input)
		return err
	})
	if err != nil {
		return work{}, nil, err
	}
	return work{"activity", id, webUI(c, "activities", id, handle.GetRunID())}, handle.Get, nil
}

func (f sendFlags) print(out io.Writer, result sms.SendSmsWorkflowResult) error {
	if f.asJSON {
		return printJSON(out, result)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if len(result.Messages) > 0 {
		fmt.Fprintln(table, "TO\tSTATUS\tSID\tSEGMENTS")
	}
	for _, m := range result.Messages {
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\n", m.To, m.Status, m.SID, m.Segments)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for i := range result.Deliveries {
		fmt.Fprintln(out, delivered(&result.Deliveries[i]))
	}
	if b := result.Broadcast; b != nil {
		unsent, all := result.Unsent()
		fmt.Fprintf(out, "%d of %d recipients were texted by workflow %s; its report is %s\n", all-unsent, all, b.WorkflowID, b.Report)
	}
	for i := range result.Errors {
		fmt.Fprintf(out, "%s: %s: %s\n", concerned(&result.Errors[i]), result.Errors[i].Code, result.Errors[i].Message)
	}
	return nil
}

func printJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// concerned returns the recipient who was not texted because of an error, or
// "(all)" if the error concerns every recipient.
func concerned(e *sms.Error) string {
	if e.To == "" {
		return "(all)"
	}
	return e.To
}
