package webhook

// Replies that depend on more than whether Temporal accepts the text. The
// text's workflow decides them, and the webhook waits for it. If no worker is
// available in time, the webhook gives up, and prevents the workflow from later
// contradicting the reply.

import (
	"context"
	"math"
	"math/rand/v2"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"temporal-twilio/sms"
)

// giveUpTimeout is the time reserved at the end of answerTimeout for giving up
// cleanly.
const giveUpTimeout = 2 * time.Second

// decided returns what was decided about the text. The replies are in the memo
// if they were decided before the text's workflow started, or else in its
// result.
func (r *reception) decided(ctx context.Context, earlier *client.WorkflowExecutionDescription) Answer {
	deadline, _ := ctx.Deadline()
	waiting, cancel := context.WithDeadline(ctx, deadline.Add(-giveUpTimeout))
	defer cancel()
	if earlier != nil {
		replies, found, err := recorded(earlier)
		if err != nil {
			return Answer{Again: true, Outcome: outcomePending, Reasons: map[string]string{"": reason(err)}}
		}
		if found {
			return Answer{Replies: replies, Outcome: outcomeAccepted}
		}
	}
	if answer, decided := r.outcome(waiting); decided {
		return answer
	}
	if replies, gaveUp := r.giveUp(ctx); gaveUp {
		return Answer{Replies: replies, Outcome: string(sms.OutcomeTooLate)}
	}
	if answer, decided := r.outcome(ctx); decided {
		return answer
	}
	return Answer{Again: true, Outcome: outcomePending}
}

// recorded returns the replies in the memo of a text's workflow. found is false
// if its result contains them instead.
func recorded(text *client.WorkflowExecutionDescription) (replies []string, found bool, err error) {
	if text.Memo.GetFields()[sms.MemoReplies] != nil {
		return replies, true, text.GetMemoValue(sms.MemoReplies, &replies)
	}
	return nil, text.WorkflowType.Name != sms.ReceiveSmsWorkflowName, nil // another version may have recorded none
}

// outcome waits for the result of the text's workflow.
func (r *reception) outcome(ctx context.Context) (answer Answer, decided bool) {
	var result sms.ReceiveSmsResult
	err := r.Client.GetWorkflow(ctx, r.workflowID, "").Get(ctx, &result)
	switch {
	case err == nil:
		return told(result), true
	case isUnreadable(err):
		return Answer{Again: true, Outcome: outcomePending, Reasons: map[string]string{"": reason(err)}}, true
	case isEnded(err):
		return Answer{Outcome: "its workflow was ended", Reasons: map[string]string{"": reason(err)}}, true
	}
	return answer, false
}

// told returns the answer described by a workflow's result.
func told(result sms.ReceiveSmsResult) Answer {
	answer := Answer{Replies: result.Replies, Outcome: string(result.Outcome), Reasons: map[string]string{}}
	for _, f := range result.Firings {
		if f.Reason != "" {
			answer.Reasons[f.Trigger] = f.Reason
		}
		if f.Count != nil && *f.Count == 0 {
			answer.Uncaught = append(answer.Uncaught, f.Trigger)
		}
	}
	return answer
}

type callerKey struct{}

// withCaller returns a context that carries the context of the request, which
// ends once nobody is waiting for the answer.
func withCaller(ctx, request context.Context) context.Context {
	return context.WithValue(ctx, callerKey{}, request)
}

// isHeard reports whether anyone is still waiting for the answer.
func isHeard(ctx context.Context) bool {
	request, _ := ctx.Value(callerKey{}).(context.Context)
	return request == nil || request.Err() == nil
}

// giveUp prevents the text's workflow from publishing any firing with an
// echoError, unless a worker may have started the workflow. It returns the
// replies to send instead. If it returns false, nothing has changed. It takes
// the replies from the workflow, because another delivery may have made its
// plan. If nobody is waiting for the replies anymore, it does not give up, so
// that the text is not lost.
func (r *reception) giveUp(ctx context.Context) (replies []string, gaveUp bool) {
	workflow, err := r.unbegun(ctx)
	if err != nil || !isHeard(ctx) || workflow == nil || workflow.Memo.GetFields()[sms.MemoIfLost] == nil || workflow.GetMemoValue(sms.MemoIfLost, &replies) != nil {
		return nil, false
	}
	delivery := 2 + rand.IntN(math.MaxInt32-2)
	if r.Client.SignalWorkflow(ctx, r.workflowID, "", sms.GiveUpSignal, delivery) == nil {
		// If no worker has started the workflow by now, any worker that
		// starts it will see the signal.
		if workflow, err := r.unbegun(ctx); err == nil && workflow != nil && isHeard(ctx) {
			return replies, true
		}
	}
	r.goOn(delivery) // the signal may have arrived despite the error
	return nil, false
}

// goOn withdraws a giveUp that the sender has not been told about.
func (r *reception) goOn(delivery int) {
	ctx, cancel := context.WithTimeout(context.Background(), acceptTimeout)
	defer cancel()
	_, _ = r.try(ctx, func(ctx context.Context) error {
		return r.Client.SignalWorkflow(ctx, r.workflowID, "", sms.GiveUpSignal, -delivery)
	})
}

// unbegun returns the text's workflow if no worker can have done anything for
// it, or nil otherwise.
func (r *reception) unbegun(ctx context.Context) (*client.WorkflowExecutionDescription, error) {
	workflow, err := r.Client.DescribeWorkflow(ctx, r.workflowID, "")
	if err != nil || workflow.RawResponse.GetPendingWorkflowTask().GetState() != enumspb.PENDING_WORKFLOW_TASK_STATE_SCHEDULED {
		return nil, err
	}
	history := r.Client.GetWorkflowHistory(ctx, r.workflowID, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		// A worker offers the text to keepers before it completes its
		// first task. A run that continues an earlier one has already
		// been started.
		if err != nil || event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED || event.GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId() != "" {
			return nil, err
		}
	}
	return workflow, nil
}
