package activities

// Tests of sends whose listings lag.

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

// lagging is a gateway that lists a message only some time after creating it.
type lagging struct {
	*fakeTwilio
	lag time.Duration
}

func (l lagging) List(ctx context.Context, q twilio.Query) (twilio.Listing, error) {
	listing, err := l.fakeTwilio.List(ctx, q)
	listing.Records = slices.DeleteFunc(listing.Records, func(r twilio.Record) bool { return time.Since(r.Created) < l.lag })
	return listing, err
}

func TestSendWaitsForLaggingListing(t *testing.T) {
	for lag, want := range map[time.Duration]int{2 * time.Minute: 2, time.Hour: 1} {
		synctest.Test(t, func(t *testing.T) {
			f := &fakeTwilio{fail: func(n int, _ twilio.Draft) (error, bool) {
				if n == 2 {
					return unknownError(503), false
				}
				return nil, true
			}}
			a := newActivities(lagging{f, lag})
			a.Settle, a.Patience = defaultSettle, 15*time.Second
			result, err := run(t, a, sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.To(first, second), SmsBody: "Hi"})
			if err != nil || len(result.Messages) != want || f.sent(second) != want-1 {
				t.Errorf("lag %s: got %d texts, want %d; result %+v, error %v", lag, f.sent(second), want-1, result, err)
			}
		})
	}
}

func TestLagWaitRestartsEachAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		before := listed(first, "SM1", "Hi")
		before.Created = began.Add(-2 * time.Hour)
		a := newActivities(lister{list: func(twilio.Query) []twilio.Record {
			if time.Since(began) < 5*time.Second {
				return nil
			}
			return []twilio.Record{before}
		}})
		a.Patience = time.Second
		left := leftInDoubt(began.Add(-time.Hour))
		left.Known.At = before.Created
		s := pageInDoubt(t, a, left, first, second)
		_, _ = s.lookUp(t.Context())
		if took := time.Since(began); took < 5*time.Second {
			t.Errorf("the search ended after %s, want it to continue until the listing shows the older message", took)
		}
	})
}

// The account receives so many texts that the newest page of its listing
// contains nothing else.
func TestReceivedTextsDoNotHideSent(t *testing.T) {
	for name, in := range map[string]sms.SendSmsInput{
		"number":            {SmsFrom: "+15005550006"},
		"Messaging Service": {MessagingServiceSID: "MG00000000000000000000000000000001"},
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			texts := slices.Repeat([]twilio.Record{{Message: sms.Message{SID: "SM0", To: "+15005550006"}, Direction: "inbound", From: third, Created: began}}, 500)
			texts = append(texts, listed(first, "SM1", "Hi"))
			a := newActivities(lister{list: func(q twilio.Query) (found []twilio.Record) {
				for _, r := range texts {
					if (q.To == "" || r.To == q.To) && (q.From == "" || r.Direction != "inbound") && len(found) < q.Limit {
						found = append(found, r)
					}
				}
				return found
			}})
			a.Patience = time.Second
			left := leftInDoubt(began.Add(time.Second))
			left.Known, left.Recent, left.Runs[0][0] = nil, nil, int(untried)
			s := pageInDoubt(t, a, left, first, second)
			if in.MessagingServiceSID != "" {
				s.from, s.input.SmsFrom, s.input.MessagingServiceSID = "", "", in.MessagingServiceSID
			}
			s.lookUp(t.Context())
			if n := len(s.in(deferred)); n != 1 {
				t.Errorf("%s: got %d recipients known not to have been texted, want 1", name, n)
			}
		})
	}
}

// Received texts, and messages whose recipient is hidden, may appear in
// listings sooner than the sent messages that a send looks for.
func TestOnlySentMessagesShowTheLag(t *testing.T) {
	old := listed(first, "SM1", "Hi")
	old.Created = time.Now().Add(-time.Hour)
	received, hidden := listed(first, "SM2", "Hi"), listed("", "SM3", "Hi")
	received.Direction = "inbound"
	for _, shown := range [][]twilio.Record{{received, hidden, old}, {received, hidden}} {
		a := newActivities(lister{list: func(twilio.Query) []twilio.Record { return shown }})
		s := pageInDoubt(t, a, leftInDoubt(time.Now()), first, second)
		want := time.Time{}
		if len(shown) == 3 {
			want = old.Created
		}
		if got, err := s.newest(t.Context()); err != nil || !got.Equal(want) {
			t.Errorf("%d listed: got %v as the time of the newest sent message, error %v, want %v", len(shown), got, err, want)
		}
	}
}
