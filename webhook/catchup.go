package webhook

// Catching up: publishing texts that Twilio received while no webhook was there
// to take them.

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"

	"temporal-twilio/sms"
	"temporal-twilio/triggers"
	"temporal-twilio/workflows"
)

// CatchUp has the activity CatchUpSms. A text that has its workflow gets no
// other, so it takes all that Twilio's log shows.
type CatchUp struct {
	// Received lists the texts of a span of time, in any order, those of one second
	// as they came. It may return some and an error as well. Required.
	Received func(ctx context.Context, since, until time.Time) ([]Logged, error)
	// Media returns the pictures and files that came with a text. Required.
	Media func(ctx context.Context, message sms.Inbound) ([]sms.Media, error)
	// Triggers returns those in force. Required.
	Triggers func() *triggers.Set
	// Receive takes a text to Temporal, as [Dispatcher.Receive] does. Required.
	Receive func(ctx context.Context, message sms.Inbound, firings []triggers.Firing, late bool) Answer
	// Retention is how long the namespace knows a workflow that has closed, and so
	// a text that was published. Required.
	Retention func(context.Context) (time.Duration, error)
	// Settle is how long a text is left to the webhooks. Optional: default not.
	Settle time.Duration
	Logger *slog.Logger
}

// Logged is a text of Twilio's log, which does not show its media.
type Logged struct {
	sms.Inbound
	NumMedia int
}

// retentionMargin keeps away from the end of the retention.
const retentionMargin = time.Hour

// catchUpWindow is how much of the log is read at once.
const catchUpWindow = time.Hour

// CatchUpSms publishes missed texts for triggers with catchUp, the oldest first.
// Nobody is answered: the reply would come too late. A text that Temporal does
// not take holds no other back; Temporal then tries the activity again.
func (c *CatchUp) CatchUpSms(ctx context.Context, query workflows.CatchUpSmsQuery) (result workflows.CatchUpSmsResult, err error) {
	result.Through = query.Through
	since := query.Since
	if activity.HasHeartbeatDetails(ctx) { // an earlier attempt has come so far
		var done time.Time
		if err := activity.GetHeartbeatDetails(ctx, &done); err == nil {
			since, result.Through = later(since, done), later(result.Through, done)
		}
	}
	retention, err := c.Retention(ctx)
	if err != nil {
		return result, fmt.Errorf("read the retention of the namespace: %w", err)
	}
	if oldest := time.Now().Add(retentionMargin - retention); retention > 0 && since.Before(oldest) {
		c.Logger.ErrorContext(ctx, "texts older than the namespace's retention are not caught up on", "since", since, "oldest", oldest)
		since, result.Lost = oldest, true
	}
	set := c.Triggers()
	var failed error
	for end := time.Now(); since.Before(end); since = since.Add(catchUpWindow) {
		messages, err := c.Received(ctx, since, since.Add(catchUpWindow))
		failed = errors.Join(failed, err)
		slices.SortStableFunc(messages, func(a, b Logged) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
		for i := range messages {
			if ctx.Err() != nil {
				return result, ctx.Err()
			}
			if time.Since(messages[i].ReceivedAt) < c.Settle {
				return result, failed
			}
			if failed = errors.Join(failed, c.take(ctx, set, messages[i], &result)); failed == nil {
				result.Through = later(result.Through, messages[i].ReceivedAt)
				activity.RecordHeartbeat(ctx, messages[i].ReceivedAt)
			}
		}
	}
	return result, failed
}

// take publishes one text. Its error is one after which to try again.
func (c *CatchUp) take(ctx context.Context, set *triggers.Set, message Logged, result *workflows.CatchUpSmsResult) error {
	result.Received++
	message.Event = set.Event(message.Inbound)
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	match := func() []triggers.Firing {
		return slices.DeleteFunc(set.Match(ctx, message.Inbound), func(f triggers.Firing) bool { return !f.CatchUp() })
	}
	firings := match()
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
	answer := c.Receive(ctx, message.Inbound, firings, true)
	switch {
	case answer.Again:
		return fmt.Errorf("text %s: %s", message.MessageSID, answer.Outcome)
	case len(answer.Reasons) > 0:
		result.Failed++
		c.Logger.ErrorContext(ctx, "missed text not published", "messageSid", message.MessageSID, "triggers", strings.Join(names(firings), " "), "reason", answer.reasons())
	case answer.Outcome == outcomeAccepted && !answer.Known:
		c.Logger.InfoContext(ctx, "missed text published", "messageSid", message.MessageSID, "triggers", strings.Join(names(firings), " "))
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
