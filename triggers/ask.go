package triggers

// Asked: giving a reply to the question that it answers, before any trigger.

import (
	"context"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	updatepb "go.temporal.io/api/update/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"temporal-twilio/activities"
	"temporal-twilio/sms"
	"temporal-twilio/workflows"
)

const (
	// askTimeout bounds the wait for the keeper of questions. With publishTimeout
	// it leaves time to tell the sender.
	askTimeout = 5 * time.Second
	// maxCatchersAsked bounds how many workflows are asked whether one caught a
	// message before.
	maxCatchersAsked = 100
)

// Asked gives a text to the one open question that it answers, and reports
// whether there was one. It may be called again for the same message, of which
// firings are what matched it. That somebody opts out or asks for help answers
// no question, and neither does a text that was published before: the question
// may have come of it.
func (d *Dispatcher) Asked(ctx context.Context, message sms.Inbound, firings []Firing) (taken bool, err error) {
	if message.Event == sms.OptOut || message.Event == sms.Help {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	taken, err = d.answers(ctx, message, firings)
	if isNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, &PublishError{Trigger: "questions", What: "give a reply to the question that it answers", Err: err}
	}
	return taken, nil
}

// answers does it; the error is NotFound if nobody asks.
func (d *Dispatcher) answers(ctx context.Context, message sms.Inbound, firings []Firing) (taken bool, err error) {
	keeper := activities.QuestionsID(d.IDSecret, message.To, message.From)
	if len(firings) > 0 {
		last, err := d.describeRun(ctx, keeper, "")
		if err != nil {
			return false, err
		}
		for i := range firings {
			if !last.open {
				break // it still tells what it took
			}
			if had, err := d.had(ctx, &firings[i]); had || err != nil {
				return false, err
			}
		}
	}
	handle, err := d.Client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID:   keeper,
		UpdateID:     "reply-" + message.MessageSID,
		UpdateName:   activities.ReplyUpdate,
		WaitForStage: client.WorkflowUpdateStageCompleted,
		Args: []any{workflows.Reply{
			MessageSID: message.MessageSID, Body: message.Body, From: message.From, To: message.To, ReceivedAt: message.ReceivedAt.UTC(),
		}},
	})
	if err != nil {
		return false, err
	}
	err = handle.Get(ctx, &taken)
	return taken, err
}

// had reports whether a firing was published before, and publishes nothing.
func (d *Dispatcher) had(ctx context.Context, f *Firing) (had bool, err error) {
	if f.Err != nil {
		return false, nil // what it would reach is not known
	}
	switch a := f.trigger.action; {
	case a.start != nil:
		had, err = d.hadStart(ctx, f, a.start)
	case a.signal != nil:
		had, err = d.hadSignal(ctx, f, a.signal.workflowID.text(&f.Event))
	case a.signalWithStart != nil:
		had, err = d.hadSignal(ctx, f, a.signalWithStart.start.id.text(&f.Event))
	case a.signalAll != nil:
		had, err = d.hadSignalAll(ctx, f)
	case a.update != nil:
		had, err = d.hadUpdate(ctx, f, a.update.workflowID.text(&f.Event))
	}
	return had, ignoreNotFound(err)
}

func (d *Dispatcher) hadStart(ctx context.Context, f *Firing, s *start) (bool, error) {
	id := WorkflowID(f.Event.MessageSID, f.trigger.Name)
	if s.own() {
		id = s.id.text(&f.Event)
	}
	last, err := d.describeRun(ctx, id, "")
	if err != nil || !s.own() {
		return err == nil, err
	}
	return d.startedBy(ctx, id, requestID(f), last)
}

// hadSignal looks through the last run of an ID and those before, as far back as
// a message may be delivered again. Just a history tells what signalled a run.
func (d *Dispatcher) hadSignal(ctx context.Context, f *Firing, workflowID string) (bool, error) {
	runID := ""
	for range maxEarlier {
		r, err := d.describeRun(ctx, workflowID, runID)
		if err != nil || !r.closed.IsZero() && time.Since(r.closed) > redelivery {
			return false, err
		}
		if err := d.readHistory(ctx, workflowID, &r); err != nil {
			return false, err
		}
		if r.requests[requestID(f)] {
			return true, nil
		}
		if runID = r.previous; runID == "" {
			break
		}
	}
	return false, nil
}

// hadSignalAll asks those that catch now: who caught it and closed is not among
// them.
func (d *Dispatcher) hadSignalAll(ctx context.Context, f *Firing) (bool, error) {
	ids, err := d.listIDs(ctx, workflows.CatchersQuery(f.trigger.action.signalAll.catches(f)), maxCatchersAsked)
	if err != nil {
		return false, err
	}
	for id := range ids {
		if had, err := d.hadSignal(ctx, f, id); had || ignoreNotFound(err) != nil {
			return had, err
		}
	}
	return false, nil
}

func (d *Dispatcher) hadUpdate(ctx context.Context, f *Firing, workflowID string) (bool, error) {
	err := retrying(ctx, func(ctx context.Context) error {
		_, err := d.Client.WorkflowService().PollWorkflowExecutionUpdate(ctx, &workflowservice.PollWorkflowExecutionUpdateRequest{
			Namespace: d.Namespace, Identity: identity,
			UpdateRef: &updatepb.UpdateRef{WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: workflowID}, UpdateId: requestID(f)},
		})
		return err
	})
	return err == nil, err
}
