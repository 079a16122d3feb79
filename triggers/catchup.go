package triggers

// Catching up: publishing messages that Twilio received while no webhook was
// there to take them.

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"temporal-twilio/sms"
	"temporal-twilio/workflows"
)

// CatchUp is the activity CatchUpSms. Publishing is safe to repeat, so it
// publishes all that it finds: what was taken before is not taken again.
type CatchUp struct {
	// Received lists the messages since a moment, those of one second in the
	// order in which they came. It may give some and an error as well.
	Received func(ctx context.Context, since time.Time) ([]sms.Inbound, error)
	// Triggers gives those in force.
	Triggers func() *Set
	Publish  func(context.Context, *Firing) error
	// Asked gives a message to the question that it answers, as in the webhook.
	// Optional: nobody asks.
	Asked  func(context.Context, sms.Inbound, []Firing) (taken bool, err error)
	Logger *slog.Logger
}

// CatchUpSms publishes the messages of a window for triggers with catchUp, the
// oldest first. Nobody is answered: the reply would come too late. A message
// that fails keeps no other back: what may be a matter of the moment is told at
// the end, and Temporal then tries the activity again.
func (c *CatchUp) CatchUpSms(ctx context.Context, query workflows.CatchUpSmsQuery) (result workflows.CatchUpSmsResult, err error) {
	messages, err := c.Received(ctx, query.Since)
	if err != nil {
		err = fmt.Errorf("list received messages: %w", err)
	}
	slices.SortStableFunc(messages, func(a, b sms.Inbound) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	set := c.Triggers()
	failed := 0
	for _, message := range messages {
		if ctx.Err() != nil {
			return result, ctx.Err()
		}
		result.Received++
		if again := c.message(ctx, set, message, &result); again != nil {
			failed++
			err = firstOf(err, again)
		}
	}
	if failed > 0 {
		err = fmt.Errorf("%d of %d messages were not published, and are tried again; the first error: %w", failed, len(messages), err)
	}
	return result, err
}

// message publishes one message. The error is one after which to try again.
func (c *CatchUp) message(ctx context.Context, set *Set, message sms.Inbound, result *workflows.CatchUpSmsResult) (again error) {
	message.Event = sms.Classify(message.From, message.Body, "")
	firings := set.Match(ctx, message)
	if c.Asked != nil {
		// Taken now, or when it came: then it is no news to triggers.
		taken, err := c.Asked(ctx, message, firings)
		if err != nil {
			return c.failed(ctx, message, "questions", err, result)
		}
		if taken && message.Event != sms.OptOut {
			return nil
		}
	}
	for i := range firings {
		firing := &firings[i]
		if !firing.CatchUp() {
			continue
		}
		result.Matched++
		firing.late = true
		err := firing.Err
		if err == nil {
			err = c.Publish(ctx, firing)
		}
		if err != nil {
			again = firstOf(again, c.failed(ctx, message, firing.Trigger(), err, result))
		}
	}
	return again
}

// failed gives the error if trying again may help, and otherwise leaves a line.
func (c *CatchUp) failed(ctx context.Context, message sms.Inbound, trigger string, err error, result *workflows.CatchUpSmsResult) (again error) {
	if refused := (*PublishError)(nil); errors.As(err, &refused) && !refused.Final() {
		return err
	}
	result.Failed++
	c.Logger.ErrorContext(ctx, "missed event not published", "messageSid", message.MessageSID, "trigger", trigger, "error", err)
	return nil
}

func firstOf(first, second error) error {
	if first != nil {
		return first
	}
	return second
}
