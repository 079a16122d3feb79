package triggers

// An action is what a trigger does with an event. It resolves to a call, which
// is the complete request to Temporal.

import (
	"encoding/json"
	"fmt"

	"temporal-twilio/sms"
)

// action is what a trigger does.
type action interface {
	// call resolves the action for an event.
	call(e *Event) (sms.Call, error)
	// String describes the action in a few words.
	String() string
}

// start starts a workflow.
type start struct {
	workflow  string
	taskQueue string
	// id is empty for the default, which is unique to the message.
	id template
	// conflict and reuse are policies of sms.Call. They are empty with the
	// default ID.
	conflict, reuse  string
	executionTimeout sms.Duration
	runTimeout       sms.Duration
	taskTimeout      sms.Duration
	memo             map[string]mapping
	searchAttributes map[string]mapping
	// input is nil if the workflow gets the event itself.
	input mapping
}

func (s *start) call(e *Event) (call sms.Call, err error) {
	call = sms.Call{
		Action: sms.ActionStart, Workflow: s.workflow, TaskQueue: s.taskQueue,
		WorkflowID: s.id.text(e), IDConflict: s.conflict, IDReuse: s.reuse,
		ExecutionTimeout: s.executionTimeout, RunTimeout: s.runTimeout, TaskTimeout: s.taskTimeout,
	}
	if call.Input, err = argument(e, s.input); err != nil {
		return call, err
	}
	if call.Memo, err = values(e, s.memo); err != nil {
		return call, err
	}
	call.SearchAttributes, err = values(e, s.searchAttributes)
	return call, err
}

func (s *start) String() string {
	return fmt.Sprintf("start %s on task queue %s", s.workflow, s.taskQueue)
}

// signal signals the open workflow with a given ID.
type signal struct {
	workflowID template
	name       string
	// input is nil if the signal carries the event itself.
	input mapping
}

func (s *signal) call(e *Event) (call sms.Call, err error) {
	call = sms.Call{Action: sms.ActionSignal, WorkflowID: s.workflowID.text(e), Name: s.name}
	call.SignalInput, err = signalArgument(e, s.input)
	return call, err
}

func (s *signal) String() string { return "signal " + s.name }

// signalWithStart signals the open workflow with a given ID, and starts it if
// there is none.
type signalWithStart struct {
	start  start
	signal signal
}

func (s *signalWithStart) call(e *Event) (sms.Call, error) {
	call, err := s.start.call(e)
	if err != nil {
		return call, err
	}
	call.Action, call.Name, call.IDConflict = sms.ActionSignalWithStart, s.signal.name, ""
	call.SignalInput, err = signalArgument(e, s.signal.input)
	return call, err
}

func (s *signalWithStart) String() string {
	return fmt.Sprintf("signal %s, or start %s with it on task queue %s", s.signal.name, s.start.workflow, s.start.taskQueue)
}

// signalAll signals every open workflow that has declared with CatchSignal that
// it catches this name. With a correlation key, it signals those that have
// declared the name and the key with CatchMessage instead.
type signalAll struct {
	name        string
	correlation mapping
	input       mapping
	// secret is used to derive the pseudonym of the correlation key.
	secret []byte
}

func (s *signalAll) call(e *Event) (call sms.Call, err error) {
	catches := sms.SignalCatch(s.name)
	if s.correlation != nil {
		catches = sms.MessageCatch(s.secret, s.name, inText(s.correlation(e)))
	}
	call = sms.Call{Action: sms.ActionSignalAll, Name: s.name, Catchers: sms.CatchersQuery(catches)}
	call.SignalInput, err = signalArgument(e, s.input)
	return call, err
}

func (s *signalAll) String() string {
	if s.correlation != nil {
		return "signal all workflows that catch message " + s.name + " with the correlation key"
	}
	return "signal all workflows that catch " + s.name
}

// update sends an update to the open workflow with a given ID, and waits for
// the result.
type update struct {
	workflowID template
	name       string
	input      mapping
}

func (u *update) call(e *Event) (call sms.Call, err error) {
	call = sms.Call{Action: sms.ActionUpdate, WorkflowID: u.workflowID.text(e), Name: u.name}
	call.SignalInput, err = argument(e, u.input)
	return call, err
}

func (u *update) String() string { return "update " + u.name }

// argument returns the argument of a workflow: the mapped input, or the event.
func argument(e *Event, input mapping) (json.RawMessage, error) {
	if input == nil {
		return encode(e)
	}
	return encode(input(e))
}

// signalArgument returns the argument of a signal: the mapped input, or the
// event. A mapped object also gets the message's SID and the trigger's name,
// unless it sets these keys itself, so that the workflow can distinguish texts.
func signalArgument(e *Event, input mapping) (json.RawMessage, error) {
	if input == nil {
		return encode(e)
	}
	value := input(e)
	if object, ok := value.(map[string]any); ok {
		for name, own := range map[string]string{"messageSid": e.MessageSID, "trigger": e.Trigger} {
			if _, taken := object[name]; !taken {
				object[name] = own
			}
		}
	}
	return encode(value)
}

// values resolves the mappings of a map. It omits values that are null.
func values(e *Event, mappings map[string]mapping) (map[string]json.RawMessage, error) {
	if len(mappings) == 0 {
		return nil, nil
	}
	made := make(map[string]json.RawMessage, len(mappings))
	for name, mapped := range mappings {
		value := mapped(e)
		if value == nil {
			continue
		}
		data, err := encode(value)
		if err != nil {
			return nil, err
		}
		made[name] = data
	}
	return made, nil
}

func encode(value any) (json.RawMessage, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode the input: %T cannot be encoded as JSON", value)
	}
	return data, nil
}
