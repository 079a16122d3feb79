package e2e

// Tests of what operators rely on: probes, versions, and the configuration.

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"go.temporal.io/sdk/client"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
)

func TestProbesWorkWithoutAWebhook(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{NoWorker: true})
	s.Temporal.Stop(t)
	address := "127.0.0.1:" + stack.FreePort(t)
	environment := append(append([]string{}, s.Environment()...), "METRICS_ADDR="+address, "TRIGGERS=")
	stack.StartProcess(t, "worker", environment, stack.Build(t, "worker"), "--only", "worker")
	stack.Eventually(t, "the worker is alive without Temporal", func(ctx context.Context) error { return stack.Get(ctx, "http://"+address+"/healthz") })
	if err := stack.Get(t.Context(), "http://"+address+"/readyz"); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("with Temporal down: got error %v from /readyz, want status 503", err)
	}
	s.Temporal.Start(t)
	stack.Eventually(t, "the worker is ready", func(ctx context.Context) error { return stack.Get(ctx, "http://"+address+"/readyz") })
	stack.Eventually(t, "the program says that the worker is ready", func(ctx context.Context) error {
		ready := exec.CommandContext(ctx, stack.Build(t, "worker"), "ready")
		ready.Env = environment
		if out, err := ready.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	})
	s.Temporal.Stop(t)
	stack.Eventually(t, "the worker is unready", func(ctx context.Context) error {
		if stack.Get(ctx, "http://"+address+"/readyz") == nil {
			return errors.New("the worker is still ready")
		}
		return nil
	})
	if err := stack.Get(t.Context(), "http://"+address+"/healthz"); err != nil {
		t.Errorf("the worker is not alive: %v", err)
	}
}

func TestVersionedWorkerPollsOnceCurrent(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Environment: []string{"TEMPORAL_DEPLOYMENT_NAME=sms", "TEMPORAL_WORKER_BUILD_ID=v1", "CATCH_UP=5m"}})
	c := s.Temporal.Client
	input := sms.SendSmsInput{SmsFrom: stack.Number, SmsTo: sms.Recipients{{To: phone}}, SmsBody: "Hi"}
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: sms.TaskQueue}, sms.SendSmsWorkflowName, input)
	if err != nil {
		t.Fatal(err)
	}
	handle := c.WorkerDeploymentClient().GetHandle("sms")
	stack.Eventually(t, "the version is made the current one, on all task queues", func(ctx context.Context) error {
		described, err := handle.DescribeVersion(ctx, client.WorkerDeploymentDescribeVersionOptions{BuildID: "v1"})
		if err != nil {
			return err
		}
		queues := map[string]bool{}
		for _, queue := range described.Info.TaskQueuesInfos {
			queues[queue.Name] = true
		}
		if !queues[sms.TaskQueue] || !queues[sms.CatchUpTaskQueue] {
			return errors.New("some of the version's task queues are not known yet")
		}
		_, err = handle.SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: "v1"})
		return err
	})
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	var result sms.SendSmsResult
	if err := run.Get(ctx, &result); err != nil || len(result.Messages) != 1 {
		t.Errorf("got %+v and error %v, want one message", result, err)
	}
}

func TestConfigurationIsPrintedWithoutSecrets(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), stack.Build(t, "worker"), "--print-config")
	cmd.Env = []string{"TWILIO_TOKEN=" + stack.Token, "SEND_RATE=5", "METRICS_ADDR=127.0.0.1:1"}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "SEND_RATE=5  # environment\n") || strings.Contains(string(out), stack.Token) {
		t.Errorf("worker --print-config: got error %v, want SEND_RATE=5 and no token in the output:\n%s", err, out)
	}
}
