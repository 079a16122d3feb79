package temporal

import (
	"context"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
)

func TestSmallRequestsAreNotCompressed(t *testing.T) {
	id := func(n int) *commonpb.WorkflowExecution {
		return &commonpb.WorkflowExecution{WorkflowId: strings.Repeat("x", n)}
	}
	for name, tc := range map[string]struct {
		method string
		req    any
		plain  bool
	}{
		"a small one":                           {"DescribeWorkflowExecution", &workflowservice.DescribeWorkflowExecutionRequest{Execution: id(40)}, true},
		"a large one":                           {"DescribeWorkflowExecution", &workflowservice.DescribeWorkflowExecutionRequest{Execution: id(2000)}, false},
		"a small request with a large response": {"GetWorkflowExecutionHistory", &workflowservice.GetWorkflowExecutionHistoryRequest{Execution: id(40)}, false},
		"a poll, whose response has a history":  {"PollWorkflowTaskQueue", &workflowservice.PollWorkflowTaskQueueRequest{}, false},
		"something else":                        {"DescribeWorkflowExecution", "no message", false},
	} {
		var chosen []string
		before := make([]grpc.CallOption, 1, 8)
		before[0] = grpc.UseCompressor("gzip")
		err := plainIfSmall(t.Context(), "/temporal.api.workflowservice.v1.WorkflowService/"+tc.method, tc.req, nil, nil,
			func(_ context.Context, _ string, _, _ any, _ *grpc.ClientConn, opts ...grpc.CallOption) error {
				for _, option := range opts {
					if by, ok := option.(grpc.CompressorCallOption); ok {
						chosen = append(chosen, by.CompressorType)
					}
				}
				return nil
			}, before...)
		if err != nil || len(chosen) == 0 || (chosen[len(chosen)-1] == encoding.Identity) != tc.plain {
			t.Errorf("%s: got compressors %v, error %v, want the request uncompressed: %v", name, chosen, err, tc.plain)
		}
		if before[:2][1] != nil {
			t.Errorf("%s: the options of the caller were changed", name)
		}
	}
}
