package sweep

// The dump holds everything that Temporal shows of a namespace to a client
// without the keys.

import (
	"context"

	querypb "go.temporal.io/api/query/v1"
	"go.temporal.io/api/workflowservice/v1"
)

const namespace = "default"

// dump adds histories, descriptions, lists and metadata to the haystack.
func (d *drive) dump(ctx context.Context, h haystack) error {
	service := d.stack.Temporal.Client.WorkflowService()
	all, err := service.ListWorkflowExecutions(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: namespace, PageSize: 1000})
	if err := h.add("list", all, err); err != nil {
		return err
	}
	for _, one := range all.GetExecutions() {
		execution := one.GetExecution()
		name := one.GetType().GetName() + " " + execution.GetWorkflowId() + " " + execution.GetRunId()
		described, err := service.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{Namespace: namespace, Execution: execution})
		if err := h.add("description: "+name, described, err); err != nil {
			return err
		}
		for request := (&workflowservice.GetWorkflowExecutionHistoryRequest{Namespace: namespace, Execution: execution}); ; {
			page, err := service.GetWorkflowExecutionHistory(ctx, request)
			if err := h.add("history: "+name+string(request.NextPageToken), page, err); err != nil {
				return err
			}
			if request.NextPageToken = page.GetNextPageToken(); len(request.NextPageToken) == 0 {
				break
			}
		}
		if one.GetTaskQueue() == nobody {
			continue
		}
		// The details that a workflow shows in the Web UI are never encrypted.
		metadata, err := service.QueryWorkflow(ctx, &workflowservice.QueryWorkflowRequest{
			Namespace: namespace, Execution: execution, Query: &querypb.WorkflowQuery{QueryType: "__temporal_workflow_metadata"},
		})
		if err := h.add("details: "+name, metadata, err); err != nil {
			return err
		}
	}
	activities, err := service.ListActivityExecutions(ctx, &workflowservice.ListActivityExecutionsRequest{Namespace: namespace, PageSize: 1000})
	if err := h.add("activities", activities, err); err != nil {
		return err
	}
	for _, one := range activities.GetExecutions() {
		described, err := service.DescribeActivityExecution(ctx, &workflowservice.DescribeActivityExecutionRequest{
			Namespace: namespace, ActivityId: one.GetActivityId(), RunId: one.GetRunId(), IncludeInput: true, IncludeOutcome: true,
		})
		if err := h.add("activity: "+one.GetActivityId(), described, err); err != nil {
			return err
		}
	}
	schedule, err := service.DescribeSchedule(ctx, &workflowservice.DescribeScheduleRequest{Namespace: namespace, ScheduleId: "sms-catch-up"})
	return h.add("schedule", schedule, err)
}
