package activities

// What a send knows about its recipients, and the record from which the next
// attempt continues, so that nobody is texted twice.

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"temporal-twilio/sms"
)

// state is what is known about a recipient.
type state uint8

const (
	// untried: no create was started, or the last one certainly had no
	// effect.
	untried state = iota
	// deferred: Twilio certainly did not accept the message, but may do so
	// later.
	deferred
	// doubtful: the message may or may not have been created.
	doubtful
	// refused: the message will not be sent.
	refused
	// accepted: Twilio accepted the message.
	accepted
)

// recipient is one recipient of a send, with the content and the outcome of the
// message.
type recipient struct {
	sms.Recipient
	// to is the address in Twilio's form, or as it was written if it cannot
	// be parsed.
	to string
	// place is the index in the send, and written is the index in the
	// input's smsTo, which may contain duplicates.
	place, written int
	// content is valid only if rendered is true.
	content  content
	rendered bool

	state state
	// open is true while a create may be in flight. If the attempt ends
	// during that time, the recipient is doubtful.
	open bool
	// again is true if the recipient is in doubt and will be texted again.
	// The recipient stays in doubt until Twilio accepts that message.
	again bool
	// counted is when this attempt counted the message against a cap, or
	// zero if it did not.
	counted time.Time
	// since is when the create was first recorded as open.
	since moment
	// sum is a checksum of the text that may have been sent, or 0 if the
	// text is unknown or there may be several.
	sum uint32
	// problem explains the states deferred, doubtful and refused. cause is
	// its index in the table of problems, or -1.
	problem sms.Error
	cause   int
	// message has no SID if Twilio accepted it so long ago that the record
	// no longer contains the SID.
	message sms.Message
}

// moment is when a create may have started, by Twilio's clock. The create's
// message cannot be older than from, and a message with the same text that is
// not older than sure is certainly ours. The zero value means that the time is
// unknown.
type moment struct{ from, sure time.Time }

const (
	// maxRecent is how many messages the record contains. The record says
	// of older messages only that they were accepted. If another attempt
	// needs their SIDs, it looks them up at Twilio.
	maxRecent = 100
	// maxProblems is how many different errors the record contains in full.
	maxProblems = 40
	// firstFew is how many recipients, from the start of the input's list,
	// may be texted without a record. A second attempt assumes that they
	// may have been texted. This number must never change, since workers of
	// all versions rely on it.
	firstFew = 20
)

// record is the progress of a send, in the form of heartbeat details. It stays
// small no matter how long the list is. Workers of different versions read each
// other's records. A record that cannot be understood puts every recipient in
// doubt.
type record struct {
	// List identifies the list of recipients.
	List string `json:"list"`
	// Window lists the places of the recipients whose creates may have
	// started.
	Window []int `json:"window,omitempty"`
	// Open holds, for each place in Window, when the create may have
	// started (Unix seconds by Twilio's clock) and the checksum of the
	// text. 0 means unknown.
	Open [][2]int64 `json:"open,omitempty"`
	// Runs are triples of a state, the index of a problem, and a count, in
	// the order of the list. The recipients after the last run are untried.
	Runs [][3]int `json:"runs,omitempty"`
	// Problems holds the errors that Runs refers to, with "{to}" in place
	// of the recipient.
	Problems []sms.Error `json:"problems,omitempty"`
	// Recent holds the messages that Twilio accepted last.
	Recent []recentMessage `json:"recent,omitempty"`
	// Known is the newest message that Twilio accepted, or nil before the
	// first.
	Known *known `json:"known,omitempty"`
	// Stalls counts the consecutive rounds without progress, and Stuck is
	// when the first of them ended.
	Stalls int       `json:"stalls,omitempty"`
	Stuck  time.Time `json:"stuck,omitzero"`
	// Resends counts how many times recipients in doubt were texted again.
	Resends int `json:"resends,omitempty"`
	// Quiet is when Twilio will have finished every create in doubt, by its clock.
	Quiet time.Time `json:"quiet,omitzero"`
	// Timed is false if Quiet may have been computed from the worker's own
	// clock, as in records of older versions.
	Timed bool `json:"timed,omitempty"`
	// Complete is when a listing will show every message in doubt, by
	// Twilio's clock, or zero if that is unknown.
	Complete time.Time `json:"complete,omitzero"`
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

// fingerprint identifies a list of recipients. Two workers may parse the same
// input into different lists if their default regions or their phone number
// libraries differ.
func fingerprint(recipients []*recipient) string {
	hash := fnv.New64a()
	for _, r := range recipients {
		_, _ = hash.Write([]byte(r.to + "\n")) // writing to a hash never fails
	}
	return strconv.FormatUint(hash.Sum64(), 36)
}

// sumOf returns the checksum of a text, which is never 0.
func sumOf(text string) uint32 {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(text))
	return max(hash.Sum32(), 1)
}

// problems is the table of errors that runs refer to.
type problems struct {
	list  []sms.Error
	known map[string]int
}

// place returns the index of a recipient's error in the table. It never merges
// errors that differ in more than the recipient but, once the table is full, it
// drops their messages.
func (t *problems) place(e sms.Error, to string) int {
	e.To = ""
	e.Message = strings.ReplaceAll(e.Message, to, "{to}")
	if len(t.list) >= maxProblems {
		e.Message, e.Recipient = "the details were lost when an earlier attempt ended", ""
	}
	key := sms.JSONText(e)
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

// snapshot returns the heartbeat details. The caller holds mu.
func (s *send) snapshot() record {
	s.recorded.Store(true)
	r := record{
		List: s.list, Problems: slices.Clone(s.problems.list), Known: s.known,
		Stalls: s.stalls, Stuck: s.stuck, Resends: s.resends, Quiet: s.quiet, Timed: !s.untimed && !s.quiet.IsZero(), Complete: s.complete, Began: s.first,
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

// adopt restores the record of an earlier attempt. Recipients whose creates
// that attempt may have started are in doubt, and recipients that it deferred
// are untried. A record of another list puts every recipient in doubt, because
// it does not say which of them may have been texted.
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
			s.recipients[place].restore(state(run[0]), run[1], r.Problems)
			place++
		}
	}
	s.problems = problems{}
	for _, to := range s.recipients {
		if to.cause >= 0 {
			to.cause = s.problems.place(to.problem, to.to)
		}
	}
	if r.Known != nil && !s.hidden() { // older workers recorded Known even if listings hide recipients
		s.ledger.own(s.owner, sms.Message{To: r.Known.To, SID: r.Known.SID}, r.Known.At)
	}
	for _, m := range r.Recent {
		to := s.recipients[m.Place]
		to.message = sms.Message{To: to.to, SID: m.SID, Status: m.Status, Segments: m.Segments}
		s.recent = append(s.recent, to)
		s.ledger.own(s.owner, to.message, time.Time{})
	}
	for i, place := range r.Window {
		to := s.recipients[place]
		if len(r.Open) > i && r.Open[i][0] > 0 {
			at := time.Unix(r.Open[i][0], 0)
			to.since, to.sum = moment{at.Add(-dateSlack), at}, uint32(r.Open[i][1])
		}
		if to.state != doubtful {
			s.set(to, doubtful, died(to.to))
			r.Timed = false
		}
	}
	s.known, s.stalls, s.stuck, s.quiet, s.complete, s.first = r.Known, r.Stalls, r.Stuck, r.Quiet, r.Complete, r.Began
	s.resends = r.Resends
	// Quiet already covers the recipients who were in doubt when the record
	// was written. An attempt that only looks them up must not postpone
	// Quiet, or each attempt would have to wait again.
	if len(r.Window) > 0 && !r.Timed {
		s.disturb()
	}
}

// begin records that a create may be in flight from now on. If an earlier
// create is in doubt, since keeps the moment of the earlier one, whose message
// may still appear.
func (to *recipient) begin(since moment) {
	to.open = true
	if to.state == doubtful {
		return
	}
	to.since = since
}

// sign records the checksum of the text that is about to be sent. If the
// recipient was already in doubt, there may be several texts, and the checksum
// is unknown.
func (to *recipient) sign() {
	sum := sumOf(to.content.body)
	if to.state == doubtful && to.sum != sum {
		sum = 0
	}
	to.sum = sum
}

// restore restores a recipient's recorded state.
func (to *recipient) restore(st state, cause int, problems []sms.Error) {
	if st == deferred {
		return // back to untried
	}
	to.state, to.cause = st, cause
	if cause >= 0 {
		to.problem = problems[cause]
		to.problem.To = to.to
		to.problem.Message = strings.ReplaceAll(to.problem.Message, "{to}", to.to)
	}
	if st == accepted {
		to.message.To = to.to
	}
}

// fits reports whether a record can belong to a list of this length.
func (r *record) fits(recipients int) bool {
	outside := func(place int) bool { return place < 0 || place >= recipients }
	var states []state
	for _, run := range r.Runs {
		s, problem, count := run[0], run[1], run[2]
		if s < int(untried) || s > int(accepted) || problem < -1 || problem >= len(r.Problems) || count < 0 || len(states)+count > recipients {
			return false
		}
		states = append(states, slices.Repeat([]state{state(s)}, count)...)
	}
	return !slices.ContainsFunc(r.Window, outside) &&
		!slices.ContainsFunc(r.Recent, func(m recentMessage) bool {
			return outside(m.Place) || m.Place >= len(states) || states[m.Place] != accepted
		})
}

// died returns the error for a recipient whose message may have been in flight
// when an attempt ended.
func died(to string) sms.Error {
	return sms.Error{
		To: to, Code: sms.CodeOutcomeUnknown,
		Message: "the attempt ended before it was known whether Twilio created the message; check Twilio's log before sending it again",
	}
}
