package e2e

// Sends that wait for one another: for the rate of their sender, or for the
// send that has the same key.

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"

	"temporal-twilio/activities"
	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twilio"
	"temporal-twilio/workflows"
)

func TestPacedSendsHeartbeatLittle(t *testing.T) {
	t.Parallel()
	const sends, perSecond = 30, 3
	metrics := "127.0.0.1:" + stack.FreePort(t)
	s := stack.Start(t, stack.Options{Environment: []string{"SEND_RATE=" + strconv.Itoa(perSecond), "METRICS_ADDR=" + metrics}})
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	began := time.Now()
	var handles []client.ActivityHandle
	for n := range sends {
		// Most of the sends get their turn only after their first attempt. The next
		// attempt must not start much later, because no other send would use those
		// turns.
		handle, err := s.Temporal.Client.ExecuteActivity(ctx, client.StartActivityOptions{
			ID: fmt.Sprint("paced-", n), TaskQueue: sms.TaskQueue, StartToCloseTimeout: 5 * time.Second, RetryPolicy: &temporal.RetryPolicy{MaximumInterval: 5 * time.Second},
		}, sms.SendSmsName, sms.SendSmsInput{SmsFrom: stack.Number, SmsTo: sms.To(fmt.Sprintf("+15005551%03d", n)), SmsBody: "Hello"})
		if err != nil {
			t.Fatal(err)
		}
		handles = append(handles, handle)
	}
	for _, handle := range handles {
		var result sms.SendSmsResult
		if err := handle.Get(ctx, &result); err != nil || len(result.Messages) != 1 {
			t.Errorf("%s: got the errors %+v and error %v, want one message", handle.GetID(), result.Errors, err)
		}
	}
	if took := time.Since(began); took < (sends-perSecond)*time.Second/perSecond {
		t.Errorf("the sends took only %s, want at least %s at their rate", took, (sends-perSecond)*time.Second/perSecond)
	}
	if sent := messages(t, s); len(sent) != sends {
		t.Errorf("%d messages were sent, want %d", len(sent), sends)
	}
	beats := heartbeats(ctx, t, metrics)
	t.Logf("got %v heartbeats", beats)
	if beats > 10*sends {
		t.Errorf("got %v heartbeats, want at most %d", beats, 10*sends)
	}
}

// heartbeats returns how many heartbeats a worker has sent, according to its
// metrics.
func heartbeats(ctx context.Context, t *testing.T, metrics string) (count float64) {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+metrics+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	requests := false
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "} ")
		if !strings.HasPrefix(name, "temporal_request_total{") && !strings.HasPrefix(name, "temporal_request{") {
			continue
		}
		requests = true
		if strings.Contains(name, `operation="RecordActivityTaskHeartbeat"`) {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatal(err)
			}
			count += n
		}
	}
	if !requests {
		t.Fatal("the metrics do not count requests")
	}
	return count
}

func TestKeyedSendHoldsNoSlot(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{NoWorker: true})
	gateway, err := twilio.New(twilio.Access{AccountSID: stack.Account, Token: stack.Token, BaseURL: s.Twilio.URL})
	if err != nil {
		t.Fatal(err)
	}
	// There is a single slot. If the activity that waits for the keyed send held
	// it, the send would never start.
	w := worker.New(s.Temporal.Client, sms.TaskQueue, worker.Options{MaxConcurrentActivityExecutionSize: 1})
	workflows.Register(w)
	(&activities.Activities{
		Accounts:  map[string]activities.Account{"": {Gateway: gateway, Pace: activities.NewPace(activities.Limits{})}},
		Renderer:  activities.NewFreeMarker("", ""),
		KeySecret: []byte("the-secret-of-the-tests"),
	}).Register(w)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	handle, err := s.Temporal.Client.ExecuteActivity(ctx, client.StartActivityOptions{
		ID: "keyed", TaskQueue: sms.TaskQueue, StartToCloseTimeout: 10 * time.Minute, HeartbeatTimeout: 30 * time.Second,
	}, sms.SendSmsName, sms.SendSmsInput{SmsFrom: stack.Number, SmsTo: sms.To(phone), SmsBody: "Hello", IdempotencyKey: "order-42"})
	if err != nil {
		t.Fatal(err)
	}
	var result sms.SendSmsResult
	if err := handle.Get(ctx, &result); err != nil || len(result.Messages) != 1 {
		t.Errorf("got the errors %+v and error %v, want one message", result.Errors, err)
	}
}

func TestCapStopsMessagesBeyondIt(t *testing.T) {
	t.Parallel()
	metrics := "127.0.0.1:" + stack.FreePort(t)
	s := stack.Start(t, stack.Options{Environment: []string{"SEND_CAPS=+1500555=2/d, *=1/d", "METRICS_ADDR=" + metrics}})
	result := sendSms(t, s, map[string]any{"smsFrom": stack.Number, "smsTo": []string{phone, "+15005550011", "+15005550012", "+12125550100"}, "smsBody": "Hi"})
	if got := codes(result); len(got) != 1 || got[0] != sms.CodeCapReached || len(messages(t, s)) != 3 {
		t.Errorf("got the codes %v and %d messages, want one CAP_REACHED and 3 messages", got, len(messages(t, s)))
	}
	body, err := fetched(t.Context(), "http://"+metrics+"/metrics")
	if err != nil || !strings.Contains(body, `sms_capped_total{account="default",prefix="+1500555"} 1`) || !strings.Contains(body, `sms_capped_total{account="default",prefix="*"} 0`) {
		t.Errorf("the metrics do not count the capped message: %v", err)
	}
}
