package sms

// The payloads of the activities with which ReceiveSmsWorkflow makes requests
// to Temporal.

import (
	"encoding/json"
	"time"
)

// AskKeeperInput offers a text to a keeper of questions.
type AskKeeperInput struct {
	Keeper string `json:"keeper"`
	Text   Text   `json:"text"`
}

// AskWorkflowInput is an update for one run of a workflow.
type AskWorkflowInput struct {
	WorkflowID string          `json:"workflowId"`
	RunID      string          `json:"runId"`
	Name       string          `json:"name"`
	UpdateID   string          `json:"updateId"`
	Input      json.RawMessage `json:"input"`
}

// AskWorkflowResult is the outcome of the update.
type AskWorkflowResult struct {
	// Value is the workflow's answer.
	Value json.RawMessage `json:"value,omitempty"`
	// Refused is true if the workflow refused the update. Closed is true if
	// the workflow closed before it accepted the update, or accepted it and
	// closed without answering.
	Refused bool `json:"refused,omitempty"`
	Closed  bool `json:"closed,omitempty"`
	// TooLong is true if the answer is too long to be returned.
	TooLong bool `json:"tooLong,omitempty"`
}

// FindRunInput contains a workflow's ID and the time at which a text was
// received.
type FindRunInput struct {
	WorkflowID string    `json:"workflowId"`
	ReceivedAt time.Time `json:"receivedAt"`
}

// FindRunResult is the latest run of a workflow.
type FindRunResult struct {
	RunID string `json:"runId,omitempty"`
	Open  bool   `json:"open,omitempty"`
	// BeganLater is true if the workflow started after the text was
	// received, to the precision of Twilio's whole seconds. A run that
	// continues an earlier one counts as started when the first run
	// started.
	BeganLater bool `json:"beganLater,omitempty"`
}

// SignalWithStartInput is a firing that starts a workflow with its first
// signal.
type SignalWithStartInput struct {
	// RequestID identifies the request, so that Temporal recognizes a
	// repetition of it.
	RequestID  string `json:"requestId"`
	MessageSID string `json:"messageSid"`
	Firing     Firing `json:"firing"`
}

// SignalWithStartResult is the result of a [SignalWithStartInput]. Neither
// field is set if the workflow with the ID has closed and the reuse policy does
// not allow another.
type SignalWithStartResult struct {
	Started bool `json:"started,omitempty"`
	// Open is true if a workflow with the ID was already open. That
	// workflow was not signaled.
	Open bool `json:"open,omitempty"`
}

// FindCatchersInput selects workflows that catch a signal or a message, ordered
// by ID.
type FindCatchersInput struct {
	Query string `json:"query"`
	// After is the ID after which the list starts.
	After string `json:"after,omitempty"`
	Limit int    `json:"limit"`
	// ReceivedAt excludes workflows that started after this time. Optional:
	// by default, none are excluded.
	ReceivedAt time.Time `json:"receivedAt,omitzero"`
}

// FindCatchersResult is a part of the list.
type FindCatchersResult struct {
	WorkflowIDs []string `json:"workflowIds"`
	// Next is the ID after which the next part starts, or "" at the end.
	Next string `json:"next,omitempty"`
}
