package triggers

// Runs: the earlier workflows of an ID. Temporal takes a request once in a
// run; that a message was taken by a run which has closed since, and another
// begun, is for us to find. Each run that a trigger starts under an ID of its
// own therefore notes the run before it, in its memo.

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
)

const (
	// previousRun is the memo's entry that names the run before, startedFor the
	// one that names the request for which a run was started.
	previousRun = "previousRun"
	startedFor  = "startedFor"
	// redelivery is how late a message may be delivered again. Twilio gives up
	// within a minute; a catch-up looks back an hour by default.
	redelivery = 2 * time.Hour
	// maxEarlier bounds how many earlier runs are looked at.
	maxEarlier = 50
	// maxPages bounds how much of a history is read.
	maxPages = 10
	// chainsKept bounds what is remembered of earlier runs.
	chainsKept = 10_000
)

// queryText writes a text into a query of Temporal's.
var queryText = strings.NewReplacer(`\`, `\\`, "'", `\'`)

// run is one execution of a workflow ID.
type run struct {
	id string
	// first is the run that this one continues, or itself.
	first    string
	open     bool
	began    time.Time
	closed   time.Time
	previous string
	// starter is the request for which it was started; it may not have been
	// signalled by that yet.
	starter string
	// requests are the IDs of the requests that started it and, once it is
	// closed and its history read, of those that signalled it.
	requests map[string]bool
	// unsure says that requests may lack some.
	unsure bool
}

// knows reports whether a request started it, joined it or signalled it.
func (r *run) knows(request string) bool { return r.starter == request || r.requests[request] }

// describeRun gives a run, the last one of its ID if runID is empty. The error is
// NotFound if there is none.
func (d *Dispatcher) describeRun(ctx context.Context, workflowID, runID string) (r run, err error) {
	var description *workflowservice.DescribeWorkflowExecutionResponse
	err = retrying(ctx, func(ctx context.Context) (err error) {
		description, err = d.Client.WorkflowService().DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{
			Namespace: d.Namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: runID},
		})
		return err
	})
	if err != nil {
		return r, err
	}
	info := description.GetWorkflowExecutionInfo()
	r = run{
		id: info.GetExecution().GetRunId(), first: info.GetFirstRunId(),
		open:     info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
		began:    info.GetStartTime().AsTime(),
		requests: map[string]bool{},
	}
	if info.GetCloseTime() != nil {
		r.closed = info.GetCloseTime().AsTime()
	}
	if r.first == "" {
		r.first = r.id
	}
	for request := range description.GetWorkflowExtendedInfo().GetRequestIdInfos() {
		r.requests[request] = true
	}
	for name, into := range map[string]*string{previousRun: &r.previous, startedFor: &r.starter} {
		if payload := info.GetMemo().GetFields()[name]; payload != nil {
			_ = d.converter().FromPayload(payload, into) // another's memo is no chain of ours
		}
	}
	return r, nil
}

// earlier gives the runs before a run, and before those that it continues,
// that may have taken a message which is delivered now, latest first.
func (d *Dispatcher) earlier(ctx context.Context, workflowID string, last run) ([]run, error) {
	if runs, known := d.chains.get(last.first); known {
		return runs, nil
	}
	first := last
	if last.first != last.id {
		var err error
		if first, err = d.describeRun(ctx, workflowID, last.first); err != nil {
			return nil, ignoreNotFound(err)
		}
	}
	var runs []run
	for previous := first.previous; previous != "" && len(runs) < maxEarlier; {
		r, err := d.describeRun(ctx, workflowID, previous)
		if isNotFound(err) || !r.closed.IsZero() && time.Since(r.closed) > redelivery {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := d.readHistory(ctx, workflowID, &r); err != nil {
			return nil, err
		}
		runs, previous = append(runs, r), r.previous
	}
	d.chains.put(last.first, runs)
	return runs, nil
}

// readHistory adds what only the history of a closed run tells: which requests
// signalled it, and which run it continues.
func (d *Dispatcher) readHistory(ctx context.Context, workflowID string, r *run) error {
	request := &workflowservice.GetWorkflowExecutionHistoryRequest{
		Namespace: d.Namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: r.id},
	}
	for range maxPages {
		var page *workflowservice.GetWorkflowExecutionHistoryResponse
		err := retrying(ctx, func(ctx context.Context) (err error) {
			page, err = d.Client.WorkflowService().GetWorkflowExecutionHistory(ctx, request)
			return err
		})
		if err != nil {
			return ignoreNotFound(err)
		}
		for _, event := range page.GetHistory().GetEvents() {
			if started := event.GetWorkflowExecutionStartedEventAttributes(); started.GetContinuedExecutionRunId() != "" {
				r.previous = started.GetContinuedExecutionRunId()
			}
			if signaled := event.GetWorkflowExecutionSignaledEventAttributes(); signaled != nil {
				r.requests[signaled.GetRequestId()] = true
			}
		}
		if request.NextPageToken = page.GetNextPageToken(); len(request.NextPageToken) == 0 {
			// A signal of ours always has a request ID; older servers do not tell.
			r.unsure = r.open || r.requests[""]
			return nil
		}
	}
	r.unsure = true
	return nil
}

// runOfThen gives the last run of an ID for a message that came a while ago: the
// one that was there then. Who began the later one did not do so for this
// message, but where a trigger starts all runs, which then know each other.
func (d *Dispatcher) runOfThen(ctx context.Context, f *Firing, workflowID string, last run) (run, error) {
	first := last
	if last.first != last.id {
		var err error
		if first, err = d.describeRun(ctx, workflowID, last.first); ignoreNotFound(err) != nil {
			return run{}, err
		}
	}
	received := f.Event.ReceivedAt // to the second, cut off
	if !first.began.Truncate(time.Second).After(received) || first.starter != "" && f.trigger.action.signalWithStart != nil {
		return last, nil
	}
	found, err := d.list(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: d.Namespace, PageSize: 1, // the latest comes first
		Query: fmt.Sprintf("WorkflowId = '%s' AND StartTime < '%s'", queryText.Replace(workflowID), received.Add(time.Second).Format(time.RFC3339)),
	})
	if err != nil {
		return run{}, err
	}
	if len(found.GetExecutions()) == 0 {
		return run{}, serviceerror.NewNotFound("the workflow began after the message came")
	}
	return d.describeRun(ctx, workflowID, found.GetExecutions()[0].GetExecution().GetRunId())
}

// chains remembers the earlier runs of runs, which never change. The zero
// value is ready for use.
type chains struct {
	mu       sync.Mutex
	new, old map[string][]run
}

func (c *chains) get(id string) ([]run, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	runs, known := c.new[id]
	if !known {
		runs, known = c.old[id]
	}
	return runs, known
}

func (c *chains) put(id string, runs []run) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.new == nil || len(c.new) >= chainsKept {
		c.new, c.old = map[string][]run{}, c.new
	}
	c.new[id] = runs
}
