package workflows

// BroadcastSmsWorkflow: one text to very many, page by page.

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/activities"
	"temporal-twilio/sms"
)

// BroadcastSmsInput is the input of BroadcastSmsWorkflow: that of SendSms, with
// the recipients in SmsTo, in a file, or from an activity.
type BroadcastSmsInput struct {
	activities.SendSmsInput
	// File holds the recipients: its name below the worker's BROADCAST_STORE, CSV
	// or .jsonl. Optional.
	File string `json:"file,omitempty" example:"\"customers.csv\""`
	// Source gives the recipients by an activity of the caller's. Optional.
	Source *Source `json:"source,omitempty" example:"{\"activity\": \"MyRecipients\", \"taskQueue\": \"shop\"}"`
	// Report is the name of a report below BROADCAST_STORE, without ".jsonl".
	// Optional: default no report.
	Report string `json:"report,omitempty" example:"\"monday\""`
	// PageSize is how many recipients one SendSms gets, 1 to 1000. Optional:
	// default 200.
	PageSize int `json:"pageSize,omitempty" example:"200"`

	// Carried is what a run hands on to the next. Not for callers.
	Carried *BroadcastProgress `json:"carried,omitempty"`
}

// Source is an activity that takes an [sms.PageInput] and returns
// an [sms.Page].
type Source struct {
	Activity  string `json:"activity"`
	TaskQueue string `json:"taskQueue"`
	// Input is passed on to it. Optional.
	Input json.RawMessage `json:"input,omitempty"`
}

// BroadcastProgress says how far a broadcast is. It is the answer to the query
// "progress" and the workflow's result.
type BroadcastProgress struct {
	// Recipients were dealt with so far, Sent of them were taken by Twilio.
	Recipients int `json:"recipients"`
	Sent       int `json:"sent"`
	// Errors counts the others by code.
	Errors map[sms.Code]int `json:"errors"`
	Pages  int              `json:"pages"`
	// State is sending, paused, cancelled, failed or done.
	State string `json:"state"`
	// Error says why the broadcast failed before its end, or has no report.
	Error string `json:"error,omitempty"`
	// Report is the file's name below BROADCAST_STORE, once it is complete.
	Report string `json:"report,omitempty"`
	// Cursor is where the next page begins, or would have begun.
	Cursor string `json:"cursor,omitempty"`
}

// The states of a broadcast.
const (
	broadcastSending   = "sending"
	broadcastPaused    = "paused"
	broadcastCancelled = "cancelled"
	broadcastFailed    = "failed"
	broadcastDone      = "done"
)

// The query and the updates that a broadcast answers.
const (
	ProgressQuery = "progress"
	PauseUpdate   = "pause"
	ResumeUpdate  = "resume"
	CancelUpdate  = "cancel"
)

const (
	defaultPageSize = 200
	maxPageSize     = 1000
	// maxKey leaves room for the page's number in the 1000 bytes of a send's key.
	maxKey = 900
)

// BroadcastSmsWorkflow sends one text to all recipients, with the promise of
// SendSms: nobody is texted twice, and each is in the report. The updates
// "pause", "resume" and "cancel" take effect between two pages; a page that has
// begun is finished, also if the workflow is cancelled.
//
// It fails only if nobody was texted. Once somebody was, its result says how far
// it came, and why not further.
//
// Its argument is a [BroadcastSmsInput].
func BroadcastSmsWorkflow(ctx workflow.Context, raw converter.RawValue) (BroadcastProgress, error) {
	var input BroadcastSmsInput
	problems := readInput(ctx, raw, &input)
	b := &broadcast{input: input, progress: BroadcastProgress{State: broadcastSending}}
	if input.Carried != nil {
		b.progress = *input.Carried
	}
	if b.progress.Errors == nil {
		b.progress.Errors = map[sms.Code]int{}
	}
	if err := b.check(problems); err != nil {
		return b.progress, refusal(err)
	}
	if err := b.handle(ctx); err != nil {
		return b.progress, err
	}
	var err error
	if input.Carried == nil {
		err = b.begin(ctx)
	}
	if err == nil {
		var more bool
		if more, err = b.run(ctx); more {
			if err = b.next(ctx); !temporal.IsCanceledError(err) {
				return b.progress, err
			}
		}
	}
	err = b.end(ctx, err)
	return b.progress, err
}

// broadcast is the state of BroadcastSmsWorkflow.
type broadcast struct {
	input    BroadcastSmsInput
	progress BroadcastProgress
	// unwritten is how many pages are missing in the report.
	unwritten int
}

// check adds to what is wrong with the input's form.
func (b *broadcast) check(wrong error) error {
	problems, _ := errors.AsType[sms.Problems](wrong)
	given := 0
	for _, one := range []bool{len(b.input.SmsTo) > 0, b.input.File != "", b.input.Source != nil} {
		if one {
			given++
		}
	}
	if b.input.PageSize == 0 {
		b.input.PageSize = defaultPageSize
	}
	if given != 1 && len(problems) == 0 {
		problems = append(problems, sms.Problem{Says: "give the recipients in one of smsTo, file and source"})
	}
	if b.input.PageSize < 1 || b.input.PageSize > maxPageSize {
		problems = append(problems, sms.Problem{Field: "pageSize", Says: "pageSize must be 1 to 1000"})
	}
	if len(b.input.IdempotencyKey) > maxKey {
		problems = append(problems, sms.Problem{Field: "idempotencyKey", Says: "the idempotencyKey of a broadcast may have 900 bytes at most"})
	}
	if len(problems) > 0 {
		return problems
	}
	return nil
}

// handle answers queries and updates.
func (b *broadcast) handle(ctx workflow.Context) error {
	become := func(state string, from ...string) func(workflow.Context) (BroadcastProgress, error) {
		return func(workflow.Context) (BroadcastProgress, error) {
			for _, allowed := range from {
				if b.progress.State == allowed {
					b.progress.State = state
				}
			}
			if b.progress.State != state {
				return b.progress, fmt.Errorf("the broadcast is %s", b.progress.State)
			}
			return b.progress, nil
		}
	}
	return errors.Join(
		workflow.SetQueryHandler(ctx, ProgressQuery, func() (BroadcastProgress, error) { return b.progress, nil }),
		workflow.SetUpdateHandler(ctx, PauseUpdate, become(broadcastPaused, broadcastSending)),
		workflow.SetUpdateHandler(ctx, ResumeUpdate, become(broadcastSending, broadcastPaused)),
		workflow.SetUpdateHandler(ctx, CancelUpdate, become(broadcastCancelled, broadcastSending, broadcastPaused)),
	)
}

// begin finds out what would keep the broadcast from its end, before anybody is
// texted, and drops who stands twice in a list.
func (b *broadcast) begin(ctx workflow.Context) error {
	if b.input.File != "" || b.input.Report != "" {
		in := sms.BeginInput{File: b.input.File, Report: b.input.Report, Broadcast: identity(ctx)}
		beginning := workflow.WithActivityOptions(ctx, brief("Begin the broadcast"))
		if err := workflow.ExecuteActivity(beginning, sms.BeginBroadcastName, in).Get(ctx, nil); err != nil {
			return err
		}
	}
	if len(b.input.SmsTo) <= b.input.PageSize {
		return nil // SendSms sees the whole list
	}
	finding := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: time.Minute, Summary: "Find who stands twice",
	})
	var repeated []int
	in := sms.RepeatedInput{Recipients: b.input.SmsTo, DefaultRegion: b.input.DefaultRegion}
	if err := workflow.ExecuteLocalActivity(finding, sms.FindRepeatedName, in).Get(ctx, &repeated); err != nil {
		return err
	}
	b.input.SmsTo = without(b.input.SmsTo, repeated)
	return nil
}

// identity tells this broadcast from all others, through all of its runs.
func identity(ctx workflow.Context) string { return workflow.GetInfo(ctx).FirstRunID }

// without gives a list without some places, which are in their order.
func without(list activities.Recipients, places []int) (kept activities.Recipients) {
	for place := range list {
		if len(places) > 0 && places[0] == place {
			places = places[1:]
			continue
		}
		kept = append(kept, list[place])
	}
	return kept
}

// run sends page after page, and reports whether a new run is to go on.
func (b *broadcast) run(ctx workflow.Context) (more bool, err error) {
	for {
		if err := workflow.Await(ctx, func() bool { return b.progress.State != broadcastPaused }); err != nil {
			return false, err
		}
		if ctx.Err() != nil || b.progress.State == broadcastCancelled {
			return false, ctx.Err()
		}
		if last, err := b.page(ctx); err != nil || last {
			return false, err
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() && ctx.Err() == nil {
			return true, nil
		}
	}
}

// page sends to the next recipients, and reports whether they were the last.
func (b *broadcast) page(ctx workflow.Context) (last bool, err error) {
	page, err := b.read(ctx)
	if err != nil {
		return false, err
	}
	if len(page.Recipients)+len(page.Errors) > 0 {
		if err := b.deal(ctx, page); err != nil {
			return false, err
		}
	}
	b.progress.Cursor = page.Next
	return page.Next == "", nil
}

// deal sends to a page's recipients, and tells what became of each.
func (b *broadcast) deal(ctx workflow.Context, page sms.Page) error {
	var (
		result  activities.SendSmsResult
		failure error
	)
	if len(page.Recipients) > 0 {
		if result, failure = b.send(ctx, page.Recipients); failure != nil && result.Errors == nil {
			return failure
		}
	}
	result.Errors = append(page.Errors, result.Errors...)
	number := b.progress.Pages
	b.count(ctx, result)
	if b.input.Report != "" {
		// People were texted: the report says so, also if the workflow is cancelled.
		writing, _ := workflow.NewDisconnectedContext(workflow.WithActivityOptions(ctx, brief("Write the report")))
		in := sms.ReportInput{
			Name: b.input.Report, Broadcast: identity(ctx), Page: number,
			Result: sms.ReportPage{Messages: result.Messages, Errors: result.Errors},
		}
		if err := workflow.ExecuteActivity(writing, sms.WriteReportName, in).Get(writing, nil); err != nil {
			b.unwritten++
			return fmt.Errorf("page %d is not in the report, only in the workflow's history: %s", number+1, reason(err))
		}
	}
	return failure
}

// send sends to some recipients. Its error comes without a result if nobody was
// texted at all.
func (b *broadcast) send(ctx workflow.Context, recipients activities.Recipients) (result activities.SendSmsResult, err error) {
	input := b.input.SendSmsInput
	input.SmsTo = recipients
	if input.IdempotencyKey != "" {
		input.IdempotencyKey = pageKey(input.IdempotencyKey, b.progress.Pages+1)
	}
	if input.StatusCallback == "" {
		input.StatusSignals = new(bool) // a signal for each message would fill the history
	}
	sending := workflow.WithActivityOptions(ctx, SendOptions(fmt.Sprintf("Page %d", b.progress.Pages+1)))
	if err := workflow.ExecuteActivity(sending, activities.SendSmsName, input).Get(ctx, &result); err != nil {
		return forEach(recipients, sms.Error{Code: sms.OutcomeUnknown, Message: "the page's send ended without a result: the message may or may not have been created"}), err
	}
	// What is wrong with the input or the template is one error for the whole page.
	if len(result.Messages) > 0 || len(result.Errors) != 1 || result.Errors[0].To != "" {
		return result, nil
	}
	problem := result.Errors[0]
	if b.progress.Pages == 0 && problem.Code != sms.OutcomeUnknown {
		return activities.SendSmsResult{}, temporal.NewNonRetryableApplicationError(string(problem.Code), string(problem.Code), nil)
	}
	return forEach(recipients, problem), nil
}

// forEach tells each recipient's error.
func forEach(recipients activities.Recipients, problem sms.Error) (result activities.SendSmsResult) {
	for i := range recipients {
		problem.To = recipients[i].To
		result.Errors = append(result.Errors, problem)
	}
	return result
}

// pageKey is a page's own key. One key for all would give every page the result
// of the first, and send nothing more.
func pageKey(key string, page int) string {
	return fmt.Sprintf("%s (page %d of a broadcast)", key, page)
}

func (b *broadcast) count(ctx workflow.Context, result activities.SendSmsResult) {
	b.progress.Pages++
	b.progress.Sent += len(result.Messages)
	b.progress.Recipients += len(result.Messages) + len(result.Errors)
	for i := range result.Errors {
		b.progress.Errors[result.Errors[i].Code]++
	}
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("%d recipients: %d sent, %d not.", b.progress.Recipients, b.progress.Sent, b.progress.Recipients-b.progress.Sent))
}

// read gives the next page.
func (b *broadcast) read(ctx workflow.Context) (page sms.Page, err error) {
	in := sms.PageInput{File: b.input.File, DefaultRegion: b.input.DefaultRegion, Cursor: b.progress.Cursor, Limit: b.input.PageSize}
	switch {
	case b.input.Source != nil:
		in.Input = b.input.Source.Input
		options := brief("Get recipients")
		options.TaskQueue = b.input.Source.TaskQueue
		options.RetryPolicy = nil // whether it fails for good is for the caller to say
		err = workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), b.input.Source.Activity, in).Get(ctx, &page)
	case b.input.File != "":
		err = workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, brief("Read recipients")), sms.ReadRecipientsName, in).Get(ctx, &page)
	default:
		page = b.slice()
	}
	return page, err
}

// slice gives the next page of a list in the input. What was sent is dropped
// from the list, so that a later run does not carry it on.
func (b *broadcast) slice() (page sms.Page) {
	n := min(b.input.PageSize, len(b.input.SmsTo))
	page.Recipients, b.input.SmsTo = b.input.SmsTo[:n], b.input.SmsTo[n:]
	if len(b.input.SmsTo) > 0 {
		page.Next = "list"
	}
	return page
}

// next goes on in a run with a fresh history.
func (b *broadcast) next(ctx workflow.Context) error {
	if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
		return err
	}
	input := b.input
	input.Carried = &b.progress
	return workflow.NewContinueAsNewError(ctx, BroadcastSmsWorkflowName, input)
}

// end ends the broadcast, and its report, for whatever reason. It gives an error
// only if nobody was texted: a workflow that fails has no result.
func (b *broadcast) end(ctx workflow.Context, why error) error {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	untouched := b.progress.Pages == 0
	switch {
	case temporal.IsCanceledError(why):
		b.progress.State, why = broadcastCancelled, nil
	case why != nil:
		b.progress.State, b.progress.Error = broadcastFailed, reason(why)
	case b.progress.State != broadcastCancelled:
		b.progress.State, b.progress.Cursor = broadcastDone, ""
	}
	if b.input.Report != "" {
		in := sms.FinishInput{Name: b.input.Report, Broadcast: identity(ctx), Pages: b.progress.Pages - b.unwritten}
		finishing := workflow.WithActivityOptions(ctx, brief("Finish the report"))
		if err := workflow.ExecuteActivity(finishing, sms.FinishReportName, in).Get(ctx, &b.progress.Report); err != nil && b.progress.Error == "" {
			b.progress.Error = "the report is not finished: " + reason(err)
		}
	}
	if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
		return err
	}
	if untouched {
		return why
	}
	return nil
}

// reason is what an activity said, without Temporal's words around it.
func reason(err error) string {
	var said *temporal.ApplicationError
	if errors.As(err, &said) {
		return said.Message()
	}
	return err.Error()
}

// brief are the options of an activity that takes seconds at most. Its attempts
// are bounded: what is not there, or not on this worker's disk, never comes.
func brief(summary string) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		TaskQueue: activities.TaskQueue, StartToCloseTimeout: time.Minute, Summary: summary,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: 30 * time.Second, MaximumAttempts: 12},
	}
}
