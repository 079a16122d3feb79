package sms

// How a workflow declares which texts it is waiting for, so that a trigger that
// names no workflow can find it.

import "strings"

// SignalCatch returns the value of AttributeCatches for a workflow that catches
// a signal. Workers in other languages have to construct it themselves.
func SignalCatch(name string) string { return "signal:" + name }

// MessageCatch returns the value for a message with a correlation key, which is
// stored as a pseudonym. The secret must be the ID_SECRET of the webhooks.
func MessageCatch(secret []byte, name, correlationKey string) string {
	return "message:" + name + ":" + Pseudonym(secret, correlationKey)
}

// CatchersQuery returns the visibility query for the open workflows that catch
// a signal or a message.
func CatchersQuery(catches string) string {
	return AttributeCatches + " = '" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(catches) + "' AND ExecutionStatus = 'Running'"
}
