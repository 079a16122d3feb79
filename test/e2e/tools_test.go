package e2e

// The commands for triggers, run as users run them.

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"temporal-twilio/test/stack"
)

func TestLintNamesUnpolledTaskQueues(t *testing.T) {
	t.Parallel()
	const file = `triggers:
  - {name: polled, pattern: 'a', echoError: e, start: {workflow: W, taskQueue: twilio}}
  - {name: waits, pattern: 'b', echoError: e, start: {workflow: W, taskQueue: nobody}}
`
	s := stack.Start(t, stack.Options{})
	path := filepath.Join(t.TempDir(), "t.yaml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	starter := func(args ...string) (string, int) {
		cmd := exec.CommandContext(t.Context(), stack.Build(t, "starter"), args...)
		cmd.Env = append(os.Environ(), s.Environment()...)
		out, _ := cmd.CombinedOutput() // the exit status shows any error
		return string(out), cmd.ProcessState.ExitCode()
	}
	// The worker is ready before the server has recorded its first poll.
	stack.Eventually(t, "lint finds that only one task queue is polled", func(context.Context) error {
		out, status := starter("triggers", "lint", "--pollers", path)
		if status != 1 || !strings.Contains(out, `t.yaml:3: trigger "waits": no worker polls task queue "nobody"`) || strings.Contains(out, `no worker polls task queue "twilio"`) {
			return fmt.Errorf("status %d\n%s", status, out)
		}
		return nil
	})
	if out, status := starter("triggers", "lint", path); status != 0 {
		t.Errorf("without --pollers: got status %d, want 0:\n%s", status, out)
	}
	out, status := starter("simulate", "--from", phone, "--body", "Order Number 42", "--url", s.Webhook+"/twilio/sms")
	if status != 0 || !strings.Contains(out, "reply: Your reference number is 42") {
		t.Errorf("simulate: got status %d, want 0 and the reply:\n%s", status, out)
	}
	if out, status := starter("simulate", "--from", phone, "--body", "x", "--url", "http://127.0.0.1:1/"); status != 2 {
		t.Errorf("without a webhook: got status %d, want 2:\n%s", status, out)
	}
}
