package e2e

import (
	"context"
	"fmt"
	"maps"
	"testing"

	"go.temporal.io/sdk/client"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

// ask asks a question and waits until it has been sent.
func ask(t *testing.T, s *stack.Stack, question string, more map[string]any) client.WorkflowRun {
	t.Helper()
	input := map[string]any{"smsFrom": stack.Number, "smsTo": phone, "smsBody": question, "timeout": "2m"}
	maps.Copy(input, more)
	run, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: sms.TaskQueue}, sms.AskSmsWorkflowName, input)
	if err != nil {
		t.Fatal(err)
	}
	stack.Eventually(t, "the question is sent", func(context.Context) error {
		for _, m := range messages(t, s) {
			if m.Body == question {
				return nil
			}
		}
		return fmt.Errorf("not yet")
	})
	return run
}

func answer(t *testing.T, run client.WorkflowRun) sms.AskSmsResult {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	var result sms.AskSmsResult
	if err := run.Get(ctx, &result); err != nil {
		t.Fatal(err)
	}
	return result
}

func TestReplyFiresNoTrigger(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	run := ask(t, s, "Shall we come on Monday?", map[string]any{"pattern": "(?i)^(?<word>yes|no)\\b"})
	if got := text(t, s, "Order Number 42"); replies(got) != "Your reference number is 42" {
		t.Errorf("a text that is not a reply: got the replies %q, want the trigger's", replies(got))
	}
	if got := text(t, s, "Yes, please. Order Number 43"); len(got.Replies) > 0 {
		t.Errorf("the reply fired a trigger: got the replies %q", replies(got))
	}
	result := answer(t, run)
	if result.Outcome != sms.AskAnswered || result.Reply == nil || *result.Reply.MatchGroups["word"] != "Yes" {
		t.Errorf("got the result %+v, want an answer whose word is Yes", result)
	}
	if got := text(t, s, "yes"); len(got.Replies) > 0 || got.WebhookStatus != 200 {
		t.Errorf("a reply without a question: got %+v, want status 200 and no reply", got)
	}
}

func TestReplyGoesToOneOpenQuestion(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	coded := func(code string) map[string]any { return map[string]any{"ifSeveral": "code", "code": code} }
	first := ask(t, s, "A1: Monday?", coded("A1"))
	second := ask(t, s, "B2: Tuesday?", coded("B2"))
	text(t, s, "yes")    // answers neither question
	text(t, s, "b2 yes") // answers the second
	if result := answer(t, second); result.Outcome != sms.AskAnswered || result.Reply.Body != "b2 yes" {
		t.Errorf("the second question: got %+v, want the answer b2 yes", result)
	}
	text(t, s, "Loved “A1: Monday?”") // a reaction is not a reply
	text(t, s, "Yes")                 // answers the first question, the only one still open
	if result := answer(t, first); result.Outcome != sms.AskAnswered || result.Reply.Body != "Yes" {
		t.Errorf("the first question: got %+v, want the answer Yes", result)
	}
}

func TestQuestionOfServiceTakesEachNumber(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	const service = "MG00000000000000000000000000000001"
	if _, err := s.Twilio.AddService(twiliosim.Service{SID: service, Senders: []string{stack.Number}}); err != nil {
		t.Fatal(err)
	}
	run := ask(t, s, "Shall we come on Monday?", map[string]any{"smsFrom": nil, "messagingServiceSid": service})
	if got := text(t, s, "Order Number 43"); len(got.Replies) > 0 {
		t.Errorf("the reply fired a trigger: got the replies %q", replies(got))
	}
	if result := answer(t, run); result.Outcome != sms.AskAnswered || result.Reply.To != stack.Number {
		t.Errorf("got the result %+v, want a reply to %s", result, stack.Number)
	}
}

func TestQuestionTakesEachSpelling(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	const ours = "whatsapp:" + stack.Number
	if err := s.Twilio.SetNumber(twiliosim.Number{Number: ours, Webhook: s.Webhook + "/twilio/sms"}); err != nil {
		t.Fatal(err)
	}
	for asked, answers := range map[string]string{
		"whatsapp:+525512345678": "whatsapp:+5215512345678", "whatsapp:+5511987654321": "whatsapp:+551187654321", "whatsapp:+5491123456789": "whatsapp:+541123456789",
	} {
		run := ask(t, s, "Coming, "+asked+"?", map[string]any{"smsFrom": ours, "smsTo": asked})
		if _, err := s.Twilio.Inbound(t.Context(), twiliosim.Inbound{From: answers, To: ours, Body: "yes"}); err != nil {
			t.Fatal(err)
		}
		if result := answer(t, run); result.Outcome != sms.AskAnswered || result.Reply.From != answers {
			t.Errorf("%s answered by %s: got %+v, want that reply", asked, answers, result)
		}
	}
}
