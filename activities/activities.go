package activities

// The activities, and what they need of the world.

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"

	"temporal-twilio/internal/metrics"
	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

// Gateway sends and finds messages. *twilio.Client is one.
type Gateway interface {
	// Now is the time at Twilio, at the earliest; false if that is not known yet.
	Now() (time.Time, bool)
	// Send creates one message. Its error is a *sms.Error that says what is known
	// of the message.
	Send(ctx context.Context, draft twilio.Draft) (sms.Message, error)
	// List returns messages, the newest first. Those created a moment ago may be
	// missing.
	List(ctx context.Context, query twilio.Query) (twilio.Listing, error)
	// Fetch, Cancel and Redact read and change one message.
	Fetch(ctx context.Context, sid string) (twilio.Record, error)
	Cancel(ctx context.Context, sid string) (twilio.Record, error)
	Redact(ctx context.Context, sid string) (twilio.Record, error)
}

// Register registers all activities on a worker.
func (a *Activities) Register(r worker.ActivityRegistry) {
	for name, function := range map[string]any{
		sms.SendSmsName:                a.SendSms,
		sms.GetMessageName:             a.GetMessage,
		sms.GetMessagesName:            a.GetMessages,
		sms.ListMessagesName:           a.ListMessages,
		sms.CancelScheduledMessageName: a.CancelScheduledMessage,
		sms.RedactMessageName:          a.RedactMessage,
		sms.LookUpSegmentsName:         a.LookUpSegments,
		sms.OpenQuestionName:           a.OpenQuestion,
		sms.CloseQuestionName:          a.CloseQuestion,
		sms.MatchReplyName:             a.MatchReply,
		sms.CheckQuestionName:          a.CheckQuestion,
		sms.AskKeeperName:              a.AskKeeper,
		sms.AskWorkflowName:            a.AskWorkflow,
		sms.FindCatchersName:           a.FindCatchers,
		sms.FindRunName:                a.FindRun,
		sms.ReadAddressesName:          a.ReadAddresses,
		sms.FindQuietName:              a.FindQuiet,
		sms.PreviewSmsName:             a.PreviewSms,
	} {
		r.RegisterActivityWithOptions(function, activity.RegisterOptions{Name: name})
	}
}

// Account is one set of credentials at Twilio.
type Account struct {
	// SID is the account's own. Optional: without it a status callback or a reply
	// is not held against the account that sent.
	SID     string
	Gateway Gateway
	// Pace is shared by all sends of the account in this worker.
	Pace *Pace
	// Caps bound how many messages go to numbers that begin alike, in this worker.
	// Optional.
	Caps *Caps
	// Metrics count what becomes of its sends. Optional.
	Metrics *metrics.Account
}

// Activities holds what the activities need. Register its methods on a worker
// that polls [sms.TaskQueue].
type Activities struct {
	// Accounts are the accounts by the name that callers give; "" is the default.
	Accounts map[string]Account
	Renderer *FreeMarker
	// DefaultRegion is the country of numbers without a country code, such as
	// "US". Optional: default none, and such numbers are refused.
	DefaultRegion string
	// StatusCallback is where our webhook takes status callbacks. Optional:
	// default none, and no workflow hears what became of its messages.
	StatusCallback string
	// IDSecret makes the workflow IDs of open questions and the proofs of status
	// callbacks. Every worker and webhook needs the same.
	IDSecret []byte
	// KeySecret makes the workflow IDs of keyed sends. Every worker needs the
	// same. Changing it invalidates all existing keys. Optional: default none, and
	// idempotencyKey is refused.
	KeySecret []byte
	// Record writes heartbeat details down before it returns. Optional: default
	// the Temporal client of the worker.
	Record func(ctx context.Context, details any) error
	// Settle is how long Twilio may still carry out a create after its request
	// has timed out. Optional: default 15 s, beyond the 10 s of a request.
	Settle time.Duration
	// Patience is how long a listing may take to show a message that exists.
	// Optional: default 30 s.
	Patience time.Duration
	// RecordFirst makes a send write a record before its first create, even for
	// the first few recipients, who normally need none. Set it as long as workers
	// of version 0 of this module run beside this one: they do not know that rule.
	// Optional: default false.
	RecordFirst bool

	// Reports says that this worker's broadcasts can write reports, so that a list of
	// more than [sms.MaxRecipients] may become one. Optional: default false, and such
	// a list is refused.
	Reports bool

	// ledgers are those of the accounts, by name.
	ledgers sync.Map
	// waiting counts the sends that wait for the broadcasts of their lists.
	waiting atomic.Int64
}
