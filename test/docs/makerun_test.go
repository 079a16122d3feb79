package docs

// "make run": the program behind it, on other ports than its own.

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"temporal-twilio/test/stack"
)

func TestMakeRunDoesWhatTheReadmeSays(t *testing.T) {
	t.Parallel()
	shell := newShell(t)
	bin := filepath.Join(shell.dir, ".local", "bin")
	for _, program := range []string{"twiliosim/cmd/twiliosim", "examples/orderstatus"} {
		if err := os.Symlink(stack.Build(t, program), filepath.Join(bin, filepath.Base(program))); err != nil {
			t.Fatal(err)
		}
	}
	ports := map[string]string{}
	var args []string
	for _, name := range []string{"temporal", "ui", "twilio", "webhook", "metrics"} {
		ports[name] = stack.FreePort(t)
		args = append(args, "--"+name+"-port", ports[name])
	}
	data := filepath.Join(shell.dir, "data")
	args = append(args, "--data", data, "--bin", bin, "--temporal", stack.TemporalBinary(t))
	run := stack.StartProcess(t, "make run", nil, stack.Build(t, "local"), args...)
	stack.Eventually(t, "the banner is shown", func(context.Context) error {
		if status, exited := run.Exited(); exited {
			t.Fatalf("it ended with status %d:\n%s", status, run.Output())
		}
		if !strings.Contains(run.Output(), "Ctrl-C stops all of it") {
			return errors.New(run.Output())
		}
		return nil
	})
	for _, page := range []string{ports["twilio"] + "/", ports["ui"] + "/", ports["metrics"] + "/metrics", ports["webhook"] + "/readyz"} {
		if err := stack.Get(t.Context(), "http://127.0.0.1:"+page); err != nil {
			t.Error(err)
		}
	}

	shell.environment = append(shell.environment, "TEMPORAL_ADDRESS=127.0.0.1:"+ports["temporal"])
	addresses := strings.NewReplacer("http://127.0.0.1:8090", "http://127.0.0.1:"+ports["twilio"])
	all := blocksOf(t, "README.md")
	tried := 0
	for i, b := range all {
		if b.language != "sh" || i+1 == len(all) || all[i+1].language != "text" {
			continue
		}
		tried++
		if output := shell.run(t, b.at(), addresses.Replace(b.text)); !matches(all[i+1].text, output) {
			t.Errorf("%s: the command prints\n%s", b.at(), output)
		}
	}
	if tried != 2 {
		t.Errorf("%d commands tried; this test knows a send and a text", tried)
	}
	list := shell.run(t, "this test", "temporal workflow list")
	if !strings.Contains(list, "OrderStatusWorkflow") || !strings.Contains(list, "SendSmsWorkflow") {
		t.Errorf("the workflows are not there:\n%s", list)
	}

	if endpoint := shell.run(t, "this test", "temporal operator nexus endpoint get --name sms"); !strings.Contains(endpoint, "twilio") {
		t.Errorf("the Nexus endpoint is\n%s", endpoint)
	}

	run.Stop(t)
	if status, _ := run.Exited(); status != 0 {
		t.Errorf("asked to stop, it ends with status %d", status)
	}
	for name, port := range ports {
		if connection, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			_ = connection.Close()
			t.Errorf("somebody still answers at the port for %s", name)
		}
	}
	if kept, err := filepath.Glob(filepath.Join(data, "temporal*.db")); err != nil || len(kept) != 1 {
		t.Errorf("the workflows are kept in %v, %v", kept, err)
	}
}
