package main

// The checks of worker doctor for the trigger files and the task queues.

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"temporal-twilio/internal/temporal"
	"temporal-twilio/sms"
	"temporal-twilio/triggers"
)

const (
	// longPoll is the maximum duration of a poll, plus a margin. Temporal
	// lists a poller for minutes after its process has died.
	longPoll = 70 * time.Second
	// longWait is how long tasks may wait for a worker before the doctor
	// warns.
	longWait = 5 * time.Second
)

// triggers checks whether the trigger files can be read, as triggers lint does.
func (d *doctor) triggers(ctx context.Context) {
	const check = "triggers"
	if d.config.Triggers == "" {
		return
	}
	set, err := triggers.Load(d.config.Triggers, triggerOptions(d.config))
	if err != nil {
		for mistake := range strings.SplitSeq(err.Error(), "\n") {
			d.failed(check, mistake, "correct the file; the worker does not start with it, and a running one keeps the old triggers")
		}
		return
	}
	d.ok(check, fmt.Sprintf("%d can be read", set.Len()))
	d.startedOn = set.TaskQueues()
	for _, finding := range set.Lint(ctx) {
		d.warning(check, finding.String(), "starter triggers lint checks the files")
	}
}

// pollers checks whether a worker polls one of our task queues.
func (d *doctor) pollers(ctx context.Context, c *temporal.Client, queue string) {
	for kind, what := range map[enumspb.TaskQueueType]string{enumspb.TASK_QUEUE_TYPE_WORKFLOW: "workflows", enumspb.TASK_QUEUE_TYPE_ACTIVITY: "activities"} {
		d.findings = append(d.findings, poll(ctx, c, queue, kind, what))
	}
}

// startedWorkflows checks whether a worker polls each task queue on which
// triggers start workflows. Those workers belong to the user and may be stopped
// on purpose.
func (d *doctor) startedWorkflows(ctx context.Context, c *temporal.Client) {
	for _, queue := range slices.Sorted(maps.Keys(d.startedOn)) {
		if queue == sms.TaskQueue {
			continue
		}
		f := poll(ctx, c, queue, enumspb.TASK_QUEUE_TYPE_WORKFLOW, "workflows")
		if f.Status == statusFailed {
			f.Status, f.Do = statusWarning, fmt.Sprintf("the workflows that trigger %s starts wait there: start your worker, or correct the trigger's taskQueue", d.startedOn[queue][0].Name)
		}
		d.findings = append(d.findings, f)
	}
}

// poll asks Temporal which workers poll a task queue.
func poll(ctx context.Context, c *temporal.Client, queue string, kind enumspb.TaskQueueType, what string) finding {
	described, err := c.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
		Namespace: c.Namespace, TaskQueue: &taskqueuepb.TaskQueue{Name: queue}, TaskQueueType: kind, ReportStats: true,
	})
	if err != nil {
		return finding{"task queue " + queue, statusFailed, "Temporal does not report which workers poll it for " + what, "check the permissions of the API key"}
	}
	return polled(queue, what, described, time.Now())
}

// polled reports how many workers poll a task queue, when the last one did, and
// how long its tasks have been waiting.
func polled(queue, what string, described *workflowservice.DescribeTaskQueueResponse, now time.Time) finding {
	f := finding{Check: "task queue " + queue, Status: statusOK}
	recent, last := 0, time.Time{}
	for _, poller := range described.GetPollers() {
		at := poller.GetLastAccessTime().AsTime()
		if now.Sub(at) < longPoll {
			recent++
		}
		if at.After(last) {
			last = at
		}
	}
	ago := max(0, now.Sub(last)).Round(time.Second)
	switch waits := described.GetStats().GetApproximateBacklogAge().AsDuration(); {
	case last.IsZero():
		f.Status, f.Says, f.Do = statusFailed, "no worker polls it for "+what, "start a worker, or look at its log"
	case recent == 0:
		f.Status, f.Says, f.Do = statusWarning, fmt.Sprintf("no worker has polled it for %s in the last %s", what, ago), "check in the worker's log whether it has stopped or has no free slots"
	case waits > longWait:
		f.Status, f.Says, f.Do = statusWarning, fmt.Sprintf("%s have been waiting for a worker for %s; the last poll was %s ago", what, waits.Round(time.Second), ago), "check in the worker's log whether it has stopped or has no free slots"
	default:
		f.Says = fmt.Sprintf("workers that poll it for %s: %d, last %s ago", what, recent, ago)
	}
	return f
}
