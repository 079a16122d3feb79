package workflows

// An inbox receives the texts that reach a workflow as signals, each exactly
// once.

import (
	"encoding/json"

	"go.temporal.io/sdk/workflow"
)

// inboxMemory is how many messages an inbox remembers, at about 60 bytes each.
// Twilio redelivers a message within seconds or minutes.
const inboxMemory = 1000

// InboxState is what an inbox remembers and holds. A workflow that continues as
// new passes it on.
type InboxState struct {
	// Seen lists the latest messages, oldest first.
	Seen []string `json:"seen,omitempty"`
	// Waiting holds signals that have arrived but were not received.
	Waiting []json.RawMessage `json:"waiting,omitempty"`
}

// Inbox receives the signals with one name, decoded as T. Within a run,
// Temporal drops a repeated signal with the same request ID, but after
// ContinueAsNew it accepts the signal again. Therefore, an inbox recognizes a
// redelivered message by its MessageSid and trigger, which triggers include in
// the signal. A signal without a MessageSid is always received.
//
//	inbox := workflows.NewInbox[triggers.Event](ctx, "text", input.Inbox)
//	for !workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
//		event := inbox.Receive(ctx)
//		…
//	}
//	input.Inbox = inbox.Drain(ctx)
//	return workflow.NewContinueAsNewError(ctx, MyWorkflow, input)
type Inbox[T any] struct {
	channel workflow.ReceiveChannel
	state   InboxState
	seen    map[string]bool
}

// NewInbox opens the inbox for signals with the given name. carried is what
// [Inbox.Drain] returned in the previous run, or the zero value in the first
// run.
func NewInbox[T any](ctx workflow.Context, signal string, carried InboxState) *Inbox[T] {
	i := &Inbox[T]{channel: workflow.GetSignalChannel(ctx, signal), state: carried, seen: map[string]bool{}}
	for _, key := range carried.Seen {
		i.seen[key] = true
	}
	return i
}

// Receive waits for the next message. Fields of T that cannot be decoded keep
// their zero values.
func (i *Inbox[T]) Receive(ctx workflow.Context) T {
	for {
		if value, ok := i.next(); ok {
			return value
		}
		var data json.RawMessage
		i.channel.Receive(ctx, &data)
		i.add(data)
	}
}

// ReceiveAsync returns the next message, or false if there is none.
func (i *Inbox[T]) ReceiveAsync() (value T, ok bool) {
	i.addAll()
	return i.next()
}

// Waiting reports whether a message is waiting. It can be combined with other
// conditions: workflow.Await(ctx, func() bool { return inbox.Waiting() || done
// }).
func (i *Inbox[T]) Waiting() bool {
	i.addAll()
	return len(i.state.Waiting) > 0
}

// Drain reads the signals that have arrived and returns the state for the next
// run, including the messages that were not received.
func (i *Inbox[T]) Drain(workflow.Context) InboxState {
	i.addAll()
	return i.state
}

func (i *Inbox[T]) addAll() {
	var data json.RawMessage
	for i.channel.ReceiveAsync(&data) {
		i.add(data)
		data = nil
	}
}

// add adds a signal unless the inbox has already seen its message.
func (i *Inbox[T]) add(data json.RawMessage) {
	var id struct {
		MessageSID string `json:"messageSid"`
		Trigger    string `json:"trigger"`
	}
	if json.Unmarshal(data, &id) == nil && id.MessageSID != "" {
		key := id.MessageSID + "/" + id.Trigger
		if i.seen[key] {
			return
		}
		i.seen[key] = true
		i.state.Seen = append(i.state.Seen, key)
		if extra := len(i.state.Seen) - inboxMemory; extra > 0 {
			for _, old := range i.state.Seen[:extra] {
				delete(i.seen, old)
			}
			i.state.Seen = i.state.Seen[extra:]
		}
	}
	i.state.Waiting = append(i.state.Waiting, data)
}

func (i *Inbox[T]) next() (value T, ok bool) {
	if len(i.state.Waiting) == 0 {
		return value, false
	}
	data := i.state.Waiting[0]
	i.state.Waiting = i.state.Waiting[1:]
	_ = json.Unmarshal(data, &value) // see Receive for fields that cannot be decoded
	return value, true
}
