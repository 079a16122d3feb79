package workflows

// BroadcastSmsWorkflow: one text to very many, page by page.

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/activities"
	"temporal-twilio/sms"
)

// BroadcastSmsInput is the input of BroadcastSmsWorkflow: that of SendSms, with
// the recipients in SmsTo, in a file, or from an activity.
type BroadcastSmsInput struct {
	activities.SendSmsInput
	// File holds the recipients: its name below the worker's BROADCAST_DIR, CSV
	// or .jsonl. Optional.
	File string `json:"file,omitempty"`
	// Source gives the recipients by an activity of the caller's. Optional.
	Source *Source `json:"source,omitempty"`
	// Report is the name of a report below BROADCAST_DIR, without ".jsonl".
	// Optional: default no report.
	Report string `json:"report,omitempty"`
	// PageSize is how many recipients one SendSms gets, 1 to 1000. Optional:
	// default 200.
	PageSize int `json:"pageSize,omitempty"`

	// Carried is what a run hands on to the next. Not for callers.
	Carried *BroadcastProgress `json:"carried,omitempty"`
}

// Source is an activity that takes an [activities.PageInput] and gives an
// [activities.Page].
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
	// State is sending, paused, cancelled or done.
	State string `json:"state"`
	// Report is the file's name below BROADCAST_DIR, once it is complete.
	Report string `json:"report,omitempty"`
	// Cursor is where the next page begins.
	Cursor string `json:"cursor,omitempty"`
}

// The states of a broadcast.
const (
	broadcastSending   = "sending"
	broadcastPaused    = "paused"
	broadcastCancelled = "cancelled"
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
// begun is finished.
func BroadcastSmsWorkflow(ctx workflow.Context, input BroadcastSmsInput) (BroadcastProgress, error) {
	b := &broadcast{input: input, progress: BroadcastProgress{Errors: map[sms.Code]int{}, State: broadcastSending}}
	if input.Carried != nil {
		b.progress = *input.Carried
	}
	if err := b.check(); err != nil {
		return b.progress, err
	}
	if err := b.handle(ctx); err != nil {
		return b.progress, err
	}
	for b.progress.State != broadcastCancelled {
		if err := workflow.Await(ctx, func() bool { return b.progress.State != broadcastPaused }); err != nil {
			return b.progress, err
		}
		if b.progress.State == broadcastCancelled {
			break
		}
		last, err := b.page(ctx)
		if err != nil {
			return b.progress, err
		}
		if last {
			break
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return b.progress, b.next(ctx)
		}
	}
	return b.progress, b.finish(ctx)
}

// broadcast is the state of BroadcastSmsWorkflow.
type broadcast struct {
	input    BroadcastSmsInput
	progress BroadcastProgress
}

func (b *broadcast) check() error {
	given := 0
	for _, one := range []bool{len(b.input.SmsTo) > 0, b.input.File != "", b.input.Source != nil} {
		if one {
			given++
		}
	}
	if b.input.PageSize == 0 {
		b.input.PageSize = defaultPageSize
	}
	switch {
	case given != 1:
		return refusal("give the recipients in one of smsTo, file and source")
	case b.input.PageSize < 1 || b.input.PageSize > maxPageSize:
		return refusal("pageSize must be 1 to 1000")
	case len(b.input.IdempotencyKey) > maxKey:
		return refusal("the idempotencyKey of a broadcast may have 900 bytes at most")
	}
	return nil
}

// refusal is the error of a broadcast that texts nobody.
func refusal(why string) error {
	return temporal.NewNonRetryableApplicationError(why, string(sms.InvalidInput), nil)
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

// page sends to the next recipients, and reports whether they were the last.
func (b *broadcast) page(ctx workflow.Context) (last bool, err error) {
	page, err := b.read(ctx)
	if err != nil {
		return false, err
	}
	if len(page.Recipients) > 0 {
		if err := b.send(ctx, page.Recipients); err != nil {
			return false, err
		}
	}
	b.progress.Cursor = page.Next
	return page.Next == "", nil
}

func (b *broadcast) send(ctx workflow.Context, recipients activities.Recipients) error {
	input := b.input.SendSmsInput
	input.SmsTo = recipients
	if input.IdempotencyKey != "" {
		input.IdempotencyKey = pageKey(input.IdempotencyKey, b.progress.Pages+1)
	}
	if input.StatusCallback == "" {
		input.StatusSignals = new(bool) // a signal for each message would fill the history
	}
	var result activities.SendSmsResult
	sending := workflow.WithActivityOptions(ctx, SendOptions(fmt.Sprintf("Page %d", b.progress.Pages+1)))
	if err := workflow.ExecuteActivity(sending, activities.SendSmsName, input).Get(ctx, &result); err != nil {
		return err
	}
	// A broken template is one error for the whole page.
	if len(result.Messages) == 0 && len(result.Errors) == 1 && result.Errors[0].To == "" {
		return temporal.NewNonRetryableApplicationError(string(result.Errors[0].Code), string(result.Errors[0].Code), nil)
	}
	if b.input.Report != "" {
		writing := workflow.WithActivityOptions(ctx, brief("Write the report"))
		in := activities.ReportInput{Name: b.input.Report, Page: b.progress.Pages, Result: result}
		if err := workflow.ExecuteActivity(writing, activities.WriteReportName, in).Get(ctx, nil); err != nil {
			return err
		}
	}
	b.count(ctx, result)
	return nil
}

// pageKey is a page's own key. One key for all would give every page the result
// of the first, and send nothing more.
func pageKey(key string, page int) string { return fmt.Sprintf("%s (page %d of a broadcast)", key, page) }

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
func (b *broadcast) read(ctx workflow.Context) (page activities.Page, err error) {
	in := activities.PageInput{File: b.input.File, Cursor: b.progress.Cursor, Limit: b.input.PageSize}
	switch {
	case b.input.Source != nil:
		in.Input = b.input.Source.Input
		options := brief("Get recipients")
		options.TaskQueue = b.input.Source.TaskQueue
		err = workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), b.input.Source.Activity, in).Get(ctx, &page)
	case b.input.File != "":
		err = workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, brief("Read recipients")), activities.ReadRecipientsName, in).Get(ctx, &page)
	default:
		page = b.slice()
	}
	return page, err
}

// slice gives the next page of a list in the input. What was sent is dropped
// from the list, so that a later run does not carry it on.
func (b *broadcast) slice() (page activities.Page) {
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

// finish ends the broadcast, and its report.
func (b *broadcast) finish(ctx workflow.Context) error {
	if b.input.Report != "" {
		in := activities.FinishInput{Name: b.input.Report, Pages: b.progress.Pages}
		finishing := workflow.WithActivityOptions(ctx, brief("Finish the report"))
		if err := workflow.ExecuteActivity(finishing, activities.FinishReportName, in).Get(ctx, &b.progress.Report); err != nil {
			return err
		}
	}
	if b.progress.State != broadcastCancelled {
		b.progress.State = broadcastDone
	}
	b.progress.Cursor = ""
	return workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
}

// brief are the options of an activity that takes seconds at most.
func brief(summary string) workflow.ActivityOptions {
	return workflow.ActivityOptions{TaskQueue: activities.TaskQueue, StartToCloseTimeout: time.Minute, Summary: summary}
}
