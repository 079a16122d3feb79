package workflows

// Message bodies are cleared at Twilio after the outcome of the messages is
// known.

import (
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// redactAtOnce is how many messages are redacted concurrently.
const redactAtOnce = 20

// redact clears the bodies of messages whose status is final, and marks those
// that Twilio has cleared. It skips other messages, which may still have to be
// found by their bodies. It continues even if the workflow is cancelled,
// because the caller asked for it.
func redact(ctx workflow.Context, account string, deliveries []sms.Delivery) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	ctx = workflow.WithActivityOptions(ctx, brief("Clear the body at Twilio"))
	for len(deliveries) > 0 {
		some := deliveries[:min(len(deliveries), redactAtOnce)]
		deliveries = deliveries[len(some):]
		clearing := make([]workflow.Future, len(some))
		for i, d := range some {
			if d.Status.Final() {
				clearing[i] = workflow.ExecuteActivity(ctx, sms.RedactMessageName, sms.MessageInput{SID: d.SID, Account: account})
			}
		}
		for i, one := range clearing {
			some[i].Redacted = one != nil && one.Get(ctx, nil) == nil
		}
	}
}
