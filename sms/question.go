package sms

// Questions: what is open between one of our numbers and a phone, and what the
// activities about it take.

import "time"

// Question is one that waits for a reply.
type Question struct {
	// WorkflowID is the workflow that asks.
	WorkflowID string `json:"workflowId"`
	// Pattern is what a reply must match, in Java's syntax; empty for any.
	Pattern string `json:"pattern,omitempty"`
	// Code is the word that a reply begins with if several are open.
	Code string `json:"code,omitempty"`
	// IfSeveral says which of several open questions gets a reply.
	IfSeveral IfSeveral `json:"ifSeveral,omitempty"`
	// OpenedAt is when it was about to be asked: no text from before replies to
	// it. Zero if not known.
	OpenedAt time.Time `json:"openedAt,omitzero"`
	// AccountSID is the account that asks, from which a reply must come. Empty if
	// not known.
	AccountSID string `json:"accountSid,omitempty"`
}

// MayBeAnsweredBy reports whether a text that an account received at a time can
// be a reply: it came late enough, and to the account that asked if both are
// known. Twilio reports that time in whole seconds, rounded down.
func (q Question) MayBeAnsweredBy(receivedAt time.Time, accountSID string) bool {
	if q.AccountSID != "" && accountSID != "" && q.AccountSID != accountSID {
		return false
	}
	return !receivedAt.Before(q.OpenedAt.Truncate(time.Second))
}

// IfSeveral is a policy for replies while several questions are open.
type IfSeveral string

const (
	// IfSeveralOldest delivers the reply to the question that was asked first. The default.
	IfSeveralOldest IfSeveral = "oldest"
	// IfSeveralLatest delivers it to the one that was asked last.
	IfSeveralLatest IfSeveral = "latest"
	// IfSeveralCode delivers it to the one whose code it begins with, and to none if it
	// begins with none.
	IfSeveralCode IfSeveral = "code"
	// IfSeveralRefuse delivers it to none.
	IfSeveralRefuse IfSeveral = "refuse"
)

// QuestionInput names a pair of addresses and a question between them.
type QuestionInput struct {
	// Ours is a number of ours, or the SID of the Messaging Service that picks one.
	Ours   string `json:"ours"`
	Theirs string `json:"theirs"`
	// Account is the one that asks, by the name that callers use.
	Account  string   `json:"account,omitempty"`
	Question Question `json:"question"`
}

// MatchReplyInput is a reply and the patterns that it may match.
type MatchReplyInput struct {
	Body     string   `json:"body"`
	Patterns []string `json:"patterns"`
}

// CheckQuestionInput is a question that is to be asked.
type CheckQuestionInput struct {
	// Send is the question as SendSms gets it, Reminders are further texts.
	Send      SendSmsInput `json:"send"`
	Reminders []string     `json:"reminders"`
	Question  Question     `json:"question"`
	// Problems are what is known to be wrong already.
	Problems Problems `json:"problems"`
}

// CheckQuestionResult is a question that can be asked, unless there are problems.
type CheckQuestionResult struct {
	// From is the number that asks; empty if the service picks it.
	From     string   `json:"from,omitempty"`
	To       string   `json:"to"`
	Problems Problems `json:"problems,omitempty"`
}

// QuestionsID is the workflow ID of the keeper of questions between a number or a
// Messaging Service of ours and a phone. It shows neither. A phone has one in all
// its spellings: an answer may come from another than was asked.
func QuestionsID(secret []byte, ours, theirs string) string {
	return "sms-questions-" + Pseudonym(secret, ours, Party(theirs))
}

// KeeperIDs are the workflow IDs of all keepers whose questions a text may answer:
// those of the number that it came to, before those of the number's service.
func KeeperIDs(secret []byte, message Inbound) []string {
	ids := []string{QuestionsID(secret, message.To, message.From)}
	if message.MessagingServiceSID != "" {
		ids = append(ids, QuestionsID(secret, message.MessagingServiceSID, message.From))
	}
	return ids
}
