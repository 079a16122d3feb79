package main

// starter ask: asks one phone a question and waits for the reply.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"temporal-twilio/internal/temporal"
	"temporal-twilio/sms"
	"temporal-twilio/workflows"
)

// errNotAnswered makes the process exit with status 1; the outcome has been
// printed.
var errNotAnswered = errors.New("no answer")

type askFlags struct {
	textFlags
	to, pattern string
	timeout     time.Duration
}

func askCommand() *cobra.Command {
	var f askFlags
	cmd := &cobra.Command{
		Use:   "ask --to NUMBER --from NUMBER --body TEXT",
		Short: "Ask one phone a question and wait for the reply",
		Long: `Ask one phone a question through AskSmsWorkflow and wait for the reply.
A reply that does not match --pattern, a Java regular expression, is left to the
triggers. Ctrl-C ends the wait; the question stays open.`,
		Example: `  starter ask --to +15005550009 --from +15005550006 --body 'Shall we come on Monday?'
  starter ask --to +15005550009 --from +15005550006 --body 'Yes or no?' \
      --pattern '(?i)^(?<answer>yes|no)\b' --timeout 10m --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return ask(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), f)
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.to, "to", "", "the phone, in E.164 form")
	flags.StringVar(&f.pattern, "pattern", "", "regular expression to find in a reply (default: any reply)")
	flags.DurationVar(&f.timeout, "timeout", workflows.DefaultAskTimeout, "how long the question stays open")
	_ = cmd.MarkFlagRequired("to") // the flag is defined above
	return cmd
}

func ask(ctx context.Context, out, progress io.Writer, f askFlags) error {
	variables, err := f.vars.model()
	if err != nil {
		return err
	}
	c, err := connect()
	if err != nil {
		return err
	}
	defer c.Close()
	run, err := start(ctx, c, "ask", f.label, sms.AskSmsWorkflowName, sms.AskSmsInput{
		SmsFrom: f.from, SmsTo: f.to, SmsBody: f.body, Variables: variables, Pattern: f.pattern, Account: f.account, Label: f.label, Timeout: sms.Duration(f.timeout),
	})
	if err != nil {
		return err
	}
	w := aWorkflow(c, run.GetID())
	tellStarted(progress, c, w)
	fmt.Fprintln(progress, "waiting for the reply")
	told := tellWhy(ctx, progress, failureIn(c, run.GetID()))
	var result sms.AskSmsResult
	err = run.Get(ctx, &result)
	told()
	if err != nil {
		if ctx.Err() != nil {
			return pending(c, theQuestion(c, w.id), w, err, cancelIt)
		}
		return failure(c, "ask", err)
	}
	switch {
	case f.asJSON:
		err = printJSON(out, result)
	case result.Reply != nil:
		_, err = fmt.Fprintln(out, result.Reply.Body)
	default:
		err = sendFlags{}.print(out, sms.SendSmsWorkflowResult{SendSmsResult: result.Sent})
		fmt.Fprintln(progress, "the question ended:", result.Outcome)
	}
	if err == nil && result.Outcome != sms.AskAnswered {
		err = errNotAnswered
	}
	return err
}

// theQuestion describes an open question, and says if it has not been sent yet.
func theQuestion(c *temporal.Client, workflowID string) string {
	ctx, cancel := context.WithTimeout(context.Background(), lookTimeout)
	defer cancel()
	var p sms.AskProgress
	if answer, err := c.QueryWorkflow(ctx, workflowID, "", sms.QuestionQuery); err == nil && answer.Get(&p) == nil && p.Until.IsZero() {
		return "the question, which has not been sent yet,"
	}
	return "the question"
}
