package main

// The server as users run it: a process that is started, called over gRPC and
// HTTP, interrupted, and started again on the same file.

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/durationpb"
)

// With this variable set, the test binary is the server.
const asServer = "DEVSERVER_TEST_AS_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(asServer) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is a running server and a connection to it.
type process struct {
	cmd    *exec.Cmd
	stderr *strings.Builder
	uiPort int
	conn   *grpc.ClientConn
}

func command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), asServer+"=1")
	return cmd
}

// start returns once the server has reported that it is serving.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	ports, err := freePorts(2)
	if err != nil {
		t.Fatal(err)
	}
	args = append([]string{"server", "start-dev", "--port", strconv.Itoa(ports[0]), "--ui-port", strconv.Itoa(ports[1])}, args...)
	p := &process{cmd: command(t.Context(), args...), stderr: &strings.Builder{}, uiPort: ports[1]}
	p.cmd.Stderr = p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "Server:") {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		t.Fatalf("the server printed %q instead of its address: %v\n%s", line, err, p.stderr)
	}
	go func() { _, _ = io.Copy(io.Discard, stdout) }()

	p.conn, err = grpc.NewClient(address(loopback, ports[0]), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.conn.Close() })
	return p
}

func (p *process) interrupt(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Fatalf("got %v from the interrupted server, want exit status 0\n%s", err, p.stderr)
	}
}

func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait()
}

func TestServerKeepsWorkflowsAcrossRestarts(t *testing.T) {
	t.Run("after an interrupt", func(t *testing.T) { checkRestart(t, (*process).interrupt) })
	t.Run("after a kill", func(t *testing.T) { checkRestart(t, (*process).kill) })
}

func checkRestart(t *testing.T, stop func(*process, *testing.T)) {
	file := filepath.Join(t.TempDir(), "new", "temporal.db")
	id := &commonpb.WorkflowExecution{WorkflowId: "kept"}

	p := start(t, "--headless", "--db-filename", file)
	workflows := workflowservice.NewWorkflowServiceClient(p.conn)
	namespace, err := workflows.DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: "default"})
	if err != nil {
		t.Fatal(err)
	}
	if got := namespace.Config.WorkflowExecutionRetentionTtl.AsDuration(); got != retention {
		t.Errorf("got retention %v, want %v", got, retention)
	}
	_, err = workflows.StartWorkflowExecution(t.Context(), &workflowservice.StartWorkflowExecutionRequest{
		Namespace:    "default",
		WorkflowId:   id.WorkflowId,
		RequestId:    "1",
		WorkflowType: &commonpb.WorkflowType{Name: "Any"},
		TaskQueue:    &taskqueuepb.TaskQueue{Name: "any"},
	})
	if err != nil {
		t.Fatal(err)
	}
	stop(p, t)

	p = start(t, "--headless", "--db-filename", file, "--search-attribute", "Customer=Keyword", "--namespace", "orders")
	workflows = workflowservice.NewWorkflowServiceClient(p.conn)
	described, err := workflows.DescribeWorkflowExecution(t.Context(), &workflowservice.DescribeWorkflowExecutionRequest{Namespace: "default", Execution: id})
	if err != nil {
		t.Fatal(err)
	}
	if got := described.WorkflowExecutionInfo.Status; got != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		t.Errorf("after the restart: got the workflow's status %v, want running", got)
	}
	for _, name := range []string{"default", "orders"} {
		attributes, err := operatorservice.NewOperatorServiceClient(p.conn).ListSearchAttributes(t.Context(), &operatorservice.ListSearchAttributesRequest{Namespace: name})
		if err != nil {
			t.Fatal(err)
		}
		if got := attributes.CustomAttributes["Customer"]; got != enumspb.INDEXED_VALUE_TYPE_KEYWORD {
			t.Errorf("search attribute Customer of namespace %s: got type %v, want Keyword", name, got)
		}
	}
	p.interrupt(t)
}

// If the server read the search attributes from its database for each row, a
// page of a list would exceed the rate limit of the database.
func TestListReadsSearchAttributesOnce(t *testing.T) {
	const rows = 200
	p := start(t, "--headless", "--dynamic-config-value", "frontend.persistenceMaxQPS=50")
	workflows := workflowservice.NewWorkflowServiceClient(p.conn)
	for n := range rows {
		_, err := workflows.StartWorkflowExecution(t.Context(), &workflowservice.StartWorkflowExecutionRequest{
			Namespace:    "default",
			WorkflowId:   strconv.Itoa(n),
			RequestId:    "1",
			WorkflowType: &commonpb.WorkflowType{Name: "Any"},
			TaskQueue:    &taskqueuepb.TaskQueue{Name: "any"},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var (
		listed int
		err    error
	)
	for deadline := time.Now().Add(time.Minute); listed < rows && time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		var list *workflowservice.ListWorkflowExecutionsResponse
		if list, err = workflows.ListWorkflowExecutions(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: "default", PageSize: rows}); err == nil {
			listed = len(list.Executions)
		}
	}
	if listed < rows {
		t.Errorf("only %d of %d workflows are listed: %v", listed, rows, err)
	}
	p.interrupt(t)
}

func TestServerServesStandaloneActivities(t *testing.T) {
	p := start(t, "--headless")
	_, err := workflowservice.NewWorkflowServiceClient(p.conn).StartActivityExecution(t.Context(), &workflowservice.StartActivityExecutionRequest{
		Namespace:           "default",
		ActivityId:          "alone",
		RequestId:           "1",
		ActivityType:        &commonpb.ActivityType{Name: "Any"},
		TaskQueue:           &taskqueuepb.TaskQueue{Name: "any"},
		StartToCloseTimeout: durationpb.New(time.Minute),
	})
	if err != nil {
		t.Error(err)
	}
	p.interrupt(t)
}

func TestServerServesItsWebUI(t *testing.T) {
	p := start(t)
	body, err := getOnceListening(fmt.Sprintf("http://127.0.0.1:%d/api/v1/namespaces/default", p.uiPort))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(body, `"NAMESPACE_STATE_REGISTERED"`) {
		t.Errorf("got the namespace %s from the Web UI, want NAMESPACE_STATE_REGISTERED in it", body)
	}
	p.interrupt(t)
}

// getOnceListening retries a GET for up to a minute, until the Web UI, which
// starts last, responds.
func getOnceListening(url string) (string, error) {
	var lastErr error
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		response, err := http.Get(url)
		if err != nil {
			lastErr = err
			continue
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		return string(body), err
	}
	return "", lastErr
}

func TestServerNamesATakenPort(t *testing.T) {
	p := start(t, "--headless")
	taken := p.cmd.Args[4]
	output, err := command(t.Context(), "server", "start-dev", "--port", taken, "--headless").CombinedOutput()
	if err == nil {
		t.Error("got exit status 0, want a failure")
	}
	if lines := strings.Split(strings.TrimSpace(string(output)), "\n"); len(lines) != 1 || !strings.Contains(lines[0], "127.0.0.1:"+taken) {
		t.Errorf("got the output %q, want one line with the address", output)
	}
	p.interrupt(t)
}

func TestVersionMatchesOfficialCLIFormat(t *testing.T) {
	output, err := command(t.Context(), "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := string(output); !strings.HasPrefix(got, "temporal-devserver version 1.") || !strings.Contains(got, "(Server 1.") {
		t.Errorf("--version prints %q, want the form of Temporal's CLI", got)
	}
}
