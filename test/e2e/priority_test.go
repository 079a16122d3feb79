package e2e

// Inbound texts and questions take precedence over sends.

import (
	"context"
	"testing"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
)

func TestTextsAndQuestionsHavePriority(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Triggers: "triggers:\n  - {name: buy, pattern: '^buy', start: {workflow: SendSmsWorkflow, taskQueue: twilio, id: own}}\n"})
	bought := text(t, s, "buy bread")
	ask(t, s, "Sure?", nil)
	for id, want := range map[string]int32{
		sms.TextWorkflowID(bought.MessageSID):                                   sms.PriorityOfTexts,
		sms.QuestionsID([]byte("the-secret-of-the-tests"), stack.Number, phone): sms.PriorityOfTexts,
		"own": sms.PriorityOfStarted,
	} {
		stack.Eventually(t, id+" is there", func(ctx context.Context) error {
			found, err := s.Temporal.Client.DescribeWorkflow(ctx, id, "")
			if err == nil && found.RawResponse.GetWorkflowExecutionInfo().GetPriority().GetPriorityKey() != want {
				t.Errorf("%s has priority %v, want %d", found.WorkflowType.Name, found.RawResponse.GetWorkflowExecutionInfo().GetPriority(), want)
			}
			return err
		})
	}
}
