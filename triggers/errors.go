package triggers

// Errors: why an event was not published, and whether to try again.

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc/codes"
)

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

func (e *PublishError) Unwrap() error { return e.Err }

// Final reports whether trying again is no use: somebody has answered, and said
// no. What may be a matter of the moment is not final, nor that there is no
// such namespace, which somebody will make.
func (e *PublishError) Final() bool {
	if timedOut := (*client.WorkflowUpdateServiceTimeoutOrCanceledError)(nil); errors.As(e.Err, &timedOut) || isNamespaceNotFound(e.Err) {
		return false
	}
	if errors.Is(e.Err, context.DeadlineExceeded) || errors.Is(e.Err, context.Canceled) {
		return false
	}
	switch serviceerror.ToStatus(e.Err).Code() {
	case codes.Unavailable, codes.ResourceExhausted, codes.Aborted, codes.DeadlineExceeded, codes.Canceled, codes.Internal, codes.DataLoss:
		return false
	}
	return true
}

func reason(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "Temporal did not answer in time"
	}
	if isNamespaceNotFound(err) {
		return "there is no such namespace; set TEMPORAL_NAMESPACE to one that exists"
	}
	if refused := (*temporal.ApplicationError)(nil); errors.As(err, &refused) {
		return "the workflow refused it"
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

// isNotFound tells that there is no such workflow. A namespace that does not
// exist says nothing of its workflows.
func isNotFound(err error) bool {
	var notFound *serviceerror.NotFound
	return errors.As(err, &notFound)
}

func isNamespaceNotFound(err error) bool {
	var none *serviceerror.NamespaceNotFound
	return errors.As(err, &none)
}

func ignoreNotFound(err error) error {
	if isNotFound(err) {
		return nil
	}
	return err
}

func isAlreadyStarted(err error) bool {
	var exists *serviceerror.WorkflowExecutionAlreadyStarted
	return errors.As(err, &exists)
}
