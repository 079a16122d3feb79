package workflows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// receivingStage runs ReceiveSmsWorkflow with open workflows, catchers and
// questions configured by the test.
type receivingStage struct {
	*testsuite.TestWorkflowEnvironment
	open     map[string]bool
	catchers []string
	limits   []int
	asks     bool
	// away is the number of updates that are not answered.
	away int
	mu   sync.Mutex
	// signals lists the workflows that were signaled.
	signals []string
	started []string
	// updateID is the ID of the latest update, and requestID is the request
	// ID of the latest start with a signal.
	updateID, requestID string
	// atStart is how many workflows were started with their signal.
	atStart int
	// received is the receive time of the text that was offered to a
	// keeper, and local is true if a local activity made the offer.
	received time.Time
	local    bool
}

func newReceivingStage() *receivingStage {
	s := &receivingStage{TestWorkflowEnvironment: new(testsuite.WorkflowTestSuite).NewTestWorkflowEnvironment(), open: map[string]bool{}}
	register := func(name string, function any) {
		s.RegisterActivityWithOptions(function, activity.RegisterOptions{Name: name})
	}
	s.RegisterWorkflowWithOptions(ReceiveSmsWorkflow, workflow.RegisterOptions{Name: sms.ReceiveSmsWorkflowName})
	s.RegisterWorkflowWithOptions(func(ctx workflow.Context, _ any) error {
		s.started = append(s.started, workflow.GetInfo(ctx).WorkflowExecution.ID)
		return nil
	}, workflow.RegisterOptions{Name: "W"})
	register(sms.AskKeeperName, func(ctx context.Context, in sms.AskKeeperInput) (bool, error) {
		s.received, s.local = in.Text.ReceivedAt, activity.GetInfo(ctx).IsLocalActivity
		if s.away--; s.away >= 0 {
			return false, errors.New("the update was not answered in time")
		}
		return s.asks, nil
	})
	register(sms.FindRunName, func(_ context.Context, in sms.FindRunInput) (sms.FindRunResult, error) {
		if in.WorkflowID == "invalid" {
			return sms.FindRunResult{}, temporal.NewNonRetryableApplicationError("Temporal refuses the request", "Refused", nil)
		}
		if in.WorkflowID == "cancelled" {
			return sms.FindRunResult{}, temporal.NewCanceledError()
		}
		return sms.FindRunResult{Open: s.open[in.WorkflowID], RunID: "run", BeganLater: in.WorkflowID == "later"}, nil
	})
	register(sms.SignalWithStartName, func(_ context.Context, in sms.SignalWithStartInput) (sms.SignalWithStartResult, error) {
		s.atStart++
		s.requestID = in.RequestID
		return sms.SignalWithStartResult{Started: in.Firing.Call.IDReuse == sms.ReuseAllowDuplicate}, nil
	})
	register(sms.AskWorkflowName, func(_ context.Context, in sms.AskWorkflowInput) (sms.AskWorkflowResult, error) {
		if in.WorkflowID == "refuses" {
			return sms.AskWorkflowResult{Refused: true}, nil
		}
		if in.WorkflowID == "talks" {
			return sms.AskWorkflowResult{TooLong: true}, nil
		}
		if s.away--; s.away >= 0 {
			return sms.AskWorkflowResult{}, errors.New("the update was not answered in time")
		}
		s.updateID = in.UpdateID
		return sms.AskWorkflowResult{Value: json.RawMessage(`{"id": 9007199254740993}`)}, nil
	})
	register(sms.FindCatchersName, func(_ context.Context, in sms.FindCatchersInput) (result sms.FindCatchersResult, err error) {
		s.mu.Lock()
		s.limits = append(s.limits, in.Limit)
		s.mu.Unlock()
		for _, id := range s.catchers {
			if id > in.After {
				result.WorkflowIDs = append(result.WorkflowIDs, id)
			}
		}
		if len(result.WorkflowIDs) > in.Limit {
			result.WorkflowIDs = result.WorkflowIDs[:in.Limit]
			result.Next = result.WorkflowIDs[in.Limit-1]
		}
		return result, nil
	})
	s.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(
		func(_, id, _, _ string, _ any) error {
			if !s.open[id] && !slices.Contains(s.catchers, id) {
				return &temporal.UnknownExternalWorkflowExecutionError{}
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			s.signals = append(s.signals, id)
			return nil
		})
	return s
}

func (s *receivingStage) receive(t *testing.T, firings ...sms.Firing) (result sms.ReceiveSmsResult) {
	t.Helper()
	input := sms.ReceiveSmsInput{Text: sms.Text{MessageSID: "SM1"}, Firings: firings}
	if s.asks {
		input.Keepers = []string{"keeper"}
	}
	s.ExecuteWorkflow(sms.ReceiveSmsWorkflowName, input, nil)
	if err := s.GetWorkflowResult(&result); err != nil {
		t.Fatal(err)
	}
	return result
}

func firing(trigger string, call sms.Call) sms.Firing {
	return sms.Firing{Trigger: trigger, Call: call, Echo: sms.Echo{{Text: trigger + " done"}}, EchoError: trigger + " failed"}
}

func TestReceiveMakesEachCall(t *testing.T) {
	s := newReceivingStage()
	s.open["open"] = true
	balance := firing("balance", sms.Call{Action: sms.ActionUpdate, WorkflowID: "open", Name: "u"})
	balance.Echo = sms.Echo{{Text: "You have "}, {Result: "result.id"}}
	broken := firing("broken", sms.Call{Action: sms.ActionStart, Workflow: "W", TaskQueue: "q"})
	broken.Problem = "its pattern takes too long"
	silent := firing("silent", sms.Call{Action: sms.ActionUpdate, WorkflowID: "refuses", Name: "u"})
	silent.EchoError, s.open["refuses"] = "", true
	got := s.receive(t,
		firing("plain", sms.Call{Action: sms.ActionStart, Workflow: "W", TaskQueue: "q"}),
		firing("signal", sms.Call{Action: sms.ActionSignal, WorkflowID: "open", Name: "s"}),
		balance, broken, silent)
	want := []string{"plain done", "signal done", "You have 9007199254740993", "broken failed"}
	if !reflect.DeepEqual(got.Replies, want) || got.Outcome != sms.OutcomeRefused {
		t.Errorf("got outcome %s, replies %q, want %q", got.Outcome, got.Replies, want)
	}
	if len(got.Firings) != 5 || got.Firings[4].Reason != "the workflow refused the update" || got.Firings[3].Reason != broken.Problem {
		t.Errorf("got firings %+v, want 5, the last two refused with their reasons", got.Firings)
	}
	if !reflect.DeepEqual(s.signals, []string{"open"}) || !reflect.DeepEqual(s.started, []string{"sms-SM1-plain"}) {
		t.Errorf("signalled %q and started %q, want open and sms-SM1-plain", s.signals, s.started)
	}
}

func TestReplyGoesOnlyToItsQuestion(t *testing.T) {
	s := newReceivingStage()
	s.asks = true
	got := s.receive(t, firing("plain", sms.Call{Action: sms.ActionStart, Workflow: "W", TaskQueue: "q"}))
	if got.Outcome != sms.OutcomeAnswered || len(got.Replies)+len(s.started) > 0 {
		t.Errorf("got %+v, started %q; want answered, with no reply and nothing started", got, s.started)
	}
	if s.local {
		t.Error("a local activity offered the text, so texts could occupy the slots that keepers need to match replies")
	}
}

func TestAccountsDoNotShareIDs(t *testing.T) {
	const id = "sms-SM1-AC2"
	s := newReceivingStage()
	s.open["open"] = true
	firings := []sms.Firing{
		firing("a", sms.Call{Action: sms.ActionStart, Workflow: "W"}), firing("b", sms.Call{Action: sms.ActionUpdate, WorkflowID: "open"}),
		firing("c", sms.Call{Action: sms.ActionSignalWithStart, Workflow: "W", TaskQueue: "q", WorkflowID: "chat", Name: "s", IDReuse: sms.ReuseAllowDuplicate}),
	}
	s.ExecuteWorkflow(sms.ReceiveSmsWorkflowName, sms.ReceiveSmsInput{Text: sms.Text{MessageSID: "SM1"}, WorkflowID: id, Firings: firings}, nil)
	slices.Sort(s.started)
	if want := []string{"chat", id + "-a"}; !reflect.DeepEqual(s.started, want) || s.updateID != id+"-b" || s.requestID != id+"-c" {
		t.Errorf("started %v with update ID %s and request ID %s, want IDs that start with %s", s.started, s.updateID, s.requestID, id)
	}
}

func TestGiveUpSurvivesLossAndRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, tc := range map[string]struct {
			signals []int
			lost    bool
		}{
			"withdrawn without a give-up":  {[]int{-5, 7}, true},
			"withdrawn twice":              {[]int{5, 7, -7, -7}, true},
			"withdrawn before the give-up": {[]int{-5, 5}, false},
			"by older webhooks":            {[]int{1, -1, 1}, true},
			"withdrawn by older webhooks":  {[]int{1, 1, -1, -1}, false},
		} {
			s := newReceivingStage()
			s.open["open"] = true
			s.RegisterDelayedCallback(func() {
				for _, delivery := range tc.signals {
					s.SignalWorkflow(sms.GiveUpSignal, delivery)
				}
			}, 0)
			got := s.receive(t, firing("signal", sms.Call{Action: sms.ActionSignal, WorkflowID: "open", Name: "s"}))
			if lost := got.Outcome == sms.OutcomeTooLate; lost != tc.lost || (len(s.signals) == 0) != tc.lost {
				t.Errorf("%s: got %+v, signalled %q; want reported as lost: %t", name, got, s.signals, tc.lost)
			}
		}
	})
}

func TestLiveReplyUsesTemporalsClock(t *testing.T) {
	began := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, late := range []bool{false, true} {
		for _, ahead := range []time.Duration{-90 * time.Second, 90 * time.Second, 24 * time.Hour} {
			s := newReceivingStage()
			s.SetStartTime(began)
			text := sms.Text{MessageSID: "SM1", ReceivedAt: began.Add(ahead)}
			s.ExecuteWorkflow(sms.ReceiveSmsWorkflowName, sms.ReceiveSmsInput{Text: text, Keepers: []string{"keeper"}, Late: late}, nil)
			if err := s.GetWorkflowError(); err != nil {
				t.Fatal(err)
			}
			if want := map[bool]time.Time{false: began, true: text.ReceivedAt}[late]; !s.received.Equal(want) {
				t.Errorf("late %t: got receive time %v, want %v", late, s.received, want)
			}
		}
	}
}

func TestLateTextSkipsLaterWorkflows(t *testing.T) {
	for late, want := range map[bool]sms.Outcome{false: sms.OutcomePublished, true: sms.OutcomeRefused} {
		for _, action := range []string{sms.ActionSignal, sms.ActionUpdate} {
			s := newReceivingStage()
			s.open["later"] = true // it began after the text was received
			s.ExecuteWorkflow(sms.ReceiveSmsWorkflowName, sms.ReceiveSmsInput{
				Text: sms.Text{MessageSID: "SM1"}, Late: late, Firings: []sms.Firing{firing("a", sms.Call{Action: action, WorkflowID: "later", Name: "n"})},
			}, nil)
			var got sms.ReceiveSmsResult
			if err := s.GetWorkflowResult(&got); err != nil || got.Outcome != want || (len(s.signals) > 0 || s.updateID != "") != !late {
				t.Errorf("%s, late: %v: got %+v, error %v, want %s", action, late, got, err, want)
			}
		}
	}
}

func TestReceiveDropsTextReportedLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, told := range []int{1, 0} {
			s := newReceivingStage()
			s.open["open"], s.asks = true, true
			s.RegisterDelayedCallback(func() {
				s.SignalWorkflow(sms.GiveUpSignal, 1)
				if told == 0 {
					s.SignalWorkflow(sms.GiveUpSignal, -1) // withdraws the previous signal, because the sender was not told
				}
			}, 0)
			if told == 0 {
				s.asks = false
			}
			audit := firing("audit", sms.Call{Action: sms.ActionSignal, WorkflowID: "open", Name: "s"})
			audit.EchoError = ""
			got := s.receive(t, audit,
				firing("signal", sms.Call{Action: sms.ActionSignal, WorkflowID: "open", Name: "s"}),
				firing("plain", sms.Call{Action: sms.ActionStart, Workflow: "W", TaskQueue: "q"}))
			want := []string{"audit done", "signal done", "plain done"}
			if told == 1 {
				want[1] = "signal failed"
			}
			if !reflect.DeepEqual(got.Replies, want) || len(s.signals) != 2-told || len(s.started) != 1 {
				t.Errorf("sender told %d: got %+v, signalled %q, started %q; want replies %q", told, got, s.signals, s.started, want)
			}
		}
	})
}

func TestReceiveReachesFifteenThousandCatchers(t *testing.T) {
	s := newReceivingStage()
	for n := range 15_000 {
		s.catchers = append(s.catchers, fmt.Sprintf("w-%05d", n))
	}
	all := firing("all", sms.Call{Action: sms.ActionSignalAll, Name: "s"})
	all.Echo = sms.Echo{{Text: "Told "}, {Result: "result.count"}}
	args, runs := []any{sms.ReceiveSmsInput{Firings: []sms.Firing{all}}, nil}, 0
	var result sms.ReceiveSmsResult
	for {
		runs++
		s.ExecuteWorkflow(sms.ReceiveSmsWorkflowName, args...)
		next := (*workflow.ContinueAsNewError)(nil)
		if err := s.GetWorkflowError(); !errors.As(err, &next) {
			if err := s.GetWorkflowResult(&result); err != nil {
				t.Fatal(err)
			}
			break
		}
		var input sms.ReceiveSmsInput
		var state receiveState
		if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &input, &state); err != nil {
			t.Fatal(err)
		}
		catchers, signals := s.catchers, s.signals
		s = newReceivingStage()
		s.catchers, s.signals, args = catchers, signals, []any{input, state}
	}
	slices.Sort(s.signals)
	if !slices.Equal(s.signals, s.catchers) || len(result.Replies) != 1 || result.Replies[0] != "Told 15000" {
		t.Errorf("signalled %d workflows, got %+v; want 15000, each once", len(s.signals), result)
	}
	if runs < 2 || *result.Firings[0].Count != 15_000 {
		t.Errorf("got %d runs, firings %+v; want at least 2 runs and a count of 15000", runs, result.Firings)
	}
}

func TestReceiveReportsNoCatchers(t *testing.T) {
	s := newReceivingStage()
	all := firing("all", sms.Call{Action: sms.ActionSignalAll, Name: "s"})
	all.Echo = sms.Echo{{Text: "Told "}, {Result: "result.count"}}
	if got := s.receive(t, all); strings.Join(got.Replies, "") != "Told 0" || got.Outcome != sms.OutcomePublished {
		t.Errorf("got %+v, want the reply \"Told 0\"", got)
	}
}

func TestReceiveReportsUnwantedText(t *testing.T) {
	if got := newReceivingStage().receive(t); got.Outcome != sms.OutcomeUnwanted || got.Firings == nil || got.Replies == nil {
		t.Errorf("got %+v, want unwanted with empty lists", got)
	}
}

func TestReceiveReportsRefusedCall(t *testing.T) {
	s := newReceivingStage()
	got := s.receive(t,
		firing("update", sms.Call{Action: sms.ActionUpdate, WorkflowID: "invalid", Name: "u"}),
		firing("plain", sms.Call{Action: sms.ActionStart, Workflow: "W", TaskQueue: "q"}))
	if want := []string{"update failed", "plain done"}; !reflect.DeepEqual(got.Replies, want) || got.Outcome != sms.OutcomeRefused {
		t.Errorf("got outcome %s and replies %q, want refused and %q", got.Outcome, got.Replies, want)
	}
}

func TestReceiveRefusesTooLongAnswer(t *testing.T) {
	s := newReceivingStage()
	s.open["talks"] = true
	got := s.receive(t, firing("a", sms.Call{Action: sms.ActionUpdate, WorkflowID: "talks", Name: "u"}))
	if got.Outcome != sms.OutcomeRefused || !reflect.DeepEqual(got.Replies, []string{"a failed"}) {
		t.Errorf("got %+v, want refused, with the reply a failed", got)
	}
}

func TestReceiveOutlivesFailedCall(t *testing.T) {
	s := newReceivingStage()
	got := s.receive(t,
		firing("update", sms.Call{Action: sms.ActionUpdate, WorkflowID: "cancelled", Name: "u"}),
		firing("plain", sms.Call{Action: sms.ActionStart, Workflow: "W", TaskQueue: "q"}))
	if want := []string{"update failed", "plain done"}; !reflect.DeepEqual(got.Replies, want) || got.Outcome != sms.OutcomeRefused {
		t.Errorf("got %+v, want refused with replies %q", got, want)
	}
}

func TestReceiveSharesWorkflowLimits(t *testing.T) {
	s := newReceivingStage()
	s.catchers = []string{"a", "b"}
	all := firing("all", sms.Call{Action: sms.ActionSignalAll, Name: "s"})
	s.receive(t, all, all, all, all)
	if want := []int{500, 500, 500, 500}; !reflect.DeepEqual(s.limits, want) || len(s.signals) != 8 {
		t.Errorf("got limits %v and %d signals, want limits %v and 8 signals", s.limits, len(s.signals), want)
	}
}

func TestReceiveStartsWithSignal(t *testing.T) {
	for reuse, want := range map[string]sms.Outcome{sms.ReuseAllowDuplicate: sms.OutcomePublished, sms.ReuseRejectDuplicate: sms.OutcomeRefused} {
		s := newReceivingStage()
		got := s.receive(t, firing("chat", sms.Call{Action: sms.ActionSignalWithStart, Workflow: "W", TaskQueue: "q", WorkflowID: "chat", Name: "s", IDReuse: reuse}))
		if got.Outcome != want || len(s.started) != 1 || s.atStart != 1 {
			t.Errorf("%s: got %s, %d started without and %d with their signal, want %s and one each", reuse, got.Outcome, len(s.started), s.atStart, want)
		}
	}
}

func TestReceiveWaitsForBrokenKeeper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newReceivingStage()
		s.SetTestTimeout(time.Minute)
		s.asks, s.away = true, 9 // the test environment allows at most 10 attempts
		began := s.Now()
		if got := s.receive(t, firing("plain", sms.Call{Action: sms.ActionStart, Workflow: "W", TaskQueue: "q"})); got.Outcome != sms.OutcomeAnswered {
			t.Errorf("got %+v, want answered", got)
		}
		if waited := s.Now().Sub(began); waited < 30*time.Second {
			t.Errorf("waited for %v, want at least 30s", waited)
		}
	})
}

func TestReceiveWaitsForUpdateAnswer(t *testing.T) {
	s := newReceivingStage()
	s.SetTestTimeout(time.Minute)
	s.open["account"], s.away = true, 9
	got := s.receive(t, firing("update", sms.Call{Action: sms.ActionUpdate, WorkflowID: "account", Name: "u"}))
	if want := []string{"update done"}; !reflect.DeepEqual(got.Replies, want) || got.Outcome != sms.OutcomePublished {
		t.Errorf("got %+v, want published with replies %q", got, want)
	}
}
