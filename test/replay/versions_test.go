package replay

// Versions: each change of a workflow has a history from before it and one from
// after it.

import (
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"
)

// versions notes which versions the replayed workflows were told.
type versions struct {
	interceptor.WorkerInterceptorBase
	mu   sync.Mutex
	told map[string]map[workflow.Version]bool
}

func (v *versions) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	in := &inbound{versions: v}
	in.Next = next
	return in
}

type inbound struct {
	interceptor.WorkflowInboundInterceptorBase
	versions *versions
}

func (in *inbound) Init(next interceptor.WorkflowOutboundInterceptor) error {
	out := &outbound{versions: in.versions}
	out.Next = next
	return in.Next.Init(out)
}

type outbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	versions *versions
}

func (out *outbound) GetVersion(ctx workflow.Context, change string, oldest, newest workflow.Version) workflow.Version {
	told := out.Next.GetVersion(ctx, change, oldest, newest)
	out.versions.mu.Lock()
	defer out.versions.mu.Unlock()
	if out.versions.told[change] == nil {
		out.versions.told[change] = make(map[workflow.Version]bool)
	}
	out.versions.told[change][told] = true
	return told
}

// changed is a call of GetVersion.
var changed = regexp.MustCompile(`GetVersion\(ctx, "([^"]+)", workflow\.DefaultVersion, 1\)`)

func TestEachChangeHasHistoriesOfBoth(t *testing.T) {
	v := &versions{told: make(map[string]map[workflow.Version]bool)}
	replayWith(t, []interceptor.WorkerInterceptor{v})
	files, err := filepath.Glob(filepath.Join("..", "..", "workflows", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range changed.FindAllSubmatch(source, -1) {
			calls++
			for version, is := range map[workflow.Version]string{workflow.DefaultVersion: "before", 1: "after"} {
				if change := string(call[1]); !v.told[change][version] {
					t.Errorf("no history in testdata is from %s %q (%s)", is, change, filepath.Base(file))
				}
			}
		}
	}
	if calls < 8 {
		t.Errorf("%d changes were found in the sources", calls)
	}
}
