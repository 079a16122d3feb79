package workflows

// Catching: a workflow says which texts it waits for, and triggers that name
// no workflow find it by that.

import (
	"strings"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// CatchesAttribute is the search attribute, a list of keywords, that holds
// what a workflow catches. The namespace must have it; the worker adds it.
const CatchesAttribute = "SmsCatches"

var catchesKey = temporal.NewSearchAttributeKeyKeywordList(CatchesAttribute)

// CatchSignal declares that this workflow catches a signal by its name, as a
// signal event of a process does: every trigger that signals all with this
// name reaches it, and every other open workflow that catches it. Receive from
// an [Inbox] of the same name.
//
// Temporal shows the declaration a moment after the workflow made it; a text
// that arrives before is not caught.
func CatchSignal(ctx workflow.Context, name string) error {
	return catch(ctx, SignalCatch(name))
}

// CatchMessage declares that this workflow catches a message with a
// correlation key: only a trigger with this name and the same key reaches it.
// secret must be that of the webhooks (ID_SECRET): the key is kept as a
// pseudonym.
func CatchMessage(ctx workflow.Context, secret []byte, name, correlationKey string) error {
	// Recorded, so that a new secret does not change what an old run did.
	var catches string
	err := workflow.SideEffect(ctx, func(workflow.Context) any { return MessageCatch(secret, name, correlationKey) }).Get(&catches)
	if err != nil {
		return err
	}
	return catch(ctx, catches)
}

// StopCatching takes back all that this workflow declared.
func StopCatching(ctx workflow.Context) error {
	return workflow.UpsertTypedSearchAttributes(ctx, catchesKey.ValueUnset())
}

func catch(ctx workflow.Context, catches string) error {
	all, _ := workflow.GetTypedSearchAttributes(ctx).GetKeywordList(catchesKey)
	for _, one := range all {
		if one == catches {
			return nil
		}
	}
	return workflow.UpsertTypedSearchAttributes(ctx, catchesKey.ValueSet(append(append([]string{}, all...), catches)))
}

// SignalCatch is the search attribute's value of a workflow that catches a
// signal. Workers in other languages set it themselves.
func SignalCatch(name string) string { return "signal:" + name }

// MessageCatch is the same for a message with a correlation key.
func MessageCatch(secret []byte, name, correlationKey string) string {
	return "message:" + name + ":" + sms.Pseudonym(secret, correlationKey)
}

// CatchersQuery finds the open workflows that catch.
func CatchersQuery(catches string) string {
	return CatchesAttribute + " = '" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(catches) + "' AND ExecutionStatus = 'Running'"
}
