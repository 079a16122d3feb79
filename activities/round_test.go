package activities

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

// In TestFastListNeedsFewRecords, every second record takes five times as long
// as the others. A list that Twilio accepts quickly must need few records and
// rarely wait for one, and a list at a usual or slow pace must put few
// recipients in doubt.
func TestFastListNeedsFewRecords(t *testing.T) {
	for name, tc := range map[string]struct {
		recipients, atOnce int
		create             time.Duration
		records, inDoubt   int
		longer             float64 // the maximum duration, as a multiple of the time for the creates alone
	}{
		"fast":   {2000, 20, 8 * time.Millisecond, 24, mostAhead + 20, 1.05},
		"usual":  {1600, 20, 100 * time.Millisecond, 28, 260, 1.05},
		"slow":   {90, 1, 10 * time.Millisecond, 6, leastAhead + 1, 1.05},
		"faster": {4000, 20, 200 * time.Microsecond, 40, mostAhead + 20, 5}, // faster than records, so it waits for them
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := withCreatesOf(tc.create, tc.atOnce)
				records, inDoubt := 0, 0
				a.Record = func(_ context.Context, details any) error {
					records++
					inDoubt = max(inDoubt, len(details.(record).Window))
					if time.Sleep(2 * time.Millisecond); records%2 == 0 {
						time.Sleep(8 * time.Millisecond)
					}
					return nil
				}
				began := time.Now()
				result, err := run(t, a, sms.SendSmsInput{SmsFrom: one.SmsFrom, SmsTo: sms.To(phones(tc.recipients)...), SmsBody: "Hi"})
				if err != nil || len(result.Messages) != tc.recipients {
					t.Fatalf("got %d texts, error %v, want %d texts", len(result.Messages), err, tc.recipients)
				}
				most := time.Duration(tc.longer * float64(tc.create) * float64(tc.recipients/tc.atOnce))
				if took := time.Since(began); records > tc.records || inDoubt > tc.inDoubt || took > most {
					t.Errorf("got %d records, %d in doubt, in %v; want at most %d, %d, and %v", records, inDoubt, took, tc.records, tc.inDoubt, most)
				}
			})
		})
	}
}

// withCreatesOf returns activities that run up to atOnce creates concurrently,
// each of which takes the given time.
func withCreatesOf(create time.Duration, atOnce int) *Activities {
	a := newActivities(gatewayFunc(func(_ context.Context, d twilio.Draft) (sms.Message, error) {
		time.Sleep(create)
		return sms.Message{To: d.To, SID: "SM" + strings.TrimPrefix(d.To, "+"), Status: sms.StatusQueued, Segments: 1}, nil
	}))
	a.Accounts[""] = Account{Gateway: a.Accounts[""].Gateway, Pace: NewPace(Limits{Concurrency: atOnce})}
	return a
}

// TestNextListBeginsAtLastPace sends two lists that Twilio accepts quickly. The
// first record of the second names more recipients than that of the first.
func TestNextListBeginsAtLastPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := withCreatesOf(time.Millisecond, 20)
		var named []int // by the first record of each list
		fresh := true
		a.Record = func(_ context.Context, details any) error {
			if fresh {
				named = append(named, len(details.(record).Window))
			}
			fresh = false
			time.Sleep(2 * time.Millisecond)
			return nil
		}
		for range 2 {
			fresh = true
			if _, err := run(t, a, sms.SendSmsInput{SmsFrom: one.SmsFrom, SmsTo: sms.To(phones(2000)...), SmsBody: "Hi"}); err != nil {
				t.Fatal(err)
			}
		}
		if named[0] > 6*20 || named[1] < mostAhead/2 {
			t.Errorf("the first records of two lists name %v recipients; want at most %d, then at least %d", named, 6*20, mostAhead/2)
		}
	})
}

// TestFullPoolShowsThePace fills the pool while the first record is written.
// How fast the pool fills says nothing about how fast Twilio accepts messages.
func TestFullPoolShowsThePace(t *testing.T) {
	for range 20 { // either the pool or the goroutine that names recipients may run first
		synctest.Test(t, func(t *testing.T) {
			a := withCreatesOf(time.Second, 20)
			var named []int
			a.Record = func(_ context.Context, details any) error {
				named = append(named, len(details.(record).Window))
				time.Sleep(2 * time.Millisecond)
				return nil
			}
			if _, err := run(t, a, sms.SendSmsInput{SmsFrom: one.SmsFrom, SmsTo: sms.To(phones(200)...), SmsBody: "Hi"}); err != nil {
				t.Fatal(err)
			}
			if named[1] > 6*20 {
				t.Errorf("the second record names %d recipients, want at most %d", named[1], 6*20)
			}
		})
	}
}

// TestCreateThatBeganIsFinished ends a send during its creates, by cancelling
// its context or because its time is up.
func TestCreateThatBeganIsFinished(t *testing.T) {
	for name, tc := range map[string]struct {
		create time.Duration
		want   state
	}{
		"cancelled":   {10 * time.Second, accepted},
		"out of time": {time.Hour, doubtful},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const total = 30 * time.Second
				a := newActivities(gatewayFunc(func(ctx context.Context, d twilio.Draft) (sms.Message, error) {
					select {
					case <-ctx.Done():
						return sms.Message{}, unknownError(0)
					case <-time.After(tc.create):
						return sms.Message{To: d.To, SID: "SM1", Status: sms.StatusQueued, Segments: 1}, nil
					}
				}))
				s := newTestSend(first)
				s.activities, s.account = a, a.Accounts[""]
				s.input.SmsFrom, s.input.SmsBody = one.SmsFrom, "Hi"
				s.bodies, _ = newBodies(t.Context(), a.Renderer, s.input, time.Now())
				s.began, s.heart = time.Now(), newHeart(a.Record, 0, time.Now())
				s.info.StartedTime, s.info.Deadline = s.began, s.began.Add(total)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				s.text(ctx)
				if took := time.Since(s.began); s.recipients[0].state != tc.want || took > s.lastEnd() {
					t.Errorf("after %v: got the state %d, want %d; the time for creates is %v", took, s.recipients[0].state, tc.want, s.lastEnd())
				}
			})
		})
	}
}

// In TestCreatesFollowTheirRecords, a record takes longer than the interval
// between heartbeats, and a create nearly as long as a record.
func TestCreatesFollowTheirRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			mu       sync.Mutex
			recorded = make(map[string]bool) // in a record that was stored
			storing  int
		)
		to := phones(200)
		a := newActivities(gatewayFunc(func(_ context.Context, d twilio.Draft) (sms.Message, error) {
			mu.Lock()
			if !recorded[d.To] {
				t.Errorf("%s was texted before it was in a record", d.To)
			}
			mu.Unlock()
			time.Sleep(2 * time.Second)
			return sms.Message{To: d.To, SID: "SM" + d.To[1:], Status: sms.StatusQueued, Segments: 1}, nil
		}))
		a.Accounts[""] = Account{Gateway: a.Accounts[""].Gateway, Pace: NewPace(Limits{Concurrency: 8})}
		a.RecordFirst = true
		a.Record = func(_ context.Context, details any) error {
			mu.Lock()
			if storing++; storing > 1 {
				t.Error("two records were stored at the same time, so the older one may replace the newer one")
			}
			mu.Unlock()
			time.Sleep(3 * time.Second)
			mu.Lock()
			defer mu.Unlock()
			storing--
			for _, place := range details.(record).Window {
				recorded[to[place]] = true
			}
			return nil
		}
		if result, err := run(t, a, sms.SendSmsInput{SmsFrom: one.SmsFrom, SmsTo: sms.To(to...), SmsBody: "Hi"}); err != nil || len(result.Messages) != len(to) {
			t.Errorf("got %d texts, error %v, want %d texts", len(result.Messages), err, len(to))
		}
	})
}
