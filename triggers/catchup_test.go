package triggers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

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
		Asked: func(_ context.Context, m sms.Inbound, _ []Firing) (bool, error) {
			return m.Body == "answered order 9", nil
		},
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

func TestAFailureKeepsNoOtherMessageBack(t *testing.T) {
	set := mustParse(t, missed)
	var published []string
	errs := map[string]error{
		"order 1": &PublishError{Trigger: "late", What: "ask", Err: temporal.NewApplicationError("already shipped", "")},
		"order 2": &PublishError{Trigger: "late", What: "start", Err: serviceerror.NewUnavailable("away")},
		"order 3": &PublishError{Trigger: "late", What: "start", Err: errors.New("encode the input")},
		"order 4": nil,
	}
	asked := map[string]error{
		"order 5": &PublishError{Trigger: "questions", Err: context.DeadlineExceeded},
		"order 6": &PublishError{Trigger: "questions", Err: temporal.NewApplicationError("no", "")},
	}
	c := &CatchUp{
		Received: func(context.Context, time.Time) (all []sms.Inbound, err error) {
			for n := range 7 {
				m := message(fmt.Sprintf("order %d", n+1))
				m.ReceivedAt = time.Unix(1000, 0) // all in one second, and in order
				all = append(all, m)
			}
			return all, errors.New("one account could not be listed")
		},
		Triggers: func() *Set { return set },
		Asked: func(_ context.Context, m sms.Inbound, firings []Firing) (bool, error) {
			if len(firings) != 2 {
				t.Errorf("asked with %d firings", len(firings))
			}
			return false, asked[m.Body]
		},
		Publish: func(_ context.Context, f *Firing) error {
			published = append(published, f.Event.OriginalMessage)
			return errs[f.Event.OriginalMessage]
		},
		Logger: slog.New(slog.DiscardHandler),
	}
	result, err := c.CatchUpSms(t.Context(), workflows.CatchUpSmsQuery{Since: time.Unix(0, 0)})
	if want := (workflows.CatchUpSmsResult{Received: 7, Matched: 5, Failed: 3}); result != want {
		t.Errorf("result %+v, want %+v", result, want)
	}
	if err == nil || !strings.Contains(err.Error(), "2 of 7 messages") || !strings.Contains(err.Error(), "one account could not be listed") {
		t.Errorf("error %v", err)
	}
	if want := []string{"order 1", "order 2", "order 3", "order 4", "order 7"}; !reflect.DeepEqual(published, want) {
		t.Errorf("published %q, want %q", published, want)
	}
}

func TestOnlyWhatMayPassIsTriedAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		err   error
		final bool
		says  string
	}{
		"a refused update":     {temporal.NewApplicationError("for +15005550009", ""), true, "the workflow refused it"},
		"no workflow":          {serviceerror.NewNotFound("order-+1500"), true, "no open workflow"},
		"no namespace":         {serviceerror.NewNamespaceNotFound("nowhere"), false, "no such namespace"},
		"one that is there":    {serviceerror.NewWorkflowExecutionAlreadyStarted("", "", ""), true, "a workflow with this ID already"},
		"what cannot be sent":  {errors.New("encode +15005550009"), true, "*fmt.wrapError"},
		"Temporal away":        {serviceerror.NewUnavailable("+1500"), false, "Unavailable"},
		"no time":              {context.DeadlineExceeded, false, "in time"},
		"no time, in its own":  {serviceerror.NewDeadlineExceeded("+1500"), false, "DeadlineExceeded"},
		"an update in no time": {client.NewWorkflowUpdateServiceTimeoutOrCanceledError(errors.New("+1500")), false, ""},
	} {
		e := &PublishError{Trigger: "t", What: "do", Err: fmt.Errorf("on the way: %w", tc.err)}
		if e.Final() != tc.final || !strings.Contains(e.Error(), tc.says) || strings.Contains(e.Error(), "+1500") {
			t.Errorf("%s: final %t, %s", name, e.Final(), e)
		}
	}
	if isNotFound(serviceerror.NewNamespaceNotFound("nowhere")) {
		t.Error("where there is no namespace, there is said to be no workflow")
	}
}
