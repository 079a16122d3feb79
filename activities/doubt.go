package activities

// Doubts: recipients who may or may not have been texted, looked up at Twilio.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

const (
	defaultSettle   = 15 * time.Second
	defaultPatience = 30 * time.Second
	// maxSettleWait bounds the wait until a listing is known to be complete.
	maxSettleWait = 10 * time.Minute
	// longestLag is how many times TWILIO_LISTING_PATIENCE is waited for a listing
	// to show a message that is known to exist.
	longestLag = 20
	// longWait is the shortest wait that is left to the next attempt, if there
	// will be one, so that it does not hold a slot of the worker.
	longWait = 10 * time.Second
	// slowest is the longest pause between two looks at the listing.
	slowest = 5 * time.Second
	// maxListed is how many messages to one recipient are searched.
	maxListed = 2000
	// mostResends is how many times recipients in doubt are texted again: each
	// time, they may get another copy.
	mostResends = 3
	// lookUps is how many listings are requested concurrently.
	lookUps = 8
)

func (a *Activities) settle() time.Duration {
	if a.Settle > 0 {
		return a.Settle
	}
	return defaultSettle
}

func (a *Activities) patience() time.Duration {
	if a.Patience > 0 {
		return a.Patience
	}
	return defaultPatience
}

// search counts, in misses, consecutive looks that Twilio did not answer in
// full and that resolved no doubt. since is the time of the first of them, and
// left is how many recipients the last look left in doubt.
type search struct {
	misses, left int
	since        time.Time
	// began is when the search began, by Twilio's clock.
	began time.Time
	// silent is true if the search ended only because of such looks, and Twilio
	// may answer later.
	silent bool
	// why says why the search ended with some left in doubt.
	why string
}

// lookUp looks up the recipients in doubt until each is resolved or nothing
// more can be learnt. A message counts as sent if it can only be this send's
// (see ours). One that is not found counts as not created only if the listing
// is known to be complete and has had the time that listings may take: its
// recipient is tried again. Otherwise, the recipient stays in doubt. lookUp
// returns how long to wait if another attempt is to look up the rest. silent
// means that Twilio did not answer, but may later.
//
// It is unknown how far Twilio's listings lag, so absence alone proves nothing.
// But a listing that shows a message lags by no more than that message's age,
// and shows all messages of the same age a moment later.
func (s *send) lookUp(ctx context.Context) (wait time.Duration, silent bool) {
	l := &search{began: s.now()}
	for pause := 100 * time.Millisecond; len(s.in(doubtful)) > 0; pause = min(2*pause, slowest) {
		until, more := s.look(ctx, l)
		if !more {
			break
		}
		rest := until.Sub(s.now()) + time.Millisecond
		if _, ends := s.mayGoOn(rest); rest > longWait && pause >= slowest && !ends && s.room(rest) {
			return rest, false
		}
		if rest > 0 {
			pause = min(pause, rest)
		}
		if sleep(ctx, pause) != nil {
			return 0, false
		}
	}
	if left := len(s.in(doubtful)); left > 0 {
		s.logger.Warn("this attempt does not learn whether some recipients were texted", "recipients", left, "why", l.why)
	}
	if ctx.Err() == nil {
		s.recall(ctx)
	}
	return 0, l.silent
}

// look looks for the messages in doubt once. It returns whether there is more
// to learn and, if so, the earliest time, by Twilio's clock, at which another
// look can show it.
func (s *send) look(ctx context.Context, l *search) (until time.Time, more bool) {
	lags, unheard := s.estimate(ctx)
	ripe := s.quiet.Add(s.activities.patience())
	now := s.now()
	decided := unheard == nil && !s.complete.IsZero() && !now.Before(s.complete) && !now.Before(ripe)
	absent, unfound := s.find(ctx)
	if s.recorded.Load() { // keep what was found, in case this attempt ends too
		_ = s.heart.record(ctx) // the wait notices if the context has ended
	}
	if decided {
		s.absent(absent)
		for _, to := range absent {
			s.giveBack(to)
		}
	}
	waits := unheard == nil && !decided && s.input.OnUnknown != sms.OnUnknownResend && s.willShow(now, lags, l)
	left, missed := len(s.in(doubtful)), cmp.Or(unheard, unfound)
	patience := 2 * s.activities.patience()
	if s.stalls > 0 {
		patience = 0 // an earlier round has waited for it
	}
	switch {
	case ctx.Err() != nil:
		l.why = "the attempt ends: " + context.Cause(ctx).Error()
		return until, false
	case left == 0:
		return until, false
	case now.Before(ripe): // it is too early to conclude anything
		return ripe, true
	case l.unanswered(!waits && missed != nil, left, patience):
		return until, true // ask again after a pause
	case waits:
		return s.complete, true
	}
	l.silent = missed != nil && sms.AsError(missed).Retryable
	l.why = s.undecided(missed, lags, decided)
	return until, false
}

// undecided says why a look decided nothing.
func (s *send) undecided(missed error, lags, decided bool) string {
	switch {
	case missed != nil:
		return "Twilio did not list the messages: " + string(sms.AsError(missed).Code)
	case decided:
		return "Twilio lists messages that may be this send's or another's"
	case lags:
		return "Twilio's listing still lacks a message that Twilio accepted"
	case s.complete.IsZero():
		return "Twilio lists no message that shows how far its listing lags"
	}
	return fmt.Sprintf("the newest message that Twilio lists is too old: its listing is certainly complete only in %s", s.complete.Sub(s.now()).Round(time.Second))
}

// willShow reports whether the listing is expected to decide the doubts later. One
// that lags has as much time in each attempt.
func (s *send) willShow(now time.Time, lags bool, l *search) bool {
	if lags {
		return now.Before(later(s.quiet, l.began).Add(longestLag * s.activities.patience()))
	}
	return !s.complete.IsZero() && s.complete.Sub(now) <= maxSettleWait
}

// resendDoubts allows those whom lookUp left in doubt to be tried again, if the
// caller wants that and there is time. Until then they stay in doubt. It returns
// how long to wait if they are left to another attempt.
func (s *send) resendDoubts(ctx context.Context) (again bool, wait time.Duration) {
	delay := max(s.pause, time.Second)
	switch {
	case s.input.OnUnknown != sms.OnUnknownResend, len(s.in(doubtful)) == 0:
		return false, 0
	case ctx.Err() != nil, s.resends >= mostResends, s.halt != nil && s.halt.final, s.tired(delay, false):
		return false, 0
	case !s.fits(delay) && s.room(delay):
		return false, delay
	case !s.fits(delay), sleep(ctx, delay) != nil:
		return false, 0
	}
	s.mu.Lock() // a heartbeat may be in progress
	s.resends++
	for _, to := range s.in(doubtful) {
		to.again = true
	}
	s.mu.Unlock()
	s.halt, s.failures, s.pause = nil, 0, 0
	return true, 0
}

// unanswered reports whether to ask Twilio again after an unanswered look: until
// there have been leastPasses of them, since this process may have been suspended
// in between, and the patience is over. A look that resolves a doubt starts both
// anew.
func (l *search) unanswered(missed bool, left int, patience time.Duration) bool {
	if !missed || left < l.left {
		l.misses = 0
	}
	if l.left = left; !missed {
		return false
	}
	if l.misses++; l.misses == 1 {
		l.since = time.Now()
	}
	return l.misses < leastPasses || time.Since(l.since) < patience
}

// absent records that these recipients were certainly not texted.
func (s *send) absent(recipients []*recipient) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, to := range recipients {
		s.set(to, deferred, sms.Error{
			Code: sms.CodeConnection, TwilioCode: to.problem.TwilioCode, HTTPStatus: to.problem.HTTPStatus, MoreInfo: to.problem.MoreInfo, Retryable: true,
			Message: "Twilio failed, and its listing shows that it did not create the message; nothing was sent",
		})
		s.ledger.settle(s.owner, to.to)
	}
}

// estimate sets when a listing will show every message that was in doubt: at
// quiet, plus the longest time that the listing may lag. It becomes unknown
// again if the listing lacks a message that is known to exist: it lags. The
// error is that of a listing.
func (s *send) estimate(ctx context.Context) (lags bool, err error) {
	shown, err := s.newest(ctx)
	if err != nil {
		return false, err
	}
	if s.mu.Lock(); s.untimed {
		s.quiet = time.Time{}
		s.disturb()
		s.untimed = false
	}
	s.mu.Unlock()
	if known, any := s.ledger.before(s.quiet); any {
		listing, err := s.listing(ctx, twilio.Query{To: known.to, Since: known.at.Add(-time.Minute), Limit: maxListed})
		if err != nil {
			return false, err
		}
		lags = !slices.ContainsFunc(listing.Records, func(r twilio.Record) bool { return r.SID == known.sid && r.To == known.to })
		shown = later(shown, known.at)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch at := s.quiet.Add(max(0, s.now().Sub(shown))); {
	case lags:
		s.complete = time.Time{}
	case !shown.IsZero() && (s.complete.IsZero() || at.Before(s.complete)):
		s.complete = at
	}
	return lags, nil
}

// newest returns when the newest of the sent messages that Twilio lists was
// created; the zero time if it lists none. In an account that receives many
// texts, the newest page may hold nothing else, so the sender's messages are asked
// for, too.
func (s *send) newest(ctx context.Context) (created time.Time, err error) {
	own := s.query("", time.Time{})
	if own.Limit = 20; own.From == "" {
		own.Limit = 1000 // a Messaging Service's messages may be anywhere among the others
	}
	for _, q := range []twilio.Query{{Limit: 20}, own} {
		listing, err := s.listing(ctx, q)
		if err != nil {
			return created, err
		}
		for _, r := range listing.Records {
			// An account that hides numbers does not show whom a message was sent
			// to.
			if r.Direction != "inbound" && r.To != "" && r.Created.After(created) {
				created = r.Created
			}
		}
		if !created.IsZero() {
			break
		}
	}
	return created, nil
}

// listing returns Twilio's listing. A gateway that panics has not answered: this
// may be a goroutine, in which a panic would end the worker.
func (s *send) listing(ctx context.Context, q twilio.Query) (listing twilio.Listing, err error) {
	defer func() {
		if recover() != nil {
			logPanic(ctx)
			listing, err = twilio.Listing{}, errPanicked
		}
	}()
	return s.account.Gateway.List(ctx, q)
}

// errPanicked is the error of a listing if the gateway panicked.
var errPanicked = errors.New("the gateway panicked; the worker's log has the stack")

// lastLook looks once more for the recipients in doubt before the result
// becomes final, in the time that is left.
func (s *send) lastLook(ctx context.Context) {
	ctx, cancel := s.within(context.WithoutCancel(ctx), s.resultBy())
	defer cancel()
	ctx, done := context.WithTimeout(ctx, min(s.heart.recordTimeout()/2, 10*time.Second))
	defer done()
	_, _ = s.find(ctx)
	s.recall(ctx)
}

// find looks for the messages in doubt and records those that are certainly ours.
// It returns the recipients whose listing shows no message that could be ours.
// The error is that of one of their listings.
func (s *send) find(ctx context.Context) (absent []*recipient, failed error) {
	if s.hidden() {
		return nil, nil
	}
	var (
		mu     sync.Mutex
		asking sync.WaitGroup
		places = make(chan struct{}, lookUps)
	)
	for _, to := range s.in(doubtful) {
		places <- struct{}{}
		asking.Go(func() {
			defer func() { <-places }()
			problem := s.render(ctx, to)
			since := s.sinceOf(to)
			listing, err := s.listing(ctx, s.query(to.to, since.from))
			mu.Lock()
			defer mu.Unlock()
			if problem != nil || err != nil {
				failed = cmp.Or(failed, err)
				return
			}
			s.ledger.claim(s.owner, to.to, to.content.body, s.anyText())
			switch found, maybe := s.ours(listing.Records, to, since); {
			case found != nil:
				s.mu.Lock()
				s.accept(to, found.Message, found.Created)
				s.mu.Unlock()
			case len(maybe) == 0 && listing.Whole:
				absent = append(absent, to)
			}
		})
	}
	asking.Wait()
	return absent, failed
}

// sinceOf returns the moment from which a recipient's message may have been
// created. For those texted without a record, it is when the activity was
// scheduled: the earlier of the time by Temporal's clock, which may differ from
// ours, and our time minus how long ago Temporal says that was.
func (s *send) sinceOf(to *recipient) moment {
	if !to.since.from.IsZero() {
		return to.since
	}
	skew := -time.Since(s.now()) // how far Twilio's clock is ahead of ours
	ago := s.began.Add(-s.info.StartedTime.Sub(s.info.ScheduledTime)).Add(skew)
	at := s.info.ScheduledTime.Add(skew)
	first := ago
	if at.Before(first) {
		first = at
	}
	return moment{first.Truncate(time.Second).Add(-dateSlack), later(ago, at).Truncate(time.Second)}
}

// ours returns the message that this send created for a recipient, or else
// those that it may have created. Each recipient is in the list once, so that
// no message matches two of them.
func (s *send) ours(records []twilio.Record, to *recipient, since moment) (found *twilio.Record, maybe []*twilio.Record) {
	rendering := s.sameRendering(to)
	sure := 0
	for i := range records {
		r := &records[i]
		// A message whose time cannot be parsed may be of any age.
		if r.Direction == "inbound" || r.To != to.to || s.ledger.others(s.owner, r.SID) || !r.Created.IsZero() && r.Created.Before(since.from) {
			continue
		}
		same := to.content.body != "" && says(r.Body, to.content.body)
		switch {
		case same && !r.Created.Before(since.sure) && !rewritten(&s.input):
			found = r // the last is the oldest, and so the nearest to when we recorded it
			sure++
		// A different text means a different message, unless something may have
		// changed it: a Messaging Service, an option such as smartEncoded, a
		// redaction, or a worker of another version that renders the template
		// differently.
		case same || r.Body == "" || s.anyText() || !rendering || skeleton(r.Body) == skeleton(to.content.body):
			maybe = append(maybe, r)
		}
	}
	// If more sends could own a message than there are messages, the owners are
	// unknown.
	if found != nil && (sure <= s.ledger.rivals(s.owner, to.to, to.content.body, s.anyText()) || !s.ledger.own(s.owner, found.Message, found.Created)) {
		return nil, append(maybe, found)
	}
	return found, maybe
}

// sameRendering reports whether the text that may have been sent is known to be
// the one that this worker renders.
func (s *send) sameRendering(to *recipient) bool {
	return !strings.Contains(s.input.SmsBody, "${") && !strings.Contains(s.input.SmsBody, "<#") || to.sum == sumOf(to.content.body)
}

// trialPrefix is what Twilio prepends to the texts of trial accounts.
const trialPrefix = "Sent from your Twilio trial account - "

// says reports whether a listed text is the one that was sent, apart from
// Twilio's changes to white space.
func says(listed, sent string) bool {
	listed = strings.TrimPrefix(listed, trialPrefix)
	return listed == sent || strings.Join(strings.Fields(listed), " ") == strings.Join(strings.Fields(sent), " ")
}

// recall fills in the SIDs that the record no longer contains, as far as Twilio
// shows them: first from the sender's newest messages, then recipient by
// recipient, since other sends may have pushed ours out of the listing.
func (s *send) recall(ctx context.Context) {
	missing := s.nameless()
	if len(missing) == 0 {
		return
	}
	since := s.firstMoment()
	newest := s.query("", since.from)
	newest.Limit = 2*len(s.recipients) + 1000
	until := time.Now().Add(s.activities.patience())
	// Ask again for listings that Twilio did not return.
	for pass, pause := 1, 100*time.Millisecond; len(missing) > 0 && (pass <= leastPasses || time.Now().Before(until)); pass++ {
		shown := make(map[string][]twilio.Record)
		listing, err := s.listing(ctx, newest)
		for _, r := range listing.Records {
			shown[r.To] = append(shown[r.To], r)
		}
		whole, failures := err == nil && listing.Whole, 0
		missing = slices.DeleteFunc(missing, func(to *recipient) bool {
			if s.name(ctx, to, shown[to.to], whole) || whole || failures >= mostFailures {
				return to.message.SID != ""
			}
			one, err := s.listing(ctx, s.query(to.to, since.from))
			if failures++; err == nil {
				failures = 0
			}
			return s.name(ctx, to, one.Records, err == nil && one.Whole)
		})
		if len(missing) > 0 && sleep(ctx, pause) != nil {
			return
		}
		pause = min(2*pause, slowest)
	}
}

const (
	// leastPasses is the minimum number of times that we ask before giving up on
	// an unanswered listing.
	leastPasses = 12
	// A pass ends after mostFailures failed listings in a row.
	mostFailures = 2
)

// nameless lists the recipients whose messages Twilio accepted but whose SIDs
// are unknown.
func (s *send) nameless() []*recipient {
	return slices.DeleteFunc(s.in(accepted), func(to *recipient) bool { return to.message.SID != "" })
}

// name fills in a recipient's SID if a listing shows it. Twilio is known to
// have accepted the message, so a single candidate must be it.
func (s *send) name(ctx context.Context, to *recipient, records []twilio.Record, whole bool) bool {
	if s.render(ctx, to) != nil {
		return false
	}
	found, maybe := s.ours(records, to, s.firstMoment())
	alone := whole && len(maybe) == 1 && s.ledger.rivals(s.owner, to.to, to.content.body, true) == 0
	if found == nil && alone && s.ledger.own(s.owner, maybe[0].Message, maybe[0].Created) {
		found = maybe[0]
	}
	if found != nil {
		to.message = found.Message
	}
	return found != nil
}

// firstMoment returns the moment of the send's first text.
func (s *send) firstMoment() moment {
	if s.first.IsZero() {
		return s.sinceOf(&recipient{})
	}
	sure := s.first.Truncate(time.Second)
	return moment{sure.Add(-dateSlack), sure}
}

// query selects the messages from this send's sender to a recipient.
func (s *send) query(to string, since time.Time) twilio.Query {
	q := twilio.Query{To: to, Since: since, Limit: maxListed}
	// A Messaging Service's choice of sender is not known in advance.
	if s.input.MessagingServiceSID == "" {
		q.From = s.from
	}
	return q
}

// anyText reports whether our message may be listed with any text, or none.
func (s *send) anyText() bool {
	return s.input.MessagingServiceSID != "" || s.input.SmsBody == "" || rewritten(&s.input)
}

// hidden reports whether a listing does not show whom our messages were sent to.
func (s *send) hidden() bool { return s.input.AddressRetention == "obfuscate" }

// rewritten reports whether Twilio may change the body, so that a listed body
// proves nothing.
func rewritten(in *sms.SendSmsInput) bool {
	return in.ContentSID != "" || in.ContentRetention == "discard" ||
		in.SmartEncoded != nil && *in.SmartEncoded || in.ShortenURLs != nil && *in.ShortenURLs
}
