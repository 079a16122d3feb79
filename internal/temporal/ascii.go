package temporal

// Workflow IDs beyond ASCII: the SDK writes a request's workflow ID into the
// gRPC header temporal-resource-id, and gRPC takes printable ASCII alone there.
// The request of any other ID hangs or fails (temporalio/features#721).

import (
	"context"
	"net/url"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

const resourceHeader = "temporal-resource-id"

// asciiHeaders escapes the header of a request as a URL's query does, if it
// needs to be. The workflow ID in the request itself stays what it is.
func asciiHeaders(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if sent, _ := metadata.FromOutgoingContext(ctx); len(sent.Get(resourceHeader)) > 0 {
		values := sent.Get(resourceHeader)
		escaped := make([]string, len(values))
		changed := false
		for i, value := range values {
			escaped[i] = value
			if !printable(value) {
				escaped[i], changed = url.QueryEscape(value), true
			}
		}
		if changed {
			sent.Set(resourceHeader, escaped...) // a copy of the context's
			ctx = metadata.NewOutgoingContext(ctx, sent)
		}
	}
	return invoke(ctx, method, req, reply, cc, opts...)
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
