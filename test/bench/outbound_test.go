package bench

// SendSms compared with the ten lines that people write around twilio-go, with an
// activity that does nothing, and with a bare HTTP client. All of them run in one
// worker, and text the same local Twilio.

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	twiliogo "github.com/twilio/twilio-go"
	twilioclient "github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"golang.org/x/sync/errgroup"

	"temporal-twilio/activities"
	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twilio"
	"temporal-twilio/twiliosim"
)

// atOnce is how many messages each side creates concurrently.
const atOnce = 50

// byHand is the code that people write around twilio-go.
type byHand struct{ rest *twiliogo.RestClient }

func (h *byHand) SendByHand(_ context.Context, in sms.SendSmsInput) (*api.ApiV2010Message, error) {
	return h.create(in, in.SmsTo[0].To)
}

func (h *byHand) create(in sms.SendSmsInput, to string) (*api.ApiV2010Message, error) {
	params := &api.CreateMessageParams{}
	params.SetTo(to)
	params.SetFrom(in.SmsFrom)
	params.SetBody(in.SmsBody)
	return h.rest.Api.CreateMessage(params)
}

// PoolByHand sends to a list, and returns Twilio's response for each message.
func (h *byHand) PoolByHand(_ context.Context, in sms.SendSmsInput) ([]sms.Message, error) {
	return pooled(in, func(to string) (m sms.Message, err error) {
		created, err := h.create(in, to)
		if err == nil {
			m = sms.Message{To: to, SID: *created.Sid, Status: sms.Status(*created.Status)}
		}
		return m, err
	})
}

// pooled creates the messages of a list with the given concurrency.
func pooled(in sms.SendSmsInput, create func(to string) (sms.Message, error)) ([]sms.Message, error) {
	var pool errgroup.Group
	pool.SetLimit(atOnce)
	created := make([]sms.Message, len(in.SmsTo))
	for n := range created {
		pool.Go(func() (err error) {
			created[n], err = create(in.SmsTo[n].To)
			return err
		})
	}
	return created, pool.Wait()
}

// redirect is a transport that sends twilio-go's requests to the local Twilio.
// It is needed because twilio-go has no option for a base URL.
type redirect struct {
	host string
	next http.RoundTripper
}

func (r redirect) RoundTrip(request *http.Request) (*http.Response, error) {
	request.URL.Scheme, request.URL.Host, request.Host = "http", r.host, r.host
	return r.next.RoundTrip(request)
}

// bare creates messages over persistent connections, and does nothing else.
type bare struct {
	base      string
	transport *http.Client
}

func (b *bare) PoolBare(ctx context.Context, in sms.SendSmsInput) ([]sms.Message, error) {
	return pooled(in, func(to string) (sms.Message, error) { return b.create(ctx, in.SmsFrom, to, in.SmsBody) })
}

func (b *bare) create(ctx context.Context, from, to, body string) (created sms.Message, err error) {
	form := url.Values{"From": {from}, "To": {to}, "Body": {body}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.base+"/2010-04-01/Accounts/"+stack.Account+"/Messages.json", strings.NewReader(form.Encode()))
	if err != nil {
		return created, err
	}
	request.SetBasicAuth(stack.Account, stack.Token)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := b.transport.Do(request)
	if err != nil {
		return created, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusCreated {
		err = fmt.Errorf("answered %s: %s", response.Status, answer)
	}
	if err != nil {
		return created, err
	}
	return created, json.Unmarshal(answer, &created)
}

// nothing is an activity that does nothing.
func nothing(context.Context, sms.SendSmsInput) error { return nil }

// oneActivity is a workflow that runs one of the activities.
func oneActivity(ctx workflow.Context, name string, in sms.SendSmsInput) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 5 * time.Minute, HeartbeatTimeout: 30 * time.Second, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1},
	})
	sending := workflow.ExecuteActivity(ctx, name, in)
	switch name { // decode each result, as callers do
	case sms.SendSmsName:
		var result sms.SendSmsResult
		if err := sending.Get(ctx, &result); err != nil || len(result.Errors) == 0 {
			return err
		}
		return fmt.Errorf("%d recipients were not texted, the first of them because of %s", len(result.Errors), result.Errors[0].Code)
	case "PoolBare", "PoolByHand":
		return sending.Get(ctx, new([]sms.Message))
	case "SendByHand":
		return sending.Get(ctx, new(api.ApiV2010Message))
	}
	return sending.Get(ctx, nil)
}

// outbound is a worker that has all of these activities and counts its
// heartbeats.
type outbound struct {
	*stack.Stack
	sending        *activities.Activities
	beats, largest atomic.Int64
}

func startOutbound(t *testing.T) *outbound {
	t.Helper()
	s := &outbound{Stack: stack.Start(t, stack.Options{
		NoWorker:         true,
		TemporalSettings: fastTemporal,
	})}
	if err := s.Twilio.SetSpeed(1e6); err != nil { // otherwise, the sender's queue fills up
		t.Fatal(err)
	}
	gateway, err := twilio.New(twilio.Access{AccountSID: stack.Account, Token: stack.Token, BaseURL: s.Twilio.URL})
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	base := &twilioclient.Client{
		Credentials: twilioclient.NewCredentials(stack.Account, stack.Token),
		HTTPClient:  &http.Client{Transport: redirect{strings.TrimPrefix(s.Twilio.URL, "http://"), transport}},
	}
	base.SetAccountSid(stack.Account)
	rest := twiliogo.NewRestClientWithParams(twiliogo.ClientParams{Client: base})
	s.sending = &activities.Activities{
		Accounts: map[string]activities.Account{"": {Gateway: gateway, Pace: activities.NewPace(activities.Limits{Concurrency: atOnce})}},
		Renderer: activities.NewFreeMarker("", ""),
		Record:   s.record,
	}
	w := worker.New(s.Temporal.Client, "bench", worker.Options{DisableRegistrationAliasing: true})
	s.sending.Register(w)
	w.RegisterActivity(&byHand{rest})
	w.RegisterActivity(&bare{s.Twilio.URL, &http.Client{Transport: transport}})
	w.RegisterActivityWithOptions(nothing, activity.RegisterOptions{Name: "Nothing"})
	w.RegisterWorkflowWithOptions(oneActivity, workflow.RegisterOptions{Name: "OneActivity"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	return s
}

// record counts heartbeats and their bytes, and records them as usual.
func (s *outbound) record(ctx context.Context, details any) error {
	payload, err := converter.GetDefaultDataConverter().ToPayload(details)
	if err != nil {
		return err
	}
	s.beats.Add(1)
	for size := int64(len(payload.GetData())); size > s.largest.Load(); {
		s.largest.Store(size)
	}
	return activity.GetClient(ctx).RecordActivityHeartbeat(ctx, activity.GetInfo(ctx).TaskToken, converter.NewRawValue(payload))
}

// send runs the workflow for one of the activities, with a list of the given
// length.
func (s *outbound) send(name string, recipients int) func(context.Context, int) error {
	in := listOf(recipients)
	return func(ctx context.Context, _ int) error {
		run, err := s.Temporal.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "send-" + uuid.NewString(), TaskQueue: "bench"}, "OneActivity", name, in)
		if err != nil {
			return err
		}
		return run.Get(ctx, nil)
	}
}

// listOf returns the input of a send to the given number of recipients.
func listOf(recipients int) sms.SendSmsInput {
	to := make([]string, recipients)
	for i := range to {
		to[i] = fmt.Sprintf("+1500%07d", 1000+i)
	}
	return sms.SendSmsInput{SmsFrom: stack.Number, SmsTo: sms.To(to...), SmsBody: "Your table is ready."}
}

const outboundPart = "A text out"

// The reasons why sends miss their aims, as shown in the table.
const (
	whyOne  = "SendSms checks its input, renders the text, parses the number, and reports in typed form and as text"
	whySlow = "SendSms waits for its last create, and records recipients before it tries them"
	whyList = "the local Twilio responds immediately, so the processor is the limit; to the processor time of a bare client's list of 1,000, including Temporal's and the local Twilio's, " +
		"records add about 5%, the report in typed form and as text 3%, and addresses, turns and the ledger 3%"
)

func TestOutbound(t *testing.T) {
	besideOthers(t)
	s := startOutbound(t)
	s.single(t, "")
	lists := []int{100, 1000, 5000}
	for _, n := range lists {
		s.list(t, n, "", 0.90)
	}
	for _, fault := range []twiliosim.Fault{
		{Kind: twiliosim.FaultDelay, Operation: "create", Rate: 0.05, Delay: twiliosim.Duration(time.Second)},
		{Kind: twiliosim.FaultDelay, Operation: "create", Delay: twiliosim.Duration(100 * time.Millisecond)},
	} {
		if _, err := s.Twilio.AddFault(fault); err != nil {
			t.Fatal(err)
		}
	}
	const slow = ", Twilio answering in 100 ms, 5% of the time in 1 s"
	if !testing.Short() {
		s.single(t, slow)
	}
	for _, n := range lists[:2] {
		s.list(t, n, slow, 0.97)
	}
}

// single adds rows that compare sends to one recipient with the alternatives.
func (s *outbound) single(t *testing.T, how string) {
	t.Helper()
	many := versus{
		part: outboundPart, name: fmt.Sprintf("SendSms to one, %d at a time%s", atOnce, how), beside: "twilio-go by hand", atOnce: atOnce,
		atLeast: 0.97, why: whyOne,
	}
	many.report(t, s.send(sms.SendSmsName, 1), s.send("SendByHand", 1))
	many.beside, many.atLeast = "an activity that does nothing", 0
	many.report(t, s.send(sms.SendSmsName, 1), s.send("Nothing", 1))
	alone := versus{part: outboundPart, name: "SendSms to one, one at a time" + how, beside: "twilio-go by hand", atOnce: 1, atMost: 1.05, why: whyOne}
	alone.report(t, s.send(sms.SendSmsName, 1), s.send("SendByHand", 1))
}

// list adds rows that compare a send to n recipients with the alternatives.
func (s *outbound) list(t *testing.T, n int, how string, atLeast float64) {
	t.Helper()
	s.beats.Store(0)
	s.largest.Store(0)
	one := versus{part: outboundPart, name: fmt.Sprintf("SendSms to %d%s", n, how), beside: "a bare HTTP client", atOnce: 1, atLeast: atLeast, why: whyList}
	if how != "" {
		one.why = whySlow
	}
	one.report(t, s.send(sms.SendSmsName, n), s.send("PoolBare", n))
	if !testing.Short() || n == 1000 && how == "" {
		one.beside, one.why, one.atLeast = "a pool around twilio-go", "", 0
		one.report(t, s.send(sms.SendSmsName, n), s.send("PoolByHand", n))
	}
	t.Logf("%d heartbeats, the largest of %d bytes", s.beats.Load(), s.largest.Load())
}

// TestOutboundMemory logs the peak memory of the worker for lists of growing
// length.
func TestOutboundMemory(t *testing.T) {
	besideOthers(t)
	s := stack.Start(t, stack.Options{Environment: []string{"LOG_LEVEL=error", "SEND_CONCURRENCY=50"}})
	if err := s.Twilio.SetSpeed(1e6); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{100, 1000, 5000, 5000, 5000} {
		handle, err := s.Temporal.Client.ExecuteActivity(t.Context(), client.StartActivityOptions{
			ID: uuid.NewString(), TaskQueue: sms.TaskQueue, StartToCloseTimeout: 2 * time.Minute, HeartbeatTimeout: 30 * time.Second,
		}, sms.SendSmsName, listOf(n))
		var result sms.SendSmsResult
		if err == nil {
			err = handle.Get(t.Context(), &result)
		}
		if err != nil || len(result.Messages) != n {
			t.Fatalf("%d of %d recipients were texted, want all; got error %v", len(result.Messages), n, err)
		}
		t.Logf("after a list of %d: at most %.0f MB", n, float64(s.Worker.PeakMemory(t))/(1<<20))
	}
}
