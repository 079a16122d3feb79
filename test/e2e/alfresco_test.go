package e2e

// Alfresco's trigger files, unchanged: for each file, a text must start or
// signal the expected workflow.

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
	"temporal-twilio/workflows"
)

const (
	samples  = "testdata/alfresco"
	idSecret = "0123456789abcdef0123456789abcdef"
)

// sampleCase is a text that matches one of the samples, with the expected
// outcome.
type sampleCase struct {
	body, reply string
	// starts is the type of the workflow. id is its ID, in which SID stands for
	// the message's SID; the default is the ID of the text's own workflow. input
	// is its input as JSON; "event" stands for the text's event.
	starts, id, input string
	// caught maps each catcher that gets the signal to the signal's input.
	caught map[string]string
}

var sampleCases = map[string]sampleCase{
	"order-status":       {body: "Order Number 42", reply: "Your reference number is 42", starts: "Process_order", input: `{"orderNumber":"42","customer":"PHONE"}`},
	"start-plain":        {body: "hello connector", reply: "Hello!", starts: "Process_hello", input: "event"},
	"business-key":       {body: "ticket 7", reply: "Ticket 7 is open.", starts: "Process_ticket", id: "ticket-7-SID", input: `{"number":"7"}`},
	"business-key-from":  {body: "register me", reply: "Registered.", starts: "Process_register", id: sms.Pseudonym([]byte(idSecret), phoneOf("business-key-from")) + "-SID", input: "event"},
	"unnamed-groups":     {body: "Ann pays 30", reply: "Thank you, Ann.", starts: "Process_pay", input: `{"who":"Ann","amount":"30"}`},
	"typed-values":       {body: "typed x", reply: "ok x", starts: "Process_typed", input: `{"groups":{"1":"x","word":"x"},"nested":{"list":["PHONE","to +15005550006!"],"n":5,"yes":true,"none":null},"${from}":"keys stay"}`},
	"special-characters": {body: `Note $1 \d ${from} & <b>`, reply: `Noted: $1 \d ${from} & <b>`, starts: "Process_note", input: `{"note":"$1 \\d ${from} & <b>","quoted":"<$1 \\d ${from} & <b>>"}`},
	"group-took-no-part": {body: "Meet", reply: "Meeting at []", starts: "Process_meet", input: `{"hour":null,"text":"at []"}`},
	"signal":             {body: "paid", reply: "Paid.", caught: map[string]string{"catcher-1": "event", "catcher-2": "event"}},
	"signal-variables":   {body: "shipped ab1", reply: "Parcel ab1 is on its way.", caught: map[string]string{"catcher-1": `{"parcel":"ab1"}`}},
	"signal-as-start":    {body: "closed", reply: "Closed.", caught: map[string]string{"catcher-2": "event"}},
	"receive-message":    {body: "answer k1 forty two", reply: "Got it.", caught: map[string]string{"catcher-1": `{"text":"forty two"}`}},
	"message-by-number":  {body: "my pin is 1234", reply: "", caught: map[string]string{"catcher-2": `{"pin":"1234"}`}},
	"start-message":      {body: "book table", reply: "Booked: table", starts: "bookingMessage", input: `{"what":"table"}`},
	"start-message-key":  {body: "rebook 9", reply: "Rebooked.", starts: "bookingMessage", id: "booking-9-SID", input: `{"id":"9"}`},
	"send-sms": {
		body: "tell +15005550010 hi ${x}", reply: "Told.", starts: "SendSmsWorkflow",
		input: `{"smsFrom":"+15005550006","smsTo":"+15005550010","smsBody":"${from} says: ${matchGroups.text}","variables":{"from":"PHONE","to":"+15005550006","originalMessage":"tell +15005550010 hi ${x}","matchGroups":{"1":"+15005550010","2":"hi ${x}","who":"+15005550010","text":"hi ${x}"}}}`,
	},
	"condition-met":       {body: "spend 101", reply: "A manager will look at 101.", starts: "Process_approve", input: `{"amount":"101"}`},
	"condition-otherwise": {body: "spend 99", reply: "Fine.", starts: "Process_spend", input: `{"amount":"99"}`},
	"java-regex":          {body: "my Code ab123 please", reply: "Code ab123.", starts: "Process_code", input: `{"code":"ab123"}`},
	"opt-out":             {body: "STOP", reply: "", starts: "Process_unsubscribe", input: `{"number":"PHONE","kind":"SMS_OPT_OUT"}`},
	"unicode":             {body: "дом 5", reply: "Дом № 5 & <b>", starts: "Process_dom", input: `{"nomer":"5"}`},
}

// phoneOf assigns a different phone to each sample: a single phone would soon
// be taken for a machine, and would get nothing after STOP. In the expected
// outcomes, PHONE stands for it.
func phoneOf(sample string) string {
	return fmt.Sprintf("+1500555%04d", 1000+crc32.ChecksumIEEE([]byte(sample))%9000)
}

// catching maps each catcher to what it declares.
var catching = map[string]func(workflow.Context) error{
	"catcher-1": func(ctx workflow.Context) error {
		return firstError(workflows.CatchSignal(ctx, "orderPaid"), workflows.CatchSignal(ctx, "orderShipped"), workflows.CatchMessage(ctx, []byte(idSecret), "answer", "k1"))
	},
	"catcher-2": func(ctx workflow.Context) error {
		return firstError(workflows.CatchSignal(ctx, "orderPaid"), workflows.CatchSignal(ctx, "shopClosed"),
			workflows.CatchMessage(ctx, []byte(idSecret), "answer", "k2"), workflows.CatchMessage(ctx, []byte(idSecret), "pin", phoneOf("message-by-number")))
	},
}

func firstError(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

// catcher is a workflow that declares what it catches, and passes each signal
// to the test.
func catcher(caught chan<- [3]string) func(workflow.Context) error {
	return func(ctx workflow.Context) error {
		id := workflow.GetInfo(ctx).WorkflowExecution.ID
		for _, name := range []string{"orderPaid", "orderShipped", "shopClosed", "answer", "pin"} {
			inbox := workflows.NewInbox[json.RawMessage](ctx, name, workflows.InboxState{})
			workflow.Go(ctx, func(ctx workflow.Context) {
				for {
					caught <- [3]string{id, name, string(inbox.Receive(ctx))}
				}
			})
		}
		if err := catching[id](ctx); err != nil {
			return err
		}
		return workflow.Sleep(ctx, time.Hour)
	}
}

func TestAlfrescosTriggerFilesRunUnchanged(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir(samples)
	if err != nil || len(files) < 20 {
		t.Fatalf("got %d samples, error %v, want at least 20", len(files), err)
	}
	s := stack.Start(t, stack.Options{TriggersPath: samples, Environment: []string{"ID_SECRET=" + idSecret, "TRIGGERS_TASK_QUEUE=processes"}})
	caught := startCatchers(t, s)
	for _, file := range files {
		name := strings.TrimSuffix(file.Name(), ".json")
		tc, ok := sampleCases[name]
		if !ok {
			t.Errorf("sampleCases lacks the sample %s", name)
			continue
		}
		if !strings.Contains(s.Worker.Output(), "trigger="+name) {
			t.Errorf("the worker does not report how it read %s", name)
		}
		result, err := s.Twilio.Inbound(t.Context(), twiliosim.Inbound{From: phoneOf(name), To: stack.Number, Body: tc.body})
		if err != nil {
			t.Fatal(err)
		}
		if replies(result) != tc.reply {
			t.Errorf("%s: got status %d, replies %q, want %q\n%s", name, result.WebhookStatus, replies(result), tc.reply, result.TwiML)
		}
		if tc.starts != "" {
			checkStarted(t, s, name, result.MessageSID, tc)
		}
		checkCaught(t, name, result.MessageSID, tc, caught)
	}
	stack.Eventually(t, "the text that a sample sends is created", func(context.Context) error {
		for _, m := range messages(t, s) {
			if m.To == "+15005550010" && m.Body == phoneOf("send-sms")+" says: hi ${x}" {
				return nil
			}
		}
		return fmt.Errorf("not yet")
	})
	// No other signal was caught.
	select {
	case extra := <-caught:
		t.Errorf("caught the unexpected signal %v", extra)
	default:
	}
}

func startCatchers(t *testing.T, s *stack.Stack) <-chan [3]string {
	t.Helper()
	caught := make(chan [3]string, 100)
	w := worker.New(s.Temporal.Client, "catch", worker.Options{DisableRegistrationAliasing: true})
	w.RegisterWorkflowWithOptions(catcher(caught), workflow.RegisterOptions{Name: "Catcher"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	for id := range catching {
		if _, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: "catch"}, "Catcher"); err != nil {
			t.Fatal(err)
		}
	}
	for _, query := range []string{sms.CatchersQuery(sms.SignalCatch("orderPaid")), sms.CatchersQuery(sms.MessageCatch([]byte(idSecret), "answer", "k2"))} {
		stack.Eventually(t, "the catchers are listed", func(ctx context.Context) error {
			found, err := s.Temporal.Client.ListWorkflow(ctx, listRequest(query))
			if err == nil && len(found.Executions) == 0 {
				err = fmt.Errorf("no workflow is listed")
			}
			return err
		})
	}
	stack.Eventually(t, "the last declaration is listed", func(ctx context.Context) error {
		found, err := s.Temporal.Client.ListWorkflow(ctx, listRequest(sms.CatchersQuery(sms.MessageCatch([]byte(idSecret), "pin", phoneOf("message-by-number")))))
		if err == nil && len(found.Executions) != 1 {
			err = fmt.Errorf("%d workflows are listed, want 1", len(found.Executions))
		}
		return err
	})
	return caught
}

func checkStarted(t *testing.T, s *stack.Stack, name, messageSID string, tc sampleCase) {
	t.Helper()
	id := strings.Replace(tc.id, "SID", messageSID, 1)
	if id == "" {
		id = sms.TextWorkflowID(messageSID)
	}
	history := s.Temporal.Client.GetWorkflowHistory(t.Context(), id, "", false, 0)
	if !history.HasNext() {
		t.Errorf("%s: workflow %s was not started", name, id)
		return
	}
	event, err := history.Next()
	if err != nil {
		t.Errorf("%s: read the history: got error %v", name, err)
		return
	}
	started := event.GetWorkflowExecutionStartedEventAttributes()
	if started.GetWorkflowType().GetName() != tc.starts {
		t.Errorf("%s: started %s, want %s", name, started.GetWorkflowType().GetName(), tc.starts)
	}
	var input json.RawMessage
	if err := converter.GetDefaultDataConverter().FromPayloads(&commonpb.Payloads{Payloads: started.GetInput().GetPayloads()}, &input); err != nil {
		t.Errorf("%s: decode the workflow's input: got error %v", name, err)
	}
	sameJSON(t, name, messageSID, string(input), tc.input)
}

// sameJSON compares an input with the expected one, ignoring the message's SID
// and the trigger's name. If want is "event", it checks only the message's SID,
// the trigger's name and the text.
func sameJSON(t *testing.T, name, messageSID, got, want string) {
	t.Helper()
	var g, w map[string]any
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Errorf("%s: the input %s is not a JSON object: %v", name, got, err)
		return
	}
	if want == "event" {
		if g["messageSid"] != messageSID || g["trigger"] != name || g["originalMessage"] != sampleCases[name].body {
			t.Errorf("%s: got the input %s, want the text's event", name, got)
		}
		return
	}
	want = strings.ReplaceAll(want, "PHONE", phoneOf(name))
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	delete(g, "messageSid")
	delete(g, "trigger")
	if !reflect.DeepEqual(g, w) {
		t.Errorf("%s: got the input %s\n want %s", name, got, want)
	}
}

func checkCaught(t *testing.T, name, messageSID string, tc sampleCase, caught <-chan [3]string) {
	t.Helper()
	for range tc.caught {
		select {
		case got := <-caught:
			want, ok := tc.caught[got[0]]
			if !ok {
				t.Errorf("%s: %s caught the unexpected signal %s", name, got[0], got[2])
				continue
			}
			sameJSON(t, name, messageSID, got[2], want)
		case <-time.After(stack.Patience):
			t.Errorf("%s: no catcher got the signal", name)
		}
	}
}
