package activities

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

// TestFastListNeedsFewRecords lets every second record take five times as long as
// the others. A list that Twilio accepts fast needs few of them and rarely waits for
// one, and a slow list puts few recipients in doubt.
func TestFastListNeedsFewRecords(t *testing.T) {
	for name, tc := range map[string]struct {
		recipients, atOnce int
		create             time.Duration
		records, inDoubt   int
	}{
		"fast": {2000, 20, 8 * time.Millisecond, 20, mostAhead + 20},
		"slow": {90, 1, 10 * time.Millisecond, 6, leastAhead + 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newActivities(gatewayFunc(func(_ context.Context, d twilio.Draft) (sms.Message, error) {
					time.Sleep(tc.create)
					return sms.Message{To: d.To, SID: "SM" + strings.TrimPrefix(d.To, "+"), Status: sms.StatusQueued, Segments: 1}, nil
				}))
				a.Accounts[""] = Account{Gateway: a.Accounts[""].Gateway, Pace: NewPace(Limits{Concurrency: tc.atOnce})}
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
					t.Fatalf("%d of %d recipients were texted: %v", len(result.Messages), tc.recipients, err)
				}
				most := tc.create * time.Duration(tc.recipients/tc.atOnce) * 21 / 20
				if took := time.Since(began); records > tc.records || inDoubt > tc.inDoubt || took > most {
					t.Errorf("got %d records, %d in doubt, in %v; want at most %d, %d, and %v", records, inDoubt, took, tc.records, tc.inDoubt, most)
				}
			})
		})
	}
}
