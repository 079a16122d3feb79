package sms

// What a ReceiveSmsWorkflow asks of Temporal by its activities.

import (
	"encoding/json"
	"time"
)

// AskKeeperInput is a text and a keeper of questions.
type AskKeeperInput struct {
	Keeper string `json:"keeper"`
	Text   Text   `json:"text"`
}

// AskWorkflowInput is an update of one run.
type AskWorkflowInput struct {
	WorkflowID string          `json:"workflowId"`
	RunID      string          `json:"runId"`
	Name       string          `json:"name"`
	UpdateID   string          `json:"updateId"`
	Input      json.RawMessage `json:"input"`
	// Known only looks whether the workflow has taken the update.
	Known bool `json:"known,omitempty"`
}

// AskWorkflowResult is how the update ended.
type AskWorkflowResult struct {
	// Value is what the workflow answered.
	Value json.RawMessage `json:"value,omitempty"`
	// Refused is set if the workflow refused it, Closed if it closed before it took
	// it, or has not answered what it took.
	Refused bool `json:"refused,omitempty"`
	Closed  bool `json:"closed,omitempty"`
	// TooLong is set if it answered more than is taken.
	TooLong bool `json:"tooLong,omitempty"`
}

// FindRunInput names a workflow.
type FindRunInput struct {
	WorkflowID string    `json:"workflowId"`
	ReceivedAt time.Time `json:"receivedAt"`
}

// FindRunResult is the latest run of a workflow.
type FindRunResult struct {
	RunID string `json:"runId,omitempty"`
	Open  bool   `json:"open,omitempty"`
	// BeganLater is set if the workflow began after the text was received, to
	// Twilio's second. A run that continues another began when the first did.
	BeganLater bool `json:"beganLater,omitempty"`
}

// FindCatchersInput asks for workflows that catch, in the order of their IDs.
type FindCatchersInput struct {
	Query string `json:"query"`
	// After is the ID after which to begin.
	After string `json:"after,omitempty"`
	Limit int    `json:"limit"`
	// ReceivedAt leaves out workflows that began later. Optional: default none.
	ReceivedAt time.Time `json:"receivedAt,omitzero"`
}

// FindCatchersResult is a part of them.
type FindCatchersResult struct {
	WorkflowIDs []string `json:"workflowIds"`
	// Next is the ID after which to go on; empty at the end.
	Next string `json:"next,omitempty"`
}
