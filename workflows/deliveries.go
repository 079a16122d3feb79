package workflows

// Deliveries: what becomes of the messages that a workflow sent.

import (
	"cmp"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// Deliveries merges the news of a workflow's messages. News comes as signals
// "SmsStatus", in any order, late, doubled, or before the activity that sent the
// message has returned; a status never goes backwards.
//
//	deliveries := workflows.NewDeliveries(ctx, input.Deliveries)
//	err := workflow.ExecuteActivity(ctx, "SendSms", input).Get(ctx, &result)
//	deliveries.Expect(result.Messages...)
//	deliveries.Doubt(result.Errors...)
//	err = deliveries.Await(ctx, time.Hour)
//	for _, d := range deliveries.All() { … }
//
// The input must have StatusSignals set; without it, messages are only looked up. A workflow that continues as new passes [Deliveries.State] on.
type Deliveries struct {
	// Account is the one that sent, for looking up what never called back.
	// Optional: default that of the environment.
	Account string

	news  workflow.ReceiveChannel
	known map[string]*tracked
	// order are the expected messages, early those of which there was news
	// before they were expected.
	order, early []string
	// doubts are the recipients of whom it is not known whether Twilio took the
	// message, by their name in the news; resolved are the messages of those for whom
	// it has become known.
	doubts   map[string]string
	resolved []string
}

type tracked struct {
	sms.Delivery
	expected bool
}

// DeliveriesState is what a workflow knows of its messages, for its next run.
type DeliveriesState struct {
	// Expected are the messages that were named, in their order.
	Expected []sms.Delivery `json:"expected,omitempty"`
	// Early are those that were not, and of which there was news.
	Early []sms.Delivery `json:"early,omitempty"`
	// Doubts are the recipients of unknown outcomes.
	Doubts []sms.Error `json:"doubts,omitempty"`
}

// maxEarly is how many messages are remembered that nobody expects: they may be
// another's, or of a run before.
const maxEarly = 1000

// pollEvery is how long a message may be without news before it is looked up, each time
// twice as long, up to maxPoll.
const (
	pollEvery = 30 * time.Second
	maxPoll   = 30 * time.Minute
	// pollAtOnce is how many messages one look-up asks for.
	pollAtOnce = 100
)

// NewDeliveries begins to listen. Call it before the first send: the news can
// be faster than the activity's result. carried is the zero value, or what
// [Deliveries.State] returned in the run before.
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

// State takes in the news that has come, and returns what the next run needs. No news is
// lost if the workflow continues as new with it at once.
func (d *Deliveries) State() (state DeliveriesState) {
	d.takeAll()
	state.Expected = d.all()
	for _, sid := range d.early {
		state.Early = append(state.Early, d.known[sid].Delivery)
	}
	for _, recipient := range workflow.DeterministicKeys(d.doubts) {
		state.Doubts = append(state.Doubts, sms.Error{To: d.doubts[recipient], Code: sms.CodeOutcomeUnknown, Recipient: recipient})
	}
	return state
}

// Expect names messages that Twilio has taken.
func (d *Deliveries) Expect(messages ...sms.Message) {
	d.takeAll()
	for _, m := range messages {
		if m.SID == "" {
			continue // nobody knows its name, so there will be no news of it
		}
		d.expect(m.SID).To = m.To
		d.merge(sms.StatusUpdate{MessageSID: m.SID, Status: m.Status})
	}
}

// Doubt names recipients of unknown outcomes, and leaves all other errors alone.
// Twilio's first callback about such a recipient's message makes it an expected
// one.
func (d *Deliveries) Doubt(errors ...sms.Error) {
	d.takeAll()
	for i := range errors {
		if e := &errors[i]; e.Code == sms.CodeOutcomeUnknown && e.Recipient != "" {
			d.doubts[e.Recipient] = e.To
		}
	}
	for _, sid := range slices.Clone(d.early) {
		d.resolve(d.known[sid])
	}
}

// resolve expects a message that is known to be one of an unknown outcome.
func (d *Deliveries) resolve(known *tracked) {
	to, doubted := d.doubts[known.Recipient]
	if !doubted || known.expected {
		return
	}
	delete(d.doubts, known.Recipient)
	d.expect(known.SID).To = to
	d.resolved = append(d.resolved, known.SID)
}

// Resolved are the messages of [Deliveries.Doubt] that came to be known.
func (d *Deliveries) Resolved() (messages []sms.Message) {
	d.takeAll()
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

// of returns what is known of a message, which is early if it is not expected.
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

// takeAll takes in the news that has come. It is called wherever news matters,
// and not by a coroutine: that one runs after the workflow itself, which would
// end a run before it.
func (d *Deliveries) takeAll() {
	var update sms.StatusUpdate
	for d.news.ReceiveAsync(&update) {
		d.merge(update)
		update = sms.StatusUpdate{}
	}
}

// merge takes one piece of news.
func (d *Deliveries) merge(update sms.StatusUpdate) {
	known := d.of(update.MessageSID)
	known.Recipient = cmp.Or(known.Recipient, update.Recipient)
	defer d.resolve(known)
	switch {
	case update.Status.After(known.Status):
		known.Status, known.ErrorCode, known.ErrorMessage = update.Status, update.ErrorCode, update.ErrorMessage
	case update.Status == known.Status && known.ErrorCode == 0:
		// The reason can come after the status.
		known.ErrorCode, known.ErrorMessage = update.ErrorCode, update.ErrorMessage
	}
}

// All returns what is known of each expected message, in their order.
func (d *Deliveries) All() []sms.Delivery {
	d.takeAll()
	return d.all()
}

func (d *Deliveries) all() []sms.Delivery {
	all := make([]sms.Delivery, len(d.order))
	for i, sid := range d.order {
		all[i] = d.known[sid].Delivery
	}
	return all
}

// open lists the expected messages whose end is not known.
func (d *Deliveries) open() (sids []string) {
	d.takeAll()
	for _, sid := range d.order {
		if !d.known[sid].Status.Final() {
			sids = append(sids, sid)
		}
	}
	return sids
}

// Await waits until the end of every expected message is known, and of every
// unknown outcome what became of it, or for timeout. Messages that leave us
// without news are looked up at Twilio. It fails only if the workflow is
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

// poll looks up the messages whose end is not known, until a deadline. What cannot be
// read now is read next time. An attempt that ends early leaves in its heartbeat how
// far it was, and the next goes on from there.
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
			Summary:                "Look up messages without news",
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

// show shows in the Web UI how far the deliveries are.
func (d *Deliveries) show(ctx workflow.Context) {
	d.takeAll()
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
