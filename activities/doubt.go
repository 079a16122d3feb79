package activities

// Doubts: recipients who may or may not have been texted, looked up at Twilio.

import (
	"context"
	"slices"
	"strings"
	"time"

	"temporal-twilio/twilio"
)

const (
	defaultSettle   = 15 * time.Second
	defaultPatience = 30 * time.Second
	// maxSettleWait is the longest wait for a listing to be known as complete.
	maxSettleWait = 2 * time.Minute
	// maxLastLook bounds the lookup before a result that cannot wait.
	maxLastLook = 10 * time.Second
	// maxRounds is how often a send tries again whom it found not to be texted.
	maxRounds = 3
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

// settle looks up those in doubt, and reports whether some are to be tried
// again. It adopts each message that it finds. A message that it does not find
// was not created only if the listing is known to be complete and has had the
// time that listings may take; what cannot be decided stays in doubt.
//
// Twilio's listings lag by nobody knows how much, so absence alone proves
// nothing. But a listing that shows a message of ours lags by no more than that
// message's age, and shows all messages of the same age a moment later.
func (s *send) settle(ctx context.Context) bool {
	if !s.progress.has(doubtful) || s.rounds == maxRounds {
		return s.recall(ctx)
	}
	s.rounds++
	began := time.Now()
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		heard := true
		if s.progress.complete.IsZero() {
			s.progress.complete, heard = s.completeFrom(ctx)
		}
		until := later(s.progress.quiet.Add(s.activities.patience()), s.progress.complete)
		timeUp := !time.Now().Before(until)
		absent, all := s.adopt(ctx)
		// What was found is not to be lost if this attempt ends, too.
		_ = s.writeDown(ctx) // the wait sees the context end
		switch {
		case !s.progress.has(doubtful):
			return true
		case timeUp && !(heard && all) && ctx.Err() == nil && time.Now().Before(later(began, until).Add(s.activities.patience())):
			// Twilio did not answer every question: they are asked again.
		case timeUp && s.input.OnUnknown == Resend:
			s.release(s.progress.places(doubtful, len(s.to)))
			return true
		case timeUp && !s.progress.complete.IsZero() && len(absent) > 0:
			s.release(absent)
			return true
		case timeUp, ctx.Err() != nil:
			return s.recall(ctx)
		}
		pause := wait
		if !timeUp {
			pause = min(wait, time.Until(until)+time.Millisecond)
		}
		if sleep(ctx, pause) != nil {
			return false
		}
	}
}

// completeFrom is when a listing will show every message that was in doubt, if
// it shows the newest one that is known; the zero time if it does not. Not
// heard: Twilio gave no listing.
func (s *send) completeFrom(ctx context.Context) (complete time.Time, heard bool) {
	known := s.progress.known
	if known == nil {
		return complete, true
	}
	// A message that is old by now proves little about new ones.
	wait := max(0, s.progress.quiet.Sub(known.At)+time.Second)
	if wait > maxSettleWait {
		return complete, true
	}
	listing, err := s.account.Gateway.List(ctx, s.query(known.To))
	if slices.ContainsFunc(listing.Records, func(r twilio.Record) bool { return r.SID == known.SID }) {
		complete = time.Now().Add(wait)
	}
	return complete, err == nil
}

// lastLook looks once for those in doubt before the result stands, in as much
// time as Temporal waits for it.
func (s *send) lastLook(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(s.heart.patience()/2, maxLastLook))
	defer cancel()
	s.adopt(ctx)
}

// adopt takes the messages in doubt that Twilio's listing shows for ours. It
// gives the recipients to whom the listing shows nothing that could be, and
// whether Twilio gave every listing.
func (s *send) adopt(ctx context.Context) (absent []int, all bool) {
	if s.input.AddressRetention == "obfuscate" {
		return nil, true // a listing does not show to whom they went
	}
	all = true
	for _, place := range s.progress.places(doubtful, len(s.to)) {
		wanted, problem := s.bodies.of(ctx, s.input.SmsTo[place])
		if problem != nil {
			continue
		}
		listing, err := s.account.Gateway.List(ctx, s.query(s.to[place]))
		if err != nil {
			all = false
			continue
		}
		found, sure := s.find(listing.Records, place, wanted.body)
		switch {
		case found == nil:
			absent = append(absent, place)
		case sure:
			s.progress.take(place, found.Message, found.Created)
		}
	}
	return absent, all
}

// find gives the message that this send made for a recipient, and whether it is
// sure to be; nil if there is none that could be. Each recipient is in the list
// once, so no message is found for two.
func (s *send) find(records []twilio.Record, place int, body string) (found *twilio.Record, sure bool) {
	for i := range records {
		r := &records[i]
		if r.Direction == "inbound" || r.To != s.to[place] {
			continue
		}
		// A message without a time that can be read may be of any time.
		if !r.Created.IsZero() && r.Created.Before(s.since.Add(-clockSkew)) {
			continue
		}
		same := body != "" && says(r.Body, body)
		if same && !r.Created.Before(s.since) && !s.input.rewritten() {
			return r, true
		}
		// Another text to the recipient is another message, unless somebody may
		// have changed it: a service, an option of ours, or whoever redacted it.
		if same || r.Body == "" || body == "" || s.input.MessagingServiceSID != "" || s.input.rewritten() {
			found = r
		}
	}
	return found, false
}

// trialPrefix is what Twilio puts before the texts of trial accounts.
const trialPrefix = "Sent from your Twilio trial account - "

// says reports whether a listed text is the one that was sent, but for what
// Twilio does to white space.
func says(listed, sent string) bool {
	listed = strings.TrimPrefix(listed, trialPrefix)
	return listed == sent || strings.Join(strings.Fields(listed), " ") == strings.Join(strings.Fields(sent), " ")
}

// release gives recipients free to be tried again.
func (s *send) release(places []int) {
	for _, place := range places {
		s.progress.outcomes[place] = outcome{}
	}
}

// recall fills in the SIDs that the record named no more, as far as Twilio
// shows them: by the sender's newest messages, then by each recipient's, since
// other sends may have pushed ours out. It never gives cause to try again.
func (s *send) recall(ctx context.Context) bool {
	missing := s.progress.nameless()
	if len(missing) == 0 {
		return false
	}
	newest := s.query("")
	newest.Limit = 2*len(s.to) + 1000
	listing, _ := s.account.Gateway.List(ctx, newest) // tried again, one by one
	shown := make(map[string][]twilio.Record)
	for _, r := range listing.Records {
		shown[r.To] = append(shown[r.To], r)
	}
	missing = slices.DeleteFunc(missing, func(place int) bool { return s.name(ctx, place, shown[s.to[place]]) })
	until := time.Now().Add(s.activities.patience())
	for wait := 100 * time.Millisecond; len(missing) > 0; wait = min(2*wait, 5*time.Second) {
		last := time.Now().After(until)
		missing = slices.DeleteFunc(missing, func(place int) bool {
			listing, _ := s.account.Gateway.List(ctx, s.query(s.to[place])) // tried again
			return s.name(ctx, place, listing.Records)
		})
		if last || len(missing) > 0 && sleep(ctx, wait) != nil {
			break
		}
	}
	return false
}

// name fills in a recipient's SID, if a listing shows it.
func (s *send) name(ctx context.Context, place int, records []twilio.Record) bool {
	wanted, problem := s.bodies.of(ctx, s.input.SmsTo[place])
	if problem != nil {
		return false
	}
	found, _ := s.find(records, place, wanted.body)
	if found != nil {
		s.progress.outcomes[place].message = found.Message
	}
	return found != nil
}

// query asks for the messages of this send's sender to a recipient.
func (s *send) query(to string) twilio.Query {
	q := twilio.Query{To: to, Limit: 50}
	// A Messaging Service's choice of sender is not known before.
	if s.input.MessagingServiceSID == "" {
		q.From = s.from
	}
	return q
}

// rewritten reports whether Twilio may change the body, so that it says nothing.
func (in *SendSmsInput) rewritten() bool {
	return in.ContentSID != "" || in.ContentRetention == "discard" ||
		in.SmartEncoded != nil && *in.SmartEncoded || in.ShortenURLs != nil && *in.ShortenURLs
}
