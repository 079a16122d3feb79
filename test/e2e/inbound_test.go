// Package e2e tests the product as users run it: programs as processes, a real
// Temporal, and a local Twilio over HTTP.
package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twilio"
	"temporal-twilio/twiliosim"
)

const phone = "+15005550009"

// text sends a text from phone to our number, and returns the webhook's
// response to it.
func text(t *testing.T, s *stack.Stack, body string) twiliosim.InboundResult {
	t.Helper()
	result, err := s.Twilio.Inbound(t.Context(), twiliosim.Inbound{From: phone, To: stack.Number, Body: body})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func replies(result twiliosim.InboundResult) string {
	var all []string
	for _, reply := range result.Replies {
		all = append(all, reply.Body)
	}
	return strings.Join(all, "|")
}

// orderStatus is the result of examples/orderstatus.
type orderStatus struct{ OrderNumber string }

func TestTextStartsAWorkflow(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	s.StartExample(t, "orderstatus")
	result := text(t, s, "Order Number 42")
	if result.WebhookStatus != http.StatusOK || replies(result) != "Your reference number is 42" {
		t.Fatalf("got status %d and replies %q, want status 200 and the order's echo", result.WebhookStatus, replies(result))
	}
	id := sms.TextWorkflowID(result.MessageSID)
	var status orderStatus
	if err := s.Temporal.Client.GetWorkflow(t.Context(), id, "").Get(t.Context(), &status); err != nil {
		t.Fatal(err)
	}
	if status.OrderNumber != "42" {
		t.Errorf("got the result %+v, want order number 42", status)
	}
	description, err := s.Temporal.Client.DescribeWorkflow(t.Context(), id, "")
	if err != nil {
		t.Fatal(err)
	}
	memo := fmt.Sprint(description.Memo)
	if !strings.Contains(memo, "order-status") || !strings.Contains(memo, result.MessageSID) || strings.Contains(memo, "+1500555") {
		t.Errorf("got the memo %s, want the trigger and the message's SID in it, and no phone number", memo)
	}
	if nothing := text(t, s, "hello"); nothing.WebhookStatus != http.StatusOK || len(nothing.Replies) > 0 {
		t.Errorf("a text that matches nothing got %+v, want status 200 and no reply", nothing)
	}
	if strings.Contains(s.Worker.Output(), "+1500555") {
		t.Error("the worker logged a phone number")
	}
}

// delivery returns a request to the webhook as Twilio would make it.
func delivery(t *testing.T, s *stack.Stack, token, messageSID, body string) *http.Request {
	t.Helper()
	return deliveryFrom(t, s, phone, token, messageSID, body)
}

// deliveryFrom is delivery from another phone: a single phone would soon be
// taken for a machine, and get no replies.
func deliveryFrom(t *testing.T, s *stack.Stack, from, token, messageSID, body string) *http.Request {
	t.Helper()
	return signed(t, s, token, url.Values{"MessageSid": {messageSID}, "From": {from}, "Body": {body}})
}

// signed returns a signed request to the webhook with a form, addressed to our
// number.
func signed(t *testing.T, s *stack.Stack, token string, form url.Values) *http.Request {
	t.Helper()
	form.Set("AccountSid", stack.Account)
	form.Set("To", stack.Number)
	target := s.Webhook + "/twilio/sms"
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set(twilio.SignatureHeader, twilio.Sign(token, target, form))
	return request
}

func send(request *http.Request) (status int, body string, err error) {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	return response.StatusCode, string(data), err
}

// executions counts the runs whose workflow ID begins with that of a message's
// own workflow.
func executions(t *testing.T, s *stack.Stack, messageSID string) int {
	t.Helper()
	var found int
	stack.Eventually(t, "the visibility store answers", func(ctx context.Context) error {
		response, err := s.Temporal.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query: fmt.Sprintf("WorkflowId STARTS_WITH 'sms-%s'", messageSID),
		})
		found = len(response.GetExecutions())
		return err
	})
	return found
}

// hasWorkflows waits until a text has the given number of workflows: the
// visibility store lists them shortly after they start.
func hasWorkflows(t *testing.T, s *stack.Stack, messageSID string, want int) {
	t.Helper()
	stack.Eventually(t, fmt.Sprintf("%s has %d workflows", messageSID, want), func(context.Context) error {
		if n := executions(t, s, messageSID); n != want {
			return fmt.Errorf("the text has %d", n)
		}
		return nil
	})
}

func TestTextDeliveredOftenStartsOneWorkflow(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	s.StartExample(t, "orderstatus")
	const sid = "SM000000000000000000000000000000aa"
	answers := make([]string, 20)
	var delivering sync.WaitGroup
	for i := range answers {
		request := delivery(t, s, stack.Token, sid, "Order Number 42")
		delivering.Go(func() {
			status, body, err := send(request)
			answers[i] = fmt.Sprint(status, err, body)
		})
	}
	delivering.Wait()
	for _, answer := range answers {
		if answer != answers[0] || !strings.Contains(answer, "Your reference number is 42") {
			t.Errorf("got the replies %s and %s, want the same echo", answers[0], answer)
		}
	}
	id := sms.TextWorkflowID(sid)
	stack.Eventually(t, "the workflow has closed", func(ctx context.Context) error {
		return s.Temporal.Client.GetWorkflow(ctx, id, "").Get(ctx, nil)
	})
	// Deliver it once more, after the workflow has closed.
	if _, body, err := send(delivery(t, s, stack.Token, sid, "Order Number 42")); err != nil || !strings.Contains(body, "Your reference number is 42") {
		t.Errorf("after the workflow closed: got the reply %s and error %v, want the same echo", body, err)
	}
	hasWorkflows(t, s, sid, 1)
}

func TestBadSignaturePublishesNothing(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	const bad, good = "SM000000000000000000000000000000bb", "SM000000000000000000000000000000cc"
	status, _, err := send(delivery(t, s, "another token", bad, "Order Number 42"))
	if err != nil || status != http.StatusForbidden {
		t.Errorf("with another token: got status %d and error %v, want status 403", status, err)
	}
	// The valid text is sent later, so once its workflow is listed, any workflow
	// of the bad one would be listed, too.
	if status, _, err := send(delivery(t, s, stack.Token, good, "Order Number 42")); err != nil || status != http.StatusOK {
		t.Fatalf("with our token: got status %d and error %v, want status 200", status, err)
	}
	hasWorkflows(t, s, good, 1)
	if n := executions(t, s, bad); n != 0 {
		t.Errorf("the refused request started %d workflows, want none", n)
	}
}

func TestSendersLearnThatTemporalIsUnreachable(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	s.Temporal.Stop(t)
	result := text(t, s, "Order Number 42") // the local Twilio waits 15 s, as Twilio does
	if replies(result) != "There was a problem publishing that event." {
		t.Errorf("with Temporal stopped: got status %d and replies %q, want the echoError", result.WebhookStatus, replies(result))
	}
	if status, exited := s.Worker.Exited(); exited {
		t.Fatalf("the worker exited with status %d", status)
	}
	if err := stack.Get(t.Context(), s.Webhook+"/readyz"); err == nil {
		t.Error("the webhook is ready although Temporal is down")
	}
	s.Temporal.Start(t)
	stack.Eventually(t, "the webhook is ready again", func(ctx context.Context) error {
		return stack.Get(ctx, s.Webhook+"/readyz")
	})
	result = text(t, s, "Order Number 43")
	if replies(result) != "Your reference number is 43" {
		t.Fatalf("with Temporal back: got status %d and replies %q, want the echo", result.WebhookStatus, replies(result))
	}
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	run, err := s.Temporal.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: sms.TaskQueue}, sms.SendSmsWorkflowName, map[string]any{})
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Get(ctx, nil); err != nil {
		t.Errorf("the worker that lost Temporal does not complete a workflow: got error %v", err)
	}
}

func TestTextSignalsTheWorkflowItNames(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Triggers: `triggers:
  - name: cancel
    pattern: '(?i)^cancel (?<orderNumber>\d+)$'
    echo: 'Order ${orderNumber} is cancelled.'
    echoError: 'There is no order ${orderNumber}.'
    signal: {workflowId: 'order-${matchGroups.orderNumber}', name: cancel}
`})
	got := listen(t, s, "order-7", "cancel")
	if result := text(t, s, "CANCEL 7"); replies(result) != "Order 7 is cancelled." {
		t.Errorf("got the replies %q, want the echo", replies(result))
	}
	event := <-got
	if event.OriginalMessage != "CANCEL 7" || event.From != phone || *event.MatchGroups["orderNumber"] != "7" || event.Trigger != "cancel" {
		t.Errorf("got the signal %+v, want the event of the text CANCEL 7", event)
	}
	if result := text(t, s, "cancel 8"); replies(result) != "There is no order 8." {
		t.Errorf("got the replies %q, want the echoError", replies(result))
	}
}

func listRequest(query string) *workflowservice.ListWorkflowExecutionsRequest {
	return &workflowservice.ListWorkflowExecutionsRequest{Query: query}
}
