package activities

// The requests that ReceiveSmsWorkflow makes to Temporal: which workflows catch
// a signal, which run of a workflow is open, and whether a question or a
// workflow accepts a text. Each request is safe to repeat.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"temporal-twilio/sms"
)

// AskKeeper offers a text to the keeper of its sender's questions, and reports
// whether the text answers a question. The keeper recognizes a text that it has
// already used.
func (a *Activities) AskKeeper(ctx context.Context, in sms.AskKeeperInput) (answered bool, err error) {
	return offer(ctx, activity.GetClient(ctx), in, activity.GetInfo(ctx).Attempt)
}

// offer makes one attempt. Repeating an update under the ID of one that has
// failed would only return the same failure, so if that has happened, the
// attempt uses another ID, which contains the attempt's number.
func offer(ctx context.Context, c client.Client, in sms.AskKeeperInput, attempt int32) (answered bool, err error) {
	id := "reply-" + in.Text.MessageSID + "-" + in.Text.AccountSID // see sms.TextWorkflowID
	for _, id := range []string{id, fmt.Sprintf("%s-%d", id, attempt)} {
		var handle client.WorkflowUpdateHandle
		handle, err = c.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
			WorkflowID: in.Keeper, UpdateName: sms.QuestionReplyUpdate, UpdateID: id,
			WaitForStage: client.WorkflowUpdateStageCompleted, Args: []any{in.Text},
		})
		if err == nil {
			err = handle.Get(ctx, &answered)
		}
		if !isOutcome(err) {
			break
		}
	}
	_, refused := errors.AsType[*temporal.ApplicationError](err)
	switch {
	case isNotFound(err), refused:
		return false, nil // there is no question, or the keeper cannot use the text
	case isOutcome(err):
		return false, errors.New("the keeper of the questions could not check whether the text answers one")
	}
	return answered, err
}

// maxAnswer limits the answer to an update, in bytes. The answer is meant for a
// reply by SMS, and Temporal limits the size of an activity's result.
const maxAnswer = 64 << 10

// AskWorkflow sends an update to a run and returns the answer. If the update
// was sent before, Temporal returns the first answer, even if the run has
// closed since.
func (a *Activities) AskWorkflow(ctx context.Context, in sms.AskWorkflowInput) (result sms.AskWorkflowResult, err error) {
	return askRun(ctx, activity.GetClient(ctx), in)
}

func askRun(ctx context.Context, c client.Client, in sms.AskWorkflowInput) (result sms.AskWorkflowResult, err error) {
	handle, err := c.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: in.WorkflowID, RunID: in.RunID, UpdateName: in.Name, UpdateID: in.UpdateID,
		WaitForStage: client.WorkflowUpdateStageCompleted, Args: []any{in.Input},
	})
	if err == nil {
		var answer converter.RawValue
		err = handle.Get(ctx, &answer)
		result.Value = asJSON(answer.Payload().GetData())
	}
	switch {
	case isOutcome(err), isFull(err):
		return sms.AskWorkflowResult{Refused: true}, nil
	case isNotFound(err):
		return sms.AskWorkflowResult{Closed: true}, nil
	case len(result.Value) > maxAnswer:
		return sms.AskWorkflowResult{TooLong: true}, nil
	}
	return result, final(err)
}

// asJSON converts a workflow's answer, whichever encoding its SDK chose: JSON
// is returned as it is, other text as a JSON string, and other bytes as nil.
func asJSON(answer []byte) json.RawMessage {
	if json.Valid(answer) {
		return answer
	}
	if len(answer) == 0 || !utf8.Valid(answer) {
		return nil
	}
	text, _ := json.Marshal(string(answer)) // encoding a string never fails
	return text
}

// FindRun looks up the latest run of a workflow.
func (a *Activities) FindRun(ctx context.Context, in sms.FindRunInput) (result sms.FindRunResult, err error) {
	c := a.client(ctx)
	found, err := c.DescribeWorkflow(ctx, in.WorkflowID, "")
	if isNotFound(err) {
		return result, nil
	}
	if err != nil {
		return result, final(err)
	}
	result.RunID = found.WorkflowExecution.RunID
	result.Open = found.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	result.BeganLater, err = beganAfter(ctx, c, found, in.ReceivedAt)
	return result, err
}

// beganAfter reports whether a workflow, or the first of its runs, started
// after a text was received.
func beganAfter(ctx context.Context, c client.Client, found *client.WorkflowExecutionDescription, receivedAt time.Time) (bool, error) {
	began := found.WorkflowStartTime
	if first := found.RawResponse.GetWorkflowExecutionInfo().GetFirstRunId(); first != "" && first != found.WorkflowExecution.RunID {
		origin, err := c.DescribeWorkflow(ctx, found.WorkflowExecution.ID, first)
		if isNotFound(err) {
			return false, nil // the namespace no longer retains the first run, which therefore started long before
		}
		if err != nil {
			return false, err
		}
		began = origin.WorkflowStartTime
	}
	return began.Truncate(time.Second).After(receivedAt), nil
}

var reusePolicies = map[string]enumspb.WorkflowIdReusePolicy{
	sms.ReuseAllowDuplicate:           enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	sms.ReuseAllowDuplicateFailedOnly: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
	sms.ReuseRejectDuplicate:          enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
}

// SignalWithStart starts a workflow with its first signal, in one request. It
// is safe to repeat: a repeated call starts another workflow only if the first
// one has closed and someone else has since started one with the same ID.
func (a *Activities) SignalWithStart(ctx context.Context, in sms.SignalWithStartInput) (result sms.SignalWithStartResult, err error) {
	c, call := a.client(ctx), &in.Firing.Call
	found, err := c.DescribeWorkflow(ctx, call.WorkflowID, "")
	switch {
	case isNotFound(err):
	case err != nil:
		return result, final(err)
	case found.RawResponse.GetWorkflowExtendedInfo().GetRequestIdInfos()[in.RequestID] != nil:
		return sms.SignalWithStartResult{Started: true}, nil
	case found.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		return sms.SignalWithStartResult{Open: true}, nil
	}
	_, err = c.SignalWithStartWorkflow(context.WithValue(ctx, requestKey{}, in.RequestID), call.WorkflowID, call.Name, call.SignalInput, client.StartWorkflowOptions{
		TaskQueue:                call.TaskQueue,
		WorkflowExecutionTimeout: time.Duration(call.ExecutionTimeout), WorkflowRunTimeout: time.Duration(call.RunTimeout), WorkflowTaskTimeout: time.Duration(call.TaskTimeout),
		WorkflowIDReusePolicy: reusePolicies[call.IDReuse],
		Memo:                  in.Firing.Memo(in.MessageSID),
		SearchAttributes:      in.Firing.SearchAttributes(), //nolint:staticcheck // Temporal knows the types of a trigger's attributes, we do not
		StaticSummary:         in.Firing.Summary(),
		Priority:              temporal.Priority{PriorityKey: sms.PriorityOfStarted},
	}, call.Workflow, call.Input)
	if already := (*serviceerror.WorkflowExecutionAlreadyStarted)(nil); errors.As(err, &already) {
		return result, nil
	}
	return sms.SignalWithStartResult{Started: err == nil}, final(err)
}

type requestKey struct{}

// KeepRequestIDs is a gRPC interceptor for the worker's Temporal client, to be
// passed to grpc.WithChainUnaryInterceptor. Temporal recognizes a repeated
// SignalWithStart by its request ID, but the SDK generates a new ID for each
// call.
func KeepRequestIDs(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	id, chosen := ctx.Value(requestKey{}).(string)
	if request, ok := req.(*workflowservice.SignalWithStartWorkflowExecutionRequest); ok && chosen {
		request.RequestId = id
	}
	return invoke(ctx, method, req, reply, cc, opts...)
}

// lookedAt is how many workflows one attempt has time to look up one by one.
const lookedAt = 200

// FindCatchers lists the workflows that catch a signal or a message. The order
// by workflow ID is stable while workflows start, close or continue as new, so
// each is listed once.
func (a *Activities) FindCatchers(ctx context.Context, in sms.FindCatchersInput) (result sms.FindCatchersResult, err error) {
	c := a.client(ctx)
	all := map[string]bool{}
	// A workflow that continues as new while the pages are read moves to
	// the first page. So if there is more than one page, the pages are read
	// twice.
	for range 2 {
		before := len(all)
		for request := (&workflowservice.ListWorkflowExecutionsRequest{PageSize: 1000, Query: in.Query}); ; {
			page, err := c.ListWorkflow(ctx, request)
			if err != nil {
				return result, final(fmt.Errorf("list the workflows that catch the text: %w", err))
			}
			for _, execution := range page.GetExecutions() {
				if id := execution.GetExecution().GetWorkflowId(); id > in.After {
					all[id] = true
				}
			}
			if request.NextPageToken = page.GetNextPageToken(); len(request.GetNextPageToken()) == 0 {
				break
			}
		}
		if len(all) == before || len(all) < 1000 {
			break
		}
	}
	for id := range all {
		result.WorkflowIDs = append(result.WorkflowIDs, id)
	}
	slices.Sort(result.WorkflowIDs)
	if !in.ReceivedAt.IsZero() {
		in.Limit = min(in.Limit, lookedAt)
	}
	if len(result.WorkflowIDs) > in.Limit {
		result.WorkflowIDs = result.WorkflowIDs[:in.Limit]
		result.Next = result.WorkflowIDs[in.Limit-1]
	}
	if !in.ReceivedAt.IsZero() {
		result.WorkflowIDs, err = a.thatWereThere(ctx, c, result.WorkflowIDs, in.ReceivedAt)
	}
	return result, err
}

// thatWereThere returns the workflows that did not start after a text was
// received.
func (a *Activities) thatWereThere(ctx context.Context, c client.Client, ids []string, receivedAt time.Time) (there []string, err error) {
	for _, id := range ids {
		found, err := c.DescribeWorkflow(ctx, id, "")
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		later, err := beganAfter(ctx, c, found, receivedAt)
		if err != nil {
			return nil, err
		}
		if !later {
			there = append(there, id)
		}
	}
	return there, nil
}

// final makes the error of an invalid request non-retryable. The returned error
// does not quote the request.
func final(err error) error {
	if invalid := (*serviceerror.InvalidArgument)(nil); errors.As(err, &invalid) {
		return temporal.NewNonRetryableApplicationError("Temporal refuses the request", "Refused", nil)
	}
	return err
}

// isOutcome reports whether an update has ended with an error, which would also
// be the result of repeating it. Any other error means that only the request
// failed, or that this worker lacks the key that decrypts the answer.
func isOutcome(err error) bool {
	_, refused := errors.AsType[serviceerror.ServiceError](err)
	_, broken := status.FromError(err)
	_, unreadable := errors.AsType[*sms.UnreadableError](err)
	return err != nil && !refused && !broken && !unreadable && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled)
}

// isFull reports whether the run has received as many updates as Temporal
// allows (2,000 by default). Even then, Temporal recognizes a repeated update.
func isFull(err error) bool {
	_, full := errors.AsType[*serviceerror.FailedPrecondition](err)
	return full
}

func isNotFound(err error) bool {
	var notFound *serviceerror.NotFound
	return errors.As(err, &notFound)
}
