package sweep

// The drive takes every path through the product, with numbers, texts and
// secrets that occur nowhere else.

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/triggers"
	"temporal-twilio/twiliosim"
	"temporal-twilio/workflows"
)

// inClear is a text that a client without keys stores unencrypted.
const inClear = "what anyone may read"

// nobody is a task queue without pollers.
const nobody = "nobody"

// accounts is the task queue of this test's workflows.
const accounts = "accounts"

const triggerFile = `triggers:
  - name: order
    pattern: 'Order (?<what>\w+)'
    echo: 'We send you ${what}'
    echoError: 'There is no ${what}, sorry'
    catchUp: true
    start:
      workflow: OrderStatusWorkflow
      taskQueue: orders
      memo: {customer: 'Customer of ${matchGroups.what}'}
      input: {orderNumber: '${matchGroups.what}', from: '${from}'}
  - name: audit
    pattern: 'Order Narwhal.*'
    echo: 'Your narwhal is noted'
    signalWithStart: {id: audit, signal: note, workflow: Account, taskQueue: accounts}
  - name: balance
    pattern: 'Balance of (?<who>\w+)'
    echo: '${result.name} has ${result.amount}'
    echoError: 'Nobody knows ${who}'
    update: {workflowId: account, name: balance}
  - name: missing
    pattern: 'Close (?<who>\w+)'
    echoError: 'There is no account of ${who}'
    signal: {workflowId: no-such-account, name: close}
  - name: forward
    pattern: 'Forward (?<who>\w+)'
    echo: '${who} is forwarded'
    start:
      workflow: SendSmsWorkflow
      taskQueue: twilio
      input: {smsFrom: '${to}', smsTo: '${from}', smsBody: 'Forwarded ${matchGroups.who}'}
  - name: broadcast-signal
    pattern: 'Wake (?<who>\w+)'
    echo: '${who} is woken'
    signalAll: {name: wake}
`

// drive is a stack, and what the test has sent to it.
type drive struct {
	stack   *stack.Stack
	client  client.Client
	needles needles
	metrics string
	dir     string
	log     strings.Builder

	collector *stack.Collector
}

func (d *drive) logs() string { return d.log.String() + d.stack.Worker.Output() }

// secret records a text or a number to look for later, under a description, and
// returns it.
func (d *drive) secret(what, value string) string {
	d.needles[what] = value
	return value
}

func begin(t *testing.T) *drive {
	t.Helper()
	keys := stack.NewKeyFile(t, "one", "one", "two")
	d := &drive{needles: needles{}, metrics: "127.0.0.1:" + stack.FreePort(t), dir: t.TempDir(), collector: stack.NewCollector(t)}
	d.stack = stack.Start(t, stack.Options{Triggers: triggerFile, Environment: append(d.collector.Environment(),
		keys.Environment(), "LOG_LEVEL=debug", "METRICS_ADDR="+d.metrics, "BROADCAST_DIR="+d.dir,
		"CATCH_UP=1s", "CATCH_UP_AFTER=1s", "WEBHOOK_OWN_NUMBERS="+stack.Number, "DEFAULT_REGION=US",
		"SEND_CAPS=*=10000/h",
	)})
	if err := d.stack.Twilio.SetSpeed(100); err != nil {
		t.Fatal(err)
	}
	d.stack.StartExample(t, "orderstatus")
	d.client = d.stack.Temporal.Protected(t, keys)
	d.secret("our own number", stack.Number)
	d.secret("the auth token", stack.Token)
	d.secret("ID_SECRET", "the-secret-of-the-tests")
	for line := range strings.SplitSeq(string(keys.Text(t)), "\n") {
		if _, key, is := strings.Cut(line, `"key": "`); is {
			d.secret(fmt.Sprint("key ", len(d.needles)), strings.Trim(key, `",`))
		}
	}
	w := worker.New(d.client, accounts, worker.Options{})
	w.RegisterWorkflowWithOptions(account, workflow.RegisterOptions{Name: "Account"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	start(t, d.client, client.StartWorkflowOptions{ID: "account", TaskQueue: accounts}, "Account", nil)
	start(t, d.stack.Temporal.Client, client.StartWorkflowOptions{ID: "in-clear", TaskQueue: nobody}, "Nothing", inClear)
	return d
}

// account is a user's workflow: it catches a signal, answers updates, and waits
// to be closed.
func account(ctx workflow.Context, _ any) error {
	if err := workflows.CatchSignal(ctx, "wake"); err != nil {
		return err
	}
	err := workflow.SetUpdateHandler(ctx, "balance", func(_ workflow.Context, e triggers.Event) (map[string]any, error) {
		if strings.Contains(e.OriginalMessage, "Echidna") {
			return nil, fmt.Errorf("no account for %s of %s", e.OriginalMessage, e.From)
		}
		return map[string]any{"name": "Frau Okapi", "amount": 7}, nil
	})
	if err != nil {
		return err
	}
	workflow.GetSignalChannel(ctx, "end").Receive(ctx, nil)
	return nil
}

// starter runs the starter and checks its exit status.
func (d *drive) starter(t *testing.T, status int, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, stack.Build(t, "starter"), args...)
	cmd.Env = append([]string{"HOME=" + t.TempDir()}, d.stack.Environment()...)
	output, _ := cmd.CombinedOutput() // the exit status shows any error
	if cmd.ProcessState.ExitCode() != status {
		t.Errorf("starter %q: got exit status %d, want %d:\n%s", args, cmd.ProcessState.ExitCode(), status, output)
	}
}

func (d *drive) sends(t *testing.T) {
	t.Helper()
	one, other := d.secret("a recipient", "+15005550101"), d.secret("another recipient", "+15005550102")
	body := d.secret("a text", "Dear Capybara, your parcel is here")
	input := map[string]any{
		"smsFrom": stack.Number, "smsTo": []string{one, other}, "smsBody": "Dear ${name}, your parcel is here", "variables": map[string]any{"name": "Capybara"},
		"waitForDelivery": true, "timeout": "1m",
	}
	var report sms.SendSmsWorkflowResult
	options := client.StartWorkflowOptions{ID: "send", TaskQueue: sms.TaskQueue, StaticSummary: d.secret("a summary", "Summary for Axolotl"), Memo: map[string]any{"note": d.secret("a memo", "Memo for Axolotl")}}
	if err := start(t, d.client, options, sms.SendSmsWorkflowName, input).Get(t.Context(), &report); err != nil || len(report.Deliveries) != 2 {
		t.Fatalf("got %+v and error %v, want 2 deliveries", report, err)
	}
	if sent := d.stack.Twilio.Messages(twiliosim.Filter{Limit: 1000}); !slices.ContainsFunc(sent, func(m twiliosim.Message) bool { return m.Body == body }) {
		t.Fatalf("no phone got %q", body)
	}
	broken := d.secret("a broken template", "Broken Pangolin ${")
	refused := d.secret("a refused number", "+15005550103")
	d.text(t, refused, "STOP", "")
	for id, in := range map[string]map[string]any{
		"send-template": {"smsFrom": stack.Number, "smsTo": one, "smsBody": broken},
		"send-unread":   {"smsFrom": stack.Number, "smsTo": []string{d.secret("no number", "call me at 0301234567"), refused}, "smsBody": d.secret("a second text", "Hello Dugong")},
		"send-field":    {"smsFrom": stack.Number, "smsTo": one, "smsBody": "Hello Dugong", d.secret("an unknown field", "gruesseAnTapir"): d.secret("its value", "Tapir is 42")},
	} {
		var result sms.SendSmsWorkflowResult
		if err := start(t, d.client, client.StartWorkflowOptions{ID: id, TaskQueue: sms.TaskQueue}, sms.SendSmsWorkflowName, in).Get(t.Context(), &result); err != nil || len(result.Errors) == 0 {
			t.Errorf("%s: got %+v and error %v, want some errors in the result", id, result, err)
		}
	}
	failing, err := d.client.ExecuteActivity(t.Context(), client.StartActivityOptions{ID: "failing", TaskQueue: sms.TaskQueue, ScheduleToCloseTimeout: time.Minute}, sms.SendSmsName,
		map[string]any{"smsFrom": stack.Number, "smsTo": one, "smsBody": broken, "onError": "fail"})
	if err != nil {
		t.Fatal(err)
	}
	if failing.Get(t.Context(), nil) == nil {
		t.Error("a send with onError=fail did not fail")
	}
	d.starter(t, 0, "send", "--from", stack.Number, "--to", one, "--body", d.secret("a third text", "Hello Manatee"), "--label", d.secret("a label", "label of Manatee"), "--key", d.secret("an idempotency key", "key-of-manatee"))
	d.starter(t, 0, "send", "--from", stack.Number, "--to", other, "--body", d.secret("a fourth text", "Hello Kinkajou"), "--standalone")
	for name, in := range map[string]any{
		sms.ListMessagesName: map[string]any{"to": one}, sms.LookUpSegmentsName: map[string]any{"body": d.secret("a measured text", "Hello Aardvark")},
		sms.GetMessageName: map[string]any{"sid": report.Messages[0].SID}, sms.RedactMessageName: map[string]any{"sid": report.Messages[1].SID},
	} {
		handle, err := d.client.ExecuteActivity(t.Context(), client.StartActivityOptions{ID: name, TaskQueue: sms.TaskQueue, ScheduleToCloseTimeout: time.Minute}, name, in)
		if err != nil {
			t.Fatal(err)
		}
		if err := handle.Get(t.Context(), nil); err != nil {
			t.Errorf("%s: got error %v", name, err)
		}
	}
}

func (d *drive) broadcasts(t *testing.T) {
	t.Helper()
	file := d.secret("a file", "list-of-wombat.csv")
	var list strings.Builder
	list.WriteString("to,name\n")
	for i := range 30 {
		fmt.Fprintf(&list, "+150055602%02d,%s\n", i, d.secret("a name", "Wombat Walter"))
	}
	d.secret("a number of a list", "+15005560217")
	list.WriteString(d.secret("a bad line", "Wolpertinger") + ",Bo\n")
	if err := os.WriteFile(filepath.Join(d.dir, file), []byte(list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	input := map[string]any{"smsFrom": stack.Number, "smsBody": d.secret("a broadcast", "Dear Wombats") + " ${name}", "file": file, "report": d.secret("a report", "report-of-wombat"), "pageSize": 10}
	run := start(t, d.client, client.StartWorkflowOptions{ID: "broadcast", TaskQueue: sms.TaskQueue}, sms.BroadcastSmsWorkflowName, input)
	var progress sms.BroadcastProgress
	if err := run.Get(t.Context(), &progress); err != nil || progress.Sent != 30 {
		t.Errorf("broadcast: got %+v and error %v, want 30 sent", progress, err)
	}
	input["file"], input["report"] = d.secret("a missing file", "missing-wallaby.csv"), "another"
	// The broadcast either waits for the file or has failed: an activity has
	// failed in both cases.
	start(t, d.client, client.StartWorkflowOptions{ID: "broadcast-missing", TaskQueue: sms.TaskQueue}, sms.BroadcastSmsWorkflowName, input)
	until(t, "the missing file is noticed", func() (bool, error) {
		return strings.Contains(d.stack.Worker.Output(), "broadcast-missing"), nil
	})
	d.sendsLongList(t)
	d.starter(t, 0, "broadcast", "--from", stack.Number, "--to", "+15005550101", "--body", d.secret("a small broadcast", "Hello Numbat"), "--dry-run")
}

// sendsLongList sends, with a key, to more recipients than an activity accepts,
// so that they become a broadcast.
func (d *drive) sendsLongList(t *testing.T) {
	t.Helper()
	const texted = 20
	var to []string
	for i := range sms.MaxRecipients + 1 {
		if i < texted {
			to = append(to, fmt.Sprintf("+150055700%02d", i))
		} else { // cheap, since no request is made for it
			to = append(to, fmt.Sprintf("Potoroo %d", i))
		}
	}
	d.secret("a number of a long list", "+15005570017")
	d.secret("an invalid number", "Potoroo 4242")
	run := start(t, d.client, client.StartWorkflowOptions{ID: "long", TaskQueue: sms.TaskQueue}, sms.SendSmsWorkflowName, map[string]any{
		"smsFrom": stack.Number, "smsTo": to, "smsBody": d.secret("a text for many", "Dear Bandicoots"), "idempotencyKey": d.secret("the key of a long list", "key-of-bandicoots"),
	})
	var result sms.SendSmsWorkflowResult
	if err := run.Get(t.Context(), &result); err != nil || result.Broadcast == nil || result.Broadcast.Sent != texted {
		t.Errorf("long list: got the broadcast %+v and error %v, want %d sent", result.Broadcast, err, texted)
	}
}

// text delivers a text, and checks the reply; want is empty for none.
func (d *drive) text(t *testing.T, from, body, want string) {
	t.Helper()
	result, err := d.stack.Twilio.Inbound(t.Context(), twiliosim.Inbound{From: from, To: stack.Number, Body: body})
	if err != nil || result.WebhookStatus != http.StatusOK {
		t.Fatalf("%q: got %+v and error %v, want status 200", body, result, err)
	}
	var all []string
	for _, reply := range result.Replies {
		all = append(all, reply.Body)
	}
	if got := strings.Join(all, "|"); got != want {
		t.Errorf("%q: got the replies %q, want %q", body, got, want)
	}
}

func (d *drive) receives(t *testing.T) {
	t.Helper()
	from := d.secret("a sender", "+15005550111")
	d.text(t, from, d.secret("an order", "Order Ocelot"), d.secret("an echo", "We send you Ocelot"))
	d.secret("a memo of a trigger", "Customer of Ocelot")
	d.text(t, from, d.secret("an order that two match", "Order Narwhal"), "We send you Narwhal|"+d.secret("an echo of two", "Your narwhal is noted"))
	d.text(t, from, d.secret("an update", "Balance of Okapi"), d.secret("an answer", "Frau Okapi has 7"))
	d.text(t, from, d.secret("a refused update", "Balance of Echidna"), d.secret("an echoError", "Nobody knows Echidna"))
	d.text(t, from, d.secret("a signal to nobody", "Close Serval"), d.secret("another echoError", "There is no account of Serval"))
	d.text(t, from, d.secret("a signal to all", "Wake Zorilla"), d.secret("its echo", "Zorilla is woken"))
	d.text(t, from, d.secret("a text that is forwarded", "Forward Tamandua"), d.secret("that it was", "Tamandua is forwarded"))
	d.text(t, from, d.secret("a text for nobody", "Hallo Fossa"), "")
}

func (d *drive) asks(t *testing.T) {
	t.Helper()
	phone := d.secret("who is asked", "+15005550121")
	question := d.secret("a question", "Shall we feed the Binturong?")
	ask := func(id, to string, more map[string]any) client.WorkflowRun {
		input := map[string]any{"smsFrom": stack.Number, "smsTo": to, "smsBody": question, "timeout": "2m"}
		maps.Copy(input, more)
		return start(t, d.client, client.StartWorkflowOptions{ID: id, TaskQueue: sms.TaskQueue}, sms.AskSmsWorkflowName, input)
	}
	sent := func(to string) {
		until(t, "the question is sent", func() (bool, error) {
			return slices.ContainsFunc(d.stack.Twilio.Messages(twiliosim.Filter{Limit: 1000}), func(m twiliosim.Message) bool { return m.To == to && m.Body == question }), nil
		})
	}
	run := ask("ask", phone, map[string]any{"pattern": d.secret("a pattern", "(?i)^(?<word>yes|no|binturong)\\b.*")})
	sent(phone)
	d.text(t, phone, d.secret("a reply", "Yes, the Binturong is hungry"), "")
	var result sms.AskSmsResult
	if err := run.Get(t.Context(), &result); err != nil || result.Outcome != sms.AskAnswered {
		t.Errorf("got %+v and error %v, want the question answered", result, err)
	}
	if ask("ask-wrong", d.secret("an invalid number to ask", "ask Quoll at 0307654321"), map[string]any{"pattern": d.secret("a bad pattern", "(quoll")}).Get(t.Context(), nil) == nil {
		t.Error("an invalid question was asked")
	}
	ask("ask-cancelled", d.secret("whose question is cancelled", "+15005550122"), nil)
	sent("+15005550122")
	d.starter(t, 0, "cancel", "ask-cancelled")
	d.text(t, phone, "STOP", "")
}

// waits makes sends wait for the end of quiet hours and of a pause, and checks
// their results.
func (d *drive) waits(t *testing.T) {
	t.Helper()
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	clock := func(in time.Duration) string { return time.Now().In(newYork).Add(in).Format("15:04") }
	start(t, d.client, client.StartWorkflowOptions{ID: "asleep", TaskQueue: sms.TaskQueue}, sms.SendSmsWorkflowName, map[string]any{
		"smsFrom": stack.Number, "smsTo": d.secret("who sleeps", "+12125550151"), "smsBody": d.secret("a text for the morning", "Good morning Pademelon"),
		"label": d.secret("its label", "breakfast of Pademelon"), "quietHours": map[string]any{"from": clock(-time.Hour), "to": clock(time.Hour)},
	})
	until(t, "the send waits for the morning", func() (bool, error) {
		history := d.client.GetWorkflowHistory(t.Context(), "asleep", "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for history.HasNext() {
			event, err := history.Next()
			if err != nil || event.GetEventType() == enumspb.EVENT_TYPE_TIMER_STARTED {
				return err == nil, err
			}
		}
		return false, nil
	})
	d.starter(t, 0, "pause-all", "--why", d.secret("why all sending is paused", "the Quagga has the wrong price"))
	until(t, "the worker is paused", func() (bool, error) {
		return strings.Contains(d.stack.Worker.Output(), "all sending is paused"), nil
	})
	paused := start(t, d.client, client.StartWorkflowOptions{ID: "paused", TaskQueue: sms.TaskQueue}, sms.SendSmsWorkflowName, map[string]any{
		"smsFrom": stack.Number, "smsTo": d.secret("who waits", "+15005550152"), "smsBody": d.secret("a text that waits", "Hello Thylacine"), "giveUpAfter": "1s",
	})
	d.text(t, d.secret("who is not answered", "+15005550153"), d.secret("a text without an answer", "Order Bilby"), "")
	var result sms.SendSmsWorkflowResult
	if err := paused.Get(t.Context(), &result); err != nil || len(result.Errors) != 1 || result.Errors[0].Code != sms.CodeSendingPaused {
		t.Errorf("paused: got %+v and error %v, want one SENDING_PAUSED", result, err)
	}
	d.starter(t, 0, "resume-all")
	d.starter(t, 0, "find", "+15005550101", "--since", "1h")
	d.starter(t, 0, "questions")
	d.starter(t, 1, "failed", "--since", "today") // status 1, because some sends have failed
}

// silences sends texts as a machine in a loop would, until it gets no more
// replies.
func (d *drive) silences(t *testing.T) {
	t.Helper()
	machine := d.secret("a machine", "+15005550131")
	for i := range 60 {
		result, err := d.stack.Twilio.Inbound(t.Context(), twiliosim.Inbound{From: machine, To: stack.Number, Body: d.secret("a machine's text", "Order Platypus")})
		if err != nil {
			t.Fatal(err)
		}
		if len(result.Replies) == 0 && i >= 40 {
			return
		}
	}
	t.Error("the machine still gets replies after 60 texts")
}

func (d *drive) catchesUp(t *testing.T) {
	t.Helper()
	d.stack.Worker.Stop(t)
	d.log.WriteString(d.stack.Worker.Output())
	missed, err := d.stack.Twilio.Inbound(t.Context(), twiliosim.Inbound{From: d.secret("who was missed", "+15005550141"), To: stack.Number, Body: d.secret("a missed text", "Order Markhor")})
	if err != nil || missed.WebhookStatus == http.StatusOK {
		t.Fatalf("with the webhook down: got %+v and error %v, want a status other than 200", missed, err)
	}
	d.stack.StartWorker(t)
	until(t, "the missed text has its workflow", func() (bool, error) {
		described, err := d.stack.Temporal.Client.DescribeWorkflow(t.Context(), sms.TextWorkflowID(missed.MessageSID), "")
		return err == nil && described.Status == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, nil
	})
	until(t, "two catch-ups have completed", func() (bool, error) {
		found, err := d.stack.Temporal.Client.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
			Query: "WorkflowType = 'CatchUpSmsWorkflow' AND ExecutionStatus = 'Completed'",
		})
		return err == nil && len(found.GetExecutions()) > 1, err
	})
}
