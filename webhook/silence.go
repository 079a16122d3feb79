package webhook

// What webhooks share about a phone and a number. A silence is recorded as a
// workflow, and the texts between the two have search attributes.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"temporal-twilio/sms"
)

// Silenced implements [Silencer].
func (d *Dispatcher) Silenced(ctx context.Context, message sms.Inbound) (began, ended time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	found, err := d.Client.DescribeWorkflow(ctx, sms.SilencePrefix+d.pair(message), "")
	switch {
	case isNotFound(err):
		return began, ended, nil
	case err != nil:
		return began, ended, err
	case found.WorkflowCloseTime != nil:
		ended = *found.WorkflowCloseTime
	}
	return found.WorkflowStartTime, ended, nil
}

// Silence implements [Silencer].
func (d *Dispatcher) Silence(ctx context.Context, message sms.Inbound) (workflowID string, err error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	workflowID = sms.SilencePrefix + d.pair(message)
	_, err = d.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: workflowID, TaskQueue: sms.TaskQueue, WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary: "A phone and a number answer each other like machines",
	}, sms.SilenceSmsWorkflowName, sms.SilenceSmsInput{})
	if already := (*serviceerror.WorkflowExecutionAlreadyStarted)(nil); errors.As(err, &already) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return workflowID, nil
}

// maxAccepted limits how many of a pair's texts are listed.
const maxAccepted = 200

// Accepted implements [Silencer]. It returns no texts if the namespace lacks
// the search attributes of texts.
func (d *Dispatcher) Accepted(ctx context.Context, message sms.Inbound, since time.Time) (accepted []Accepted, err error) {
	if d.Attributes == nil || !d.Attributes(ctx).ofTexts() {
		return nil, nil
	}
	page, err := d.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		PageSize: maxAccepted,
		Query:    fmt.Sprintf("%s = '%s' AND StartTime >= '%s'", sms.AttributeParty, d.pair(message), since.UTC().Format(time.RFC3339)),
	})
	if err != nil {
		return nil, err
	}
	first := map[string]time.Time{} // the earliest start counts, since a workflow may continue as new
	for _, execution := range page.GetExecutions() {
		id, at := execution.GetExecution().GetWorkflowId(), execution.GetStartTime().AsTime()
		if earliest, found := first[id]; !found || at.Before(earliest) {
			first[id] = at
		}
	}
	for id, at := range first {
		accepted = append(accepted, Accepted{strings.TrimPrefix(id, sms.TextWorkflowID("")), at})
	}
	return accepted, nil
}

// pair returns the pseudonym of a phone and an account's number together. Texts
// of another account do not count, even if they claim the same number.
func (d *Dispatcher) pair(message sms.Inbound) string {
	return sms.Pseudonym(d.IDSecret, message.AccountSID, message.To, message.From)
}
