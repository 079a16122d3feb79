package workflows

// OrderStatusWorkflow: an example of what a text can start.

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// OrderStatusInput is what the example trigger maps from a message.
type OrderStatusInput struct {
	// OrderNumber is the group of that name in the pattern.
	OrderNumber string `json:"orderNumber"`
	// From is the number that asked.
	From string `json:"from"`
}

// OrderStatus is the workflow's result.
type OrderStatus struct {
	OrderNumber string    `json:"orderNumber"`
	Status      string    `json:"status"`
	AskedAt     time.Time `json:"askedAt"`
}

// OrderStatusWorkflow notes that somebody asked for an order. It is the
// example that the local triggers start; a real one would look the order up in
// an activity and answer with SendSms.
func OrderStatusWorkflow(ctx workflow.Context, input OrderStatusInput) (OrderStatus, error) {
	workflow.SetCurrentDetails(ctx, "Asked for by SMS.")
	return OrderStatus{OrderNumber: input.OrderNumber, Status: "received", AskedAt: workflow.Now(ctx).UTC()}, nil
}
