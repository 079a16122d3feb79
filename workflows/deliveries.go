package workflows

// The delivery status of the messages that a workflow sent.

import (
	"cmp"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// Deliveries merges the status updates of a workflow's messages. Updates arrive
// as signals named "SmsStatus". They may arrive in any order, late, more than
// once, or before the activity that sent the message has returned. A status
// never moves backwards.
//
//	deliveries := workflows.NewDeliveries(ctx, input.Deliveries)
//	err := workflow.ExecuteActivity(ctx, "SendSms", input).Get(ctx, &result)
//	deliveries.Expect(result.Messages...)
//	deliveries.Doubt(result.Errors...)
//	err = deliveries.Await(ctx, time.Hour)
//	for _, d := range deliveries.All() { … }
//
// The input must set StatusSignals. Without it, messages are only looked up. A
// workflow that continues as new passes on [Deliveries.State].
type Deliveries struct {
	// Account is the sending account, in which messages without updates are
	// looked up. Optional: by default, the account in the worker's
	// environment.
	Account string

	news  workflow.ReceiveChannel
	known map[string]*tracked
	// order lists the expected messages, and early lists messages that had
	// updates before they were expected.
	order, early []string
	// doubts holds the addresses of the recipients with an unknown outcome,
	// keyed by the references that updates use for them. resolved lists the
	// messages of recipients whose outcome has become known.
	doubts   map[string]string
	resolved []string
}

type tracked struct {
	sms.Delivery
	expected bool
}

// DeliveriesState is the state of [Deliveries] that a workflow passes to its
// next run.
type DeliveriesState struct {
	// Expected lists the expected messages, in order.
	Expected []sms.Delivery `json:"expected,omitempty"`
	// Early lists messages that have had updates but are not expected yet.
	Early []sms.Delivery `json:"early,omitempty"`
	// Doubts lists the recipients with an unknown outcome.
	Doubts []sms.Error `json:"doubts,omitempty"`
}

// maxEarly is how many unexpected messages are remembered. They may belong to
// another send or to an earlier run.
const maxEarly = 1000

// pollEvery is how long Await waits before it looks up the messages whose final
// status is unknown. The interval doubles each time, up to maxPoll.
const (
	pollEvery = 30 * time.Second
	maxPoll   = 30 * time.Minute
	// pollAtOnce is the maximum number of messages that one activity looks
	// up.
	pollAtOnce = 100
)

// NewDeliveries starts to listen for updates. Call it before the first send,
// because updates can arrive before the activity's result. carried is what
// [Deliveries.State] returned in the previous run, or the zero value in the
// first run.
func NewDeliveries(ctx workflow.Context, carried DeliveriesState) *Deliveries {
	d := &Deliveries{known: make(map[string]*tracked), doubts: make(map[string]string), news: workflow.GetSignalChannel(ctx, sms.StatusSignal)}
	for _, one := range carried.Early {
		d.of(one.SID).Delivery = one
	}
	for _, one := range carried.Expected {
		d.expect(one.SID).Delivery = one
	}
	d.Doubt(carried.Doubts...)
	return d
}

// State merges the updates that have arrived and returns what the next run
// needs. No update is lost if the workflow then continues as new without
// waiting for anything else.
func (d *Deliveries) State() (state DeliveriesState) {
	d.mergeAll()
	state.Expected = d.all()
	for _, sid := range d.early {
		state.Early = append(state.Early, d.known[sid].Delivery)
	}
	for _, recipient := range workflow.DeterministicKeys(d.doubts) {
		state.Doubts = append(state.Doubts, sms.Error{To: d.doubts[recipient], Code: sms.CodeOutcomeUnknown, Recipient: recipient})
	}
	return state
}

// Expect adds messages that Twilio has accepted.
func (d *Deliveries) Expect(messages ...sms.Message) {
	d.mergeAll()
	for _, m := range messages {
		if m.SID == "" {
			continue // updates identify messages by SID
		}
		d.expect(m.SID).To = m.To
		d.merge(sms.StatusUpdate{MessageSID: m.SID, Status: m.Status})
	}
}

// Doubt adds the recipients with an unknown outcome and ignores all other
// errors. When a callback names such a recipient, its message becomes an
// expected one.
func (d *Deliveries) Doubt(errors ...sms.Error) {
	d.mergeAll()
	for i := range errors {
		if e := &errors[i]; e.Code == sms.CodeOutcomeUnknown && e.Recipient != "" {
			d.doubts[e.Recipient] = e.To
		}
	}
	for _, sid := range slices.Clone(d.early) {
		d.resolve(d.known[sid])
	}
}

// resolve adds a message that turned out to belong to a recipient with an
// unknown outcome.
func (d *Deliveries) resolve(known *tracked) {
	to, doubted := d.doubts[known.Recipient]
	if !doubted || known.expected {
		return
	}
	delete(d.doubts, known.Recipient)
	d.expect(known.SID).To = to
	d.resolved = append(d.resolved, known.SID)
}

// Resolved returns the messages of recipients added by [Deliveries.Doubt] whose
// outcome has become known.
func (d *Deliveries) Resolved() (messages []sms.Message) {
	d.mergeAll()
	for _, sid := range d.resolved {
		known := d.known[sid]
		messages = append(messages, sms.Message{To: known.To, SID: sid, Status: known.Status})
	}
	return messages
}

func (d *Deliveries) expect(sid string) *tracked {
	known := d.of(sid)
	if !known.expected {
		known.expected = true
		d.order = append(d.order, sid)
		d.early = slices.DeleteFunc(d.early, func(one string) bool { return one == sid })
	}
	return known
}

// of returns the record of a message, and creates one if there is none. A new
// record counts as early until its message is expected.
func (d *Deliveries) of(sid string) *tracked {
	known := d.known[sid]
	if known == nil {
		known = &tracked{Delivery: sms.Delivery{SID: sid}}
		d.known[sid] = known
		d.early = append(d.early, sid)
		if len(d.early) > maxEarly {
			delete(d.known, d.early[0])
			d.early = d.early[1:]
		}
	}
	return known
}

// mergeAll merges the updates that have arrived. The code that needs the
// updates calls it, because a coroutine would run only after the workflow's own
// code, which may end the run.
func (d *Deliveries) mergeAll() {
	var update sms.StatusUpdate
	for d.news.ReceiveAsync(&update) {
		d.merge(update)
		update = sms.StatusUpdate{}
	}
}

// merge merges one update.
func (d *Deliveries) merge(update sms.StatusUpdate) {
	known := d.of(update.MessageSID)
	known.Recipient = cmp.Or(known.Recipient, update.Recipient)
	defer d.resolve(known)
	switch {
	case update.Status.After(known.Status):
		known.Status, known.ErrorCode, known.ErrorMessage = update.Status, update.ErrorCode, update.ErrorMessage
	case update.Status == known.Status && known.ErrorCode == 0:
		// The error code may arrive after the status.
		known.ErrorCode, known.ErrorMessage = update.ErrorCode, update.ErrorMessage
	}
}

// All returns what is known about each expected message, in order.
func (d *Deliveries) All() []sms.Delivery {
	d.mergeAll()
	return d.all()
}

func (d *Deliveries) all() []sms.Delivery {
	all := make([]sms.Delivery, len(d.order))
	for i, sid := range d.order {
		all[i] = d.known[sid].Delivery
	}
	return all
}

// open returns the expected messages whose final status is unknown.
func (d *Deliveries) open() (sids []string) {
	d.mergeAll()
	for _, sid := range d.order {
		if !d.known[sid].Status.Final() {
			sids = append(sids, sid)
		}
	}
	return sids
}

// Await waits until the final status of every expected message is known and
// every unknown outcome is resolved, or until the timeout. It looks up messages
// without updates at Twilio. It returns an error only if the workflow is
// cancelled.
func (d *Deliveries) Await(ctx workflow.Context, timeout time.Duration) error {
	deadline := workflow.Now(ctx).Add(timeout)
	for every := pollEvery; ; every = min(2*every, maxPoll) {
		d.show(ctx)
		left := deadline.Sub(workflow.Now(ctx))
		if left <= 0 {
			return nil
		}
		done, err := workflow.AwaitWithTimeout(ctx, min(every, left), d.done)
		if err != nil {
			return err
		}
		if !done {
			d.poll(ctx, deadline)
		}
		if d.done() {
			d.show(ctx)
			return nil
		}
	}
}

// done reports whether there is nothing left to wait for.
func (d *Deliveries) done() bool { return len(d.open()) == 0 && len(d.doubts) == 0 }

// poll looks up the messages whose final status is unknown, until a deadline.
// Messages that cannot be read now are looked up again next time. An attempt
// that ends early records its progress in its heartbeat, and the next one
// continues from there.
func (d *Deliveries) poll(ctx workflow.Context, deadline time.Time) {
	open := d.open()
	for len(open) > 0 {
		left := deadline.Sub(workflow.Now(ctx))
		if left <= 0 && workflow.GetVersion(ctx, "polls-end-in-time", workflow.DefaultVersion, 1) > workflow.DefaultVersion {
			return
		}
		ctx := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			TaskQueue:              sms.TaskQueue,
			ScheduleToCloseTimeout: min(max(left, time.Second), 30*time.Minute),
			HeartbeatTimeout:       30 * time.Second,
			Summary:                "Look up messages without a status callback",
		})
		asked := open[:min(len(open), pollAtOnce)]
		open = open[len(asked):]
		var updates []sms.StatusUpdate
		if workflow.ExecuteActivity(ctx, sms.GetMessagesName, sms.GetMessagesInput{SIDs: asked, Account: d.Account}).Get(ctx, &updates) != nil {
			return
		}
		for _, update := range updates {
			d.merge(update)
		}
	}
}

// show shows the deliveries' progress in Temporal's Web UI.
func (d *Deliveries) show(ctx workflow.Context) {
	d.mergeAll()
	delivered, ended := 0, 0
	for _, sid := range d.order {
		switch status := d.known[sid].Status; {
		case status == sms.StatusDelivered || status == sms.StatusRead:
			delivered++
			ended++
		case status.Final():
			ended++
		}
	}
	details(ctx, delivered, ended, len(d.order))
}
