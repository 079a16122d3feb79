package workflows

// ReceiveSmsWorkflow carries out the plan of one inbound text, once. Its
// workflow ID identifies the text, so a redelivery finds what was decided.

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

var outcomeKey = temporal.NewSearchAttributeKeyKeyword(sms.AttributeOutcome)

const (
	// askTimeout limits one attempt to ask a workflow. Attempts are short
	// because the worker may crash during one.
	askTimeout = 3 * time.Second
	// untilRepaired is longer than any fault is expected to last.
	untilRepaired = 365 * 24 * time.Hour
	// maxRaces limits how often a call is tried again because a workflow
	// closed or started at the same moment.
	maxRaces = 20
	// signalsAtOnce limits the signals in flight. Temporal allows 2,000.
	signalsAtOnce = 500
	// signalsPerRun limits the signals of one run. Each adds two events to
	// its history, whose length Temporal limits.
	signalsPerRun = 2000
)

// receiveState is what a run of ReceiveSmsWorkflow with too many signals passes
// on to the next run: what is known about each firing.
type receiveState struct {
	Firings []firingState `json:"firings"`
}

// firingState is what is known about a firing.
type firingState struct {
	// Result is nil until the outcome of the firing is decided.
	Result *sms.FiringResult `json:"result,omitempty"`
	// Value is what the call returned, for use in the echo.
	Value json.RawMessage `json:"value,omitempty"`
	// After is the last workflow that a signalAll has signalled, and Count
	// is how many it has signalled.
	After string `json:"after,omitempty"`
	Count int    `json:"count,omitempty"`
}

// ReceiveSmsWorkflow carries out the plan of a text: it passes the text to the
// question that it answers, or else makes the call of each firing. It decides
// each outcome once, and its result contains the replies. Its ID is
// sms.TextWorkflowID. state is nil except in later runs of the same workflow.
func ReceiveSmsWorkflow(ctx workflow.Context, input sms.ReceiveSmsInput, state *receiveState) (sms.ReceiveSmsResult, error) {
	r := &receiving{input: input}
	if state != nil && len(state.Firings) == len(input.Firings) {
		r.receiveState = *state
	} else {
		answered, err := r.begin(ctx)
		if err != nil {
			return sms.ReceiveSmsResult{}, err
		}
		if answered {
			return r.conclude(ctx, sms.ReceiveSmsResult{Outcome: sms.OutcomeAnswered, Replies: []string{}, Firings: []sms.FiringResult{}})
		}
	}
	r.publish(ctx)
	for i := range r.Firings {
		switch {
		case r.Firings[i].Result != nil:
		case ctx.Err() != nil:
			return sms.ReceiveSmsResult{}, ctx.Err()
		default:
			return sms.ReceiveSmsResult{}, workflow.NewContinueAsNewError(ctx, sms.ReceiveSmsWorkflowName, input, r.receiveState)
		}
	}
	return r.conclude(ctx, r.result())
}

// receiving is the state of ReceiveSmsWorkflow.
type receiving struct {
	receiveState
	input sms.ReceiveSmsInput
}

// begin decides the outcome of the firings that the plan refuses, and of those
// that the sender was told have failed. Then it offers the text to the keepers
// of questions. answered is true if a question took the text, so that no firing
// gets it.
func (r *receiving) begin(ctx workflow.Context) (answered bool, err error) {
	told := gaveUp(workflow.GetSignalChannel(ctx, sms.GiveUpSignal))
	r.Firings = make([]firingState, len(r.input.Firings))
	for i := range r.input.Firings {
		switch f := &r.input.Firings[i]; {
		case f.Problem != "":
			r.decide(i, sms.OutcomeRefused, f.Problem)
		case told && f.EchoError != "" && !f.Call.Certain():
			r.decide(i, sms.OutcomeTooLate, "no worker was available in time")
		}
	}
	if told {
		return false, nil
	}
	for _, keeper := range r.input.Keepers {
		if r.offer(ctx, keeper, &answered); answered || ctx.Err() != nil {
			return answered, ctx.Err()
		}
	}
	return false, nil
}

// gaveUp reports whether a delivery of the text said that it gave up, and did
// not later withdraw that. It counts only signals received before the first
// workflow task. Signals may be duplicated, reordered or lost.
func gaveUp(signals workflow.ReceiveChannel) bool {
	var deliveries []int
	older, delivery := 0, 0
	for ; signals.ReceiveAsync(&delivery); delivery = 0 {
		if delivery == 1 || delivery == -1 {
			older += delivery // this webhook's version does not number deliveries
		} else {
			deliveries = append(deliveries, delivery)
		}
	}
	return older > 0 || slices.ContainsFunc(deliveries, func(d int) bool { return d > 0 && !slices.Contains(deliveries, -d) })
}

// offer offers the text to a keeper until the keeper answers. A live text is
// dated by Temporal's clock, as questions are, because the webhook's clock may
// be wrong.
func (r *receiving) offer(ctx workflow.Context, keeper string, answered *bool) {
	const summary = "Ask whether the text answers a question"
	ask := sms.AskKeeperInput{Keeper: keeper, Text: r.input.Text}
	if !r.input.Late {
		ask.Text.ReceivedAt = workflow.GetInfo(ctx).WorkflowStartTime
	}
	if workflow.GetVersion(ctx, "keepers-by-activity", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		_ = untilAnswered(ctx, summary, sms.AskKeeperName, ask, answered)
		return
	}
	// Keepers match replies in a local activity. If this were a local
	// activity too, texts could occupy all of a worker's slots for local
	// activities and wait for one another.
	_ = untilAsked(ctx, summary, sms.AskKeeperName, ask, answered)
}

// publish makes the calls of all undecided firings concurrently.
func (r *receiving) publish(ctx workflow.Context) {
	all := workflow.NewWaitGroup(ctx)
	for i := range r.input.Firings {
		if r.Firings[i].Result != nil {
			continue
		}
		all.Add(1)
		workflow.GoNamed(ctx, r.input.Firings[i].Trigger, func(ctx workflow.Context) {
			defer all.Done()
			r.call(ctx, i)
		})
	}
	all.Wait(ctx)
}

// call makes the call of a firing and decides its outcome, unless the workflow
// is cancelled or the next run continues the call.
func (r *receiving) call(ctx workflow.Context, i int) {
	var err error
	switch f := &r.input.Firings[i]; f.Call.Action {
	case sms.ActionStart:
		err = r.start(ctx, f)
	case sms.ActionSignal:
		err = r.signal(ctx, f)
	case sms.ActionSignalWithStart:
		err = r.signalWithStart(ctx, f)
	case sms.ActionUpdate:
		r.Firings[i].Value, err = r.update(ctx, f)
	case sms.ActionSignalAll:
		if err = r.signalAll(ctx, i); err == nil && r.Firings[i].After != "" {
			return
		}
	default:
		err = denial("unknown action " + f.Call.Action)
	}
	why := denial("")
	switch {
	case err == nil:
		r.decide(i, sms.OutcomePublished, "")
	case errors.As(err, &why):
		r.decide(i, sms.OutcomeRefused, string(why))
	case ctx.Err() == nil:
		r.decide(i, sms.OutcomeRefused, fmt.Sprintf("Temporal did not carry out the call: %T", err))
	}
}

// denial is the reason why a call is permanently refused. It contains no phone
// number and no text.
type denial string

func (d denial) Error() string { return string(d) }

func (r *receiving) decide(i int, outcome sms.Outcome, reason string) {
	result := sms.FiringResult{Trigger: r.input.Firings[i].Trigger, Outcome: outcome, Reason: reason}
	if r.input.Firings[i].Call.Action == sms.ActionSignalAll && outcome == sms.OutcomePublished {
		result.Count = &r.Firings[i].Count
	}
	r.Firings[i].Result = &result
}

// result combines the outcomes of all firings into the outcome of the text,
// with its replies.
func (r *receiving) result() sms.ReceiveSmsResult {
	result := sms.ReceiveSmsResult{Outcome: sms.OutcomePublished, Replies: []string{}, Firings: []sms.FiringResult{}}
	if len(r.Firings) == 0 {
		result.Outcome = sms.OutcomeUnwanted
	}
	for i := range r.Firings {
		decided := *r.Firings[i].Result
		result.Firings = append(result.Firings, decided)
		reply := r.input.Firings[i].EchoError
		switch decided.Outcome {
		case sms.OutcomePublished:
			reply = r.input.Firings[i].Echo.In(r.Firings[i].Value)
		case sms.OutcomeRefused:
			result.Outcome = sms.OutcomeRefused
		case sms.OutcomeTooLate:
			if result.Outcome != sms.OutcomeRefused {
				result.Outcome = sms.OutcomeTooLate
			}
		}
		if reply != "" {
			result.Replies = append(result.Replies, reply)
		}
	}
	return result
}

// conclude sets the search attribute for the outcome, so workflows can be
// listed by outcome.
func (r *receiving) conclude(ctx workflow.Context, result sms.ReceiveSmsResult) (sms.ReceiveSmsResult, error) {
	if !r.input.Attributes {
		return result, nil
	}
	return result, workflow.UpsertTypedSearchAttributes(ctx, outcomeKey.ValueSet(string(result.Outcome)))
}

// start starts a workflow as an abandoned child. Temporal starts it only once.
func (r *receiving) start(ctx workflow.Context, f *sms.Firing) error {
	call := &f.Call
	for range maxRaces {
		started, err := r.child(ctx, f)
		switch {
		case err != nil || started:
			return err
		case call.WorkflowID == "":
			return nil // this text started it
		case call.IDConflict == sms.ConflictFail:
			return denial("a workflow with this ID already exists")
		case call.IDReuse == sms.ReuseAllowDuplicate && call.IDConflict == sms.ConflictUseExisting:
			return nil // the workflow is open, so the text joins it
		}
		// A workflow with this ID is open or has closed.
		run, err := r.find(ctx, call.WorkflowID)
		switch {
		case err != nil:
			return err
		case run.Open && call.IDConflict == sms.ConflictUseExisting:
			return nil
		case !run.Open && call.IDReuse != sms.ReuseAllowDuplicate:
			return errReuse
		}
		// terminateExisting raced with another start.
	}
	return denial("workflows with this ID kept starting and closing; gave up")
}

// child starts the workflow of a call. started is false if the reuse policy
// does not allow it.
func (r *receiving) child(ctx workflow.Context, f *sms.Firing) (started bool, err error) {
	call := &f.Call
	options := workflow.ChildWorkflowOptions{
		WorkflowID: call.WorkflowID, TaskQueue: call.TaskQueue,
		WorkflowExecutionTimeout: time.Duration(call.ExecutionTimeout), WorkflowRunTimeout: time.Duration(call.RunTimeout), WorkflowTaskTimeout: time.Duration(call.TaskTimeout),
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: reusePolicy(call),
		Memo:                  f.Memo(r.input.Text.MessageSID),
		StaticSummary:         f.Summary(),
		Priority:              temporal.Priority{PriorityKey: sms.PriorityOfStarted},
	}
	if call.WorkflowID == "" {
		options.WorkflowID = r.ownID(f)
	}
	options.SearchAttributes = f.SearchAttributes() //nolint:staticcheck // Temporal knows the types of a trigger's attributes, we do not
	child := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, options), call.Workflow, call.Input)
	err = child.GetChildWorkflowExecution().Get(ctx, nil)
	if already := (*temporal.ChildWorkflowExecutionAlreadyStartedError)(nil); errors.As(err, &already) {
		return false, nil
	}
	return err == nil, err
}

// ownID returns the ID of a workflow or request that the text creates for a
// trigger.
func (r *receiving) ownID(f *sms.Firing) string {
	if r.input.WorkflowID != "" {
		return r.input.WorkflowID + "-" + f.Trigger
	}
	return sms.StartedWorkflowID(r.input.Text.MessageSID, f.Trigger)
}

// reusePolicy returns the policy for a child workflow, which cannot have a
// conflict policy.
func reusePolicy(call *sms.Call) enumspb.WorkflowIdReusePolicy {
	switch {
	case call.WorkflowID == "" || call.IDReuse == sms.ReuseRejectDuplicate:
		return enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE
	case call.IDConflict == sms.ConflictTerminateExisting:
		return enumspb.WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING //nolint:staticcheck // a child has no conflict policy to express it
	case call.IDReuse == sms.ReuseAllowDuplicateFailedOnly:
		return enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY
	}
	return enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
}

const (
	errNotOpen = denial("there is no open workflow with this ID")
	errReuse   = denial("a workflow with this ID has closed, and idReuse does not allow another")
)

// signal signals the open workflow with the call's ID.
func (r *receiving) signal(ctx workflow.Context, f *sms.Firing) error {
	if r.input.Late {
		run, err := r.find(ctx, f.Call.WorkflowID)
		if err != nil {
			return err
		}
		if run.Open && run.BeganLater {
			return denial("the workflow with this ID began after the text was received")
		}
	}
	return deliver(ctx, f.Call.WorkflowID, f.Call.Name, f.Call.SignalInput)
}

func deliver(ctx workflow.Context, workflowID, name string, input json.RawMessage) error {
	err := workflow.SignalExternalWorkflow(ctx, workflowID, "", name, input).Get(ctx, nil)
	if unknown := (*temporal.UnknownExternalWorkflowExecutionError)(nil); errors.As(err, &unknown) {
		return errNotOpen
	}
	return err
}

// signalWithStart signals the open workflow with the call's ID, or starts one
// with the signal. If the workflow closes before the signal arrives, another
// one is started with the signal.
func (r *receiving) signalWithStart(ctx workflow.Context, f *sms.Firing) error {
	for race := range maxRaces {
		err := deliver(ctx, f.Call.WorkflowID, f.Call.Name, f.Call.SignalInput)
		if !errors.Is(err, errNotOpen) {
			return err
		}
		if race > 0 && workflow.GetVersion(ctx, "signal-at-start", workflow.DefaultVersion, 1) > workflow.DefaultVersion {
			var result sms.SignalWithStartResult
			in := sms.SignalWithStartInput{RequestID: r.ownID(f), MessageSID: r.input.Text.MessageSID, Firing: *f}
			err := untilAnswered(ctx, "Start the workflow with its signal", sms.SignalWithStartName, in, &result)
			switch {
			case err != nil || result.Started:
				return err
			case !result.Open:
				return errReuse
			}
			continue
		}
		// Try a child workflow first, because only a child is linked to
		// the text's workflow.
		started, err := r.child(ctx, f)
		if err != nil {
			return err
		}
		if started || f.Call.IDReuse == sms.ReuseAllowDuplicate {
			continue // this or another text started it
		}
		run, err := r.find(ctx, f.Call.WorkflowID)
		if err != nil {
			return err
		}
		if !run.Open {
			return errReuse
		}
	}
	return denial("workflows with this ID close without waiting for the signal")
}

// update sends an update to the open workflow with the call's ID and returns
// the answer. It asks each run only once.
func (r *receiving) update(ctx workflow.Context, f *sms.Firing) (json.RawMessage, error) {
	for range maxRaces {
		run, err := r.find(ctx, f.Call.WorkflowID)
		switch {
		case err != nil:
			return nil, err
		case !run.Open:
			return nil, errNotOpen
		case r.input.Late && run.BeganLater:
			return nil, denial("the workflow with this ID began after the text was received")
		}
		answer, err := r.ask(ctx, f, run.RunID)
		switch {
		case err != nil:
			return nil, err
		case answer.Refused:
			return nil, denial("the workflow refused the update")
		case answer.TooLong:
			return nil, denial("the workflow's answer is longer than 64 kB")
		case !answer.Closed:
			return answer.Value, nil
		}
		// The run has closed, but there may be another, for example
		// after ContinueAsNew.
	}
	return nil, denial("workflows with this ID kept starting and closing; gave up")
}

// ask sends the update to one run of a workflow, and waits until that run
// answers or closes. It does not give up earlier, because an update cannot be
// withdrawn and the run may still carry it out. Each attempt gets the same
// answer.
func (r *receiving) ask(ctx workflow.Context, f *sms.Firing, runID string) (answer sms.AskWorkflowResult, err error) {
	const summary = "Ask the workflow"
	in := sms.AskWorkflowInput{WorkflowID: f.Call.WorkflowID, RunID: runID, Name: f.Call.Name, Input: f.Call.SignalInput, UpdateID: r.ownID(f)}
	older := workflow.GetVersion(ctx, "ask-until-answered", workflow.DefaultVersion, 1) == workflow.DefaultVersion
	err = untilAsked(ctx, summary, sms.AskWorkflowName, in, &answer)
	if err == nil || !older || ctx.Err() != nil {
		return answer, err
	}
	// Older versions limited this activity to a few seconds.
	if err = untilAnswered(ctx, summary, sms.AskWorkflowName, in, &answer); err == nil && answer.Closed {
		err = denial("the workflow did not answer in time")
	}
	return answer, err
}

// signalAll signals all workflows that catch the text. If there are too many
// for one run, After says where the next run must continue.
func (r *receiving) signalAll(ctx workflow.Context, i int) error {
	f, s := &r.input.Firings[i], &r.Firings[i]
	find := sms.FindCatchersInput{Query: f.Call.Catchers, Limit: signalsPerRun}
	if r.input.Late {
		find.ReceivedAt = r.input.Text.ReceivedAt
	}
	// Several firings share Temporal's limits for one workflow.
	atOnce := max(1, signalsAtOnce/len(r.input.Firings))
	find.Limit = max(1, find.Limit/len(r.input.Firings))
	for signalled := 0; signalled < find.Limit; {
		find.After = s.After
		var found sms.FindCatchersResult
		if err := untilAnswered(ctx, "Find the workflows that catch the text", sms.FindCatchersName, find, &found); err != nil {
			return err
		}
		for some := range slices.Chunk(found.WorkflowIDs, atOnce) {
			if err := s.signal(ctx, some, f.Call.Name, f.Call.SignalInput); err != nil {
				return err
			}
		}
		signalled += len(found.WorkflowIDs)
		if s.After = found.Next; s.After == "" {
			s.Value = json.RawMessage(fmt.Sprintf(`{"count":%d}`, s.Count))
			return nil
		}
	}
	return nil
}

// signal signals workflows concurrently and counts those that it reaches. The
// others have closed since they were found.
func (s *firingState) signal(ctx workflow.Context, workflowIDs []string, name string, input json.RawMessage) error {
	signals := make([]workflow.Future, len(workflowIDs))
	for n, id := range workflowIDs {
		signals[n] = workflow.SignalExternalWorkflow(ctx, id, "", name, input)
	}
	for _, signal := range signals {
		if signal.Get(ctx, nil) == nil {
			s.Count++
		}
	}
	return ctx.Err()
}

// find looks up the workflow with the given ID.
func (r *receiving) find(ctx workflow.Context, workflowID string) (run sms.FindRunResult, err error) {
	find := sms.FindRunInput{WorkflowID: workflowID, ReceivedAt: r.input.Text.ReceivedAt}
	err = untilAnswered(ctx, "Find the workflow", sms.FindRunName, find, &run)
	return run, err
}

// untilAnswered runs a local activity that makes a request to Temporal until
// that succeeds, because a text must not be lost to a workflow that is broken
// but can be repaired. An error that no retry can fix becomes a denial.
func untilAnswered(ctx workflow.Context, summary, name string, in, answer any) error {
	err := workflow.ExecuteLocalActivity(workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: 20 * time.Second, ScheduleToCloseTimeout: untilRepaired, Summary: summary,
		// Each attempt after a long wait adds events to the history,
		// whose length Temporal limits.
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: 50 * time.Millisecond, MaximumInterval: 5 * time.Minute},
	}), name, in).Get(ctx, answer)
	return asDenial(err)
}

// untilAsked runs an activity that sends an update to a workflow until the
// workflow answers. It returns the same errors as untilAnswered.
func untilAsked(ctx workflow.Context, summary, name string, in, answer any) error {
	err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: sms.TaskQueue, ScheduleToCloseTimeout: untilRepaired, StartToCloseTimeout: askTimeout, Summary: summary,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: 100 * time.Millisecond, MaximumInterval: time.Minute},
	}), name, in).Get(ctx, answer)
	return asDenial(err)
}

// asDenial converts an error that no retry can fix to a denial.
func asDenial(err error) error {
	if refused := (*temporal.ApplicationError)(nil); errors.As(err, &refused) && refused.NonRetryable() {
		return denial(refused.Message())
	}
	return err
}
