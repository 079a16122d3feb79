package workflows

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"

	"temporal-twilio/activities"
	"temporal-twilio/sms"
)

// bench is a test environment whose activities the test writes.
type bench struct {
	*testsuite.TestWorkflowEnvironment
	t *testing.T
	// looked are the look-ups, each with the messages that it asked for.
	looked [][]string
}

func newBench(t *testing.T, sent activities.SendSmsResult, lookUp func(sid string) sms.StatusUpdate) *bench {
	t.Helper()
	b := &bench{TestWorkflowEnvironment: (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment(), t: t}
	Register(b)
	b.RegisterActivityWithOptions(func(converter.RawValue) (activities.SendSmsResult, error) { return sent, nil },
		activity.RegisterOptions{Name: activities.SendSmsName})
	b.RegisterActivityWithOptions(func(in activities.MessagesInput) (updates []sms.StatusUpdate, _ error) {
		b.looked = append(b.looked, in.SIDs)
		for _, sid := range in.SIDs {
			updates = append(updates, lookUp(sid))
		}
		return updates, nil
	}, activity.RegisterOptions{Name: activities.GetMessagesName})
	return b
}

// news has a status arrive some time after the start.
func (b *bench) news(after time.Duration, sid string, status sms.Status, code int) {
	b.RegisterDelayedCallback(func() {
		b.SignalWorkflow(sms.StatusSignal, sms.StatusUpdate{MessageSID: sid, Status: status, ErrorCode: code})
	}, after)
}

func (b *bench) run(input any) SendSmsReport {
	b.t.Helper()
	b.ExecuteWorkflow(SendSmsWorkflowName, input)
	var report SendSmsReport
	if err := b.GetWorkflowResult(&report); err != nil {
		b.t.Fatal(err)
	}
	return report
}

func took(sids ...string) (result activities.SendSmsResult) {
	for _, sid := range sids {
		result.Messages = append(result.Messages, sms.Message{To: "+" + sid, SID: sid, Status: sms.Queued, Segments: 1})
	}
	return result
}

func unasked(string) sms.StatusUpdate { panic("nothing was to be looked up") }

var waiting = map[string]any{"smsFrom": "+15005550006", "smsTo": "+15005550009", "smsBody": "Hi", "waitForDelivery": true}

func TestNewsIsMergedHoweverItComes(t *testing.T) {
	b := newBench(t, took("SM1", "SM2", "SM3"), unasked)
	b.news(time.Second, "SM1", sms.Delivered, 0) // before sent
	b.news(2*time.Second, "SM1", sms.Sent, 0)
	b.news(3*time.Second, "SM2", sms.Sent, 0)
	b.news(3*time.Second, "SM2", sms.Sent, 0) // doubled
	b.news(4*time.Second, "SM2", sms.Undelivered, 30003)
	b.news(5*time.Second, "SM2", sms.Undelivered, 0)
	b.news(6*time.Second, "SM9", sms.Delivered, 0) // of nobody
	b.news(7*time.Second, "SM3", sms.Failed, 30007)
	report := b.run(waiting)
	want := []Delivery{
		{To: "+SM1", SID: "SM1", Status: sms.Delivered},
		{To: "+SM2", SID: "SM2", Status: sms.Undelivered, ErrorCode: 30003},
		{To: "+SM3", SID: "SM3", Status: sms.Failed, ErrorCode: 30007},
	}
	if !reflect.DeepEqual(report.Deliveries, want) {
		t.Errorf("deliveries %+v", report.Deliveries)
	}
}

func TestNewsThatIsFasterThanTheResultCounts(t *testing.T) {
	b := newBench(t, took("SM1"), unasked)
	b.news(0, "SM1", sms.Delivered, 0)
	if report := b.run(waiting); report.Deliveries[0].Status != sms.Delivered {
		t.Errorf("deliveries %+v", report.Deliveries)
	}
}

func TestAMessageWithoutNewsIsLookedUp(t *testing.T) {
	asked := 0
	b := newBench(t, took("SM1", "SM2"), func(sid string) sms.StatusUpdate {
		if asked++; asked < 3 {
			return sms.StatusUpdate{MessageSID: sid, Status: sms.Sent}
		}
		return sms.StatusUpdate{MessageSID: sid, Status: sms.Delivered}
	})
	b.news(time.Second, "SM2", sms.Delivered, 0)
	began := b.Now()
	report := b.run(waiting)
	if report.Deliveries[0].Status != sms.Delivered {
		t.Errorf("deliveries %+v", report.Deliveries)
	}
	if want := [][]string{{"SM1"}, {"SM1"}, {"SM1"}}; !reflect.DeepEqual(b.looked, want) {
		t.Errorf("looked up %v", b.looked)
	}
	if took := b.Now().Sub(began); took != 30*time.Second+time.Minute+2*time.Minute {
		t.Errorf("took %s", took)
	}
}

func TestTheWaitEndsAtItsTimeout(t *testing.T) {
	b := newBench(t, took("SM1"), func(sid string) sms.StatusUpdate { return sms.StatusUpdate{MessageSID: sid, Status: sms.Sent} })
	input := map[string]any{"timeout": "10m"}
	for k, v := range waiting {
		input[k] = v
	}
	began := b.Now()
	report := b.run(input)
	if took := b.Now().Sub(began); took != 10*time.Minute {
		t.Errorf("waited %s", took)
	}
	if report.Deliveries[0].Status != sms.Sent {
		t.Errorf("deliveries %+v", report.Deliveries)
	}
}

func TestASendThatDoesNotWaitEndsAtOnce(t *testing.T) {
	b := newBench(t, took("SM1"), unasked)
	if report := b.run(map[string]any{"smsTo": "+15005550009"}); report.Deliveries != nil || len(report.Messages) != 1 {
		t.Errorf("%+v", report)
	}
}

func TestWhatCannotBeReadIsForTheActivityToTell(t *testing.T) {
	for name, input := range map[string]any{
		"a string":                 "hello",
		"a broken request to wait": map[string]any{"waitForDelivery": true, "timeout": "soon"},
		"an unknown field beside":  map[string]any{"waitForDelivery": true, "smsWhen": "now"},
	} {
		var got string
		b := newBench(t, took(), unasked)
		b.RegisterActivityWithOptions(func(raw converter.RawValue) (activities.SendSmsResult, error) {
			got = string(raw.Payload().GetData())
			return took(), nil
		}, activity.RegisterOptions{Name: activities.SendSmsName, DisableAlreadyRegisteredCheck: true})
		b.run(input)
		if !strings.Contains(got, "hello") && !strings.Contains(got, "waitForDelivery") {
			t.Errorf("%s: the activity got %s", name, got)
		}
	}
}
