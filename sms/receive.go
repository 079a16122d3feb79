package sms

// The plan for an inbound text, which is made before anything is published, and
// the outcome.

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// The memo fields of a text's workflow.
const (
	// MemoTrigger holds the name of the trigger that started the workflow.
	MemoTrigger = "trigger"
	// MemoMessageSid holds the SID of the text.
	MemoMessageSid = "messageSid"
	// MemoAccount holds the SID of the account that received the text.
	MemoAccount = "smsAccountSid"
	// MemoReplies holds the replies to the sender, as a list of texts, if
	// they were known when the workflow was started. Otherwise, the
	// workflow's result holds them.
	MemoReplies = "replies"
	// MemoIfLost holds the replies that the sender gets if no worker is
	// available in time. In that case, nothing is published.
	MemoIfLost = "repliesIfLost"
)

// The priorities of Temporal tasks. A text, and the questions to its sender, go
// ahead of a backlog of sends on the same task queue, because Twilio waits only
// 15 s for the reply. Workflows that a text starts have Temporal's default
// priority.
const (
	PriorityOfTexts   = 1
	PriorityOfStarted = 3
)

// TextWorkflowID returns the ID of a text's own workflow, which records the
// outcome of the text. If several accounts have a text with the same
// MessageSid, all IDs but the first end with the account's SID.
func TextWorkflowID(messageSID string) string { return "sms-" + messageSID }

// StartedWorkflowID returns the ID of a workflow that a ReceiveSmsWorkflow
// starts for a trigger, unless the trigger sets an ID.
func StartedWorkflowID(messageSID, trigger string) string {
	return TextWorkflowID(messageSID) + "-" + trigger
}

// ReceiveSmsInput is the input of ReceiveSmsWorkflow: the plan for one text.
// The plan is final.
type ReceiveSmsInput struct {
	Text Text `json:"text"`
	// WorkflowID is the ID of the text's workflow. It is set only if it is
	// not TextWorkflowID because another account's text has the same
	// MessageSid.
	WorkflowID string `json:"workflowId,omitempty"`
	// Keepers are the workflows that keep the open questions to the sender.
	// The text goes only to the first one that accepts it.
	Keepers []string `json:"keepers,omitempty"`
	// Firings are the triggers that the text matches, in order.
	Firings []Firing `json:"firings"`
	// Late is true if the text comes from Twilio's log. Such a text reaches
	// no workflow that started after it was received.
	Late bool `json:"late,omitempty"`
	// Attributes is true if the namespace has the search attributes of texts.
	Attributes bool `json:"attributes,omitempty"`
}

// Text is the part of an inbound text that is passed to a question.
type Text struct {
	MessageSID string `json:"messageSid"`
	Body       string `json:"body"`
	// From is the phone, and To is our number.
	From string `json:"from"`
	To   string `json:"to"`
	// AccountSID is the account that received the text.
	AccountSID string    `json:"accountSid"`
	ReceivedAt time.Time `json:"receivedAt"`
}

// Firing is one trigger that a text matches.
type Firing struct {
	Trigger string `json:"trigger"`
	Call    Call   `json:"call"`
	// Echo is the reply if the event is published, and EchoError is the
	// reply if it is not. "" means no reply.
	Echo      Echo   `json:"echo,omitempty"`
	EchoError string `json:"echoError,omitempty"`
	// Retry is true if Twilio should redeliver the text while Temporal or
	// the workers are down. Otherwise, the sender gets EchoError.
	Retry bool `json:"retry,omitempty"`
	// Problem is the reason why the event cannot be published, if it is
	// already known. It contains no phone number and no text.
	Problem string `json:"problem,omitempty"`
}

// Summary describes the workflow that the firing starts.
func (f *Firing) Summary() string { return "SMS matched trigger " + f.Trigger }

// Memo returns the memo of the workflow that the firing starts for a text. The
// trigger's own memo cannot set the account and the replies, because they
// determine how a redelivery is answered.
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
// firing starts. They are untyped, because only Temporal knows their types.
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

// The policies for starting a workflow with a given ID while a workflow with
// that ID is open, and after it has closed.
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
	// WorkflowID is "" for a start with the default ID.
	WorkflowID string `json:"workflowId,omitempty"`
	TaskQueue  string `json:"taskQueue,omitempty"`
	// IDConflict and IDReuse are the policies of a start with a WorkflowID.
	IDConflict string `json:"idConflict,omitempty"`
	IDReuse    string `json:"idReuse,omitempty"`
	// The timeouts of a start. The defaults are Temporal's.
	ExecutionTimeout Duration `json:"executionTimeout,omitempty"`
	RunTimeout       Duration `json:"runTimeout,omitempty"`
	TaskTimeout      Duration `json:"taskTimeout,omitempty"`
	// Memo and SearchAttributes are those that the trigger sets.
	Memo             map[string]json.RawMessage `json:"memo,omitempty"`
	SearchAttributes map[string]json.RawMessage `json:"searchAttributes,omitempty"`
	// Name is the name of the signal or the update.
	Name string `json:"name,omitempty"`
	// Catchers is the query that finds the workflows of a signalAll.
	Catchers string `json:"catchers,omitempty"`
	// Input is the workflow's input, and SignalInput is the input of a
	// signal or an update.
	Input       json.RawMessage `json:"input,omitempty"`
	SignalInput json.RawMessage `json:"signalInput,omitempty"`
}

// Certain reports whether the call is sure to succeed once Temporal has
// accepted it, so that the echo need not wait for a worker.
func (c *Call) Certain() bool {
	switch c.Action {
	case ActionSignalWithStart:
		return c.IDReuse == ReuseAllowDuplicate
	case ActionStart:
		return c.WorkflowID == "" || c.IDReuse == ReuseAllowDuplicate && c.IDConflict != ConflictFail
	}
	return false
}

// Plain reports whether the call starts a workflow without setting its ID, so
// that this workflow can be the text's own workflow.
func (c *Call) Plain() bool { return c.Action == ActionStart && c.WorkflowID == "" }

// Echo is a reply. Its parts are texts and references to the result of the
// call, which are resolved after the call.
type Echo []EchoPart

// EchoPart is a text, or the path to a value, such as "result.amount".
type EchoPart struct {
	Text   string `json:"text,omitempty"`
	Result string `json:"result,omitempty"`
}

// In returns the reply with values from the result of the call, which is JSON.
// Missing values become "".
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

// member formats a member of a JSON value for a text: strings without quotes,
// null as "", numbers as they were written, and everything else as JSON.
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

// Outcome is the outcome of a firing or a text.
type Outcome string

// The outcomes, best first.
const (
	// OutcomePublished: the workflow was started or signaled, or has
	// answered an update.
	OutcomePublished Outcome = "published"
	// OutcomeAnswered: the text answered a question.
	OutcomeAnswered Outcome = "answered"
	// OutcomeTooLate: no worker was available in time, and the sender was
	// told so.
	OutcomeTooLate Outcome = "tooLate"
	// OutcomeUnwanted: no trigger matches the text, and it answers no
	// question.
	OutcomeUnwanted Outcome = "no trigger"
	// OutcomeRefused: Temporal or the workflow refused the call.
	OutcomeRefused Outcome = "refused"
)

// FiringResult is the result of a firing.
type FiringResult struct {
	Trigger string  `json:"trigger"`
	Outcome Outcome `json:"outcome"`
	// Reason is the reason for a refusal. It contains no phone number and
	// no text.
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
