package temporal

// Support for workflow IDs that are not ASCII. The SDK puts the workflow ID of
// a request into the temporal-resource-id header, for which gRPC accepts only
// printable ASCII. Without the escaping below, a request with any other ID
// hangs or fails (temporalio/features#721).

import (
	"context"
	"net/url"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

const resourceHeader = "temporal-resource-id"

// asciiHeaders escapes the header of a request like a URL query, if necessary.
// The workflow ID in the request itself does not change.
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
			sent.Set(resourceHeader, escaped...) // FromOutgoingContext returns a copy
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
