package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

func TestLongestPrefixDeterminesCap(t *testing.T) {
	c := NewCaps("AC1", []Cap{{"+1", 3, time.Hour}, {"+1809", 1, time.Hour}, {EachCountry, 2, time.Minute}, {"+7", 0, time.Hour}})
	for to, want := range map[string]string{
		"+15005550001": "AC1 +1 1h0m0s", "whatsapp:+15005550001": "AC1 +1 1h0m0s", "+18095550001": "AC1 +1809 1h0m0s",
		"+447400123456": "AC1 *44 1m0s", "+79161234567": "AC1 +7 1h0m0s", "whatsapp:US.13491208655302741918": "AC1 * 1m0s",
	} {
		if limit, key := c.of(to); limit == nil || key != want {
			t.Errorf("%s: got cap %v, key %q, want key %q", to, limit, key, want)
		}
	}
	for to, want := range map[string]string{"+18095550001": "+1809", "+447400123456": "+44", "whatsapp:US.13491208655302741918": "*"} {
		if limit, _ := c.of(to); capped(limit, to).Cap != want {
			t.Errorf("%s: got error %+v, want one for the cap %q", to, capped(limit, to), want)
		}
	}
	if limit, _ := NewCaps("", []Cap{{"+44", 2, time.Hour}}).of("+4915112345678"); limit != nil {
		t.Errorf("got cap %v for a number without one, want none", limit)
	}
}

// tally counts messages as CapsSmsWorkflow does, but in a single window that
// never ends.
type tally struct {
	mu      sync.Mutex
	counted map[string]int
	asked   int
	// misplaced is the number of messages that were given back with a time
	// other than that of their reservation.
	misplaced int
}

// tallied is the time at which a tally counts all messages, in Unix seconds.
const tallied = 1_700_000_000

func (c *tally) count(_ context.Context, requests []sms.CapTake) (result sms.TakeCapsResult, _ error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counted == nil {
		c.counted = make(map[string]int)
	}
	c.asked++
	for _, t := range requests {
		n := min(t.Count, max(0, t.Most-c.counted[t.Key]))
		c.counted[t.Key] += n
		if n < 0 && t.At != tallied {
			c.misplaced -= n
		}
		result.Taken = append(result.Taken, max(0, n))
	}
	result.At = tallied
	return result, nil
}

// is waits until the count for a key is exactly the given number, because
// unsent messages are given back only after the send. It fails the test if that
// takes too long.
func (c *tally) is(t *testing.T, key string, want int) {
	t.Helper()
	got := 0
	for range 1000 {
		c.mu.Lock()
		got = c.counted[key] + c.misplaced
		c.mu.Unlock()
		if got == want {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("%s: got a count of %d messages, want %d", key, got, want)
}

func TestCapLimitsSends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var drafts []twilio.Draft
		accept := accepting(&drafts)
		a := newActivities(gatewayFunc(func(ctx context.Context, d twilio.Draft) (sms.Message, error) {
			if d.To == "+447400123451" { // Twilio refuses it, so it does not count
				return sms.Message{}, &sms.Error{Code: sms.CodeInvalidTo, HTTPStatus: 400, Message: "no"}
			}
			return accept(ctx, d)
		}))
		account := a.Accounts[""]
		account.Caps = NewCaps("AC1", []Cap{{"+44", 2, time.Hour}, {"+49", 0, time.Hour}})
		var all tally
		a.countCaps = all.count
		a.Accounts[""] = account
		to := sms.To("+447400123451", "+447400123452", "+447400123453", "+447400123454", "+4915112345678", "+15005550001")
		result, err := run(t, a, sms.SendSmsInput{SmsFrom: one.SmsFrom, SmsTo: to, SmsBody: "Hi"})
		if err != nil || len(drafts) != 3 || len(result.Errors) != 3 {
			t.Fatalf("got %d texts, errors %+v, error %v, want 3 texts and 3 errors", len(drafts), result.Errors, err)
		}
		for i, want := range []struct {
			code      sms.Code
			retryable bool
		}{{sms.CodeInvalidTo, false}, {sms.CodeCapReached, true}, {sms.CodeCapReached, false}} {
			if e := result.Errors[i]; e.Code != want.code || e.Retryable != want.retryable {
				t.Errorf("error %d: got %+v, want %s, retryable %v", i, e, want.code, want.retryable)
			}
		}
		all.is(t, "AC1 +44 1h0m0s", 2)
	})
}

func TestCapsCountSentMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var drafts []twilio.Draft
		accept := accepting(&drafts)
		a := newActivities(gatewayFunc(func(ctx context.Context, d twilio.Draft) (sms.Message, error) {
			if len(drafts) == 5 {
				return sms.Message{}, &sms.Error{Code: sms.CodeAuthentication, Scope: sms.ScopeAccount, HTTPStatus: 401, Message: "no"}
			}
			return accept(ctx, d)
		}))
		account := a.Accounts[""]
		account.Caps = NewCaps("", []Cap{{"+44", 1000, time.Hour}})
		a.Accounts[""] = account
		var all tally
		a.countCaps = all.count
		var to []string
		for i := range 300 {
			to = append(to, fmt.Sprintf("+44740012%04d", i))
		}
		result, err := run(t, a, sms.SendSmsInput{SmsFrom: one.SmsFrom, SmsTo: sms.To(to...), SmsBody: "Hi"})
		if err != nil || len(result.Messages) != 5 {
			t.Fatalf("got %d texts, error %v, want 5 texts", len(result.Messages), err)
		}
		all.is(t, " +44 1h0m0s", 5)
		if all.asked > 3 {
			t.Errorf("the send made %d requests to CapsSmsWorkflow, want at most 3", all.asked)
		}
	})
}

func TestCancellationIsNotReportedAsCap(t *testing.T) {
	s := newTestSend("+447400123451")
	s.allowance = newAllowance()
	s.account.Caps = NewCaps("", []Cap{{EachCountry, 1000, time.Hour}})
	s.activities.countCaps = func(ctx context.Context, _ []sms.CapTake) (result sms.TakeCapsResult, _ error) {
		<-ctx.Done()
		return result, ctx.Err()
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.reserveCap(ctx, s.recipients[0])
	if _ = s.conclude(ctx); err == nil || s.unended.Code != sms.CodeCancelled {
		t.Errorf("got error %v and the recipients' error %+v, want CANCELLED", err, s.unended)
	}
}

func TestUncountedMessageIsNotSent(t *testing.T) {
	var drafts []twilio.Draft
	a := newActivities(accepting(&drafts))
	account := a.Accounts[""]
	account.Caps = NewCaps("", []Cap{{EachCountry, 1000, time.Hour}})
	a.Accounts[""] = account
	a.countCaps = func(context.Context, []sms.CapTake) (result sms.TakeCapsResult, _ error) {
		return result, errors.New("no")
	}
	result, err := run(t, a, sms.SendSmsInput{SmsFrom: one.SmsFrom, SmsTo: sms.To("+15005550001", "+447400123453"), SmsBody: "Hi", GiveUpAfter: sms.Duration(time.Millisecond)})
	if err != nil || len(drafts) > 0 || len(result.Errors) != 2 {
		t.Fatalf("got %d texts, errors %+v, error %v, want no texts and 2 errors", len(drafts), result.Errors, err)
	}
	for _, e := range result.Errors {
		if e.Code != sms.CodeRateLimited || !e.Retryable {
			t.Errorf("got error %+v, want a retryable RATE_LIMITED", e)
		}
	}
}

func TestLateCountIsGivenBack(t *testing.T) {
	var c capCount
	asked, answer := make(chan sms.CapTake), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	_, err := c.reserve(ctx, func(_ context.Context, requests []sms.CapTake) (sms.TakeCapsResult, error) {
		cancel()
		<-answer
		asked <- requests[0]
		return sms.TakeCapsResult{Taken: []int{5}, At: tallied}, nil
	}, sms.CapTake{Key: "a", Count: 7, Most: 9, Seconds: 60})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want context.Canceled", err)
	}
	close(answer)
	if first, second := <-asked, <-asked; first.Count != 7 || first.At != 0 || second.Count != -5 || second.At != tallied {
		t.Errorf("got requests %+v and %+v, want one for 7 messages and one that gives back 5", first, second)
	}
}

func TestSlowRequestCountsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			c   capCount
			all tally
		)
		// Temporal is slow at first, but counts the messages even if
		// the caller has stopped waiting.
		slow := func(ctx context.Context, requests []sms.CapTake) (sms.TakeCapsResult, error) {
			if all.asked == 0 {
				select {
				case <-time.After(25 * time.Second):
				case <-ctx.Done():
				}
			}
			result, _ := all.count(ctx, requests)
			return result, ctx.Err()
		}
		for try := range 3 {
			reserved, err := c.reserve(t.Context(), slow, sms.CapTake{Key: "a", Count: 7, Most: 9, Seconds: 60})
			if late := try < 2; late != (err != nil) || !late && reserved.count != 7 {
				t.Errorf("try %d: got reservation %+v, error %v, want an error = %t, or else 7 messages", try, reserved, err, late)
			}
		}
		all.is(t, "a", 7)
	})
}

func TestAbsentMessageDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeTwilio{fail: firstUnknown(false)}
		f.records = []twilio.Record{another(second, "the text of another send", time.Second)}
		a := newActivities(f)
		account := a.Accounts[""]
		account.Caps = NewCaps("AC1", []Cap{{EachCountry, 1, time.Hour}})
		a.Accounts[""] = account
		var all tally
		a.countCaps = all.count
		result, err := run(t, a, one)
		if err != nil || len(result.Messages) != 1 {
			t.Errorf("got result %+v, error %v, want one message", result, err)
		}
		all.is(t, "AC1 *1 1h0m0s", 1)
	})
}

func TestOldReservationExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestSend("+447400123451", "+447400123452", "+447400123453")
		s.allowance, s.queue = newAllowance(), s.recipients
		s.account.Caps = NewCaps("", []Cap{{"+44", 1000, time.Minute}})
		var counts []int
		s.activities.countCaps = func(_ context.Context, requests []sms.CapTake) (sms.TakeCapsResult, error) {
			counts = append(counts, requests[0].Count)
			return sms.TakeCapsResult{Taken: []int{requests[0].Count}}, nil
		}
		for place, wait := range []time.Duration{0, 30 * time.Second, 31 * time.Second} {
			time.Sleep(wait)
			s.begun = place + 1
			if limit, err := s.reserveCap(t.Context(), s.recipients[place]); limit != nil || err != nil {
				t.Errorf("recipient %d: got cap %v, error %v, want neither", place, limit, err)
			}
		}
		s.giveBack(s.recipients[0]) // reserved by the first request, which has expired
		s.giveUpCaps(t.Context())
		s.giveBack(s.recipients[2])
		time.Sleep(61 * time.Second)
		s.giveUpCaps(t.Context()) // expired messages are not given back, since others may have reserved as many
		synctest.Wait()
		if !slices.Equal(counts, []int{3, 1}) {
			t.Errorf("got requests for %v messages, want [3 1]", counts)
		}
	})
}

func TestReachedCapIsRarelyRequested(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestSend(phones(300)...)
		s.allowance, s.queue = newAllowance(), s.recipients
		s.account.Caps = NewCaps("", []Cap{{EachCountry, 1, time.Hour}})
		var all tally
		s.activities.countCaps = all.count
		capped := 0
		for place, to := range s.recipients {
			s.begun = place + 1
			if limit, err := s.reserveCap(t.Context(), to); err != nil {
				t.Fatal(err)
			} else if limit != nil {
				capped++
			}
			time.Sleep(10 * time.Millisecond)
		}
		if capped != 299 || all.asked > 4 {
			t.Errorf("got %d capped recipients and %d requests to CapsSmsWorkflow, want 299 and at most 4", capped, all.asked)
		}
	})
}
