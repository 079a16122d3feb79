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
	// Received lists the messages since a moment, in any order.
	Received func(ctx context.Context, since time.Time) ([]sms.Inbound, error)
	// Triggers gives those in force.
	Triggers func() *Set
	Publish  func(context.Context, *Firing) error
	// Asked gives a message to the question that it answers, as in the webhook.
	// Optional: nobody asks.
	Asked  func(context.Context, sms.Inbound) (taken bool, err error)
	Logger *slog.Logger
}

// CatchUpSms publishes the messages of a window for triggers with catchUp, the
// oldest first. Nobody is answered: the reply would come too late.
func (c *CatchUp) CatchUpSms(ctx context.Context, query workflows.CatchUpSmsQuery) (result workflows.CatchUpSmsResult, err error) {
	messages, err := c.Received(ctx, query.Since)
	if err != nil {
		return result, fmt.Errorf("list received messages: %w", err)
	}
	slices.SortStableFunc(messages, func(a, b sms.Inbound) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	set := c.Triggers()
	for _, message := range messages {
		if ctx.Err() != nil {
			return result, ctx.Err()
		}
		result.Received++
		message.Event = sms.Classify(message.From, message.Body, "")
		if c.Asked != nil {
			// Taken now, or when it came: then it is no news to triggers.
			taken, err := c.Asked(ctx, message)
			if err != nil {
				return result, err
			}
			if taken && message.Event != sms.OptOut {
				continue
			}
		}
		firings, err := set.Match(ctx, message)
		if err != nil {
			c.Logger.ErrorContext(ctx, "a pattern could not be matched", "messageSid", message.MessageSID, "error", err)
		}
		for i := range firings {
			if !firings[i].CatchUp() {
				continue
			}
			result.Matched++
			if err := c.Publish(ctx, &firings[i]); err != nil {
				if refused := (*PublishError)(nil); !errors.As(err, &refused) || !refused.Final() {
					return result, err // Temporal tries the activity again
				}
				result.Failed++
				c.Logger.ErrorContext(ctx, "missed event not published", "messageSid", message.MessageSID, "trigger", firings[i].Trigger(), "error", err)
			}
		}
	}
	return result, nil
}
