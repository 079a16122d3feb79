package webhook

// How fast a phone texts one of our numbers, no matter which webhooks receive
// its texts. Each webhook knows the texts that it received itself. Starting
// with the third text without a pause, it asks Temporal for the others.

import (
	"context"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"temporal-twilio/sms"
)

const (
	// unasked is how many texts without a pause are assumed to come from a
	// person, no matter what other webhooks accept. Even with five
	// webhooks, that adds up to no more than echoBurst.
	unasked = 2
	// askingTimeout limits how long Temporal may delay a reply. askingPause
	// is how long Temporal is not asked again after it failed to answer.
	askingTimeout = 500 * time.Millisecond
	askingPause   = 10 * time.Second
	// askingBurst and askingEvery limit how often a webhook asks. A server
	// accepts ten such requests per second from all of its clients
	// together.
	askingBurst = 10
	askingEvery = 500 * time.Millisecond
	// lately is the age of the oldest texts that are listed, by this
	// machine's clock. It is far longer than a streak, because this clock
	// may be hours ahead of Temporal's.
	lately = 24 * time.Hour
)

// Accepted is a text that has a workflow. At is when the workflow started, by
// Temporal's clock.
type Accepted struct {
	MessageSID string
	At         time.Time
}

// pace is what a webhook knows about the texts from a phone to one of our
// numbers.
type pace struct {
	// streak is how many texts this webhook has received without a pause.
	// began is when the first of them arrived, or when the last silence
	// ended if that was later. last is when the latest text arrived.
	streak      int
	began, last time.Time
	// often is how many texts this webhook has received without a pause of
	// longPause. During shorter pauses, other webhooks may have received
	// texts.
	often int
	// silent is true if the pair was silenced when this webhook last
	// checked.
	silent bool
	// replied holds the times at which this webhook received the last texts
	// that got a reply.
	replied []time.Time
	// accepted holds the texts that any webhook has accepted lately, with
	// and without a reply, as Temporal last listed them, oldest first.
	// asked is the SID of the text for which Temporal was last queried.
	accepted []Accepted
	asked    string
	// ahead is how far this machine's clock is ahead of Temporal's, judging
	// by the listed texts.
	ahead time.Duration
}

// learn finds out which texts of the pair other webhooks have accepted. If
// these do not matter, or Temporal does not answer, only the texts already
// known count.
func (h *handler) learn(ctx context.Context, message sms.Inbound) {
	if h.Silencer == nil || !h.guard.asks(message, time.Now()) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askingTimeout)
	defer cancel()
	accepted, err := h.Silencer.Accepted(ctx, message, time.Now().Add(-lately))
	if err != nil {
		h.Logger.WarnContext(ctx, "Temporal did not list the texts that other webhooks accepted; until it does, each webhook counts only its own texts", "messageSid", message.MessageSID, "reason", reason(err))
	}
	h.guard.learned(message, accepted, err, time.Now())
}

// asks reports whether to ask Temporal about a text: either it is unknown
// whether the text gets an echo, or the pair must be watched. It does not
// report true twice in a row for the same text.
func (g *guard) asks(message sms.Inbound, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.pace(message)
	if _, decided := g.answers.get(message.MessageSID); decided || p.streak <= unasked && p.often < watched || p.asked == message.MessageSID || now.Before(g.pausedUntil) {
		return false
	}
	if within, _ := g.withinPace(p, message, now); !within && p.often < watched || !g.asking.AllowN(now, 1) {
		return false
	}
	p.asked = message.MessageSID
	return true
}

func (g *guard) learned(message sms.Inbound, accepted []Accepted, err error, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil {
		g.pausedUntil = now.Add(askingPause)
		return
	}
	slices.SortFunc(accepted, func(a, b Accepted) int { return a.At.Compare(b.At) })
	p := g.pace(message)
	p.accepted, p.ahead = accepted, 0
	var ahead []time.Duration
	for _, text := range accepted {
		if here, counted := g.counted.get(text.MessageSID); counted {
			ahead = append(ahead, here.Sub(text.At))
		}
	}
	if len(ahead) > 0 { // one text may be a late redelivery, but not all of them
		p.ahead = max(0, slices.Min(ahead))
	}
}

// echoes reports whether the pair's texts arrive slowly enough for this one to
// get an echo, and counts it.
func (g *guard) echoes(message sms.Inbound, now time.Time) bool {
	p := g.pace(message)
	within, at := g.withinPace(p, message, now)
	p.replied = append(p.replied, at)
	p.replied = p.replied[max(0, len(p.replied)-maxStreak):]
	return within
}

// withinPace reports whether the known texts arrive slowly enough for this one
// to get an echo. It also returns when this text arrived or, if another webhook
// accepted it, when that was.
func (g *guard) withinPace(p *pace, message sms.Inbound, now time.Time) (within bool, at time.Time) {
	now = p.byTemporal(now)
	times := slices.Clone(p.replied)
	for _, text := range p.accepted {
		if text.MessageSID == message.MessageSID {
			now = text.At
		} else if _, here := g.counted.get(text.MessageSID); !here {
			times = append(times, text.At)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	bucket := rate.NewLimiter(rate.Every(g.every), g.burst)
	for _, at := range times {
		if !at.After(now) {
			bucket.AllowN(at, 1)
		}
	}
	return bucket.AllowN(now, 1), now
}

// streak counts a text once, however often it is delivered. It returns how many
// texts this webhook has received from the sender without a pause, whether
// other webhooks may have received enough for a silence, and whether this
// webhook knows that the pair of sender and number is silenced.
func (g *guard) streak(message sms.Inbound, now time.Time) (streak int, watch, silent bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.pace(message)
	if _, counted := g.counted.get(message.MessageSID); !counted {
		g.counted.put(message.MessageSID, now)
		if now.Sub(p.last) > maxPause {
			p.streak, p.began = 0, now
		}
		if now.Sub(p.last) > longPause {
			p.often = 0
		}
		p.streak++
		p.often++
		p.last = now
	}
	return p.streak, p.often >= watched, p.silent
}

// silence records whether a pair is silenced. The streak does not show that,
// because a machine stops texting if it gets no replies.
func (g *guard) silence(message sms.Inbound, silent bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pace(message).silent = silent
}

// streakOfAll returns how many texts have arrived without a pause, either at
// this webhook or at all webhooks as far as Temporal has listed their texts. If
// a silence has ended since the streak began, the streak starts over, so it
// does not cause another silence.
func (g *guard) streakOfAll(message sms.Inbound, ended, now time.Time) (streak int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.pace(message)
	if ended.After(p.began) {
		p.streak, p.often, p.began = 0, 0, ended
	}
	now = p.byTemporal(now)
	for _, text := range slices.Backward(p.accepted) {
		if now.Sub(text.At) > maxPause || !text.At.After(ended) {
			break
		}
		streak++
		now = text.At
	}
	return max(streak, p.streak)
}

// byTemporal converts a time to Temporal's clock, using the difference that the
// listed texts show.
func (p *pace) byTemporal(now time.Time) time.Time {
	now = now.Add(-p.ahead)
	if n := len(p.accepted); n > 0 && p.accepted[n-1].At.After(now) {
		return p.accepted[n-1].At
	}
	return now
}

// pace returns what is known about the text's pair, and marks the pair as
// recent. The caller holds mu.
func (g *guard) pace(message sms.Inbound) *pace {
	pair := [3]string{message.AccountSID, message.To, message.From}
	p, known := g.pairs.get(pair)
	if !known {
		p = &pace{}
	}
	g.pairs.put(pair, p)
	return p
}
