package e2e

// A text that starts a workflow is not taken for a reply to the question that
// the workflow asks.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/triggers"
	"temporal-twilio/workflows"
)

// asks is a workflow that may first wait for a text, in the way that its ID
// names. It then asks a question, and returns the reply.
func asks(ctx workflow.Context, _ any) (string, error) {
	var e triggers.Event
	waits := workflow.GetInfo(ctx).WorkflowExecution.ID
	switch waits {
	case "by-signal", "by-signalWithStart":
		workflow.GetSignalChannel(ctx, "text").Receive(ctx, &e)
	case "by-signalAll":
		if err := workflows.CatchSignal(ctx, "text"); err != nil {
			return "", err
		}
		workflow.GetSignalChannel(ctx, "text").Receive(ctx, &e)
	case "by-update":
		asked := false
		err := workflow.SetUpdateHandler(ctx, "text", func(workflow.Context, triggers.Event) (string, error) {
			asked = true
			return "fine", nil
		})
		if err != nil {
			return "", err
		}
		if err := workflow.Await(ctx, func() bool { return asked }); err != nil {
			return "", err
		}
	}
	result, err := workflows.AskSms(ctx, sms.AskSmsInput{SmsFrom: stack.Number, SmsTo: phone, SmsBody: "Sure?"})
	if err != nil {
		return "", err
	}
	return result.Reply.Body, nil
}

func TestTextsAnswerNoQuestionTheyCaused(t *testing.T) {
	t.Parallel()
	for action, says := range map[string]string{
		"start":           "start: {workflow: Asks, taskQueue: shop}",
		"start-own":       "start: {workflow: Asks, taskQueue: shop, id: by-start-own}",
		"signal":          "signal: {workflowId: by-signal, name: text}",
		"signalWithStart": "signalWithStart: {workflow: Asks, taskQueue: shop, id: by-signalWithStart, signal: text, input: 0}",
		"signalAll":       "signalAll: {name: text}",
		"update":          "update: {workflowId: by-update, name: text}",
	} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			// Each delivery reaches a different process: neither knows which texts the
			// other has received.
			s := stack.Start(t, stack.Options{Triggers: "triggers:\n  - {name: buy, pattern: '^buy', echo: 'Taken.', echoError: 'Lost.', " + says + "}\n"})
			another := *s
			another.Webhook = s.AnotherWebhook(t)
			startWorker(t, s, "shop", map[string]any{"Asks": asks})
			const sid = "SM000000000000000000000000000000a1"
			id := "by-" + action
			switch action {
			case "start":
				id = sms.TextWorkflowID(sid)
			case "signal", "signalAll", "update":
				if _, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: "shop"}, "Asks", 0); err != nil {
					t.Fatal(err)
				}
			}
			if action == "signalAll" {
				stack.Eventually(t, "the catcher is listed", func(ctx context.Context) error {
					found, err := s.Temporal.Client.ListWorkflow(ctx, listRequest(sms.CatchersQuery(sms.SignalCatch("text"))))
					if err == nil && len(found.Executions) == 0 {
						err = errors.New("not yet")
					}
					return err
				})
			}
			say := func(s *stack.Stack, sid, body, want string) {
				t.Helper()
				status, answer, err := send(delivery(t, s, stack.Token, sid, body))
				if err != nil || status != http.StatusOK || strings.Contains(answer, "Taken.") != (want != "") {
					t.Errorf("%q: got %d %s, %v; want %q", body, status, answer, err, want)
				}
			}
			say(s, sid, "buy bread", "Taken.")
			stack.Eventually(t, "the workflow asks its question", func(context.Context) error {
				for _, m := range messages(t, s) {
					if m.Body == "Sure?" {
						return nil
					}
				}
				return errors.New("not yet")
			})
			say(&another, sid, "buy bread", "Taken.")
			say(s, sid, "buy bread", "Taken.")
			const reply = "SM000000000000000000000000000000a2"
			say(s, reply, "buy it, yes", "")
			ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
			defer cancel()
			var got string
			if err := s.Temporal.Client.GetWorkflow(ctx, id, "").Get(ctx, &got); err != nil || got != "buy it, yes" {
				t.Errorf("got the reply %q and error %v, want buy it, yes", got, err)
			}
			// A text that answered a question fires no trigger when it is delivered
			// again.
			say(&another, reply, "buy it, yes", "")
		})
	}
}

// leftAlone is how long a catch-up leaves a text to the webhook: long enough
// for the webhook to start the text's workflow first, even on a slow machine.
const leftAlone = "10s"

// caughtUpOn waits for a catch-up that began after the call and covered the
// given number of texts, counting all that have arrived since the first
// catch-up. It returns the result of that catch-up.
func caughtUpOn(t *testing.T, s *stack.Stack, texts int) (result sms.CatchUpSmsResult) {
	t.Helper()
	const ended = "WorkflowType = 'CatchUpSmsWorkflow' AND ExecutionStatus = 'Completed'"
	now := time.Now()
	stack.Eventually(t, "a catch-up has passed over the texts", func(ctx context.Context) error {
		found, err := s.Temporal.Client.ListWorkflow(ctx, listRequest(ended))
		if err != nil {
			return err
		}
		if len(found.Executions) == 0 || !found.Executions[0].StartTime.AsTime().After(now) {
			return errors.New("none has begun and ended since")
		}
		latest := found.Executions[0].Execution
		if err := s.Temporal.Client.GetWorkflow(ctx, latest.WorkflowId, latest.RunId).Get(ctx, &result); err != nil {
			return err
		}
		if result.Received < texts {
			return fmt.Errorf("the latest has passed over %d texts, want %d", result.Received, texts)
		}
		return nil
	})
	return result
}

func TestCatchUpAnswersNoLaterQuestion(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Environment: []string{"CATCH_UP=1s", "CATCH_UP_AFTER=" + leftAlone}, Triggers: `triggers:
  - {name: order, pattern: 'Order', echo: 'Taken.', start: {workflow: OrderStatusWorkflow, taskQueue: orders, input: {orderNumber: '1', from: '${from}'}}}
  - {name: rest, pattern: '^(sure|yes)', echo: 'Rest.', catchUp: true, start: {workflow: OrderStatusWorkflow, taskQueue: orders, input: {orderNumber: '2', from: '${from}'}}}
`})
	caughtUpOn(t, s, 0)
	text(t, s, "Order Number 42")
	text(t, s, "hello")
	said := 2
	for question, reply := range map[string]string{"Do you confirm?": "sure", "Pay 1000?": "yes"} {
		// Twilio's times have a resolution of one second.
		last := time.Now()
		stack.Eventually(t, "the next second has begun", func(context.Context) error {
			if !time.Now().Truncate(time.Second).After(last) {
				return errors.New("not yet")
			}
			return nil
		})
		run := ask(t, s, question, nil)
		caughtUpOn(t, s, said)
		said++
		if got := text(t, s, reply); len(got.Replies) > 0 {
			t.Errorf("%q: got the replies %q, want none, since it answers the question", reply, replies(got))
		}
		if result := answer(t, run); result.Outcome != sms.AskAnswered || result.Reply.Body != reply {
			t.Errorf("%q: got outcome %s and reply %+v, want the answer %q", question, result.Outcome, result.Reply, reply)
		}
	}
	caughtUpOn(t, s, said)
	found, err := s.Temporal.Client.ListWorkflow(t.Context(), listRequest("WorkflowType = 'OrderStatusWorkflow'"))
	if err != nil || len(found.Executions) != 1 {
		t.Errorf("got %d published events, want only the order; %v", len(found.GetExecutions()), err)
	}
}
