package main

// What a command prints about the workflow that it waits for, and about work
// that is still pending when it stops waiting.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"

	"temporal-twilio/internal/temporal"
	"temporal-twilio/sms"
)

// connectTimeout bounds the first request to Temporal.
const connectTimeout = 10 * time.Second

// lookTimeout bounds a request to Temporal that only improves a message. Only a
// test changes it.
var lookTimeout = 3 * time.Second

// work is a workflow or a standalone activity that a command has started and
// waits for. link is its page in the Web UI, or empty.
type work struct{ kind, id, link string }

// aWorkflow describes the workflow with this ID as work.
func aWorkflow(c *temporal.Client, id string) work {
	return work{"workflow", id, webUI(c, "workflows", id)}
}

// tellStarted prints the ID of what was started, a link to it, and the reason
// if it cannot proceed.
func tellStarted(progress io.Writer, c *temporal.Client, w work) {
	fmt.Fprintln(progress, strings.TrimSpace(w.kind+" "+w.id+"  "+w.link))
	tellHeldUp(progress, c)
}

// tellHeldUp prints why nothing can be sent at the moment, if sending is paused
// or there is no worker.
func tellHeldUp(progress io.Writer, c *temporal.Client) {
	tellPaused(progress, c)
	if lacksWorker(c) {
		fmt.Fprintf(progress, "no worker polls task queue %q, so this waits until one does; is make run running?\n", sms.TaskQueue)
	}
}

// whyAfter is how long a command waits before it checks why its work is
// pending, and the interval between such checks.
const whyAfter = 3 * time.Second

// tellWhy prints, at most once, why work is still pending, as soon as an
// attempt of one of its activities has failed. last returns that failure, or
// nil. The caller calls stop when it no longer waits.
func tellWhy(ctx context.Context, progress io.Writer, last func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var telling sync.WaitGroup
	telling.Go(func() {
		looks := time.NewTicker(whyAfter)
		defer looks.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-looks.C:
			}
			if err := last(ctx); err != nil && ctx.Err() == nil {
				fmt.Fprintln(progress, "still pending and being retried:", publicly(err))
				return
			}
		}
	})
	return func() {
		cancel()
		telling.Wait()
	}
}

// publicly describes the failure of an attempt. It omits the details of the
// project's own failures, which may contain numbers and texts. Any other error
// is printed in full on the caller's terminal.
func publicly(err error) string {
	if application, is := errors.AsType[*sdk.ApplicationError](err); is {
		return application.Message()
	}
	return err.Error()
}

// failureIn returns a function that returns the last failure of an activity
// that a workflow is waiting for. It returns nil if there is none or if
// Temporal does not answer.
func failureIn(c *temporal.Client, workflowID string) func(context.Context) error {
	return func(ctx context.Context) error {
		if found, err := c.DescribeWorkflow(ctx, workflowID, ""); err == nil {
			for _, activity := range found.RawResponse.GetPendingActivities() {
				if failed := activity.GetLastFailure(); failed != nil {
					return c.Failures.FailureToError(failed)
				}
			}
		}
		return nil
	}
}

// failureOf is like failureIn, but for a standalone activity.
func failureOf(c *temporal.Client, activityID string) func(context.Context) error {
	return func(ctx context.Context) error {
		handle := c.GetActivityHandle(client.GetActivityHandleOptions{ActivityID: activityID})
		if found, err := handle.Describe(ctx, client.DescribeActivityOptions{IncludeLastFailure: true}); err == nil {
			return found.GetLastFailure()
		}
		return nil
	}
}

// webUI returns the link to a page of the namespace in Temporal's Web UI: at
// TEMPORAL_UI_URL, at the usual address of a local server, or in Temporal
// Cloud. It returns "" if the address is unknown.
func webUI(c *temporal.Client, path ...string) string {
	base := strings.TrimSuffix(os.Getenv("TEMPORAL_UI_URL"), "/")
	host, port, err := net.SplitHostPort(c.Address)
	switch {
	case base != "":
	case err != nil:
	case port == "7233" && (host == "localhost" || host == "127.0.0.1" || host == "::1"):
		base = "http://127.0.0.1:8233"
	case strings.HasSuffix(host, ".tmprl.cloud") || strings.HasSuffix(host, ".api.temporal.io"):
		base = "https://cloud.temporal.io"
	}
	if base == "" {
		return ""
	}
	var link strings.Builder
	link.WriteString(base)
	for _, segment := range append([]string{"namespaces", c.Namespace}, path...) {
		link.WriteString("/" + url.PathEscape(segment))
	}
	return link.String()
}

// remedy is a command that takes an ID, and what the command achieves.
type remedy struct{ to, command string }

// cancelIt is the remedy for a send or a question.
var cancelIt = remedy{"cancel it", "cancel"}

// pending returns the error of a command that stops waiting for its work, which
// continues.
func pending(c *temporal.Client, what string, w work, why error, remedies ...remedy) error {
	text := fmt.Sprintf("%s: %s is still pending as %s in Temporal at %s", plainly(why), what, w.id, c.Address)
	if w.link != "" {
		text += ", " + w.link
	}
	if lacksWorker(c) {
		text += fmt.Sprintf(". No worker polls task queue %q; is make run running?", sms.TaskQueue)
	}
	lines := []string{text}
	for _, r := range remedies {
		lines = append(lines, fmt.Sprintf("To %s: %s %s %s", r.to, os.Args[0], r.command, w.id))
	}
	return errors.New(strings.Join(lines, "\n"))
}

// begin makes a request to Temporal that starts the work with this ID. If the
// request fails but Temporal may have accepted it, the error says how to cancel
// the work.
func begin(ctx context.Context, c *temporal.Client, command, id string, request func() error) error {
	// Make a request that changes nothing first: if it fails, nothing was
	// started.
	asking, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if _, err := c.WorkflowService().GetSystemInfo(asking, &workflowservice.GetSystemInfoRequest{}); err != nil {
		return failure(c, command, err)
	}
	err := request()
	if err == nil {
		return nil
	}
	var away *serviceerror.Unavailable
	if ctx.Err() != nil || timedOut(err) || errors.As(err, &away) {
		return fmt.Errorf("%w\nTemporal may have accepted it as %s. To cancel it: %s cancel %[2]s", failure(c, command, err), id, os.Args[0])
	}
	return failure(c, command, err)
}

// withTemporal calls do with a connection to Temporal, for up to a minute, and
// wraps its error with what was tried.
func withTemporal(ctx context.Context, what string, do func(context.Context, *temporal.Client) error) error {
	c, err := connect()
	if err != nil {
		return err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := do(ctx, c); err != nil {
		return failure(c, what, err)
	}
	return nil
}

// lacksWorker reports whether Temporal lists no worker for the task queue.
func lacksWorker(c *temporal.Client) bool {
	ctx, cancel := context.WithTimeout(context.Background(), lookTimeout)
	defer cancel()
	queue, err := c.DescribeTaskQueue(ctx, sms.TaskQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	return err == nil && len(queue.GetPollers()) == 0
}

// failure describes why Temporal did not carry out a request. It includes only
// the innermost cause, because the rest of the error repeats what the user
// asked for.
func failure(c *temporal.Client, what string, err error) error {
	var away *serviceerror.Unavailable
	if errors.As(err, &away) || timedOut(err) {
		return fmt.Errorf("%s: Temporal at %s is unreachable (%s); is make run running?", what, c.Address, plainly(err))
	}
	return fmt.Errorf("%s through Temporal at %s: %s", what, c.Address, plainly(err))
}

// plainly describes the innermost cause of an error.
func plainly(err error) string {
	var application *sdk.ApplicationError
	for errors.As(err, &application) {
		if err = errors.Unwrap(application); err == nil {
			return inFull(application)
		}
	}
	var cancelled *serviceerror.Canceled
	switch {
	case errors.Is(err, context.Canceled), errors.As(err, &cancelled):
		return "interrupted"
	case timedOut(err):
		return "no result in time"
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	if dialing := dialError.FindStringSubmatch(err.Error()); dialing != nil {
		return dialing[1]
	}
	return err.Error()
}

// inFull describes an error of a workflow. Its details, which are encrypted if
// payloads are, may say more than its message.
func inFull(err *sdk.ApplicationError) string {
	var problem sms.Error
	if err.HasDetails() && err.Details(&problem) == nil && problem.Message != "" {
		return string(problem.Code) + ": " + problem.Message
	}
	return err.Message()
}

// dialError matches gRPC's error for an address at which nothing listens.
var dialError = regexp.MustCompile(`^connection error: desc = "transport: Error while dialing: (.*)"$`)

func cancelCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "cancel ID",
		Short: "Cancel a send, a question or any other workflow by its ID",
		Long: `Ask Temporal to cancel the workflow with this ID or, if there is none, the standalone
activity. Messages that Twilio has accepted are sent anyway. To end a broadcast
with its report, use: starter broadcast cancel ID.`,
		Example: `  starter cancel send-0b9f0f5e-6b2c-4a51-8f0e-3d1f6f5c9f55`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return cancelByID(cmd.Context(), cmd.OutOrStdout(), args[0], asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// tellEnded prints that a workflow had ended before it could be cancelled, and
// returns errFindings.
func tellEnded(out io.Writer, id, status string, asJSON bool) error {
	if asJSON {
		if err := printJSON(out, map[string]string{"workflowId": id, "ended": status}); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(out, "workflow %s was not cancelled: it has already ended, as %s\n", id, status)
	}
	return errFindings
}

func cancelByID(ctx context.Context, out io.Writer, id string, asJSON bool) error {
	c, err := connect()
	if err != nil {
		return err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	what := "workflow"
	// Temporal accepts the cancellation of a workflow that has ended.
	if found, err := c.DescribeWorkflow(ctx, id, ""); err == nil && found.Status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return tellEnded(out, id, strings.ToLower(found.Status.String()), asJSON)
	}
	err = c.CancelWorkflow(ctx, id, "")
	if missing := (*serviceerror.NotFound)(nil); errors.As(err, &missing) {
		what = "activity"
		if err = c.GetActivityHandle(client.GetActivityHandleOptions{ActivityID: id}).Cancel(ctx, client.CancelActivityOptions{Reason: "starter cancel"}); errors.As(err, &missing) {
			return fmt.Errorf("cancel %s: nothing with this ID is open in namespace %s at %s", id, c.Namespace, c.Address)
		}
	}
	if err != nil {
		return failure(c, "cancel "+id, err)
	}
	if asJSON {
		return printJSON(out, map[string]string{what + "Id": id})
	}
	fmt.Fprintf(out, "requested the cancellation of %s %s\n", what, id)
	return nil
}
