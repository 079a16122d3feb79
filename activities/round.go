package activities

// A round tries every untried recipient, several at a time. It records each
// recipient beforehand, except for the first few in a prompt first attempt.

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

// halt says why a round ends early.
type halt struct {
	problem sms.Error
	// final is true if another attempt would end the same way.
	final bool
}

const (
	// enough is how many consecutive failures show that the cause lies with
	// Twilio and not with the recipients.
	enough = 5
	// leastAhead and mostAhead limit how many recipients a record names
	// ahead of the pool. If the worker dies, all of these are in doubt.
	leastAhead, mostAhead = 40, 400
)

// text tries every recipient who is untried or is to be texted again, with the
// concurrency of the account's pace. It stops early at a failure that affects
// all recipients.
func (s *send) text(ctx context.Context) {
	var queue []*recipient
	for _, to := range s.recipients {
		if to.state == untried || to.again {
			queue = append(queue, to)
		}
	}
	if len(queue) == 0 || ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	s.queue = queue
	s.begun, s.named, s.renew = 0, 0, 0
	if !s.recorded.Load() && !s.activities.RecordFirst && s.isPrompt() {
		for since := s.moment(); s.named < len(queue) && queue[s.named].written < firstFew; s.named++ {
			queue[s.named].begin(since)
		}
	}
	s.asked = s.named
	s.mu.Unlock()
	defer context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.news.Broadcast()
	})()
	creating, cancel := s.within(context.WithoutCancel(ctx), s.lastEnd())
	defer cancel()
	var pool, clerk sync.WaitGroup
	if s.named < len(queue) {
		clerk.Go(func() { s.nameAhead(ctx) })
	}
	for range min(len(queue), s.account.Pace.Concurrency()) {
		pool.Go(func() {
			for to := s.next(ctx); to != nil; to = s.next(ctx) {
				s.try(ctx, creating, to)
			}
		})
	}
	pool.Wait()
	clerk.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, to := range queue {
		to.open = false
	}
}

// next waits until a record names the next recipient and returns that
// recipient, or nil if none is left.
func (s *send) next(ctx context.Context) *recipient {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ctx.Err() == nil && s.halt == nil && s.begun < len(s.queue) {
		if s.begun < s.named {
			if s.begun++; s.begun == s.renew {
				s.news.Broadcast()
			}
			return s.queue[s.begun-1]
		}
		s.news.Wait()
	}
	return nil
}

// nameAhead writes records that name recipients ahead of the pool, until the
// round has named all of them or ends. The more recipients the pool tries while
// a record is being written, the further ahead the next one names, so that
// records are few and the pool rarely waits for one. The account's next send
// starts as far ahead as this one ends.
func (s *send) nameAhead(ctx context.Context) {
	atOnce := s.account.Pace.Concurrency()
	least := max(leastAhead, min(5*atOnce, mostAhead)) // at Twilio's usual pace, half a second's creates
	ahead := max(least, int(s.ledger.ahead.Load()))
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		s.renew = s.asked - max(leastAhead/2, ahead/4)
		for ctx.Err() == nil && s.halt == nil && s.asked < len(s.queue) && s.begun < s.renew {
			s.news.Wait()
		}
		if ctx.Err() != nil || s.halt != nil || s.asked == len(s.queue) {
			return
		}
		began := s.begun
		batch := s.queue[s.asked:min(len(s.queue), max(s.asked, began+ahead))]
		s.mu.Unlock()
		since := s.moment()
		for _, to := range batch {
			_ = s.render(ctx, to) // the error is reported at the recipient's turn
		}
		s.mu.Lock()
		for _, to := range batch {
			to.begin(since)
			if to.rendered {
				to.sign()
			}
		}
		s.asked += len(batch)
		s.mu.Unlock()
		err := s.heart.record(ctx)
		s.mu.Lock()
		if err != nil {
			return // the context has ended
		}
		s.named = s.asked
		if began >= atOnce { // the pool was already full
			ahead = max(least, min((3*ahead+16*(s.begun-began))/4, mostAhead))
			s.ledger.ahead.Store(int64(ahead))
		}
		s.news.Broadcast()
	}
}

// render renders a recipient's content, unless that has been done already.
func (s *send) render(ctx context.Context, to *recipient) *sms.Error {
	if to.rendered {
		return nil
	}
	content, problem := s.bodies.of(ctx, to.Recipient)
	if problem == nil {
		to.content, to.rendered = content, true
	}
	return problem
}

// try sends to one recipient. If the gateway panics, the outcome is unknown. A
// request that has started continues until creating ends, even if ctx has
// ended.
func (s *send) try(ctx, creating context.Context, to *recipient) {
	if problem := s.quietNow(to); problem != nil {
		s.refuse(to, problem)
		return
	}
	limit, err := s.reserveCap(ctx, to)
	if err != nil {
		return
	}
	if limit != nil {
		s.account.Metrics.Capped(limit.Prefix)
		s.refuse(to, capped(limit, to.to))
		return
	}
	defer s.giveBack(to)
	defer func() {
		if recover() != nil {
			logPanic(ctx)
			s.note(to, sms.Message{}, &sms.Error{Code: sms.CodeOutcomeUnknown, Message: "a fault in the gateway: the message may or may not have been created; the worker's log has the stack trace"})
		}
	}()
	if problem := s.render(ctx, to); problem != nil {
		s.refuse(to, problem)
		return
	}
	segments := 1
	if s.account.Pace.CountsSegments() {
		segments = to.content.size()
	}
	if err := s.acquire(ctx, segments); err != nil {
		if turn, late := errors.AsType[TurnError](err); late {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.pause = max(s.pause, time.Duration(turn))
			s.stop(sms.Error{Code: sms.CodeRateLimited, Retryable: true, Message: "the sender's rate allows no turn before the send has to end; nothing was sent"}, false)
		} else if errors.Is(err, ErrHeld) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.stop(sms.Error{Code: sms.CodeSendingPaused, Retryable: true, Message: "all sending is paused until someone runs \"starter resume-all\", and the send could not wait that long; nothing was sent"}, false)
		}
		return
	}
	defer s.account.Pace.Release()
	if problem := s.quietNow(to); problem != nil { // the quiet hours began before the turn came
		s.refuse(to, problem)
		return
	}
	s.create(ctx, creating, to)
}

// turnLimit returns the maximum time to wait for a turn.
func (s *send) turnLimit() time.Duration {
	if s.total() == 0 {
		return DefaultGiveUpAfter
	}
	return max(0, s.lastBegin()-elapsed(s.began))
}

// create makes the request, if the attempt may still do so.
func (s *send) create(ctx, creating context.Context, to *recipient) {
	s.mu.Lock()
	to.sign()
	s.mu.Unlock()
	s.ledger.claim(s.owner, to.to, to.content.body, s.anyText())
	for ctx.Err() == nil {
		message, err := s.account.Gateway.Send(creating, twilio.Draft{
			From: s.from, To: to.to, Body: to.content.body, ContentVariables: to.content.variables,
			StatusCallback: s.callbackOf(to), Options: &s.input,
			Check: func() error {
				if ctx.Err() != nil {
					return errLate
				}
				return s.check()
			},
		})
		if !errors.Is(err, errLate) {
			s.note(to, message, err)
			return
		}
		if s.heart.record(ctx) != nil || s.check() != nil {
			break // another attempt continues
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if to.state != doubtful {
		s.ledger.settle(s.owner, to.to)
	}
}

// lane returns the name of the sender whose rate limits this send.
func (s *send) lane() string { return cmp.Or(s.from, s.input.MessagingServiceSID) }

// refuse records a problem that was found before the request to Twilio. Such a
// problem does not count as a failure of Twilio, and does not resolve an
// earlier create that is in doubt.
func (s *send) refuse(to *recipient, problem *sms.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	problem = s.countFailure(problem)
	if to.again = false; to.state != doubtful {
		s.set(to, refused, *problem)
	}
}

// note records the outcome of a create.
func (s *send) note(to *recipient, message sms.Message, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	to.again = false
	if err == nil {
		message.To = to.to
		s.failures = 0
		s.accept(to, message, s.now())
		return
	}
	problem := *s.countFailure(err)
	switch {
	case problem.Code == sms.CodeOutcomeUnknown:
		s.disturb()
		s.set(to, doubtful, problem)
		if s.failures++; s.failures >= enough {
			s.stop(sms.Error{Code: sms.CodeConnection, HTTPStatus: problem.HTTPStatus, Retryable: true, Message: "not tried, because Twilio failed for the recipients before this one; nothing was sent"}, false)
		}
		return
	case problem.Retryable:
		s.unsent(to, deferred, problem)
		s.slow(&problem)
	default:
		s.unsent(to, refused, problem)
	}
	switch {
	case problem.Scope == sms.ScopeSender: // the sender's queue is full for all recipients
		s.stop(s.untriedBecause(problem), false)
	case problem.Scope != sms.ScopeAccount:
		s.failures = 0
	case !problem.Retryable:
		s.stop(s.untriedBecause(problem), true)
	case problem.Code != sms.CodeRateLimited: // the pace enforces the wait
		s.stop(s.untriedBecause(problem), false)
	}
}

// unsent records that a create certainly had no effect. If an earlier create is
// in doubt, the recipient stays in doubt. The caller holds mu.
func (s *send) unsent(to *recipient, st state, problem sms.Error) {
	if to.state == doubtful {
		return
	}
	s.set(to, st, problem)
	s.ledger.settle(s.owner, to.to)
}

// untriedBecause returns the error for recipients who were not tried because
// the sender or the account failed for another recipient.
func (s *send) untriedBecause(problem sms.Error) sms.Error {
	problem.Message = "not tried, because sending to another recipient failed: " + problem.Message
	return problem
}

// stop ends the round. The caller holds mu.
func (s *send) stop(problem sms.Error, final bool) {
	if s.halt == nil || final {
		s.halt = &halt{problem, final}
	}
	s.news.Broadcast()
}
