package e2e

// How often a phone gets an echo, no matter which webhook receives its texts.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"temporal-twilio/test/stack"
)

func TestThreeWebhooksEchoAtOnePace(t *testing.T) {
	t.Parallel()
	const texts = 30
	s := stack.Start(t, stack.Options{Environment: []string{"LOG_LEVEL=warn"}, Triggers: "triggers:\n  - {name: all, pattern: 'hi', echo: 'Got it', start: {workflow: W, taskQueue: nobody}}\n"})
	hooks := []string{s.Webhook, s.AnotherWebhook(t), s.AnotherWebhook(t)}
	for hook, base := range hooks {
		n := 0
		stack.Eventually(t, "a webhook finds the search attributes", func(ctx context.Context) error {
			here := *s
			here.Webhook = base
			n++
			if _, _, err := send(deliveryFrom(t, &here, fmt.Sprintf("+1500556%04d", n), stack.Token, fmt.Sprintf("MM%016x%016x", hook, n), "hi")); err != nil {
				return err
			}
			query := fmt.Sprintf("WorkflowId STARTS_WITH 'sms-MM%016x' AND SmsTrigger = 'all'", hook)
			found, err := s.Temporal.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
			if err == nil && found.Count == 0 {
				err = errors.New("no text is listed under its trigger")
			}
			return err
		})
	}
	// echoes sends texts from a phone, and returns how many of them are echoed.
	echoes := func(phone int) (echoed int) {
		for n := range texts {
			here := *s
			here.Webhook = hooks[n%len(hooks)]
			_, body, err := send(deliveryFrom(t, &here, fmt.Sprintf("+1500555%04d", phone), stack.Token, fmt.Sprintf("SM%016x%016x", phone, n), "hi"))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(body, "Got it") {
				echoed++
			}
			stack.Eventually(t, "a text is listed", func(ctx context.Context) error {
				query := fmt.Sprintf("WorkflowId STARTS_WITH 'sms-SM%016x'", phone)
				found, err := s.Temporal.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
				if err == nil && found.Count != int64(n+1) {
					err = fmt.Errorf("%d of %d texts are listed", found.Count, n+1)
				}
				return err
			})
		}
		return echoed
	}
	// On a busy machine, Temporal may respond too late for a phone, so the test
	// tries up to five.
	for phone := 1; ; phone++ {
		began := time.Now()
		echoed := echoes(phone)
		most := 10 + 1 + int(time.Since(began)/(6*time.Second))
		if echoed >= 10 && echoed <= most {
			return
		}
		if phone == 5 {
			t.Fatalf("%d of %d texts were echoed within %v, want 10 to %d", echoed, texts, time.Since(began), most)
		}
		t.Logf("phone %d: %d of %d texts were echoed, within %v", phone, echoed, texts, time.Since(began))
	}
}
