package activities

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

func TestQuietHoursUseTheNumbersZone(t *testing.T) {
	a := &Activities{DefaultRegion: "US"}
	night := sms.QuietHours{From: "21:00", To: "08:00", TimeZone: "Europe/Berlin"}
	for name, tc := range map[string]struct {
		at       string
		to       []string
		together bool
		want     string
	}{
		"no quiet hours":                      {"2026-11-26T18:00:00Z", []string{"+12125550100", "+4917012345678"}, false, ""},
		"quiet hours in Berlin":               {"2026-11-26T21:00:00Z", []string{"+12125550100", "+4917012345678"}, false, "07:00 [1]"},
		"three different ends":                {"2026-11-27T05:30:00Z", []string{"(212) 555-0100", "+4917012345678", "+14155550100", "212 555 0199"}, false, "07:00 [1] 13:00 [0 3] 16:00 [2]"},
		"an address on WhatsApp":              {"2026-11-26T21:00:00Z", []string{"whatsapp:+4917012345678"}, false, "07:00 [0]"},
		"several zones, and none":             {"2026-11-26T21:00:00Z", []string{"+18005550100", "+8816123456789", "nobody", "messenger:1234567890"}, false, "22:00 [0] 07:00 [1 3]"},
		"together":                            {"2026-11-27T05:30:00Z", []string{"+12125550100", "+14155550100"}, true, "16:00 [0 1]"},
		"together, outside quiet hours":       {"2026-11-26T18:00:00Z", []string{"+12125550100", "+14155550100"}, true, ""},
		"together, never outside quiet hours": {"2026-11-26T18:00:00Z", []string{"+16715550100", "+12125550100", "+18085550100", "+79161234567"}, true, "at every hour of the day"},
		"invalid hours":                       {"2026-11-26T18:00:00Z", nil, false, "quietHours.from must be"},
	} {
		at, err := time.Parse(time.RFC3339, tc.at)
		if err != nil {
			t.Fatal(err)
		}
		in := sms.FindQuietInput{To: tc.to, QuietHours: night, At: at, Together: tc.together}
		if tc.to == nil {
			in.QuietHours.From = "9 pm"
		}
		groups, err := a.FindQuiet(t.Context(), in)
		var got []string
		for _, g := range groups {
			got = append(got, fmt.Sprintf("%s %v", g.Until.Format("15:04"), g.Places))
		}
		if err != nil {
			got = append(got, err.Error())
		}
		if all := strings.Join(got, " "); all != tc.want && (err == nil || !strings.HasPrefix(all, tc.want)) {
			t.Errorf("%s: got %s, want %s", name, all, tc.want)
		}
	}
}

func TestQuietHoursBeginningMeanwhileCount(t *testing.T) {
	from := func(ahead time.Duration) *sms.QuietHours {
		at := time.Now().UTC().Add(ahead)
		return &sms.QuietHours{From: at.Format("15:04"), To: at.Add(6 * time.Hour).Format("15:04"), TimeZone: "UTC"}
	}
	for name, tc := range map[string]struct {
		hours *sms.QuietHours
		sent  int
	}{"none": {nil, 1}, "hours ahead": {from(12 * time.Hour), 1}, "begun": {from(-3 * time.Hour), 0}} {
		var drafts []twilio.Draft
		in := one
		in.SmsTo, in.QuietHours = sms.To("messenger:1234567890"), tc.hours // this address does not reveal a time zone
		in.SmsFrom = "messenger:987"
		result, err := run(t, newActivities(accepting(&drafts)), in)
		if err != nil || len(drafts) != tc.sent || len(result.Errors) != 1-tc.sent {
			t.Fatalf("%s: got %d texts, result %+v, error %v, want %d texts, or else one error", name, len(drafts), result, err, tc.sent)
		}
		if tc.sent == 0 && (result.Errors[0].Code != sms.CodeQuietHours || !result.Errors[0].Retryable) {
			t.Errorf("%s: got error %+v, want a retryable QUIET_HOURS", name, result.Errors[0])
		}
	}
}

func TestQuietRecipientTakesNoTurn(t *testing.T) {
	for name, wait := range map[string]time.Duration{"just before": 30 * time.Second, "just after": 90 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			var drafts []twilio.Draft
			a := newActivities(accepting(&drafts))
			account := a.Accounts[""]
			account.Pace = NewPace(Limits{Concurrency: 1})
			a.Accounts[""] = account
			s := newTestSend(first)
			s.activities, s.account = a, account
			s.info.StartedTime, s.began = time.Date(2026, 1, 15, 20, 59, 0, 0, time.UTC), time.Now()
			s.input.QuietHours = &sms.QuietHours{From: "21:00", To: "08:00"}
			to := &recipient{to: "+447400123456", rendered: true}
			if err := account.Pace.Acquire(t.Context(), Turn{}); err != nil {
				t.Fatal(err)
			}
			go s.try(t.Context(), t.Context(), to)
			synctest.Wait()
			time.Sleep(wait)
			account.Pace.Release()
			synctest.Wait()
			if late := wait > time.Minute; late == (len(drafts) > 0) || late && to.problem.Code != sms.CodeQuietHours {
				t.Errorf("%s: got %d texts, error %+v, want a text = %t, or else QUIET_HOURS", name, len(drafts), to.problem, !late)
			}
		})
	}
}

func TestPhoneWithoutZoneUsesSenders(t *testing.T) {
	// A toll-free number may be in any zone of its country, and at no time are
	// all of them outside these quiet hours.
	in := sms.FindQuietInput{
		To: []string{"+18005550100"}, At: time.Date(2026, 1, 15, 20, 0, 0, 0, time.UTC),
		QuietHours: sms.QuietHours{From: "12:00", To: "10:00", TimeZone: "Europe/Berlin"},
	}
	groups, err := (&Activities{}).FindQuiet(t.Context(), in)
	if want := time.Date(2026, 1, 16, 9, 0, 0, 0, time.UTC); err != nil || len(groups) != 1 || !groups[0].Until.Equal(want) {
		t.Errorf("got %+v, error %v, want quiet until %s", groups, err, want)
	}
}
