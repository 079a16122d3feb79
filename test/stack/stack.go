// Package stack runs the whole product for tests: a real Temporal server, a
// local Twilio over HTTP, and the worker with its webhook as a process. Each
// stack has its own servers on free ports, so that tests can run in parallel,
// and while "make run" is running.
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

// The local Twilio's account and its credentials.
const (
	Account = "AC00000000000000000000000000000001"
	Token   = "0123456789abcdef0123456789abcdef"
	// Number is the account's phone number.
	Number = "+15005550006"
)

// Stack is a running instance of the whole product, with its own servers.
type Stack struct {
	Temporal *Temporal
	Twilio   *twiliosim.Sim
	// Webhook is the base URL under which the local Twilio reaches the webhook.
	Webhook string
	// Worker is the worker's current process; nil with Options.NoWorker.
	Worker *Process

	environment []string
}

// Options configure a stack.
type Options struct {
	// Triggers is the text of a trigger file. Optional: default
	// local/triggers.yaml.
	Triggers string
	// TriggersPath is the path of a trigger file or folder, used instead of
	// Triggers. Optional.
	TriggersPath string
	// Environment holds variables that are added to the worker's environment.
	// Optional.
	Environment []string
	// TemporalSettings are added to Temporal's dynamic configuration, each as
	// key=JSON. Optional.
	TemporalSettings []string
	// Skew is how far the local Twilio's clock is ahead of ours. Optional.
	Skew time.Duration
	// NoWorker starts no worker; the test may start one.
	NoWorker bool
}

// Start starts a stack, which stops when the test ends.
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

// StartWorker starts the worker, or another one after the first was killed, and
// waits until its webhook is ready.
func (s *Stack) StartWorker(t testing.TB) {
	t.Helper()
	s.Worker = StartProcess(t, "worker", s.environment, Build(t, "worker"))
	Eventually(t, "the webhook is ready", func(ctx context.Context) error {
		if status, exited := s.Worker.Exited(); exited {
			t.Fatalf("the worker exited with status %d:\n%s", status, s.Worker.Output())
		}
		if err := Get(ctx, s.Webhook+"/readyz"); err != nil {
			return err
		}
		// The server accepts queries by search attributes only some time after they
		// are created.
		_, err := s.Temporal.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Query: fmt.Sprintf("%s = '' AND %s = '' AND %s = '' AND %s = ''", sms.AttributeCatches, sms.AttributeParty, sms.AttributeTrigger, sms.AttributeOutcome),
		})
		return err
	})
}

// StartExample starts a program from examples/ beside the worker.
func (s *Stack) StartExample(t testing.TB, name string) *Process {
	t.Helper()
	return StartProcess(t, name, s.environment, Build(t, "examples/"+name))
}

// AnotherWebhook starts another process that is only a webhook, with the same
// triggers and with variables added to its environment, and returns its base
// URL.
func (s *Stack) AnotherWebhook(t testing.TB, variables ...string) string {
	t.Helper()
	address := "127.0.0.1:" + FreePort(t)
	base := "http://" + address
	environment := slices.Concat(s.environment, []string{"WEBHOOK_ADDR=" + address, "WEBHOOK_PUBLIC_URL=" + base}, variables)
	StartProcess(t, "webhook", environment, Build(t, "worker"), "--only", "webhook")
	Eventually(t, "the second webhook is ready", func(ctx context.Context) error { return Get(ctx, base+"/readyz") })
	return base
}

// Add adds variables to the environment of all processes that start later.
func (s *Stack) Add(variables ...string) { s.environment = append(s.environment, variables...) }

// Environment returns the variables with which the worker runs; other programs
// of the product need the same ones to use this stack.
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
		return fmt.Errorf("%s responded with status %d", url, response.StatusCode)
	}
	return nil
}

// ports holds this test process's ports: block is the listener that reserves
// them, and next the number of those handed out.
var ports struct {
	sync.Mutex
	block       net.Listener
	first, next int
}

const (
	// The ports from portsFrom to portsTo are below those that operating systems
	// assign. The system could assign one of its own to another process or
	// connection before the test uses it.
	portsFrom, portsTo = 10000, 30000
	// portBlock is the number of ports that a process reserves. It keeps listening
	// on the first of them, so that no other process takes the block.
	portBlock = 100
)

// FreePort returns a port on which no process listens. Other calls, in this
// process or another, do not return the same port for a while.
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
