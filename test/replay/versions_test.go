package replay

// Each version of each change to a workflow has a history, and so does the
// workflow as it was before the change.

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"testing"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"
)

// versions records the versions that GetVersion returned to replayed workflows.
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

// changed matches a call of GetVersion, with the change's ID and its newest
// version.
var changed = regexp.MustCompile(`GetVersion\(ctx, "([^"]+)", workflow\.DefaultVersion, ([0-9]+)\)`)

func TestHistoriesCoverEachVersion(t *testing.T) {
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
			newest, err := strconv.Atoi(string(call[2]))
			if err != nil {
				t.Fatal(err)
			}
			change := string(call[1])
			for version := range workflow.Version(newest) + 1 {
				if version == 0 { // versions count from 1
					version = workflow.DefaultVersion
				}
				if !v.told[change][version] {
					t.Errorf("no history in testdata has version %d of %q (%s)", version, change, filepath.Base(file))
				}
			}
		}
	}
	if calls < 8 {
		t.Errorf("found only %d calls of GetVersion in the sources, want at least 8", calls)
	}
}
