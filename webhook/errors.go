package webhook

// Reasons for Temporal's failures and refusals that may be logged. Temporal's
// own messages contain workflow IDs, which may quote a text.

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc/codes"

	"temporal-twilio/sms"
)

// errAttributes means that it is unknown which search attributes Temporal would
// refuse.
var errAttributes = errors.New("search attributes unknown")

// isPassing reports whether a request that failed with this error may succeed a
// moment later.
func isPassing(err error) bool {
	if isNamespaceNotFound(err) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return true // the namespace may still be created
	}
	switch serviceerror.ToStatus(err).Code() {
	case codes.InvalidArgument, codes.NotFound, codes.AlreadyExists:
		return false
	}
	// Any other failure may be temporary: an API key is renewed, a failover
	// completes, or a proxy stops responding with 404 (Unimplemented).
	return true
}

func isNotFound(err error) bool {
	var notFound *serviceerror.NotFound
	return errors.As(err, &notFound)
}

func isNamespaceNotFound(err error) bool {
	var none *serviceerror.NamespaceNotFound
	return errors.As(err, &none)
}

// isUnreadable reports whether an error means that this process lacks the key
// for a payload.
func isUnreadable(err error) bool {
	var unreadable *sms.UnreadableError
	return errors.As(err, &unreadable)
}

// isEnded reports whether an error means that a workflow ended without a
// result.
func isEnded(err error) bool {
	var ended *temporal.WorkflowExecutionError
	return errors.As(err, &ended)
}

// reason returns why a request failed, without quoting Temporal.
func reason(err error) string {
	switch code := serviceerror.ToStatus(err).Code(); {
	case errors.Is(err, context.DeadlineExceeded), code == codes.DeadlineExceeded:
		return "Temporal did not answer in time"
	case isNamespaceNotFound(err):
		return "the namespace does not exist; set TEMPORAL_NAMESPACE to one that exists"
	case isUnreadable(err):
		return "this webhook lacks the key to the recorded decision; add it to the file of PAYLOAD_KEYS"
	case errors.Is(err, errAttributes):
		return "the namespace's search attributes could not be read, and a trigger sets some"
	case isEnded(err):
		return "the text's workflow was terminated or cancelled, timed out or failed"
	case code == codes.Unknown:
		return fmt.Sprintf("%T", err)
	default:
		return code.String()
	}
}
