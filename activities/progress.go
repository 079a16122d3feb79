package activities

// Progress: what a send records of itself, so that whoever comes after it texts
// nobody twice.

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
	// deferred: Twilio surely did not take it and may take it later.
	deferred
	// doubtful: it may or may not have been created.
	doubtful
	// refused: it will not be sent.
	refused
	// taken: Twilio took it.
	taken
)

// recipient is one of a send's: whom, what, and what became of it.
type recipient struct {
	sms.Recipient
	// to is the address as Twilio gets it, or as it was written if it is none.
	to string
	// place is that in the send, written that in the input's smsTo, which may name
	// somebody twice.
	place, written int
	// content is what they get, once it is rendered.
	content  content
	rendered bool

	state state
	// open is set while a create may be begun: whoever comes next is to take it
	// for doubtful.
	open bool
	// since is when it was first recorded as open.
	since moment
	// sum tells the text that may have been sent from others; 0 if it is not known.
	sum uint32
	// problem explains every state but untried and taken; cause is its place in the
	// table of problems, -1 for none.
	problem sms.Error
	cause   int
	// message has no SID if it was taken so long ago that the record names it no
	// more.
	message sms.Message
}

// moment is a time of Twilio's clock, as bounds: no message of ours is older than
// from, and one that says what ours does is ours if it is not older than sure.
// The zero moment is not known.
type moment struct{ from, sure time.Time }

const (
	// maxRecent is how many messages the record names. The SIDs of older ones are
	// looked up at Twilio, if it ever comes to that; their outcome is in the record
	// all the same, and takes next to no room.
	maxRecent = 100
	// maxProblems is how many different errors the record explains in full.
	maxProblems = 40
	// firstFew is how many recipients, by their place in the input's list, may be
	// texted before anything is recorded: that a second attempt begins is itself
	// the record that they may have been. No version may have another number.
	firstFew = 20
)

// record is the progress as heartbeat details. It stays small however long the
// list is. Versions that are deployed after each other read each other's: what
// one does not understand puts everybody in doubt.
type record struct {
	// List tells one list from another.
	List string `json:"list"`
	// Window are the recipients whose create may have been begun, by place.
	Window []int `json:"window,omitempty"`
	// Open says more of each of Window: since when, in seconds of Twilio's clock,
	// and the sum of the text; 0 for what is not known.
	Open [][2]int64 `json:"open,omitempty"`
	// Runs are [state, problem, how many], in the order of the list; the
	// recipients after the last run are untried.
	Runs [][3]int `json:"runs,omitempty"`
	// Problems are what runs refer to, "{to}" standing for the recipient.
	Problems []sms.Error `json:"problems,omitempty"`
	// Recent are the last messages that Twilio took.
	Recent []recentMessage `json:"recent,omitempty"`
	// Known is the newest message that Twilio took; nil before the first.
	Known *known `json:"known,omitempty"`
	// Stalls counts the rounds in a row that settled nobody, Stuck is when the
	// first of them began.
	Stalls int       `json:"stalls,omitempty"`
	Stuck  time.Time `json:"stuck,omitzero"`
	// Quiet is when Twilio will have finished with every create in doubt, by its
	// clock.
	Quiet time.Time `json:"quiet,omitzero"`
	// Began is when the first record was written, by Twilio's clock.
	Began time.Time `json:"began,omitzero"`
}

type recentMessage struct {
	Place    int        `json:"i"`
	SID      string     `json:"sid"`
	Status   sms.Status `json:"status"`
	Segments int        `json:"n"`
}

type known struct {
	To  string    `json:"to"`
	SID string    `json:"sid"`
	At  time.Time `json:"at"`
}

// fingerprint tells one list from another. Two workers may read an input as two
// lists: their default region or their library of numbers differs.
func fingerprint(recipients []*recipient) string {
	hash := fnv.New64a()
	for _, r := range recipients {
		_, _ = io.WriteString(hash, r.to+"\n") // a hash takes everything
	}
	return strconv.FormatUint(hash.Sum64(), 36)
}

// sumOf tells one text from another; it is never 0.
func sumOf(text string) uint32 {
	hash := fnv.New32a()
	_, _ = io.WriteString(hash, text)
	return max(hash.Sum32(), 1)
}

// problems is the table of errors that runs refer to.
type problems struct {
	list  []sms.Error
	known map[string]int
}

// place is that of a recipient's error in the table. Errors that differ in what
// a program reads are never one; only their words may be lost.
func (t *problems) place(e sms.Error, to string) int {
	e.To = ""
	e.Message = strings.ReplaceAll(e.Message, to, "{to}")
	if len(t.list) >= maxProblems {
		e.Message, e.Recipient = "the attempt that explained it ended", ""
	}
	key := text(e)
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

// snapshot gives the heartbeat details. The caller holds mu.
func (s *send) snapshot() record {
	s.recorded.Store(true)
	r := record{
		List: s.list, Problems: slices.Clone(s.problems.list), Known: s.known,
		Stalls: s.stalls, Stuck: s.stuck, Quiet: s.quiet, Began: s.first,
	}
	next := 0
	for _, to := range s.recipients {
		if to.open || to.state != untried {
			next = to.place + 1
		}
		if to.open || to.state == doubtful {
			r.Window = append(r.Window, to.place)
			r.Open = append(r.Open, [2]int64{unixOf(to.since), int64(to.sum)})
		}
	}
	for _, to := range s.recipients[:next] {
		if last := len(r.Runs) - 1; last >= 0 && r.Runs[last][0] == int(to.state) && r.Runs[last][1] == to.cause {
			r.Runs[last][2]++
			continue
		}
		r.Runs = append(r.Runs, [3]int{int(to.state), to.cause, 1})
	}
	for _, to := range s.recent[max(0, len(s.recent)-maxRecent):] {
		r.Recent = append(r.Recent, recentMessage{to.place, to.message.SID, to.message.Status, to.message.Segments})
	}
	return r
}

func unixOf(m moment) int64 {
	if m.sure.IsZero() {
		return 0
	}
	return m.sure.Unix()
}

// adopt reads the record of an earlier attempt. Whose create that attempt may
// have begun is in doubt, and what it left for later is untried. A record that is
// not one of this list puts everybody in doubt: it was written, so something was
// begun.
func (s *send) adopt(r record) {
	if r.List != s.list || !r.fits(len(s.recipients)) {
		r = record{}
		for _, to := range s.recipients {
			if to.state == untried {
				r.Window = append(r.Window, to.place)
			}
		}
	}
	place := 0
	for _, run := range r.Runs {
		for range run[2] {
			s.recipients[place].lay(state(run[0]), run[1], r.Problems)
			place++
		}
	}
	s.problems = problems{}
	for _, to := range s.recipients {
		if to.cause >= 0 {
			to.cause = s.problems.place(to.problem, to.to)
		}
	}
	if r.Known != nil {
		s.ledger.take(s.owner, sms.Message{To: r.Known.To, SID: r.Known.SID}, r.Known.At)
	}
	for _, m := range r.Recent {
		to := s.recipients[m.Place]
		to.message = sms.Message{To: to.to, SID: m.SID, Status: m.Status, Segments: m.Segments}
		s.recent = append(s.recent, to)
		s.ledger.take(s.owner, to.message, time.Time{})
	}
	for i, place := range r.Window {
		to := s.recipients[place]
		if len(r.Open) > i && r.Open[i][0] > 0 {
			at := time.Unix(r.Open[i][0], 0)
			to.since, to.sum = moment{at.Add(-dateSlack), at}, uint32(r.Open[i][1])
		}
		if to.state != doubtful {
			s.set(to, doubtful, died(to.to))
		}
	}
	s.known, s.stalls, s.stuck, s.quiet, s.first = r.Known, r.Stalls, r.Stuck, r.Quiet, r.Began
	if len(r.Window) > 0 {
		s.disturb()
	}
}

// lay puts a recipient into a recorded state.
func (to *recipient) lay(st state, cause int, problems []sms.Error) {
	if st == deferred {
		return // it is untried again
	}
	to.state, to.cause = st, cause
	if cause >= 0 {
		to.problem = problems[cause]
		to.problem.To = to.to
		to.problem.Message = strings.ReplaceAll(to.problem.Message, "{to}", to.to)
	}
	if st == taken {
		to.message.To = to.to
	}
}

// fits reports whether a record can be one of a list of so many.
func (r *record) fits(recipients int) bool {
	outside := func(place int) bool { return place < 0 || place >= recipients }
	var states []state
	for _, run := range r.Runs {
		s, problem, count := run[0], run[1], run[2]
		if s < int(untried) || s > int(taken) || problem < -1 || problem >= len(r.Problems) || count < 0 || len(states)+count > recipients {
			return false
		}
		states = append(states, slices.Repeat([]state{state(s)}, count)...)
	}
	return !slices.ContainsFunc(r.Window, outside) &&
		!slices.ContainsFunc(r.Recent, func(m recentMessage) bool {
			return outside(m.Place) || m.Place >= len(states) || states[m.Place] != taken
		})
}

// died explains a recipient whom the last attempt was texting when it ended.
func died(to string) sms.Error {
	return sms.Error{
		To: to, Code: sms.CodeOutcomeUnknown,
		Message: "the worker ended while it was sending: the message may or may not have been created; look in Twilio's log before sending it again",
	}
}
