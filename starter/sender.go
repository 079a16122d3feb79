package main

// Finding the workflow that sent a text: its history contains the text's SID in
// the result of a SendSms activity.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"temporal-twilio/internal/temporal"
	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

// around is the largest difference between Twilio's clock and Temporal's that a
// search allows for.
const around = 2 * time.Minute

// senderOf returns the workflow that sent a text, or nil if no workflow did, as
// with a reply in TwiML. It searches only workflows that were open at the time.
func senderOf(ctx context.Context, c *temporal.Client, r *twilio.Record, notes io.Writer) (*workflowpb.WorkflowExecutionInfo, error) {
	at := func(shift time.Duration) string { return r.Created.Add(shift).UTC().Format(time.RFC3339) }
	open, whole, err := workflowsOf(ctx, c, fmt.Sprintf("StartTime <= '%s' AND (ExecutionStatus = 'Running' OR CloseTime >= '%s')", at(around), at(-around)))
	if err != nil {
		return nil, err
	}
	if !whole {
		fmt.Fprintf(notes, "only %d of the workflows that were open at that time were checked\n", maxListed)
	}
	sent, failures := make([]bool, len(open)), make([]error, len(open))
	each(ctx, len(open), func(ctx context.Context, i int) {
		sent[i], failures[i] = hasSent(ctx, c, open[i], r.SID)
	})
	for i, w := range open {
		if sent[i] {
			return w, nil
		}
	}
	return nil, errors.Join(failures...)
}

// hasSent reports whether a SendSms activity of a workflow has sent the message
// with this SID, even if the activity is still running.
func hasSent(ctx context.Context, c *temporal.Client, w *workflowpb.WorkflowExecutionInfo, sid string) (bool, error) {
	names := func(payloads *commonpb.Payloads) bool {
		return strings.Contains(strings.Join(c.Converter.ToStrings(payloads), "\n"), sid)
	}
	id, run := w.GetExecution().GetWorkflowId(), w.GetExecution().GetRunId()
	sends := map[int64]bool{} // the IDs of the events that scheduled SendSms activities
	history := c.GetWorkflowHistory(ctx, id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			return false, fmt.Errorf("read the history of %s: %w", id, err)
		}
		if event.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() == sms.SendSmsName {
			sends[event.GetEventId()] = true
		}
		if scheduled, result := resultIn(event); sends[scheduled] && names(result) {
			return true, nil
		}
	}
	if w.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING || len(sends) == 0 {
		return false, nil
	}
	described, err := c.DescribeWorkflow(ctx, id, run)
	if err != nil {
		return false, err
	}
	for _, pending := range described.RawResponse.GetPendingActivities() {
		if pending.GetActivityType().GetName() == sms.SendSmsName && names(pending.GetHeartbeatDetails()) {
			return true, nil
		}
	}
	return false, nil
}

// resultIn returns the result of an activity that completed, or the details of
// one that failed, and the event that scheduled it.
func resultIn(event *historypb.HistoryEvent) (scheduled int64, result *commonpb.Payloads) {
	if done := event.GetActivityTaskCompletedEventAttributes(); done != nil {
		return done.GetScheduledEventId(), done.GetResult()
	}
	failed := event.GetActivityTaskFailedEventAttributes()
	return failed.GetScheduledEventId(), failed.GetFailure().GetApplicationFailureInfo().GetDetails()
}
