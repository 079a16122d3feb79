package scaffold

// Models: what of a BPMN file a workflow has to do, each step with what it is in
// a workflow.

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Step is an element of a model.
type Step struct {
	// Kind is what it is, in BPMN's words; Name its name or ID; Advice what it is in
	// a workflow.
	Kind, Name, Advice string
}

// advice says what the elements are in a workflow. Events have the kind of their
// definition before their own.
var advice = map[string]string{
	"userTask":                           "workflows.AskSms, if a text can answer it; else wait for a signal of your task list",
	"serviceTask":                        "an activity; SEND_SMS is workflows.SendSms",
	"sendTask":                           "workflows.SendSms, or an activity",
	"scriptTask":                         "code of the workflow, or an activity if it touches the world",
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
	"timer startEvent":                   "a Schedule of Temporal's",
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

// element is one that is open while a model is read.
type element struct {
	kind, name string
	// event is the kind of an event's definition, detail what it waits for.
	event, detail string
}

// model reads the processes of a BPMN file.
func (a *App) model(data []byte) error {
	names := map[string]string{} // of messages and signals, by ID
	var processes []*Process
	var open []element
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
			e := element{kind: token.Name.Local, name: cmp.Or(attribute(token, "name"), attribute(token, "id"))}
			switch {
			case e.kind == "process":
				p := a.process(attribute(token, "id"))
				p.Name = attribute(token, "name")
				processes = append(processes, p)
			case e.kind == "message", e.kind == "signal":
				names[attribute(token, "id")] = e.name
			case strings.HasSuffix(e.kind, "EventDefinition") && len(open) > 0:
				parent := &open[len(open)-1]
				parent.event = strings.TrimSuffix(e.kind, "EventDefinition")
				parent.detail = cmp.Or(attribute(token, "messageRef"), attribute(token, "signalRef"), attribute(token, "errorRef"))
			}
			open = append(open, e)
		case xml.CharData:
			// The time of a timer is two levels below its event.
			if text := strings.TrimSpace(string(token)); text != "" && len(open) >= 3 && strings.HasPrefix(open[len(open)-1].kind, "time") {
				open[len(open)-3].detail = text
			}
		case xml.EndElement:
			e := open[len(open)-1] // the decoder checks that elements match
			open = open[:len(open)-1]
			kind := strings.TrimSpace(e.event + " " + e.kind)
			if says, known := advice[kind]; known && len(processes) > 0 {
				name := e.name
				if e.detail != "" {
					name += ", " + e.detail
				}
				p := processes[len(processes)-1]
				p.Steps = append(p.Steps, Step{Kind: kind, Name: name, Advice: says})
			}
		}
	}
	for _, p := range processes {
		for i := range p.Steps {
			name, detail, found := strings.Cut(p.Steps[i].Name, ", ")
			if resolved := names[detail]; found && resolved != "" {
				p.Steps[i].Name = name + ", " + resolved
			}
		}
	}
	return nil
}

// attribute is that of an element, or empty.
func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
