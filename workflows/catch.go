package workflows

// A workflow declares which texts it waits for ("catches"), so that triggers
// that name no workflow can find it.

import (
	"errors"
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// The namespace must have this search attribute; the worker adds it.
var catchesKey = temporal.NewSearchAttributeKeyKeywordList(sms.AttributeCatches)

// CatchSignal declares that this workflow catches a signal by name, like a
// signal event of a process: a trigger that signals all with this name reaches
// it, along with every other open workflow that catches it. Receive from an
// [Inbox] of the same name.
//
// The declaration becomes visible a moment after the workflow made it; a text
// that arrives before that is not caught.
func CatchSignal(ctx workflow.Context, name string) error {
	return catch(ctx, sms.SignalCatch(name))
}

// CatchMessage declares that this workflow catches a message with a correlation
// key: only a trigger with this name and the same key reaches it. secret must
// be the webhooks' (ID_SECRET): the key is stored as a pseudonym, and without the
// secret nothing would ever reach the workflow.
func CatchMessage(ctx workflow.Context, secret []byte, name, correlationKey string) error {
	// The pseudonym is recorded, so that replays of old runs do not depend on
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
		return errors.New("catch a message: no secret is given; it must be the webhooks' ID_SECRET")
	}
	return catch(ctx, catches)
}

// StopCatching withdraws everything that this workflow declared.
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
