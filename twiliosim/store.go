package twiliosim

// The store keeps the newest messages, finds them by SID, and lists them newest
// first by account, recipient or sender without scanning all of them.

import (
	"slices"
	"time"
)

// feed holds the messages of one account in order of creation: all of them, and
// those of each address. Deleted messages keep their place; evicted ones are
// removed.
type feed struct {
	all      []*message
	to, from map[string][]*message
}

func (f *feed) init() { f.to, f.from = map[string][]*message{}, map[string][]*message{} }

// maxWeight limits the total size of the texts and URLs of all messages,
// because 100,000 long messages take far more memory than short ones.
const maxWeight = 40 << 20 // bytes

// weigh returns the size of a message's text and URLs, in bytes.
func (m *message) weigh() int {
	weight := len(m.body) + len(m.statusCallback)
	for _, item := range m.media {
		weight += len(item.url) + len(item.sid)
	}
	return weight
}

// add stores a new message and evicts the oldest ones beyond the limits.
func (s *Sim) add(m *message) {
	s.seq++
	m.seq = s.seq
	s.bySID[m.sid] = m
	s.order = append(s.order, m)
	f := &m.account.feed
	f.all = append(f.all, m)
	f.to[m.to] = append(f.to[m.to], m)
	if m.from != "" {
		f.from[m.from] = append(f.from[m.from], m)
	}
	m.weight = m.weigh()
	s.weight += m.weight
	for len(s.order) > s.options.MaxMessages || s.weight > maxWeight {
		s.evictOldest()
	}
}

// setSender sets the sender that a service chose for a message, and inserts it
// into that sender's index in order of creation.
func (s *Sim) setSender(m *message, from string) {
	m.from = from
	list := m.account.feed.from[from]
	at, _ := slices.BinarySearchFunc(list, m.seq, func(other *message, seq uint64) int {
		return int(int64(other.seq) - int64(seq))
	})
	m.account.feed.from[from] = slices.Insert(list, at, m)
}

func (s *Sim) evictOldest() {
	m := s.order[0]
	s.order[0] = nil
	s.order = s.order[1:]
	m.evicted.Store(true)
	s.weight -= m.weight
	delete(s.bySID, m.sid)
	f := &m.account.feed
	f.all = withoutFirst(f.all)
	dropFirst(f.to, m.to)
	if m.from != "" {
		dropFirst(f.from, m.from)
	}
}

// withoutFirst removes the first message of a list. It evicts the oldest
// message, which comes first in every list that holds it.
func withoutFirst(list []*message) []*message {
	list[0] = nil
	return list[1:]
}

func dropFirst(index map[string][]*message, key string) {
	if list := withoutFirst(index[key]); len(list) > 0 {
		index[key] = list
	} else {
		delete(index, key)
	}
}

// query selects messages of an account.
type query struct {
	to, from string
	sentOn   dateRange
	// before is the exclusive upper bound of seq, 0 for none. after is the
	// exclusive lower bound, 0 for none: it selects the messages that directly
	// follow the one with that seq.
	before, after uint64
	now           time.Time
	limit         int
}

// dateRange is a half-open interval of date_sent; a zero end is open.
type dateRange struct{ from, until time.Time }

func (r dateRange) set() bool { return !r.from.IsZero() || !r.until.IsZero() }

func (r dateRange) holds(t time.Time) bool {
	return !t.IsZero() && (r.from.IsZero() || !t.Before(r.from)) && (r.until.IsZero() || t.Before(r.until))
}

func (q *query) matches(m *message) bool {
	return !m.deleted && (q.to == "" || m.to == q.to) && (q.from == "" || m.from == q.from) &&
		!m.listedFrom.After(q.now) && (!q.sentOn.set() || q.sentOn.holds(m.sentAt))
}

// find returns up to q.limit messages, newest first.
func (f *feed) find(q query) []*message {
	list := f.all
	switch {
	case q.to != "" && (q.from == "" || len(f.to[q.to]) <= len(f.from[q.from])):
		list = f.to[q.to]
	case q.from != "":
		list = f.from[q.from]
	}
	var found []*message
	if q.after > 0 {
		for i := placeOf(list, q.after+1); i < len(list) && len(found) < q.limit; i++ {
			if q.matches(list[i]) {
				found = append(found, list[i])
			}
		}
		slices.Reverse(found)
		return found
	}
	end := len(list)
	if q.before > 0 {
		end = placeOf(list, q.before)
	}
	for i := end - 1; i >= 0 && len(found) < q.limit; i-- {
		if q.matches(list[i]) {
			found = append(found, list[i])
		}
	}
	return found
}

// placeOf returns the index of the first message whose seq is at least seq.
func placeOf(list []*message, seq uint64) int {
	at, _ := slices.BinarySearchFunc(list, seq, func(m *message, seq uint64) int {
		return int(int64(m.seq) - int64(seq))
	})
	return at
}
