package triggers

// Dispatch: publishing an event to Temporal, once however often its message is
// delivered, over however many webhooks.

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"

	"temporal-twilio/workflows"
)

const (
	// publishTimeout bounds a start or a signal, with its retries: the sender is
	// told within 10 s.
	publishTimeout = 7 * time.Second
	// updateTimeout bounds the wait for a workflow's answer. Twilio waits 15 s.
	updateTimeout = 12 * time.Second
	// maxCatchers bounds how many workflows one signalAll reaches.
	maxCatchers = 10_000
	identity    = "temporal-twilio webhook"
)

// Dispatcher publishes events to one namespace.
type Dispatcher struct {
	Client client.Client
	// Namespace is the one that Client works in.
	Namespace string
	// Converter encodes inputs. It must be Client's own. Optional: default the
	// SDK's.
	Converter converter.DataConverter
	// IDSecret makes the pseudonyms by which replies find their questions. It
	// must be that of the workers.
	IDSecret []byte

	chains chains
}

// requestIDs is the name space of our request IDs.
var requestIDs = uuid.MustParse("5f0c7a52-4c1a-5e0e-9d0b-6c2f6a0d7e11")

// requestID is the same for every delivery of a message to a trigger, and to
// nothing else. Temporal takes a request of one ID once in a run, and answers
// the same to repeats, also after the run has closed.
func requestID(f *Firing) string {
	return uuid.NewSHA1(requestIDs, []byte(f.Event.MessageSID+"\x00"+f.trigger.Name)).String()
}

// WorkflowID is the ID of the workflow that a trigger starts for a message,
// unless it has an ID of its own. The message comes first, so that all
// workflows of a message are found by prefix.
func WorkflowID(messageSID, trigger string) string {
	return "sms-" + messageSID + "-" + trigger
}

// Publish does what the firing's trigger says. It may be called again for the
// same message, also at the same time and by other processes. An error says
// nothing of the sender or the text; it unwraps to Temporal's own, which may.
func (d *Dispatcher) Publish(ctx context.Context, f *Firing) error {
	do, what, timeout := d.start, "start the workflow", publishTimeout
	switch a := f.trigger.action; {
	case a.signal != nil:
		do, what = d.signal, "signal the workflow"
	case a.signalWithStart != nil:
		do, what = d.signalWithStart, "signal or start the workflow"
	case a.signalAll != nil:
		do, what = d.signalAll, "signal the workflows that catch"
	case a.update != nil:
		do, what, timeout = d.update, "ask the workflow", updateTimeout
	}
	if f.Err != nil {
		return f.Err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := do(ctx, f); err != nil {
		return &PublishError{Trigger: f.trigger.Name, What: what, Err: err}
	}
	return nil
}

// passing reports whether Temporal may take the same request a moment later.
func passing(err error) bool {
	switch serviceerror.ToStatus(err).Code() {
	case codes.Unavailable, codes.ResourceExhausted, codes.Aborted:
		return true
	}
	return false
}

// retrying calls until Temporal takes the request or refuses it, or time is
// up. Every request of ours is safe to repeat.
func retrying(ctx context.Context, call func(context.Context) error) error {
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		err := call(ctx)
		if !passing(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

func (d *Dispatcher) signal(ctx context.Context, f *Firing) error {
	s := f.trigger.action.signal
	return d.deliver(ctx, f, s.workflowID.text(&f.Event), s.name, s.input)
}

// deliver signals the open run of an ID, unless it or one before had the
// message. The error is NotFound if none is open.
func (d *Dispatcher) deliver(ctx context.Context, f *Firing, workflowID, name string, written mapping) error {
	signal := func(r run) error { return d.signalRun(ctx, f, workflowID, r.id, name, written) }
	var passed []run
	for {
		last, err := d.describeRun(ctx, workflowID, "")
		if err != nil {
			return err
		}
		before, err := d.earlier(ctx, workflowID, last)
		if err != nil {
			return err
		}
		for _, r := range append(passed, before...) {
			if r.requests[requestID(f)] {
				return nil
			}
			if !r.unsure {
				continue
			}
			// A closed run takes nothing more; it answers whether it had this.
			if err := signal(r); !isNotFound(err) {
				return err
			}
		}
		if f.late {
			if last, err = d.runOfThen(ctx, f, workflowID, last); err != nil {
				return err
			}
		}
		// The run is named: another that begins now may not know the message.
		if err := signal(last); !isNotFound(err) || !last.open {
			return err
		}
		last.unsure = true
		passed = append(passed, last) // it closed just now; is there another?
	}
}

func (d *Dispatcher) signalRun(ctx context.Context, f *Firing, workflowID, runID, name string, written mapping) error {
	input, err := d.payloads(signalArgument(f, written))
	if err != nil {
		return err
	}
	return retrying(ctx, func(ctx context.Context) error {
		_, err := d.Client.WorkflowService().SignalWorkflowExecution(ctx, &workflowservice.SignalWorkflowExecutionRequest{
			Namespace:         d.Namespace,
			WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: runID},
			SignalName:        name,
			Input:             input,
			Identity:          identity,
			RequestId:         requestID(f),
		})
		return err
	})
}

// signalAll finds the workflows that catch by their search attribute, which
// Temporal may show a moment late.
func (d *Dispatcher) signalAll(ctx context.Context, f *Firing) error {
	s := f.trigger.action.signalAll
	ids, err := d.listIDs(ctx, workflows.CatchersQuery(s.catches(f)), maxCatchers)
	if err != nil {
		return err
	}
	var signalling errgroup.Group
	signalling.SetLimit(16)
	for id := range ids {
		signalling.Go(func() error {
			if err := d.deliver(ctx, f, id, s.name, s.input); !isNotFound(err) {
				return err
			}
			return nil // it has closed, or began later: it does not catch this
		})
	}
	return signalling.Wait()
}

// listIDs gives the IDs of workflows that a query finds, up to about a limit.
func (d *Dispatcher) listIDs(ctx context.Context, query string, limit int) (map[string]bool, error) {
	ids := map[string]bool{}
	request := &workflowservice.ListWorkflowExecutionsRequest{Namespace: d.Namespace, PageSize: int32(min(limit, 1000)), Query: query}
	for len(ids) < limit {
		page, err := d.list(ctx, request)
		if err != nil {
			return nil, err
		}
		for _, execution := range page.GetExecutions() {
			ids[execution.GetExecution().GetWorkflowId()] = true
		}
		if request.NextPageToken = page.GetNextPageToken(); len(request.NextPageToken) == 0 {
			break
		}
	}
	return ids, nil
}

func (d *Dispatcher) list(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (page *workflowservice.ListWorkflowExecutionsResponse, err error) {
	err = retrying(ctx, func(ctx context.Context) (err error) {
		page, err = d.Client.WorkflowService().ListWorkflowExecutions(ctx, request)
		return err
	})
	return page, err
}

// update asks a workflow and keeps its answer for the echo. Temporal gives a
// repeat the first answer, also after the workflow has closed.
func (d *Dispatcher) update(ctx context.Context, f *Firing) error {
	u := f.trigger.action.update
	return retrying(ctx, func(ctx context.Context) error {
		handle, err := d.Client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
			UpdateID:     requestID(f),
			WorkflowID:   u.workflowID.text(&f.Event),
			UpdateName:   u.name,
			Args:         []any{argument(f, u.input)},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		})
		if err != nil {
			return err
		}
		var result json.RawMessage
		if err := handle.Get(ctx, &result); err != nil {
			return err
		}
		f.Event.answered(result)
		return nil
	})
}

// argument is what a workflow gets: the mapped input, or the event.
func argument(f *Firing, input mapping) any {
	if input == nil {
		return f.Event
	}
	return input(&f.Event)
}

// signalArgument is the same for a signal. A mapped object also gets the
// message's SID and the trigger's name, by which [workflows.Inbox] knows a
// message that it has seen.
func signalArgument(f *Firing, input mapping) any {
	value := argument(f, input)
	if object, ok := value.(map[string]any); ok {
		for name, own := range map[string]string{"messageSid": f.Event.MessageSID, "trigger": f.trigger.Name} {
			if _, taken := object[name]; !taken {
				object[name] = own
			}
		}
	}
	return value
}
