package sms

// Catches: how a workflow says which texts it waits for, so that a trigger
// which names no workflow finds it.

import "strings"

// SignalCatch is the value of AttributeCatches of a workflow that catches a
// signal. Workers in other languages set it themselves.
func SignalCatch(name string) string { return "signal:" + name }

// MessageCatch is the same for a message with a correlation key, which is kept
// as a pseudonym. The secret is that of the webhooks (ID_SECRET).
func MessageCatch(secret []byte, name, correlationKey string) string {
	return "message:" + name + ":" + Pseudonym(secret, correlationKey)
}

// CatchersQuery returns the visibility query for the open workflows that catch.
func CatchersQuery(catches string) string {
	return AttributeCatches + " = '" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(catches) + "' AND ExecutionStatus = 'Running'"
}
