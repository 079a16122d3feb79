package activities

// The metrics of a send.

import (
	"cmp"
	"context"
	"time"

	"temporal-twilio/internal/metrics"
	"temporal-twilio/sms"
)

// beginDoubts counts the recipients that earlier attempts left in doubt.
func (s *send) beginDoubts() {
	s.mu.Lock()
	defer s.mu.Unlock()
	more := len(s.in(doubtful)) - s.doubts
	s.doubts += more
	s.account.Metrics.InDoubt(more)
}

// count updates the metrics at the end of an attempt. It counts the recipients'
// outcomes only if no other attempt continues the send. If the input could not
// be parsed, s is nil and the default account's metrics are used.
func (a *Activities) count(s *send, result *sms.SendSmsResult, err error) {
	account := a.Accounts[""].Metrics
	if s != nil {
		s.mu.Lock()
		s.account.Metrics.InDoubt(-s.doubts)
		s.doubts = 0
		s.mu.Unlock()
		account = cmp.Or(s.account.Metrics, account)
	}
	if err == nil {
		account.Sent(result)
	}
}

// countFailure counts a failed create and returns its error.
func (s *send) countFailure(err error) *sms.Error {
	problem := sms.AsError(err)
	s.account.Metrics.Failed(problem)
	return problem
}

// enter sets a recipient's state and updates the number of doubts. The caller
// holds mu.
func (s *send) enter(to *recipient, st state) {
	was := to.state
	to.state = st
	switch {
	case was == st:
		return
	case st == doubtful:
		s.doubts++
		s.account.Metrics.InDoubt(1)
		return
	case was != doubtful:
		return
	}
	s.doubts--
	s.account.Metrics.InDoubt(-1)
	switch st {
	case accepted:
		s.account.Metrics.Resolved(metrics.DoubtFound)
	case untried:
		s.account.Metrics.Resolved(metrics.DoubtResent)
	default:
		s.account.Metrics.Resolved(metrics.DoubtAbsent)
	}
}

// countAccepted records and counts a message that Twilio accepted. Until a
// Messaging Service has chosen the sender, Twilio does not report the number of
// segments, so the number that this worker computes is used. The caller holds
// mu.
func (s *send) countAccepted(to *recipient, m sms.Message) {
	s.enter(to, accepted)
	segments := m.Segments
	if segments == 0 && to.rendered {
		segments = to.content.size()
	}
	s.account.Metrics.Accepted(segments)
}

// acquire waits for a message's turn, and records how long that took.
func (s *send) acquire(ctx context.Context, segments int) error {
	began := time.Now()
	err := s.account.Pace.Acquire(ctx, Turn{From: s.lane(), Segments: segments, Priority: s.priorityOf(s.input), Within: s.turnLimit()})
	if err == nil {
		s.account.Metrics.Waited(time.Since(began))
	}
	return err
}
