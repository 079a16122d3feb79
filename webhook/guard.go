package webhook

// Guards against expensive conversations between two machines, and against
// replies that Twilio would refuse.

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/time/rate"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

const (
	// echoBurst is how many texts in a row from one phone to one of our
	// numbers get an echo. After that, one text per echoEvery gets an echo.
	// People text less often than this. Twilio itself stops a loop after 30
	// replies in 30 s (error 14107).
	echoBurst = 10
	echoEvery = 6 * time.Second
	// maxStreak is how many texts from one phone to one number may arrive
	// without a pause of maxPause before the two are considered machines
	// that answer each other. The number then does not reply to the phone
	// for a day.
	maxStreak = 50
	maxPause  = time.Minute
	// watched is how many texts arrive at a webhook without a pause of
	// longPause before it checks whether the two are considered machines.
	// With ten webhooks, each receives only a tenth of a streak.
	watched   = 10
	longPause = 10 * maxPause
	// maxReplyBytes is the maximum size of a reply: what Twilio reads
	// (error 11750), minus a margin for markup.
	maxReplyBytes = 60 << 10
)

// guard decides which messages get an echo. It is safe for concurrent use.
type guard struct {
	own   []string
	every time.Duration
	burst int

	mu      sync.Mutex
	pairs   recent[[3]string, *pace]
	answers recent[string, bool]
	// counted holds when this webhook first received each text.
	counted recent[string, time.Time]
	// asking limits how often Temporal is queried. Before pausedUntil, it
	// is not queried at all.
	asking      *rate.Limiter
	pausedUntil time.Time
}

func newGuard(o *Options) *guard {
	return &guard{
		own: o.OwnNumbers, every: cmp.Or(o.echoEvery, echoEvery), burst: cmp.Or(o.echoBurst, echoBurst),
		asking: rate.NewLimiter(rate.Every(askingEvery), askingBurst),
	}
}

// unsaid returns why a message must not get a reply, or "" if it may. The
// result is the same for each delivery of a message.
func (g *guard) unsaid(message sms.Inbound) string {
	switch {
	case message.Event != sms.EventReceived:
		return "Twilio itself answers it"
	case message.From == message.To || slices.Contains(g.own, message.From):
		return "it comes from one of our own numbers"
	case !answerable(message.From):
		return "its sender cannot receive texts"
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	may, known := g.answers.get(message.MessageSID)
	if !known {
		may = g.echoes(message, time.Now())
		g.answers.put(message.MessageSID, may)
	}
	if may {
		return ""
	}
	return "too fast"
}

// receives reports whether an account may deliver texts for a number, because
// it owns the number or the owner is unknown. An address on a channel belongs
// to its number.
func (h *handler) receives(account, number string) bool {
	_, number = sms.CutChannel(number)
	owner, known := h.NumberAccounts[number]
	return !known || owner == account
}

// answerable reports whether this sender can be texted: a phone, or an address
// on a channel such as whatsapp:+1…. Alphanumeric sender IDs (SUPPORT) and
// short codes cannot be texted (errors 21211 and 21265).
func answerable(from string) bool {
	_, phone := sms.ParseRecipient(from)
	return phone || strings.Contains(from, ":")
}

// bounded cuts the replies to what Twilio accepts: at most ten, each of up to
// 1600 characters, in a document of up to 64 kB. cut is true if that changed
// them.
func bounded(replies []string) (kept []string, cut bool) {
	size := 0
	for _, reply := range replies {
		if reply == "" {
			continue
		}
		if utf8.RuneCountInString(reply) > sms.MaxBodyLength {
			reply, cut = string([]rune(reply)[:sms.MaxBodyLength]), true
		}
		size += len(twilio.Reply(reply))
		if len(kept) == twilio.MaxReplies || size > maxReplyBytes {
			return kept, true
		}
		kept = append(kept, reply)
	}
	return kept, cut
}
