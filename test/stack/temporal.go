package stack

// A real Temporal server that a test can stop and restart.

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	activitypb "go.temporal.io/api/activity/v1"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

// Temporal is a separate server on a free port, with its data in a file.
type Temporal struct {
	// Address is host:port. It does not change when the server is restarted.
	Address string
	// Client is a client of the default namespace.
	Client client.Client

	binary, port, file string
	settings           []string
	process            *Process
}

// TemporalBinary returns the path of the server: the variable TEMPORAL_BINARY,
// or else the embedded one.
func TemporalBinary(t testing.TB) string {
	t.Helper()
	binary := os.Getenv("TEMPORAL_BINARY")
	if binary == "" {
		binary = filepath.Join(root(t), ".local", "bin", "temporal-devserver")
	}
	if _, err := exec.LookPath(binary); err != nil {
		t.Fatalf("the Temporal server is missing (%v): run \"make devserver\", or set TEMPORAL_BINARY", err)
	}
	return binary
}

// StartTemporal starts a server, which stops when the test ends. settings are
// added to its dynamic configuration, each as key=JSON.
func StartTemporal(t testing.TB, settings ...string) *Temporal {
	t.Helper()
	port := FreePort(t)
	s := &Temporal{Address: "127.0.0.1:" + port, binary: TemporalBinary(t), port: port, settings: settings, file: filepath.Join(t.TempDir(), "temporal.db")}
	var err error
	s.Client, err = client.NewLazyClient(client.Options{HostPort: s.Address, Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Client.Close)
	s.Start(t)
	return s
}

// Start starts the server, with the data of its previous run.
func (s *Temporal) Start(t testing.TB) {
	t.Helper()
	s.launch(t)
	Eventually(t, "Temporal answers", func(ctx context.Context) error {
		if _, exited := s.process.Exited(); exited {
			s.launch(t) // another test took one of the server's ports
		}
		_, err := s.Client.CheckHealth(ctx, &client.CheckHealthRequest{})
		return err
	})
}

func (s *Temporal) launch(t testing.TB) {
	t.Helper()
	args := []string{"server", "start-dev", "--ip", "127.0.0.1", "--port", s.port, "--headless", "--db-filename", s.file, "--log-level", "error"}
	for _, setting := range s.settings {
		args = append(args, "--dynamic-config-value", setting)
	}
	s.process = StartProcess(t, "temporal", nil, s.binary, args...)
}

// Process returns the server's process; after Stop, the one that was stopped.
func (s *Temporal) Process() *Process { return s.process }

// File returns the path of the server's database. SQLite puts more files beside
// it, whose names begin with its name.
func (s *Temporal) File() string { return s.file }

// Stop stops the server. Nothing listens at its address until Start is called.
func (s *Temporal) Stop(t testing.TB) {
	t.Helper()
	s.process.Stop(t)
}

// Bury makes the server notice immediately that all workers have been killed,
// rather than after the heartbeat timeouts of their activities. Call it before
// another worker starts.
func (s *Temporal) Bury(t testing.TB) {
	t.Helper()
	Eventually(t, "no activity counts as running", func(ctx context.Context) error {
		list, err := s.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: "ExecutionStatus = 'Running'"})
		if err != nil {
			return err
		}
		for _, execution := range list.GetExecutions() {
			err = errors.Join(err, s.hasten(ctx, execution.GetExecution().GetWorkflowId()))
		}
		return err
	})
}

// hasten gives a short heartbeat timeout to those activities of a workflow that
// the server considers running, and restores the timeouts of the others. It
// returns an error if any activity is running.
func (s *Temporal) hasten(ctx context.Context, workflowID string) (running error) {
	found, err := s.Client.DescribeWorkflow(ctx, workflowID, "")
	if err != nil {
		return err
	}
	for _, activity := range found.RawResponse.GetPendingActivities() {
		update := &workflowservice.UpdateActivityOptionsRequest{
			Namespace: client.DefaultNamespace, Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID},
			Activity: &workflowservice.UpdateActivityOptionsRequest_Id{Id: activity.GetActivityId()}, RestoreOriginal: true,
		}
		if activity.GetState() == enumspb.PENDING_ACTIVITY_STATE_STARTED {
			running = errors.Join(running, fmt.Errorf("activity %s of %s", activity.GetActivityId(), workflowID))
			update.ActivityOptions, update.RestoreOriginal = &activitypb.ActivityOptions{HeartbeatTimeout: durationpb.New(time.Second)}, false
			update.UpdateMask = &fieldmaskpb.FieldMask{Paths: []string{"heartbeat_timeout"}}
		}
		if _, err := s.Client.WorkflowService().UpdateActivityOptions(ctx, update); err != nil {
			return err
		}
	}
	return running
}

// Patience is how long a test waits for a condition: long enough for a machine
// that is busy with other work.
const Patience = 5 * time.Minute

// Eventually waits up to Patience until check returns nil; otherwise, it fails
// the test with check's last error.
func Eventually(t testing.TB, what string, check func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	var last error
	for ctx.Err() == nil {
		one, done := context.WithTimeout(ctx, 15*time.Second)
		last = check(one)
		done()
		if last == nil {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
	t.Fatalf("timed out waiting until %s: %v", what, last)
}
