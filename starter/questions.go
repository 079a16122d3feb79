package main

// starter questions: lists the questions that wait for a reply.

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/sync/errgroup"

	"temporal-twilio/internal/temporal"
	"temporal-twilio/sms"
)

// openQuestion is a question that waits for a reply.
type openQuestion struct {
	Workflow string `json:"workflowId"`
	sms.AskProgress
	// Unknown is true if the question's progress could not be queried, for
	// example because no worker answered.
	Unknown bool `json:"unknown,omitempty"`
}

func questionsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "questions",
		Short: "List the questions that wait for a reply",
		Long: `List the open questions: the workflow ID of each running AskSmsWorkflow, when
it began, when it stops waiting, and how many reminders were sent. The newest 1000 are
listed, oldest first. No phone numbers or message bodies are printed.`,
		Example: `  starter questions
  starter questions --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return questions(cmd.Context(), cmd.OutOrStdout(), asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	return cmd
}

func questions(ctx context.Context, out io.Writer, asJSON bool) error {
	var open []openQuestion
	err := withTemporal(ctx, "list the questions", func(ctx context.Context, c *temporal.Client) error {
		running, _, err := workflowsOf(ctx, c, fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Running'", sms.AskSmsWorkflowName))
		open = make([]openQuestion, len(running))
		each(ctx, len(running), func(ctx context.Context, i int) {
			// Temporal lists the newest first; print the oldest first.
			open[i] = lookAt(ctx, c, running[len(running)-1-i])
		})
		return err
	})
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(out, open)
	}
	if len(open) == 0 {
		_, err = fmt.Fprintln(out, "no question is open")
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SINCE\tUNTIL\tREMINDERS\tWORKFLOW")
	for _, q := range open {
		until := "unknown: no worker answered"
		switch {
		case !q.Until.IsZero():
			until = q.Until.Local().Format(time.DateTime)
		case !q.Unknown:
			until = "not sent yet"
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%s\n", q.Since.Local().Format(time.DateTime), until, q.Reminders, q.Workflow)
	}
	return table.Flush()
}

// lookAt queries a question's progress.
func lookAt(ctx context.Context, c *temporal.Client, w *workflowpb.WorkflowExecutionInfo) openQuestion {
	q := openQuestion{Workflow: w.GetExecution().GetWorkflowId()}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	answer, err := c.QueryWorkflow(ctx, q.Workflow, w.GetExecution().GetRunId(), sms.QuestionQuery)
	q.Unknown = err != nil || answer.Get(&q.AskProgress) != nil
	if q.Since.IsZero() {
		q.Since = w.GetStartTime().AsTime()
	}
	return q
}

// maxListed limits how many workflows a command lists.
const maxListed = 1000

// workflowsOf lists the newest maxListed workflows that match a query, newest
// first. whole is true if none was left out.
func workflowsOf(ctx context.Context, c *temporal.Client, query string) (all []*workflowpb.WorkflowExecutionInfo, whole bool, err error) {
	request := &workflowservice.ListWorkflowExecutionsRequest{Namespace: c.Namespace, Query: query, PageSize: maxListed}
	for {
		page, err := c.ListWorkflow(ctx, request)
		if err != nil {
			return nil, false, err
		}
		all = append(all, page.GetExecutions()...)
		if len(all) >= maxListed {
			return all[:maxListed], len(all) == maxListed && len(page.GetNextPageToken()) == 0, nil
		}
		if request.NextPageToken = page.GetNextPageToken(); len(request.GetNextPageToken()) == 0 {
			return all, true, nil
		}
	}
}

// each calls do for each index below n, a few at a time.
func each(ctx context.Context, n int, do func(ctx context.Context, i int)) {
	var group errgroup.Group
	group.SetLimit(10)
	for i := range n {
		group.Go(func() error {
			do(ctx, i)
			return nil
		})
	}
	_ = group.Wait() // the functions above return no error
}
