package workflows

// BroadcastSmsWorkflow sends one text to any number of recipients, page by
// page.

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// broadcastInput is the input of a run: the caller's input, and what the
// previous run passed on.
type broadcastInput struct {
	sms.BroadcastSmsInput
	Carried *sms.BroadcastProgress `json:"carried,omitempty"`
	Held    *held                  `json:"held,omitempty"`
}

// The states of a broadcast.
const (
	broadcastSending   = "sending"
	broadcastWaiting   = "waiting"
	broadcastPaused    = "paused"
	broadcastCancelled = "cancelled"
	broadcastFailed    = "failed"
	broadcastDone      = "done"
)

const (
	defaultPageSize = 200
	maxPageSize     = 1000
	// maxKey is the maximum length of a broadcast's key, in bytes. It
	// leaves room for the page number within the 1,000 bytes allowed for
	// the key of a send.
	maxKey = 900
	// maxAsleep is the maximum number of recipients that a broadcast holds
	// until their quiet hours end or their cap has room. Beyond that, it
	// stops reading the list, because everything that a run passes on has
	// to fit into one payload.
	maxAsleep      = 2000
	maxAsleepBytes = 256 << 10
	// maxCarried is the maximum size of the next run's input, in bytes. It
	// is a little less than the 2 MB that Temporal allows for a payload.
	maxCarried = 2<<20 - 64<<10
)

// DefaultBroadcastPatience is how long a broadcast keeps trying while nobody
// can be texted, not counting pauses. It exceeds the 24 h 24 min for which a
// message may count against a daily cap.
const DefaultBroadcastPatience = 25 * time.Hour

// BroadcastSmsWorkflow sends one text to all recipients. Like SendSms, it texts
// nobody twice, and its report includes every recipient. The updates "pause",
// "resume" and "cancel" take effect between two pages. If the workflow is
// cancelled, the current page ends immediately, and its known outcomes are
// reported.
//
// If Twilio refuses the account or is unreachable, the broadcast pauses itself
// and tries again at growing intervals. "resume" makes it try immediately.
//
// The workflow fails only if nobody was texted. Otherwise, its result says how
// far it got and why it stopped.
//
// The argument is an [sms.BroadcastSmsInput].
func BroadcastSmsWorkflow(ctx workflow.Context, raw converter.RawValue) (sms.BroadcastProgress, error) {
	var input broadcastInput
	problems := readInput(ctx, raw, &input)
	if problems != nil && input.Carried != nil {
		// Only a newer worker passes on state that this one cannot
		// decode. A panic fails the workflow task but not the workflow,
		// so a newer worker can retry the task.
		panic("a newer worker must continue the broadcast: " + sms.Public(problems))
	}
	b := &broadcast{input: input, progress: sms.BroadcastProgress{State: broadcastSending}}
	if input.Carried != nil {
		b.progress = *input.Carried
	}
	if input.Held != nil {
		b.held = *input.Held
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
	waits := workflow.GetVersion(ctx, "broadcast-waits", workflow.DefaultVersion, 5)
	b.patient, b.untilMended, b.obedient, b.fair, b.capsApart = waits >= 1, waits >= 2, waits >= 3, waits >= 4, waits >= 5
	if b.input.GiveUpAfter == 0 {
		b.input.GiveUpAfter = sms.Duration(DefaultBroadcastPatience)
		if !b.capsApart {
			b.input.GiveUpAfter = sms.Duration(24 * time.Hour)
		}
	}
	b.numbered = input.IdempotencyKey != "" && workflow.GetVersion(ctx, "broadcast-page-numbers", workflow.DefaultVersion, 1) >= 1
	if b.numbered && b.held.Page == 0 { // an older worker numbered the pages in the order of its reports
		b.held.Page = b.progress.Pages + min(1, len(b.held.Rest)+len(b.held.Asleep))
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
	input    broadcastInput
	progress sms.BroadcastProgress
	held     held
	// patient is false for broadcasts that started on an older worker,
	// which considered every failure final and never changed the page size.
	patient bool
	// untilMended is false for broadcasts that started on an older worker,
	// which waited only if Twilio refused the credentials.
	untilMended bool
	// obedient is false for broadcasts that started on an older worker,
	// which continued after a failed page even if someone had paused or
	// cancelled the broadcast while the page was being sent.
	obedient bool
	// fair is false for broadcasts that started on an older worker, where
	// pauses by a person and waits for a cap counted towards giveUpAfter.
	fair bool
	// capsApart is false for broadcasts that started on an older worker.
	// There, a full cap held up the whole list, indefinitely if other sends
	// used up the cap; the default patience was 24 h; and a page was
	// reported as in doubt if the broadcast was cancelled while that page
	// was being read.
	capsApart bool
	// numbered is false for keyed broadcasts that started on an older
	// worker, which numbered the pages in the order of the reports.
	numbered bool
	// byItself is true while the broadcast is waiting for a set time, not
	// for someone to resume it.
	byItself bool
	// unwritten lists the pages that are missing from the report. Their
	// numbers are not reused, because an attempt to write one of them may
	// still finish after its timeout.
	unwritten []int
}

// held contains recipients that have been read but whose outcome is not final
// yet.
type held struct {
	// Page is the number of the last page read, counted from 1. It is set
	// only if pages have keys.
	Page int `json:"page,omitempty"`
	// Rest are the recipients of the last page who were certainly not
	// texted, or all of its recipients if the page has a key. Last is what
	// the report says about them if the broadcast ends now.
	Rest sms.Recipients `json:"rest,omitempty"`
	Last sms.ReportPage `json:"last"`
	// FailingSince is when a page first ended without progress for a reason
	// that counts towards giveUpAfter. Failures counts the pages that have
	// ended that way since.
	FailingSince time.Time `json:"failingSince"`
	Failures     int       `json:"failures,omitempty"`
	// FullAt is when Twilio last reported that the sender's queue was full.
	FullAt time.Time `json:"fullAt,omitzero"`
	// Asleep holds the recipients who are waiting for the end of their
	// quiet hours or for a cap, in the order in which they are due.
	Asleep []sleepers `json:"asleep,omitempty"`
	// Caps holds the state of each wait for a cap, keyed by the cap's
	// prefix.
	Caps map[string]capWait `json:"caps,omitempty"`
	// Ended is true when all recipients have been read.
	Ended bool `json:"ended,omitempty"`
}

// check returns the mistakes that decoding found together with those that only
// the workflow can find, or nil if there are none.
func (b *broadcast) check(wrong error) error {
	problems, _ := errors.AsType[sms.Problems](wrong)
	given := 0
	for _, one := range []bool{len(b.input.SmsTo) > 0, b.input.File != "", b.input.Source != nil} {
		if one {
			given++
		}
	}
	if given != 1 && len(problems) == 0 && b.input.Carried == nil {
		problems = append(problems, sms.Problem{Says: "set exactly one of smsTo, file and source"})
	}
	problems = problems.
		AddIf(b.input.PageSize < 0 || b.input.PageSize > maxPageSize, "pageSize", "pageSize must be 1 to 1000").
		AddIf(len(b.input.IdempotencyKey) > maxKey, "idempotencyKey", "the idempotencyKey of a broadcast may have at most 900 bytes").
		AddIf(b.input.QuietHours != nil && b.input.SendAt != nil, "sendAt", "sendAt and quietHours cannot be combined: Twilio would send at sendAt, even to those in quiet hours; set only one").
		AddIf(b.input.OnError == sms.OnErrorFail, "onError", "a broadcast cannot use onError, because its report lists the outcome for each recipient; remove onError").
		AddIf(b.input.SenderRate < 0, "senderRate", "senderRate must be a number of segments per second, such as 1")
	if len(problems) > 0 {
		return problems
	}
	return nil
}

// handle registers the query and update handlers.
func (b *broadcast) handle(ctx workflow.Context) error {
	become := func(state string, from ...string) func(workflow.Context) (sms.BroadcastProgress, error) {
		return func(ctx workflow.Context) (sms.BroadcastProgress, error) {
			if b.progress.State != state && !slices.Contains(from, b.progress.State) {
				return b.progress, fmt.Errorf("the broadcast is %s", b.progress.State)
			}
			b.byItself = false
			if b.fair && state == broadcastSending {
				b.held.FailingSince, b.held.Failures = time.Time{}, 0
				b.retryCaps(workflow.Now(ctx))
			}
			b.progress.State, b.progress.Why, b.progress.NextTry = state, "", nil
			b.tell(ctx)
			return b.progress, nil
		}
	}
	return errors.Join(
		workflow.SetQueryHandler(ctx, sms.ProgressQuery, func() (sms.BroadcastProgress, error) { return b.progress, nil }),
		workflow.SetUpdateHandler(ctx, sms.PauseUpdate, become(broadcastPaused, broadcastSending, broadcastWaiting)),
		workflow.SetUpdateHandler(ctx, sms.ResumeUpdate, become(broadcastSending, broadcastPaused, broadcastWaiting)),
		workflow.SetUpdateHandler(ctx, sms.CancelUpdate, become(broadcastCancelled, broadcastSending, broadcastPaused, broadcastWaiting)),
	)
}

// begin detects, before anyone is texted, problems that would stop the
// broadcast later. It also removes duplicate recipients from a list.
func (b *broadcast) begin(ctx workflow.Context) error {
	if b.input.File != "" || b.input.Report != "" {
		in := sms.BeginInput{
			File: b.input.File, DefaultRegion: b.input.DefaultRegion,
			Report: b.input.Report, Broadcast: identity(ctx), DryRun: b.input.DryRun,
		}
		var found sms.BeginResult
		beginning := workflow.WithActivityOptions(ctx, reading("Begin the broadcast"))
		if err := workflow.ExecuteActivity(beginning, sms.BeginBroadcastName, in).Get(ctx, &found); err != nil {
			return err
		}
		b.progress.Total, b.progress.Cursor = found.Total, found.Cursor
	}
	if err := b.dropDuplicates(ctx); err != nil {
		return err
	}
	if len(b.input.SmsTo) > 0 {
		b.progress.Total = len(b.input.SmsTo)
	}
	if text := b.forecast(b.progress.Total, "messages"); text != "" && !b.input.DryRun {
		b.note(ctx, text)
	}
	return nil
}

// dropDuplicates removes duplicate recipients from a list that is longer than a
// page.
func (b *broadcast) dropDuplicates(ctx workflow.Context) error {
	if len(b.input.SmsTo) <= b.pageSize() {
		return nil // SendSms gets the whole list and drops duplicates itself
	}
	finding := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: time.Minute, Summary: "Find repeated recipients",
	})
	var repeated []int
	in := sms.RepeatedInput{Recipients: b.input.SmsTo, DefaultRegion: b.input.DefaultRegion}
	if err := workflow.ExecuteLocalActivity(finding, sms.FindRepeatedName, in).Get(ctx, &repeated); err != nil {
		return err
	}
	b.input.SmsTo = without(b.input.SmsTo, repeated)
	return nil
}

// identity returns an ID that all runs of the broadcast share.
func identity(ctx workflow.Context) string { return workflow.GetInfo(ctx).FirstRunID }

// without returns a list without the elements at the given sorted indexes.
func without(list sms.Recipients, places []int) (kept sms.Recipients) {
	for place := range list {
		if len(places) > 0 && places[0] == place {
			places = places[1:]
			continue
		}
		kept = append(kept, list[place])
	}
	return kept
}

// run sends page after page and reports whether the broadcast must continue in
// another run.
func (b *broadcast) run(ctx workflow.Context) (more bool, err error) {
	for {
		if err := workflow.Await(ctx, func() bool { return b.progress.State != broadcastPaused }); err != nil {
			return false, err
		}
		if ctx.Err() != nil || b.progress.State == broadcastCancelled {
			return false, ctx.Err()
		}
		if err := b.step(ctx); err != nil {
			return false, err
		}
		if b.held.Ended && len(b.held.Rest) == 0 && len(b.held.Asleep) == 0 {
			return false, nil
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() && ctx.Err() == nil && b.fits() {
			return true, nil
		}
	}
}

// step handles the recipients whose turn it is: those left over from the last
// page, those whose wait has ended, or the next ones in the list. If all
// remaining recipients are in quiet hours or waiting for a cap, it waits.
func (b *broadcast) step(ctx workflow.Context) error {
	page, limit := sms.Page{Next: b.progress.Cursor}, ""
	switch size := b.pageSize(); {
	case len(b.held.Rest) > 0:
		page.Recipients, b.held.Rest = b.held.Rest, nil
	case len(b.held.Asleep) > 0 && !b.held.Asleep[0].Until.After(workflow.Now(ctx)):
		page.Recipients, limit = b.awoken(size)
	case b.held.Ended || b.manyAsleep():
		return b.await(ctx, b.held.Asleep[0].Until, broadcastWaiting, b.whyAsleep())
	default:
		var err error
		if page, err = b.read(ctx); err != nil {
			return err
		}
		if b.numbered {
			b.held.Page++
		}
	}
	return b.deal(ctx, page, limit)
}

// manyAsleep reports whether the broadcast holds as many waiting recipients as
// it can. In a broadcast with a key, one is enough: the next page is read only
// after this one has been sent, so a rerun forms the same pages.
func (b *broadcast) manyAsleep() bool {
	bytes := 0
	for _, group := range b.held.Asleep {
		for i := range group.Recipients {
			bytes += len(group.Recipients[i].To) + len(group.Recipients[i].Variables)
		}
	}
	return b.progress.Asleep+b.progress.Capped >= maxAsleep || bytes >= maxAsleepBytes || bytes > 0 && b.input.IdempotencyKey != ""
}

// awoken removes and returns at most the given number of recipients whose wait
// has ended, earliest first, and the cap that they waited for, if any. A page
// with a key is never split.
func (b *broadcast) awoken(most int) (awoken sms.Recipients, limit string) {
	first := &b.held.Asleep[0]
	n := len(first.Recipients)
	if b.input.IdempotencyKey == "" {
		n = min(n, most)
	}
	awoken, limit = first.Recipients[:n:n], first.Cap
	if len(b.held.Last.Messages)+len(b.held.Last.Errors) == 0 {
		b.held.Last = forEach(awoken, first.unsent())
	}
	*b.waiting(first) -= n
	if first.Recipients = first.Recipients[n:]; len(first.Recipients) == 0 {
		b.held.Asleep = b.held.Asleep[1:]
	}
	return awoken, limit
}

// await waits until the given time, or until someone pauses, resumes or cancels
// the broadcast.
func (b *broadcast) await(ctx workflow.Context, until time.Time, state, why string) error {
	if b.obedient && b.progress.State != broadcastSending {
		return nil
	}
	b.byItself = true
	b.progress.State, b.progress.Why, b.progress.NextTry = state, why, &until
	b.tell(ctx)
	_, err := workflow.AwaitWithTimeout(ctx, until.Sub(workflow.Now(ctx)), func() bool { return !b.byItself })
	if b.byItself {
		b.byItself = false
		b.progress.State, b.progress.Why, b.progress.NextTry = broadcastSending, "", nil
		b.tell(ctx)
	}
	return err
}

// next continues the broadcast as new, once all update handlers have finished.
func (b *broadcast) next(ctx workflow.Context) error {
	if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
		return err
	}
	return workflow.NewContinueAsNewError(ctx, sms.BroadcastSmsWorkflowName, b.carried())
}

// carried returns the input of the next run.
func (b *broadcast) carried() broadcastInput {
	input := b.input
	input.Carried, input.Held = &b.progress, &b.held
	return input
}

// fits reports whether Temporal accepts the input of the next run. If it is too
// large, continuing as new would fail the workflow. A list in the input shrinks
// with each page, until it fits.
func (b *broadcast) fits() bool {
	data, err := json.Marshal(b.carried())
	return err == nil && len(data) < maxCarried
}

// end finishes the broadcast and its report. why is the error that stopped the
// broadcast, or nil if none did. end returns an error only if nobody was
// texted, because a workflow that fails has no result.
func (b *broadcast) end(ctx workflow.Context, why error) error {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	left := b.left()
	untouched := b.progress.Pages == 0 && !(b.numbered && mayBeTexted(left))
	failed := why != nil && !temporal.IsCanceledError(why)
	if !(untouched && failed) && len(left.Messages)+len(left.Errors) > 0 {
		if err := b.settle(ctx, left); err != nil && why == nil {
			why = err
		}
	}
	switch {
	case temporal.IsCanceledError(why):
		b.progress.State, why = broadcastCancelled, nil
	case why != nil:
		b.progress.State, b.progress.Error = broadcastFailed, reason(why)
	case b.progress.Error != "":
		b.progress.State = broadcastFailed
	case b.progress.State != broadcastCancelled:
		b.progress.State, b.progress.Cursor = broadcastDone, ""
	}
	if b.progress.DryRun != nil {
		if text := b.forecast(b.progress.DryRun.Segments, "segments"); text != "" {
			b.note(ctx, text)
		}
	}
	b.progress.Why, b.progress.NextTry, b.progress.SecondsLeft = "", nil, 0
	if b.input.Report != "" && !b.input.DryRun {
		in := sms.FinishInput{Name: b.input.Report, Broadcast: identity(ctx), Pages: b.progress.Pages, Missing: b.unwritten}
		finishing := workflow.WithActivityOptions(ctx, reading("Finish the report"))
		if err := workflow.ExecuteActivity(finishing, sms.FinishReportName, in).Get(ctx, &b.progress.Report); err != nil {
			b.progress.Error = strings.TrimPrefix(b.progress.Error+"; the report is not finished: "+reason(err), "; ")
		}
	}
	b.tell(ctx)
	if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
		return err
	}
	if untouched {
		return why
	}
	return nil
}

// mayBeTexted reports whether someone on a page was texted, or may have been.
func mayBeTexted(page sms.ReportPage) bool {
	return len(page.Messages) > 0 || slices.ContainsFunc(page.Errors, func(e sms.Error) bool { return e.Code == sms.CodeOutcomeUnknown })
}

// left removes the held recipients, and returns what the report says about them
// if the broadcast ends early. If the page has a key, its last result already
// includes recipients whose quiet hours have begun since.
func (b *broadcast) left() sms.ReportPage {
	left := b.held.Last
	if b.input.IdempotencyKey != "" && len(left.Messages)+len(left.Errors) > 0 {
		b.held.Asleep = nil
	}
	for _, group := range b.held.Asleep {
		left.Errors = append(left.Errors, forEach(group.Recipients, group.unsent()).Errors...)
	}
	b.held, b.progress.Asleep, b.progress.Capped = held{}, 0, 0
	return left
}

// reason returns the message of an activity's error without Temporal's
// wrapping.
func reason(err error) string {
	if said, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return said.Message()
	}
	return err.Error()
}

// brief returns the options for an activity that takes a few seconds at most.
// The number of attempts is limited, because a file that is missing, or on
// another worker's disk, will not appear.
func brief(summary string) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		TaskQueue: sms.TaskQueue, StartToCloseTimeout: time.Minute, Summary: summary,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: 30 * time.Second, MaximumAttempts: 12},
	}
}

// reading returns the options for an activity that may read a large file.
func reading(summary string) workflow.ActivityOptions {
	options := brief(summary)
	options.StartToCloseTimeout, options.HeartbeatTimeout = 15*time.Minute, time.Minute
	return options
}
