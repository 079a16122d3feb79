package webhook

// The dispatch of a text: how its matches become one workflow and a reply to
// its sender.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/sync/errgroup"

	"temporal-twilio/sms"
	"temporal-twilio/triggers"
)

const (
	// acceptTimeout limits how long Temporal may take to accept a text,
	// including all attempts. The rest of answerTimeout is for what
	// follows.
	acceptTimeout = 7 * time.Second
	// attemptTimeout limits each attempt.
	attemptTimeout = 3 * time.Second
	// catchesUpTimeout limits how long it may take to find out whether any
	// webhook catches up on texts.
	catchesUpTimeout = time.Second
)

// Dispatcher passes texts to Temporal.
type Dispatcher struct {
	Client client.Client
	// IDSecret is used to derive the pseudonyms of phones, and the IDs of
	// the workflows that keep open questions. It must be the workers'
	// IDSecret.
	IDSecret []byte
	// Attributes returns the namespace's search attributes. Optional: by
	// default, workflows get no search attributes.
	Attributes func(context.Context) Attributes
	// CatchesUp reports whether any webhook catches up on texts. If so, two
	// more kinds of texts get a workflow: texts that Twilio marked as an
	// opt-out, even if no trigger matches, because Twilio's log does not
	// show the mark; and texts whose sender is told that they were refused,
	// because the triggers may have changed by the time of the catch-up.
	// Optional: default false.
	CatchesUp func(context.Context) (bool, error)

	mu sync.Mutex
	// accepted holds the texts that Temporal has accepted or may have
	// accepted.
	accepted recent[string, bool]
}

// Attributes maps the names of search attributes to their types.
type Attributes map[string]enumspb.IndexedValueType

// ofTexts reports whether all search attributes for texts exist.
func (a Attributes) ofTexts() bool {
	return a[sms.AttributeTrigger] == enumspb.INDEXED_VALUE_TYPE_KEYWORD &&
		a[sms.AttributeOutcome] == enumspb.INDEXED_VALUE_TYPE_KEYWORD &&
		a[sms.AttributeParty] == enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST
}

// Answer is the outcome of a text, for its sender and for the log.
type Answer struct {
	// Replies holds the messages of the reply, in the order of the
	// triggers.
	Replies []string
	// Unsaid is why replies were withheld, or "" if they are sent.
	Unsaid string
	// Again is true if Twilio should deliver the text again, either because
	// its outcome is not known yet or because a trigger prefers redelivery
	// to losing the text.
	Again bool
	// Outcome describes the outcome of the text in a word or two.
	Outcome string
	// Uncaught lists the triggers whose signalAll reached no workflow.
	Uncaught []string
	// WorkflowID is the ID of the text's workflow, or "" if it has none.
	WorkflowID string
	// Known is true if the text was delivered before.
	Known bool
	// Reasons holds the reasons for failures by trigger, or by "" for the
	// whole text. They contain no phone number and no text.
	Reasons map[string]string
}

// reasons formats Reasons for a log line.
func (a *Answer) reasons() string {
	var all []string
	for _, trigger := range slices.Sorted(maps.Keys(a.Reasons)) {
		all = append(all, strings.TrimPrefix(trigger+": "+a.Reasons[trigger], ": "))
	}
	return strings.Join(all, "; ")
}

// The possible outcomes of a text, in addition to those of its workflow.
const (
	outcomeAccepted = "accepted"
	outcomeAway     = "Temporal unreachable"
	outcomePending  = "pending"
)

// Mode is how a text arrived, which determines whether its sender can get a
// reply.
type Mode int

const (
	// Live texts get replies.
	Live Mode = iota
	// Mute texts are delivered now but must not get a reply. Because the
	// sender cannot be told that the text is lost, Twilio has to deliver it
	// again.
	Mute
	// Late texts come from Twilio's log. No reply can be sent.
	Late
)

// Receive passes a text to Temporal. It may be called again for the same text,
// even concurrently, by other processes and with other triggers. The first
// decision is final.
func (d *Dispatcher) Receive(ctx context.Context, message sms.Inbound, matches []triggers.Match, mode Mode) Answer {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	accepting, stop := context.WithTimeout(ctx, acceptTimeout)
	defer stop()
	r := &reception{Dispatcher: d, message: message, mode: mode, workflowID: sms.TextWorkflowID(message.MessageSID)}
	if err := r.plan(accepting, matches); err != nil {
		return r.unreached(err, false)
	}
	if !r.wanted() && !r.delivered(accepting) {
		return r.unwanted()
	}
	earlier, doubt, err := r.accept(accepting)
	if err == nil || doubt {
		d.mu.Lock()
		d.accepted.put(message.MessageSID, true)
		d.mu.Unlock()
	}
	if err != nil {
		return r.unreached(err, doubt)
	}
	answer := Answer{Outcome: outcomeAccepted}
	switch {
	case mode != Live:
	case earlier == nil && r.certain():
		answer.Replies, answer.Reasons = r.replies(true), r.problems()
		if len(matches) > 0 && !r.publishes() {
			answer.Outcome = string(sms.OutcomeRefused)
		}
	default:
		answer = r.decided(ctx, earlier)
	}
	answer.Known, answer.WorkflowID = earlier != nil, r.workflowID
	return answer
}

// reception is one delivery of a text.
type reception struct {
	*Dispatcher
	message    sms.Inbound
	mode       Mode
	workflowID string
	input      sms.ReceiveSmsInput
	attributes Attributes
	// keep is true if the text gets a workflow even though it matches
	// nothing, so that it is not caught up on later.
	keep bool
}

// plan resolves the matches and determines whether a question may be open.
func (r *reception) plan(ctx context.Context, matches []triggers.Match) (err error) {
	m := r.message
	r.input = sms.ReceiveSmsInput{
		Text: sms.Text{MessageSID: m.MessageSID, Body: m.Body, From: m.From, To: m.To, AccountSID: m.AccountSID, ReceivedAt: m.ReceivedAt.UTC()},
		Late: r.mode == Late, Firings: make([]sms.Firing, len(matches)),
	}
	if r.Attributes != nil {
		r.attributes = r.Attributes(ctx)
	}
	for i := range matches {
		f := matches[i].Plan()
		if f.Problem == "" {
			f.Problem = r.refusal(&f.Call)
		}
		r.input.Firings[i] = f
	}
	// A text that is published has a workflow anyway.
	if !r.publishes() && (m.Parameters[sms.OptOutType] != "" || r.tells()) {
		r.keep = r.mayBeCaughtUp(ctx)
	}
	if r.input.Keepers, err = r.keepers(ctx); err != nil {
		return err
	}
	if r.Attributes != nil && r.attributes == nil && !r.plain() && slices.ContainsFunc(r.input.Firings, func(f sms.Firing) bool { return len(f.Call.SearchAttributes) > 0 }) {
		return errAttributes // a missing attribute would block the text's workflow permanently
	}
	return nil
}

// mayBeCaughtUp reports whether missed texts may be caught up on later. It
// returns true if that is unknown. Temporal needs its internal workers to
// describe the schedule, but accepts texts even while they are down.
func (r *reception) mayBeCaughtUp(ctx context.Context) bool {
	if r.CatchesUp == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, catchesUpTimeout)
	defer cancel()
	catchesUp, err := r.CatchesUp(ctx)
	return catchesUp || err != nil
}

// plain reports whether the text's workflow is the one that its trigger starts.
func (r *reception) plain() bool {
	return len(r.input.Firings) == 1 && r.publishes() && r.certain() && r.input.Firings[0].Call.Plain()
}

// keepers returns the IDs of the open workflows that keep questions to the
// sender.
func (r *reception) keepers(ctx context.Context) (open []string, err error) {
	if !r.message.Ordinary() {
		return nil, nil // a keyword for Twilio or a reaction cannot answer a question
	}
	ids := sms.KeeperIDs(r.IDSecret, r.message)
	running := make([]bool, len(ids))
	asking, ctx := errgroup.WithContext(ctx)
	for i, id := range ids {
		asking.Go(func() error {
			_, err := r.try(ctx, func(ctx context.Context) error {
				found, err := r.Client.DescribeWorkflow(ctx, id, "")
				running[i] = err == nil && found.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
				return err
			})
			if isNotFound(err) {
				return nil
			}
			return err
		})
	}
	if err := asking.Wait(); err != nil {
		return nil, err
	}
	for i, id := range ids {
		if running[i] {
			open = append(open, id)
		}
	}
	return open, nil
}

// wanted reports whether the text needs a workflow. It does, even if all of its
// firings are refused, while an earlier, failed request to start its workflow
// may still be in flight: that request must not publish something that the
// sender is told was refused.
func (r *reception) wanted() bool {
	return len(r.input.Keepers) > 0 || r.keep || r.publishes() || r.mayBeAccepted() && !r.refusedRetries()
}

// delivered reports whether the text may already have a workflow and a reply,
// because another webhook received it, or because this one did before the
// triggers changed.
func (r *reception) delivered(ctx context.Context) bool {
	if r.mode != Live || !r.message.Ordinary() {
		return false
	}
	_, err := r.describe(ctx)
	return !isNotFound(err)
}

// describe returns the description of the text's workflow.
func (r *reception) describe(ctx context.Context) (found *client.WorkflowExecutionDescription, err error) {
	_, err = r.try(ctx, func(ctx context.Context) error {
		found, err = r.Client.DescribeWorkflow(ctx, r.workflowID, "")
		return err
	})
	return found, err
}

// publishes reports whether at least one firing is not refused.
func (r *reception) publishes() bool {
	return slices.ContainsFunc(r.input.Firings, func(f sms.Firing) bool { return f.Problem == "" })
}

// unwanted returns the answer to a text that answers no question and for which
// no trigger can publish anything.
func (r *reception) unwanted() Answer {
	answer := Answer{Replies: r.replies(false), Outcome: string(sms.OutcomeUnwanted), Again: r.refusedRetries(), Reasons: r.problems()}
	if len(r.input.Firings) > 0 {
		answer.Outcome = string(sms.OutcomeRefused)
	}
	return answer
}

// refusedRetries reports whether a trigger wants a refused text to be delivered
// again. This does not apply to a text from the log, which would be refused
// every time.
func (r *reception) refusedRetries() bool {
	return !r.input.Late && slices.ContainsFunc(r.input.Firings, func(f sms.Firing) bool { return f.Retry })
}

// certain reports whether the answer depends only on whether Temporal accepts
// the text.
func (r *reception) certain() bool {
	for i := range r.input.Firings {
		if f := &r.input.Firings[i]; f.Problem == "" && !f.Call.Certain() {
			return false
		}
	}
	return len(r.input.Keepers) == 0
}

// replies returns the sender's replies. If published is true, each firing that
// Temporal can accept and whose call is [sms.Call.Certain] gets its echo. Every
// other firing gets its echoError.
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

// tells reports whether to tell the sender that publishing failed: a trigger
// has an echoError, and no trigger wants the text to be delivered again.
func (r *reception) tells() bool {
	if r.mode != Live {
		return false
	}
	words := false
	for i := range r.input.Firings {
		if r.input.Firings[i].Retry {
			return false
		}
		words = words || r.input.Firings[i].EchoError != ""
	}
	return words
}

// unreached returns the answer for a text that Temporal did not accept. If
// Temporal may have accepted it, now or in an earlier delivery, the sender must
// not be told that it was lost.
func (r *reception) unreached(err error, doubt bool) Answer {
	doubt = doubt || r.mayBeAccepted()
	answer := Answer{Outcome: outcomeAway, Again: doubt || !r.tells(), Reasons: map[string]string{"": reason(err)}}
	if !isPassing(err) && !doubt {
		answer.Outcome, answer.Again = string(sms.OutcomeRefused), r.refusedRetries()
	}
	if !answer.Again {
		answer.Replies = r.replies(false)
	}
	return answer
}

// fallbackParameter is the parameter that Twilio adds when it calls a fallback
// URL because the webhook failed.
const fallbackParameter = "ErrorUrl"

// mayBeAccepted reports whether Temporal may have accepted an earlier delivery
// of the text, either from this webhook or from the webhook that Twilio called
// before this fallback.
func (r *reception) mayBeAccepted() bool {
	if r.mode == Late {
		return false // the caller retries until Temporal decides
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	accepted, _ := r.accepted.get(r.message.MessageSID)
	return accepted || r.message.Parameters[fallbackParameter] != ""
}

// accept asks Temporal to start the text's workflow, unless an earlier delivery
// did. doubt is true if the workflow may exist despite the error.
func (r *reception) accept(ctx context.Context) (earlier *client.WorkflowExecutionDescription, doubt bool, err error) {
	options := client.StartWorkflowOptions{
		ID: r.workflowID, WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		Memo:                                     map[string]any{sms.MemoMessageSid: r.message.MessageSID, sms.MemoAccount: r.message.AccountSID},
	}
	if r.certain() {
		options.Memo[sms.MemoReplies] = r.replies(true)
	} else if r.tells() {
		options.Memo[sms.MemoIfLost] = r.replies(true)
	}
	attributes := map[string]any{}
	if r.input.Attributes = r.attributes.ofTexts(); r.input.Attributes {
		attributes[sms.AttributeOutcome] = outcomeAccepted
		parties := []string{sms.Pseudonym(r.IDSecret, r.message.From)}
		if r.mode != Late { // a late text's workflow starts too late to say anything about the pace
			parties = append(parties, r.pair(r.message))
		}
		attributes[sms.AttributeParty] = parties
		if len(r.input.Firings) > 0 {
			attributes[sms.AttributeTrigger] = r.input.Firings[0].Trigger
		}
	}
	workflow, args := sms.ReceiveSmsWorkflowName, []any{r.input, nil}
	if r.plain() {
		f := &r.input.Firings[0]
		r.start(f, &options, attributes)
		workflow, args = f.Call.Workflow, []any{f.Call.Input}
	} else {
		options.TaskQueue = sms.TaskQueue
		options.Priority = temporal.Priority{PriorityKey: sms.PriorityOfTexts}
		switch n := len(r.input.Firings); n {
		case 0:
			options.StaticSummary = "SMS matched no trigger"
		case 1:
			options.StaticSummary = r.input.Firings[0].Summary()
		default:
			options.StaticSummary = fmt.Sprintf("SMS matched %d triggers", n)
		}
	}
	if len(attributes) > 0 {
		options.SearchAttributes = attributes //nolint:staticcheck // Temporal knows the types of a trigger's attributes, we do not
	}
	doubt, err = r.try(ctx, func(ctx context.Context) error {
		_, err := r.Client.ExecuteWorkflow(ctx, options, workflow, args...)
		return err
	})
	already, refused := (*serviceerror.WorkflowExecutionAlreadyStarted)(nil), (*serviceerror.InvalidArgument)(nil)
	switch {
	case errors.As(err, &already):
		return r.earlier(ctx)
	case errors.As(err, &refused) && r.input.Attributes:
		// A namespace may list a new attribute before it accepts values
		// for it. That must not lose a text.
		r.attributes = nil
		return r.accept(ctx)
	}
	return nil, doubt, err
}

// earlier looks up the workflow that the text already has. Another account's
// text may have the same MessageSid, because each account can make Twilio sign
// any form. Such a text gets a workflow of its own.
func (r *reception) earlier(ctx context.Context) (found *client.WorkflowExecutionDescription, doubt bool, err error) {
	if found, err = r.describe(ctx); err != nil {
		return nil, true, err
	}
	account := r.message.AccountSID
	_ = found.GetMemoValue(sms.MemoAccount, &account) // a workflow started by an older version has none
	if account != r.message.AccountSID && r.workflowID == sms.TextWorkflowID(r.message.MessageSID) {
		r.workflowID += "-" + r.message.AccountSID
		r.input.WorkflowID = r.workflowID
		return r.accept(ctx)
	}
	return found, false, nil
}

// start sets the options for a trigger that only starts a workflow.
func (r *reception) start(f *sms.Firing, options *client.StartWorkflowOptions, attributes map[string]any) {
	options.TaskQueue = f.Call.TaskQueue
	options.WorkflowExecutionTimeout = time.Duration(f.Call.ExecutionTimeout)
	options.WorkflowRunTimeout = time.Duration(f.Call.RunTimeout)
	options.WorkflowTaskTimeout = time.Duration(f.Call.TaskTimeout)
	options.StaticSummary = f.Summary()
	maps.Copy(options.Memo, f.Memo(r.message.MessageSID))
	if len(attributes) > 0 {
		attributes[sms.AttributeOutcome] = string(sms.OutcomePublished)
	}
	maps.Copy(attributes, f.SearchAttributes())
}

// Status signals the status of a message to the workflow that sent it. It is
// not an error if the workflow has closed.
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

// try repeats a request until Temporal accepts or refuses it, or ctx ends. The
// request must be safe to repeat. doubt is true if Temporal may have carried
// out the request despite the error.
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
		case <-time.After(time.Duration(float64(wait) * (0.5 + rand.Float64()))): // keeps webhooks from retrying in step
		}
	}
}
