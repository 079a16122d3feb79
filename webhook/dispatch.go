package webhook

// Dispatch: from a text and what it matches to the text's one workflow, and to
// what its sender is answered.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"temporal-twilio/sms"
	"temporal-twilio/triggers"
)

const (
	// acceptTimeout bounds how long Temporal may take to accept a text, with all
	// attempts. The sender is told within 10 s.
	acceptTimeout = 7 * time.Second
	// attemptTimeout bounds one attempt.
	attemptTimeout = 3 * time.Second
	// giveUpTimeout is kept at the end of answerTimeout, to give up in an orderly
	// way.
	giveUpTimeout = 2 * time.Second
)

// Dispatcher takes texts to Temporal.
type Dispatcher struct {
	Client client.Client
	// IDSecret makes the pseudonyms of phones, and the IDs of the workflows that
	// keep questions. It must be that of the workers.
	IDSecret []byte
	// Attributes returns the search attributes of the namespace. Optional: default
	// none, and no workflow gets those of texts.
	Attributes func(context.Context) Attributes
	// CatchesUp reports whether texts are caught up on, by whatever webhook. Then a
	// text that Twilio marked as an opt-out gets a workflow even if nobody wants it,
	// as Twilio's log does not show the mark. Optional: default not.
	CatchesUp func(context.Context) (bool, error)
}

// Attributes are search attributes by name.
type Attributes map[string]enumspb.IndexedValueType

// ofTexts reports whether all attributes of texts are there.
func (a Attributes) ofTexts() bool {
	return a[sms.AttributeTrigger] == enumspb.INDEXED_VALUE_TYPE_KEYWORD &&
		a[sms.AttributeOutcome] == enumspb.INDEXED_VALUE_TYPE_KEYWORD &&
		a[sms.AttributeParty] == enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST
}

// Answer says what became of a text: to its sender, and to the log.
type Answer struct {
	// Replies are texts, in the order of the triggers.
	Replies []string
	// Unsaid is why replies that there were are not sent; empty if they are.
	Unsaid string
	// Again asks Twilio to deliver the text again, because its outcome is not known
	// yet.
	Again bool
	// Outcome says what became of the text, in a word or two.
	Outcome string
	// WorkflowID is that of the text's workflow; empty if it has none.
	WorkflowID string
	// Known is set if the text was delivered before.
	Known bool
	// Reasons say why something failed, by trigger, or by "" for the text. They name
	// no number and no text.
	Reasons map[string]string
}

// reasons are the reasons for a log line.
func (a *Answer) reasons() string {
	var all []string
	for _, trigger := range slices.Sorted(maps.Keys(a.Reasons)) {
		all = append(all, strings.TrimPrefix(trigger+": "+a.Reasons[trigger], ": "))
	}
	return strings.Join(all, "; ")
}

// What may become of a text, besides the outcomes of its workflow.
const (
	outcomeUnwanted = "no trigger"
	outcomeAccepted = "accepted"
	outcomeAway     = "Temporal unreachable"
	outcomePending  = "pending"
)

// Receive takes a text to Temporal. It may be called again for the same text,
// also at the same time, by other processes, and with other triggers in force:
// the first decision is final. late: the text comes from Twilio's log, and
// nobody is answered.
func (d *Dispatcher) Receive(ctx context.Context, message sms.Inbound, firings []triggers.Firing, late bool) Answer {
	accepting, cancel := context.WithTimeout(ctx, acceptTimeout)
	defer cancel()
	r := &reception{Dispatcher: d, message: message, workflowID: sms.TextWorkflowID(message.MessageSID)}
	if err := r.plan(accepting, firings, late); err != nil {
		return r.unreached(err, false)
	}
	if !r.wanted() {
		return r.unwanted()
	}
	known, doubt, err := r.accept(accepting)
	if err != nil {
		return r.unreached(err, doubt)
	}
	answer := Answer{Outcome: outcomeAccepted}
	switch {
	case late:
	case !known && r.certain():
		answer.Replies, answer.Reasons = r.replies(true), r.problems()
	default:
		answer = r.decided(ctx, known)
	}
	answer.Known, answer.WorkflowID = known, r.workflowID
	return answer
}

// reception is one delivery of a text.
type reception struct {
	*Dispatcher
	message    sms.Inbound
	workflowID string
	input      sms.ReceiveSmsInput
	attributes Attributes
	// marked is set if the text must not be caught up on as an ordinary one.
	marked bool
}

// plan resolves the firings and finds out whether a question may be open.
func (r *reception) plan(ctx context.Context, firings []triggers.Firing, late bool) (err error) {
	m := r.message
	r.input = sms.ReceiveSmsInput{
		Text: sms.Text{MessageSID: m.MessageSID, Body: m.Body, From: m.From, To: m.To, AccountSID: m.AccountSID, ReceivedAt: m.ReceivedAt.UTC()},
		Late: late, Firings: make([]sms.Firing, len(firings)),
	}
	if r.Attributes != nil {
		r.attributes = r.Attributes(ctx)
	}
	for i := range firings {
		f := firings[i].Plan()
		if f.Problem == "" {
			f.Problem = r.refusal(&f.Call)
		}
		r.input.Firings[i] = f
	}
	if r.CatchesUp != nil && m.Parameters[sms.OptOutType] != "" {
		if _, err := r.try(ctx, func(ctx context.Context) (err error) {
			r.marked, err = r.CatchesUp(ctx)
			return err
		}); err != nil {
			return err
		}
	}
	if r.input.Keepers, err = r.keepers(ctx); err != nil {
		return err
	}
	if r.Attributes != nil && r.attributes == nil && !r.plain() && slices.ContainsFunc(r.input.Firings, func(f sms.Firing) bool { return len(f.Call.SearchAttributes) > 0 }) {
		return errAttributes // one that is not there would stop the text's workflow for good
	}
	return nil
}

// plain reports whether the text's workflow is the one that its trigger starts.
func (r *reception) plain() bool {
	return len(r.input.Firings) == 1 && r.certain() && r.input.Firings[0].Call.Plain()
}

// keepers returns the open workflows that keep questions to the sender.
func (r *reception) keepers(ctx context.Context) (open []string, err error) {
	if !r.message.Ordinary() {
		return nil, nil // a word for Twilio or a reaction, which answer no question
	}
	for _, id := range sms.KeeperIDs(r.IDSecret, r.message) {
		_, err := r.try(ctx, func(ctx context.Context) error {
			found, err := r.Client.DescribeWorkflow(ctx, id, "")
			if err == nil && found.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
				open = append(open, id)
			}
			return err
		})
		if err != nil && !isNotFound(err) {
			return nil, err
		}
	}
	return open, nil
}

// wanted reports whether there is anything to decide.
func (r *reception) wanted() bool {
	if len(r.input.Keepers) > 0 || r.marked {
		return true
	}
	for i := range r.input.Firings {
		if r.input.Firings[i].Problem == "" {
			return true
		}
	}
	return false
}

// unwanted is the answer to a text that no question and no trigger can have.
func (r *reception) unwanted() Answer {
	answer := Answer{Replies: r.replies(false), Outcome: outcomeUnwanted, Again: r.refusedRetries(), Reasons: r.problems()}
	if len(r.input.Firings) > 0 {
		answer.Outcome = string(sms.OutcomeRefused)
	}
	return answer
}

// refusedRetries reports whether a trigger would rather have a refused text
// again. One from the log has the same fate each time.
func (r *reception) refusedRetries() bool {
	return !r.input.Late && slices.ContainsFunc(r.input.Firings, func(f sms.Firing) bool { return f.Retry })
}

// certain reports whether the answer depends on nothing but that Temporal
// accepts the text.
func (r *reception) certain() bool {
	for i := range r.input.Firings {
		if f := &r.input.Firings[i]; f.Problem == "" && !f.Call.Certain() {
			return false
		}
	}
	return len(r.input.Keepers) == 0
}

// replies are what the sender is answered if the certain calls succeed, or none
// does, and no other.
func (r *reception) replies(published bool) []string {
	replies := []string{}
	for i := range r.input.Firings {
		f := &r.input.Firings[i]
		reply := f.EchoError
		if published && f.Problem == "" && f.Call.Certain() {
			reply = f.Echo.In(nil)
		}
		if reply != "" {
			replies = append(replies, reply)
		}
	}
	return replies
}

func (r *reception) problems() map[string]string {
	problems := map[string]string{}
	for i := range r.input.Firings {
		if f := &r.input.Firings[i]; f.Problem != "" {
			problems[f.Trigger] = f.Problem
		}
	}
	return problems
}

// tells reports whether the sender is to hear that publishing failed: there are
// words for it, and no trigger that would rather have the text delivered again.
func (r *reception) tells() bool {
	words := false
	for i := range r.input.Firings {
		if r.input.Firings[i].Retry {
			return false
		}
		words = words || r.input.Firings[i].EchoError != ""
	}
	return words
}

// unreached is the answer if Temporal did not accept the text. If it may have,
// the sender must not hear that it did not.
func (r *reception) unreached(err error, doubt bool) Answer {
	answer := Answer{Outcome: outcomeAway, Again: doubt || !r.tells(), Reasons: map[string]string{"": reason(err)}}
	if !isPassing(err) {
		answer.Outcome, answer.Again = string(sms.OutcomeRefused), r.refusedRetries()
	}
	if !answer.Again {
		answer.Replies = r.replies(false)
	}
	return answer
}

// accept has Temporal start the text's workflow. known: it has one already.
// doubt: it may have one in spite of the error.
func (r *reception) accept(ctx context.Context) (known, doubt bool, err error) {
	options := client.StartWorkflowOptions{
		ID: r.workflowID, WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		Memo:                                     map[string]any{sms.MemoMessageSid: r.message.MessageSID},
	}
	if r.certain() {
		options.Memo[sms.MemoReplies] = r.replies(true)
	} else if r.tells() {
		options.Memo[sms.MemoIfLost] = r.replies(true)
	}
	attributes := map[string]any{}
	if r.input.Attributes = r.attributes.ofTexts(); r.input.Attributes {
		attributes[sms.AttributeOutcome] = outcomeAccepted
		attributes[sms.AttributeParty] = []string{sms.Pseudonym(r.IDSecret, r.message.From)}
		if len(r.input.Firings) > 0 {
			attributes[sms.AttributeTrigger] = r.input.Firings[0].Trigger
		}
	}
	workflow, args := sms.ReceiveSmsWorkflowName, []any{r.input, nil}
	if r.plain() {
		f := &r.input.Firings[0]
		start(f, &options, attributes)
		workflow, args = f.Call.Workflow, []any{f.Call.Input}
	} else {
		options.TaskQueue = sms.TaskQueue
		options.StaticSummary = fmt.Sprintf("SMS matched %d triggers", len(r.input.Firings))
		if len(r.input.Firings) == 1 {
			options.StaticSummary = "SMS matched trigger " + r.input.Firings[0].Trigger
		}
	}
	if len(attributes) > 0 {
		options.SearchAttributes = attributes //nolint:staticcheck // Temporal knows the types of a trigger's attributes, we do not
	}
	doubt, err = r.try(ctx, func(ctx context.Context) error {
		_, err := r.Client.ExecuteWorkflow(ctx, options, workflow, args...)
		return err
	})
	if already := (*serviceerror.WorkflowExecutionAlreadyStarted)(nil); errors.As(err, &already) {
		return true, false, nil
	}
	return false, doubt, err
}

// start turns the options into those of a trigger's one start.
func start(f *sms.Firing, options *client.StartWorkflowOptions, attributes map[string]any) {
	options.TaskQueue = f.Call.TaskQueue
	options.WorkflowExecutionTimeout = time.Duration(f.Call.ExecutionTimeout)
	options.WorkflowRunTimeout = time.Duration(f.Call.RunTimeout)
	options.WorkflowTaskTimeout = time.Duration(f.Call.TaskTimeout)
	options.StaticSummary = "SMS matched trigger " + f.Trigger
	options.Memo[sms.MemoTrigger] = f.Trigger
	for name, value := range f.Call.Memo {
		if name != sms.MemoReplies { // a redelivery would be answered with it
			options.Memo[name] = value
		}
	}
	if len(attributes) > 0 {
		attributes[sms.AttributeOutcome] = string(sms.OutcomePublished)
	}
	for name, value := range f.Call.SearchAttributes {
		attributes[name] = value
	}
}

// decided finds what was decided about the text: in the memo if that was before
// its workflow began, in the result otherwise.
func (r *reception) decided(ctx context.Context, known bool) Answer {
	waiting, cancel := context.WithTimeout(ctx, untilDeadline(ctx)-giveUpTimeout)
	defer cancel()
	if known {
		replies, found, err := r.recorded(waiting)
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

// recorded returns the replies in the memo of the text's workflow.
func (r *reception) recorded(ctx context.Context) (replies []string, found bool, err error) {
	var description *client.WorkflowExecutionDescription
	_, err = r.try(ctx, func(ctx context.Context) error {
		description, err = r.Client.DescribeWorkflow(ctx, r.workflowID, "")
		return err
	})
	if err != nil {
		return nil, false, err
	}
	if description.Memo.GetFields()[sms.MemoReplies] != nil {
		return replies, true, description.GetMemoValue(sms.MemoReplies, &replies)
	}
	return nil, description.WorkflowType.Name != sms.ReceiveSmsWorkflowName, nil // of another version
}

// outcome waits for the result of the text's workflow.
func (r *reception) outcome(ctx context.Context) (answer Answer, decided bool) {
	var result sms.ReceiveSmsResult
	err := r.Client.GetWorkflow(ctx, r.workflowID, "").Get(ctx, &result)
	switch {
	case err == nil:
		answer = Answer{Replies: result.Replies, Outcome: string(result.Outcome), Reasons: map[string]string{}}
		for _, f := range result.Firings {
			if f.Reason != "" {
				answer.Reasons[f.Trigger] = f.Reason
			}
		}
		return answer, true
	case isUnreadable(err):
		return Answer{Again: true, Outcome: outcomePending, Reasons: map[string]string{"": reason(err)}}, true
	case isEnded(err):
		return Answer{Outcome: "its workflow was ended", Reasons: map[string]string{"": reason(err)}}, true
	}
	return answer, false
}

// giveUp keeps the text's workflow from publishing any firing that has an
// echoError, unless a worker may have begun with it, and returns what the sender
// is told instead. If it reports false, nothing has changed. The replies come from
// the workflow: another delivery may have made its plan.
func (r *reception) giveUp(ctx context.Context) (replies []string, gaveUp bool) {
	workflow, err := r.unbegun(ctx)
	if err != nil || workflow == nil || workflow.Memo.GetFields()[sms.MemoIfLost] == nil || workflow.GetMemoValue(sms.MemoIfLost, &replies) != nil {
		return nil, false
	}
	if r.Client.SignalWorkflow(ctx, r.workflowID, "", sms.GiveUpSignal, 1) == nil {
		// If no worker has begun by now, each that will sees the signal.
		if workflow, err := r.unbegun(ctx); err == nil && workflow != nil {
			return replies, true
		}
	}
	r.goOn() // the signal may have arrived in spite of an error
	return nil, false
}

// goOn takes a giveUp back, of which the sender has not heard.
func (r *reception) goOn() {
	ctx, cancel := context.WithTimeout(context.Background(), acceptTimeout)
	defer cancel()
	_, _ = r.try(ctx, func(ctx context.Context) error {
		return r.Client.SignalWorkflow(ctx, r.workflowID, "", sms.GiveUpSignal, -1)
	})
}

// unbegun returns the text's workflow if no worker can have done anything for it,
// and nil otherwise.
func (r *reception) unbegun(ctx context.Context) (*client.WorkflowExecutionDescription, error) {
	workflow, err := r.Client.DescribeWorkflow(ctx, r.workflowID, "")
	if err != nil || workflow.RawResponse.GetPendingWorkflowTask().GetState() != enumspb.PENDING_WORKFLOW_TASK_STATE_SCHEDULED {
		return nil, err
	}
	history := r.Client.GetWorkflowHistory(ctx, r.workflowID, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		// A worker offers the text to keepers before it completes its first task. What
		// continues an earlier run has begun.
		if err != nil || event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED || event.GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId() != "" {
			return nil, err
		}
	}
	return workflow, nil
}

// Status signals what became of a message to the workflow that sent it. A
// workflow that has closed does not want to know.
func (d *Dispatcher) Status(ctx context.Context, workflowID string, update sms.StatusUpdate) error {
	ctx, cancel := context.WithTimeout(ctx, acceptTimeout)
	defer cancel()
	_, err := d.try(ctx, func(ctx context.Context) error {
		return d.Client.SignalWorkflow(ctx, workflowID, "", sms.StatusSignal, update)
	})
	if err != nil && !isNotFound(err) {
		return fmt.Errorf("signal the workflow that sent the message: %s", reason(err))
	}
	return nil
}

// try calls until Temporal takes the request or refuses it, or time is up. Each
// request may be repeated. doubt: Temporal may have carried one out.
func (d *Dispatcher) try(ctx context.Context, call func(context.Context) error) (doubt bool, err error) {
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		attempt, cancel := context.WithTimeout(ctx, attemptTimeout)
		attempt, doubtful := watchDoubt(attempt)
		err = call(attempt)
		cancel()
		if err == nil || !isPassing(err) {
			return false, err
		}
		doubt = doubt || doubtful.Load()
		select {
		case <-ctx.Done():
			return doubt, err
		case <-time.After(time.Duration(float64(wait) * (0.5 + rand.Float64()))): // not all webhooks at once
		}
	}
}

// untilDeadline is how much time is left.
func untilDeadline(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return answerTimeout
	}
	return time.Until(deadline)
}
