package workflows

// SilenceSmsWorkflow keeps a number from replying to a phone, for all webhooks.

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// silence is how long a number does not reply to a phone that appears to be
// operated by a machine.
const silence = 24 * time.Hour

// SilenceSmsWorkflow waits for a day. While it is open, webhooks do not reply
// to the phone and do not let triggers text it. Terminate it to end the
// silence.
func SilenceSmsWorkflow(ctx workflow.Context, input sms.SilenceSmsInput) error {
	wait := silence
	if input.Seconds > 0 {
		wait = time.Duration(input.Seconds) * time.Second
	}
	return workflow.Sleep(ctx, wait)
}
