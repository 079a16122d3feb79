package main

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// OrderStatusInput is the input that the trigger makes from the text.
type OrderStatusInput struct {
	// OrderNumber is the group of the same name in the trigger's pattern.
	OrderNumber string `json:"orderNumber"`
	// From is the phone that asks.
	From string `json:"from"`
}

// OrderStatus is the workflow's result.
type OrderStatus struct {
	OrderNumber string    `json:"orderNumber"`
	Status      string    `json:"status"`
	AskedAt     time.Time `json:"askedAt"`
}

// OrderStatusWorkflow records that someone asked about an order. A real
// workflow would look the order up in an activity, and text the answer with
// workflows.SendSms.
func OrderStatusWorkflow(ctx workflow.Context, input OrderStatusInput) (OrderStatus, error) {
	workflow.SetCurrentDetails(ctx, "Asked for by SMS.")
	return OrderStatus{OrderNumber: input.OrderNumber, Status: "received", AskedAt: workflow.Now(ctx).UTC()}, nil
}
