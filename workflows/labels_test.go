package workflows

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// summaries records the summaries of the workflows' sends.
type summaries struct {
	interceptor.WorkerInterceptorBase
	of []string
}

type summariesIn struct {
	interceptor.WorkflowInboundInterceptorBase
	to *summaries
}

type summariesOut struct {
	interceptor.WorkflowOutboundInterceptorBase
	to *summaries
}

func (s *summaries) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	in := &summariesIn{to: s}
	in.Next = next
	return in
}

func (s *summariesIn) Init(next interceptor.WorkflowOutboundInterceptor) error {
	out := &summariesOut{to: s.to}
	out.Next = next
	return s.Next.Init(out)
}

func (s *summariesOut) ExecuteActivity(ctx workflow.Context, activityType string, args ...any) workflow.Future {
	if activityType == sms.SendSmsName {
		s.to.of = append(s.to.of, workflow.GetActivityOptions(ctx).Summary)
	}
	return s.Next.ExecuteActivity(ctx, activityType, args...)
}

func TestQuestionShowsLabelAndState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, s := newAskBench(""), &summaries{}
		b.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{s}})
		began := b.Now()
		var open sms.AskProgress
		b.RegisterDelayedCallback(func() {
			answer, err := b.QueryWorkflow(sms.QuestionQuery)
			if err == nil {
				err = answer.Get(&open)
			}
			if err != nil {
				t.Error(err)
			}
		}, 90*time.Minute)
		b.run(t, sms.AskSmsInput{Label: "visit of +1 500 555 0009", Timeout: sms.Duration(3 * time.Hour), Reminders: []sms.Reminder{{After: sms.Duration(time.Hour), SmsBody: "Still?"}}})
		if want := []string{"Ask by SMS, visit of …", "Remind by SMS, visit of …"}; !slices.Equal(s.of, want) {
			t.Errorf("got summaries %q, want %q", s.of, want)
		}
		if open.Reminders != 1 || open.Since.Sub(began) > time.Second || open.Until.Sub(open.Since) != 3*time.Hour {
			t.Errorf("got open question %+v, want 1 reminder and 3h from %s", open, began)
		}
	})
}

func TestSendShowsCountAndLabel(t *testing.T) {
	b, s := newBench(t, took("1", "2"), unasked), &summaries{}
	b.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{s}})
	b.ExecuteWorkflow(sms.SendSmsWorkflowName, sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.To("+15005550009", "+15005550010"), SmsBody: "Hi", Label: "order reminder"})
	if want := []string{"2 texts, order reminder"}; !slices.Equal(s.of, want) {
		t.Errorf("got summaries %q, want %q", s.of, want)
	}
}
