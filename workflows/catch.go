package workflows

// A workflow declares which texts it is waiting for (what it "catches"), so
// triggers that name no workflow can find it.

import (
	"errors"
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// catchesKey is a search attribute that the namespace must have. The worker
// adds it.
var catchesKey = temporal.NewSearchAttributeKeyKeywordList(sms.AttributeCatches)

// CatchSignal declares that this workflow catches a signal by name, like a
// signal event in BPMN. A trigger with a signalAll of that name reaches every
// open workflow that catches it. Receive the signals from an [Inbox] with the
// same name.
//
// The declaration takes effect shortly after the call. A text that arrives before
// that is not caught.
func CatchSignal(ctx workflow.Context, name string) error {
	return catch(ctx, sms.SignalCatch(name))
}

// CatchMessage declares that this workflow catches a message with a correlation
// key. Only a trigger with this name and the same key reaches it. The key is
// stored as a pseudonym derived from secret, which must be the ID_SECRET of the
// webhooks. With any other secret, no message reaches the workflow.
func CatchMessage(ctx workflow.Context, secret []byte, name, correlationKey string) error {
	// The pseudonym is recorded, so replays of old runs do not depend on
	// the current secret.
	var catches string
	err := workflow.SideEffect(ctx, func(workflow.Context) any {
		if len(secret) == 0 {
			return ""
		}
		return sms.MessageCatch(secret, name, correlationKey)
	}).Get(&catches)
	if err != nil {
		return err
	}
	if catches == "" {
		return errors.New("catch a message: the secret is empty; it must be the webhooks' ID_SECRET")
	}
	return catch(ctx, catches)
}

// StopCatching withdraws all declarations of this workflow.
func StopCatching(ctx workflow.Context) error {
	return workflow.UpsertTypedSearchAttributes(ctx, catchesKey.ValueUnset())
}

func catch(ctx workflow.Context, catches string) error {
	all, _ := workflow.GetTypedSearchAttributes(ctx).GetKeywordList(catchesKey)
	if slices.Contains(all, catches) {
		return nil
	}
	return workflow.UpsertTypedSearchAttributes(ctx, catchesKey.ValueSet(append(append([]string{}, all...), catches)))
}
