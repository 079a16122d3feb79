package activities

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/log"

	"temporal-twilio/sms"
)

func phones(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("+1500%07d", i)
	}
	return list
}

// newTestSend returns a send to a list, in its state at the start of an
// attempt.
func newTestSend(to ...string) *send {
	a := newActivities(gatewayFunc(nil))
	s := &send{attempt: &attempt{heart: newHeart(nil, 0, time.Now()), logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))}, activities: a, account: a.Accounts[""], ledger: a.ledgerOf(""), owner: "us"}
	s.news = sync.NewCond(&s.mu)
	s.input.SmsTo = sms.To(to...)
	s.recipients = a.readList(&s.input)
	s.list = fingerprint(s.recipients)
	return s
}

// openNext marks the creates of the next recipients as in flight.
func (s *send) openNext(n int) []*recipient {
	batch := s.in(untried)
	batch = batch[:min(n, len(batch))]
	for _, to := range batch {
		to.begin(s.moment())
	}
	return batch
}

// pass encodes and decodes a record, as between two attempts, and returns it
// with its encoded size.
func pass(t *testing.T, r record) (record, int) {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var read record
	if err := json.Unmarshal(data, &read); err != nil {
		t.Fatal(err)
	}
	return read, len(data)
}

func TestRecordStaysSmall(t *testing.T) {
	size := func(n int) int {
		s := newTestSend(phones(n)...)
		largest := 0
		for range n / 20 {
			batch := s.openNext(20)
			_, size := pass(t, s.snapshot())
			largest = max(largest, size)
			for _, to := range batch {
				if to.place%1000 == 7 {
					s.set(to, refused, sms.Error{Code: sms.CodeInvalidTo, Message: "The 'To' number " + to.to + " is not valid."})
					continue
				}
				s.accept(to, sms.Message{To: to.to, SID: fmt.Sprintf("SM%032d", to.place), Status: sms.StatusQueued, Segments: 1}, time.Now())
			}
		}
		return largest
	}
	short, long := size(500), size(5_000)
	t.Logf("at most %d bytes for 500 recipients, %d for 5,000", short, long)
	if short > 16<<10 || long > short+4<<10 {
		t.Errorf("got a record of %d bytes for 500 recipients, want at most 16 KiB, and of %d for 5,000, want at most 4 KiB more", short, long)
	}
}

func TestRecordSurvivesAnAttempt(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		to := phones(1 + random.IntN(400))
		s := newTestSend(to...)
		for range random.IntN(40) {
			for _, to := range s.openNext(1 + random.IntN(20)) {
				switch random.IntN(8) {
				case 0: // these differ only in Twilio's error number
					s.set(to, refused, sms.Error{Code: sms.CodeInvalidTo, TwilioCode: 21211 + 3*random.IntN(2), HTTPStatus: 400, Message: "not " + to.to})
				case 1:
					s.set(to, refused, sms.Error{Code: sms.CodeInvalidTo, TwilioCode: 21614, HTTPStatus: 400, Message: fmt.Sprint("not a mobile number: ", random.IntN(600))})
				case 2:
					s.set(to, doubtful, sms.Error{Code: sms.CodeOutcomeUnknown, HTTPStatus: 500 + random.IntN(3), Message: fmt.Sprint("lost ", random.IntN(60))})
				case 3:
					s.set(to, deferred, sms.Error{Code: sms.CodeRateLimited, Message: "later", Retryable: true})
				default:
					s.accept(to, sms.Message{To: to.to, SID: fmt.Sprintf("SM%032d", to.place), Status: sms.StatusQueued, Segments: 2}, time.Now())
				}
			}
		}
		s.openNext(random.IntN(20))
		read, _ := pass(t, s.snapshot())
		next := newTestSend(to...)
		next.adopt(read)
		for place := range to {
			was, is := s.recipients[place], next.recipients[place]
			want := was.state
			switch {
			case was.open:
				want = doubtful
			case was.state == deferred:
				want = untried
			}
			if is.state != want {
				t.Fatalf("recipient %d in state %d, open %v: got state %d after restoring, want %d", place, was.state, was.open, is.state, want)
			}
			if want := was.problem; (was.state == refused || was.state == doubtful) &&
				(is.problem.Code != want.Code || is.problem.TwilioCode != want.TwilioCode || is.problem.HTTPStatus != want.HTTPStatus || is.problem.To != to[place]) {
				t.Fatalf("recipient %d: got error %+v after restoring, want %+v", place, is.problem, want)
			}
			if was.state == accepted && (is.message.To != to[place] || is.message.SID != "" && !reflect.DeepEqual(is.message, was.message)) {
				t.Fatalf("recipient %d: got message %+v after restoring, want %+v, with or without the SID", place, is.message, was.message)
			}
			if was.open && !is.since.sure.Equal(was.since.sure) {
				t.Fatalf("recipient %d: got time %s after restoring, want %s", place, is.since.sure, was.since.sure)
			}
		}
	}
}

func TestForeignRecordDoubtsEveryone(t *testing.T) {
	for name, r := range map[string]record{
		"too many recipients":           {Runs: [][3]int{{int(accepted), -1, 4}}},
		"an unknown state":              {Runs: [][3]int{{9, -1, 1}}},
		"an unknown error":              {Runs: [][3]int{{int(refused), 3, 1}}},
		"a window outside the list":     {Window: []int{7}},
		"a message without a recipient": {Recent: []recentMessage{{Place: 2}}},
		"a negative count":              {Runs: [][3]int{{int(accepted), -1, -2}}},
		"other recipients":              {List: "other", Runs: [][3]int{{int(accepted), -1, 3}}},
	} {
		s := newTestSend(first, "nobody", third)
		if r.List == "" {
			r.List = s.list
		}
		s.adopt(r)
		if s.recipients[0].state != doubtful || s.recipients[1].state != refused || s.recipients[2].state != doubtful || s.quiet.IsZero() {
			t.Errorf("%s: got states %d, %d, %d, quiet %s, want doubtful, refused, doubtful and a quiet that is set", name, s.recipients[0].state, s.recipients[1].state, s.recipients[2].state, s.quiet)
		}
	}
}

// Version 0 wrote records in this form.
func TestRecordOfVersionZeroIsUnderstood(t *testing.T) {
	const written = `{"list":"%s","window":[2,3],"runs":[[4,-1,1],[3,0,1]],
		"problems":[{"code":"INVALID_TO_PHONE_NUMBER_ERROR","twilioCode":21211,"httpStatus":400,"message":"{to} is not a valid phone number.","retryable":false}],
		"recent":[{"i":0,"sid":"SM1","status":"queued","n":1}],"known":{"to":"+15000000000","sid":"SM1","at":"2026-11-26T09:00:00Z"},
		"stalls":1,"quiet":"2026-11-26T09:00:15Z","complete":"2026-11-26T09:00:16Z"}`
	s := newTestSend(phones(5)...)
	var r record
	if err := json.Unmarshal(fmt.Appendf(nil, written, s.list), &r); err != nil {
		t.Fatal(err)
	}
	s.adopt(r)
	var states []state
	for _, to := range s.recipients {
		states = append(states, to.state)
	}
	if want := []state{accepted, refused, doubtful, doubtful, untried}; !reflect.DeepEqual(states, want) {
		t.Errorf("got states %v, want %v", states, want)
	}
	if s.recipients[0].message.SID != "SM1" || s.recipients[1].problem.TwilioCode != 21211 || s.recipients[1].problem.Message != "+15000000001 is not a valid phone number." {
		t.Errorf("got message %+v and error %+v, want SM1 and error 21211 with the number", s.recipients[0].message, s.recipients[1].problem)
	}
	// Version 0 can also read our records: the recipients whose
	// creates may have started are in the window, which it knows.
	s.openNext(1)
	ours, _ := pass(t, s.snapshot())
	if !reflect.DeepEqual(ours.Window, []int{2, 3, 4}) || !reflect.DeepEqual(ours.Runs, [][3]int{{4, -1, 1}, {3, 0, 1}, {2, 1, 2}, {0, -1, 1}}) {
		t.Errorf("got window %v and runs %v, want those that version 0 writes", ours.Window, ours.Runs)
	}
}

func BenchmarkRecord(b *testing.B) {
	s := newTestSend(phones(5_000)...)
	for _, to := range s.recipients {
		s.accept(to, sms.Message{To: to.to, SID: "SM"}, time.Now())
	}
	b.ReportAllocs()
	for b.Loop() {
		s.snapshot()
	}
}

func TestTableOfProblemsIsLimited(t *testing.T) {
	var table problems
	for n := range 10 * maxProblems {
		table.place(sms.Error{Code: sms.CodeInvalidRequest, Message: strings.Repeat("x", n)}, first)
	}
	if got := len(table.list); got != maxProblems+1 {
		t.Errorf("got %d problems, want %d and one without details", got, maxProblems)
	}
}
