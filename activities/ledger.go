package activities

// The ledger is what this process knows about the messages of one account. It
// prevents a send from mistaking another send's message for its own.

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"temporal-twilio/sms"
)

const (
	// maxEntries is how many messages a ledger remembers.
	maxEntries = 20_000
	// maxClaims is how many claims a ledger remembers, and claimFor is how
	// long a claim lasts unless it is settled.
	maxClaims = 100_000
	claimFor  = time.Hour
)

// ledger is the ledger of one account. It is safe for concurrent use.
type ledger struct {
	mu sync.Mutex
	// owners maps the SIDs of messages to the sends that own them, and
	// order lists the messages, oldest first.
	owners map[string]string
	order  []entry
	// claims maps recipients to the claims of sends that may have created a
	// message to them.
	claims map[string][]claim
	count  int

	// ahead is how far the records of the account's last send were ahead of
	// the pool, in recipients. See [send.nameAhead].
	ahead atomic.Int64
}

// entry is a message that Twilio reported, with its time by Twilio's clock.
type entry struct {
	to, sid string
	at      time.Time
}

// claim is held by a send that may have created a message to a recipient.
type claim struct {
	owner, text string
	// any is true if the message may have any text.
	any   bool
	until time.Time
}

// ledgerOf returns the ledger of the account with the given name. Two names for
// one account have the same ledger.
func (a *Activities) ledgerOf(name string) *ledger {
	if account := a.Accounts[name]; account.SID != "" {
		name = account.SID + " " + cmp.Or(account.Region, "us1")
	}
	l, _ := a.ledgers.LoadOrStore(name, &ledger{owners: make(map[string]string), claims: make(map[string][]claim)})
	return l.(*ledger)
}

// own records that a message belongs to a send, unless it already belongs to
// another. It reports whether the message belongs to the send.
func (l *ledger) own(owner string, m sms.Message, at time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if other, known := l.owners[m.SID]; known {
		return other == owner
	}
	l.owners[m.SID] = owner
	l.order = append(l.order, entry{m.To, m.SID, at})
	if len(l.order) > maxEntries {
		for _, old := range l.order[:maxEntries/10] {
			delete(l.owners, old.sid)
		}
		l.order = slices.Delete(l.order, 0, maxEntries/10)
	}
	return true
}

// others reports whether a message belongs to another send.
func (l *ledger) others(owner, sid string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	other, known := l.owners[sid]
	return known && other != owner
}

// before returns the newest message known to be older than the given time.
func (l *ledger) before(at time.Time) (entry, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, entry := range slices.Backward(l.order) {
		if !entry.at.IsZero() && entry.at.Before(at) {
			return entry, true
		}
	}
	return entry{}, false
}

// claim records that a send may have created a message.
func (l *ledger) claim(owner, to, text string, anyText bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count >= maxClaims {
		clear(l.claims)
		l.count = 0
	}
	l.count += 1 - l.drop(owner, to)
	l.claims[to] = append(l.claims[to], claim{owner, text, anyText, time.Now().Add(claimFor)})
}

// settle drops a claim when the outcome of the message is known.
func (l *ledger) settle(owner, to string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count -= l.drop(owner, to)
}

// drop removes a send's claims on a recipient and all claims that are too old.
// It returns how many it removed.
func (l *ledger) drop(owner, to string) int {
	claims, now := l.claims[to], time.Now()
	kept := slices.DeleteFunc(claims, func(c claim) bool { return c.owner == owner || now.After(c.until) })
	if len(kept) == 0 {
		delete(l.claims, to)
	} else {
		l.claims[to] = kept
	}
	return len(claims) - len(kept)
}

// rivals returns how many other sends may have created a message with this text
// to this recipient.
func (l *ledger) rivals(owner, to, text string, anyText bool) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	text = skeleton(text)
	for _, c := range l.claims[to] {
		if c.owner != owner && (anyText || c.any || skeleton(c.text) == text) && time.Now().Before(c.until) {
			n++
		}
	}
	return n
}

// skeleton returns the letters and digits of a text, in lower case. They are
// the same even if Twilio, or a worker of another version, writes quotes,
// dashes, spaces, accents or invisible characters differently.
func skeleton(text string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, norm.NFKD.String(strings.TrimPrefix(text, trialPrefix))))
}
