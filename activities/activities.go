package activities

// The activities and their dependencies.

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

// Gateway sends and finds messages; *twilio.Client implements it.
type Gateway interface {
	// Now returns the time at Twilio, as a lower bound; false if it is not
	// known yet.
	Now() (time.Time, bool)
	// Send creates one message. Its error is a *sms.Error that says what is
	// known about the message.
	Send(ctx context.Context, draft twilio.Draft) (sms.Message, error)
	// List returns messages, newest first. Those created a moment ago may be
	// missing.
	List(ctx context.Context, query twilio.Query) (twilio.Listing, error)
	// Fetch returns one message. Cancel and Redact change one, and return it.
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
	// replies are not checked against the account that sent.
	SID     string
	Gateway Gateway
	// Pace is shared by all sends of the account in this worker.
	Pace *Pace
	// Caps limits how many messages all workers together send to numbers with
	// the same prefix. Optional.
	Caps *Caps
	// Metrics counts what becomes of its messages. Optional.
	Metrics *metrics.Account
}

// Activities implements the activities. Register its methods on a worker that
// polls [sms.TaskQueue].
type Activities struct {
	// Accounts holds the accounts by the name that callers use; "" is the
	// default.
	Accounts map[string]Account
	Renderer *FreeMarker
	// DefaultRegion is the country of numbers without a country code, such as
	// "US". Optional: default none, and such numbers are refused.
	DefaultRegion string
	// StatusCallback is the URL of our webhook for status callbacks. Optional:
	// default none, and no workflow is told what became of its messages.
	StatusCallback string
	// IDSecret derives the workflow IDs of open questions and the proofs of
	// status callbacks. It must be the same for all workers and webhooks.
	IDSecret []byte
	// KeySecret derives the workflow IDs of keyed sends. It must be the same
	// for all workers. Changing it invalidates all existing keys. Optional:
	// default none, and idempotencyKey is refused.
	KeySecret []byte
	// Record stores heartbeat details, and returns once they are stored.
	// Optional: default uses the worker's Temporal client.
	Record func(ctx context.Context, details any) error
	// Settle is how long Twilio may still carry out a create after its request
	// has timed out. Optional: default 15 s, on top of the 10 s of a request.
	Settle time.Duration
	// Patience is how long a listing may take to show a message that exists.
	// Optional: default 30 s.
	Patience time.Duration
	// RecordFirst makes a send store a record before its first create, even for
	// the first few recipients, which normally need none. Set it while workers
	// of version 0 of this module run beside this one: they do not follow that
	// rule. Optional: default false.
	RecordFirst bool

	// Reports says that this worker's broadcasts can write reports, so that a
	// list of more than [sms.MaxRecipients] may become a broadcast. Optional:
	// default false, and such a list is refused.
	Reports bool

	// temporal is Temporal's client. Optional: default the worker's.
	temporal client.Client
	// countCaps counts messages under caps, in the order in which capCount
	// asks. Optional: default a request to CapsSmsWorkflow.
	countCaps counting
	capCount  capCount
	// ledgers holds the accounts' ledgers, by name.
	ledgers sync.Map
	// behind is set once this machine's clock is seen to be behind Temporal's.
	behind atomic.Bool
	// waiting counts the sends that wait for the broadcasts of their lists.
	waiting atomic.Int64
}

// client returns Temporal's client.
func (a *Activities) client(ctx context.Context) client.Client {
	if a.temporal != nil {
		return a.temporal
	}
	return activity.GetClient(ctx)
}
