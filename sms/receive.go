package sms

// What is decided about an inbound text before anything happens, and what
// became of it.

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// The memo of a text's workflow.
const (
	// MemoTrigger holds the name of the trigger that started it.
	MemoTrigger = "trigger"
	// MemoMessageSid holds the SID of the text.
	MemoMessageSid = "messageSid"
	// MemoAccount holds the SID of the account that received the text.
	MemoAccount = "smsAccountSid"
	// MemoReplies holds the replies to the sender, a list of texts, if they
	// were known when the workflow was started. Otherwise, they are in the
	// workflow's result.
	MemoReplies = "replies"
	// MemoIfLost holds the replies to the sender if no worker is available in
	// time; in that case, nothing is published.
	MemoIfLost = "repliesIfLost"
)

// The priorities of Temporal's tasks: a text and the questions to its sender go
// before a backlog of sends on the same task queue, as Twilio waits 15 s for the
// reply. Workflows that a text starts have Temporal's default priority.
const (
	PriorityOfTexts   = 1
	PriorityOfStarted = 3
)

// TextWorkflowID returns the ID of a text's own workflow, which records what
// became of the text. If several accounts claim the same MessageSid, the ID of
// each but the first ends in the account's SID.
func TextWorkflowID(messageSID string) string { return "sms-" + messageSID }

// StartedWorkflowID returns the ID of a workflow that a ReceiveSmsWorkflow
// starts for a trigger, unless the trigger sets one.
func StartedWorkflowID(messageSID, trigger string) string {
	return TextWorkflowID(messageSID) + "-" + trigger
}

// ReceiveSmsInput is the input of ReceiveSmsWorkflow: the plan for one text.
// What it decides is final.
type ReceiveSmsInput struct {
	Text Text `json:"text"`
	// WorkflowID is the text's workflow, if that is not TextWorkflowID because
	// another account's text has the same MessageSid.
	WorkflowID string `json:"workflowId,omitempty"`
	// Keepers are the workflows that hold the open questions to the sender. The
	// first that takes the text gets it exclusively.
	Keepers []string `json:"keepers,omitempty"`
	// Firings are the triggers that the text matches, in order.
	Firings []Firing `json:"firings"`
	// Late is true if the text comes from Twilio's log: it reaches no workflow
	// that started after it was received.
	Late bool `json:"late,omitempty"`
	// Attributes is true if the namespace has the search attributes of texts.
	Attributes bool `json:"attributes,omitempty"`
}

// Text is the part of an inbound text that a question gets.
type Text struct {
	MessageSID string `json:"messageSid"`
	Body       string `json:"body"`
	// From is the phone, and To is our number.
	From string `json:"from"`
	To   string `json:"to"`
	// AccountSID is the account that received it.
	AccountSID string    `json:"accountSid"`
	ReceivedAt time.Time `json:"receivedAt"`
}

// Firing is one trigger that a text matches.
type Firing struct {
	Trigger string `json:"trigger"`
	Call    Call   `json:"call"`
	// Echo is the reply once the event is published, and EchoError the reply if
	// it is not. Empty: none.
	Echo      Echo   `json:"echo,omitempty"`
	EchoError string `json:"echoError,omitempty"`
	// Retry is true if Twilio is asked to redeliver while Temporal or the
	// workers are down, instead of the sender being told.
	Retry bool `json:"retry,omitempty"`
	// Problem says why the event cannot be published, if that is already known.
	// It contains no number and no text.
	Problem string `json:"problem,omitempty"`
}

// Summary describes the workflow that the firing starts.
func (f *Firing) Summary() string { return "SMS matched trigger " + f.Trigger }

// Memo returns the memo of the workflow that the firing starts for a text. The
// trigger's own memo cannot set the account and the replies: they decide how a
// redelivery is answered.
func (f *Firing) Memo(messageSID string) map[string]any {
	memo := map[string]any{MemoTrigger: f.Trigger, MemoMessageSid: messageSID}
	for name, value := range f.Call.Memo {
		if name != MemoReplies && name != MemoAccount {
			memo[name] = value
		}
	}
	return memo
}

// SearchAttributes returns the search attributes of the workflow that the
// firing starts. Temporal knows their types.
func (f *Firing) SearchAttributes() map[string]any {
	attributes := make(map[string]any, len(f.Call.SearchAttributes))
	for name, value := range f.Call.SearchAttributes {
		attributes[name] = value
	}
	return attributes
}

// The actions of a call.
const (
	ActionStart           = "start"
	ActionSignal          = "signal"
	ActionSignalWithStart = "signalWithStart"
	ActionSignalAll       = "signalAll"
	ActionUpdate          = "update"
)

// The policies of a start with a given ID: while a workflow with the ID is
// open, and once it has closed.
const (
	ConflictFail              = "fail"
	ConflictUseExisting       = "useExisting"
	ConflictTerminateExisting = "terminateExisting"

	ReuseAllowDuplicate           = "allowDuplicate"
	ReuseAllowDuplicateFailedOnly = "allowDuplicateFailedOnly"
	ReuseRejectDuplicate          = "rejectDuplicate"
)

// Call is the request to Temporal that publishes an event. Fields that the
// action does not use are empty.
type Call struct {
	// Action is start, signal, signalWithStart, signalAll or update.
	Action   string `json:"action"`
	Workflow string `json:"workflow,omitempty"`
	// WorkflowID is empty for a start with the default ID.
	WorkflowID string `json:"workflowId,omitempty"`
	TaskQueue  string `json:"taskQueue,omitempty"`
	// IDConflict and IDReuse are the policies of a start with a WorkflowID.
	IDConflict string `json:"idConflict,omitempty"`
	IDReuse    string `json:"idReuse,omitempty"`
	// The timeouts of a start; default Temporal's.
	ExecutionTimeout Duration `json:"executionTimeout,omitempty"`
	RunTimeout       Duration `json:"runTimeout,omitempty"`
	TaskTimeout      Duration `json:"taskTimeout,omitempty"`
	// Memo and SearchAttributes are the trigger's own.
	Memo             map[string]json.RawMessage `json:"memo,omitempty"`
	SearchAttributes map[string]json.RawMessage `json:"searchAttributes,omitempty"`
	// Name is the name of the signal or the update.
	Name string `json:"name,omitempty"`
	// Catchers is the query that finds the workflows of a signalAll.
	Catchers string `json:"catchers,omitempty"`
	// Input is the workflow's input, and SignalInput that of a signal or an
	// update.
	Input       json.RawMessage `json:"input,omitempty"`
	SignalInput json.RawMessage `json:"signalInput,omitempty"`
}

// Certain reports whether the call succeeds once Temporal has accepted it, so
// that the echo does not need to wait for a worker.
func (c *Call) Certain() bool {
	switch c.Action {
	case ActionSignalWithStart:
		return c.IDReuse == ReuseAllowDuplicate
	case ActionStart:
		return c.WorkflowID == "" || c.IDReuse == ReuseAllowDuplicate && c.IDConflict != ConflictFail
	}
	return false
}

// Plain reports whether the call starts a workflow without setting its ID, so that
// this workflow can be the text's own.
func (c *Call) Plain() bool { return c.Action == ActionStart && c.WorkflowID == "" }

// Echo is a reply. Its parts are texts, and references to the result of the
// call, which is known once the call has been made.
type Echo []EchoPart

// EchoPart is a text, or the path to a value, such as "result.amount".
type EchoPart struct {
	Text   string `json:"text,omitempty"`
	Result string `json:"result,omitempty"`
}

// In returns the reply with values from the result of the call, which is JSON. A
// missing value becomes empty.
func (e Echo) In(result json.RawMessage) string {
	var out strings.Builder
	for _, part := range e {
		out.WriteString(part.Text)
		if part.Result != "" {
			out.WriteString(member(result, strings.Split(part.Result, ".")[1:]))
		}
	}
	return out.String()
}

// String returns the reply with references to the result in the form
// ${result.amount}.
func (e Echo) String() string {
	var out strings.Builder
	for _, part := range e {
		out.WriteString(part.Text)
		if part.Result != "" {
			out.WriteString("${" + part.Result + "}")
		}
	}
	return out.String()
}

// member formats a member of a JSON value for a text: a string without quotes,
// nothing for null, numbers as they were written, everything else as JSON.
func member(value json.RawMessage, path []string) string {
	for _, name := range path {
		var object map[string]json.RawMessage
		if json.Unmarshal(value, &object) != nil {
			return ""
		}
		value = object[name]
	}
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber()
	var decoded any
	if decoder.Decode(&decoded) != nil || decoded == nil {
		return ""
	}
	if text, ok := decoded.(string); ok {
		return text
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(decoded) != nil {
		return ""
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// Outcome is what became of a firing, or of a text.
type Outcome string

// The outcomes, best first.
const (
	// OutcomePublished: the workflow was started or signalled, or has answered an
	// update.
	OutcomePublished Outcome = "published"
	// OutcomeAnswered: the text answered a question.
	OutcomeAnswered Outcome = "answered"
	// OutcomeTooLate: no worker was available in time, and the sender was told
	// so.
	OutcomeTooLate Outcome = "tooLate"
	// OutcomeUnwanted: no trigger matches the text, and it answers no question.
	OutcomeUnwanted Outcome = "no trigger"
	// OutcomeRefused: Temporal or the workflow refused the call.
	OutcomeRefused Outcome = "refused"
)

// FiringResult is what became of a firing.
type FiringResult struct {
	Trigger string  `json:"trigger"`
	Outcome Outcome `json:"outcome"`
	// Reason says why it was refused. It contains no number and no text.
	Reason string `json:"reason,omitempty"`
	// Count is how many workflows a signalAll reached.
	Count *int `json:"count,omitempty"`
}

// ReceiveSmsResult is the result of ReceiveSmsWorkflow.
type ReceiveSmsResult struct {
	Outcome Outcome `json:"outcome"`
	// Replies holds the replies to the sender, in the order of the triggers.
	Replies []string       `json:"replies"`
	Firings []FiringResult `json:"firings"`
}
