package workflows

// SendSmsWorkflow: a send, and if wanted the wait for what becomes of it.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/activities"
)

// SendSmsRequest is the input of SendSmsWorkflow: that of the activity, and how
// long to wait for delivery.
type SendSmsRequest struct {
	activities.SendSmsInput
	// WaitForDelivery waits until each message is delivered or cannot be.
	// Optional: default false, and the workflow ends once Twilio has taken them.
	WaitForDelivery bool `json:"waitForDelivery,omitempty"`
	// Timeout ends the wait. Optional: default 1 h.
	Timeout Duration `json:"timeout,omitempty"`
}

// SendSmsReport is the result of SendSmsWorkflow.
type SendSmsReport struct {
	activities.SendSmsResult
	// Deliveries say what became of each message that Twilio took, in the order
	// of Messages; null unless WaitForDelivery was set.
	Deliveries []Delivery `json:"deliveries,omitempty"`
}

// DefaultDeliveryTimeout is how long SendSmsWorkflow waits for delivery.
const DefaultDeliveryTimeout = time.Hour

// DeliveriesQuery is the query that gives the deliveries so far.
const DeliveriesQuery = "deliveries"

// SendSmsWorkflow runs the activity SendSms. It completes also where nothing
// could be sent: the result says what became of each recipient. Its argument is
// a [SendSmsRequest].
func SendSmsWorkflow(ctx workflow.Context, raw converter.RawValue) (report SendSmsReport, err error) {
	request, waits := wantsDelivery(raw)
	var input any
	switch {
	case waits:
		input = request.SendSmsInput
	case raw.Payload() != nil:
		input = raw
	}
	deliveries := NewDeliveries(ctx)
	if err := workflow.SetQueryHandler(ctx, DeliveriesQuery, func() ([]Delivery, error) { return deliveries.All(), nil }); err != nil {
		return report, err
	}
	sending := workflow.WithActivityOptions(ctx, SendOptions("Send an SMS"))
	if err := workflow.ExecuteActivity(sending, activities.SendSmsName, input).Get(ctx, &report.SendSmsResult); err != nil || !waits {
		return report, err
	}
	deliveries.Expect(report.Messages...)
	deliveries.Account = request.Account
	timeout := time.Duration(request.Timeout)
	if timeout == 0 {
		timeout = DefaultDeliveryTimeout
	}
	err = deliveries.Await(ctx, timeout)
	report.Deliveries = deliveries.All()
	return report, err
}

// wantsDelivery reads the request, if it asks for more than the activity does.
// Whatever else is in it, or wrong with it, is for the activity to tell.
func wantsDelivery(raw converter.RawValue) (request SendSmsRequest, waits bool) {
	var asked struct {
		WaitForDelivery bool      `json:"waitForDelivery"`
		Timeout         *Duration `json:"timeout"`
	}
	data := raw.Payload().GetData()
	if json.Unmarshal(data, &asked) != nil || !asked.WaitForDelivery {
		return request, false
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	return request, decoder.Decode(&request) == nil
}

// SendOptions are the options for the activity SendSms. It bounds its attempts
// by itself, and each begins where the last one ended. The summary is shown in
// Temporal's Web UI.
func SendOptions(summary string) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		TaskQueue:           activities.TaskQueue,
		StartToCloseTimeout: 30 * time.Minute,
		HeartbeatTimeout:    30 * time.Second,
		WaitForCancellation: true,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: time.Minute},
		Summary:             summary,
	}
}

// details says in the Web UI how far the deliveries are.
func details(ctx workflow.Context, delivered, ended, all int) {
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("%d of %d messages delivered, %d not delivered.", delivered, all, ended-delivered))
}
