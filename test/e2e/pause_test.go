package e2e

// A pause of all sending applies to all workers, including those that start
// during the pause.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"go.temporal.io/sdk/client"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
)

// fetched returns the body of the response at a URL.
func fetched(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

func TestSendingPausesAndResumesEverywhere(t *testing.T) {
	t.Parallel()
	metrics := "127.0.0.1:" + stack.FreePort(t)
	s := stack.Start(t, stack.Options{Environment: []string{"METRICS_ADDR=" + metrics}, Triggers: `triggers:
  - {name: kept, pattern: 'hello', echo: 'Hello to you', start: {workflow: SendSmsWorkflow, taskQueue: twilio}}
`})
	starter := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), stack.Build(t, "starter"), args...)
		cmd.Env = s.Environment()
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("starter %v: got error %v, output %s", args, err, out)
		}
		return string(out)
	}
	ready := func(want string) func(context.Context) error {
		return func(ctx context.Context) error {
			body, err := fetched(ctx, "http://"+metrics+"/readyz")
			if err == nil && strings.TrimSpace(body) != want {
				err = errors.New(body)
			}
			return err
		}
	}
	const why = "wrong price"
	starter("pause-all")
	starter("resume-all")
	if out := starter("pause-all", "--why", why); !strings.Contains(out, "within 5 s") {
		t.Errorf("pause-all does not say when workers stop: %s", out)
	}
	if out := starter("pause-all", "--why", "another"); !strings.Contains(out, "already") || !strings.Contains(out, why) {
		t.Errorf("pausing twice: got %s, want that it is paused already, and the first reason", out)
	}
	stack.Eventually(t, "the worker says that it is paused", ready("ready; all sending is paused"))
	another := stack.StartProcess(t, "worker", append(append([]string{}, s.Environment()...), "TRIGGERS=", "METRICS_ADDR="), stack.Build(t, "worker"))
	stack.Eventually(t, "a worker that starts during the pause polls", func(context.Context) error {
		if !strings.Contains(another.Output(), "worker started") {
			return errors.New("not yet")
		}
		return nil
	})
	const sends = 6
	var runs []client.WorkflowRun
	for n := range sends {
		run, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: sms.TaskQueue}, sms.SendSmsWorkflowName,
			sms.SendSmsInput{SmsFrom: stack.Number, SmsTo: sms.To(fmt.Sprintf("+1500555001%d", n)), SmsBody: "Hi"})
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, run)
	}
	stack.Eventually(t, "each send has been tried twice", func(ctx context.Context) error {
		for _, run := range runs {
			described, err := s.Temporal.Client.DescribeWorkflow(ctx, run.GetID(), "")
			if err != nil {
				return err
			}
			if pending := described.RawResponse.GetPendingActivities(); len(pending) != 1 || pending[0].GetAttempt() < 3 {
				return errors.New("not yet")
			}
		}
		return nil
	})
	got := text(t, s, "hello")
	if len(got.Replies) != 0 {
		t.Errorf("a text during the pause got %d replies, want none", len(got.Replies))
	}
	hasWorkflows(t, s, got.MessageSID, 1)
	if sent := messages(t, s); len(sent) != 0 {
		t.Errorf("%d messages were sent during the pause, want none", len(sent))
	}
	found, _ := doctor(t, s)
	if err := found.is("all sending", "warning", why); err != nil {
		t.Error(err)
	}
	if body, err := fetched(t.Context(), "http://"+metrics+"/metrics"); err != nil || !strings.Contains(body, "\nsms_sending_paused 1\n") {
		t.Errorf("the metrics do not show the pause: %v", err)
	}
	if out := starter("resume-all"); !strings.Contains(out, why) {
		t.Errorf("resume-all: got %s, want the reason of the pause in it", out)
	}
	for _, run := range runs {
		var result sms.SendSmsWorkflowResult
		if err := run.Get(t.Context(), &result); err != nil || len(result.Messages) != 1 {
			t.Errorf("after the pause: got the errors %+v and error %v, want one message", result.Errors, err)
		}
	}
	stack.Eventually(t, "the worker is ready and does not mention a pause", ready("ready"))
	if strings.Contains(another.Output(), why) {
		t.Error("the log contains the reason, which is private")
	}
}
