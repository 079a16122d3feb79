package workflows

// SendSmsWorkflow sends, and optionally waits for delivery.

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// DefaultDeliveryTimeout is how long SendSmsWorkflow waits for delivery.
const DefaultDeliveryTimeout = time.Hour

// maxAwaited is how many messages one run can track. Each gets a few updates,
// and Temporal allows 10,000 signals per run.
const maxAwaited = 1000

// SendSmsWorkflow runs the SendSms activity. It completes even if nothing could
// be sent: the result lists the outcome for each recipient. If it is cancelled,
// it completes with what is known. The argument is an
// [sms.SendSmsWorkflowInput].
func SendSmsWorkflow(ctx workflow.Context, raw converter.RawValue) (report sms.SendSmsWorkflowResult, err error) {
	request, problem := readRequest(ctx, raw)
	if problem != nil {
		known, _ := errors.AsType[sms.Problems](problem)
		report.SendSmsResult = sms.NewSendSmsResult(nil, []sms.Error{*sms.AsError(request.Check(known))})
		return report, nil
	}
	deliveries := NewDeliveries(ctx, DeliveriesState{})
	deliveries.Account = request.Account
	if err := workflow.SetQueryHandler(ctx, sms.DeliveriesQuery, func() ([]sms.Delivery, error) { return deliveries.all(), nil }); err != nil {
		return report, err
	}
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("Sending to %d recipients.", len(request.SmsTo)))
	if request.WaitForDelivery && request.StatusSignals == nil {
		yes := true
		request.StatusSignals = &yes
	}
	began := ctx.Err() == nil
	report.SendSmsResult, err = sendAwake(ctx, request.SendSmsInput)
	if temporal.IsCanceledError(err) && workflow.GetVersion(ctx, "cancelled-sends", workflow.DefaultVersion, 1) > workflow.DefaultVersion {
		report.SendSmsResult, err = decided(cancelled(request.SmsTo, began), request.OnError)
	}
	if err != nil {
		return report, err
	}
	unsent, all := report.Unsent()
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("Twilio accepted %d messages; %d were not sent.", all-unsent, unsent))
	if !request.WaitForDelivery {
		return report, nil
	}
	deliveries.Expect(report.Messages...)
	if named(report.Errors) && workflow.GetVersion(ctx, "unknown-outcomes", workflow.DefaultVersion, 1) > workflow.DefaultVersion {
		deliveries.Doubt(report.Errors...)
	}
	err = deliveries.Await(ctx, time.Duration(request.Timeout))
	report.Deliveries = deliveries.All()
	report.SendSmsResult = report.Resolve(deliveries.Resolved()...)
	if request.Redact {
		redact(ctx, request.Account, report.Deliveries)
	}
	if temporal.IsCanceledError(err) {
		err = nil // a workflow that ends as cancelled has no result
	}
	return report, err
}

// named reports whether a callback can resolve an unknown outcome.
func named(errors []sms.Error) bool {
	return slices.ContainsFunc(errors, func(e sms.Error) bool { return e.Recipient != "" })
}

// readRequest decodes the argument of SendSmsWorkflow. The error is an
// [sms.Problems].
func readRequest(ctx workflow.Context, raw converter.RawValue) (request sms.SendSmsWorkflowInput, err error) {
	err = readInput(ctx, raw, &request)
	if request.Timeout == 0 {
		request.Timeout = sms.Duration(DefaultDeliveryTimeout)
	}
	if err == nil && request.Redact && !request.WaitForDelivery {
		err = sms.Problems{{Field: "redact", Says: "redact needs waitForDelivery: a body is cleared once the status of its message is final"}}
	}
	if err == nil && request.WaitForDelivery && len(request.SmsTo) > maxAwaited {
		err = sms.Problems{{Field: "waitForDelivery", Says: fmt.Sprintf("waitForDelivery can wait for at most %d recipients, because Temporal limits the signals to a workflow; there are %d. Start BroadcastSmsWorkflow with the list, or leave out waitForDelivery", maxAwaited, len(request.SmsTo))}}
	}
	if err == nil && request.QuietHours != nil && len(request.SmsTo) > sms.MaxRecipients && workflow.GetVersion(ctx, "long-lists", workflow.DefaultVersion, 1) > workflow.DefaultVersion {
		err = sms.Problems{{Field: "quietHours", Says: fmt.Sprintf("quietHours can be used with at most %d recipients; there are %d. Start BroadcastSmsWorkflow with the list", sms.MaxRecipients, len(request.SmsTo))}}
	}
	if err == nil && request.QuietHours != nil && request.SendAt != nil {
		err = sms.Problems{{Field: "sendAt", Says: "sendAt and quietHours cannot be combined: Twilio would send at sendAt, even to those in quiet hours; set only one"}}
	}
	return request, err
}

// SendOptions returns the options for the SendSms activity. SendSms limits its
// own attempts, and each attempt continues where the previous one ended. The
// summary is shown in Temporal's Web UI.
func SendOptions(summary string) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		TaskQueue:           sms.TaskQueue,
		StartToCloseTimeout: 30 * time.Minute,
		HeartbeatTimeout:    30 * time.Second,
		WaitForCancellation: true,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: time.Minute},
		Summary:             summary,
	}
}

// details shows the progress of deliveries in Temporal's Web UI.
func details(ctx workflow.Context, delivered, ended, all int) {
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("%d of %d messages delivered, %d not delivered.", delivered, all, ended-delivered))
}
