package triggers

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"

	"temporal-twilio/sms"
	"temporal-twilio/workflows"
)

const missed = `triggers:
  - {name: late, pattern: 'order (\d+)', echo: 'Never said', catchUp: true, start: {workflow: W, taskQueue: q}}
  - {name: never, pattern: 'order', start: {workflow: W, taskQueue: q}}
  - {name: gone, event: SMS_OPT_OUT, catchUp: true, start: {workflow: W, taskQueue: q}}
`

func TestCatchUpPublishesWhatOptsInTheOldestFirst(t *testing.T) {
	set := mustParse(t, missed)
	since := time.Unix(1000, 0).UTC()
	at := func(n int64, body string) sms.Inbound {
		m := message(body)
		m.ReceivedAt = time.Unix(1000+n, 0)
		return m
	}
	var published []string
	c := &CatchUp{
		Received: func(_ context.Context, from time.Time) ([]sms.Inbound, error) {
			if !from.Equal(since) {
				t.Errorf("listed since %s", from)
			}
			return []sms.Inbound{at(5, "order 3"), at(4, "hello"), at(3, "STOP"), at(2, "order 2"), at(1, "order 1"), at(6, "answered order 9")}, nil
		},
		Triggers: func() *Set { return set },
		Publish: func(_ context.Context, f *Firing) error {
			published = append(published, f.Trigger()+" "+f.Event.OriginalMessage)
			if f.Event.OriginalMessage == "order 2" {
				return &PublishError{Trigger: f.Trigger(), Err: serviceerror.NewInvalidArgument("no")}
			}
			return nil
		},
		Asked:  func(_ context.Context, m sms.Inbound) (bool, error) { return m.Body == "answered order 9", nil },
		Logger: slog.New(slog.DiscardHandler),
	}
	result, err := c.CatchUpSms(t.Context(), workflows.CatchUpSmsQuery{Since: since})
	if err != nil {
		t.Fatal(err)
	}
	if want := (workflows.CatchUpSmsResult{Received: 6, Matched: 4, Failed: 1}); result != want {
		t.Errorf("result %+v, want %+v", result, want)
	}
	if want := []string{"late order 1", "late order 2", "gone STOP", "late order 3"}; !reflect.DeepEqual(published, want) {
		t.Errorf("published %q, want %q", published, want)
	}
	c.Publish = func(context.Context, *Firing) error { return &PublishError{Err: serviceerror.NewUnavailable("away")} }
	if _, err := c.CatchUpSms(t.Context(), workflows.CatchUpSmsQuery{Since: since}); err == nil {
		t.Error("with Temporal away the activity does not fail, and so is not tried again")
	}
	c.Received = func(context.Context, time.Time) ([]sms.Inbound, error) { return nil, errors.New("down") }
	if _, err := c.CatchUpSms(t.Context(), workflows.CatchUpSmsQuery{Since: since}); err == nil {
		t.Error("with Twilio down the activity does not fail")
	}
}
