package activities

import (
	"context"
	"errors"
	"slices"
	"testing"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

// lookUp is a gateway that can only fetch messages.
type lookUp struct {
	Gateway
	fetch func(sid string) (twilio.Record, error)
}

func (l lookUp) Fetch(_ context.Context, sid string) (twilio.Record, error) { return l.fetch(sid) }

func TestGetMessagesContinues(t *testing.T) {
	var asked []string
	var details converter.EncodedValues
	begun, stop := context.WithCancel(t.Context())
	a := &Activities{Accounts: map[string]Account{"": {Gateway: lookUp{fetch: func(sid string) (twilio.Record, error) {
		asked = append(asked, sid)
		switch sid {
		case "SM2":
			return twilio.Record{}, &sms.Error{Code: sms.CodeInvalidRequest}
		case "SM3":
			stop() // the first attempt ends here
		}
		return twilio.Record{Message: sms.Message{Status: sms.StatusDelivered}}, nil
	}}}}}
	attempt := func(ctx context.Context) (updates []sms.StatusUpdate, err error) {
		env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
		env.RegisterActivityWithOptions(a.GetMessages, activity.RegisterOptions{Name: sms.GetMessagesName})
		env.SetWorkerOptions(worker.Options{BackgroundActivityContext: ctx})
		env.SetOnActivityHeartbeatListener(func(_ *activity.Info, so converter.EncodedValues) { details = so })
		if details != nil {
			var so looked
			if err := details.Get(&so); err != nil {
				t.Fatal(err)
			}
			env.SetHeartbeatDetails(so)
		}
		encoded, err := env.ExecuteActivity(sms.GetMessagesName, sms.GetMessagesInput{SIDs: []string{"SM1", "SM2", "SM3", "SM4"}})
		if err != nil {
			return nil, err
		}
		return updates, encoded.Get(&updates)
	}
	if _, err := attempt(begun); err == nil || !errors.Is(begun.Err(), context.Canceled) {
		t.Fatalf("the first attempt returned error %v, want a cancellation", err)
	}
	updates, err := attempt(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, update := range updates {
		got = append(got, update.MessageSID)
	}
	if want := []string{"SM1", "SM3", "SM4"}; !slices.Equal(got, want) {
		t.Errorf("got updates for %v, want %v", got, want)
	}
	if want := []string{"SM1", "SM2", "SM3", "SM3", "SM4"}; !slices.Equal(asked, want) {
		t.Errorf("got fetches of %v, want %v", asked, want)
	}
}

func TestInvisibleCulpritIsEscaped(t *testing.T) {
	for body, want := range map[string]string{"\u200bYour code is 383838": `\u200b`, "it’s": "’", "plain": ""} {
		got, err := (&Activities{}).LookUpSegments(t.Context(), sms.LookUpSegmentsInput{Body: body})
		if err != nil || got.Culprit != want {
			t.Errorf("%q: got %+v, error %v, want the culprit %q", body, got, err, want)
		}
	}
}
