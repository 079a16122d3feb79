package docs

// Tests of docs/migrating.md: its model can be read, its workflow runs, and its
// commands succeed.

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/workflows"
	"temporal-twilio/workflows/smstest"
)

// Shop holds the configuration that its workflows share.
type Shop struct{ Secret []byte }

// AppointmentInput is the input of the Appointment workflow.
type AppointmentInput struct{ From, Phone, Order string }

func (s Shop) Appointment(ctx workflow.Context, input AppointmentInput) (string, error) {
	// Catch the message from the start: a message that arrives early waits in
	// the inbox.
	if err := workflows.CatchMessage(ctx, s.Secret, "paid", input.Order); err != nil {
		return "", err
	}
	payments := workflows.NewInbox[json.RawMessage](ctx, "paid", workflows.InboxState{})

	// User task "Confirm the date"; its timer boundary event is the timeout.
	answer, err := workflows.AskSms(ctx, sms.AskSmsInput{
		SmsFrom: input.From, SmsTo: input.Phone, SmsBody: "Shall we come on Monday? Yes or no?",
		Pattern: `(?i)^(yes|no)\b`, Timeout: sms.Duration(24 * time.Hour),
	})
	if err != nil {
		return "", err
	}
	if answer.Outcome != sms.AskAnswered {
		return "no answer", nil
	}

	// Message catch event "Payment"; its payload holds the variables of the text.
	payment := payments.Receive(ctx)

	// Service task SEND_SMS; its error boundary event reads the result.
	sent, err := workflows.SendSms(ctx, sms.SendSmsInput{
		SmsFrom: input.From, SmsTo: sms.To(input.Phone), SmsBody: "Thank you for ${amount} EUR.",
		Variables: payment,
	})
	if err != nil {
		return "", err
	}
	if len(sent.Errors) > 0 {
		return "not thanked: " + string(sent.Errors[0].Code), nil
	}
	return "thanked", nil
}

func TestMigratedProcessRuns(t *testing.T) {
	if !strings.Contains(read(t, "test/docs/migrating_test.go"), snippet(t, "docs/migrating.md", "go")) {
		t.Error("the workflow in docs/migrating.md is not the one that is tested")
	}
	for name, tc := range map[string]struct {
		prepare func(*smstest.Phones)
		want    string
		texts   int
	}{
		"all goes well": {func(p *smstest.Phones) { p.Reply(phone, "yes", time.Minute) }, "thanked", 2},
		"no answer":     {func(*smstest.Phones) {}, "no answer", 1},
	} {
		env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
		phones := smstest.New(env)
		tc.prepare(phones)
		env.RegisterDelayedCallback(func() { env.SignalWorkflow("paid", map[string]string{"amount": "12"}) }, time.Hour)
		env.ExecuteWorkflow(Shop{Secret: []byte("a secret of sixteen")}.Appointment, AppointmentInput{From: stack.Number, Phone: phone, Order: "42"})
		var got string
		if err := env.GetWorkflowResult(&got); err != nil || got != tc.want || len(phones.Texts(phone)) != tc.texts {
			t.Errorf("%s: got the result %q after %d texts and error %v, want %q after %d texts", name, got, len(phones.Texts(phone)), err, tc.want, tc.texts)
		}
	}
}

func TestMigratingPageCommandsWork(t *testing.T) {
	shell := newShell(t)
	app := filepath.Join(shell.dir, "my-alfresco-app")
	if err := os.Mkdir(app, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(app, "appointment.bpmn20.xml"), snippet(t, "docs/migrating.md", "xml"))
	commands := 0
	for _, b := range blocksOf(t, "docs/migrating.md") {
		if b.language == "sh" {
			commands++
			text := strings.ReplaceAll(b.text, "../shop-workflows", "shop-workflows")
			if output := shell.run(t, b.at(), text); !strings.Contains(output, "workflows: 1") && !strings.Contains(output, "Dear Ann") {
				t.Errorf("%s: got the output below, want 1 workflow or the text to Ann:\n%s", b.at(), output)
			}
		}
	}
	if commands != 2 {
		t.Errorf("the page has %d commands, want 2", commands)
	}
	source, err := os.ReadFile(filepath.Join(shell.dir, "shop-workflows", "process_appointment_workflow.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"userTask Confirm the date", "timer boundaryEvent No answer, PT24H", "message intermediateCatchEvent Payment, paid", "error boundaryEvent Not thanked"} {
		if !strings.Contains(string(source), want) {
			t.Errorf("%q is missing in the scaffold:\n%s", want, source)
		}
	}
}
