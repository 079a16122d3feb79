package webhook

// Catching up publishes texts that Twilio received while no webhook was
// available.

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"

	"temporal-twilio/internal/metrics"
	"temporal-twilio/sms"
	"temporal-twilio/triggers"
	"temporal-twilio/twilio"
)

// CatchUp implements the CatchUpSms activity. It processes each text in
// Twilio's log. A text that already has its workflow does not get another.
type CatchUp struct {
	// Received returns the texts of an interval in any order, except that
	// texts of the same second must be in order of arrival. It may return
	// both texts and an error. After twilio.ErrTooMany, it is called again
	// with shorter intervals. Required.
	Received func(ctx context.Context, since, until time.Time) ([]Logged, error)
	// Media returns the pictures and files that came with a text. Required.
	Media func(ctx context.Context, message sms.Inbound) ([]sms.Media, error)
	// Triggers returns the current triggers. Required.
	Triggers func() *triggers.Set
	// Receive passes a text to Temporal, as [Dispatcher.Receive] does.
	// Required.
	Receive func(ctx context.Context, message sms.Inbound, matches []triggers.Match, mode Mode) Answer
	// Retention returns how long the namespace keeps closed workflows.
	// During that time, a text that has been published is recognized.
	// Required.
	Retention func(context.Context) (time.Duration, error)
	// Silencer reports which phones are silenced, so that triggers do not
	// text them. Optional: by default, none are.
	Silencer Silencer
	// Metrics counts missed texts. Required.
	Metrics *metrics.Metrics
	// Settle is how long a catch-up leaves a text to the webhooks before it
	// publishes the text itself. Optional: default 0.
	Settle time.Duration
	Logger *slog.Logger
}

// Logged is a text in Twilio's log, which does not include its media.
type Logged struct {
	sms.Inbound
	NumMedia int
}

// retentionMargin is subtracted from the namespace's retention. Texts older
// than the difference are not caught up on, because the workflows that show
// whether they were published are about to be deleted.
const retentionMargin = time.Hour

const (
	// catchUpWindow is the span of the log that is read at once. A span
	// that contains too many texts is halved until it does not.
	catchUpWindow = time.Hour
	// clocksApart is how far Temporal's clock may be ahead of Twilio's.
	clocksApart = time.Hour
	// CatchUpBeat is the interval between a catch-up's heartbeats. The
	// worker that runs it must not throttle them to a longer interval.
	CatchUpBeat = 2 * time.Second
)

// CatchUpSms publishes missed texts for triggers with catchUp, oldest first. It
// sends no replies, because they would be too late. A text that Temporal does
// not accept does not hold up the others, but the activity then fails and is
// retried.
func (c *CatchUp) CatchUpSms(ctx context.Context, query sms.CatchUpSmsQuery) (result sms.CatchUpSmsResult, err error) {
	result.Through = query.Through
	now := activity.GetInfo(ctx).StartedTime // by Temporal's clock, because all webhooks share the progress
	defer func() { c.Metrics.CaughtUp(result.Through) }()
	since := query.Since
	if activity.HasHeartbeatDetails(ctx) { // where an earlier attempt stopped
		var done time.Time
		if err := activity.GetHeartbeatDetails(ctx, &done); err == nil {
			since = later(since, done)
		}
	}
	retention, err := c.Retention(ctx)
	if err != nil {
		return result, fmt.Errorf("read the namespace's retention: %w", err)
	}
	if oldest := now.Add(retentionMargin - retention); retention > 0 && since.Before(oldest) {
		c.Logger.ErrorContext(ctx, "texts older than the namespace's retention are not caught up on", "since", since, "oldest", oldest)
		since, result.Lost = oldest, true
	}
	var failed error
	var done atomic.Pointer[time.Time] // all texts up to this time have been processed without a failure
	begun := since
	done.Store(&begun)
	defer keepAlive(ctx, &done)()
	reach := func(until time.Time) {
		if failed == nil {
			reached := later(*done.Load(), until)
			done.Store(&reached)
			result.Through = later(result.Through, until)
		}
		activity.RecordHeartbeat(ctx, *done.Load())
	}
	var next time.Time
	window := catchUpWindow
	for ; since.Before(now); since = next {
		next = since.Add(window)
		messages, err := c.Received(ctx, since, next)
		if errors.Is(err, twilio.ErrTooMany) && window > time.Second {
			window, next = window/2, since
			continue
		}
		failed = errors.Join(failed, err)
		slices.SortStableFunc(messages, func(a, b Logged) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
		for i := range messages {
			if ctx.Err() != nil {
				return result, ctx.Err()
			}
			if now.Sub(messages[i].ReceivedAt) < c.Settle {
				return result, failed
			}
			failed = errors.Join(failed, c.publish(ctx, messages[i], &result))
			reach(messages[i].ReceivedAt)
		}
		reach(earlier(next, now.Add(-clocksApart))) // heartbeat even if there are no texts
	}
	return result, failed
}

// keepAlive sends heartbeats until the returned function is called.
func keepAlive(ctx context.Context, done *atomic.Pointer[time.Time]) (stop func()) {
	ctx, stop = context.WithCancel(ctx)
	go func() {
		ticker := time.NewTicker(CatchUpBeat)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				activity.RecordHeartbeat(ctx, *done.Load())
			}
		}
	}()
	return stop
}

// publish publishes one text. If it returns an error, the text must be
// published again.
func (c *CatchUp) publish(ctx context.Context, message Logged, result *sms.CatchUpSmsResult) error {
	result.Received++
	set := c.Triggers() // the files may change during a catch-up
	message.Event = set.Event(message.Inbound)
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	silenced := false
	match := func() []triggers.Match {
		return slices.DeleteFunc(set.Match(ctx, message.Inbound), func(f triggers.Match) bool { return !f.CatchUp() || silenced && f.Texts() })
	}
	firings := match()
	if c.Silencer != nil && slices.ContainsFunc(firings, func(f triggers.Match) bool { return f.Texts() }) {
		began, ended, err := c.Silencer.Silenced(ctx, message.Inbound)
		if err != nil {
			return fmt.Errorf("text %s: check whether its sender is silenced: %s", message.MessageSID, reason(err))
		}
		silenced = !began.IsZero() && (ended.IsZero() || !message.ReceivedAt.Before(began) && message.ReceivedAt.Before(ended))
		firings = match()
	}
	if len(firings) > 0 {
		result.Matched++
		if message.NumMedia > 0 {
			var err error
			if message.Media, err = c.Media(ctx, message.Inbound); err != nil {
				return fmt.Errorf("text %s: fetch its media: %w", message.MessageSID, err)
			}
			firings = match()
		}
	}
	answer := c.Receive(ctx, message.Inbound, firings, Late)
	switch {
	case answer.Again:
		return fmt.Errorf("text %s: %s", message.MessageSID, answer.Outcome)
	case len(answer.Reasons) > 0:
		result.Failed++
		c.Metrics.CatchUpText(metrics.CatchUpFailed)
		c.Logger.ErrorContext(ctx, "missed text not published", "messageSid", message.MessageSID, "triggers", strings.Join(names(firings), " "), "reason", answer.reasons())
	case answer.Outcome == outcomeAccepted && !answer.Known:
		c.Metrics.CatchUpText(metrics.CatchUpPublished)
		c.Logger.InfoContext(ctx, "missed text published", "messageSid", message.MessageSID, "triggers", strings.Join(names(firings), " "))
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
