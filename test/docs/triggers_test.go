package docs

// Tests of docs/triggers.md: its triggers run together in one stack, phones
// hold its conversations, and its commands run as written.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/triggers"
	"temporal-twilio/twiliosim"
	"temporal-twilio/workflows"
)

const triggersSecret = "0123456789abcdef0123456789abcdef"

// Invoice waits until it is paid by SMS.
func Invoice(ctx workflow.Context, secret []byte, number string) (string, error) {
	if err := workflows.CatchMessage(ctx, secret, "paid", number); err != nil {
		return "", err
	}
	event := workflows.NewInbox[triggers.Event](ctx, "paid", workflows.InboxState{}).Receive(ctx)
	return event.From, nil
}

// account is a workflow that answers updates with its state.
func account(ctx workflow.Context) error {
	err := workflow.SetUpdateHandler(ctx, "balance", func(workflow.Context, triggers.Event) (map[string]any, error) {
		return map[string]any{"amount": 7.5, "currency": "EUR"}, nil
	})
	if err != nil {
		return err
	}
	return workflow.Sleep(ctx, 1<<50)
}

// until returns a workflow that waits for one signal.
func until(name string) func(workflow.Context) error {
	return func(ctx workflow.Context) error {
		workflow.GetSignalChannel(ctx, name).Receive(ctx, nil)
		return nil
	}
}

// triggerDoc writes each of the page's trigger files to a separate file.
func triggerDoc(t *testing.T) (dir string, conversations [][]string, commands []block) {
	t.Helper()
	dir = t.TempDir()
	files := map[string]string{}
	for i, b := range blocksOf(t, "docs/triggers.md") {
		switch {
		case b.language == "yaml" && len(files) == 0:
			files["triggers.yaml"] = b.text
		case b.language == "yaml" || b.language == "json":
			files[fmt.Sprintf("%03d.%s", i, b.language)] = b.text
		case b.language == "text":
			conversations = append(conversations, strings.Split(strings.TrimSpace(b.text), "\n"))
		case b.language == "sh":
			commands = append(commands, b)
		case b.language == "go":
			source := read(t, "test/docs/triggers_test.go")
			if !strings.Contains(source, b.text) {
				t.Errorf("docs/triggers.md:%d: the test runs different code", b.line)
			}
		default:
			t.Errorf("docs/triggers.md:%d: no test runs a block of %q", b.line, b.language)
		}
	}
	folder := filepath.Join(dir, "folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "triggers.yaml"), []byte(files["triggers.yaml"]), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, conversations, commands
}

func TestTriggersPageDoesWhatItSays(t *testing.T) {
	t.Parallel()
	dir, conversations, commands := triggerDoc(t)
	s := stack.Start(t, stack.Options{TriggersPath: filepath.Join(dir, "folder"), Environment: []string{"ID_SECRET=" + triggersSecret, "TRIGGERS_TASK_QUEUE=shop"}})
	invoice := startExamples(t, s)
	for i, conversation := range conversations {
		converse(t, s, fmt.Sprintf("+1500557%04d", i), conversation)
	}
	var payer string
	if err := invoice.Get(t.Context(), &payer); err != nil || !strings.HasPrefix(payer, "+1500557") {
		t.Errorf("the invoice was paid by %q, error %v, want one of the page's phones", payer, err)
	}
	if len(commands) != 2 {
		t.Errorf("the page has %d blocks of commands, want 2", len(commands))
	}
	bin := filepath.Join(dir, ".local", "bin")
	if err := errors.Join(os.MkdirAll(bin, 0o755), os.Symlink(stack.Build(t, "starter"), filepath.Join(bin, "starter"))); err != nil {
		t.Fatal(err)
	}
	for _, b := range commands {
		cmd := exec.CommandContext(t.Context(), "sh", "-e", "-c", b.text)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "WEBHOOK_PUBLIC_URL="+s.Webhook, "TWILIO_TOKEN="+stack.Token, "TWILIO_ACCOUNT="+stack.Account)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("docs/triggers.md:%d: %v\n%s", b.line, err, out)
		}
	}
}

// startExamples starts the workflows that the examples signal and update.
func startExamples(t *testing.T, s *stack.Stack) client.WorkflowRun {
	t.Helper()
	w := worker.New(s.Temporal.Client, "shop", worker.Options{DisableRegistrationAliasing: true})
	for name, f := range map[string]any{"Invoice": Invoice, "Account": account, "Order": until("cancel"), "Ticket": until("never"), "Chat": until("text")} {
		w.RegisterWorkflowWithOptions(f, workflow.RegisterOptions{Name: name})
	}
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	var invoice client.WorkflowRun
	for id, start := range map[string][]any{"order-7": {"Order"}, "account-1": {"Account"}, "invoice": {"Invoice", []byte(triggersSecret), "inv1"}} {
		run, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: "shop"}, start[0], start[1:]...)
		if err != nil {
			t.Fatal(err)
		}
		if id == "invoice" {
			invoice = run
		}
	}
	stack.Eventually(t, "the invoice is listed", func(ctx context.Context) error {
		count, err := s.Temporal.Client.CountWorkflow(ctx, countRequest(sms.CatchersQuery(sms.MessageCatch([]byte(triggersSecret), "paid", "inv1"))))
		if err == nil && count.Count != 1 {
			err = fmt.Errorf("%d workflows are listed, want 1", count.Count)
		}
		return err
	})
	return invoice
}

func countRequest(query string) *workflowservice.CountWorkflowExecutionsRequest {
	return &workflowservice.CountWorkflowExecutionsRequest{Query: query}
}

// converse holds a conversation: the phone sends lines with "> ", and lines
// with "< " are the replies.
func converse(t *testing.T, s *stack.Stack, phone string, lines []string) {
	t.Helper()
	for i := 0; i < len(lines); {
		body, ok := strings.CutPrefix(lines[i], "> ")
		if !ok {
			t.Fatalf("the line %q of a conversation does not begin with >", lines[i])
		}
		var want []string
		for i++; i < len(lines) && strings.HasPrefix(lines[i], "< "); i++ {
			want = append(want, strings.TrimPrefix(lines[i], "< "))
		}
		result, err := s.Twilio.Inbound(t.Context(), twiliosim.Inbound{From: phone, To: stack.Number, Body: body})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, reply := range result.Replies {
			got = append(got, reply.Body)
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") || result.WebhookStatus != 200 {
			t.Errorf("%q: got the replies %q with status %d, want %q", body, got, result.WebhookStatus, want)
		}
	}
}
