package triggers

// Starting: a workflow for each message, once, also under an ID that several
// messages share.

import (
	"context"
	"fmt"

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
	if _, err = d.startExecution(ctx, request); isAlreadyStarted(err) {
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
	began, refused := d.startExecution(ctx, request)
	if refused != nil && !isAlreadyStarted(refused) {
		return run{}, refused
	}
	last, err := d.describeRun(ctx, request.WorkflowId, began)
	if err == nil && refused != nil && last.id == before.id {
		return run{}, refused
	}
	return last, err
}

// startExecution gives the ID of the run that began.
func (d *Dispatcher) startExecution(ctx context.Context, request *startRequest) (runID string, err error) {
	err = retrying(ctx, func(ctx context.Context) error {
		response, err := d.Client.WorkflowService().StartWorkflowExecution(ctx, request)
		runID = response.GetRunId()
		return err
	})
	return runID, err
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
	_, err = d.startExecution(ctx, request)
	return err
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
	if err := d.startFirst(ctx, f, start); !isAlreadyStarted(err) {
		return err
	}
	for {
		last, err := d.describeRun(ctx, start.WorkflowId, "")
		if err != nil {
			return err
		}
		if !last.open {
			if _, err := d.startAfter(ctx, start, last); err != nil {
				return err
			}
		}
		// An open run that began after a late message does not get it.
		if err := deliver(); !isNotFound(err) || last.open && f.late {
			return err
		}
	}
}

// startFirst starts the first run of an ID, with the signal.
func (d *Dispatcher) startFirst(ctx context.Context, f *Firing, start *startRequest) error {
	s := f.trigger.action.signalWithStart
	input, err := d.payloads(signalArgument(f, s.signal.input))
	if err != nil {
		return err
	}
	return retrying(ctx, func(ctx context.Context) error {
		_, err := d.Client.WorkflowService().SignalWithStartWorkflowExecution(ctx, &workflowservice.SignalWithStartWorkflowExecutionRequest{
			Namespace: d.Namespace, WorkflowId: start.WorkflowId, WorkflowType: start.WorkflowType, TaskQueue: start.TaskQueue,
			Input: start.Input, WorkflowExecutionTimeout: start.WorkflowExecutionTimeout, WorkflowRunTimeout: start.WorkflowRunTimeout,
			WorkflowTaskTimeout: start.WorkflowTaskTimeout, Identity: identity, RequestId: requestID(f),
			WorkflowIdReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
			SignalName:            s.signal.name, SignalInput: input,
			Memo: start.Memo, SearchAttributes: start.SearchAttributes, UserMetadata: start.UserMetadata,
		})
		return err
	})
}
