// Package stack runs the whole product for tests: a real Temporal server, a
// local Twilio over HTTP, and the worker with its webhook as a process. Each
// stack has its own servers on free ports, so tests run side by side, and
// beside "make run".
package stack

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"temporal-twilio/sms"
	"temporal-twilio/twiliosim"
)

// The configuration of the local Twilio.
const (
	Account = "AC00000000000000000000000000000001"
	Token   = "0123456789abcdef0123456789abcdef"
	// Number is the account's phone number.
	Number = "+15005550006"
)

// Stack is the whole product, running.
type Stack struct {
	Temporal *Temporal
	Twilio   *twiliosim.Sim
	// Webhook is the base URL under which the local Twilio reaches the worker.
	Webhook string
	// Worker is the current process.
	Worker *Process

	environment []string
}

// Options change a stack.
type Options struct {
	// Triggers is a trigger file's text. Optional: default local/triggers.yaml.
	Triggers string
	// TriggersPath is a trigger file or folder, in place of Triggers. Optional.
	TriggersPath string
	// Environment holds variables that are added to the worker's environment.
	// Optional.
	Environment []string
	// TemporalSettings are added to Temporal's dynamic configuration, each as
	// key=JSON. Optional.
	TemporalSettings []string
	// Skew is how far the local Twilio's clock is ahead of ours. Optional.
	Skew time.Duration
	// NoWorker leaves it to the test to start a worker.
	NoWorker bool
}

// Start starts a stack, which ends with the test.
func Start(t testing.TB, o Options) *Stack {
	t.Helper()
	s := &Stack{Temporal: StartTemporal(t, o.TemporalSettings...)}
	address := "127.0.0.1:" + FreePort(t)
	s.Webhook = "http://" + address
	var err error
	s.Twilio, err = twiliosim.Start(twiliosim.Options{
		Account: Account, Token: Token, Numbers: []string{Number},
		Webhook: s.Webhook + "/twilio/sms", Skew: o.Skew, MaxMessages: 1 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Twilio.Close() })
	s.environment = append([]string{
		"TEMPORAL_ADDRESS=" + s.Temporal.Address,
		"TWILIO_ACCOUNT=" + Account,
		"TWILIO_TOKEN=" + Token,
		"TWILIO_BASE_URL=" + s.Twilio.URL,
		"WEBHOOK_ADDR=" + address,
		"WEBHOOK_PUBLIC_URL=" + s.Webhook,
		"TRIGGERS=" + triggerFile(t, o),
		"ID_SECRET=the-secret-of-the-tests",
	}, o.Environment...)
	if !o.NoWorker {
		s.StartWorker(t)
	}
	return s
}

// StartWorker starts the worker, or another after the first was killed, and
// waits until it is ready.
func (s *Stack) StartWorker(t testing.TB) {
	t.Helper()
	s.Worker = StartProcess(t, "worker", s.environment, Build(t, "worker"))
	Eventually(t, "the webhook is ready", func(ctx context.Context) error {
		if status, exited := s.Worker.Exited(); exited {
			t.Fatalf("the worker ended with status %d:\n%s", status, s.Worker.Output())
		}
		if err := Get(ctx, s.Webhook+"/readyz"); err != nil {
			return err
		}
		// The server accepts queries by search attributes only a moment after they were
		// created.
		_, err := s.Temporal.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Query: fmt.Sprintf("%s = '' AND %s = '' AND %s = '' AND %s = ''", sms.AttributeCatches, sms.AttributeParty, sms.AttributeTrigger, sms.AttributeOutcome),
		})
		return err
	})
}

// StartExample starts a program of examples/ beside the worker.
func (s *Stack) StartExample(t testing.TB, name string) *Process {
	t.Helper()
	return StartProcess(t, name, s.environment, Build(t, "examples/"+name))
}

// AnotherWebhook starts another process that is just the webhook, with the same
// triggers and with variables added to its environment, and returns its base URL.
func (s *Stack) AnotherWebhook(t testing.TB, variables ...string) string {
	t.Helper()
	address := "127.0.0.1:" + FreePort(t)
	base := "http://" + address
	environment := slices.Concat(s.environment, []string{"WEBHOOK_ADDR=" + address, "WEBHOOK_PUBLIC_URL=" + base}, variables)
	StartProcess(t, "webhook", environment, Build(t, "worker"), "--only", "webhook")
	Eventually(t, "the second webhook is ready", func(ctx context.Context) error { return Get(ctx, base+"/readyz") })
	return base
}

// Add adds variables to the environment of processes that start from now on.
func (s *Stack) Add(variables ...string) { s.environment = append(s.environment, variables...) }

// Environment returns the variables that the worker runs with; other programs
// of the product need the same ones to reach this stack.
func (s *Stack) Environment() []string { return s.environment }

func triggerFile(t testing.TB, o Options) string {
	t.Helper()
	if o.TriggersPath != "" {
		path, err := filepath.Abs(o.TriggersPath)
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	if o.Triggers == "" {
		return filepath.Join(root(t), "local", "triggers.yaml")
	}
	path := filepath.Join(t.TempDir(), "triggers.yaml")
	if err := os.WriteFile(path, []byte(o.Triggers), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Get returns an error unless a URL responds with status 200.
func Get(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s responds with status %d", url, response.StatusCode)
	}
	return nil
}

// ports holds the ports of this test process: block reserves them, and next
// counts those handed out.
var ports struct {
	sync.Mutex
	block       net.Listener
	first, next int
}

const (
	// portsFrom to portsTo lie below the ports that operating systems assign
	// themselves, of which another process or a connection may take one before
	// it is used.
	portsFrom, portsTo = 10000, 30000
	// portBlock is the number of ports that a process has. It keeps listening
	// on the first of them, so that no other process takes the block.
	portBlock = 100
)

// FreePort returns a port that no process listens on. No other call returns the same
// port soon, in this process or another.
func FreePort(t testing.TB) string {
	t.Helper()
	ports.Lock()
	defer ports.Unlock()
	for range portsTo {
		if ports.block == nil {
			ports.first = portsFrom + portBlock*rand.IntN((portsTo-portsFrom)/portBlock)
			block, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(ports.first))
			if err != nil {
				continue
			}
			ports.block = block
		}
		port := strconv.Itoa(ports.first + 1 + ports.next%(portBlock-1))
		ports.next++
		if listener, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			_ = listener.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return ""
}
