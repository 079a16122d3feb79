package e2e

// Tests of "worker doctor" against stacks with different faults.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/durationpb"

	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

// diagnosis lists the checks that the doctor ran.
type diagnosis []struct{ Check, Status, Says, Do string }

// doctor runs "worker doctor" with the stack's variables and additional ones.
func doctor(t *testing.T, s *stack.Stack, more ...string) (found diagnosis, status int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), stack.Build(t, "worker"), "doctor", "--json")
	cmd.Env = append(append([]string{"PATH=/nowhere"}, s.Environment()...), more...)
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatalf("parse the doctor's output: %v: got %s%s", err, out, problems.String())
	}
	if strings.Contains(string(out)+problems.String(), stack.Token) {
		t.Error("the output contains the token")
	}
	return found, cmd.ProcessState.ExitCode()
}

// is returns an error unless the check has the given status and text. If the
// status is not "ok", the check must also say what to do.
func (d diagnosis) is(check, status, says string) error {
	for _, f := range d {
		if f.Check == check && f.Status == status && strings.Contains(f.Says+f.Do, says) && (status == "ok" || f.Do != "") {
			return nil
		}
	}
	return fmt.Errorf("want the check %q with status %s and the text %q, got %+v", check, status, says, d)
}

func TestDoctorPassesAWorkingStack(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	stack.Eventually(t, "the server has recorded the first polls", func(context.Context) error {
		found, status := doctor(t, s)
		if status != 0 {
			return fmt.Errorf("status %d: %+v", status, found)
		}
		for _, check := range []string{"configuration", "Temporal", "search attributes", "task queue twilio", "Twilio account", "number " + stack.Number, "signature round trip"} {
			if err := found.is(check, "ok", ""); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestDoctorNamesEachFault(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	ctx := t.Context()
	if _, err := s.Temporal.Client.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: "bare", WorkflowExecutionRetentionPeriod: durationpb.New(48 * time.Hour),
	}); err != nil {
		t.Fatal(err)
	}
	closed := "127.0.0.1:" + stack.FreePort(t)
	cert, key := stack.CertificateFiles(t)
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "broken.json"), []byte(`{"triggers": [`), 0o600); err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(t.TempDir(), "triggers.yaml")
	if err := os.WriteFile(elsewhere, []byte("triggers: [{name: order, pattern: Order, start: {workflow: OrderWorkflow, taskQueue: elsewhere}}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		environment   []string
		check, status string
		says          string
	}{
		"an invalid value":                    {[]string{"SEND_CONCURRENCY=many"}, "configuration", "failed", "SEND_CONCURRENCY"},
		"broken triggers":                     {[]string{"TRIGGERS=" + broken}, "triggers", "failed", "broken.json"},
		"no worker of a trigger's workflow":   {[]string{"TRIGGERS=" + elsewhere}, "task queue elsewhere", "warning", "the workflows that trigger order starts wait there"},
		"a misspelled variable":               {[]string{"TWILIO_TOKN=x"}, "configuration", "warning", "TWILIO_TOKN"},
		"Temporal is unreachable":             {[]string{"TEMPORAL_ADDRESS=" + closed}, "Temporal", "failed", "TEMPORAL_ADDRESS"},
		"a missing namespace":                 {[]string{"TEMPORAL_NAMESPACE=nowhere"}, "Temporal", "failed", "TEMPORAL_NAMESPACE"},
		"a short retention":                   {[]string{"TEMPORAL_NAMESPACE=bare"}, "retention", "warning", "--retention 720h"},
		"no search attributes":                {[]string{"TEMPORAL_NAMESPACE=bare"}, "search attributes", "warning", "search-attribute create --namespace bare --name SmsParty --type KeywordList"},
		"no worker":                           {[]string{"TEMPORAL_NAMESPACE=bare"}, "task queue twilio", "failed", "start a worker"},
		"no catch-up":                         {[]string{"CATCH_UP=5m"}, "task queue twilio-catch-up", "failed", "no worker polls"},
		"a wrong token":                       {[]string{"TWILIO_TOKEN=00000000000000000000000000000000"}, "Twilio account", "failed", "AUTHENTICATION_CONNECTION_ERROR"},
		"another token than the webhook's":    {[]string{"TWILIO_TOKEN=00000000000000000000000000000000"}, "signature round trip", "failed", "TWILIO_TOKEN"},
		"no webhook at the URL":               {[]string{"WEBHOOK_PUBLIC_URL=http://" + closed}, "signature round trip", "failed", "cannot be reached"},
		"no number that calls the webhook":    {[]string{"WEBHOOK_PUBLIC_URL=http://" + closed}, "Twilio account", "failed", "none of its 1 numbers calls"},
		"a number that calls another webhook": {[]string{"WEBHOOK_PUBLIC_URL=http://" + closed, "WEBHOOK_OWN_NUMBERS=" + stack.Number}, "number " + stack.Number, "failed", "it calls " + s.Webhook},
		"a password in the URL":               {[]string{"WEBHOOK_PUBLIC_URL=http://me:" + stack.Token + "@" + closed}, "signature round trip", "failed", "http://<secret>@" + closed},
		"another path":                        {[]string{"WEBHOOK_PUBLIC_URL=" + s.Webhook + "/prefix"}, "signature round trip", "failed", "status 404"},
		"a certificate that expires soon":     {[]string{"WEBHOOK_TLS_CERT=" + cert, "WEBHOOK_TLS_KEY=" + key}, "WEBHOOK_TLS_CERT", "warning", "renew"},
	} {
		t.Run(name, func(t *testing.T) {
			found, exit := doctor(t, s, tc.environment...)
			if err := found.is(tc.check, tc.status, tc.says); err != nil {
				t.Error(err)
			}
			if tc.status == "failed" && exit != 1 {
				t.Errorf("got exit status %d, want 1", exit)
			}
		})
	}
	if err := s.Twilio.SetNumber(twiliosim.Number{Number: stack.Number, Webhook: s.Webhook + "/twilio/sms", Method: http.MethodGet}); err != nil {
		t.Fatal(err)
	}
	found, _ := doctor(t, s)
	if err := found.is("number "+stack.Number, "warning", "POST"); err != nil {
		t.Error(err)
	}
}
