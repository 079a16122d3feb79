package workflows

// QuestionsWorkflow keeps the open questions between one of our numbers and a
// phone.

import (
	"slices"
	"strings"
	"time"

	"temporal-twilio/sms"

	"go.temporal.io/sdk/workflow"
)

const (
	// linger is how long the keeper stays open after its last question.
	// During that time, it recognizes a reply that Twilio redelivers or
	// that a catch-up finds.
	linger = 2 * time.Hour
	// maxReplies is how many replies the keeper remembers.
	maxReplies = 200
)

// QuestionsState is what the keeper passes on to its next run.
type QuestionsState struct {
	// Open lists the questions, oldest first.
	Open []sms.Question `json:"open,omitempty"`
	// Taken lists the SIDs of replies that answered a question.
	Taken []string `json:"taken,omitempty"`
}

// QuestionsWorkflow keeps the open questions between two numbers, and gives
// each reply to only one of them. There is one workflow for each pair of
// numbers. The OpenQuestion activity starts it, and it ends two hours after its
// last question was closed. Once a day, it looks for questions whose workflows
// ended without closing them.
func QuestionsWorkflow(ctx workflow.Context, state *QuestionsState) error {
	if state == nil {
		state = &QuestionsState{}
	}
	k := &keeper{
		QuestionsState: *state, turn: workflow.NewMutex(ctx),
		opened: workflow.GetSignalChannel(ctx, sms.QuestionOpenSignal), closed: workflow.GetSignalChannel(ctx, sms.QuestionCloseSignal),
	}
	if err := workflow.SetUpdateHandler(ctx, sms.QuestionReplyUpdate, k.reply); err != nil {
		return err
	}
	suggested := func() bool { return workflow.GetInfo(ctx).GetContinueAsNewSuggested() }
	for {
		wait := linger
		if len(k.Open) > 0 {
			wait = 24 * time.Hour
		}
		changed, err := workflow.AwaitWithTimeout(ctx, wait, func() bool { return k.handleSignals() || k.changed || suggested() })
		if err != nil {
			return err
		}
		k.changed = false
		looked := !changed && len(k.Open) > 0 && looks(ctx)
		if looked {
			for _, q := range slices.Clone(k.Open) {
				k.asks(ctx, q)
			}
		}
		// Callers that are waiting for their turn are answered first.
		if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
			return err
		}
		// Signals that arrived in the meantime must not be lost with
		// this run.
		came := k.handleSignals()
		if suggested() {
			return workflow.NewContinueAsNewError(ctx, sms.QuestionsWorkflowName, &k.QuestionsState)
		}
		if !changed && !looked && !came && len(k.Open) == 0 {
			return nil
		}
	}
}

// keeper is the state of QuestionsWorkflow.
type keeper struct {
	QuestionsState
	// turn is held while a reply is passed to its question.
	turn workflow.Mutex
	// changed is set to wake the workflow.
	changed bool

	opened, closed workflow.ReceiveChannel
}

// handleSignals handles the signals that have arrived, and reports whether
// there were any. The code that needs the signals calls it, because a coroutine
// would run only after the workflow's own code, which may end the run.
func (k *keeper) handleSignals() (came bool) {
	var q sms.Question
	for k.opened.ReceiveAsync(&q) {
		k.open(q)
		q, came = sms.Question{}, true
	}
	for k.closed.ReceiveAsync(&q) {
		k.close(q)
		q, came = sms.Question{}, true
	}
	return came
}

func (k *keeper) open(q sms.Question) {
	k.close(q)
	k.Open = append(k.Open, q)
}

// close closes a question. It keeps a question that the same workflow asked
// later, because the order of signals that arrived together is unknown.
func (k *keeper) close(q sms.Question) {
	k.changed = true
	k.Open = slices.DeleteFunc(k.Open, func(o sms.Question) bool {
		return o.WorkflowID == q.WorkflowID && !o.OpenedAt.After(q.OpenedAt)
	})
}

// reply passes a text to the question that it answers, and reports whether
// there was one. A redelivered text gets the same result.
func (k *keeper) reply(ctx workflow.Context, reply sms.Reply) (taken bool, err error) {
	if err := k.turn.Lock(ctx); err != nil {
		return false, err
	}
	defer k.turn.Unlock()
	k.handleSignals()
	k.changed = true
	if slices.Contains(k.Taken, reply.MessageSID) {
		return true, nil
	}
	candidates, groups, err := k.candidates(ctx, reply)
	if err != nil {
		return false, err
	}
	for looked := false; len(candidates) > 0; {
		chosen := choose(candidates, reply.Body)
		if chosen < 0 {
			if looked || !looks(ctx) {
				return false, nil
			}
			looked = true
			all, groupsOfAll := candidates, groups
			candidates, groups = nil, nil
			for i, q := range all {
				if k.asks(ctx, q) {
					candidates, groups = append(candidates, q), append(groups, groupsOfAll[i])
				}
			}
			continue
		}
		reply.MatchGroups = groups[chosen]
		if workflow.SignalExternalWorkflow(ctx, candidates[chosen].WorkflowID, "", sms.ReplySignal, reply).Get(ctx, nil) == nil {
			k.close(candidates[chosen])
			k.Taken = append(k.Taken, reply.MessageSID)
			k.Taken = k.Taken[max(0, len(k.Taken)-maxReplies):]
			return true, nil
		}
		// The workflow that asked has ended.
		k.close(candidates[chosen])
		candidates = slices.Delete(candidates, chosen, chosen+1)
		groups = slices.Delete(groups, chosen, chosen+1)
	}
	return false, nil
}

// candidates returns the questions that were open when the reply arrived and
// whose pattern matches, oldest first, with the captured groups of each.
func (k *keeper) candidates(ctx workflow.Context, reply sms.Reply) (open []sms.Question, groups []map[string]*string, err error) {
	asked := slices.DeleteFunc(slices.Clone(k.Open), func(q sms.Question) bool { return !q.MayBeAnsweredBy(reply.ReceivedAt, reply.AccountSID) })
	if len(asked) == 0 {
		return nil, nil, nil
	}
	input := sms.MatchReplyInput{Body: reply.Body}
	for _, q := range asked {
		input.Patterns = append(input.Patterns, q.Pattern)
	}
	matching := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: 5 * time.Second, ScheduleToCloseTimeout: time.Minute, Summary: "Match a reply",
	})
	var found []map[string]*string
	if err := workflow.ExecuteLocalActivity(matching, sms.MatchReplyName, input).Get(ctx, &found); err != nil {
		return nil, nil, err
	}
	for i, q := range asked {
		if found[i] != nil {
			open, groups = append(open, q), append(groups, found[i])
		}
	}
	return open, groups, nil
}

// looks reports whether the keeper looks for questions whose workflows were
// terminated, for example with their parent, before they could close them.
// Older versions did not.
func looks(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "ended-questions", workflow.DefaultVersion, 1) > workflow.DefaultVersion
}

// asks reports whether a question's workflow is still open, and closes the
// question if it is not.
func (k *keeper) asks(ctx workflow.Context, q sms.Question) bool {
	var run sms.FindRunResult
	err := untilAnswered(ctx, "Check whether the question is still open", sms.FindRunName, sms.FindRunInput{WorkflowID: q.WorkflowID}, &run)
	if err == nil && !run.Open {
		k.close(q)
		return false
	}
	return true
}

// choose picks one of several questions according to the policy of the latest
// one. It returns -1 if the policy picks none.
func choose(questions []sms.Question, body string) int {
	last := len(questions) - 1
	if last == 0 && questions[0].IfSeveral != sms.IfSeveralCode {
		return 0
	}
	switch questions[last].IfSeveral {
	case sms.IfSeveralLatest:
		return last
	case sms.IfSeveralCode:
		return coded(questions, body)
	case sms.IfSeveralRefuse:
		return -1
	}
	return 0
}

// coded returns the index of the question whose code is the first word of the
// text, or -1 if there is none. A single question needs no code.
func coded(questions []sms.Question, body string) int {
	if len(questions) == 1 {
		return 0
	}
	words := strings.Fields(body)
	if len(words) == 0 {
		return -1
	}
	return slices.IndexFunc(questions, func(q sms.Question) bool { return q.Code != "" && strings.EqualFold(q.Code, words[0]) })
}
