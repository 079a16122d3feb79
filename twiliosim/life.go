package twiliosim

// The life of an outbound message. It is queued at its sender and sent, and
// then ends as the outcome rules determine. Every step runs on the simulated
// clock.

import (
	"time"
)

const (
	// How long each step of a message takes, at speed 1.
	choosing   = 50 * time.Millisecond  // time for a service to choose a sender
	submitting = 150 * time.Millisecond // time to submit to the carrier
	delivering = 400 * time.Millisecond // time to deliver to the handset

	// queueLength is the default of Options.QueueLength.
	queueLength = 10 * time.Hour
)

// scaled divides a duration by the simulator's speed.
func (s *Sim) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) / s.speed)
}

func (snd *sender) segmentsPerSecond() float64 {
	if snd.Rate > 0 {
		return snd.Rate
	}
	return snd.kind.rate()
}

// queueFull reports whether this many more segments would exceed the sender's
// queue.
func (s *Sim) queueFull(snd *sender, segments int, now time.Time) bool {
	waiting := float64(max(0, snd.freeAt.Sub(now))) * s.speed * snd.segmentsPerSecond() / float64(time.Second)
	return waiting+float64(segments) > s.options.QueueLength.Seconds()*snd.segmentsPerSecond()
}

// begin starts the life of a new message.
func (s *Sim) begin(m *message, snd *sender, now time.Time) {
	switch m.status {
	case Scheduled:
		s.later(m.sendAt, m, Scheduled, s.choose)
	case Accepted:
		s.later(now.Add(s.scaled(choosing)), m, Accepted, s.choose)
	default:
		s.enqueue(m, snd, now)
	}
}

// later schedules a step for a simulated time. The step runs with the lock
// held. It is skipped if the message has been evicted, or if its status is no
// longer from.
func (s *Sim) later(at time.Time, m *message, from Status, step func(*message, time.Time)) {
	s.clock.atUnless(&m.evicted, at, func(at time.Time) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !m.evicted.Load() && m.status == from {
			step(m, at)
		}
	})
}

// choose assigns a sender to a message of a service.
func (s *Sim) choose(m *message, at time.Time) {
	snd := s.numbers[m.from]
	if m.from == "" {
		if snd = m.service.pick(s, m.to); snd == nil {
			s.become(m, Failed, 21704, at)
			return
		}
		s.setSender(m, snd.Number.Number)
	}
	if snd == nil {
		s.become(m, Failed, 21606, at)
		return
	}
	if s.queueFull(snd, m.segments, at) {
		s.become(m, Failed, 30001, at)
		return
	}
	s.become(m, Queued, 0, at)
	s.enqueue(m, snd, at)
}

// enqueue reserves the sender's next free time. A message whose validity ends
// before that time is not queued.
func (s *Sim) enqueue(m *message, snd *sender, at time.Time) {
	start := at
	if snd.freeAt.After(start) {
		start = snd.freeAt
	}
	since := m.createdAt
	if !m.sendAt.IsZero() {
		since = m.sendAt
	}
	if expiry := since.Add(m.validity); start.After(expiry) {
		s.later(expiry, m, Queued, func(m *message, at time.Time) { s.become(m, Failed, 30036, at) })
		return
	}
	takes := time.Duration(float64(m.segments) / snd.segmentsPerSecond() * float64(time.Second))
	snd.freeAt = start.Add(s.scaled(takes))
	s.later(start, m, Queued, s.send)
}

func (s *Sim) send(m *message, at time.Time) {
	s.become(m, Sending, 0, at)
	s.later(at.Add(s.scaled(submitting)), m, Sending, s.submit)
}

// submit hands the message to the carrier. The outcome rules decide its further
// statuses.
func (s *Sim) submit(m *message, at time.Time) {
	end, code := s.outcomes.of(m.from, m.to, m.body)
	if end == Failed {
		s.become(m, Failed, code, at)
		return
	}
	m.sentAt = at
	s.become(m, Sent, 0, at)
	if end == Sent {
		return
	}
	s.later(at.Add(s.scaled(delivering)), m, Sent, func(m *message, at time.Time) { s.conclude(m, end, code, at) })
}

// conclude handles the carrier's delivery receipt.
func (s *Sim) conclude(m *message, end Status, code int, at time.Time) {
	if end == Undelivered {
		s.become(m, Undelivered, code, at)
		return
	}
	s.become(m, Delivered, 0, at)
	if end == Read {
		s.later(at.Add(s.scaled(delivering)), m, Delivered, func(m *message, at time.Time) { s.become(m, Read, 0, at) })
	}
	s.arrive(m)
}

// become sets a message's status, publishes the change to the page, and queues
// the callback.
func (s *Sim) become(m *message, status Status, code int, at time.Time) {
	m.status, m.updatedAt = status, at
	if code != 0 {
		m.errorCode, m.errorText = code, errorText(code)
	}
	m.history = append(m.history, change{status, int32(code), at})
	s.events.publish(eventMessageUpdated, m.view())
	if status == Failed || status == Undelivered {
		s.debugLocked(DebuggerEntry{Code: code, MessageSID: m.sid})
	}
	s.callBack(m, at)
}

// arrive delivers a message whose recipient is also a number of the simulator:
// it becomes an inbound message there.
func (s *Sim) arrive(m *message) {
	if s.numbers[m.to] == nil {
		return
	}
	in := Inbound{From: m.from, To: m.to, Body: m.body}
	for _, item := range m.media {
		in.Media = append(in.Media, Media{URL: item.url, ContentType: item.contentType})
	}
	if !s.spawn(func() { _, _ = s.Inbound(s.ctx, in) }) {
		s.debugLocked(DebuggerEntry{Code: 11200, MessageSID: m.sid, Detail: tooManyWaiting})
	}
}
