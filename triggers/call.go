package triggers

// Calls: what a firing would ask of Temporal, for people to read.

import "temporal-twilio/workflows"

// Call is what publishing a firing asks of Temporal. Fields that the action
// does not have are empty.
type Call struct {
	// Action is start, signal, signalWithStart, signalAll or update.
	Action     string `json:"action" yaml:"action"`
	Workflow   string `json:"workflow,omitempty" yaml:"workflow,omitempty"`
	WorkflowID string `json:"workflowId,omitempty" yaml:"workflowId,omitempty"`
	TaskQueue  string `json:"taskQueue,omitempty" yaml:"taskQueue,omitempty"`
	// IDConflict and IDReuse are the policies of a start.
	IDConflict string `json:"idConflict,omitempty" yaml:"idConflict,omitempty"`
	IDReuse    string `json:"idReuse,omitempty" yaml:"idReuse,omitempty"`
	// Name is that of the signal or the update.
	Name string `json:"name,omitempty" yaml:"name,omitempty"`
	// Catchers is the query that finds the workflows of signalAll.
	Catchers string `json:"catchers,omitempty" yaml:"catchers,omitempty"`
	// Input is the workflow's, SignalInput what a signal or an update carries.
	Input       any    `json:"input,omitempty" yaml:"input,omitempty"`
	SignalInput any    `json:"signalInput,omitempty" yaml:"signalInput,omitempty"`
	RequestID   string `json:"requestId" yaml:"requestId"`
}

// Call says what publishing asks of Temporal.
func (f *Firing) Call() Call {
	call := Call{RequestID: requestID(f)}
	switch a := f.trigger.action; {
	case a.start != nil:
		call.Action = "start"
		call.start(f, a.start)
	case a.signal != nil:
		call.Action, call.Name, call.WorkflowID = "signal", a.signal.name, a.signal.workflowID.text(&f.Event)
		call.SignalInput = signalArgument(f, a.signal.input)
	case a.signalWithStart != nil:
		call.Action, call.Name = "signalWithStart", a.signalWithStart.signal.name
		call.start(f, &a.signalWithStart.start)
		call.SignalInput = signalArgument(f, a.signalWithStart.signal.input)
	case a.signalAll != nil:
		call.Action, call.Name = "signalAll", a.signalAll.name
		call.Catchers = workflows.CatchersQuery(a.signalAll.catches(f))
		call.SignalInput = signalArgument(f, a.signalAll.input)
	case a.update != nil:
		call.Action, call.Name, call.WorkflowID = "update", a.update.name, a.update.workflowID.text(&f.Event)
		call.SignalInput = argument(f, a.update.input)
	}
	return call
}

func (c *Call) start(f *Firing, s *start) {
	c.Workflow, c.TaskQueue, c.Input = s.workflow, s.taskQueue, argument(f, s.input)
	c.WorkflowID = WorkflowID(f.Event.MessageSID, f.trigger.Name)
	if s.own() {
		c.WorkflowID = s.id.text(&f.Event)
	}
	c.IDConflict, c.IDReuse = nameOf(conflicts, s.conflict), nameOf(reuses, s.reuse)
}

func nameOf[T comparable](names map[string]T, value T) string {
	for name, one := range names {
		if one == value {
			return name
		}
	}
	return ""
}

// catches is what the workflows that signalAll reaches declared.
func (s *signalAll) catches(f *Firing) string {
	if s.correlation == nil {
		return workflows.SignalCatch(s.name)
	}
	return workflows.MessageCatch(f.trigger.secret, s.name, inText(s.correlation(&f.Event)))
}
