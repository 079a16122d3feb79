package activities

import (
	"context"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

// lister is a gateway whose listings the test writes.
type lister struct {
	gatewayFunc
	list func(twilio.Query) []twilio.Record
}

func (l lister) List(_ context.Context, q twilio.Query) ([]twilio.Record, *sms.Error) {
	return l.list(q), nil
}

// resumeWith runs an attempt after one that left a record.
func resumeWith(t *testing.T, a *Activities, left record, input SendSmsInput) SendSmsResult {
	t.Helper()
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	env.RegisterActivityWithOptions(a.SendSms, activity.RegisterOptions{Name: SendSmsName})
	env.SetHeartbeatDetails(left)
	encoded, err := env.ExecuteActivity(SendSmsName, input)
	if err != nil {
		t.Fatal(err)
	}
	var result SendSmsResult
	if err := encoded.Get(&result); err != nil {
		t.Fatal(err)
	}
	checkContract(t, result)
	return result
}

const (
	first  = "+15005550001"
	second = "+15005550002"
	third  = "+15005550003"
)

// listed is a message as Twilio lists it.
func listed(to, sid, body string) twilio.Record {
	return twilio.Record{Message: sms.Message{To: to, SID: sid, Status: sms.Sent, Segments: 1}, Body: body, Direction: "outbound-api", Created: time.Now()}
}

func TestWhoWasInDoubtIsLookedUpBeforeAnythingIsSentAgain(t *testing.T) {
	// The first is settled, the second and the third were being tried.
	left := record{
		Window: []int{1, 2},
		Runs:   [][3]int{{int(taken), -1, 1}},
		Recent: []recentMessage{{Place: 0, SID: "SM1", Status: sms.Queued, Segments: 1}},
		Known:  &known{To: first, SID: "SM1", At: time.Now().Add(-100 * time.Millisecond)},
	}
	everything := []twilio.Record{listed(first, "SM1", "Hi"), listed(second, "SM2", "Hi")}
	stale := listed(third, "SM0", "Hi")
	stale.Created = time.Now().Add(-time.Hour) // another send's
	other := listed(third, "SM9", "Bye")
	for name, tc := range map[string]struct {
		records   []twilio.Record
		onUnknown OnUnknown
		sent      int
		messages  int
		unknown   int
	}{
		"what the list shows is adopted, what it surely lacks is sent": {everything, "", 1, 3, 0},
		"older messages and other texts are not taken for ours":        {append([]twilio.Record{stale, other}, everything...), "", 1, 3, 0},
		"nothing is sent where the list lags":                          {nil, "", 0, 1, 2},
		"but where the caller wants it so":                             {nil, Resend, 2, 3, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var drafts []twilio.Draft
			recorded := 0
			gateway := lister{taking(&drafts), func(q twilio.Query) (found []twilio.Record) {
				if recorded == 0 {
					t.Error("the attempt waits without a heartbeat")
				}
				for _, r := range tc.records {
					if q.To == "" || r.To == q.To {
						found = append(found, r)
					}
				}
				return found
			}}
			a := newActivities(gateway)
			a.Record = func(context.Context, any) error { recorded++; return nil }
			a.Patience = 1500 * time.Millisecond // beyond the second that a listing is given
			result := resumeWith(t, a, left, SendSmsInput{SmsFrom: "+15005550006", SmsTo: To(first, second, third), SmsBody: "Hi", OnUnknown: tc.onUnknown})
			if len(drafts) != tc.sent || len(result.Messages) != tc.messages || len(result.Errors) != tc.unknown {
				t.Errorf("sent %v; %+v", drafts, result)
			}
			for _, e := range result.Errors {
				if e.Code != sms.OutcomeUnknown || e.Retryable {
					t.Errorf("error %+v", e)
				}
			}
		})
	}
}

func TestSIDsThatTheRecordNamesNoMoreAreRecalled(t *testing.T) {
	left := record{Runs: [][3]int{{int(taken), -1, 2}}}
	gateway := lister{gatewayFunc(nil), func(twilio.Query) []twilio.Record {
		return []twilio.Record{listed(second, "SM2", "Hi"), listed(first, "SM1", "Hi")}
	}}
	result := resumeWith(t, newActivities(gateway), left, SendSmsInput{SmsFrom: "+15005550006", SmsTo: To(first, second), SmsBody: "Hi"})
	if len(result.Messages) != 2 || result.Messages[0].SID != "SM1" || result.Messages[1].SID != "SM2" {
		t.Errorf("%+v", result)
	}
}
