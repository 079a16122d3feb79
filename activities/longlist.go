package activities

// Lists that are too long for the report of one send. Such a list is sent by a
// broadcast, and the result of the send is the broadcast's summary.

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"temporal-twilio/sms"
)

// maxWaiting is how many sends may hold a worker slot while their broadcasts
// run, because the pages of these broadcasts also need slots. All further sends
// poll.
const maxWaiting = 100

// maxStopping is how long a cancelled send waits, without heartbeats, for its
// broadcast to stop. The broadcast finishes its current page first.
const maxStopping = 20 * time.Second

// longList is one attempt's wait for the broadcast of a list. The broadcast's
// workflow ID is derived from the activity, so that every attempt finds the
// same broadcast.
type longList struct {
	*attempt
	activities *Activities
	input      sms.SendSmsInput
	id         string
}

// broadcast sends to a list that is too long for one send.
func (a *Activities) broadcast(ctx context.Context, input sms.SendSmsInput) (sms.SendSmsResult, error) {
	l := &longList{attempt: newAttempt(ctx, a), activities: a, input: input}
	if problem := l.check(ctx); problem != nil {
		return sms.NewSendSmsResult(nil, []sms.Error{*problem}), nil
	}
	sum := sha256.Sum256([]byte(ownerOf(&l.info)))
	l.id = "sms-list-" + hex.EncodeToString(sum[:16])
	l.input.OnError = ""
	work, end := l.begin(ctx)
	defer end()
	progress, err := l.wait(work)
	if err == nil {
		return l.summary(progress), nil
	}
	return l.notYet(ctx, work, err)
}

// tooLong returns an error if the page of a broadcast is itself too long for
// one send. Otherwise, such a page would become another broadcast, with its own
// report.
func (t *attempt) tooLong(input sms.SendSmsInput) error {
	if !isLong(input) || !t.isPage() || t.info.Attempt > 1 {
		return nil
	}
	return &sms.Error{Code: sms.CodeInvalidInput, Message: fmt.Sprintf("a page has %d recipients: the activity that lists them must return at most limit recipients, and a cursor for the next page", len(input.SmsTo))}
}

// check returns an error if a list cannot be sent by a broadcast. Only the
// first attempt checks: a later one may run on a worker with other settings,
// and must not refuse a list that is already being sent.
func (l *longList) check(ctx context.Context) *sms.Error {
	input := l.input
	problem := &sms.Error{Code: sms.CodeInvalidInput}
	switch {
	case l.info.Attempt > 1:
		return nil
	case !l.activities.Reports:
		problem.Message = fmt.Sprintf("smsTo lists %d recipients; without a BROADCAST_STORE for the report of a longer list, SendSms accepts at most %d: start BroadcastSmsWorkflow with the list instead", len(input.SmsTo), sms.MaxRecipients)
	case input.StatusSignals != nil && *input.StatusSignals:
		problem.Message = fmt.Sprintf("statusSignals works for at most %d recipients, as Temporal limits the number of signals to a workflow; smsTo lists %d", sms.MaxRecipients, len(input.SmsTo))
	default:
		input.SmsTo, input.IdempotencyKey = input.SmsTo[:1], ""
		return l.activities.newSend(ctx, input).prepare(ctx)
	}
	return problem
}

// wait starts or finds the broadcast and waits until it ends.
func (l *longList) wait(ctx context.Context) (progress sms.BroadcastProgress, err error) {
	run, err := l.activities.client(ctx).ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       l.id,
		TaskQueue:                l.info.TaskQueue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            sms.Summary(fmt.Sprintf("SendSms to %d recipients", len(l.input.SmsTo)), l.input.Label),
	}, sms.BroadcastSmsWorkflowName, sms.BroadcastSmsInput{SendSmsInput: l.input, Report: l.id})
	if err != nil {
		return progress, err
	}
	defer l.activities.waiting.Add(-1)
	if room, _ := l.mayGoOn(0); l.activities.waiting.Add(1) > maxWaiting && room {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, maxAsk)
		defer cancel()
	}
	return progress, run.Get(ctx, &progress)
}

// notYet ends an attempt that did not get the result of the broadcast. If the
// caller's retry policy allows another attempt, it will find the same
// broadcast.
func (l *longList) notYet(ctx, work context.Context, err error) (sms.SendSmsResult, error) {
	problem := sms.Error{Code: sms.CodeOutcomeUnknown, Message: fmt.Sprintf("the workflow %s continues to send the list; its result and its report contain the outcome for each recipient", l.id)}
	delay := min(time.Second<<min(l.info.Attempt-1, 5), 30*time.Second)
	room, _ := l.mayGoOn(delay)
	cancelled := temporal.IsCanceledError(context.Cause(work)) || errors.Is(context.Cause(work), context.Canceled)
	ended, isEnded := errors.AsType[*temporal.WorkflowExecutionError](err)
	refused := l.refused(err, l.input)
	switch {
	case isEnded:
		problem = whyNoResult(ended)
	case refused != nil:
		problem = *refused
	case cancelled:
		if progress, stopped := l.stop(ctx); stopped {
			return l.summary(progress), nil
		}
	case room:
		return sms.SendSmsResult{}, again("the broadcast of the list has not ended yet", delay, nil)
	}
	return sms.NewSendSmsResult(nil, []sms.Error{problem}), nil
}

// stop cancels the broadcast and returns how far it got, or false if that is
// unknown.
func (l *longList) stop(ctx context.Context) (progress sms.BroadcastProgress, stopped bool) {
	ctx, cancel := l.within(context.WithoutCancel(ctx), l.resultBy())
	defer cancel()
	ctx, done := context.WithTimeout(ctx, min(l.heart.recordTimeout()/2, maxStopping))
	defer done()
	c := l.activities.client(ctx)
	err := c.CancelWorkflow(ctx, l.id, "")
	if _, ended := errors.AsType[*serviceerror.NotFound](err); ended || err == nil {
		err = c.GetWorkflow(ctx, l.id, "").Get(ctx, &progress)
	}
	return progress, err == nil
}

// whyNoResult returns the error for a broadcast that texted nobody or was
// terminated.
func whyNoResult(err *temporal.WorkflowExecutionError) sms.Error {
	if why, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return sms.Error{Code: cmp.Or(sms.Code(why.Type()), sms.CodeUnknown), Message: "nobody was texted: " + why.Message()}
	}
	return sms.Error{Code: sms.CodeOutcomeUnknown, Message: "the workflow that sent the list was terminated, so its result is lost; its history shows whom it texted"}
}

// summary returns the result for a list sent by a broadcast: one error for each
// code, with the number of recipients.
func (l *longList) summary(progress sms.BroadcastProgress) sms.SendSmsResult {
	all := max(progress.Total, progress.Recipients)
	names := "no report lists them"
	if progress.Report != "" {
		names = "the report " + progress.Report + " lists them"
	}
	var problems []sms.Error
	for _, code := range slices.Sorted(maps.Keys(progress.Errors)) {
		problems = append(problems, sms.Error{Code: code, Message: fmt.Sprintf("%d recipients; %s", progress.Errors[code], names)})
	}
	if left := all - progress.Recipients; left > 0 || progress.Error != "" {
		code := sms.CodeCancelled
		if progress.Error != "" {
			code = sms.CodeUnknown
		}
		problems = append(problems, sms.Error{Code: code, Message: strings.TrimSpace(fmt.Sprintf("the broadcast ended before it got to %d recipients; nothing was sent to them. %s", left, progress.Error))})
	}
	result := sms.NewSendSmsResult(nil, problems)
	result.Broadcast = &sms.ListBroadcast{
		WorkflowID: l.id, Recipients: all, Sent: progress.Sent, Errors: progress.Errors, State: progress.State, Report: progress.Report,
	}
	return result
}
