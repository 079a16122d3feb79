package webhook

// Tests of how a delivery of a text takes account of other deliveries, and of
// whether anyone is still waiting for the response.

import (
	"context"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"temporal-twilio/sms"
	"temporal-twilio/triggers"
)

func TestRedeliveryRemembersWhatWasAccepted(t *testing.T) {
	for name, start := range map[string]func(context.Context) error{
		"accepted":                 func(context.Context) error { return nil },
		"perhaps carried out":      func(context.Context) error { return serviceerror.NewInternal("x") },
		"probably not carried out": nil,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{start: func(ctx context.Context, _ *workflowservice.StartWorkflowExecutionRequest) error { return start(ctx) }}
				d, stop := dispatcher(t, s)
				m, firings := matched(t, plainStart, "a")
				if start == nil {
					stop()
				}
				d.Receive(t.Context(), m, firings, Live)
				stop()
				got := d.Receive(t.Context(), m, firings, Live)
				if told := reflect.DeepEqual(got.Replies, []string{"Lost"}); told == got.Again || told != (start == nil) {
					t.Errorf("redelivery: got %+v, want the reply Lost: %t", got, start == nil)
				}
				m.MessageSID = another(m.MessageSID)
				if got = d.Receive(t.Context(), m, firings, Live); !reflect.DeepEqual(got.Replies, []string{"Lost"}) {
					t.Errorf("another text: got %+v, want the reply Lost", got)
				}
			})
		})
	}
}

func TestFallbackReportsNoLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, stop := dispatcher(t, &server{})
		stop()
		m, firings := matched(t, plainStart, "a")
		m.Parameters = map[string]string{"ErrorCode": "11200", "ErrorUrl": "https://another.example.com/twilio/sms"}
		if got := d.Receive(t.Context(), m, firings, Live); !got.Again {
			t.Errorf("got %+v, want Again, because another webhook may have published the text", got)
		}
	})
}

func TestRedeliveryFindsItsWorkflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{start: func(context.Context, *workflowservice.StartWorkflowExecutionRequest) error { return nil }}
		d, _ := dispatcher(t, s)
		m, firings := matched(t, plainStart, "a")
		d.Receive(t.Context(), m, firings, Live)
		s.start = func(_ context.Context, r *workflowservice.StartWorkflowExecutionRequest) error {
			return serviceerror.NewWorkflowExecutionAlreadyStarted("x", "", "run")
		}
		another, _ := dispatcher(t, s)
		_, refused := matched(t, "triggers: [{name: a, pattern: a, echoError: Lost, start: {workflow: W, taskQueue: q, id: sms-pause-all}}]", "a")
		for name, webhook := range map[string]*Dispatcher{"the same": d, "another": another} {
			if got := webhook.Receive(t.Context(), m, nil, Live); !got.Known || got.WorkflowID == "" {
				t.Errorf("%s webhook, no trigger matches any more: got %+v, want Known", name, got)
			}
			if got := webhook.Receive(t.Context(), m, refused, Live); !got.Known || len(got.Replies) > 0 {
				t.Errorf("%s webhook, the trigger is now refused: got %+v, want Known and no reply", name, got)
			}
		}
	})
}

func TestRefusalIsNotOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{start: func(context.Context, *workflowservice.StartWorkflowExecutionRequest) error {
			return serviceerror.NewInternal("it may be in flight")
		}}
		d, _ := dispatcher(t, s)
		m, firings := matched(t, plainStart, "a")
		d.Receive(t.Context(), m, firings, Live)
		var kind string
		s.start = func(_ context.Context, r *workflowservice.StartWorkflowExecutionRequest) error {
			kind = r.WorkflowType.Name
			return nil
		}
		_, refused := matched(t, "triggers: [{name: a, pattern: a, echoError: Lost, start: {workflow: W, taskQueue: q, id: sms-pause-all}}]", "a")
		if got := d.Receive(t.Context(), m, refused, Live); kind != sms.ReceiveSmsWorkflowName || !reflect.DeepEqual(got.Replies, []string{"Lost"}) {
			t.Errorf("started %q, got %+v; want a ReceiveSmsWorkflow and the reply Lost", kind, got)
		}
	})
}

func TestRedeliveryIsAlwaysMuted(t *testing.T) {
	b := newBench(t, func(o *Options) {
		o.Unsigned, o.OwnNumbers = true, []string{"+15005550009"}
		o.Receive = func(context.Context, sms.Inbound, []triggers.Match, Mode) Answer {
			return Answer{Known: true, Replies: []string{"Taken"}}
		}
	})
	if w := b.deliver(form("matches nothing"), token); strings.Contains(w.Body.String(), "Taken") {
		t.Errorf("got reply %s to a text from one of our own numbers, want none", w.Body)
	}
}

func TestAccountsDoNotShareTexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := map[string]*commonpb.Memo{}
		var input sms.ReceiveSmsInput
		s := &server{}
		s.start = func(_ context.Context, r *workflowservice.StartWorkflowExecutionRequest) error {
			if memo, already := started[r.WorkflowId]; already {
				s.memo = memo
				return serviceerror.NewWorkflowExecutionAlreadyStarted("x", "", "run")
			}
			started[r.WorkflowId] = r.Memo
			return converter.GetDefaultDataConverter().FromPayload(r.Input.Payloads[0], &input)
		}
		d, _ := dispatcher(t, s)
		var o Options
		const file = `triggers: [{name: a, pattern: a, echo: "For ${accountSid}", start: {workflow: W, taskQueue: q, memo: {smsAccountSid: AC2}}}]`
		with(t, file)(&o)
		m, _ := matched(t, file, "a")
		for _, delivery := range []struct {
			account, workflowID string
			known               bool
		}{
			{"AC1", "sms-SM00000000000000000000000000000001", false},
			{"AC2", "sms-SM00000000000000000000000000000001-AC2", false},
			{"AC1", "sms-SM00000000000000000000000000000001", true},
			{"AC2", "sms-SM00000000000000000000000000000001-AC2", true},
		} {
			m.AccountSID = delivery.account
			got := d.Receive(t.Context(), m, o.Triggers().Match(t.Context(), m), Live)
			if want := []string{"For " + delivery.account}; got.Known != delivery.known || got.WorkflowID != delivery.workflowID || !reflect.DeepEqual(got.Replies, want) {
				t.Errorf("%+v: got %+v, want replies %q", delivery, got, want)
			}
		}
		m.AccountSID = "AC3"
		_, signals := matched(t, "triggers: [{name: a, pattern: a, signal: {workflowId: x, name: s}}]", "a")
		if d.Receive(t.Context(), m, signals, Mute); input.WorkflowID != "sms-SM00000000000000000000000000000001-AC3" {
			t.Errorf("got workflow input %+v, want an ID that ends in -AC3", input)
		}
		delete(started["sms-SM00000000000000000000000000000001"].Fields, sms.MemoAccount) // older versions did not record it
		m.AccountSID = "AC1"
		if got := d.Receive(t.Context(), m, o.Triggers().Match(t.Context(), m), Live); !got.Known {
			t.Errorf("got %+v for a text that an older version accepted, want Known", got)
		}
	})
}

func TestUnheardDispatchDoesNotGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{waits: true}
		s.start = func(_ context.Context, r *workflowservice.StartWorkflowExecutionRequest) error {
			s.memo = r.Memo
			s.history = []*historypb.HistoryEvent{{EventId: 1, EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED}}
			return nil
		}
		d, _ := dispatcher(t, s)
		m, firings := matched(t, "triggers:\n  - {name: a, pattern: a, echo: Taken, echoError: Lost, signal: {workflowId: x, name: s}}\n", "a")
		request, hangUp := context.WithCancel(t.Context())
		hangUp()
		if got := d.Receive(withCaller(t.Context(), request), m, firings, Live); !got.Again || s.told.Load() != 0 {
			t.Errorf("got %+v and signals that add up to %d, want Again and no signals", got, s.told.Load())
		}
	})
}

func TestReceiveNoticesAbsentCaller(t *testing.T) {
	var heard []bool
	b := newBench(t, func(o *Options) {
		o.Unsigned = true
		o.Receive = func(ctx context.Context, _ sms.Inbound, _ []triggers.Match, _ Mode) Answer {
			heard = append(heard, ctx.Err() == nil && isHeard(ctx))
			return Answer{}
		}
	})
	request, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	for range 2 {
		r := httptest.NewRequest(http.MethodPost, SmsPath, strings.NewReader(form("hi").Encode())).WithContext(request)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		b.serve(r)
		hangUp()
	}
	if !reflect.DeepEqual(heard, []bool{true, false}) {
		t.Errorf("got isHeard %v, want [true false]", heard)
	}
}

// startedKind returns a dispatcher and the type of the last workflow that it
// started.
func startedKind(t *testing.T) (d *Dispatcher, kind *string) {
	t.Helper()
	kind = new(string)
	d, _ = dispatcher(t, &server{start: func(_ context.Context, r *workflowservice.StartWorkflowExecutionRequest) error {
		*kind = r.WorkflowType.Name
		return nil
	}})
	return d, kind
}

func TestMarkedTextSkipsRefusedTrigger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, kind := startedKind(t)
		d.CatchesUp = func(context.Context) (bool, error) { return true, nil }
		d.Attributes = func(context.Context) Attributes { return Attributes{} }
		var o Options
		with(t, "triggers:\n  - {name: a, event: SMS_OPT_OUT, start: {workflow: W, taskQueue: q, searchAttributes: {Order: x}}}\n")(&o)
		m, _ := matched(t, plainStart, "ARRET")
		m.Event, m.Parameters = sms.EventOptOut, map[string]string{sms.OptOutType: "STOP"}
		got := d.Receive(t.Context(), m, o.Triggers().Match(t.Context(), m), Live)
		if *kind != sms.ReceiveSmsWorkflowName || got.Outcome != string(sms.OutcomeRefused) || len(got.Reasons) != 1 {
			t.Errorf("started %q, got %+v; want workflow %s and a refusal with one reason", *kind, got, sms.ReceiveSmsWorkflowName)
		}
	})
}

func TestReportedRefusalIsNotCaughtUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const refused = "triggers:\n  - {name: a, pattern: a, echo: Taken%s, start: {workflow: W, taskQueue: q, id: sms-pause-all}}\n"
		for more, recorded := range map[string]bool{
			", echoError: Lost":                        true,
			", echoError: Lost, onPublishError: retry": false, // Twilio delivers it again
			"": false, // the sender is not told
		} {
			s := &server{start: func(_ context.Context, r *workflowservice.StartWorkflowExecutionRequest) error { return nil }}
			d, _ := dispatcher(t, s)
			d.CatchesUp = func(context.Context) (bool, error) { return true, nil }
			m, firings := matched(t, strings.Replace(refused, "%s", more, 1), "a")
			got := d.Receive(t.Context(), m, firings, Live)
			if s.starts.Load() > 0 != recorded || got.Outcome != string(sms.OutcomeRefused) || recorded != (!got.Again && reflect.DeepEqual(got.Replies, []string{"Lost"})) {
				t.Errorf("%q: got %d workflows, %+v; want a refusal, recorded by a workflow: %t", more, s.starts.Load(), got, recorded)
			}
		}
	})
}

func TestKeepersAreAskedConcurrently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		asked, both := map[string]bool{}, make(chan struct{})
		s := &server{start: func(context.Context, *workflowservice.StartWorkflowExecutionRequest) error { return nil }}
		s.asking = func(ctx context.Context, keeper string) {
			mu.Lock()
			if asked[keeper] = true; len(asked) == 2 {
				close(both)
			}
			mu.Unlock()
			select {
			case <-both:
			case <-ctx.Done():
			}
		}
		d, _ := dispatcher(t, s)
		m, firings := matched(t, plainStart, "a")
		m.MessagingServiceSID = "MG1"
		if got := d.Receive(t.Context(), m, firings, Live); !reflect.DeepEqual(got.Replies, []string{"Taken"}) {
			t.Errorf("got %+v, want the reply Taken", got)
		}
	})
}

func TestSearchAttributesRejectNUL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := dispatcher(t, &server{})
		d.Attributes = func(context.Context) Attributes {
			return Attributes{"Order": enumspb.INDEXED_VALUE_TYPE_KEYWORD, "Orders": enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST}
		}
		for _, attribute := range []string{`Order: "a\0"`, `Orders: [b, "a\0"]`} {
			m, firings := matched(t, "triggers:\n  - {name: a, pattern: a, echoError: Lost, start: {workflow: W, taskQueue: q, searchAttributes: {"+attribute+"}}}\n", "a")
			if got := d.Receive(t.Context(), m, firings, Live); !strings.Contains(got.reasons(), "NUL") {
				t.Errorf("%s: got %+v, want a reason that names NUL", attribute, got)
			}
		}
	})
}

func TestTextsPrecedeSends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var priority int32
		s := &server{start: func(_ context.Context, r *workflowservice.StartWorkflowExecutionRequest) error {
			priority = r.GetPriority().GetPriorityKey()
			return nil
		}}
		d, _ := dispatcher(t, s)
		for action, want := range map[string]int32{
			"signal: {workflowId: x, name: s}":   sms.PriorityOfTexts,
			"start: {workflow: W, taskQueue: q}": 0, // a user's workflow has Temporal's default priority
		} {
			m, firings := matched(t, "triggers:\n  - {name: a, pattern: a, "+action+"}\n", "a")
			if d.Receive(t.Context(), m, firings, Mute); priority != want {
				t.Errorf("%s: got priority %d, want %d", action, priority, want)
			}
		}
	})
}

func TestOptOutsNeedNoSchedules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, kind := startedKind(t)
		d.CatchesUp = func(ctx context.Context) (bool, error) {
			<-ctx.Done()
			return false, ctx.Err()
		}
		var o Options
		with(t, "triggers:\n  - {name: a, event: SMS_OPT_OUT, start: {workflow: W, taskQueue: q}}\n")(&o)
		m, _ := matched(t, plainStart, "STOP")
		m.Event, m.Parameters = sms.EventOptOut, map[string]string{sms.OptOutType: "STOP"}
		for want, matches := range map[string][]triggers.Match{
			"W":                        o.Triggers().Match(t.Context(), m),
			sms.ReceiveSmsWorkflowName: nil,
		} {
			*kind = ""
			m.MessageSID = another(m.MessageSID)
			if got := d.Receive(t.Context(), m, matches, Live); got.Again || *kind != want {
				t.Errorf("started %q, got %+v; want workflow %s without Again", *kind, got, want)
			}
		}
	})
}
