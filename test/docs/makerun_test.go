package docs

// The program behind "make run", on ports other than its defaults.

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"temporal-twilio/internal/payload"
	"temporal-twilio/test/stack"
)

func TestMakeRunDoesWhatReadmeSays(t *testing.T) {
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
	for _, name := range []string{"temporal", "ui", "twilio", "webhook", "metrics", "codec"} {
		ports[name] = stack.FreePort(t)
		args = append(args, "--"+name+"-port", ports[name])
	}
	data := filepath.Join(shell.dir, "data")
	args = append(args, "--data", data, "--bin", bin, "--temporal", stack.TemporalBinary(t))
	run := stack.StartProcess(t, "make run", nil, stack.Build(t, "local"), args...)
	stack.Eventually(t, "the banner is shown", func(context.Context) error {
		if status, exited := run.Exited(); exited {
			t.Fatalf("the program exited with status %d:\n%s", status, run.Output())
		}
		if !strings.Contains(run.Output(), "Ctrl-C stops everything") {
			return errors.New(run.Output())
		}
		return nil
	})
	for _, page := range []string{ports["twilio"] + "/", ports["ui"] + "/", ports["metrics"] + "/metrics", ports["webhook"] + "/readyz"} {
		if err := stack.Get(t.Context(), "http://127.0.0.1:"+page); err != nil {
			t.Error(err)
		}
	}

	pasteBanner(t, shell, run.Output())
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
			t.Errorf("%s: got the output\n%s\nwant\n%s", b.at(), output, all[i+1].text)
		}
	}
	if tried != 2 {
		t.Errorf("got %d commands, want one for a send and one for a text", tried)
	}
	cancelOrder(t, shell, ports["twilio"])
	list := shell.run(t, "this test", "temporal workflow list")
	if !strings.Contains(list, "OrderStatusWorkflow") || !strings.Contains(list, "SendSmsWorkflow") {
		t.Errorf("OrderStatusWorkflow or SendSmsWorkflow is not listed:\n%s", list)
	}

	if endpoint := shell.run(t, "this test", "temporal operator nexus endpoint get --name sms"); !strings.Contains(endpoint, "twilio") {
		t.Errorf("got the Nexus endpoint below, want the task queue twilio:\n%s", endpoint)
	}

	readEncrypted(t, shell, ports, run.Output())

	run.Stop(t)
	if status, _ := run.Exited(); status != 0 {
		t.Errorf("after an interrupt: got exit status %d, want 0", status)
	}
	for name, port := range ports {
		if connection, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			_ = connection.Close()
			t.Errorf("after the stop, a process still listens on the port for %s", name)
		}
	}
	if kept, err := filepath.Glob(filepath.Join(data, "temporal*.db")); err != nil || len(kept) != 1 {
		t.Errorf("got the databases %v, error %v, want one", kept, err)
	}
}

// cancelOrder texts "cancel 42" twice after the README's "Order Number 42": the
// second text finds no order.
func cancelOrder(t *testing.T, shell *shell, twilio string) {
	t.Helper()
	status := func(want string) {
		t.Helper()
		stack.Eventually(t, "order-42 is "+want, func(context.Context) error {
			if list := shell.run(t, "this test", "temporal workflow list"); !regexp.MustCompile(want + ` +order-42 `).MatchString(list) {
				return errors.New(list)
			}
			return nil
		})
	}
	text := func(want string) {
		t.Helper()
		const body = `{"from": "` + phone + `", "to": "` + stack.Number + `", "body": "cancel 42"}`
		if said := shell.run(t, "this test", "curl -s http://127.0.0.1:"+twilio+"/sim/inbound -H 'Content-Type: application/json' -d '"+body+"'"); !strings.Contains(said, want) {
			t.Errorf("cancel 42: got %s, want %s", said, want)
		}
	}
	status("Running")
	text("Order 42 will be cancelled.")
	status("Completed")
	text("There is no order 42.")
}

// pasteBanner runs the commands that the banner offers for another terminal,
// pasted together as users would.
func pasteBanner(t *testing.T, shell *shell, banner string) {
	t.Helper()
	_, rest, _ := strings.Cut(banner, "from the repository:\n\n")
	commands, _, _ := strings.Cut(rest, "\n\n")
	output := shell.run(t, "the banner", commands)
	for _, want := range []string{"queued", "done: 20 recipients, 20 sent", "Hello, Ann"} {
		if !strings.Contains(output, want) {
			t.Errorf("the banner's commands\n%s\ndo not print %q; they print\n%s", commands, want, output)
		}
	}
}

// readEncrypted turns encryption on, as the banner says, and reads a text that
// is sent afterwards, with and without the codec server.
func readEncrypted(t *testing.T, shell *shell, ports map[string]string, banner string) {
	t.Helper()
	codec := "http://127.0.0.1:" + ports["codec"]
	settings, err := http.Get("http://127.0.0.1:" + ports["ui"] + "/api/v1/settings")
	if err != nil {
		t.Fatal(err)
	}
	defer settings.Body.Close()
	if text, err := io.ReadAll(settings.Body); err != nil || !strings.Contains(string(text), codec) {
		t.Errorf("the Web UI's settings lack the codec server; got %s and error %v", text, err)
	}
	_, rest, _ := strings.Cut(banner, "to encrypt them:\n")
	encrypt, _, _ := strings.Cut(rest, "\n")
	exported := keysVariable.FindString(shell.run(t, "the banner", encrypt+"\nenv"))
	stack.Eventually(t, "the worker encrypts", func(ctx context.Context) error {
		page, err := http.Get("http://127.0.0.1:" + ports["metrics"] + "/metrics")
		if err != nil {
			return err
		}
		defer page.Body.Close()
		if has, err := payload.ReadInventory(page.Body); err != nil || has.Current != "demo" {
			return fmt.Errorf("got the keys %v, %w", has, err)
		}
		return nil
	})
	shell.environment = append(shell.environment, exported)
	sent := shell.run(t, "this test", ".local/bin/starter send --to +15005550009 --from +15005550006 --body 'For your eyes'")
	id := workflowID.FindString(sent)
	if id == "" {
		t.Fatalf("the output names no workflow:\n%s", sent)
	}
	show := "temporal workflow show --output json --workflow-id " + id
	if seen := shell.run(t, "this test", show); strings.Contains(decoded(seen), "For your eyes") {
		t.Errorf("the text can be read without the codec server:\n%s", seen)
	}
	if seen := shell.run(t, "this test", show+" --codec-endpoint "+codec+"/{namespace}"); !strings.Contains(decoded(seen), "For your eyes") {
		t.Errorf("the text cannot be read with the codec server:\n%s", seen)
	}
}

// decoded returns a JSON document with its base64 strings decoded.
func decoded(document string) string {
	var all strings.Builder
	for _, data := range base64Text.FindAllStringSubmatch(document, -1) {
		text, _ := base64.StdEncoding.DecodeString(data[1]) // a damaged string is decoded as far as possible
		all.Write(text)
	}
	return all.String()
}

var base64Text = regexp.MustCompile(`"data": "([A-Za-z0-9+/=]+)"`)

var keysVariable = regexp.MustCompile(`(?m)^PAYLOAD_KEYS=.*`)

var workflowID = regexp.MustCompile(`send-[0-9a-f-]{36}`)
