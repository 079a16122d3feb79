package activities

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"temporal-twilio/sms"
)

func phones(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("+1500%07d", i)
	}
	return list
}

// pass is what heartbeat details go through.
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

func TestTheRecordStaysSmallHoweverLongTheListIs(t *testing.T) {
	size := func(n int) int {
		to := phones(n)
		p := newProgress(to)
		largest := 0
		for at := 0; at < n; at += 20 {
			window := p.places(untried, 20)
			p.begin(window)
			_, size := pass(t, p.record(to))
			largest = max(largest, size)
			for _, place := range window {
				if place%1000 == 7 {
					p.set(place, refused, sms.Error{To: to[place], Code: sms.InvalidTo, Message: "The 'To' number " + to[place] + " is not valid."})
					continue
				}
				p.take(place, sms.Message{To: to[place], SID: fmt.Sprintf("SM%032d", place), Status: sms.Queued, Segments: 1}, time.Unix(int64(place), 0))
			}
		}
		return largest
	}
	short, long := size(500), size(50_000)
	t.Logf("at most %d bytes for 500 recipients, %d for 50,000", short, long)
	if short > 16<<10 || long > short+4<<10 {
		t.Errorf("the record takes %d bytes for 500 recipients and %d for 50,000", short, long)
	}
}

func TestANewAttemptKnowsWhatTheLastOneRecorded(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		n := 1 + random.IntN(400)
		to := phones(n)
		p := newProgress(to)
		for range random.IntN(40) {
			window := p.places(untried, 1+random.IntN(20))
			p.begin(window)
			for _, place := range window {
				switch random.IntN(8) {
				case 0:
					p.set(place, refused, sms.Error{To: to[place], Code: sms.InvalidTo, Message: "not " + to[place]})
				case 1:
					p.set(place, doubtful, sms.Error{To: to[place], Code: sms.OutcomeUnknown, Message: fmt.Sprint("lost ", random.IntN(60))})
				case 2:
					p.set(place, again, sms.Error{To: to[place], Code: sms.RateLimited, Message: "later", Retryable: true})
				default:
					p.take(place, sms.Message{To: to[place], SID: fmt.Sprintf("SM%032d", place), Status: sms.Queued, Segments: 2}, time.Now())
				}
			}
		}
		window := p.places(untried, random.IntN(20))
		p.begin(window)
		read, _ := pass(t, p.record(to))
		q := newProgress(to)
		q.resume(read, to)
		inWindow := make(map[int]bool)
		for _, place := range window {
			inWindow[place] = true
		}
		for place := range to {
			was, is := p.outcomes[place], q.outcomes[place]
			want := was.state
			switch {
			case inWindow[place]:
				want = doubtful
			case was.state == again:
				want = untried
			}
			if is.state != want {
				t.Fatalf("recipient %d was %d, window %v, and is %d", place, was.state, inWindow[place], is.state)
			}
			if was.state == refused && is.problem.Code != was.problem.Code {
				t.Fatalf("recipient %d was refused for %+v, now for %+v", place, was.problem, is.problem)
			}
			if was.state == taken && (is.message.To != to[place] || is.message.SID != "" && !reflect.DeepEqual(is.message, was.message)) {
				t.Fatalf("recipient %d had %+v, now %+v", place, was.message, is.message)
			}
		}
	}
}

func TestARecordOfAnotherListPutsEverybodyInDoubt(t *testing.T) {
	to := phones(3)
	for name, r := range map[string]record{
		"too many recipients":       {Runs: [][3]int{{int(taken), -1, 4}}},
		"a state that is none":      {Runs: [][3]int{{9, -1, 1}}},
		"an error that is none":     {Runs: [][3]int{{int(refused), 3, 1}}},
		"a window outside the list": {Window: []int{7}},
		"a message of nobody":       {Recent: []recentMessage{{Place: 2}}},
		"a negative count":          {Runs: [][3]int{{int(taken), -1, -2}}},
		"other recipients":          {List: "other", Runs: [][3]int{{int(taken), -1, 3}}},
	} {
		p := newProgress(to)
		p.set(1, refused, sms.Error{Code: sms.InvalidTo})
		if r.List == "" {
			r.List = p.list
		}
		p.resume(r, to)
		if got := p.places(doubtful, 3); !reflect.DeepEqual(got, []int{0, 2}) || p.outcomes[1].state != refused {
			t.Errorf("%s: in doubt are %v", name, got)
		}
	}
}

func BenchmarkRecord(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			to := phones(n)
			p := newProgress(to)
			p.begin(p.places(untried, n))
			for place := range to {
				p.take(place, sms.Message{To: to[place], SID: "SM"}, time.Unix(int64(place), 0))
			}
			b.ReportAllocs()
			for b.Loop() {
				p.record(to)
			}
		})
	}
}
