package webhook

import (
	"context"
	"log/slog"
	"net"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/timestamppb"

	"temporal-twilio/sms"
	"temporal-twilio/triggers"
)

// server is a fake Temporal server with responses set by the test.
type server struct {
	workflowservice.UnimplementedWorkflowServiceServer
	start  func(context.Context, *workflowservice.StartWorkflowExecutionRequest) error
	starts atomic.Int32
	// texts holds the IDs of the workflows that were started.
	texts sync.Map
	// memo is the memo of the existing workflow.
	memo *commonpb.Memo
	// waits is true if the text's workflow is waiting for a worker. history
	// holds that workflow's events.
	waits   bool
	history []*historypb.HistoryEvent
	// asking is called for each request about a keeper. Optional.
	asking func(ctx context.Context, keeper string)
	// listed holds the texts of a pair, and query is the last query for
	// them.
	listed []Accepted
	query  string
	// began and ended are the start and end of a silence. Optional.
	began, ended *timestamppb.Timestamp
	// told is the sum of the arguments of the give-up signals to the text's
	// workflow.
	told atomic.Int32
}

func (s *server) SignalWorkflowExecution(_ context.Context, r *workflowservice.SignalWorkflowExecutionRequest) (*workflowservice.SignalWorkflowExecutionResponse, error) {
	var told int32
	err := converter.GetDefaultDataConverter().FromPayloads(r.Input, &told)
	s.told.Add(told)
	return &workflowservice.SignalWorkflowExecutionResponse{}, err
}

func (s *server) GetWorkflowExecutionHistory(ctx context.Context, r *workflowservice.GetWorkflowExecutionHistoryRequest) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
	if r.WaitNewEvent {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return &workflowservice.GetWorkflowExecutionHistoryResponse{History: &historypb.History{Events: s.history}}, nil
}

func (s *server) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{}, nil
}

func (s *server) StartWorkflowExecution(ctx context.Context, r *workflowservice.StartWorkflowExecutionRequest) (*workflowservice.StartWorkflowExecutionResponse, error) {
	s.starts.Add(1)
	if err := s.start(ctx, r); err != nil {
		return nil, serviceerror.ToStatus(err).Err()
	}
	s.texts.Store(r.WorkflowId, true)
	return &workflowservice.StartWorkflowExecutionResponse{RunId: "run"}, nil
}

func (s *server) DescribeWorkflowExecution(ctx context.Context, r *workflowservice.DescribeWorkflowExecutionRequest) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if strings.HasPrefix(r.Execution.WorkflowId, "sms-questions-") {
		if s.asking != nil {
			s.asking(ctx, r.Execution.WorkflowId)
		}
		return nil, status.Error(codes.NotFound, "nobody asks")
	}
	if strings.HasPrefix(r.Execution.WorkflowId, "sms-SM") && s.memo == nil {
		if _, started := s.texts.Load(r.Execution.WorkflowId); !started {
			return nil, status.Error(codes.NotFound, "not started")
		}
	}
	response := &workflowservice.DescribeWorkflowExecutionResponse{ExecutionConfig: &workflowpb.WorkflowExecutionConfig{}}
	response.WorkflowExecutionInfo = info(r.Execution.WorkflowId, s.memo)
	response.WorkflowExecutionInfo.StartTime, response.WorkflowExecutionInfo.CloseTime = s.began, s.ended
	if s.waits {
		response.WorkflowExecutionInfo.Type.Name = sms.ReceiveSmsWorkflowName
		response.PendingWorkflowTask = &workflowpb.PendingWorkflowTaskInfo{State: enumspb.PENDING_WORKFLOW_TASK_STATE_SCHEDULED}
	}
	return response, nil
}

// dispatcher returns a dispatcher that reaches the server without a network, as
// synctest requires, and a function that stops the server.
func dispatcher(t *testing.T, s *server) (d *Dispatcher, stop func()) {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	g := grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(g, s)
	go func() { _ = g.Serve(listener) }() // returns when the server is stopped
	t.Cleanup(g.Stop)
	c, err := client.NewLazyClient(client.Options{
		HostPort: "passthrough:///temporal", Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
		ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{
			grpc.WithStatsHandler(DoubtHandler{}),
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return &Dispatcher{Client: c, IDSecret: []byte("secret")}, g.Stop
}

// matched returns a text and the triggers in a file that it matches.
func matched(t *testing.T, file, body string) (sms.Inbound, []triggers.Match) {
	t.Helper()
	var o Options
	with(t, file)(&o)
	m := sms.Inbound{Event: sms.EventReceived, MessageSID: "SM00000000000000000000000000000001", AccountSID: "AC1", From: "+15005550009", To: "+15005550006", Body: body, ReceivedAt: time.Now()}
	return m, o.Triggers().Match(t.Context(), m)
}

// another returns the SID of another text.
func another(sid string) string { return sid[:len(sid)-1] + string(sid[len(sid)-1]+1) }

const plainStart = "triggers:\n  - {name: a, pattern: a, echo: Taken, echoError: Lost, start: {workflow: W, taskQueue: q}}\n"

func TestDispatchRetriesFailedRequests(t *testing.T) {
	for name, failure := range map[string]error{
		"Internal":          serviceerror.NewInternal("x"),
		"Unknown":           status.Error(codes.Unknown, "x"),
		"DeadlineExceeded":  serviceerror.NewDeadlineExceeded("x"),
		"Unavailable":       serviceerror.NewUnavailable("x"),
		"ResourceExhausted": serviceerror.NewResourceExhausted(enumspb.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT, "x"),
		"no response":       nil,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{}
				s.start = func(ctx context.Context, _ *workflowservice.StartWorkflowExecutionRequest) error {
					switch {
					case s.starts.Load() > 1:
						return nil
					case failure == nil:
						<-ctx.Done()
						return ctx.Err()
					}
					return failure
				}
				d, _ := dispatcher(t, s)
				m, firings := matched(t, plainStart, "a")
				if got := d.Receive(t.Context(), m, firings, Live); got.Again || !reflect.DeepEqual(got.Replies, []string{"Taken"}) {
					t.Errorf("got %+v after %d starts, want the reply Taken", got, s.starts.Load())
				}
			})
		})
	}
}

func TestDispatchTellsOnlyWhatIsCertain(t *testing.T) {
	for name, tc := range map[string]struct {
		failure error
		again   bool
	}{
		"a request without a response":  {nil, true},
		"an internal server error":      {serviceerror.NewInternal("x"), true},
		"a proxy that fails":            {status.Error(codes.Unknown, "x"), true},
		"a server that limits requests": {serviceerror.NewResourceExhausted(enumspb.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT, "x"), false},
		"a request that is refused":     {serviceerror.NewInvalidArgument("for +15005550009"), false},
		"no server":                     {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{start: func(ctx context.Context, _ *workflowservice.StartWorkflowExecutionRequest) error {
					if tc.failure != nil {
						return tc.failure
					}
					<-ctx.Done()
					return ctx.Err()
				}}
				d, stop := dispatcher(t, s)
				if name == "no server" {
					stop()
				}
				m, firings := matched(t, plainStart, "a")
				began := time.Now()
				got := d.Receive(t.Context(), m, firings, Live)
				if took := time.Since(began); took > acceptTimeout+time.Second {
					t.Errorf("got an answer after %s, want at most %s", took, acceptTimeout)
				}
				if got.Again != tc.again || !tc.again && !reflect.DeepEqual(got.Replies, []string{"Lost"}) || strings.Contains(got.reasons(), "+1500") {
					t.Errorf("got %+v, want Again %t, or the reply Lost, and no number", got, tc.again)
				}
			})
		})
	}
}

func TestDispatchAnswersRedeliveriesTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		replies, err := converter.GetDefaultDataConverter().ToPayload([]string{"Said before"})
		if err != nil {
			t.Fatal(err)
		}
		s := &server{memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{sms.MemoReplies: replies}}}
		s.start = func(context.Context, *workflowservice.StartWorkflowExecutionRequest) error {
			return serviceerror.NewWorkflowExecutionAlreadyStarted("x", "", "run")
		}
		d, _ := dispatcher(t, s)
		m, firings := matched(t, plainStart, "a")
		if got := d.Receive(t.Context(), m, firings, Live); !got.Known || got.WorkflowID != sms.TextWorkflowID(m.MessageSID) || !reflect.DeepEqual(got.Replies, []string{"Said before"}) {
			t.Errorf("got %+v, want the earlier reply of the known workflow", got)
		}
	})
}

func TestDispatchIgnoresUnwantedTexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		d, _ := dispatcher(t, s)
		m, firings := matched(t, plainStart, "b")
		if got := d.Receive(t.Context(), m, firings, Live); got.Again || len(got.Replies) > 0 || got.Outcome != string(sms.OutcomeUnwanted) || got.WorkflowID != "" || s.starts.Load() > 0 {
			t.Errorf("got %+v, %d starts; want no trigger and no start", got, s.starts.Load())
		}
	})
}

func TestKeywordAnswersNoQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		s := &server{asking: func(context.Context, string) { asked.Add(1) }}
		d, _ := dispatcher(t, s)
		m, _ := matched(t, plainStart, "stop")
		for event, want := range map[sms.EventKind]bool{sms.EventOptOut: false, sms.EventReceived: true} {
			asked.Store(0)
			m.Event = event
			if d.Receive(t.Context(), m, nil, Live); asked.Load() > 0 != want {
				t.Errorf("%s: asked %d keepers, want any: %v", event, asked.Load(), want)
			}
		}
	})
}

func TestRefusedFallbackReportsNoLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{start: func(context.Context, *workflowservice.StartWorkflowExecutionRequest) error {
			return serviceerror.NewInvalidArgument("x")
		}}
		d, _ := dispatcher(t, s)
		m, firings := matched(t, plainStart, "a")
		m.Parameters = map[string]string{fallbackParameter: "https://example.com/twilio/sms"}
		if got := d.Receive(t.Context(), m, firings, Live); !got.Again || len(got.Replies) > 0 {
			t.Errorf("got %+v, want Again and no reply: the webhook before may have published the text", got)
		}
	})
}

func TestDispatchRecordsMarkedTexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var id, kind string
		s := &server{start: func(_ context.Context, r *workflowservice.StartWorkflowExecutionRequest) error {
			id, kind = r.WorkflowId, r.WorkflowType.Name
			return nil
		}}
		d, _ := dispatcher(t, s)
		caughtUp := false
		d.CatchesUp = func(context.Context) (bool, error) { return caughtUp, nil }
		m, _ := matched(t, plainStart, "ARRET")
		m.Event, m.Parameters = sms.EventOptOut, map[string]string{"OptOutType": "STOP"}
		if got := d.Receive(t.Context(), m, nil, Live); got.Again || s.starts.Load() > 0 {
			t.Errorf("without catch-up: got %+v, %d starts; want no start", got, s.starts.Load())
		}
		caughtUp = true
		if got := d.Receive(t.Context(), m, nil, Live); got.Again || id != "sms-"+m.MessageSID || kind != sms.ReceiveSmsWorkflowName {
			t.Errorf("got %+v, started %s %s; want workflow %s", got, kind, id, sms.ReceiveSmsWorkflowName)
		}
	})
}

func TestDispatchUsesOnlyKnownSearchAttributes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var request *workflowservice.StartWorkflowExecutionRequest
		s := &server{start: func(_ context.Context, r *workflowservice.StartWorkflowExecutionRequest) error {
			request = r
			return nil
		}}
		d, _ := dispatcher(t, s)
		attributes := Attributes{}
		d.Attributes = func(context.Context) Attributes { return attributes }
		m, firings := matched(t, plainStart, "a")
		d.Receive(t.Context(), m, firings, Live)
		if len(request.GetSearchAttributes().GetIndexedFields()) > 0 {
			t.Errorf("got search attributes %v, want none, because none exist", request.SearchAttributes)
		}
		attributes = Attributes{
			sms.AttributeTrigger: enumspb.INDEXED_VALUE_TYPE_KEYWORD, sms.AttributeOutcome: enumspb.INDEXED_VALUE_TYPE_KEYWORD,
			sms.AttributeParty: enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
		}
		d.Receive(t.Context(), m, firings, Live)
		if fields := request.GetSearchAttributes().GetIndexedFields(); len(fields) != 3 || strings.Contains(string(fields[sms.AttributeParty].GetData()), "+1500") {
			t.Errorf("got search attributes %v, want 3 without a phone number", fields)
		}
		// A trigger's attribute that does not exist would block the workflow
		// permanently.
		m, firings = matched(t, "triggers:\n  - {name: a, pattern: a, echoError: Lost, start: {workflow: W, taskQueue: q, searchAttributes: {Order: x}}}\n", "a")
		starts := s.starts.Load()
		m.MessageSID = another(m.MessageSID)
		got := d.Receive(t.Context(), m, firings, Live)
		if !reflect.DeepEqual(got.Replies, []string{"Lost"}) || !strings.Contains(got.reasons(), "search attribute Order") || s.starts.Load() != starts {
			t.Errorf("got %+v, want the reply Lost, a reason that names the attribute, and no start", got)
		}
	})
}

func info(workflowID string, memo *commonpb.Memo) *workflowpb.WorkflowExecutionInfo {
	return &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: "run"}, Type: &commonpb.WorkflowType{Name: "W"},
		Status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, Memo: memo, SearchAttributes: &commonpb.SearchAttributes{},
	}
}

func TestDispatchReportsOnlyRealLosses(t *testing.T) {
	const scheduled, begun = enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED
	for name, tc := range map[string]struct {
		known     bool // another delivery with a different plan came first
		event     enumspb.EventType
		continues bool
		told      string
	}{
		"no worker started it":               {false, scheduled, false, "Lost"},
		"a worker started it and was killed": {false, begun, false, ""},
		"an earlier run has started":         {false, scheduled, true, ""},
		"the previous delivery was cut off":  {true, scheduled, false, "Lost before"},
		"cut off after a worker started it":  {true, begun, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{waits: true}
				s.start = func(_ context.Context, r *workflowservice.StartWorkflowExecutionRequest) (err error) {
					started := &historypb.WorkflowExecutionStartedEventAttributes{}
					s.memo = r.Memo
					if tc.known {
						err = serviceerror.NewWorkflowExecutionAlreadyStarted("x", "", "run")
						s.memo.Fields[sms.MemoIfLost], _ = converter.GetDefaultDataConverter().ToPayload([]string{"Lost before"})
					}
					if tc.continues {
						started.ContinuedExecutionRunId = "before"
					}
					s.history = []*historypb.HistoryEvent{
						{EventId: 1, Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{WorkflowExecutionStartedEventAttributes: started}},
						{EventId: 2, EventType: tc.event},
					}
					return err
				}
				d, _ := dispatcher(t, s)
				m, firings := matched(t, "triggers:\n  - {name: a, pattern: a, echo: Taken, echoError: Lost, signal: {workflowId: x, name: s}}\n", "a")
				began := time.Now()
				got := d.Receive(t.Context(), m, firings, Live)
				if took := time.Since(began); took > 14*time.Second { // Twilio waits 15 s
					t.Errorf("got an answer after %s, want one while Twilio waits", took)
				}
				if tc.told != strings.Join(got.Replies, " ") || (tc.told == "") != got.Again {
					t.Errorf("got %+v, want the reply %q, or Again if that is empty", got, tc.told)
				}
				if told := s.told.Load() > 0; told != (tc.told != "") {
					t.Errorf("got a give-up signal to the workflow: %t, want %t", told, !told)
				}
			})
		})
	}
}

func TestDeliveryWithdrawsItsGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		d, _ := dispatcher(t, s)
		r := &reception{Dispatcher: d, workflowID: "sms-x"}
		s.told.Store(7) // another delivery gave up
		r.goOn(5)
		if told := s.told.Load(); told != 2 {
			t.Errorf("got signal %d to withdraw a give-up, want -5", told-7)
		}
	})
}

func TestTriggerCannotSetMemoReplies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var request *workflowservice.StartWorkflowExecutionRequest
		s := &server{start: func(_ context.Context, r *workflowservice.StartWorkflowExecutionRequest) error {
			request = r
			return nil
		}}
		d, _ := dispatcher(t, s)
		m, firings := matched(t, "triggers:\n  - {name: a, pattern: a, echo: Taken, start: {workflow: W, taskQueue: q, memo: {replies: [Stolen]}}}\n", "a")
		d.Receive(t.Context(), m, firings, Live)
		if got := string(request.GetMemo().GetFields()[sms.MemoReplies].GetData()); got != `["Taken"]` {
			t.Errorf("got replies %s in the memo, want [\"Taken\"]", got)
		}
	})
}

func TestDispatchRefusesInvalidCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, start := range map[string]string{
			"the ID of the text's own workflow": "{workflow: W, taskQueue: q, id: 'sms-${messageSid}'}",
			"an ID that PostgreSQL refuses":     `{workflow: W, taskQueue: q, id: "a\0"}`,
			"a long ID":                         "{workflow: W, taskQueue: q, id: '" + strings.Repeat("x", maxID+1) + "'}",
			"a task queue of Temporal's own":    "{workflow: W, taskQueue: /_sys/q}",
			"the ID of a pause":                 "{workflow: W, taskQueue: q, id: '" + sms.PauseID + "'}",
			"the ID of a keeper":                "{workflow: W, taskQueue: q, id: 'sms-questions-x'}",
		} {
			s := &server{}
			d, _ := dispatcher(t, s)
			m, firings := matched(t, "triggers:\n  - {name: a, pattern: a, echo: Taken, echoError: Lost, start: "+start+"}\n", "a")
			got := d.Receive(t.Context(), m, firings, Live)
			if got.Outcome != string(sms.OutcomeRefused) || !reflect.DeepEqual(got.Replies, []string{"Lost"}) || s.starts.Load() > 0 {
				t.Errorf("%s: got %+v, %d starts; want a refusal, the reply Lost and no start", name, got, s.starts.Load())
			}
		}
	})
}

func TestDispatchRefusesSignalAllWithoutAttribute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{start: func(context.Context, *workflowservice.StartWorkflowExecutionRequest) error { return nil }}
		d, _ := dispatcher(t, s)
		d.Attributes = func(context.Context) Attributes { return Attributes{} }
		m, firings := matched(t, "triggers:\n  - {name: a, pattern: a, catchUp: true, echoError: Lost, signalAll: {name: s}}\n", "a")
		if got := d.Receive(t.Context(), m, firings, Live); !got.Again || !strings.Contains(got.reasons(), sms.AttributeCatches) || s.starts.Load() > 0 {
			t.Errorf("live: got %+v, want Again, and a reason that names the attribute", got)
		}
		// Twilio's log still contains the text at the next catch-up,
		// but the text must not hold up the others.
		if got := d.Receive(t.Context(), m, firings, Late); got.Again || len(got.Reasons) == 0 {
			t.Errorf("late: got %+v, want a reason without Again", got)
		}
	})
}

func TestDispatchDistinguishesTemporaryRefusals(t *testing.T) {
	const mute = "triggers:\n  - {name: a, pattern: a, start: {workflow: W, taskQueue: q}}\n"
	for name, tc := range map[string]struct {
		failure error
		again   bool
	}{
		"a failover":                {serviceerror.NewNamespaceNotActive("n", "a", "b"), true},
		"a proxy without a backend": {status.Error(codes.Unimplemented, "HTTP 404"), true},
		"a request that is refused": {serviceerror.NewInvalidArgument("x"), false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{start: func(context.Context, *workflowservice.StartWorkflowExecutionRequest) error { return tc.failure }}
				d, _ := dispatcher(t, s)
				m, firings := matched(t, mute, "a")
				if got := d.Receive(t.Context(), m, firings, Live); got.Again != tc.again {
					t.Errorf("got %+v, want Again %t", got, tc.again)
				}
			})
		})
	}
}

func TestDispatchDoesNotWaitWhenMute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{start: func(context.Context, *workflowservice.StartWorkflowExecutionRequest) error { return nil }}
		d, _ := dispatcher(t, s)
		m, firings := matched(t, "triggers:\n  - {name: a, pattern: a, echo: Taken, echoError: Lost, signal: {workflowId: w, name: s}}\n", "a")
		if got := d.Receive(t.Context(), m, firings, Mute); got.Outcome != outcomeAccepted || got.Again || len(got.Replies) > 0 {
			t.Errorf("got %+v, want accepted without a reply", got)
		}
	})
}

func TestDispatchLeavesLossesToCatchUp(t *testing.T) {
	for name, failure := range map[string]error{
		"a key that has expired":    status.Error(codes.Unauthenticated, "x"),
		"a key without permission":  serviceerror.NewPermissionDenied("x", ""),
		"a request that is refused": serviceerror.NewInvalidArgument("x"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{start: func(context.Context, *workflowservice.StartWorkflowExecutionRequest) error { return failure }}
				d, _ := dispatcher(t, s)
				m, firings := matched(t, strings.Replace(plainStart, "echo:", "catchUp: true, echo:", 1), "a")
				if got := d.Receive(t.Context(), m, firings, Live); !got.Again {
					t.Errorf("live: got %+v, want Again", got)
				}
				if got := d.Receive(t.Context(), m, firings, Late); got.Again != isPassing(failure) {
					t.Errorf("late: got %+v, want Again %t", got, isPassing(failure))
				}
			})
		})
	}
}

func TestDispatchStartsWithoutAttributesIfNeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{start: func(_ context.Context, in *workflowservice.StartWorkflowExecutionRequest) error {
			if in.GetSearchAttributes().GetIndexedFields()[sms.AttributeOutcome] != nil {
				return serviceerror.NewInvalidArgument("no such search attribute")
			}
			return nil
		}}
		d, _ := dispatcher(t, s)
		d.Attributes = func(context.Context) Attributes {
			return Attributes{
				sms.AttributeTrigger: enumspb.INDEXED_VALUE_TYPE_KEYWORD, sms.AttributeOutcome: enumspb.INDEXED_VALUE_TYPE_KEYWORD,
				sms.AttributeParty: enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
			}
		}
		m, firings := matched(t, "triggers:\n  - {name: a, pattern: a, echo: Taken, echoError: Lost, start: {workflow: W, taskQueue: q}}\n", "a")
		if got := d.Receive(t.Context(), m, firings, Live); s.starts.Load() != 2 || !reflect.DeepEqual(got.Replies, []string{"Taken"}) {
			t.Errorf("got %d starts, %+v; want 2 starts and the reply Taken", s.starts.Load(), got)
		}
	})
}

func TestUncheckedAttributesNeedPlainStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{start: func(context.Context, *workflowservice.StartWorkflowExecutionRequest) error { return nil }}
		d, _ := dispatcher(t, s)
		d.Attributes = func(context.Context) Attributes { return nil } // the attributes could not be read
		const one = "triggers:\n  - {name: a, pattern: a, echo: Taken, echoError: Lost, start: {workflow: W, taskQueue: q, searchAttributes: {Order: x}}}\n"
		m, firings := matched(t, one, "a")
		if got := d.Receive(t.Context(), m, firings, Live); s.starts.Load() != 1 || !reflect.DeepEqual(got.Replies, []string{"Taken"}) {
			t.Errorf("a plain start, which Temporal itself checks: got %+v, %d starts; want the reply Taken and 1 start", got, s.starts.Load())
		}
		m, firings = matched(t, one+"  - {name: b, pattern: a, start: {workflow: W, taskQueue: q}}\n", "a")
		m.MessageSID = another(m.MessageSID)
		if got := d.Receive(t.Context(), m, firings, Live); s.starts.Load() != 1 || !reflect.DeepEqual(got.Replies, []string{"Lost"}) || !strings.Contains(got.reasons(), "search attributes") {
			t.Errorf("two triggers: got %+v, %d starts; want the reply Lost and no more starts", got, s.starts.Load())
		}
	})
}
