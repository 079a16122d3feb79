package main

// starter failed: lists outbound and inbound texts that failed or are in doubt.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	sdk "go.temporal.io/sdk/temporal"

	"temporal-twilio/internal/temporal"
	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

// errFailed makes the process exit with status 1; what failed has been printed.
var errFailed = errors.New("something failed")

const (
	// maxMessages limits how many of Twilio's messages are checked.
	maxMessages = 5000
	// undecided is how long a text may take before it counts as in doubt.
	undecided = time.Minute
	// notSentToAll is the state of a workflow that completed but reports
	// errors.
	notSentToAll = "not sent to all"
)

// failedText is a message or a workflow that failed or is in doubt, without phone
// numbers or message bodies.
type failedText struct {
	At        time.Time `json:"at"`
	Direction string    `json:"direction"`
	// Workflow is the workflow's ID. If there is none, SID is the SID of
	// Twilio's message.
	Workflow string `json:"workflowId,omitempty"`
	SID      string `json:"sid,omitempty"`
	// State is the status of the message or of the workflow, or the outcome of a text.
	State string `json:"state"`
	// ErrorCode is Twilio's error code; Codes counts recipients by this
	// project's own error codes.
	ErrorCode int              `json:"errorCode,omitempty"`
	Codes     map[sms.Code]int `json:"codes,omitempty"`
	// Reasons says why a text was refused or came too late, by trigger.
	Reasons []string `json:"reasons,omitempty"`
}

func failedCommand() *cobra.Command {
	since, account, asJSON := "today", "", false
	cmd := &cobra.Command{
		Use:   "failed",
		Short: "List the texts that failed or are in doubt",
		Long: `List what has failed since a given time, oldest first: messages that Twilio could not deliver,
sends, questions and broadcasts with recipients who were not texted or are in
doubt (OUTCOME_UNKNOWN), and inbound texts that were refused, came too late or
are undecided. What SendSms reports to your own workflow is in that
workflow's history, and an inbound text that no webhook accepted (one that was down,
or refused the signature) is in Twilio's error log (11200). The command needs the
worker's credentials, by default those of make run. It prints neither phone
numbers nor message bodies; starter find SID does.

If Twilio does not answer, what Temporal knows is listed.

Exit status: 0 if nothing failed, 1 if something did, 2 for any other error.`,
		Example: `  starter failed --since today
  starter failed --since 90m --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			from, err := readSince(since, time.Now())
			if err != nil {
				return err
			}
			return failed(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), account, from, asJSON)
		},
	}
	cmd.Flags().StringVar(&since, "since", since, "where to begin: today, yesterday, a time today (10:00), a date, or how long ago (90m)")
	cmd.Flags().StringVar(&account, "account", "", "the name of an account in TWILIO_ACCOUNTS")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	return cmd
}

func failed(ctx context.Context, out, notes io.Writer, account string, since time.Time, asJSON bool) error {
	gateway, err := openGateway(account, notes)
	if err != nil {
		return err
	}
	c, err := connect()
	if err != nil {
		return err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	listing, unasked := gateway.List(ctx, twilio.Query{Since: since, Limit: maxMessages})
	if unasked != nil {
		unasked = asking(unasked)
		if asJSON {
			return unasked // a second JSON value would make the output invalid
		}
		unasked = fmt.Errorf("the list is incomplete, since it lacks what Twilio could not deliver: %w", unasked)
	}
	all := undelivered(listing.Records)
	if unasked == nil && !listing.Whole {
		fmt.Fprintf(notes, "only Twilio's newest %d messages were checked\n", maxMessages)
	}
	for _, look := range []func(context.Context, *temporal.Client, time.Time, io.Writer) ([]failedText, error){unsent, unpublished} {
		more, err := look(ctx, c, since, notes)
		if err != nil {
			return failure(c, "look for failures", err)
		}
		all = append(all, more...)
	}
	slices.SortStableFunc(all, func(a, b failedText) int { return a.At.Compare(b.At) })
	if asJSON {
		err = printJSON(out, all)
	} else {
		tellFailed(out, all, unasked == nil)
	}
	if unasked != nil {
		return unasked
	}
	if err == nil && len(all) > 0 {
		err = errFailed
	}
	return err
}

// tellFailed prints a line about each failure. whole is true if the list is
// complete.
func tellFailed(out io.Writer, all []failedText, whole bool) {
	switch {
	case len(all) > 0:
		fmt.Fprintln(out, "TIME                 WAY  ID  STATE  ERRORS")
	case whole:
		fmt.Fprintln(out, "nothing failed")
	}
	for i := range all {
		fmt.Fprintln(out, all[i].String())
	}
}

// undelivered returns the messages that Twilio could not send or deliver.
func undelivered(records []twilio.Record) []failedText {
	all := []failedText{} // an empty list in JSON
	for i := range records {
		if r := &records[i]; r.Direction != "inbound" && (r.Status == sms.StatusFailed || r.Status == sms.StatusUndelivered) {
			all = append(all, failedText{At: r.Created, Direction: "out", SID: r.SID, State: string(r.Status), ErrorCode: r.ErrorCode})
		}
	}
	return all
}

// unsent returns the sending workflows that did not reach every recipient.
func unsent(ctx context.Context, c *temporal.Client, since time.Time, notes io.Writer) ([]failedText, error) {
	closed, whole, err := workflowsOf(ctx, c, fmt.Sprintf("WorkflowType IN ('%s', '%s', '%s') AND ExecutionStatus IN ('Completed', 'Failed', 'Terminated', 'TimedOut') AND CloseTime >= '%s'",
		sms.SendSmsWorkflowName, sms.AskSmsWorkflowName, sms.BroadcastSmsWorkflowName, since.UTC().Format(time.RFC3339)))
	if err != nil {
		return nil, err
	}
	if !whole {
		fmt.Fprintf(notes, "only the newest %d sends, questions and broadcasts were checked\n", maxListed)
	}
	found, failures := make([]failedText, len(closed)), make([]error, len(closed))
	each(ctx, len(closed), func(ctx context.Context, i int) { found[i], failures[i] = endOf(ctx, c, closed[i]) })
	found = slices.DeleteFunc(found, func(f failedText) bool { return f.State == "" })
	return found, errors.Join(failures...)
}

// ended holds the fields of a sending workflow's result that list its errors. Their
// types depend on the workflow.
type ended struct {
	Errors json.RawMessage `json:"errors"`
	// Sent is the result of sending a question, or a broadcast's number of texts.
	Sent json.RawMessage `json:"sent"`
	// DryRun is set for a dry run, which sent nothing.
	DryRun *json.RawMessage `json:"dryRun"`
}

// codes counts the recipients with an error, by code.
func (e *ended) codes() map[sms.Code]int {
	codes := map[sms.Code]int{}
	if e.DryRun != nil {
		return codes
	}
	if json.Unmarshal(e.Errors, &codes) == nil && len(codes) > 0 {
		return codes
	}
	list, question := []sms.Error{}, sms.SendSmsResult{}
	_ = json.Unmarshal(e.Errors, &list) // the field is a list, or absent
	if json.Unmarshal(e.Sent, &question) == nil {
		list = append(list, question.Errors...)
	}
	codes = map[sms.Code]int{}
	for i := range list {
		codes[list[i].Code]++
	}
	return codes
}

// endOf describes how a workflow failed; State is empty if it did not.
func endOf(ctx context.Context, c *temporal.Client, w *workflowpb.WorkflowExecutionInfo) (f failedText, err error) {
	f = failedText{At: w.GetCloseTime().AsTime(), Direction: "out", Workflow: w.GetExecution().GetWorkflowId()}
	state := strings.ToLower(w.GetStatus().String())
	if w.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED {
		var result ended
		if err := c.GetWorkflow(ctx, f.Workflow, w.GetExecution().GetRunId()).Get(ctx, &result); err != nil {
			return f, fmt.Errorf("read the result of %s: %w", f.Workflow, err)
		}
		if f.Codes = result.codes(); len(f.Codes) == 0 {
			return f, nil
		}
		state = notSentToAll
	}
	f.State = state
	if w.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_FAILED { // such as INVALID_INPUT
		var why *sdk.ApplicationError
		if err := c.GetWorkflow(ctx, f.Workflow, w.GetExecution().GetRunId()).Get(ctx, nil); errors.As(err, &why) {
			f.Codes = map[sms.Code]int{sms.Code(why.Type()): 1}
		}
	}
	return f, nil
}

// unpublished returns the inbound texts that were not published, or may not have been.
func unpublished(ctx context.Context, c *temporal.Client, since time.Time, notes io.Writer) (all []failedText, err error) {
	after := fmt.Sprintf("StartTime >= '%s' AND ", since.UTC().Format(time.RFC3339))
	queries := map[string]string{
		"":                "WorkflowType = '" + sms.ReceiveSmsWorkflowName + "' AND ExecutionStatus IN ('Failed', 'Terminated', 'TimedOut')",
		"not decided yet": "WorkflowType = '" + sms.ReceiveSmsWorkflowName + "' AND ExecutionStatus = 'Running' AND StartTime < '" + time.Now().Add(-undecided).UTC().Format(time.RFC3339) + "'",
	}
	if len(c.MissingAttributes(ctx)) > 0 {
		fmt.Fprintln(notes, "the namespace lacks the search attributes for texts, so texts that were refused or came too late are not listed; worker doctor says what to do")
	} else {
		for _, outcome := range []sms.Outcome{sms.OutcomeRefused, sms.OutcomeTooLate} {
			queries[string(outcome)] = fmt.Sprintf("%s = '%s'", sms.AttributeOutcome, outcome)
		}
	}
	for _, state := range slices.Sorted(maps.Keys(queries)) {
		found, whole, err := workflowsOf(ctx, c, after+queries[state])
		if err != nil {
			return nil, err
		}
		if !whole {
			fmt.Fprintf(notes, "only the newest %d texts were checked\n", maxListed)
		}
		reasons := make([][]string, len(found))
		if state == string(sms.OutcomeRefused) || state == string(sms.OutcomeTooLate) {
			each(ctx, len(found), func(ctx context.Context, i int) { reasons[i] = reasonsIn(ctx, c, found[i]) })
		}
		for i, w := range found {
			f := failedText{At: w.GetStartTime().AsTime(), Direction: "in", Workflow: w.GetExecution().GetWorkflowId(), State: state, Reasons: reasons[i]}
			if state == "" {
				f.State = strings.ToLower(w.GetStatus().String())
			}
			all = append(all, f)
		}
	}
	return all, nil
}

// reasonsIn returns why the triggers of a text were refused, if its workflow
// reports that.
func reasonsIn(ctx context.Context, c *temporal.Client, w *workflowpb.WorkflowExecutionInfo) (reasons []string) {
	var result sms.ReceiveSmsResult
	if c.GetWorkflow(ctx, w.GetExecution().GetWorkflowId(), w.GetExecution().GetRunId()).Get(ctx, &result) == nil {
		for _, f := range result.Firings {
			if f.Reason != "" {
				reasons = append(reasons, f.Trigger+": "+f.Reason)
			}
		}
	}
	return reasons
}

// String returns the line of output about the message or workflow.
func (f *failedText) String() string {
	var line strings.Builder
	fmt.Fprintf(&line, "%s  %-3s  %s%s  %s", f.At.Local().Format(time.DateTime), f.Direction, f.SID, f.Workflow, f.State)
	if f.ErrorCode != 0 {
		line.WriteString("  " + twilioError(f.ErrorCode, ""))
	}
	for _, code := range slices.Sorted(maps.Keys(f.Codes)) {
		fmt.Fprintf(&line, "  %s %d", code, f.Codes[code])
	}
	for _, reason := range f.Reasons {
		line.WriteString("  " + reason)
	}
	return line.String()
}
