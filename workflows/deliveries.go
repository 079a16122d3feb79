package workflows

// Deliveries: what becomes of the messages that a workflow sent.

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"temporal-twilio/activities"
	"temporal-twilio/sms"
)

// Delivery is what is known of one message.
type Delivery struct {
	To     string     `json:"to"`
	SID    string     `json:"sid"`
	Status sms.Status `json:"status"`
	// ErrorCode is Twilio's reason for a message that failed or was not
	// delivered.
	ErrorCode    int    `json:"errorCode,omitempty"`
	ErrorMessage string `json:"errorMessage,omitempty"`
}

// Deliveries merges the news of a workflow's messages. News comes as signals
// "SmsStatus", in any order, late, doubled, or before the activity that sent the
// message has returned; a status never goes backwards.
//
//	deliveries := workflows.NewDeliveries(ctx)
//	err := workflow.ExecuteActivity(ctx, "SendSms", input).Get(ctx, &result)
//	deliveries.Expect(result.Messages...)
//	err = deliveries.Await(ctx, time.Hour)
//	for _, d := range deliveries.All() { … }
type Deliveries struct {
	// Account is the one that sent, for looking up what never called back.
	// Optional: default that of the environment.
	Account string

	order []string
	known map[string]*Delivery
}

// pollEvery is how long a message may leave us without news before it is looked
// up; each time twice as long, up to maxPoll.
const (
	pollEvery = 30 * time.Second
	maxPoll   = 30 * time.Minute
	// pollAtOnce is how many messages one look-up asks for.
	pollAtOnce = 100
)

// NewDeliveries begins to listen. Call it before the first send: the news can
// be faster than the activity's result.
func NewDeliveries(ctx workflow.Context) *Deliveries {
	d := &Deliveries{known: make(map[string]*Delivery)}
	news := workflow.GetSignalChannel(ctx, sms.StatusSignal)
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			var update sms.StatusUpdate
			if !news.Receive(ctx, &update) {
				return
			}
			d.merge(update)
		}
	})
	return d
}

// Expect names messages that Twilio has taken.
func (d *Deliveries) Expect(messages ...sms.Message) {
	for _, m := range messages {
		if m.SID == "" {
			continue // nobody knows its name, so there will be no news of it
		}
		known := d.known[m.SID]
		if known == nil {
			known = &Delivery{}
			d.known[m.SID] = known
		}
		known.To, known.SID = m.To, m.SID
		d.order = append(d.order, m.SID)
		d.merge(sms.StatusUpdate{MessageSID: m.SID, Status: m.Status})
	}
}

// merge takes one piece of news.
func (d *Deliveries) merge(update sms.StatusUpdate) {
	known := d.known[update.MessageSID]
	if known == nil {
		known = &Delivery{SID: update.MessageSID}
		d.known[update.MessageSID] = known
	}
	if update.Status.After(known.Status) {
		known.Status, known.ErrorCode, known.ErrorMessage = update.Status, update.ErrorCode, update.ErrorMessage
	}
}

// All gives what is known of each expected message, in their order.
func (d *Deliveries) All() []Delivery {
	all := make([]Delivery, len(d.order))
	for i, sid := range d.order {
		all[i] = *d.known[sid]
	}
	return all
}

// open lists the expected messages whose end is not known.
func (d *Deliveries) open() (sids []string) {
	for _, sid := range d.order {
		if !d.known[sid].Status.Final() {
			sids = append(sids, sid)
		}
	}
	return sids
}

// Await waits until the end of every expected message is known, or for timeout.
// Messages that leave us without news are looked up at Twilio. It fails only if
// the workflow is cancelled.
func (d *Deliveries) Await(ctx workflow.Context, timeout time.Duration) error {
	deadline := workflow.Now(ctx).Add(timeout)
	for every := pollEvery; ; every = min(2*every, maxPoll) {
		d.show(ctx)
		left := deadline.Sub(workflow.Now(ctx))
		if left <= 0 {
			return nil
		}
		done, err := workflow.AwaitWithTimeout(ctx, min(every, left), func() bool { return len(d.open()) == 0 })
		if err != nil {
			return err
		}
		if !done {
			d.poll(ctx)
		}
		if len(d.open()) == 0 {
			d.show(ctx)
			return nil
		}
	}
}

// poll looks up the messages whose end is not known. What cannot be read now is
// read next time.
func (d *Deliveries) poll(ctx workflow.Context) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              activities.TaskQueue,
		ScheduleToCloseTimeout: 5 * time.Minute,
		StartToCloseTimeout:    2 * time.Minute,
		Summary:                "Look up messages without news",
	})
	open := d.open()
	for len(open) > 0 {
		asked := open[:min(len(open), pollAtOnce)]
		open = open[len(asked):]
		var updates []sms.StatusUpdate
		if workflow.ExecuteActivity(ctx, activities.GetMessagesName, activities.MessagesInput{SIDs: asked, Account: d.Account}).Get(ctx, &updates) != nil {
			return
		}
		for _, update := range updates {
			d.merge(update)
		}
	}
}

// show tells in the Web UI how far the deliveries are.
func (d *Deliveries) show(ctx workflow.Context) {
	delivered, ended := 0, 0
	for _, sid := range d.order {
		switch status := d.known[sid].Status; {
		case status == sms.Delivered || status == sms.Read:
			delivered++
			ended++
		case status.Final():
			ended++
		}
	}
	details(ctx, delivered, ended, len(d.order))
}
