package activities

import (
	"testing"
	"testing/synctest"
	"time"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

func TestNamesOfOneAccountShareLedger(t *testing.T) {
	a := &Activities{Accounts: map[string]Account{
		"": {SID: "AC1"}, "marketing": {SID: "AC1", Region: "us1"}, "dublin": {SID: "AC1", Region: "ie1"}, "other": {SID: "AC2"},
	}}
	for name, want := range map[string]bool{"marketing": true, "dublin": false, "other": false, "unknown": false} {
		if shared := a.ledgerOf(name) == a.ledgerOf(""); shared != want {
			t.Errorf("%q: got the ledger of the default account: %v, want %v", name, shared, want)
		}
	}
}

func TestReceivedCopyIsNotAdopted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The recipient is another number of the account, so Twilio lists the
		// message twice.
		f := &fakeTwilio{fail: func(int, twilio.Draft) (error, bool) { return unknownError(500), true }}
		received := another(first, "Hi", -time.Second)
		received.Direction = "inbound"
		f.records = []twilio.Record{received}
		if result := execute(t, f, one); f.creates != 1 || len(result.Messages) != 1 || result.Messages[0].SID != "SM1" {
			t.Errorf("got %d creates, result %+v, want 1 create and the message SM1", f.creates, result)
		}
	})
}

func TestCutOffListingNamesNoMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Twilio accepted the message, but the record no longer has its
		// SID. If the listing is cut off, the message may be one that
		// it lacks.
		for endless, want := range map[bool]string{true: "", false: "SMother"} {
			f := &fakeTwilio{endless: endless}
			f.records = []twilio.Record{another(first, "Hi!", 0)}
			result := resumeWith(t, newActivities(f), record{Runs: [][3]int{{int(accepted), -1, 1}}}, one)
			if len(result.Messages) != 1 || result.Messages[0].SID != want {
				t.Errorf("cut off: %v: got result %+v, want one message with SID %q", endless, result, want)
			}
		}
	})
}

func TestClaimExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := (&Activities{}).ledgerOf("")
		l.claim("another send", first, "Hi", false)
		if got := l.rivals("us", first, "Hi", false); got != 1 {
			t.Errorf("got %d rivals, want 1", got)
		}
		if time.Sleep(claimFor + time.Second); l.rivals("us", first, "Hi", false) != 0 {
			t.Error("after an hour, got a rival, want none")
		}
	})
}

func TestMessageOfAnotherSendNotAdopted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// A message of another send does not leave this send in doubt.
		f := &fakeTwilio{fail: func(n int, _ twilio.Draft) (error, bool) {
			if n == 1 {
				return unknownError(500), false
			}
			return nil, true
		}}
		f.records = []twilio.Record{another(first, "Hi", 0)}
		a := newActivities(f)
		a.ledgerOf("").own("another send", f.records[0].Message, time.Now())
		result, err := run(t, a, one)
		if err != nil || len(result.Messages) != 1 || result.Messages[0].SID == "SMother" || f.creates != 2 {
			t.Errorf("a message of another send: got %d creates, result %+v, error %v, want 2 creates and a message that is not SMother", f.creates, result, err)
		}
		// Either of two sends may have created the only message.
		f = &fakeTwilio{fail: func(int, twilio.Draft) (error, bool) { return unknownError(500), true }}
		a = newActivities(f)
		a.ledgerOf("").claim("another send", first, "Hi", false)
		result, err = run(t, a, one)
		if err != nil || f.creates != 1 || len(result.Errors) != 1 || result.Errors[0].Code != sms.CodeOutcomeUnknown {
			t.Errorf("one message, two sends: got result %+v, error %v, want OUTCOME_UNKNOWN after one create", result, err)
		}
		// With as many messages as sends, each send has its own.
		f.records, f.creates = []twilio.Record{another(first, "Hi", -5*time.Second)}, 0
		a = newActivities(f)
		a.ledgerOf("").claim("another send", first, "Hi", false)
		if result, err = run(t, a, one); err != nil || len(result.Messages) != 1 {
			t.Errorf("two messages, two sends: got result %+v, error %v, want one message", result, err)
		}
	})
}

func TestOlderMessageIsNotAdopted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Another send sent the same text to the recipient ten minutes before
		// this one.
		f := &fakeTwilio{fail: func(n int, _ twilio.Draft) (error, bool) {
			if n == 1 {
				return unknownError(500), false
			}
			return nil, true
		}}
		f.records = []twilio.Record{another(second, "x", 0), another(first, "Hi", 10*time.Minute)}
		if result := execute(t, f, one); f.creates != 2 || len(result.Messages) != 1 || result.Messages[0].SID == "SMother" {
			t.Errorf("got %d creates, result %+v, want 2 creates and a message that is not SMother", f.creates, result)
		}
	})
}
