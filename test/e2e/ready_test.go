package e2e

// When the webhook reports that it is ready.

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"temporal-twilio/test/stack"
)

func TestWebhookIsUnreadyWithoutItsNamespace(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{NoWorker: true})
	environment := append(s.Environment(), "TEMPORAL_NAMESPACE=nowhere")
	worker := stack.StartProcess(t, "worker", environment, stack.Build(t, "worker"), "--only", "webhook")
	stack.Eventually(t, "the webhook answers", func(ctx context.Context) error { return stack.Get(ctx, s.Webhook+"/healthz") })
	if err := stack.Get(t.Context(), s.Webhook+"/readyz"); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("without its namespace: got error %v from /readyz, want status 503", err)
	}
	// The sender must be told that publishing failed: without the namespace, the
	// webhook cannot publish, but it must not treat the text as unmatched.
	if got := text(t, s, "Order Number 42"); replies(got) != "There was a problem publishing that event." {
		t.Errorf("got status %d and replies %q, want the echoError", got.WebhookStatus, replies(got))
	}
	if got := text(t, s, "hello"); got.WebhookStatus != http.StatusServiceUnavailable {
		t.Errorf("a text that might be a reply: got status %d, want 503", got.WebhookStatus)
	}
	if !strings.Contains(worker.Output(), "the namespace does not exist") {
		t.Error("the log does not say that the namespace is missing")
	}
}

func TestWebhookDrainsUnready(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Environment: []string{"WEBHOOK_DRAIN=1h"}})
	if err := s.Worker.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	stack.Eventually(t, "the webhook is unready", func(ctx context.Context) error {
		switch err := stack.Get(ctx, s.Webhook+"/readyz"); {
		case err == nil:
			return errors.New("the webhook is still ready")
		case strings.Contains(err.Error(), "status 503"):
			return nil
		default:
			t.Fatalf("a request while the webhook drains: got error %v, want status 503 or none", err)
			return nil
		}
	})
	if got := text(t, s, "Order Number 42"); replies(got) != "Your reference number is 42" {
		t.Errorf("a text while the webhook drains: got status %d and replies %q, want the echo", got.WebhookStatus, replies(got))
	}
	s.Worker.Kill()
	s.Add("WEBHOOK_DRAIN=100ms")
	s.StartWorker(t)
	if err := s.Worker.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if status := s.Worker.Wait(t); status != 0 {
		t.Errorf("the worker exited with status %d, want 0", status)
	}
}
