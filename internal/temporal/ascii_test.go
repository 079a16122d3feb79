package temporal

import (
	"context"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

func TestWorkflowIDHeadersArePrintableASCII(t *testing.T) {
	for id, want := range map[string]string{
		"workflow:order-42":     "workflow:order-42",
		"workflow:Bestellung-ä": "workflow%3ABestellung-%C3%A4",
		"workflow:a\nb":         "workflow%3Aa%0Ab",
	} {
		ctx := metadata.AppendToOutgoingContext(t.Context(), resourceHeader, id)
		var got []string
		err := asciiHeaders(ctx, "", nil, nil, nil, func(ctx context.Context, _ string, _, _ any, _ *grpc.ClientConn, _ ...grpc.CallOption) error {
			sent, _ := metadata.FromOutgoingContext(ctx)
			got = sent.Get(resourceHeader)
			return nil
		})
		if err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("workflow ID %q was sent as %q, %v, want %q", id, got, err, want)
		}
	}
}
