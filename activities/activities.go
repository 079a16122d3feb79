// Package activities is what a worker does for a workflow: it sends messages.
//
// The activities depend on the world only through the fields of [Activities],
// so a worker chooses the gateway and a test can too.
package activities

import (
	"context"
	"sync"
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
	// List gives messages, the newest first. Those created a moment ago may be
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
	// same, and for ever: with another one a key is a new key. Optional: default
	// none, and idempotencyKey is refused.
	KeySecret []byte
	// Record writes heartbeat details down before it returns. Optional: default
	// the Temporal client of the worker.
	Record func(ctx context.Context, details any) error
	// Settle is how long after a create was given up Twilio may still carry it
	// out. Optional: default 15 s, beyond the 10 s of a request.
	Settle time.Duration
	// Patience is how long a listing may take to show a message that exists.
	// Optional: default 30 s.
	Patience time.Duration
	// RecordFirst has a record written before the first create of a send, also
	// where the beginning of another attempt is record enough. It is for workers
	// that run beside those of version 0 of this module, which do not know that.
	// Optional: default false.
	RecordFirst bool

	// ledgers are those of the accounts, by name.
	ledgers sync.Map
}
