package triggers

// Dispatch: publishing an event to Temporal, once however often its message is
// delivered, over however many webhooks.

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
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
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := do(ctx, f); err != nil {
		return &PublishError{Trigger: f.trigger.Name, What: what, Err: err}
	}
	return nil
}

// PublishError says why an event was not published, in words that may be
// logged: Temporal's own hold workflow IDs, and so perhaps what was texted.
type PublishError struct {
	Trigger string
	// What was tried.
	What string
	Err  error
}

func (e *PublishError) Error() string {
	return fmt.Sprintf("trigger %s: %s: %s", e.Trigger, e.What, reason(e.Err))
}

// Final reports whether trying again is no use: Temporal has answered, and
// said no.
func (e *PublishError) Final() bool {
	switch serviceerror.ToStatus(e.Err).Code() {
	case codes.NotFound, codes.AlreadyExists, codes.InvalidArgument, codes.PermissionDenied, codes.FailedPrecondition:
		return true
	}
	return false
}

func (e *PublishError) Unwrap() error { return e.Err }

func reason(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "Temporal did not answer in time"
	}
	switch code := serviceerror.ToStatus(err).Code(); code {
	case codes.NotFound:
		return "there is no open workflow with this ID"
	case codes.AlreadyExists:
		return "there is a workflow with this ID already"
	case codes.Unknown:
		return fmt.Sprintf("%T", err)
	default:
		return code.String()
	}
}

// retrying calls until Temporal takes the request or refuses it, or time is
// up. Every request of ours is safe to repeat.
func retrying(ctx context.Context, call func(context.Context) error) error {
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		err := call(ctx)
		switch serviceerror.ToStatus(err).Code() {
		case codes.Unavailable, codes.ResourceExhausted, codes.Aborted:
		default:
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// start starts the workflow of a message. Its default ID is the message's
// alone. Under an ID of the trigger's own, a run that this message started may
// have closed, and another begun.
func (d *Dispatcher) start(ctx context.Context, f *Firing) error {
	s := f.trigger.action.start
	request, err := d.startRequest(f, s)
	if err != nil {
		return err
	}
	own := len(s.id.literals) > 0
	if own {
		last, err := d.describeRun(ctx, request.WorkflowId, "")
		if ignoreNotFound(err) != nil {
			return err
		}
		if err == nil {
			if started, err := d.startedBy(ctx, request, last); started || err != nil {
				return err
			}
			if err := d.follow(request, last); err != nil {
				return err
			}
		}
	}
	err = d.startExecution(ctx, request)
	if exists := (*serviceerror.WorkflowExecutionAlreadyStarted)(nil); !errors.As(err, &exists) || own {
		return err
	}
	return nil // by another delivery of this message
}

// startedBy reports whether this very request started the last run of the
// workflow, the run that it continues, or one before.
func (d *Dispatcher) startedBy(ctx context.Context, request *workflowservice.StartWorkflowExecutionRequest, last run) (bool, error) {
	if last.requests[request.RequestId] {
		return true, nil
	}
	runs, err := d.earlier(ctx, request.WorkflowId, last)
	if err != nil {
		return false, err
	}
	if last.first != last.id {
		first, err := d.describeRun(ctx, request.WorkflowId, last.first)
		if ignoreNotFound(err) != nil {
			return false, err
		}
		runs = append([]run{first}, runs...)
	}
	for _, r := range runs {
		if r.requests[request.RequestId] {
			return true, nil
		}
	}
	return false, nil
}

func (d *Dispatcher) startExecution(ctx context.Context, request *workflowservice.StartWorkflowExecutionRequest) error {
	return retrying(ctx, func(ctx context.Context) error {
		_, err := d.Client.WorkflowService().StartWorkflowExecution(ctx, request)
		return err
	})
}

// startRequest goes below the SDK's client, which makes up a request ID at
// each call.
func (d *Dispatcher) startRequest(f *Firing, s *start) (*workflowservice.StartWorkflowExecutionRequest, error) {
	input, err := d.payloads(argument(f, s.input))
	if err != nil {
		return nil, err
	}
	request := &workflowservice.StartWorkflowExecutionRequest{
		Namespace:                d.Namespace,
		WorkflowId:               WorkflowID(f.Event.MessageSID, f.trigger.Name),
		WorkflowType:             &commonpb.WorkflowType{Name: s.workflow},
		TaskQueue:                &taskqueuepb.TaskQueue{Name: s.taskQueue},
		Input:                    input,
		WorkflowExecutionTimeout: duration(s.executionTimeout),
		WorkflowRunTimeout:       duration(s.runTimeout),
		WorkflowTaskTimeout:      duration(s.taskTimeout),
		Identity:                 identity,
		RequestId:                requestID(f),
		WorkflowIdReusePolicy:    s.reuse,
		WorkflowIdConflictPolicy: s.conflict,
	}
	if len(s.id.literals) > 0 {
		request.WorkflowId = s.id.text(&f.Event)
	}
	return request, d.describe(f, s, request)
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

// signalWithStart must not start a second run for a message whose run has
// closed in the meantime, and Temporal's own request of that name would. So it
// first delivers. Only where no run is open is one started: in one request
// with the signal if it is the first of its ID, else in two, of which each is
// taken once.
func (d *Dispatcher) signalWithStart(ctx context.Context, f *Firing) error {
	s := f.trigger.action.signalWithStart
	start, err := d.startRequest(f, &s.start)
	if err != nil {
		return err
	}
	deliver := func() error { return d.deliver(ctx, f, start.WorkflowId, s.signal.name, s.signal.input) }
	if err := deliver(); !isNotFound(err) {
		return err
	}
	err = d.startFirst(ctx, f, start)
	if exists := (*serviceerror.WorkflowExecutionAlreadyStarted)(nil); !errors.As(err, &exists) {
		return err
	}
	last, err := d.describeRun(ctx, start.WorkflowId, "")
	if err != nil {
		return err
	}
	if !last.open {
		if err := d.follow(start, last); err != nil {
			return err
		}
		if err := d.startExecution(ctx, start); err != nil {
			return err
		}
	}
	return deliver()
}

// follow notes the run before in the memo of one that is to be started.
func (d *Dispatcher) follow(request *workflowservice.StartWorkflowExecutionRequest, before run) error {
	payload, err := d.converter().ToPayload(before.id)
	if err != nil {
		return fmt.Errorf("encode the memo: %w", err)
	}
	request.Memo.Fields[previousRun] = payload
	return nil
}

// startFirst starts the first run of an ID, with the signal.
func (d *Dispatcher) startFirst(ctx context.Context, f *Firing, start *workflowservice.StartWorkflowExecutionRequest) error {
	s := f.trigger.action.signalWithStart
	input, err := d.payloads(signalArgument(f, s.signal.input))
	if err != nil {
		return err
	}
	return retrying(ctx, func(ctx context.Context) error {
		_, err := d.Client.WorkflowService().SignalWithStartWorkflowExecution(ctx, &workflowservice.SignalWithStartWorkflowExecutionRequest{
			Namespace: d.Namespace, WorkflowId: start.WorkflowId, WorkflowType: start.WorkflowType, TaskQueue: start.TaskQueue,
			Input: start.Input, WorkflowExecutionTimeout: start.WorkflowExecutionTimeout, WorkflowRunTimeout: start.WorkflowRunTimeout,
			WorkflowTaskTimeout: start.WorkflowTaskTimeout, Identity: identity, RequestId: start.RequestId,
			WorkflowIdReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
			SignalName:            s.signal.name, SignalInput: input,
			Memo: start.Memo, SearchAttributes: start.SearchAttributes, UserMetadata: start.UserMetadata,
		})
		return err
	})
}

// signalAll finds the workflows that catch by their search attribute, which
// Temporal may show a moment late.
func (d *Dispatcher) signalAll(ctx context.Context, f *Firing) error {
	s := f.trigger.action.signalAll
	ids, err := d.catchers(ctx, s.catches(f))
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
			return nil // it has closed: it catches no more
		})
	}
	return signalling.Wait()
}

func (d *Dispatcher) catchers(ctx context.Context, catches string) (map[string]bool, error) {
	ids := map[string]bool{}
	request := &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: d.Namespace, PageSize: 1000, Query: workflows.CatchersQuery(catches),
	}
	for len(ids) < maxCatchers {
		var page *workflowservice.ListWorkflowExecutionsResponse
		err := retrying(ctx, func(ctx context.Context) (err error) {
			page, err = d.Client.WorkflowService().ListWorkflowExecutions(ctx, request)
			return err
		})
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
		var result any
		if err := handle.Get(ctx, &result); err != nil {
			return err
		}
		f.Event.result = result
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
