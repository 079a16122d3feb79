package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

func TestWorkersShareTheRates(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{NoWorker: true, Environment: []string{"TRIGGERS=", "SEND_ACCOUNT_RATE=10", "TWILIO_TIMEOUT=1s", "TWILIO_LISTING_PATIENCE=1s"}})
	program := stack.Build(t, "worker")
	crew := make([]*stack.Process, 3)
	for i := range crew {
		crew[i] = stack.StartProcess(t, "worker", s.Environment(), program)
	}
	stack.Eventually(t, "each worker counts the others", func(context.Context) error {
		for _, one := range crew {
			if !strings.Contains(one.Output(), "workers=3") {
				return errors.New("a worker does not know of three workers yet")
			}
		}
		return nil
	})
	const sends, each = 9, 10
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	began := time.Now()
	var sending sync.WaitGroup
	for send := range sends {
		sending.Go(func() {
			var to []string
			for i := range each {
				to = append(to, fmt.Sprintf("+1500555%d%03d", send+1, i))
			}
			var result sms.SendSmsResult
			handle, err := s.Temporal.Client.ExecuteActivity(ctx, client.StartActivityOptions{
				ID: fmt.Sprint("send-", send), TaskQueue: sms.TaskQueue, StartToCloseTimeout: time.Minute, HeartbeatTimeout: 5 * time.Second,
			}, sms.SendSmsName, sms.SendSmsInput{SmsFrom: stack.Number, SmsTo: sms.To(to...), SmsBody: "Hello"})
			if err == nil {
				err = handle.Get(ctx, &result)
			}
			if err != nil || len(result.Errors) > 0 {
				t.Errorf("got the codes %v and error %v, want neither", codes(result), err)
			}
		})
	}
	stack.Eventually(t, "some are texted", func(context.Context) error {
		if len(s.Twilio.Messages(twiliosim.Filter{Limit: sends * each})) < sends {
			return errors.New("too few")
		}
		return nil
	})
	crew[0].Kill()
	sending.Wait()
	texts := s.Twilio.Messages(twiliosim.Filter{Limit: 2 * sends * each})
	if len(texts) != sends*each {
		t.Fatalf("got %d texts, want %d", len(texts), sends*each)
	}
	slices.SortFunc(texts, func(a, b twiliosim.Message) int { return a.CreatedAt.Compare(b.CreatedAt) })
	// Each of the 3 workers has a third of the rate, and may send one second's
	// worth, 3 texts, in a burst. A busy machine may delay texts, so that they
	// come late and in bursts, but never early.
	const burst = 10
	for i := burst; i < len(texts); i++ {
		took := texts[i].CreatedAt.Sub(began)
		if least := time.Duration(i-burst) * time.Second / 10; took < least {
			t.Fatalf("%d texts took only %s at 10 a second, want at least %s", i+1, took, least)
		}
	}
}
