package activities

// Doubts: recipients who may or may not have been texted. Their messages are
// looked up at Twilio.

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
	// maxSettleWait limits the wait until a listing is known to be
	// complete.
	maxSettleWait = 10 * time.Minute
	// longestLag is how long to wait until a listing shows a message that
	// is known to exist, as a multiple of TWILIO_LISTING_PATIENCE.
	longestLag = 20
	// longWait is the minimum wait that is left to the next attempt, if
	// there is one, because a waiting attempt holds a worker slot.
	longWait = 10 * time.Second
	// slowest is the maximum pause between two looks at the listing.
	slowest = 5 * time.Second
	// maxListed is the maximum number of messages to one recipient that are
	// searched.
	maxListed = 2000
	// mostResends is how many times recipients in doubt are texted again.
	// Each time, they may get one more copy.
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

// search is the state of lookUp. misses counts the consecutive looks that
// Twilio did not answer in full and that resolved no doubt. since is the time
// of the first of these looks. left is how many recipients the last look left
// in doubt.
type search struct {
	misses, left int
	since        time.Time
	// began is when the search began, by Twilio's clock.
	began time.Time
	// silent is true if the search ended only because Twilio did not
	// answer, and Twilio may answer later.
	silent bool
	// why says why the search ended with some recipients still in doubt.
	why string
}

// lookUp looks up the recipients in doubt until each is resolved or nothing
// more can be learned. A message counts as sent if it can only be this send's
// (see ours). A message that is not found counts as not created only if the
// listing is known to be complete, and Patience has passed since Twilio must
// have finished every create in doubt. Its recipient is then tried again.
// Otherwise, the recipient stays in doubt. wait is how long to wait if another
// attempt should look up the rest. silent is true if Twilio did not answer but
// may do so later.
//
// It is unknown how far Twilio's listings lag, so absence alone proves nothing.
// But a listing that shows a message lags by no more than the age of that
// message, so once that much time has passed, it shows every message that
// exists now.
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
		s.logger.Warn("this attempt could not determine whether some recipients were texted", "recipients", left, "why", l.why)
	}
	if ctx.Err() == nil {
		s.recall(ctx)
	}
	return 0, l.silent
}

// look looks for the messages in doubt once. It returns whether another look
// may help and, if so, the earliest time, by Twilio's clock, at which it can.
func (s *send) look(ctx context.Context, l *search) (until time.Time, more bool) {
	lags, unheard := s.estimate(ctx)
	ripe := s.quiet.Add(s.activities.patience())
	now := s.now()
	decided := unheard == nil && !s.complete.IsZero() && !now.Before(s.complete) && !now.Before(ripe)
	absent, unfound := s.find(ctx)
	if s.recorded.Load() { // keep what was found, in case this attempt is also lost
		_ = s.heart.record(ctx) // if this fails, the context ends, and so does the wait
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
		patience = 0 // an earlier round has already waited this long
	}
	switch {
	case ctx.Err() != nil:
		l.why = "the attempt ends: " + context.Cause(ctx).Error()
		return until, false
	case left == 0:
		return until, false
	case now.Before(ripe): // it is too early for a conclusion
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

// undecided returns why recipients are still in doubt after the last look.
func (s *send) undecided(missed error, lags, decided bool) string {
	switch {
	case missed != nil:
		return "Twilio did not list the messages: " + string(sms.AsError(missed).Code)
	case decided:
		return "Twilio lists messages that may be this send's or another's"
	case lags:
		return "Twilio's listing does not yet show a message that Twilio accepted"
	case s.complete.IsZero():
		return "Twilio lists no message from which the lag of its listing can be determined"
	}
	return fmt.Sprintf("the newest message that Twilio lists is too old; the listing will be known to be complete only in %s", s.complete.Sub(s.now()).Round(time.Second))
}

// willShow reports whether the listing is expected to resolve the doubts later.
// A listing that lags is given the same amount of time in each attempt.
func (s *send) willShow(now time.Time, lags bool, l *search) bool {
	if lags {
		return now.Before(later(s.quiet, l.began).Add(longestLag * s.activities.patience()))
	}
	return !s.complete.IsZero() && s.complete.Sub(now) <= maxSettleWait
}

// resendDoubts allows recipients whom lookUp left in doubt to be tried again,
// if the caller wants that and there is time. They stay in doubt until then. It
// returns how long to wait if they are left to another attempt.
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

// unanswered reports whether to ask Twilio again after an unanswered look. It
// does so until the patience has run out and there have been at least
// leastPasses looks, because this process may have been suspended in between. A
// look that resolves a doubt resets both.
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

// estimate computes complete, the time at which a listing will show every
// message in doubt: it is quiet plus the maximum lag of the listing. If the
// listing does not contain a message that is known to exist, it lags, and that
// time is unknown again. The error, if any, is that of a listing.
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

// newest returns when the newest sent message that Twilio lists was created, or
// the zero time if Twilio lists none. In an account that receives many texts,
// the newest page may contain nothing else, so newest also asks for the
// sender's own messages.
func (s *send) newest(ctx context.Context) (created time.Time, err error) {
	own := s.query("", time.Time{})
	if own.Limit = 20; own.From == "" {
		own.Limit = 1000 // a Messaging Service's messages are mixed with the others
	}
	for _, q := range []twilio.Query{{Limit: 20}, own} {
		listing, err := s.listing(ctx, q)
		if err != nil {
			return created, err
		}
		for _, r := range listing.Records {
			// If the account hides numbers, the recipient of a
			// message is empty.
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

// listing returns Twilio's listing. If the gateway panics, listing returns
// errPanicked, because it may run on a goroutine, where a panic would end the
// worker.
func (s *send) listing(ctx context.Context, q twilio.Query) (listing twilio.Listing, err error) {
	defer func() {
		if recover() != nil {
			logPanic(ctx)
			listing, err = twilio.Listing{}, errPanicked
		}
	}()
	return s.account.Gateway.List(ctx, q)
}

// errPanicked is the error of listing if the gateway panicked.
var errPanicked = errors.New("the gateway panicked; the worker's log has the stack trace")

// lastLook looks once more, in the time that is left, for the messages in doubt
// before the result becomes final.
func (s *send) lastLook(ctx context.Context) {
	ctx, cancel := s.within(context.WithoutCancel(ctx), s.resultBy())
	defer cancel()
	ctx, done := context.WithTimeout(ctx, min(s.heart.recordTimeout()/2, 10*time.Second))
	defer done()
	_, _ = s.find(ctx)
	s.recall(ctx)
}

// find looks for the messages in doubt and records those that are certainly
// ours. It returns the recipients whose listings show no message that could be
// ours, and the error of one of the listings, if any failed.
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
// created. For recipients texted without a record, it is when the activity was
// scheduled. There are two estimates of that time, and the moment spans both:
// the scheduled time by Temporal's clock, which may differ from ours, and our
// start time minus the delay that Temporal reports.
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

// ours returns the message that this send certainly created for a recipient, or
// else the messages that it may have created. Each recipient is in the list
// once, so no message matches two of them.
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
			found = r // the last one is the oldest, and so the closest to the time of our record
			sure++
		// A different text means a different message, unless something
		// may have changed the text: a Messaging Service, an option
		// such as smartEncoded, a redaction, or a worker of another
		// version that renders the template differently.
		case same || r.Body == "" || s.anyText() || !rendering || skeleton(r.Body) == skeleton(to.content.body):
			maybe = append(maybe, r)
		}
	}
	// If there are more sends than messages, it is unknown which send owns
	// which message.
	if found != nil && (sure <= s.ledger.rivals(s.owner, to.to, to.content.body, s.anyText()) || !s.ledger.own(s.owner, found.Message, found.Created)) {
		return nil, append(maybe, found)
	}
	return found, maybe
}

// sameRendering reports whether the text that may have been sent is known to be
// the same as this worker's rendering.
func (s *send) sameRendering(to *recipient) bool {
	return !strings.Contains(s.input.SmsBody, "${") && !strings.Contains(s.input.SmsBody, "<#") || to.sum == sumOf(to.content.body)
}

// trialPrefix is what Twilio prepends to the texts of trial accounts.
const trialPrefix = "Sent from your Twilio trial account - "

// says reports whether a listed text is the same as the one sent, apart from
// the trial prefix and Twilio's changes to white space.
func says(listed, sent string) bool {
	listed = strings.TrimPrefix(listed, trialPrefix)
	return listed == sent || strings.Join(strings.Fields(listed), " ") == strings.Join(strings.Fields(sent), " ")
}

// recall restores the SIDs that the record no longer contains, if Twilio lists
// the messages. It first reads the sender's newest messages, and then those to
// each recipient, because other sends may have pushed ours out of the first
// listing.
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
	// leastPasses is the minimum number of requests before we give up on an
	// unanswered listing.
	leastPasses = 12
	// mostFailures is how many failed listings in a row end a pass.
	mostFailures = 2
)

// nameless returns the recipients whose messages Twilio accepted but whose SIDs
// are unknown.
func (s *send) nameless() []*recipient {
	return slices.DeleteFunc(s.in(accepted), func(to *recipient) bool { return to.message.SID != "" })
}

// name sets a recipient's SID if a listing shows it, and reports whether it
// did. Twilio is known to have accepted the message, so if there is only one
// candidate, that must be it.
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

// firstMoment returns the moment of the first text of the send.
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
	// It is not known in advance which sender a Messaging Service chooses.
	if s.input.MessagingServiceSID == "" {
		q.From = s.from
	}
	return q
}

// anyText reports whether our message may be listed with any text or with none.
func (s *send) anyText() bool {
	return s.input.MessagingServiceSID != "" || s.input.SmsBody == "" || rewritten(&s.input)
}

// hidden reports whether listings hide the recipients of our messages.
func (s *send) hidden() bool { return s.input.AddressRetention == "obfuscate" }

// rewritten reports whether Twilio may change the body. If so, a listed body
// proves nothing.
func rewritten(in *sms.SendSmsInput) bool {
	return in.ContentSID != "" || in.ContentRetention == "discard" ||
		in.SmartEncoded != nil && *in.SmartEncoded || in.ShortenURLs != nil && *in.ShortenURLs
}
