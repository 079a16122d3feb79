package webhook

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"temporal-twilio/sms"
)

func TestSilenceOutlastsPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := &shared{silent: 1}
		hook := newBench(t, func(o *Options) {
			with(t, everything)(o)
			o.Silencer = all
		})
		echoed := func(n int) bool {
			return strings.Contains(hook.deliver(numbered(n, "hi"), token).Body.String(), "Got it")
		}
		for n := range watched {
			echoed(n) // until this webhook has learned about the silence
		}
		time.Sleep(2 * maxPause)
		if echoed(100) {
			t.Error("got an echo after a pause during a silence, want none")
		}
		all.away = errors.New("away")
		if echoed(101) {
			t.Error("got an echo during a silence while Temporal is unreachable, want none")
		}
		all.silent, all.away = 0, nil
		all.ended = time.Now().Add(time.Minute) // by Temporal's clock
		asked := all.asked
		if !echoed(102) || !echoed(103) || all.asked != asked+1 {
			t.Errorf("after the silence: got no echo or %d requests to Temporal, want an echo and one request", all.asked-asked)
		}
	})
}

func TestSilenceIsLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := &shared{unseen: true}
		hook := all.webhooks(t, everything)[0]
		for n := range maxStreak + 5 {
			hook.deliver(numbered(n, "hi"), token)
		}
		if n := strings.Count(hook.log.String(), "like machines"); all.silent < 2 || n != 1 {
			t.Errorf("silenced %d times and logged %d lines, want more than one silence but one line", all.silent, n)
		}
	})
}

func TestSilenceBeginsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{start: func(context.Context, *workflowservice.StartWorkflowExecutionRequest) error { return nil }}
		d, _ := dispatcher(t, s)
		if begun, err := d.Silence(t.Context(), sms.Inbound{}); !strings.HasPrefix(begun, sms.SilencePrefix) || err != nil {
			t.Errorf("first call: got %q, error %v; want the workflow ID", begun, err)
		}
		s.start = func(context.Context, *workflowservice.StartWorkflowExecutionRequest) error {
			return serviceerror.NewWorkflowExecutionAlreadyStarted("already", "", "run")
		}
		if begun, err := d.Silence(t.Context(), sms.Inbound{}); begun != "" || err != nil {
			t.Errorf("second call: got %q, error %v; want no new silence", begun, err)
		}
	})
}

func TestSilenceUsesWorkflowTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		s := &server{began: timestamppb.New(now.Add(-2 * time.Hour)), ended: timestamppb.New(now.Add(-time.Hour))}
		d, _ := dispatcher(t, s)
		if began, ended, err := d.Silenced(t.Context(), sms.Inbound{}); !began.Equal(s.began.AsTime()) || !ended.Equal(s.ended.AsTime()) || err != nil {
			t.Errorf("got a silence from %v until %v, error %v; want the workflow's times", began, ended, err)
		}
		s.ended = nil
		if began, ended, err := d.Silenced(t.Context(), sms.Inbound{}); !began.Equal(s.began.AsTime()) || !ended.IsZero() || err != nil {
			t.Errorf("before its end: got a silence from %v until %v, error %v; want no end", began, ended, err)
		}
	})
}
