package workflows

// How the pages of a broadcast are read, sent, reported and tried again.

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// pageSize returns the size of the next page. If the caller does not set it,
// pages start small, to show progress early, and are then sized to take about
// ten seconds each.
func (b *broadcast) pageSize() int {
	const begin, least, most, seconds = 25, 25, 500, 10
	switch {
	case b.input.PageSize > 0:
		return b.input.PageSize
	case b.input.IdempotencyKey != "" || !b.patient:
		return defaultPageSize
	case b.progress.Rate == 0:
		return begin
	}
	return min(max(int(b.progress.Rate*seconds), least), most)
}

// read returns the next page of the source, the file or the list.
func (b *broadcast) read(ctx workflow.Context) (page sms.Page, err error) {
	in := sms.PageInput{File: b.input.File, DefaultRegion: b.input.DefaultRegion, Cursor: b.progress.Cursor, Limit: b.pageSize()}
	switch {
	case b.input.Source != nil:
		in.Input = b.input.Source.Input
		options := brief("Get recipients")
		options.TaskQueue = b.input.Source.TaskQueue
		options.RetryPolicy = nil // the source decides which of its errors are final
		err = workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), b.input.Source.Activity, in).Get(ctx, &page)
	case b.input.File != "":
		err = workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, reading("Read recipients")), sms.ReadRecipientsName, in).Get(ctx, &page)
	default:
		page = b.slice()
	}
	return page, err
}

// slice removes and returns the next page of the input's list, so that page is
// not passed on to the next run.
func (b *broadcast) slice() (page sms.Page) {
	n := min(b.pageSize(), len(b.input.SmsTo))
	page.Recipients, b.input.SmsTo = b.input.SmsTo[:n], b.input.SmsTo[n:]
	if len(b.input.SmsTo) > 0 {
		page.Next = "list"
	}
	return page
}

// deal sends to the recipients of a page who are not in quiet hours, and
// reports the outcomes. It holds the recipients to be tried again later. limit
// is the cap that the recipients have waited for, if any.
func (b *broadcast) deal(ctx workflow.Context, page sms.Page, limit string) error {
	recipients := page.Recipients
	var groups []sleepers
	if b.input.QuietHours != nil && len(recipients) > 0 && !b.input.DryRun {
		var err error
		if recipients, groups, err = asleep(ctx, recipients, &b.input.SendSmsInput, b.input.IdempotencyKey != ""); err != nil {
			return err
		}
	}
	if b.capsApart && ctx.Err() != nil { // nobody on the page was texted
		return ctx.Err()
	}
	b.hold(groups)
	// From here on, a broadcast that is restarted at the cursor skips this
	// page.
	b.progress.Cursor, b.held.Ended = page.Next, page.Next == ""
	if len(page.Recipients)+len(page.Errors) == 0 {
		return nil
	}
	if b.input.DryRun {
		return b.preview(ctx, page)
	}
	last := b.held.Last
	if len(recipients) > 0 || b.input.IdempotencyKey == "" {
		b.held.Last = sms.ReportPage{}
	}
	began := workflow.Now(ctx)
	var (
		result  sms.SendSmsResult
		failure error
	)
	if len(recipients) > 0 {
		if result, failure = b.send(ctx, recipients, last); failure != nil && result.Errors == nil {
			return failure
		}
	}
	result = b.withLast(last, result)
	settled, rest, capped := b.part(ctx, recipients, sms.ReportPage{Messages: result.Messages, Errors: result.Errors})
	settled.Errors = slices.Concat(settled.Errors, b.holdCapped(ctx, capped, limit, len(settled.Messages) > 0))
	b.measure(ctx, began, len(settled.Messages)+len(settled.Errors))
	settled.Errors = slices.Concat(page.Errors, settled.Errors)
	if len(settled.Messages)+len(settled.Errors) > 0 {
		if err := b.settle(ctx, settled); err != nil {
			return err
		}
	}
	if failure != nil || len(rest) == 0 {
		b.held.FailingSince, b.held.Failures = time.Time{}, 0
		return failure
	}
	b.held.Rest = rest
	return b.notYet(ctx, len(settled.Messages) > 0 || b.numbered && len(b.held.Last.Messages) > len(last.Messages))
}

// hold adds groups of waiting recipients, in the order in which their waits
// end.
func (b *broadcast) hold(groups []sleepers) {
	for _, group := range groups {
		*b.waiting(&group) += len(group.Recipients)
		at := 0
		for at < len(b.held.Asleep) && b.held.Asleep[at].Until.Before(group.Until) {
			at++
		}
		if at < len(b.held.Asleep) && b.held.Asleep[at].Until.Equal(group.Until) && b.held.Asleep[at].Cap == group.Cap {
			b.held.Asleep[at].Recipients = append(b.held.Asleep[at].Recipients, group.Recipients...)
			continue
		}
		b.held.Asleep = append(b.held.Asleep[:at:at], append([]sleepers{group}, b.held.Asleep[at:]...)...)
	}
}

// part divides the result of a page into final outcomes, recipients to try
// again, and recipients waiting for a cap. A page with a key is tried again as
// a whole because the key belongs to the whole list. Those who were texted are
// not texted again.
func (b *broadcast) part(ctx workflow.Context, recipients sms.Recipients, result sms.ReportPage) (settled sms.ReportPage, rest sms.Recipients, capped []sleepers) {
	again := make(map[string]*sms.Error)
	for i := range result.Errors {
		if b.worthAnother(&result.Errors[i]) {
			again[result.Errors[i].To] = &result.Errors[i]
		}
	}
	if !b.patient || len(again) == 0 {
		return result, nil, nil
	}
	if b.input.IdempotencyKey != "" {
		b.held.Last = result
		return sms.ReportPage{}, recipients, nil
	}
	found, err := find(ctx, recipients, again, b.input.DefaultRegion)
	if err != nil {
		return result, nil, nil // the broadcast was cancelled: report what is known
	}
	for _, f := range found {
		if b.capsApart && f.problem.Code == sms.CodeCapReached {
			capped = underCap(capped, f.problem.Cap, f.recipient)
		} else {
			rest = append(rest, f.recipient)
		}
	}
	settled.Messages = result.Messages
	for i := range result.Errors {
		// A recipient whose number the sending worker parses differently
		// was not found, and is therefore reported.
		switch e := &result.Errors[i]; {
		case !b.worthAnother(e) || again[e.To] != nil:
			settled.Errors = append(settled.Errors, *e)
		case !b.capsApart || e.Code != sms.CodeCapReached:
			b.held.Last.Errors = append(b.held.Last.Errors, *e)
		}
	}
	return settled, rest, capped
}

// failed is a recipient with the error from the send.
type failed struct {
	recipient sms.Recipient
	problem   *sms.Error
}

// find returns the recipients with an error in problems, each once, and removes
// these errors from the map, whose keys are addresses as they appear in
// results.
func find(ctx workflow.Context, recipients sms.Recipients, problems map[string]*sms.Error, region string) (found []failed, err error) {
	in := sms.ReadAddressesInput{DefaultRegion: region}
	for i := range recipients {
		in.To = append(in.To, recipients[i].To)
	}
	finding := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: time.Minute, Summary: "Find who was not texted"})
	var read []string
	if err := workflow.ExecuteLocalActivity(finding, sms.ReadAddressesName, in).Get(ctx, &read); err != nil {
		return nil, err
	}
	for i, to := range read {
		if problem := problems[to]; problem != nil {
			found = append(found, failed{recipients[i], problem})
			delete(problems, to) // the list may contain it twice
		}
	}
	return found, nil
}

// keyedPatience is how long SendSms retries a page with a key, without
// progress, before the broadcast reports the reason and retries the page
// itself. SendSms would wait longer than that for a full queue, so a full queue
// is reported immediately.
const keyedPatience = 10 * time.Second

// send sends to the given recipients. last is the result of an earlier send to
// the same page, if the page has a key. If the send ends without a result, send
// returns an error and a result with all of them in doubt. If the first page
// shows a mistake that affects everyone, it returns only an error.
func (b *broadcast) send(ctx workflow.Context, recipients sms.Recipients, last sms.ReportPage) (result sms.SendSmsResult, err error) {
	input := b.input.SendSmsInput
	input.SmsTo, input.GiveUpAfter = recipients, 0
	options := SendOptions(sms.Summary(fmt.Sprintf("Page %d", b.progress.Pages+1), input.Label))
	switch {
	case input.IdempotencyKey != "":
		input.IdempotencyKey, input.QuietHours = b.pageKey(), nil // a page with a key is sent whole
		if b.patient {
			input.GiveUpAfter = sms.Duration(keyedPatience)
		}
		if mayBeTexted(last) {
			options.RetryPolicy.NonRetryableErrorTypes = []string{sms.KeyUsedErrorType}
		}
	case b.patient:
		// The broadcast retries the page itself, and reports the reason
		// in the meantime.
		options.RetryPolicy.NonRetryableErrorTypes = []string{sms.NotSentYetErrorType}
	}
	if input.StatusCallback == "" {
		input.StatusSignals = new(bool) // a signal per message would fill the history
	}
	sending := workflow.WithActivityOptions(ctx, options)
	err = workflow.ExecuteActivity(sending, sms.SendSmsName, input).Get(ctx, &result)
	if err == nil && refusesHours(result) {
		result, input.QuietHours = sms.SendSmsResult{}, nil
		err = workflow.ExecuteActivity(sending, sms.SendSmsName, input).Get(ctx, &result)
	}
	if err != nil {
		return sms.SendSmsResult{Errors: forEach(recipients, withoutResult).Errors}, err
	}
	// A mistake in the input or in the template is a single error for the
	// whole page.
	if len(result.Messages) > 0 || len(result.Errors) != 1 || result.Errors[0].To != "" {
		return result, nil
	}
	problem := result.Errors[0]
	if b.progress.Pages == 0 && problem.Code != sms.CodeOutcomeUnknown && !(b.patient && b.worthAnother(&problem)) {
		return sms.SendSmsResult{}, temporal.NewNonRetryableApplicationError(string(problem.Code), string(problem.Code), nil, problem)
	}
	result.Errors = forEach(recipients, problem).Errors
	return result, nil
}

// withLast returns the result of a page. A recipient with NO_ATTEMPT_LEFT gets
// the outcome of the earlier send with the same key, if last contains it,
// because Temporal may no longer have that send.
func (b *broadcast) withLast(last sms.ReportPage, result sms.SendSmsResult) (all sms.SendSmsResult) {
	if b.input.IdempotencyKey == "" {
		return result
	}
	lost := make(map[string]bool)
	for i := range result.Errors {
		lost[result.Errors[i].To] = result.Errors[i].Code == sms.CodeNoAttemptLeft
	}
	for _, m := range last.Messages {
		if lost[m.To] {
			all.Messages, lost[m.To] = append(all.Messages, m), false
		}
	}
	for i := range last.Errors {
		if e := last.Errors[i]; e.Code == sms.CodeOutcomeUnknown && lost[e.To] {
			all.Errors, lost[e.To] = append(all.Errors, e), false
		}
	}
	all.Messages = append(all.Messages, result.Messages...)
	for i := range result.Errors {
		if e := result.Errors[i]; e.Code != sms.CodeNoAttemptLeft || lost[e.To] {
			all.Errors = append(all.Errors, e)
		}
	}
	return all
}

// withoutResult is the error for recipients whose send ended without a result.
var withoutResult = sms.Error{Code: sms.CodeOutcomeUnknown, Message: "the send ended without a result: the message may or may not have been created"}

// forEach returns the same error for each recipient.
func forEach(recipients sms.Recipients, problem sms.Error) (page sms.ReportPage) {
	for i := range recipients {
		problem.To = recipients[i].To
		page.Errors = append(page.Errors, problem)
	}
	return page
}

// pageKey returns the key of the current page. If all pages had the same key,
// every page would get the result of the first, and nobody else would be
// texted. The key depends only on the broadcast's own key and the page's place
// in the list, so a page that is tried again, by this broadcast or another, has
// the same key.
func (b *broadcast) pageKey() string {
	page := b.held.Page
	if !b.numbered {
		page = b.progress.Pages + 1
	}
	return fmt.Sprintf("%s (page %d of a broadcast)", b.input.IdempotencyKey, page)
}

// settle counts outcomes that are final and writes them to the report.
func (b *broadcast) settle(ctx workflow.Context, page sms.ReportPage) error {
	number := b.progress.Pages
	b.progress.Pages++
	b.progress.Sent += len(page.Messages)
	b.progress.Recipients += len(page.Messages) + len(page.Errors)
	for i := range page.Errors {
		b.progress.Errors[page.Errors[i].Code]++
	}
	b.tell(ctx)
	if b.input.Report == "" {
		return nil
	}
	// These recipients were texted, so the report must include them even if
	// the workflow is cancelled.
	writing, _ := workflow.NewDisconnectedContext(workflow.WithActivityOptions(ctx, brief("Write the report")))
	in := sms.ReportInput{Name: b.input.Report, Broadcast: identity(ctx), Page: number, Result: page}
	if err := workflow.ExecuteActivity(writing, sms.WriteReportName, in).Get(writing, nil); err != nil {
		b.unwritten = append(b.unwritten, number)
		return fmt.Errorf("page %d is not in the report, only in the workflow's history: %s", b.progress.Pages, reason(err))
	}
	return nil
}

// Twilio's error codes for failures that affect more than the recipient.
const (
	queueFull = 21611
	replyLoop = 14107
)

// worthAnother reports whether a message was certainly not sent and is worth
// another attempt.
func (b *broadcast) worthAnother(e *sms.Error) bool {
	if e.RefusesAccount() {
		return b.untilMended || e.Code == sms.CodeAuthentication
	}
	return e.Retryable && e.TwilioCode != replyLoop
}

// How long a broadcast waits before it tries again: shortWait after some
// progress; without progress, firstWait, doubled each time up to longWait; and
// queueWait if the sender's queue at Twilio is full, which takes hours to drain.
const (
	shortWait = 2 * time.Second
	firstWait = 10 * time.Second
	longWait  = 15 * time.Minute
	queueWait = 5 * time.Minute
	// resumeWait is how long it may take a broadcast to notice that sending
	// has been resumed.
	resumeWait = 30 * time.Second
)

// cause returns the error that causes a page to be retried. A reached cap or
// quiet hours count only if there is no other error.
func (b *broadcast) cause() sms.Error {
	all := b.held.Last.Errors
	place := slices.IndexFunc(all, func(e sms.Error) bool {
		return b.worthAnother(&e) && e.Code != sms.CodeQuietHours && !(b.fair && e.Code == sms.CodeCapReached)
	})
	if place < 0 {
		place = slices.IndexFunc(all, func(e sms.Error) bool { return b.worthAnother(&e) })
	}
	return all[max(0, place)]
}

// notYet waits before the rest of a page is tried again, or gives up.
func (b *broadcast) notYet(ctx workflow.Context, progressed bool) error {
	cause := b.cause()
	now := workflow.Now(ctx)
	if progressed {
		b.held.FailingSince, b.held.Failures = time.Time{}, 0
	} else if b.held.FailingSince.IsZero() || b.fair && !b.capsApart && cause.Code == sms.CodeCapReached {
		b.held.FailingSince = now
	}
	why := because(&cause)
	switch failing := now.Sub(b.held.FailingSince); {
	case cause.Code == sms.CodeSendingPaused:
		b.held.FailingSince, b.held.Failures = time.Time{}, 0
		b.retryCaps(now)
		return b.await(ctx, now.Add(resumeWait), broadcastPaused, why)
	case cause.Code == sms.CodeQuietHours:
		b.held.FailingSince, b.held.Failures = time.Time{}, 0
		return b.await(ctx, now.Add(lateWait), broadcastWaiting, why)
	case !progressed && failing >= time.Duration(b.input.GiveUpAfter):
		return fmt.Errorf("gave up after %s without progress: %s", spoken(failing), why)
	case cause.TwilioCode == queueFull:
		b.held.FullAt = now
		b.noteFullQueue(ctx)
		return b.await(ctx, now.Add(queueWait), broadcastWaiting, "the sender's queue at Twilio is full")
	case progressed:
		return workflow.Sleep(ctx, shortWait)
	}
	b.held.Failures++
	if b.held.Failures == 1 {
		workflow.GetLogger(ctx).Warn("the broadcast has paused itself", "code", string(cause.Code), "twilioCode", cause.TwilioCode, "httpStatus", cause.HTTPStatus)
	}
	wait := min(firstWait<<min(b.held.Failures-1, 10), longWait)
	return b.await(ctx, now.Add(wait), broadcastPaused, why)
}

// The maximum numbers of texts, failures and gaps in the result of a dry run,
// which has to fit into a payload.
const (
	keptTexts    = 3
	keptFailures = 200
	keptGaps     = 100
)

// preview renders a page without sending it, and adds the findings to the
// result of the dry run.
func (b *broadcast) preview(ctx workflow.Context, page sms.Page) error {
	if b.progress.DryRun == nil {
		b.progress.DryRun = &sms.Preview{}
	}
	all := b.progress.DryRun
	var found sms.Preview
	if len(page.Recipients) > 0 {
		input := b.input.SendSmsInput
		input.SmsTo = page.Recipients
		rendering := workflow.WithActivityOptions(ctx, reading(fmt.Sprintf("Render page %d", b.progress.Pages+1)))
		if err := workflow.ExecuteActivity(rendering, sms.PreviewSmsName, input).Get(ctx, &found); err != nil {
			return err
		}
	}
	failures := slices.Concat(page.Errors, found.Failures)
	for i := range failures {
		b.progress.Errors[failures[i].Code]++
	}
	if len(found.Failures) == 1 && found.Failures[0].To == "" {
		b.progress.Error = "nothing would be sent: " + string(found.Failures[0].Code)
		b.held.Ended = true
	}
	b.progress.Pages++
	b.progress.Recipients += found.Messages + len(failures)
	all.Messages += found.Messages
	all.Segments += found.Segments
	all.GapCount += found.GapCount
	all.Texts = first(append(all.Texts, found.Texts...), keptTexts)
	all.Failures = first(append(all.Failures, failures...), keptFailures)
	all.Gaps = first(append(all.Gaps, found.Gaps...), keptGaps)
	b.tell(ctx)
	return nil
}

// first returns at most the given number of elements from the start of a list.
func first[T any](list []T, most int) []T { return list[:min(len(list), most)] }
