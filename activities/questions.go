package activities

// Questions: what is open between one of our numbers and a phone, so that a
// reply finds the one question that it answers.

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"

	"go.temporal.io/sdk/temporal"

	"temporal-twilio/javaregex"
	"temporal-twilio/sms"
)

// The activity types of questions, and the workflow type that keeps those of a
// pair of numbers.
const (
	OpenQuestionName      = "OpenQuestion"
	CloseQuestionName     = "CloseQuestion"
	MatchReplyName        = "MatchReply"
	QuestionsWorkflowName = "SmsQuestionsWorkflow"
)

// The signals and the update that the keeper of questions takes.
const (
	OpenSignal  = "open"
	CloseSignal = "close"
	ReplyUpdate = "reply"
)

// Question is one that waits for a reply.
type Question struct {
	// WorkflowID is the workflow that asks.
	WorkflowID string `json:"workflowId"`
	// Pattern is what a reply must match, in Java's syntax; empty for any.
	Pattern string `json:"pattern,omitempty"`
	// Code is the word that a reply begins with where several are open.
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
// known. Twilio gives that time to the second, cut off.
func (q Question) MayBeAnsweredBy(receivedAt time.Time, accountSID string) bool {
	if q.AccountSID != "" && accountSID != "" && q.AccountSID != accountSID {
		return false
	}
	return !receivedAt.Before(q.OpenedAt.Truncate(time.Second))
}

// IfSeveral is a policy for replies where several questions are open.
type IfSeveral string

const (
	// Oldest gives the reply to the question that was asked first. The default.
	Oldest IfSeveral = "oldest"
	// Latest gives it to the one that was asked last.
	Latest IfSeveral = "latest"
	// ByCode gives it to the one whose code it begins with, and to none if it
	// begins with none.
	ByCode IfSeveral = "code"
	// Refuse gives it to none.
	Refuse IfSeveral = "refuse"
)

// PairInput names a pair of addresses and a question between them.
type PairInput struct {
	// Ours is a number of ours, or the SID of the Messaging Service that picks one.
	Ours   string `json:"ours"`
	Theirs string `json:"theirs"`
	// Account is the one that asks, by the name that callers give.
	Account  string   `json:"account,omitempty"`
	Question Question `json:"question"`
}

// QuestionsID is the workflow ID of the keeper of questions between a number or a
// Messaging Service of ours and a phone. It shows neither. A phone has one in all
// its spellings: an answer may come from another than was asked.
func QuestionsID(secret []byte, ours, theirs string) string {
	return "sms-questions-" + sms.Pseudonym(secret, ours, sms.Party(theirs))
}

// KeeperIDs are the workflow IDs of all keepers whose questions a text may answer:
// those of the number that it came to, before those of the number's service.
func KeeperIDs(secret []byte, message sms.Inbound) []string {
	ids := []string{QuestionsID(secret, message.To, message.From)}
	if message.MessagingServiceSID != "" {
		ids = append(ids, QuestionsID(secret, message.MessagingServiceSID, message.From))
	}
	return ids
}

// OpenQuestion tells the keeper of a pair that a question is open. It may be
// called again.
func (a *Activities) OpenQuestion(ctx context.Context, in PairInput) error {
	return a.tellKeeper(ctx, OpenSignal, in)
}

// CloseQuestion tells the keeper of a pair that a question is open no more.
func (a *Activities) CloseQuestion(ctx context.Context, in PairInput) error {
	return a.tellKeeper(ctx, CloseSignal, in)
}

// tellKeeper signals the keeper of a pair, which begins with the first signal.
func (a *Activities) tellKeeper(ctx context.Context, signal string, in PairInput) error {
	if len(a.IDSecret) == 0 {
		return temporal.NewNonRetryableApplicationError("questions need a secret to make workflow IDs with: set ID_SECRET for the worker and the webhook", string(sms.InvalidInput), nil)
	}
	in.Question.AccountSID = a.Accounts[in.Account].SID
	id := QuestionsID(a.IDSecret, in.Ours, in.Theirs)
	_, err := activity.GetClient(ctx).SignalWithStartWorkflow(ctx, id, signal, in.Question, client.StartWorkflowOptions{
		TaskQueue:     activity.GetInfo(ctx).TaskQueue,
		StaticSummary: "Open questions between a number and a phone",
	}, QuestionsWorkflowName, nil)
	return err
}

// MatchInput is a reply and the patterns that it may match.
type MatchInput struct {
	Body     string   `json:"body"`
	Patterns []string `json:"patterns"`
}

// matchTimeout bounds the match of one pattern beside the engine's own budget.
const matchTimeout = 500 * time.Millisecond

// MatchReply gives for each pattern the groups that it finds in the reply, null
// where it does not match. An empty pattern matches everything. A pattern that
// cannot be compiled, or that runs out of its budget, matches nothing.
func (a *Activities) MatchReply(ctx context.Context, in MatchInput) ([]map[string]*string, error) {
	found := make([]map[string]*string, len(in.Patterns))
	for i, source := range in.Patterns {
		pattern, err := javaregex.Compile(source)
		if err != nil {
			continue
		}
		limited, cancel := context.WithTimeout(ctx, matchTimeout)
		match, err := pattern.Find(limited, in.Body)
		cancel()
		if err == nil && match != nil {
			found[i] = match.Groups()
		}
	}
	return found, nil
}
