package twiliosim

// Opt-outs record which recipients have told which senders to stop. Recipients
// do that with the keywords in this file.

import (
	"slices"
	"strings"
	"time"
)

// The default keywords. The whole body must be one of them, ignoring case.
//
// Source: Twilio's documentation of default opt-out behavior.
var (
	stopWords  = []string{"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
	startWords = []string{"START", "YES", "UNSTOP"}
	helpWords  = []string{"HELP", "INFO"}
)

const (
	stopReply  = "You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe."
	startReply = "You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply."
	helpReply  = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
)

// OptOut means that Recipient accepts no more messages from Sender, a number or
// the SID of a Messaging Service.
type OptOut struct {
	Sender    string    `json:"sender"`
	Recipient string    `json:"recipient"`
	OptedOut  bool      `json:"optedOut"`
	At        time.Time `json:"at"`
}

type optOutKey struct{ scope, recipient string }

func (d *draft) optOutScope() string {
	if d.service != nil {
		return d.service.SID
	}
	return d.sender.optOutScope()
}

// optOutScope returns the sender that opt-outs apply to: the numbers of a
// service share them.
func (snd *sender) optOutScope() string {
	if snd.service != nil {
		return snd.service.SID
	}
	return snd.Number.Number
}

func (s *Sim) optedOut(scope, recipient string) bool {
	_, out := s.optOuts[optOutKey{scope, recipient}]
	return out
}

// setOptOut sets whether the recipient has opted out, and reports whether that
// changed.
func (s *Sim) setOptOut(scope, recipient string, out bool) bool {
	key := optOutKey{scope, recipient}
	if _, was := s.optOuts[key]; was == out {
		return false
	}
	now := s.clock.now()
	if out {
		s.optOuts[key] = now
	} else {
		delete(s.optOuts, key)
	}
	s.events.publish(eventOptOut, OptOut{scope, recipient, out, now})
	return true
}

// keyword returns the type of an opt-out keyword, or "" if the body is not one,
// and Twilio's answer, or "" if there is none. STOP and START are answered only
// if they change something.
func (s *Sim) keyword(snd *sender, from, body string) (kind, answer string) {
	word := strings.ToUpper(strings.TrimSpace(body))
	switch {
	case snd.kind.channel() != longCode:
	case slices.Contains(stopWords, word):
		if s.setOptOut(snd.optOutScope(), from, true) {
			return "STOP", stopReply
		}
		return "STOP", ""
	case slices.Contains(startWords, word):
		if s.setOptOut(snd.optOutScope(), from, false) {
			return "START", startReply
		}
		return "START", ""
	case slices.Contains(helpWords, word):
		return "HELP", helpReply
	}
	return "", ""
}

// The guard against two programs that reply to each other endlessly. It counts
// the replies between two numbers, as long as each follows the previous one
// within loopWindow; beyond Options.ReplyLimit, by default loopLimit, replies
// fail until there is a pause.
//
// Source: Twilio's description of error 14107.
const (
	loopWindow = 30 * time.Second
	loopLimit  = 30
	maxLoops   = 100_000
)

type loop struct {
	count int
	last  time.Time
}

// looping counts a reply and reports whether it exceeds the limit.
func (s *Sim) looping(from, to string, now time.Time) bool {
	if s.options.ReplyLimit < 0 {
		return false
	}
	key := optOutKey{from, to}
	l := s.loops[key]
	if now.Sub(l.last) >= loopWindow {
		l.count = 0
	}
	l.count++
	if l.count > s.options.ReplyLimit {
		// A failed reply does not restart the wait for a pause.
		return true
	}
	l.last = now
	if len(s.loops) >= maxLoops {
		clear(s.loops)
	}
	s.loops[key] = l
	return false
}
