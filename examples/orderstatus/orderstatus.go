package main

import (
	"regexp"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// OrderStatusInput is the input that the trigger creates from the text.
type OrderStatusInput struct {
	// OrderNumber is what the pattern's group of the same name captured.
	OrderNumber string `json:"orderNumber"`
	// From is the phone that sent the text.
	From string `json:"from"`
}

// OrderStatus is the workflow's result.
type OrderStatus struct {
	OrderNumber string    `json:"orderNumber"`
	Status      string    `json:"status"`
	AskedAt     time.Time `json:"askedAt"`
}

// OrderStatusWorkflow records that someone asked about an order. A real
// workflow would look up the order in an activity and text the answer with
// workflows.SendSms.
//
// It also opens the order, so the text "cancel 42" finds it. A shop would do
// this when the order is placed.
func OrderStatusWorkflow(ctx workflow.Context, input OrderStatusInput) (OrderStatus, error) {
	workflow.SetCurrentDetails(ctx, "Asked for by SMS.")
	status := OrderStatus{OrderNumber: input.OrderNumber, Status: "received", AskedAt: workflow.Now(ctx).UTC()}
	placed := strings.TrimSpace(input.OrderNumber) // phone keyboards may add a space
	// Runs that began before OrderWorkflow existed continue without it.
	if !number.MatchString(placed) || workflow.GetVersion(ctx, "order", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return status, nil
	}
	order := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: "order-" + placed, ParentClosePolicy: enumspb.PARENT_CLOSE_POLICY_ABANDON,
	}), OrderWorkflow)
	err := order.GetChildWorkflowExecution().Get(ctx, nil)
	if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		err = nil // the order is already open
	}
	return status, err
}

// number matches the order numbers that the "cancel" trigger accepts, up to a
// length that fits in a workflow ID.
var number = regexp.MustCompile(`^[0-9]{1,100}$`)

// delivery is how long it takes to deliver an order. Until then, the order can
// be cancelled.
const delivery = 24 * time.Hour

// OrderWorkflow represents an order. It stays open until the order is
// cancelled, or until it is delivered a day later. The "cancel" trigger signals
// this workflow by its ID.
func OrderWorkflow(ctx workflow.Context) (outcome string, err error) {
	if cancelled, _ := workflow.GetSignalChannel(ctx, "cancel").ReceiveWithTimeout(ctx, delivery, nil); cancelled {
		return "cancelled", nil
	}
	return "delivered", ctx.Err()
}
