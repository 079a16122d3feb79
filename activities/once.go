package activities

// Once: sends with an idempotency key, of which there is one however many ask.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"temporal-twilio/sms"
)

const (
	// contentMark begins such a workflow's details, which tell its content.
	contentMark = "Content: "
	// maxAsk is how long an attempt waits for a send that another one does, if there
	// will be another attempt: it needs no place in the worker meanwhile.
	maxAsk = time.Second
	// maxSends is how many sends one key may lead to: a broadcast whose sender's
	// queue is full asks every five minutes for a day.
	maxSends = 500
)

// keyed is an ask for the one send that has a key. The key's first send has the
// whole list; each later one has those whom the sends before did not text and
// left in no doubt. Each is a workflow with an ID of its own that is never used
// twice, so its list and its result stay what they are, and all who ask agree.
type keyed struct {
	*attempt
	activities *Activities
	input      sms.SendSmsInput
	key        string
	content    string
	// results are those of the key's sends so far, in their order.
	results []sms.SendSmsResult
	// waitsFor is the place of the send that an earlier attempt began to wait for,
	// -1 for none.
	waitsFor int
}

// asked is what a keyed send records.
type asked struct {
	WaitsFor int `json:"waitsFor"`
}

// once gives the result of the one send that has the key: it begins that send,
// or waits for it, or finds it done. Callers may be workflows and standalone
// activities alike, at the same time or one after the other, for as long as the
// namespace keeps closed workflows.
func (a *Activities) once(ctx context.Context, input sms.SendSmsInput) (sms.SendSmsResult, error) {
	if len(a.KeySecret) == 0 {
		return sms.NewSendSmsResult(nil, []sms.Error{{Code: sms.CodeInvalidInput, Message: "idempotencyKey needs a secret for workflow IDs, and this worker was started without one; all workers need the same"}}), nil
	}
	k := &keyed{attempt: newAttempt(ctx, a), activities: a, key: input.IdempotencyKey, waitsFor: -1}
	k.content = sms.Pseudonym(a.KeySecret, contentOf(input))
	k.input = input
	k.input.IdempotencyKey, k.input.OnError = "", ""
	if query := a.callback(k.info.WorkflowExecution.ID, &input); query != nil && input.StatusCallback == "" {
		k.input.StatusCallback = a.callbackAddress(query)
	}
	if activity.HasHeartbeatDetails(ctx) {
		var before asked
		if activity.GetHeartbeatDetails(ctx, &before) == nil {
			k.waitsFor = before.WaitsFor
		}
	}
	k.details = func() any { return asked{k.waitsFor} }
	ctx, end := k.begin(ctx)
	defer end()
	return k.ask(ctx)
}

// contentOf is what of an input makes it the same send.
func contentOf(input sms.SendSmsInput) string {
	input.IdempotencyKey, input.OnError, input.OnUnknown, input.GiveUpAfter = "", "", "", 0
	input.StatusCallback, input.StatusSignals = "", nil
	var all any
	decoder := json.NewDecoder(strings.NewReader(text(input)))
	decoder.UseNumber()
	_ = decoder.Decode(&all) // so that names are in one order; it was just encoded
	return text(all)
}

// ask asks the key's sends, one after the other, until one of them answers for
// everybody.
func (k *keyed) ask(ctx context.Context) (sms.SendSmsResult, error) {
	input := k.input
	for place := range maxSends {
		result, done, err := k.send(ctx, place, input)
		if err != nil {
			return k.notYet(ctx, input, err)
		}
		k.results = append(k.results, k.spread(input, result))
		rest := k.restOf(input, k.results[len(k.results)-1])
		// Whoever waited for a send while it ran gets its result as it is.
		if len(rest) == 0 || !done || place == k.waitsFor {
			if place == 0 {
				return result, nil
			}
			break
		}
		input.SmsTo = rest
	}
	return k.merged(), nil
}

var errOtherContent = errors.New("the key belongs to another send")

// send gives the result of one of the key's sends. Done: it had ended before.
func (k *keyed) send(ctx context.Context, place int, input sms.SendSmsInput) (result sms.SendSmsResult, done bool, err error) {
	id := "sms-once-" + sms.Pseudonym(k.activities.KeySecret, "idempotencyKey", input.Account, k.key)
	if place > 0 {
		id += "-" + strconv.Itoa(place+1)
	}
	temporalClient := activity.GetClient(ctx)
	run, err := temporalClient.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       id,
		TaskQueue:                                k.info.TaskQueue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            "SendSms with an idempotency key",
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
		k.waitsFor = place
		if room, _ := k.mayGoOn(0); room {
			var cancel context.CancelFunc
			waiting, cancel = context.WithTimeout(ctx, maxAsk)
			defer cancel()
		}
	}
	return result, done, run.Get(waiting, &result)
}

// same reports errOtherContent if a send was begun with another text or list. One
// of an older version does not tell.
func (k *keyed) same(ctx context.Context, id, runID string) error {
	described, err := activity.GetClient(ctx).DescribeWorkflow(ctx, id, runID)
	if err != nil {
		return err
	}
	details, err := described.GetStaticDetails()
	if _, unreadable := errors.AsType[*sms.UnreadableError](err); unreadable {
		return err
	}
	if content, tells := strings.CutPrefix(details, contentMark); err == nil && tells && content != k.content {
		return errOtherContent
	}
	return nil
}

// spread gives a result with an error for each recipient, where it has one for
// the whole send.
func (k *keyed) spread(input sms.SendSmsInput, result sms.SendSmsResult) sms.SendSmsResult {
	if len(result.Errors) != 1 || result.Errors[0].To != "" {
		return result
	}
	whole := result.Errors[0]
	whole.Retryable = true // nothing was begun
	return sms.NewSendSmsResult(nil, k.each(input, whole))
}

// each is an error for each recipient: the given one, or why that one is none.
func (k *keyed) each(input sms.SendSmsInput, problem sms.Error) (all []sms.Error) {
	for _, to := range k.activities.readList(&input) {
		if to.state == untried {
			to.problem = problem
			to.problem.To = to.to
		}
		all = append(all, to.problem)
	}
	return all
}

// restOf lists the recipients whom a send did not text, if that is certain. What
// the input itself kept from being sent stays so.
func (k *keyed) restOf(input sms.SendSmsInput, result sms.SendSmsResult) (rest sms.Recipients) {
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

// merged tells of each recipient what became of the message in the last send that
// had it.
func (k *keyed) merged() sms.SendSmsResult {
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
		sent   []sms.Message
		failed []sms.Error
	)
	for _, to := range k.activities.readList(&k.input) {
		if m, ok := messages[to.to]; ok {
			sent = append(sent, m)
		} else if e, ok := failures[to.to]; ok {
			failed = append(failed, e)
		} else { // its address is too long to be repeated
			failed = append(failed, to.problem)
		}
	}
	return sms.NewSendSmsResult(sent, failed)
}

// notYet ends an attempt that did not learn the result: another attempt finds
// the same send, if the caller leaves room for one.
func (k *keyed) notYet(ctx context.Context, input sms.SendSmsInput, err error) (sms.SendSmsResult, error) {
	if errors.Is(err, errOtherContent) {
		return sms.NewSendSmsResult(nil, []sms.Error{{Code: sms.CodeInvalidInput, Message: fmt.Sprintf("the idempotencyKey %q belongs to a send with another text, sender or list; nothing was sent. Give this one a key of its own", clip(k.key))}}), nil
	}
	why := "the send with this idempotencyKey has not ended, and goes on; ask again with the same key to learn its result"
	cause := context.Cause(ctx)
	cancelled := temporal.IsCanceledError(cause) || errors.Is(cause, context.Canceled)
	delay := min(time.Second<<min(k.info.Attempt-1, 5), 30*time.Second)
	switch ended := (*temporal.WorkflowExecutionError)(nil); {
	case errors.As(err, &ended):
		why = "the send with this idempotencyKey was ended from outside, and its result is lost; look in Twilio's log whom it texted before you send with another key"
	case !cancelled:
		if room, _ := k.mayGoOn(delay); room {
			_ = k.record(context.WithoutCancel(ctx)) // without it this ask may begin one send more
			return sms.SendSmsResult{}, again("the keyed send has not ended yet", delay, nil)
		}
	}
	k.results = append(k.results, sms.NewSendSmsResult(nil, k.each(input, sms.Error{Code: sms.CodeOutcomeUnknown, Message: why})))
	return k.merged(), nil
}
