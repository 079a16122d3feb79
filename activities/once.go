package activities

// Sends with an idempotency key. A list is sent only once for each key, no
// matter how many callers use it.

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"temporal-twilio/sms"
)

const (
	// contentMark is the start of the details of a send's workflow. It
	// precedes a digest of the send's content.
	contentMark = "Content: "
	// maxAsk is how long an attempt waits for the send if another attempt
	// can follow. Between attempts, the caller holds no worker slot.
	maxAsk = time.Second
	// maxSends is how many sends one key may start. A broadcast whose
	// sender's queue is full starts one every five minutes for a day.
	maxSends = 500
)

// keyed is one caller's wait for the sends of a key. The first send has the
// whole list. Each later send has only the recipients that the earlier ones
// certainly did not text. Each send is a workflow whose ID is never reused, so
// its list and result never change, and all callers get the same result.
type keyed struct {
	*attempt
	activities *Activities
	input      sms.SendSmsInput
	key        string
	// id is the workflow ID of the key's first send.
	id      string
	content string
	// results holds the results of the key's sends so far, in order.
	results []sms.SendSmsResult
	// used is true if the key's first send is known to have started. If
	// Temporal no longer has it, it must not be started again.
	used bool
	// waitsFor is the index of the send that the caller most recently began
	// to wait for, in this or an earlier attempt, or -1 if there is none.
	// The heart records it.
	waitsFor atomic.Int64
}

// asked holds the heartbeat details of a keyed send.
type asked struct {
	WaitsFor int `json:"waitsFor"`
}

// once returns the result of the key's send, which it starts, waits for, or
// finds completed. Callers may be workflows or standalone activities. They may
// call concurrently or one after the other, for as long as the namespace
// retains closed workflows.
func (a *Activities) once(ctx context.Context, input sms.SendSmsInput) (sms.SendSmsResult, error) {
	if len(a.KeySecret) == 0 {
		return sms.NewSendSmsResult(nil, []sms.Error{{Code: sms.CodeInvalidInput, Message: "idempotencyKey needs a secret for workflow IDs, but this worker was started without one; all workers need the same secret"}}), nil
	}
	k := &keyed{attempt: newAttempt(ctx, a), activities: a, key: input.IdempotencyKey, id: a.onceID(input)}
	k.waitsFor.Store(-1)
	k.content = sms.Pseudonym(a.KeySecret, contentOf(input))
	k.input = input
	k.input.OnError, k.input.Priority = "", k.priorityOf(input)
	if !isLong(input) { // the keys of a long list's pages are derived from this one
		k.input.IdempotencyKey = ""
	}
	if query := a.callback(k.info.WorkflowExecution.ID, &input); query != nil && input.StatusCallback == "" {
		k.input.StatusCallback = a.callbackAddress(query)
	}
	if activity.HasHeartbeatDetails(ctx) {
		var before asked
		if activity.GetHeartbeatDetails(ctx, &before) == nil {
			k.waitsFor.Store(int64(before.WaitsFor))
		}
	}
	k.used = k.waitsFor.Load() >= 0 || k.declares(sms.KeyUsedErrorType)
	k.heart.details = func() any { return asked{int(k.waitsFor.Load())} }
	ctx, end := k.begin(ctx)
	defer end()
	return k.ask(ctx)
}

// contentOf returns the part of the input that must be the same in two requests
// for the same send.
func contentOf(input sms.SendSmsInput) string {
	input.IdempotencyKey, input.OnError, input.OnUnknown, input.GiveUpAfter, input.Priority, input.Label = "", "", "", 0, "", ""
	input.StatusCallback, input.StatusSignals = "", nil
	// Decoding and encoding it again sorts the keys of objects, such as
	// variables.
	var all any
	decoder := json.NewDecoder(strings.NewReader(sms.JSONText(input)))
	decoder.UseNumber()
	_ = decoder.Decode(&all) // the JSON was just encoded, so it is valid
	return sms.JSONText(all)
}

// isLong reports whether a list is sent by a broadcast. The result is then a
// summary.
func isLong(input sms.SendSmsInput) bool { return len(input.SmsTo) > sms.MaxRecipients }

// onceID returns the ID of the first send of the input's key.
func (a *Activities) onceID(input sms.SendSmsInput) string {
	return sms.OncePrefix + sms.Pseudonym(a.KeySecret, "idempotencyKey", input.Account, input.IdempotencyKey)
}

// hasKey reports whether a workflow ID is that of a send with the input's key.
func (a *Activities) hasKey(workflowID string, input sms.SendSmsInput) bool {
	return len(a.KeySecret) > 0 && strings.HasPrefix(workflowID+"-", a.onceID(input)+"-")
}

// ask waits for the sends of the key, one after the other, until no recipients
// are left whom another send could text.
func (k *keyed) ask(ctx context.Context) (sms.SendSmsResult, error) {
	input := k.input
	for place := range maxSends {
		result, done, err := k.send(ctx, place, input)
		if err != nil {
			return k.notYet(ctx, input, err)
		}
		each := k.spread(input, result)
		rest := k.restOf(input, each)
		for i := range each.Errors {
			if e := &each.Errors[i]; len(result.Errors) == 1 && e.Code == result.Errors[0].Code { // a retry does not make the input valid
				e.Retryable = result.Errors[0].Retryable
			}
		}
		k.results = append(k.results, each)
		// A caller that has waited for a send gets its result, and does
		// not start another.
		if len(rest) == 0 || !done || int64(place) == k.waitsFor.Load() || k.paused(result) {
			if place == 0 {
				return result, nil
			}
			return k.merged(), nil
		}
		input.SmsTo = rest
	}
	k.results = append(k.results, sms.NewSendSmsResult(nil, k.each(input, sms.Error{Code: sms.CodeNoAttemptLeft, Message: fmt.Sprintf("%d sends with this idempotencyKey could not text the recipient; no further ones are tried. Use a different key", maxSends)})))
	return k.merged(), nil
}

// paused reports whether a send ended because all sending was paused, and
// sending is still paused. Another send would then only use up one of the key's
// sends.
func (k *keyed) paused(result sms.SendSmsResult) bool {
	pace := k.activities.Accounts[k.input.Account].Pace
	return pace != nil && pace.Held() && slices.ContainsFunc(result.Errors, func(e sms.Error) bool { return e.Code == sms.CodeSendingPaused })
}

var (
	errOtherContent = errors.New("the key belongs to another send")
	errKeyExpired   = errors.New("the key's first send is no longer known")
)

// send returns the result of one of the key's sends. done is true if that send
// had already ended.
func (k *keyed) send(ctx context.Context, place int, input sms.SendSmsInput) (result sms.SendSmsResult, done bool, err error) {
	id := k.id
	if place > 0 {
		id += "-" + strconv.Itoa(place+1)
	}
	temporalClient := k.activities.client(ctx)
	if place == 0 && k.used {
		if _, err := temporalClient.DescribeWorkflow(ctx, id, ""); isNotFound(err) {
			return result, false, errKeyExpired
		} else if err != nil {
			return result, false, err
		}
	}
	run, err := temporalClient.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       id,
		TaskQueue:                                k.info.TaskQueue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            sms.Summary("SendSms with an idempotency key", input.Label),
		StaticDetails:                            contentMark + k.content,
	}, sms.SendSmsWorkflowName, input)
	if exists := (*serviceerror.WorkflowExecutionAlreadyStarted)(nil); errors.As(err, &exists) {
		run, done, err = temporalClient.GetWorkflow(ctx, id, exists.RunId), true, nil
	}
	if err != nil {
		return result, false, err
	}
	if place == 0 {
		if err := k.same(ctx, id, run.GetRunID()); err != nil {
			return result, done, err
		}
	}
	waiting := ctx
	if !done {
		k.waitsFor.Store(int64(place))
		if room, _ := k.mayGoOn(0); room {
			var cancel context.CancelFunc
			waiting, cancel = context.WithTimeout(ctx, maxAsk)
			defer cancel()
		}
	}
	return result, done, run.Get(waiting, &result)
}

// same returns errOtherContent if a send was started with different content. A
// send that was started by an older version has no record of its content, and
// is taken to be the same.
func (k *keyed) same(ctx context.Context, id, runID string) error {
	described, err := k.activities.client(ctx).DescribeWorkflow(ctx, id, runID)
	if err != nil {
		return err
	}
	details, err := described.GetStaticDetails()
	if _, unreadable := errors.AsType[*sms.UnreadableError](err); unreadable {
		return err
	}
	if content, found := strings.CutPrefix(details, contentMark); err == nil && found && content != k.content {
		return errOtherContent
	}
	return nil
}

// spread converts a single error for the whole send into one error per
// recipient.
func (k *keyed) spread(input sms.SendSmsInput, result sms.SendSmsResult) sms.SendSmsResult {
	if len(result.Errors) != 1 || result.Errors[0].To != "" || isLong(input) {
		return result
	}
	whole := result.Errors[0]
	whole.Retryable = whole.Code != sms.CodeUnknown && whole.Code != sms.CodeOutcomeUnknown // any other code means that nothing was started
	return sms.NewSendSmsResult(nil, k.each(input, whole))
}

// each returns one error per recipient: the given one, or the reason why the
// address is invalid. For a long list, it returns a single error.
func (k *keyed) each(input sms.SendSmsInput, problem sms.Error) (all []sms.Error) {
	if isLong(input) {
		return []sms.Error{problem}
	}
	for _, to := range k.activities.readList(&input) {
		if to.state == untried {
			to.problem = problem
			to.problem.To = to.to
		}
		all = append(all, to.problem)
	}
	return all
}

// restOf lists the recipients that a send certainly did not text and that may
// be texted now. It omits recipients whose error is in the input itself. A long
// list whose broadcast ended early is sent again as a whole, since the keys of
// the broadcast's pages prevent duplicates.
func (k *keyed) restOf(input sms.SendSmsInput, result sms.SendSmsResult) (rest sms.Recipients) {
	if isLong(input) {
		if b := result.Broadcast; b != nil && b.State != "done" || b == nil && len(result.Errors) > 0 && result.Errors[0].Code != sms.CodeOutcomeUnknown {
			rest = input.SmsTo
		}
		return rest
	}
	failed := make(map[string]bool)
	for _, e := range result.Errors {
		failed[e.To] = e.Code != sms.CodeOutcomeUnknown && (e.HTTPStatus != 0 || e.Retryable)
	}
	for _, to := range k.activities.readList(&input) {
		if failed[to.to] {
			rest = append(rest, to.Recipient)
		}
	}
	return rest
}

// merged returns, for each recipient, the outcome in the last send that
// included the recipient.
func (k *keyed) merged() sms.SendSmsResult {
	if isLong(k.input) {
		return k.results[len(k.results)-1]
	}
	messages, failures := make(map[string]sms.Message), make(map[string]sms.Error)
	for _, result := range k.results {
		for _, m := range result.Messages {
			messages[m.To] = m
		}
		for _, e := range result.Errors {
			failures[e.To] = e
		}
	}
	var (
		sent    []sms.Message
		failed  []sms.Error
		unknown []sms.Error
	)
	for _, to := range k.activities.readList(&k.input) {
		if m, ok := messages[to.to]; ok {
			sent = append(sent, m)
		} else if e, ok := failures[to.to]; ok {
			failed = append(failed, e)
		} else { // the result omits a long address, or the sending worker parsed it differently
			unknown = append(unknown, to.problem)
		}
		delete(messages, to.to)
		delete(failures, to.to)
	}
	for _, to := range slices.Sorted(maps.Keys(messages)) {
		sent = append(sent, messages[to])
		delete(failures, to)
	}
	for _, to := range slices.Sorted(maps.Keys(failures)) {
		failed = append(failed, failures[to])
	}
	failed = append(failed, unknown[min(len(messages)+len(failures), len(unknown)):]...)
	return sms.NewSendSmsResult(sent, failed)
}

// notYet ends an attempt that did not get the result. If the caller allows
// another attempt, it will find the same send.
func (k *keyed) notYet(ctx context.Context, input sms.SendSmsInput, err error) (sms.SendSmsResult, error) {
	if errors.Is(err, errOtherContent) {
		return sms.NewSendSmsResult(nil, []sms.Error{{Code: sms.CodeInvalidInput, Message: fmt.Sprintf("the idempotencyKey %q belongs to a send with another text, sender or list; nothing was sent. Use a different key for this one", clip(k.key))}}), nil
	}
	problem := sms.Error{Code: sms.CodeOutcomeUnknown, Message: "the send with this idempotencyKey is still running; call again with the same key for its result"}
	cause := context.Cause(ctx)
	cancelled := temporal.IsCanceledError(cause) || errors.Is(cause, context.Canceled)
	delay := min(time.Second<<min(k.info.Attempt-1, 5), 30*time.Second)
	ended, refused := (*temporal.WorkflowExecutionError)(nil), k.refused(err, k.input)
	switch {
	case refused != nil:
		problem = *refused
	case errors.Is(err, errKeyExpired) && k.declares(sms.KeyUsedErrorType): // the caller knows the result
		problem = sms.Error{Code: sms.CodeNoAttemptLeft, Message: "the first send with this idempotencyKey is no longer in the namespace, so nothing more was sent; send to these recipients with another key"}
	case errors.Is(err, errKeyExpired):
		problem.Message = "the send with this idempotencyKey is no longer in the namespace, and its result is lost; before you send with another key, check Twilio's log to see whom it texted"
	case errors.As(err, &ended):
		problem.Message = "the send with this idempotencyKey ended without a result; before you send with another key, check Twilio's log to see whom it texted"
	case !cancelled:
		if room, _ := k.mayGoOn(delay); room {
			_ = k.heart.record(context.WithoutCancel(ctx)) // if this fails, the next attempt may start one send too many
			return sms.SendSmsResult{}, again("the keyed send has not ended yet", delay, nil)
		}
	}
	k.results = append(k.results, sms.NewSendSmsResult(nil, k.each(input, problem)))
	return k.merged(), nil
}

// refused returns the error for a send whose workflow Temporal refuses to
// start. If the input is too large, it returns the error immediately.
// Otherwise, it does so once Temporal has been refusing for as long as a send
// may go without progress. It returns nil while a retry may help.
func (t *attempt) refused(err error, input sms.SendSmsInput) *sms.Error {
	if _, tooBig := errors.AsType[*serviceerror.InvalidArgument](err); tooBig {
		return &sms.Error{Code: sms.CodeInvalidInput, Message: "the list does not fit into a Temporal payload, which is limited to 2 MB; write it to a file and start BroadcastSmsWorkflow with the file"}
	}
	_, denied := errors.AsType[*serviceerror.PermissionDenied](err)
	_, missing := errors.AsType[*serviceerror.NamespaceNotFound](err)
	tried := t.info.StartedTime.Sub(t.info.ScheduledTime) + elapsed(t.began)
	if !denied && !missing || tried < cmp.Or(time.Duration(input.GiveUpAfter), DefaultGiveUpAfter) {
		return nil
	}
	return &sms.Error{Code: sms.CodeOutcomeUnknown, Message: "Temporal has refused this worker's requests for " + tried.Round(time.Second).String() + ", so the worker does not know whether anything was sent: " + err.Error()}
}
