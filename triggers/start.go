package triggers

// Starting: a workflow for each message, once, also under an ID that several
// messages share.

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
)

type startRequest = workflowservice.StartWorkflowExecutionRequest

// own says that the trigger gives the workflow an ID, which more messages than
// one may have.
func (s *start) own() bool { return len(s.id.literals) > 0 }

// start starts the workflow of a message.
func (d *Dispatcher) start(ctx context.Context, f *Firing) error {
	s := f.trigger.action.start
	request, err := d.startRequest(f, s)
	if err != nil {
		return err
	}
	if s.own() {
		return d.startOwn(ctx, f, request)
	}
	if err = d.startExecution(ctx, request); isAlreadyStarted(err) {
		return nil // by another delivery of this message
	}
	return err
}

// startOwn starts a run under an ID of the trigger's own, unless the message
// has started or joined one.
func (d *Dispatcher) startOwn(ctx context.Context, f *Firing, request *startRequest) error {
	policy := request.WorkflowIdConflictPolicy
	for {
		last, err := d.describeRun(ctx, request.WorkflowId, "")
		if ignoreNotFound(err) != nil {
			return err
		}
		if started, err := d.startedBy(ctx, request.WorkflowId, requestID(f), last); started || err != nil {
			return err
		}
		if last.open {
			switch policy {
			case enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING:
				return d.join(ctx, f, request, last)
			case enumspb.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING:
				if err := d.terminate(ctx, request.WorkflowId, last); ignoreNotFound(err) != nil {
					return err
				}
			default:
				return serviceerror.NewWorkflowExecutionAlreadyStarted("the workflow is open", "", last.id)
			}
		}
		began, err := d.startAfter(ctx, request, last)
		if err != nil {
			return err
		}
		if began.starter == requestID(f) {
			return nil
		}
		// Another message was faster: go on from its run.
	}
}

// startAfter starts the run that follows another, or the first of its ID, and
// gives what then is the last: of the messages that know the same last run one
// starts the next, and the others get that. For this the request's ID is made of
// the run before; Temporal takes a request once. The error says that a policy
// does not let it start.
func (d *Dispatcher) startAfter(ctx context.Context, request *startRequest, before run) (run, error) {
	payload, err := d.converter().ToPayload(before.id)
	if err != nil {
		return run{}, fmt.Errorf("encode the memo: %w", err)
	}
	request.Memo.Fields[previousRun] = payload
	request.RequestId = uuid.NewSHA1(requestIDs, []byte(request.WorkflowId+"\x00after\x00"+before.id)).String()
	request.WorkflowIdConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		began, refused := d.startOnce(ctx, request)
		if refused != nil && !passing(refused) && !isAlreadyStarted(refused) {
			return run{}, refused
		}
		// Before a start is tried again it must be known that the run before is
		// still the last: to Temporal it is a new start once others have passed.
		last, err := d.describeRun(ctx, request.WorkflowId, began)
		if isNotFound(err) && refused != nil && before.id == "" {
			err = nil
		}
		switch {
		case err != nil || refused == nil || last.id != before.id:
			return last, err
		case !passing(refused):
			return run{}, refused
		}
		select {
		case <-ctx.Done():
			return run{}, refused
		case <-time.After(wait):
		}
	}
}

// startOnce gives the ID of the run that began.
func (d *Dispatcher) startOnce(ctx context.Context, request *startRequest) (runID string, err error) {
	response, err := d.Client.WorkflowService().StartWorkflowExecution(ctx, request)
	return response.GetRunId(), err
}

// startExecution starts a run whose request is the same at any time.
func (d *Dispatcher) startExecution(ctx context.Context, request *startRequest) error {
	return retrying(ctx, func(ctx context.Context) error {
		_, err := d.startOnce(ctx, request)
		return err
	})
}

// join has the open run know the message, which then starts no other once that
// has closed. Should it close just now, this starts the next.
func (d *Dispatcher) join(ctx context.Context, f *Firing, request *startRequest, open run) error {
	payload, err := d.converter().ToPayload(open.id)
	if err != nil {
		return fmt.Errorf("encode the memo: %w", err)
	}
	request.Memo.Fields[previousRun] = payload
	request.RequestId = requestID(f)
	request.OnConflictOptions = &workflowpb.OnConflictOptions{AttachRequestId: true}
	return d.startExecution(ctx, request)
}

// terminate ends a run and those that continue it, and no other.
func (d *Dispatcher) terminate(ctx context.Context, workflowID string, r run) error {
	return retrying(ctx, func(ctx context.Context) error {
		_, err := d.Client.WorkflowService().TerminateWorkflowExecution(ctx, &workflowservice.TerminateWorkflowExecutionRequest{
			Namespace: d.Namespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: workflowID}, FirstExecutionRunId: r.first,
			Reason: "A message starts it anew: idConflict is terminateExisting", Identity: identity,
		})
		return err
	})
}

// startedBy reports whether a request started or joined the last run of a
// workflow, the run that it continues, or one before.
func (d *Dispatcher) startedBy(ctx context.Context, workflowID, request string, last run) (bool, error) {
	if last.id == "" {
		return false, nil
	}
	if last.knows(request) {
		return true, nil
	}
	runs, err := d.earlier(ctx, workflowID, last)
	if err != nil {
		return false, err
	}
	if last.first != last.id {
		first, err := d.describeRun(ctx, workflowID, last.first)
		if ignoreNotFound(err) != nil {
			return false, err
		}
		runs = append([]run{first}, runs...)
	}
	for _, r := range runs {
		if r.knows(request) {
			return true, nil
		}
	}
	return false, nil
}

// startRequest goes below the SDK's client, which makes up a request ID at
// each call.
func (d *Dispatcher) startRequest(f *Firing, s *start) (*startRequest, error) {
	input, err := d.payloads(argument(f, s.input))
	if err != nil {
		return nil, err
	}
	request := &startRequest{
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
	if s.own() {
		request.WorkflowId = s.id.text(&f.Event)
	}
	return request, d.describe(f, s, request)
}

// signalWithStart must not start a second run for a message whose run has
// closed in the meantime, and Temporal's own request of that name would: it
// signals whatever run is open by then. So it first delivers. Only where no run
// is open is one started, and then delivered to, each of which is taken once.
func (d *Dispatcher) signalWithStart(ctx context.Context, f *Firing) error {
	s := f.trigger.action.signalWithStart
	start, err := d.startRequest(f, &s.start)
	if err != nil {
		return err
	}
	deliver := func() error { return d.deliver(ctx, f, start.WorkflowId, s.signal.name, s.signal.input) }
	for {
		undelivered := deliver()
		if !isNotFound(undelivered) {
			return undelivered
		}
		last, err := d.describeRun(ctx, start.WorkflowId, "")
		if ignoreNotFound(err) != nil {
			return err
		}
		if last.open {
			if f.late {
				return undelivered // the run began after the message
			}
			continue // another message began it just now
		}
		if _, err := d.startAfter(ctx, start, last); err != nil {
			return err
		}
	}
}
