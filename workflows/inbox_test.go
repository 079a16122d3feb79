package workflows

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

type text struct {
	MessageSID string `json:"messageSid"`
	Trigger    string `json:"trigger"`
	Body       string `json:"body"`
}

type collected struct {
	Inbox  InboxState
	Bodies []string
}

// collect receives as many messages as one run allows and then continues as
// new.
func collect(ctx workflow.Context, in collected, perRun, all int) ([]string, error) {
	inbox := NewInbox[text](ctx, "text", in.Inbox)
	for n := 0; n < perRun && len(in.Bodies) < all; n++ {
		in.Bodies = append(in.Bodies, inbox.Receive(ctx).Body)
	}
	if len(in.Bodies) >= all {
		return in.Bodies, nil
	}
	in.Inbox = inbox.Drain(ctx)
	return nil, workflow.NewContinueAsNewError(ctx, collect, in, perRun, all)
}

// runs executes the workflow and the runs that continue it. Each run gets its
// own signals.
func runs(t *testing.T, perRun, all int, signals ...[]text) []string {
	t.Helper()
	in := collected{}
	for _, batch := range signals {
		var suite testsuite.WorkflowTestSuite
		env := suite.NewTestWorkflowEnvironment()
		for i, signal := range batch {
			env.RegisterDelayedCallback(func() { env.SignalWorkflow("text", signal) }, time.Duration(i)*time.Second)
		}
		env.ExecuteWorkflow(collect, in, perRun, all)
		var next *workflow.ContinueAsNewError
		if err := env.GetWorkflowError(); !errors.As(err, &next) {
			if err != nil {
				t.Fatal(err)
			}
			var bodies []string
			if err := env.GetWorkflowResult(&bodies); err != nil {
				t.Fatal(err)
			}
			return bodies
		}
		in = collected{}
		if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &in); err != nil {
			t.Fatal(err)
		}
	}
	return in.Bodies
}

func TestInboxReceivesEachMessageOnce(t *testing.T) {
	one, two, three := text{"SM1", "a", "one"}, text{"SM2", "a", "two"}, text{"SM3", "a", "three"}
	again, other := text{"SM1", "a", "one again"}, text{"SM1", "b", "one by another trigger"}
	got := runs(t, 2, 5, []text{one, again, two}, []text{again, other, two, three}, []text{one, {"", "", "no SID"}})
	if want := []string{"one", "two", "one by another trigger", "three", "no SID"}; !reflect.DeepEqual(got, want) {
		t.Errorf("received %q, want %q", got, want)
	}
}

func TestUnreadSignalsReachNextRun(t *testing.T) {
	state := InboxState{Waiting: []json.RawMessage{[]byte(`{"messageSid":"SM1","body":"one"}`)}, Seen: []string{"SM1/"}}
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.ExecuteWorkflow(collect, collected{Inbox: state}, 1, 1)
	var bodies []string
	if err := env.GetWorkflowResult(&bodies); err != nil || len(bodies) != 1 || bodies[0] != "one" {
		t.Errorf("received %q, error %v; want one message", bodies, err)
	}
}

func TestInboxForgetsTheOldestMessages(t *testing.T) {
	i := &Inbox[text]{seen: map[string]bool{}}
	for n := range inboxMemory + 10 {
		i.add([]byte(fmt.Sprintf(`{"messageSid":"SM%d"}`, n)))
	}
	if len(i.state.Seen) != inboxMemory || len(i.seen) != inboxMemory || i.seen["SM9/"] || !i.seen["SM10/"] {
		t.Errorf("got %d messages in the inbox's state and %d in its map, want the latest %d in both", len(i.state.Seen), len(i.seen), inboxMemory)
	}
}

func TestCatchMessageNeedsSecret(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.ExecuteWorkflow(func(ctx workflow.Context) error { return CatchMessage(ctx, nil, "paid", "42") })
	if err := env.GetWorkflowError(); err == nil || !strings.Contains(err.Error(), "ID_SECRET") {
		t.Errorf("got error %v, want it to contain ID_SECRET", err)
	}
}

func TestWorkflowDeclaresWhatItCatches(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.ExecuteWorkflow(func(ctx workflow.Context) ([]string, error) {
		for _, err := range []error{
			CatchSignal(ctx, "paid"), CatchSignal(ctx, "paid"), CatchMessage(ctx, []byte("s"), "answer", "+15005550009"),
		} {
			if err != nil {
				return nil, err
			}
		}
		all, _ := workflow.GetTypedSearchAttributes(ctx).GetKeywordList(catchesKey)
		return all, StopCatching(ctx)
	})
	var all []string
	if err := env.GetWorkflowResult(&all); err != nil {
		t.Fatal(err)
	}
	if want := []string{"signal:paid", sms.MessageCatch([]byte("s"), "answer", "+15005550009")}; !reflect.DeepEqual(all, want) {
		t.Errorf("got declarations %q, want %q", all, want)
	}
	if query := sms.CatchersQuery(sms.SignalCatch(`o'x\`)); query != `SmsCatches = 'signal:o\'x\\' AND ExecutionStatus = 'Running'` {
		t.Errorf("got query %s, want the name escaped", query)
	}
}
