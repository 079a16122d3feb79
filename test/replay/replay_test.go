// Package replay runs today's workflows on histories that were recorded when
// each workflow was added or changed: a change that would break a running
// workflow fails here.
//
// A new workflow is recorded with
//
//	go test ./test/replay -record
//
// which keeps existing histories: they represent workflows that are still
// running.
package replay

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/internal/telemetry"
	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
	"temporal-twilio/workflows"
)

var recording = flag.Bool("record", false, "record the histories that are missing")

// scene is a history to record. It names either a workflow to start, with its
// input and its task queue, or the ID of a workflow that another scene started.
type scene struct {
	workflow string
	input    any
	queue    string
	id       string
	// act acts on the workflow while it runs. Optional.
	act func(*stage) error
	// faults lists the local Twilio's faults while the workflow runs. Optional.
	faults []twiliosim.Fault
	// short makes Temporal suggest a new run after few events. The first run is
	// recorded; another scene can record the last.
	short bool
}

// The phones of the questions, each with its own keeper, and the file of the
// broadcasts.
const (
	quiet    = "+15005550009"
	answers  = "+15005550011"
	several  = "+15005550014"
	refusing = "+15005550015"
	fileName = "list.csv"
	// silent is the ID of a workflow that no worker runs.
	silent = "silent"
	// secret is the ID_SECRET from which the IDs of the keepers are derived.
	secret = "of the recordings and of nobody else"
)

var scenes = map[string]scene{
	"send-sms": {workflow: sms.SendSmsWorkflowName, input: send(nil)},
	"send-sms-and-wait": {workflow: sms.SendSmsWorkflowName, input: send(map[string]any{
		"waitForDelivery": true, "timeout": "2s",
	})},
	"send-sms-cancelled":         {workflow: sms.SendSmsWorkflowName, input: send(map[string]any{"waitForDelivery": true}), act: cancel},
	"send-sms-cancelled-between": {workflow: sms.SendSmsWorkflowName, input: send(nil), faults: busy, act: cancelBetween},
	"send-sms-keyed":             {workflow: sms.SendSmsWorkflowName, input: send(map[string]any{"idempotencyKey": "order-42"})},
	"send-sms-refused":           {workflow: sms.SendSmsWorkflowName, input: send(map[string]any{"waitForDelivery": true, "timeout": "soon"})},
	"ask-sms": {workflow: sms.AskSmsWorkflowName, input: map[string]any{
		"smsFrom": stack.Number, "smsTo": quiet, "smsBody": "Coming?", "timeout": "2s",
		"reminders": []map[string]any{{"after": "1s", "smsBody": "Still coming?"}},
	}},
	// The current form, in which questions are checked before they are asked.
	"ask-sms-checked": {workflow: sms.AskSmsWorkflowName, input: map[string]any{
		"SmsFrom": stack.Number, "SmsTo": "+15005550013", "SmsBody": "Coming?", "Timeout": "PT2S",
		"reminders": map[string]any{"after": "1s", "smsBody": "Still coming?"},
	}},
	// Here the timeout is measured from when the question was sent.
	"ask-sms-sent": {workflow: sms.AskSmsWorkflowName, input: map[string]any{
		"smsFrom": stack.Number, "smsTo": "+15005550014", "smsBody": "Coming?", "timeout": "2s",
		"reminders": []map[string]any{{"after": "1s", "smsBody": "Still coming?"}},
	}},
	"ask-sms-answered": {workflow: sms.AskSmsWorkflowName, act: answer, input: map[string]any{
		"smsFrom": stack.Number, "smsTo": answers, "smsBody": "Coming?", "pattern": "(?<word>yes|no)",
	}},
	// The current form, in which a question that is cancelled has a result.
	"ask-sms-cancelled-reported": {workflow: sms.AskSmsWorkflowName, act: cancel, input: map[string]any{
		"smsFrom": stack.Number, "smsTo": "+15005550016", "smsBody": "Coming?",
	}},
	"ask-sms-cancelled": {workflow: sms.AskSmsWorkflowName, act: cancel, input: map[string]any{
		"smsFrom": stack.Number, "smsTo": "+15005550012", "smsBody": "Coming?",
	}},
	"broadcast-sms": {workflow: sms.BroadcastSmsWorkflowName, input: send(map[string]any{
		"smsTo": []string{"+15005550009", "+15005550010", "nobody", "+15005550009"}, "pageSize": 2,
	})},
	"broadcast-sms-file": {workflow: sms.BroadcastSmsWorkflowName, act: update, input: map[string]any{
		"smsFrom": stack.Number, "smsBody": "Hi ${name}", "file": fileName, "report": "updated", "pageSize": 2,
	}},
	"broadcast-sms-cancelled": {workflow: sms.BroadcastSmsWorkflowName, act: cancel, input: map[string]any{
		"smsFrom": stack.Number, "smsBody": "Hi ${name}", "file": fileName, "report": "cancelled", "pageSize": 20,
	}},
	"broadcast-sms-continued": {workflow: sms.BroadcastSmsWorkflowName, short: true, input: map[string]any{
		"smsFrom": stack.Number, "smsBody": "Hi ${name}", "file": fileName, "report": "continued", "pageSize": 2,
	}},
	"broadcast-sms-continued-last": {id: "broadcast-sms-continued", short: true},
	"broadcast-sms-dry-run":        {workflow: sms.BroadcastSmsWorkflowName, input: map[string]any{"smsFrom": stack.Number, "smsBody": "Hi ${name}", "file": fileName, "report": "dry", "dryRun": true}},
	"broadcast-sms-waits":          {workflow: sms.BroadcastSmsWorkflowName, act: recover(20003), input: map[string]any{"smsFrom": stack.Number, "smsBody": "Hi ${name}", "file": fileName, "report": "waits"}},
	"broadcast-sms-resumed":        {workflow: sms.BroadcastSmsWorkflowName, act: recover(20003), input: map[string]any{"smsFrom": stack.Number, "smsBody": "Hi ${name}", "file": fileName, "report": "resumed"}},
	"broadcast-sms-denied":         {workflow: sms.BroadcastSmsWorkflowName, act: recover(20404), input: map[string]any{"smsFrom": stack.Number, "smsBody": "Hi ${name}", "file": fileName, "report": "denied"}},
	"broadcast-sms-obeys":          {workflow: sms.BroadcastSmsWorkflowName, act: pauseFailing, faults: slow, input: map[string]any{"smsFrom": stack.Number, "smsBody": "Hi ${name}", "file": fileName, "report": "obeys"}},
	// Here a cap holds up only the recipients to whom it applies.
	"broadcast-sms-capped": {workflow: sms.BroadcastSmsWorkflowName, act: retryCapped, input: send(map[string]any{"smsTo": []string{"+447400123456", "+447400123457", "+15005550009"}, "pageSize": 2})},
	"broadcast-sms-asleep": {workflow: sms.BroadcastSmsWorkflowName, act: cancelAsleep, input: send(map[string]any{"smsTo": []string{"+12125550100", "nobody"}, "quietHours": asleep})},
	"broadcast-sms-keyed":  {workflow: sms.BroadcastSmsWorkflowName, input: map[string]any{"smsFrom": stack.Number, "smsBody": "Hi ${name}", "file": fileName, "report": "keyed", "idempotencyKey": "spring", "pageSize": 30}},
	"send-sms-asleep":      {workflow: sms.SendSmsWorkflowName, act: cancelAsleep, input: send(map[string]any{"smsTo": []string{"+12125550100", "nobody"}, "quietHours": asleep})},
	"catch-up-sms":         {workflow: sms.CatchUpSmsWorkflowName, input: sms.CatchUpSmsInput{}, queue: sms.CatchUpTaskQueue},
	"ask-sms-several": {workflow: sms.AskSmsWorkflowName, act: outlive(several), input: map[string]any{
		"smsFrom": stack.Number, "smsTo": several, "smsBody": "Coming?", "ifSeveral": "refuse",
	}},
	// The keeper of a question that remained open after another had ended.
	"sms-questions-ended": {id: sms.QuestionsID([]byte(secret), stack.Number, several)},
	// The keepers of the questions of ask-sms and ask-sms-answered.
	"sms-questions":          {id: sms.QuestionsID([]byte(secret), stack.Number, quiet)},
	"sms-questions-answered": {id: sms.QuestionsID([]byte(secret), stack.Number, answers)},
	"receive-sms": {workflow: sms.ReceiveSmsWorkflowName, input: sms.ReceiveSmsInput{
		Text: sms.Text{MessageSID: "SM1", From: quiet, To: stack.Number, Body: "hi"}, Attributes: true,
		Firings: []sms.Firing{
			calling(sms.Call{Action: sms.ActionStart}),
			calling(sms.Call{Action: sms.ActionStart, WorkflowID: "own", IDConflict: sms.ConflictFail, IDReuse: sms.ReuseRejectDuplicate}),
			calling(sms.Call{Action: sms.ActionStart, WorkflowID: "send-sms", IDConflict: sms.ConflictUseExisting, IDReuse: sms.ReuseRejectDuplicate}),
			calling(sms.Call{Action: sms.ActionSignal, WorkflowID: "none", Name: "s"}),
			calling(sms.Call{Action: sms.ActionSignalWithStart, WorkflowID: "chat", IDReuse: sms.ReuseAllowDuplicate, Name: "s"}),
			calling(sms.Call{Action: sms.ActionSignalAll, Name: "s", Catchers: sms.CatchersQuery(sms.SignalCatch("s"))}),
			calling(sms.Call{Action: sms.ActionUpdate, WorkflowID: "none", Name: "u"}),
			{Trigger: "broken", Problem: "its pattern takes too long", EchoError: "no"},
		},
	}},
	"receive-sms-unasked": {workflow: sms.ReceiveSmsWorkflowName, input: sms.ReceiveSmsInput{
		Text: sms.Text{MessageSID: "SM2", From: quiet, To: stack.Number, Body: "hi"}, Late: true, Keepers: []string{"none"},
		Firings: []sms.Firing{calling(sms.Call{Action: sms.ActionSignal, WorkflowID: "none", Name: "s"})},
	}},
	// Here an ordinary activity asks the keepers.
	"receive-sms-offered": {workflow: sms.ReceiveSmsWorkflowName, input: sms.ReceiveSmsInput{
		Text: sms.Text{MessageSID: "SM3", From: quiet, To: stack.Number, Body: "hi"}, Keepers: []string{"none", "nobody"},
		Firings: []sms.Firing{calling(sms.Call{Action: sms.ActionSignal, WorkflowID: "none", Name: "s"})},
	}},
	// The workflow closes before its signal arrives.
	"receive-sms-hasty": {workflow: sms.ReceiveSmsWorkflowName, input: hasty("SM4")},
	// The workflow does not answer an update before it is terminated.
	"receive-sms-updating": {workflow: sms.ReceiveSmsWorkflowName, act: terminateSilent, input: updating("SM6")},
	"send-sms-redacted": {workflow: sms.SendSmsWorkflowName, input: send(map[string]any{
		"waitForDelivery": true, "timeout": "10s", "redact": true,
	})},
	"pause-sms":            {workflow: sms.PauseSmsWorkflowName, act: cancelBegun},
	"sms-caps":             {workflow: sms.CapsSmsWorkflowName, input: sms.CapsSmsInput{}, act: takeCaps, short: true},
	"send-sms-strict":      {workflow: sms.SendSmsWorkflowName, input: send(map[string]any{"waitForDelivery": true, "timeout": "soon"})},
	"send-sms-long-asleep": {workflow: sms.SendSmsWorkflowName, input: send(map[string]any{"smsTo": longList, "quietHours": asleep})},
	"send-sms-unheard":     {workflow: sms.SendSmsWorkflowName, input: send(map[string]any{"waitForDelivery": true, "timeout": "1s"}), faults: unheard},
	"send-sms-unknown":     {workflow: sms.SendSmsWorkflowName, input: send(map[string]any{"smsBody": "It’s on", "waitForDelivery": true, "timeout": "1m"}), faults: unknown},
	// In the following scenes, the workflow ran as it did before a change:
	// GetVersion returned DefaultVersion for it.
	"send-sms-cancelled-between-before": {workflow: sms.SendSmsWorkflowName, input: send(nil), faults: busy, act: cancelBetween},
	"send-sms-long-asleep-before":       {workflow: sms.SendSmsWorkflowName, input: send(map[string]any{"smsTo": longList, "quietHours": asleep})},
	"send-sms-unheard-before":           {workflow: sms.SendSmsWorkflowName, input: send(map[string]any{"waitForDelivery": true, "timeout": "1s"}), faults: unheard},
	"send-sms-unknown-before":           {workflow: sms.SendSmsWorkflowName, input: send(map[string]any{"smsBody": "It’s on", "waitForDelivery": true, "timeout": "1m"}), faults: unknown},
	"receive-sms-hasty-before":          {workflow: sms.ReceiveSmsWorkflowName, input: hasty("SM5")},
	"receive-sms-updating-before":       {workflow: sms.ReceiveSmsWorkflowName, input: updating("SM7")},
	"ask-sms-several-before": {workflow: sms.AskSmsWorkflowName, act: outlive(refusing), input: map[string]any{
		"smsFrom": stack.Number, "smsTo": refusing, "smsBody": "Coming?", "ifSeveral": "refuse", "timeout": "4s",
	}},
	"sms-questions-ended-before": {id: sms.QuestionsID([]byte(secret), stack.Number, refusing)},
	"broadcast-sms-keyed-before": {workflow: sms.BroadcastSmsWorkflowName, input: map[string]any{"smsFrom": stack.Number, "smsBody": "Hi ${name}", "file": fileName, "report": "keyed-before", "idempotencyKey": "autumn", "pageSize": 30}},
	// When this scene was recorded, the wait after a failure still ended an
	// earlier pause.
	"broadcast-sms-obeys-before": {workflow: sms.BroadcastSmsWorkflowName, act: pauseFailing, faults: slow, input: map[string]any{"smsFrom": stack.Number, "smsBody": "Hi ${name}", "file": fileName, "report": "obeys-before"}},

	"send-sms-with-errors": {workflow: sms.SendSmsWorkflowName, input: send(map[string]any{"smsTo": []string{"nobody"}})},
}

// calling returns a firing whose trigger is named after its action.
func calling(call sms.Call) sms.Firing {
	f := sms.Firing{Trigger: call.Action + "-" + call.WorkflowID, Call: call, Echo: sms.Echo{{Text: "done"}}, EchoError: "failed"}
	f.Trigger = strings.ToLower(strings.Trim(f.Trigger, "-"))
	if call.Action == sms.ActionStart || call.Action == sms.ActionSignalWithStart {
		f.Call.Workflow, f.Call.TaskQueue = sms.SendSmsWorkflowName, sms.TaskQueue
		f.Call.Input = []byte(`{}`) // the send completes, and reports what its input lacks
	}
	return f
}

// hasty returns a text that starts a workflow that fails immediately.
func hasty(messageSID string) sms.ReceiveSmsInput {
	f := calling(sms.Call{Action: sms.ActionSignalWithStart, WorkflowID: "hasty-" + messageSID, IDReuse: sms.ReuseAllowDuplicate, Name: "s"})
	f.Call.Workflow = sms.AskSmsWorkflowName
	return sms.ReceiveSmsInput{Text: sms.Text{MessageSID: messageSID, From: quiet, To: stack.Number, Body: "hi"}, Firings: []sms.Firing{f}}
}

// updating returns a text that updates a workflow that does not answer.
func updating(messageSID string) sms.ReceiveSmsInput {
	f := calling(sms.Call{Action: sms.ActionUpdate, WorkflowID: silent, Name: "u"})
	return sms.ReceiveSmsInput{Text: sms.Text{MessageSID: messageSID, From: quiet, To: stack.Number, Body: "hi"}, Firings: []sms.Firing{f}}
}

// asleep holds quiet hours that cover all but one minute of the day.
var asleep = map[string]any{"from": "04:01", "to": "04:00"}

// longList has more recipients than the result of a send can report.
var longList = strings.Repeat("x,", sms.MaxRecipients) + "x"

var (
	// unheard drops the status updates of a message.
	unheard = []twiliosim.Fault{{Kind: twiliosim.FaultWebhookLost}}
	// slow makes a page take a while to send.
	slow = []twiliosim.Fault{{Kind: twiliosim.FaultDelay, Operation: "create", Delay: twiliosim.Duration(3 * time.Second), Next: 1}}
	// busy makes a send wait between its attempts.
	busy = []twiliosim.Fault{{Kind: twiliosim.Fault429, Operation: "create"}}
	// unknown leaves a message in Twilio's listing that may belong to another
	// send.
	unknown = []twiliosim.Fault{{Kind: twiliosim.FaultRewritten, Next: 1}, {Kind: twiliosim.FaultResponseLost, Operation: "create", Next: 1}}
)

// stage is the stack in which a scene's workflow runs.
type stage struct {
	context.Context
	*stack.Stack
	run client.WorkflowRun
	// before is how many texts had been sent when the scene began.
	before int
}

func (s *stage) texts() int {
	return len(s.Twilio.Messages(twiliosim.Filter{Limit: 10000, Direction: "outbound"}))
}

// texted waits until the scene has texted a recipient.
func (s *stage) texted() error {
	for tick := time.Tick(10 * time.Millisecond); s.texts() == s.before; {
		select {
		case <-s.Done():
			return s.Err()
		case <-tick:
		}
	}
	return nil
}

// cancel cancels the workflow once it has texted a recipient.
func cancel(s *stage) error {
	if err := s.texted(); err != nil {
		return err
	}
	return s.Temporal.Client.CancelWorkflow(s, s.run.GetID(), s.run.GetRunID())
}

// cancelBegun cancels the workflow immediately.
func cancelBegun(s *stage) error {
	return s.Temporal.Client.CancelWorkflow(s, s.run.GetID(), s.run.GetRunID())
}

// cancelBetween cancels the workflow while its activity waits for another
// attempt.
func cancelBetween(s *stage) error {
	for tick := time.Tick(10 * time.Millisecond); ; {
		found, err := s.Temporal.Client.DescribeWorkflow(s, s.run.GetID(), s.run.GetRunID())
		if err != nil {
			return err
		}
		for _, a := range found.RawResponse.GetPendingActivities() {
			if a.GetAttempt() > 1 && a.GetState() == enumspb.PENDING_ACTIVITY_STATE_SCHEDULED {
				return s.Temporal.Client.CancelWorkflow(s, s.run.GetID(), s.run.GetRunID())
			}
		}
		select {
		case <-s.Done():
			return s.Err()
		case <-tick:
		}
	}
}

// terminateSilent terminates the workflow that does not answer.
func terminateSilent(s *stage) error {
	err := s.has(1, func(event *historypb.HistoryEvent) bool {
		return event.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() == sms.AskWorkflowName
	})
	if err != nil {
		return err
	}
	return s.Temporal.Client.TerminateWorkflow(s, silent, "", "")
}

// takeCaps reserves messages until a new run begins, and cancels that run.
func takeCaps(s *stage) error {
	takes := sms.TakeCapsInput{Takes: []sms.CapTake{{Key: "a", Count: 2, Most: 9, Seconds: 60}, {Key: "a", Count: -1, Most: 9, Seconds: 60}, {Key: "b", Count: 1, Most: 9, Seconds: 3600}}}
	for range 12 {
		handle, err := s.Temporal.Client.UpdateWorkflow(s, client.UpdateWorkflowOptions{
			WorkflowID: s.run.GetID(), UpdateName: sms.TakeCapsUpdate, Args: []any{takes}, WaitForStage: client.WorkflowUpdateStageCompleted,
		})
		if err == nil {
			err = handle.Get(s, nil)
		}
		if err != nil {
			return err
		}
	}
	return s.Temporal.Client.CancelWorkflow(s, s.run.GetID(), "")
}

// waits waits until the scene's workflow has started the given number of
// timers.
func (s *stage) waits(timers int) error {
	return s.has(timers, func(event *historypb.HistoryEvent) bool {
		return event.GetEventType() == enumspb.EVENT_TYPE_TIMER_STARTED
	})
}

// has waits until the history of the scene's workflow has the given number of
// matching events.
func (s *stage) has(count int, is func(*historypb.HistoryEvent) bool) error {
	for tick := time.Tick(50 * time.Millisecond); ; {
		events := s.Temporal.Client.GetWorkflowHistory(s, s.run.GetID(), s.run.GetRunID(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		begun := 0
		for events.HasNext() {
			event, err := events.Next()
			if err != nil {
				return err
			}
			if is(event) {
				begun++
			}
		}
		if begun >= count {
			return nil
		}
		select {
		case <-s.Done():
			return s.Err()
		case <-tick:
		}
	}
}

// cancelAsleep cancels the workflow while it waits for the end of quiet hours.
func cancelAsleep(s *stage) error {
	if err := s.waits(1); err != nil {
		return err
	}
	return s.Temporal.Client.CancelWorkflow(s, s.run.GetID(), s.run.GetRunID())
}

// retryCapped resumes a broadcast that waits for a cap, and then cancels it.
func retryCapped(s *stage) error {
	for waits, name := range []string{sms.ResumeUpdate, sms.CancelUpdate} {
		if err := s.waits(waits + 1); err != nil {
			return err
		}
		if err := s.update(name); err != nil {
			return err
		}
	}
	return nil
}

// recover makes Twilio refuse the account until the broadcast pauses itself,
// and then resumes the broadcast.
func recover(twilioCode int) func(*stage) error {
	return func(s *stage) error {
		refused, err := s.Twilio.AddOutcome(twiliosim.Outcome{Status: "rejected", ErrorCode: twilioCode})
		if err == nil {
			err = s.waits(2) // the first timer may be the shorter wait after some progress
		}
		if err != nil {
			return err
		}
		s.Twilio.RemoveOutcome(refused.ID)
		return s.update(sms.ResumeUpdate)
	}
}

// pauseFailing pauses a broadcast while it sends a page that Twilio refuses,
// and resumes it.
func pauseFailing(s *stage) error {
	refused, err := s.Twilio.AddOutcome(twiliosim.Outcome{Status: "rejected", ErrorCode: 20003})
	if err != nil {
		return err
	}
	page := int64(-1)
	err = s.has(1, func(event *historypb.HistoryEvent) bool {
		if event.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() != sms.SendSmsName {
			return false
		}
		page = event.GetEventId()
		return true
	})
	if err == nil {
		err = s.update(sms.PauseUpdate)
	}
	if err == nil {
		err = s.has(1, func(event *historypb.HistoryEvent) bool {
			return event.GetActivityTaskCompletedEventAttributes().GetScheduledEventId() == page
		})
	}
	if err != nil {
		return err
	}
	s.Twilio.RemoveOutcome(refused.ID)
	return s.update(sms.ResumeUpdate)
}

// update sends the workflow an update, and waits for the outcome.
func (s *stage) update(name string) error {
	handle, err := s.Temporal.Client.UpdateWorkflow(s, client.UpdateWorkflowOptions{
		WorkflowID: s.run.GetID(), UpdateName: name, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(s, nil)
	}
	return err
}

// answer replies to the question once it has been sent.
func answer(s *stage) error {
	if err := s.texted(); err != nil {
		return err
	}
	_, err := s.Twilio.Inbound(s, twiliosim.Inbound{From: answers, To: stack.Number, Body: "yes"})
	return err
}

// outlive returns an act that asks a phone another question, terminates that
// question's workflow, and then replies to the first question.
func outlive(phone string) func(*stage) error {
	return func(s *stage) error {
		if err := s.texted(); err != nil {
			return err
		}
		s.before = s.texts()
		options := client.StartWorkflowOptions{ID: s.run.GetID() + "-other", TaskQueue: sms.TaskQueue}
		other, err := s.Temporal.Client.ExecuteWorkflow(s, options, sms.AskSmsWorkflowName, map[string]any{
			"smsFrom": stack.Number, "smsTo": phone, "smsBody": "Really?", "ifSeveral": "refuse",
		})
		if err == nil {
			err = s.texted()
		}
		if err == nil {
			err = s.Temporal.Client.TerminateWorkflow(s, other.GetID(), other.GetRunID(), "")
		}
		if err == nil {
			_, err = s.Twilio.Inbound(s, twiliosim.Inbound{From: phone, To: stack.Number, Body: "yes"})
		}
		return err
	}
}

// update pauses, resumes and stops a broadcast.
func update(s *stage) error {
	if err := s.texted(); err != nil {
		return err
	}
	for _, name := range []string{sms.PauseUpdate, sms.ResumeUpdate, sms.CancelUpdate} {
		if err := s.update(name); err != nil {
			return err
		}
	}
	return nil
}

func send(more map[string]any) map[string]any {
	input := map[string]any{"smsFrom": stack.Number, "smsTo": []string{"+15005550009"}, "smsBody": "Hi"}
	maps.Copy(input, more)
	return input
}

// identity matches the identity of a worker or client, which is replaced in a
// history.
var identity = regexp.MustCompile(`"identity": *"[^"]*"`)

func file(scene string) string { return filepath.Join("testdata", scene+".json") }

func TestWorkflowsReplayRecordedHistories(t *testing.T) {
	if *recording {
		record(t)
	}
	// Workflows behave the same with and without traces, and replaying them
	// creates no spans.
	collector := stack.NewCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	traces, err := telemetry.OpenTraces(t.Context(), os.Getenv, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		traces.Close()
		if spans := collector.Spans(); len(spans) > 0 {
			t.Errorf("the replays created %d spans, want none; the first is %s", len(spans), spans[0].GetName())
		}
	}()
	replayWith(t, nil)
	replayWith(t, traces.WorkerInterceptors())
}

// replayWith replays all histories with the given interceptors.
func replayWith(t *testing.T, interceptors []interceptor.WorkerInterceptor) {
	t.Helper()
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{Interceptors: interceptors})
	if err != nil {
		t.Fatal(err)
	}
	workflows.Register(replayer)
	replayer.RegisterWorkflowWithOptions(workflows.CatchUpSmsWorkflow, workflow.RegisterOptions{Name: sms.CatchUpSmsWorkflowName})
	logger := sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))
	histories, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, history := range histories {
		name := strings.TrimSuffix(filepath.Base(history), ".json")
		if interceptors != nil {
			name += " traced"
		}
		t.Run(name, func(t *testing.T) {
			if err := replayer.ReplayWorkflowHistoryFromJSONFile(logger, history); err != nil {
				t.Error(err)
			}
		})
	}
	for scene := range scenes {
		if _, err := os.Stat(file(scene)); err != nil {
			t.Errorf("%s was never recorded; run go test ./test/replay -record", scene)
		}
	}
}

// record runs each scene that has no history yet.
func record(t *testing.T) {
	whole, short := open(t), open(t, "limit.historyCount.suggestContinueAsNew=40")
	for _, name := range slices.Sorted(maps.Keys(scenes)) { // so that ask-sms comes before sms-questions
		if _, err := os.Stat(file(name)); err == nil {
			continue
		}
		s := whole
		if scenes[name].short {
			s = short
		}
		run(t, s, name, scenes[name])
	}
}

// open starts a stack whose Twilio takes 50 ms to create a message, so that a
// scene can act while its workflow sends.
func open(t *testing.T, settings ...string) *stack.Stack {
	t.Helper()
	dir := t.TempDir()
	list := "to,name\nno line\n"
	for i := range 60 {
		list += fmt.Sprintf("+1500555%04d,Ann\n", 100+i)
	}
	if err := os.WriteFile(filepath.Join(dir, fileName), []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	s := stack.Start(t, stack.Options{
		TemporalSettings: settings,
		Environment:      []string{"CATCH_UP=1h", "BROADCAST_DIR=" + dir, "SEND_CONCURRENCY=2", "SEND_CAPS=+44=1/d", "ID_SECRET=" + secret},
	})
	delay := twiliosim.Fault{Kind: twiliosim.FaultDelay, Operation: "create", Delay: twiliosim.Duration(50 * time.Millisecond)}
	if _, err := s.Twilio.AddFault(delay); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Temporal.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: silent, TaskQueue: "unserved"}, sms.SendSmsWorkflowName); err != nil {
		t.Fatal(err)
	}
	return s
}

// run runs a scene and writes its history.
func run(t *testing.T, s *stack.Stack, name string, of scene) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	id, runID := of.id, ""
	if id == "" {
		started, err := play(ctx, s, name, of)
		if err != nil {
			t.Fatalf("run %s: got error %v", name, err)
		}
		id, runID = name, started.GetRunID()
	}
	history := &historypb.History{}
	events := s.Temporal.Client.GetWorkflowHistory(ctx, id, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			t.Fatalf("read the history of %s: got error %v", name, err)
		}
		history.Events = append(history.Events, event)
	}
	data, err := temporalproto.CustomJSONMarshalOptions{Indent: " "}.Marshal(history)
	if err == nil {
		data = identity.ReplaceAll(data, []byte(`"identity": "recorded"`))
		err = os.WriteFile(file(name), append(data, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// play starts a scene's workflow and waits for its end.
func play(ctx context.Context, s *stack.Stack, name string, of scene) (client.WorkflowRun, error) {
	on := &stage{Context: ctx, Stack: s}
	on.before = on.texts()
	for _, fault := range of.faults {
		added, err := s.Twilio.AddFault(fault)
		if err != nil {
			return nil, err
		}
		defer s.Twilio.RemoveFault(added.ID)
	}
	options := client.StartWorkflowOptions{ID: name, TaskQueue: cmp.Or(of.queue, sms.TaskQueue)}
	started, err := s.Temporal.Client.ExecuteWorkflow(ctx, options, of.workflow, of.input)
	if err != nil {
		return nil, err
	}
	on.run = started
	first := s.Temporal.Client.GetWorkflow(ctx, name, started.GetRunID()) // of the first run; Get below moves on to the last
	if of.act != nil {
		if err := of.act(on); err != nil {
			return nil, err
		}
	}
	if err := started.Get(ctx, nil); err != nil && !temporal.IsCanceledError(err) {
		return nil, err
	}
	return first, nil
}
