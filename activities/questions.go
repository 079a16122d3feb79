package activities

// Tracks the open questions between one of our numbers and a phone, so that a
// reply reaches the one question that it answers.

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"

	"go.temporal.io/sdk/temporal"

	"temporal-twilio/javaregex"
	"temporal-twilio/sms"
)

// OpenQuestion tells the keeper of a pair (our number and a phone) that a
// question is open. It is safe to repeat.
func (a *Activities) OpenQuestion(ctx context.Context, in sms.QuestionInput) error {
	return a.tellKeeper(ctx, sms.QuestionOpenSignal, in)
}

// CloseQuestion tells the keeper of a pair that a question is closed. It is
// safe to repeat.
func (a *Activities) CloseQuestion(ctx context.Context, in sms.QuestionInput) error {
	return a.tellKeeper(ctx, sms.QuestionCloseSignal, in)
}

// tellKeeper signals the keeper of a pair, and starts the keeper if it is not
// running.
func (a *Activities) tellKeeper(ctx context.Context, signal string, in sms.QuestionInput) error {
	if len(a.IDSecret) == 0 {
		return temporal.NewNonRetryableApplicationError("a question needs a secret for workflow IDs, but this worker was started without one; workers and webhooks need the same secret", string(sms.CodeInvalidInput), nil)
	}
	in.Question.AccountSID = a.Accounts[in.Account].SID
	id := sms.QuestionsID(a.IDSecret, in.Ours, in.Theirs)
	_, err := activity.GetClient(ctx).SignalWithStartWorkflow(ctx, id, signal, in.Question, client.StartWorkflowOptions{
		TaskQueue:     activity.GetInfo(ctx).TaskQueue,
		StaticSummary: "Open questions between a number and a phone",
		Priority:      temporal.Priority{PriorityKey: sms.PriorityOfTexts},
	}, sms.QuestionsWorkflowName, nil)
	return err
}

// matchTimeout limits the time for matching one pattern, in addition to the
// engine's own limits.
const matchTimeout = 500 * time.Millisecond

// MatchReply returns, for each pattern, the groups that it captures from the
// reply, or nil if the pattern does not match. An empty pattern matches
// everything. A pattern that cannot be compiled, or that exceeds a limit,
// matches nothing.
func (a *Activities) MatchReply(ctx context.Context, in sms.MatchReplyInput) ([]map[string]*string, error) {
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
