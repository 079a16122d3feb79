package sms

// The open questions between one of our numbers and a phone, and the payloads
// of the activities for them.

import "time"

// Question is a question that is waiting for a reply.
type Question struct {
	// WorkflowID is the ID of the workflow that asks.
	WorkflowID string `json:"workflowId"`
	// Pattern is a Java regular expression that a reply must match, or ""
	// for any reply.
	Pattern string `json:"pattern,omitempty"`
	// Code is the word that a reply starts with if several questions are open.
	Code string `json:"code,omitempty"`
	// IfSeveral determines which of several open questions gets a reply.
	IfSeveral IfSeveral `json:"ifSeveral,omitempty"`
	// OpenedAt is when the question was about to be asked. Earlier texts do
	// not answer it. It is zero if unknown.
	OpenedAt time.Time `json:"openedAt,omitzero"`
	// AccountSID is the account that asks, which must also receive the
	// reply. It is "" if unknown.
	AccountSID string `json:"accountSid,omitempty"`
}

// MayBeAnsweredBy reports whether a text that an account received at a given
// time can be a reply: it must not have arrived before the question was opened
// and, if both accounts are known, it must have arrived at the account that
// asked. Twilio reports the time in whole seconds, rounded down.
func (q Question) MayBeAnsweredBy(receivedAt time.Time, accountSID string) bool {
	if q.AccountSID != "" && accountSID != "" && q.AccountSID != accountSID {
		return false
	}
	return !receivedAt.Before(q.OpenedAt.Truncate(time.Second))
}

// IfSeveral is a policy for a reply that arrives while several questions are
// open.
type IfSeveral string

const (
	// IfSeveralOldest delivers the reply to the question that was asked
	// first. It is the default.
	IfSeveralOldest IfSeveral = "oldest"
	// IfSeveralLatest delivers the reply to the question that was asked
	// last.
	IfSeveralLatest IfSeveral = "latest"
	// IfSeveralCode delivers the reply to the question whose code it starts
	// with, or to none if there is no such question.
	IfSeveralCode IfSeveral = "code"
	// IfSeveralRefuse delivers the reply to no question.
	IfSeveralRefuse IfSeveral = "refuse"
)

// QuestionInput is a question and its two addresses.
type QuestionInput struct {
	// Ours is one of our numbers, or the SID of the Messaging Service that
	// picks one.
	Ours   string `json:"ours"`
	Theirs string `json:"theirs"`
	// Account is the account that asks, by the name that callers use.
	Account  string   `json:"account,omitempty"`
	Question Question `json:"question"`
}

// MatchReplyInput contains a reply, and the patterns to match against it.
type MatchReplyInput struct {
	Body     string   `json:"body"`
	Patterns []string `json:"patterns"`
}

// CheckQuestionInput describes a question that is about to be asked.
type CheckQuestionInput struct {
	// Send is the question as an input of SendSms, and Reminders are the
	// bodies of its reminders.
	Send      SendSmsInput `json:"send"`
	Reminders []string     `json:"reminders"`
	Question  Question     `json:"question"`
	// Problems lists mistakes that are already known.
	Problems Problems `json:"problems"`
}

// CheckQuestionResult contains the addresses of a question, which can be asked
// unless Problems lists any.
type CheckQuestionResult struct {
	// From is the number that asks, or "" if the service picks it.
	From     string   `json:"from,omitempty"`
	To       string   `json:"to"`
	Problems Problems `json:"problems,omitempty"`
}

// QuestionsID returns the workflow ID of the keeper of questions between one of
// our numbers or Messaging Services and a phone. The ID reveals neither. It is
// the same for all spellings of a phone, because the reply may come from a
// different spelling than the question was sent to.
func QuestionsID(secret []byte, ours, theirs string) string {
	return keeperPrefix + Pseudonym(secret, ours, Party(theirs))
}

// KeeperIDs returns the workflow IDs of all keepers whose questions a text may
// answer: the keeper for the number that received it, followed by the one for
// the number's service.
func KeeperIDs(secret []byte, message Inbound) []string {
	ids := []string{QuestionsID(secret, message.To, message.From)}
	if message.MessagingServiceSID != "" {
		ids = append(ids, QuestionsID(secret, message.MessagingServiceSID, message.From))
	}
	return ids
}
