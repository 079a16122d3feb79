package main

// starter send: one text to each of some recipients.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"temporal-twilio/activities"
	"temporal-twilio/internal/temporal"
	"temporal-twilio/sms"
	"temporal-twilio/workflows"
)

// textFlags say what is sent, of every command that sends.
type textFlags struct {
	from, body string
	vars       []string
	asJSON     bool
}

// add defines the flags.
func (f *textFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.from, "from", "", "sender: a number of the account")
	flags.StringVar(&f.body, "body", "", "the text, a FreeMarker template")
	flags.StringArrayVar(&f.vars, "var", nil, "a template variable, name=value; repeat it")
	flags.BoolVar(&f.asJSON, "json", false, "print the result as JSON")
	for _, name := range []string{"from", "body"} {
		_ = cmd.MarkFlagRequired(name) // the flags are defined above
	}
}

// variables is the template's data model; nil if there is none.
func (f *textFlags) variables() (json.RawMessage, error) {
	if len(f.vars) == 0 {
		return nil, nil
	}
	variables := make(map[string]string, len(f.vars))
	for _, pair := range f.vars {
		name, value, found := strings.Cut(pair, "=")
		if !found || name == "" {
			return nil, fmt.Errorf("--var %q is not name=value", pair)
		}
		variables[name] = value
	}
	return json.Marshal(variables)
}

type sendFlags struct {
	textFlags
	to         []string
	standalone bool
	timeout    time.Duration
}

func sendCommand() *cobra.Command {
	var f sendFlags
	cmd := &cobra.Command{
		Use:   "send --to NUMBER --from NUMBER --body TEXT",
		Short: "Send a text to one or more recipients",
		Long: `Send a text to one or more recipients with the activity SendSms, run by the
workflow SendSmsWorkflow or, with --standalone, on its own. The body is a
FreeMarker template; --var gives its variables.`,
		Example: `  starter send --to +15005550009 --from +15005550006 --body 'Hello'
  starter send --to +15005550009 --to +15005550010 --from +15005550006 \
      --body 'Dear ${name}, your table is ready.' --var name=Ann
  starter send --to +15005550009 --from +15005550006 --body 'Hello' --standalone --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return send(cmd.Context(), cmd.OutOrStdout(), f)
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringArrayVar(&f.to, "to", nil, "recipient in E.164 form; repeat it, or separate by commas")
	flags.BoolVar(&f.standalone, "standalone", false, "run the activity without a workflow")
	flags.DurationVar(&f.timeout, "timeout", time.Minute, "how long to wait for the result")
	_ = cmd.MarkFlagRequired("to") // the flag is defined above
	return cmd
}

// send runs SendSms and prints its result.
func send(ctx context.Context, out io.Writer, f sendFlags) error {
	input, err := f.input()
	if err != nil {
		return err
	}
	c, err := connect()
	if err != nil {
		return err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	run := viaWorkflow
	if f.standalone {
		run = viaActivity
	}
	result, err := run(ctx, c, input, f.timeout)
	if timedOut(err) {
		return fmt.Errorf("no result from Temporal at %s within %s; does a worker poll task queue %q?", c.Address, f.timeout, activities.TaskQueue)
	}
	if err != nil {
		return fmt.Errorf("send through Temporal at %s: %w", c.Address, err)
	}
	if err := f.print(out, result); err != nil {
		return err
	}
	if len(result.Errors) > 0 {
		return errNotAllSent
	}
	return nil
}

// connect gives a client for the Temporal of the environment.
func connect() (*temporal.Client, error) {
	return temporal.NewClient(slog.New(slog.DiscardHandler), nil)
}

// timedOut reports whether an error is that of the deadline, ours or, where the
// server was the first to notice, the server's.
func timedOut(err error) bool {
	var server *serviceerror.DeadlineExceeded
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &server)
}

func (f sendFlags) input() (activities.SendSmsInput, error) {
	variables, err := f.variables()
	return activities.SendSmsInput{SmsFrom: f.from, SmsTo: recipients(f.to), SmsBody: f.body, Variables: variables}, err
}

// recipients reads the values of --to.
func recipients(values []string) (list activities.Recipients) {
	for _, value := range values {
		list = append(list, activities.To(strings.Split(value, ",")...)...)
	}
	return list
}

// viaWorkflow sends by SendSmsWorkflow.
func viaWorkflow(ctx context.Context, c *temporal.Client, input activities.SendSmsInput, _ time.Duration) (result activities.SendSmsResult, err error) {
	run, err := start(ctx, c, "send", workflows.SendSmsWorkflowName, input)
	if err != nil {
		return result, err
	}
	err = run.Get(ctx, &result)
	return result, err
}

// start starts the workflow of a command.
func start(ctx context.Context, c *temporal.Client, command, workflow string, input any) (client.WorkflowRun, error) {
	return c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:            command + "-" + uuid.NewString(),
		TaskQueue:     activities.TaskQueue,
		StaticSummary: "starter " + command,
	}, workflow, input)
}

// viaActivity sends by SendSms as a standalone activity.
func viaActivity(ctx context.Context, c *temporal.Client, input activities.SendSmsInput, timeout time.Duration) (result activities.SendSmsResult, err error) {
	handle, err := c.ExecuteActivity(ctx, client.StartActivityOptions{
		ID:                     "send-" + uuid.NewString(),
		TaskQueue:              activities.TaskQueue,
		ScheduleToCloseTimeout: timeout,
		HeartbeatTimeout:       30 * time.Second,
		Summary:                "starter send --standalone",
	}, activities.SendSmsName, input)
	if err != nil {
		return result, err
	}
	err = handle.Get(ctx, &result)
	return result, err
}

func (f sendFlags) print(out io.Writer, result activities.SendSmsResult) error {
	if f.asJSON {
		return printJSON(out, result)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "TO\tSTATUS\tSID\tSEGMENTS")
	for _, m := range result.Messages {
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\n", m.To, m.Status, m.SID, m.Segments)
	}
	for _, e := range result.Errors {
		fmt.Fprintf(table, "%s\t%s\t%s\t\n", whole(e), e.Code, e.Message)
	}
	return table.Flush()
}

func printJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// whole names the recipient of an error, if it has just one.
func whole(e sms.Error) string {
	if e.To == "" {
		return "(all)"
	}
	return e.To
}
