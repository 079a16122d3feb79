package activities

// The activities and what they depend on.

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"temporal-twilio/internal/metrics"
	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

// Gateway sends and finds messages. *twilio.Client implements it.
type Gateway interface {
	// Now returns a lower bound on the time by Twilio's clock, or false if
	// that time is not known yet.
	Now() (time.Time, bool)
	// Send creates one message. If it fails, the error is either that of
	// draft.Check or a *sms.Error, which says whether the message may have
	// been created.
	Send(ctx context.Context, draft twilio.Draft) (sms.Message, error)
	// List returns messages, newest first. It may omit messages that were
	// just created.
	List(ctx context.Context, query twilio.Query) (twilio.Listing, error)
	// Fetch returns one message. Cancel and Redact change a message and
	// return it.
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
		sms.SignalWithStartName:        a.SignalWithStart,
		sms.ReadAddressesName:          a.ReadAddresses,
		sms.FindQuietName:              a.FindQuiet,
		sms.PreviewSmsName:             a.PreviewSms,
	} {
		r.RegisterActivityWithOptions(function, activity.RegisterOptions{Name: name})
	}
}

// Account is a Twilio account with its credentials.
type Account struct {
	// SID is the account's SID. Optional: without it, status callbacks and
	// replies are accepted from any account.
	SID string
	// Region is the region that stores the account's messages. Optional:
	// default us1.
	Region  string
	Gateway Gateway
	// Pace throttles everything that this worker sends from the account.
	Pace *Pace
	// Caps limits how many messages all workers together send to numbers
	// with the same prefix. Optional.
	Caps *Caps
	// Metrics counts the outcomes of the account's messages. Optional.
	Metrics *metrics.Account
}

// Activities implements the activities. Register it on a worker that polls
// [sms.TaskQueue].
type Activities struct {
	// Accounts maps the names that callers use to accounts. "" is the
	// default account.
	Accounts map[string]Account
	Renderer *FreeMarker
	// DefaultRegion is the country of numbers without a country code, such
	// as "US". Optional: by default, such numbers are refused.
	DefaultRegion string
	// StatusCallback is the URL of our webhook for status callbacks.
	// Optional: by default, workflows receive no status signals.
	StatusCallback string
	// IDSecret is used to derive the IDs of the workflows that keep open
	// questions, and to sign the URLs of status callbacks. All workers and
	// webhooks must have the same one.
	IDSecret []byte
	// KeySecret is used to derive the workflow IDs of sends that have an
	// idempotency key. All workers must have the same one. Changing it
	// invalidates all existing keys. Optional: by default, idempotencyKey
	// is refused.
	KeySecret []byte
	// Record stores heartbeat details and returns when they are stored.
	// Optional: by default, it uses the worker's Temporal client.
	Record func(ctx context.Context, details any) error
	// Settle is how long Twilio may still take to create a message after
	// the request for it has timed out. Optional: default 15 s, in addition
	// to the request's own timeout of 10 s.
	Settle time.Duration
	// Patience is how long a listing may take to show a message that
	// exists. Optional: default 30 s.
	Patience time.Duration
	// RecordFirst makes a send store a record before it creates its first
	// message, even for the first few recipients, who normally need none.
	// Set it while workers of version 0 of this module run alongside this
	// one, because they do not look up the first few. Optional: default
	// false.
	RecordFirst bool

	// Reports is true if this worker's broadcasts can write reports. Only
	// then can a list of more than [sms.MaxRecipients] become a broadcast.
	// Optional: by default, such a list is refused.
	Reports bool

	// temporal is the Temporal client. Optional: by default, the worker's
	// client.
	temporal client.Client
	// countCaps counts messages against caps. Optional: by default,
	// CapsSmsWorkflow counts them.
	countCaps counting
	capCount  capCount
	// ledgers holds the ledgers of the accounts.
	ledgers sync.Map
	// behind is set when this machine's clock turns out to be behind
	// Temporal's.
	behind atomic.Bool
	// waiting is the number of sends that hold a worker slot while a
	// broadcast sends their list.
	waiting atomic.Int64
}

// client returns the Temporal client.
func (a *Activities) client(ctx context.Context) client.Client {
	if a.temporal != nil {
		return a.temporal
	}
	return activity.GetClient(ctx)
}
