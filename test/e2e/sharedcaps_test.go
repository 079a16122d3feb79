package e2e

// Caps count the messages of all workers.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

func TestCapsHoldForAllWorkers(t *testing.T) {
	t.Parallel()
	const sends, each, most = 12, 5, 40
	s := stack.Start(t, stack.Options{
		NoWorker: true, Environment: []string{"TRIGGERS=", fmt.Sprintf("SEND_CAPS=+1500555=%d/d", most), "TWILIO_TIMEOUT=1s", "TWILIO_LISTING_PATIENCE=1s"},
		// Make the workflow that counts messages continue as new early.
		TemporalSettings: []string{"limit.historyCount.suggestContinueAsNew=40"},
	})
	crew := make([]*stack.Process, 3)
	for i := range crew {
		crew[i] = stack.StartProcess(t, "worker", s.Environment(), stack.Build(t, "worker"))
	}
	stack.Eventually(t, "all workers poll", func(context.Context) error {
		for _, one := range crew {
			if !strings.Contains(one.Output(), "worker started") {
				return errors.New("a worker does not poll yet")
			}
		}
		return nil
	})
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	// send sends to the next five phones, and returns how many were texted.
	send := func(n int) (texted int) {
		var to []string
		for i := range each {
			to = append(to, fmt.Sprintf("+1500555%02d%02d", n+10, i))
		}
		var result sms.SendSmsResult
		handle, err := s.Temporal.Client.ExecuteActivity(ctx, client.StartActivityOptions{
			ID: fmt.Sprint("send-", n), TaskQueue: sms.TaskQueue, StartToCloseTimeout: time.Minute, HeartbeatTimeout: 5 * time.Second,
		}, sms.SendSmsName, sms.SendSmsInput{SmsFrom: stack.Number, SmsTo: sms.To(to...), SmsBody: "Hello"})
		if err == nil {
			err = handle.Get(ctx, &result)
		}
		for _, e := range result.Errors {
			if e.Code != sms.CodeCapReached {
				err = errors.New(string(e.Code))
			}
		}
		if err != nil || len(result.Messages)+len(result.Errors) != each {
			t.Errorf("got the codes %v and error %v, want a message or CAP_REACHED for each of %d recipients", codes(result), err, each)
		}
		return len(result.Messages)
	}
	if n := send(0); n != each {
		t.Fatalf("the first send texted %d phones, want %d", n, each)
	}
	var sending sync.WaitGroup
	for n := 1; n < sends; n++ {
		sending.Go(func() { send(n) })
	}
	stack.Eventually(t, "others are texted", func(context.Context) error {
		if len(s.Twilio.Messages(twiliosim.Filter{Limit: 100})) < 2*each {
			return errors.New("too few")
		}
		return nil
	})
	crew[0].Kill()
	sending.Wait()
	// Messages that the killed worker had counted but not sent use up the cap.
	texts := len(s.Twilio.Messages(twiliosim.Filter{Limit: 1000}))
	if texts > most {
		t.Errorf("%d messages were sent, want at most the cap of %d", texts, most)
	}
	crew[0] = stack.StartProcess(t, "worker", s.Environment(), stack.Build(t, "worker"))
	stack.Eventually(t, "the new worker polls", func(context.Context) error {
		if !strings.Contains(crew[0].Output(), "worker started") {
			return errors.New("not yet")
		}
		return nil
	})
	left := most - texts
	for n := sends; n < sends+3; n++ {
		left -= send(n)
	}
	if left < 0 {
		t.Errorf("with the new worker, %d messages more than the cap permits were sent", -left)
	}
}
