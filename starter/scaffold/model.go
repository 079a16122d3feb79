package scaffold

// A model holds the steps of a BPMN file, each with its counterpart in a
// workflow.

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Step is an element of a BPMN model.
type Step struct {
	// Kind is the element's type in BPMN, and Advice is its counterpart in a
	// workflow. Name is its name or ID, followed by what it waits for if it is
	// an event.
	Kind, Name, Advice string
}

// advice maps an element's type to its counterpart in a workflow. The type of
// an event is preceded by that of its definition.
var advice = map[string]string{
	"userTask":                           "workflows.AskSms, if a text can answer it; else wait for a signal from your task list",
	"serviceTask":                        "an activity; SEND_SMS is workflows.SendSms",
	"sendTask":                           "workflows.SendSms, or an activity",
	"scriptTask":                         "code of the workflow, or an activity if it has side effects",
	"businessRuleTask":                   "a function, or an activity",
	"callActivity":                       "workflow.ExecuteChildWorkflow",
	"receiveTask":                        "workflows.CatchMessage, and Receive of a workflows.NewInbox",
	"message intermediateCatchEvent":     "workflows.CatchMessage, and Receive of a workflows.NewInbox",
	"signal intermediateCatchEvent":      "workflows.CatchSignal, and Receive of a workflows.NewInbox",
	"timer intermediateCatchEvent":       "workflow.Sleep",
	"message intermediateThrowEvent":     "workflow.SignalExternalWorkflow",
	"signal intermediateThrowEvent":      "workflow.SignalExternalWorkflow, for each workflow that waits",
	"timer boundaryEvent":                "the Timeout of workflows.AskSms, or of an activity",
	"error boundaryEvent":                "the error that the call returns",
	"message boundaryEvent":              "workflow.NewSelector over the call and the inbox",
	"signal boundaryEvent":               "workflow.NewSelector over the call and the inbox",
	"timer startEvent":                   "a Temporal Schedule",
	"exclusiveGateway":                   "if, or switch",
	"inclusiveGateway":                   "workflow.Go for each branch that is taken, and workflow.NewWaitGroup",
	"parallelGateway":                    "workflow.Go for each branch, and workflow.NewWaitGroup",
	"eventBasedGateway":                  "workflow.NewSelector",
	"subProcess":                         "a function, or workflow.ExecuteChildWorkflow",
	"error endEvent":                     "return temporal.NewApplicationError",
	"terminate endEvent":                 "return",
	"escalation boundaryEvent":           "the error, or the result, that the call returns",
	"conditional intermediateCatchEvent": "workflow.Await",
}

// element is an XML element whose end tag has not been read yet.
type element struct {
	kind, name string
	// event is the type of an event's definition, and detail is what the event
	// waits for.
	event, detail string
}

// modelReader is the state of reading a model.
type modelReader struct {
	app       *App
	names     map[string]string // names of messages and signals, by ID
	processes []*Process
	open      []element
}

// model reads the processes of a BPMN file.
func (a *App) model(data []byte) error {
	r := modelReader{app: a, names: map[string]string{}}
	decoder := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("not a BPMN model: %w", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			r.begin(token)
		case xml.CharData:
			// A timer's time is two levels below its event.
			if text := strings.TrimSpace(string(token)); text != "" && len(r.open) >= 3 && strings.HasPrefix(r.open[len(r.open)-1].kind, "time") {
				r.open[len(r.open)-3].detail = text
			}
		case xml.EndElement:
			r.end()
		}
	}
	for _, p := range r.processes {
		for i := range p.Steps {
			name := p.Steps[i].Name
			before, detail, found := cutLast(name, ", ")
			if resolved := r.names[detail]; found && resolved != "" {
				p.Steps[i].Name = before + ", " + resolved
			}
		}
	}
	return nil
}

// cutLast is like strings.Cut, but cuts around the last separator.
func cutLast(s, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return s, "", false
}

func (r *modelReader) begin(token xml.StartElement) {
	e := element{kind: token.Name.Local, name: cmp.Or(attribute(token, "name"), attribute(token, "id"))}
	switch {
	case e.kind == "process":
		p := r.app.process(attribute(token, "id"))
		p.Name = attribute(token, "name")
		r.processes = append(r.processes, p)
	case e.kind == "message", e.kind == "signal":
		r.names[attribute(token, "id")] = e.name
	case strings.HasSuffix(e.kind, "EventDefinition") && len(r.open) > 0:
		event := &r.open[len(r.open)-1]
		event.event = strings.TrimSuffix(e.kind, "EventDefinition")
		event.detail = cmp.Or(attribute(token, "messageRef"), attribute(token, "signalRef"), attribute(token, "errorRef"))
	}
	r.open = append(r.open, e)
}

// end closes the innermost element; the decoder checks that the elements match.
func (r *modelReader) end() {
	e := r.open[len(r.open)-1]
	r.open = r.open[:len(r.open)-1]
	kind := strings.TrimSpace(e.event + " " + e.kind)
	says, known := advice[kind]
	if !known || len(r.processes) == 0 {
		return
	}
	name := e.name
	if e.detail != "" {
		name += ", " + e.detail
	}
	p := r.processes[len(r.processes)-1]
	p.Steps = append(p.Steps, Step{Kind: kind, Name: name, Advice: says})
}

// attribute returns an attribute of an element, or an empty string.
func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
