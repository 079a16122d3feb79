package activities

// Progress: what a send has recorded of itself, so that whoever comes after it
// texts nobody twice.

import (
	"hash/fnv"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"temporal-twilio/sms"
)

// state is where one recipient stands.
type state uint8

const (
	// untried: no create was begun, or it is certain that none was carried out.
	untried state = iota
	// again: Twilio surely did not take it and may take it later.
	again
	// doubtful: it may or may not have been created.
	doubtful
	// refused: it will not be sent.
	refused
	// taken: Twilio took it.
	taken
)

// outcome is what is known of one recipient.
type outcome struct {
	state state
	// problem explains every state but untried and taken.
	problem sms.Error
	// message has no SID if it was taken so long ago that the record names it no
	// more.
	message sms.Message
}

// progress is all of a send's outcomes, by the recipient's place in the list.
type progress struct {
	outcomes []outcome
	// list tells one list from another.
	list string
	// window are the recipients that are being tried.
	window []int
	// known is the newest message that Twilio took; nil before the first.
	known *known
	// recent are the recipients whose messages the record names, oldest first.
	recent []int
	// stalls counts the attempts in a row that settled nobody.
	stalls int
	// quiet is when Twilio will have finished with every create in doubt, complete
	// when a listing will show all of them; the zero time if that is not known.
	quiet, complete time.Time

	// next is the first recipient that no attempt has reached.
	next int
	// runs and problems are the record of the first recipients, up to base: all
	// of them are settled, so that each is written down once.
	runs     [][3]int
	base     int
	problems problems
}

// known is a message that a listing must show, unless it lags.
type known struct {
	To  string    `json:"to"`
	SID string    `json:"sid"`
	At  time.Time `json:"at"`
}

// maxRecent is how many messages the record names. The SIDs of older ones are
// looked up at Twilio, if it ever comes to that; their outcome is in the record
// all the same, and takes next to no room.
const maxRecent = 100

// maxProblems is how many different errors the record explains in full.
const maxProblems = 40

// record is the progress as heartbeat details. It stays small however long the
// list is.
type record struct {
	// List is that of progress.
	List string `json:"list"`
	// Window are the recipients that are being tried, by place.
	Window []int `json:"window,omitempty"`
	// Runs are [state, problem, how many], in the order of the list; the
	// recipients after the last run are untried.
	Runs [][3]int `json:"runs,omitempty"`
	// Problems are what runs refer to, "{to}" standing for the recipient.
	Problems []sms.Error `json:"problems,omitempty"`
	// Recent are the last messages that Twilio took.
	Recent []recentMessage `json:"recent,omitempty"`
	Known  *known          `json:"known,omitempty"`
	Stalls int             `json:"stalls,omitempty"`
	// Quiet and Complete are those of progress: an attempt that waits for them
	// may end before, and the next one waits no longer.
	Quiet    time.Time `json:"quiet,omitzero"`
	Complete time.Time `json:"complete,omitzero"`
}

type recentMessage struct {
	Place    int        `json:"i"`
	SID      string     `json:"sid"`
	Status   sms.Status `json:"status"`
	Segments int        `json:"n"`
}

func newProgress(recipients []string) *progress {
	return &progress{outcomes: make([]outcome, len(recipients)), list: fingerprint(recipients)}
}

// fingerprint tells one list from another. Two workers may read an input as two
// lists: their default region or their library of numbers differs.
func fingerprint(recipients []string) string {
	hash := fnv.New64a()
	for _, to := range recipients {
		_, _ = io.WriteString(hash, to+"\n") // a hash takes everything
	}
	return strconv.FormatUint(hash.Sum64(), 36)
}

// take notes that Twilio took a recipient's message.
func (p *progress) take(place int, m sms.Message, now time.Time) {
	p.outcomes[place] = outcome{state: taken, message: m}
	p.recent = append(p.recent, place)
	if len(p.recent) > 2*maxRecent {
		p.recent = append(p.recent[:0], p.recent[len(p.recent)-maxRecent:]...)
	}
	if p.known == nil || now.After(p.known.At) {
		p.known = &known{To: m.To, SID: m.SID, At: now}
	}
}

// disturb notes that a create in doubt may be carried out until then.
func (p *progress) disturb(until time.Time) {
	if until.After(p.quiet) {
		p.quiet, p.complete = until, time.Time{}
	}
}

// set notes any other outcome.
func (p *progress) set(place int, s state, problem sms.Error) {
	p.outcomes[place] = outcome{state: s, problem: problem}
}

// places lists the recipients in a state, up to a number of them. Those that no
// attempt has reached are untried, or have been refused from the start.
func (p *progress) places(s state, limit int) (found []int) {
	for place := p.base; place < p.next && len(found) < limit; place++ {
		if p.outcomes[place].state == s {
			found = append(found, place)
		}
	}
	for place := max(p.base, p.next); s == untried && place < len(p.outcomes) && len(found) < limit; place++ {
		if p.outcomes[place].state == untried {
			found = append(found, place)
		}
	}
	return found
}

// nameless lists those whom Twilio took, by a SID that the record does not name.
func (p *progress) nameless() (found []int) {
	for place := range p.outcomes {
		if o := &p.outcomes[place]; o.state == taken && o.message.SID == "" {
			found = append(found, place)
		}
	}
	return found
}

func (p *progress) has(s state) bool { return len(p.places(s, 1)) > 0 }

// begin names the recipients that are going to be tried.
func (p *progress) begin(window []int) {
	p.window = window
	for _, place := range window {
		p.next = max(p.next, place+1)
	}
}

// record gives the heartbeat details.
func (p *progress) record(recipients []string) record {
	for ; p.base < p.next && p.outcomes[p.base].state >= refused; p.base++ {
		p.runs = p.problems.append(p.runs, &p.outcomes[p.base], recipients[p.base])
	}
	r := record{List: p.list, Window: p.window, Known: p.known, Stalls: p.stalls, Quiet: p.quiet, Complete: p.complete, Runs: slices.Clone(p.runs)}
	for place := p.base; place < p.next; place++ {
		r.Runs = p.problems.append(r.Runs, &p.outcomes[place], recipients[place])
	}
	r.Problems = p.problems.list
	for _, place := range p.recent[max(0, len(p.recent)-maxRecent):] {
		m := &p.outcomes[place].message
		r.Recent = append(r.Recent, recentMessage{place, m.SID, m.Status, m.Segments})
	}
	return r
}

// problems is the table of errors that runs refer to.
type problems struct {
	list  []sms.Error
	known map[string]int
}

// append adds one outcome to the runs.
func (t *problems) append(runs [][3]int, o *outcome, to string) [][3]int {
	problem := t.place(o, to)
	if last := len(runs) - 1; last >= 0 && runs[last][0] == int(o.state) && runs[last][1] == problem {
		runs[last][2]++
		return runs
	}
	return append(runs, [3]int{int(o.state), problem, 1})
}

// place gives the place of an outcome's error in the table, -1 for none.
func (t *problems) place(o *outcome, to string) int {
	if o.problem.Code == "" {
		return -1
	}
	e := o.problem
	e.To = ""
	e.Message = strings.ReplaceAll(e.Message, to, "{to}")
	if len(t.list) >= maxProblems {
		e.Message = "the attempt that explained it ended"
	}
	key := string(e.Code) + e.Message
	place, ok := t.known[key]
	if !ok {
		if t.known == nil {
			t.known = make(map[string]int)
		}
		place = len(t.list)
		t.list = append(t.list, e)
		t.known[key] = place
	}
	return place
}

// resume reads the record of an earlier attempt. What that attempt was trying
// when it ended is in doubt, and what it left for later is untried. A record
// that is not one of this list puts everybody in doubt: it was written, so
// something was begun. It reports whether somebody was put in doubt.
func (p *progress) resume(r record, recipients []string) (disturbed bool) {
	fresh := slices.Clone(p.outcomes)
	if r.List != p.list || !r.fill(p, recipients) {
		p.outcomes, p.recent = fresh, nil
		r = record{}
		for place := range recipients {
			if fresh[place].state == untried {
				r.Window = append(r.Window, place)
			}
		}
	}
	for _, place := range r.Window {
		p.set(place, doubtful, died(recipients[place]))
		p.next = max(p.next, place+1)
	}
	for place := range p.outcomes[:p.next] {
		if p.outcomes[place].state == again {
			p.outcomes[place] = outcome{}
		}
	}
	p.known, p.stalls, p.quiet, p.complete = r.Known, r.Stalls, r.Quiet, r.Complete
	return len(r.Window) > 0
}

// died explains a recipient whom the last attempt was texting when it ended.
func died(to string) sms.Error {
	return sms.Error{
		To: to, Code: sms.OutcomeUnknown,
		Message: "the worker ended while it was sending: the message may or may not have been created; look in Twilio's log before sending it again",
	}
}

// fill lays the record out over the list; false if it is not one of this list.
func (r *record) fill(p *progress, recipients []string) bool {
	place := 0
	for _, run := range r.Runs {
		s, problem, count := run[0], run[1], run[2]
		if s < int(untried) || s > int(taken) || problem >= len(r.Problems) || count < 0 || place+count > len(recipients) {
			return false
		}
		for ; count > 0; count-- {
			o := &p.outcomes[place]
			o.state = state(s)
			if problem >= 0 {
				o.problem = r.Problems[problem]
				o.problem.To = recipients[place]
				o.problem.Message = strings.ReplaceAll(o.problem.Message, "{to}", recipients[place])
			}
			if o.state == taken {
				o.message.To = recipients[place]
			}
			place++
		}
	}
	p.next = place
	outside := func(place int) bool { return place < 0 || place >= len(recipients) }
	if slices.ContainsFunc(r.Window, outside) {
		return false
	}
	for _, m := range r.Recent {
		if outside(m.Place) || p.outcomes[m.Place].state != taken {
			return false
		}
		p.outcomes[m.Place].message = sms.Message{To: recipients[m.Place], SID: m.SID, Status: m.Status, Segments: m.Segments}
		p.recent = append(p.recent, m.Place)
	}
	return true
}
