package triggers

// Alfresco's own trigger files are read unchanged. Each becomes a trigger of
// this package, with notes on how it was interpreted.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"temporal-twilio/freemarker"
	"temporal-twilio/internal/yamlfile"
	"temporal-twilio/sms"
)

// alfrescoFile is the content of a <trigger-name>.json file.
type alfrescoFile struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Event       struct {
		Source string `json:"source"`
		Inputs struct {
			Pattern   string `json:"pattern"`
			Echo      string `json:"echo"`
			EchoError string `json:"echoError"`
			Condition string `json:"condition"`
			// Reactions is an extension: Alfresco has no such key.
			Reactions bool `json:"reactions"`
		} `json:"inputs"`
		Condition string `json:"condition"`
	} `json:"event"`
	Action struct {
		Source  string          `json:"source"`
		Payload json.RawMessage `json:"payload"`
	} `json:"action"`
}

// alfrescoPayload is action.payload, with the fields of all its types.
type alfrescoPayload struct {
	PayloadType          string         `json:"payloadType"`
	ID                   string         `json:"id"`
	ProcessDefinitionKey string         `json:"processDefinitionKey"`
	Name                 string         `json:"name"`
	BusinessKey          string         `json:"businessKey"`
	CorrelationKey       any            `json:"correlationKey"`
	Variables            map[string]any `json:"variables"`
	// Inputs and the bare smsFrom, smsTo, smsBody belong to a connector action.
	Inputs        map[string]any `json:"inputs"`
	InputMappings map[string]any `json:"inBoundVariables"`
	SMSFrom       any            `json:"smsFrom"`
	SMSTo         any            `json:"smsTo"`
	SMSBody       any            `json:"smsBody"`
	Metadata      any            `json:"metadata"`
}

// commandConsumer is the source of the actions that Alfresco's runtime performs
// itself.
const commandConsumer = "command-consumer"

// isAlfresco reports whether a file has Alfresco's format: a JSON object with
// the key event or action.
func isAlfresco(data []byte) bool {
	var probe struct {
		Event  json.RawMessage `json:"event"`
		Action json.RawMessage `json:"action"`
	}
	return json.Unmarshal(data, &probe) == nil && (probe.Event != nil || probe.Action != nil)
}

// sendWorkflow is the type of the workflow that a SEND_SMS action starts.
const sendWorkflow = "SendSmsWorkflow"

// alfrescoPath maps a field of a trigger to its path in an Alfresco file.
func alfrescoPath(_ int, field string) []any {
	switch root, _, _ := strings.Cut(field, "."); root {
	case "pattern", "echo", "echoError", "condition":
		return []any{"event", "inputs", root}
	case "event":
		return []any{"event", "source"}
	case "name":
		return []any{"name"}
	case "action":
		return []any{"action", "source"}
	}
	return []any{"action", "payload"}
}

func (c *checker) readAlfresco(data []byte) {
	var written alfrescoFile
	if err := unmarshal(data, &written); err != nil {
		c.mistakes = append(c.mistakes, fmt.Errorf("%s:1: not an Alfresco trigger: %w", c.name, err))
		return
	}
	name := strings.TrimSuffix(filepath.Base(c.name), filepath.Ext(c.name))
	if written.Name != "" {
		name = written.Name
	}
	w := &fileTrigger{
		Name: name, Description: written.Description,
		Pattern: written.Event.Inputs.Pattern, Echo: written.Event.Inputs.Echo, EchoError: written.Event.Inputs.EchoError,
		Condition: written.Event.Condition, Reactions: written.Event.Inputs.Reactions,
	}
	if w.Condition == "" {
		w.Condition = written.Event.Inputs.Condition
	}
	w.alfresco = true
	mistakes, warnings := len(c.mistakes), len(c.set.warnings)
	c.misspelled(data, &written, name)
	misspelled := c.set.warnings[warnings:]
	c.alfrescoTrigger(&written, w)
	// A misspelled key may explain a missing field.
	if len(c.mistakes) > mistakes {
		for _, key := range misspelled {
			c.mistakes = append(c.mistakes, errors.New(key.String()))
		}
	}
}

// alfrescoTrigger compiles a trigger, unless its event belongs to another
// connector.
func (c *checker) alfrescoTrigger(written *alfrescoFile, w *fileTrigger) {
	name := w.Name
	switch event, ok := c.alfrescoEvent(written.Event.Source, name); {
	case ok:
		w.Event = event
	case event != "":
		c.warn(c.line(0, "event"), name, "the file is skipped: it waits for %s, another connector's event", event)
		return
	default:
		return
	}
	if c.alfrescoAction(written, w) {
		c.compile(0, w)
	}
}

// alfrescoEvent returns the event that a source names. If the source names an
// event of another connector, it returns the source and false. If the source is
// invalid, it reports that and returns "" and false.
func (c *checker) alfrescoEvent(source, name string) (event string, ok bool) {
	parts := strings.Split(source, ".")
	last := parts[len(parts)-1]
	if len(parts) == 3 && parts[0] == "connector" && slices.Contains(sms.Events, sms.EventKind(last)) {
		return last, true
	}
	known := make([]string, len(sms.Events))
	for i, one := range sms.Events {
		known[i] = string(one)
	}
	meant := yamlfile.DidYouMean(last, known)
	if source != "" && meant == "" {
		return source, false
	}
	c.at(0, "event", "trigger %q: event.source is %q; it must be connector.NAME.SMS_RECEIVED (or SMS_OPT_OUT, SMS_OPT_IN, SMS_HELP)%s", name, source, meant)
	return "", false
}

// misspelled warns about unknown keys that look like known ones. Other unknown
// keys are ignored, because exports from Alfresco contain more keys than are
// used here.
func (c *checker) misspelled(data []byte, written *alfrescoFile, name string) {
	var event struct {
		Event struct {
			Inputs json.RawMessage `json:"inputs"`
		} `json:"event"`
	}
	var parts struct {
		Event  json.RawMessage `json:"event"`
		Action json.RawMessage `json:"action"`
	}
	_ = errors.Join(json.Unmarshal(data, &event), json.Unmarshal(data, &parts)) // cannot fail: both have been parsed before
	for _, part := range []struct {
		where string
		data  json.RawMessage
		like  any
	}{
		{"", data, alfrescoFile{}},
		{"event", parts.Event, written.Event},
		{"event.inputs", event.Event.Inputs, written.Event.Inputs},
		{"action", parts.Action, written.Action},
		{"action.payload", written.Action.Payload, alfrescoPayload{}},
	} {
		c.misspelledIn(part.where, part.data, jsonKeys(part.like), name)
	}
}

func (c *checker) misspelledIn(where string, data json.RawMessage, known []string, name string) {
	var object map[string]json.RawMessage
	_ = json.Unmarshal(data, &object) // a value that is not an object is reported elsewhere
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if slices.ContainsFunc(known, func(one string) bool { return strings.EqualFold(one, key) }) {
			continue
		}
		if strings.EqualFold(key, "reactions") {
			c.warn(c.lineOf(`"`+key+`"`), name, "%q is ignored; move it to event.inputs", strings.TrimPrefix(where+"."+key, "."))
		} else if meant := yamlfile.DidYouMean(key, known); meant != "" {
			c.warn(c.lineOf(`"`+key+`"`), name, "%q is ignored%s", strings.TrimPrefix(where+"."+key, "."), meant)
		}
	}
}

// jsonKeys returns the JSON keys of a struct's fields.
func jsonKeys(like any) (keys []string) {
	for i := range reflect.TypeOf(like).NumField() {
		keys = append(keys, reflect.TypeOf(like).Field(i).Tag.Get("json"))
	}
	return keys
}

// lineOf returns the number of the first line in the current file that contains
// a text, or 1 if none does.
func (c *checker) lineOf(text string) int {
	before, _, found := bytes.Cut(c.text, []byte(text))
	if !found {
		return 1
	}
	return 1 + bytes.Count(before, []byte("\n"))
}

func (c *checker) alfrescoAction(written *alfrescoFile, w *fileTrigger) bool {
	var p alfrescoPayload
	if len(written.Action.Payload) == 0 {
		c.at(0, "payload", "trigger %q has no action.payload", w.Name)
		return false
	}
	if err := unmarshal(written.Action.Payload, &p); err != nil {
		c.at(0, "payload", "trigger %q: action.payload: %v", w.Name, err)
		return false
	}
	if source := written.Action.Source; source != commandConsumer {
		return c.alfrescoConnector(source, written.Action.Payload, p, w)
	}
	switch p.PayloadType {
	case "StartProcessPayload":
		if p.ProcessDefinitionKey == "" && p.Name != "" && p.BusinessKey == "" {
			w.notes = append(w.notes, "a StartProcessPayload without processDefinitionKey was read as a SignalPayload")
			return c.alfrescoSignal(p, w)
		}
		return c.alfrescoStart("processDefinitionKey", p.ProcessDefinitionKey, p, w)
	case "StartMessagePayload":
		return c.alfrescoStart("name", p.Name, p, w)
	case "SignalPayload":
		return c.alfrescoSignal(p, w)
	case "ReceiveMessagePayload":
		w.SignalAll = &fileSignalAll{Name: p.Name, CorrelationKey: yamlfile.Value{Any: p.CorrelationKey}, Input: variables(p)}
		if p.CorrelationKey == nil || p.CorrelationKey == "" {
			w.SignalAll.CorrelationKey.Any = literal("")
		}
		w.notes = append(w.notes, fmt.Sprintf("ReceiveMessagePayload %q: signals each open workflow that catches this message with this correlation key", p.Name))
		return true
	}
	c.at(0, "payload", "trigger %q: payloadType is %q; it must be StartProcessPayload, StartMessagePayload, SignalPayload or ReceiveMessagePayload. A script cannot be run here: put it into a workflow and start that", w.Name, p.PayloadType)
	return false
}

func (c *checker) alfrescoStart(field, workflow string, p alfrescoPayload, w *fileTrigger) bool {
	if workflow == "" {
		c.at(0, "payload", "trigger %q: %s has no %s", w.Name, p.PayloadType, field)
		return false
	}
	queue := c.options.TaskQueue
	if queue == DefaultTaskQueue && p.PayloadType == "StartProcessPayload" {
		c.at(0, "payload", "trigger %q: workflow %q would start on task queue %s, which is the connector's own, where no worker runs it: set TRIGGERS_TASK_QUEUE to your workers' task queue", w.Name, workflow, queue)
		return false
	}
	if queue == DefaultTaskQueue {
		c.warn(c.line(0, "payload"), w.Name, "workflow %q starts on task queue %s, which is the connector's own: set TRIGGERS_TASK_QUEUE to the task queue of your workers", workflow, queue)
	}
	w.Start = &fileStart{Workflow: workflow, TaskQueue: queue, Input: variables(p), Memo: map[string]yamlfile.Value{}}
	w.notes = append(w.notes, fmt.Sprintf("%s: starts workflow %s on task queue %s", p.PayloadType, workflow, queue))
	if p.PayloadType == "StartProcessPayload" && p.Name != "" {
		c.processName(p.Name, w)
	}
	if p.BusinessKey != "" {
		c.businessKey(p.BusinessKey, w)
	}
	return true
}

// processName adds the name of a process to the workflow's memo, if it may be
// shown there.
func (c *checker) processName(name string, w *fileTrigger) {
	shown := pseudonymous(name)
	in := scope{private: true, secret: len(c.options.IDSecret) > 0, unknown: func(string) {}}
	if _, err := in.parse(shown); err != nil {
		c.warn(c.line(0, "payload"), w.Name, "name: not in the workflow's memo: %v", err)
		return
	}
	w.Start.Memo["name"] = yamlfile.Value{Any: shown}
	w.notes = append(w.notes, "name: in the workflow's memo")
}

// businessKey handles a business key, which is not an ID: several processes may
// share one. The workflow ID starts with the key, so that people can find the
// workflow. The key is also in the memo and, if one is configured, in a search
// attribute.
func (c *checker) businessKey(key string, w *fileTrigger) {
	shown := pseudonymous(key)
	if shown != key {
		w.notes = append(w.notes, "businessKey: ${from} and ${to} became their pseudonyms ${fromId} and ${toId}, because IDs are not encrypted")
	}
	w.Start.ID, w.Start.holes = shown+"-${messageSid}", true
	w.Start.Memo["businessKey"] = yamlfile.Value{Any: shown}
	where := "in the memo"
	if attribute := c.options.BusinessKeyAttribute; attribute != "" {
		w.Start.SearchAttributes = map[string]yamlfile.Value{attribute: {Any: shown}}
		where += " and the search attribute " + attribute
	}
	w.notes = append(w.notes, "businessKey: each text starts its own workflow, with the ID "+w.Start.ID+"; the key is "+where)
}

// pseudonymous replaces ${from} and ${to} with the expressions for their
// pseudonyms, in a text that is stored unencrypted.
func pseudonymous(text string) string {
	return expression.ReplaceAllStringFunc(text, func(found string) string {
		switch name := strings.TrimSpace(found[2 : len(found)-1]); name {
		case "from", "to":
			return "${" + name + "Id}"
		}
		return found
	})
}

func (c *checker) alfrescoSignal(p alfrescoPayload, w *fileTrigger) bool {
	w.SignalAll = &fileSignalAll{Name: p.Name, Input: variables(p)}
	w.notes = append(w.notes, fmt.Sprintf("SignalPayload %q: signals each open workflow that catches this name", p.Name))
	return true
}

// alfrescoConnector compiles a connector's action. Only the actions of the
// Twilio connector can be run.
func (c *checker) alfrescoConnector(source string, payload json.RawMessage, p alfrescoPayload, w *fileTrigger) bool {
	action := source[strings.LastIndexByte(source, '.')+1:]
	if !strings.EqualFold(strings.ReplaceAll(action, "-", "_"), "SEND_SMS") {
		c.at(0, "action", "trigger %q: action.source is %q; it must be %s, or end in .SEND_SMS. An action of another connector cannot be run here: put it into a workflow and start that", w.Name, source, commandConsumer)
		return false
	}
	inputs := p.Inputs
	for _, other := range []map[string]any{p.InputMappings, p.Variables} {
		if inputs == nil {
			inputs = other
		}
	}
	if inputs == nil {
		_ = unmarshal(payload, &inputs) // cannot fail: it has been parsed before
	}
	for _, name := range []string{"smsFrom", "smsTo", "smsBody"} {
		if inputs[name] == nil {
			c.at(0, "payload", "trigger %q: %s needs %s", w.Name, action, name)
			return false
		}
	}
	template, ok := inputs["smsBody"].(string)
	model, fine := smsModel(inputs["metadata"])
	if !ok || !fine {
		c.at(0, "payload", "trigger %q: %s: smsBody must be a string, and metadata an object or the JSON text of one", w.Name, action)
		return false
	}
	template = numberedGroup.ReplaceAllString(template, `$${matchGroups["$1"]`)
	w.smsBody = template
	w.Start = &fileStart{Workflow: sendWorkflow, TaskQueue: DefaultTaskQueue, Input: yamlfile.Value{Any: map[string]any{
		"smsFrom": inputs["smsFrom"], "smsTo": inputs["smsTo"],
		// Only FreeMarker fills in the template: the sender's text is the value
		// of a variable, and never parsed as a template.
		"smsBody": literal(template), "variables": model,
	}}}
	w.notes = append(w.notes,
		fmt.Sprintf("%s: starts %s on task queue %s", source, sendWorkflow, DefaultTaskQueue),
		"smsBody is a FreeMarker template; its variables are matchGroups (a group that did not participate is empty), from, to, originalMessage and those of metadata")
	return true
}

// numberedGroup matches Alfresco's reference to a group by number, which
// FreeMarker cannot parse.
var numberedGroup = regexp.MustCompile(`\$\{\s*matchGroups\.(\d+)`)

// smsModel returns the variables that the template of a text can use: those of
// the event, and those in metadata. It returns false if metadata is neither an
// object nor a string that contains one as JSON.
func smsModel(metadata any) (map[string]any, bool) {
	model := map[string]any{"from": "${from}", "to": "${to}", "originalMessage": "${originalMessage}", "matchGroups": mapping(groupTexts)}
	if text, ok := metadata.(string); ok {
		var object map[string]any
		if unmarshal([]byte(text), &object) != nil {
			return nil, false
		}
		metadata = object
	}
	object, ok := metadata.(map[string]any)
	maps.Copy(model, object)
	return model, ok || metadata == nil
}

func groupTexts(e *Event) any {
	texts := make(map[string]string, len(e.MatchGroups))
	for name, group := range e.MatchGroups {
		texts[name] = ""
		if group != nil {
			texts[name] = *group
		}
	}
	return texts
}

// checkTemplate renders the text's template for an event in which every group
// has a value, so that a mistake is found before the first text arrives.
func (c *checker) checkTemplate(w *fileTrigger, t *Trigger, s *start) {
	e := Event{MatchGroups: map[string]*string{}}
	for _, name := range t.pattern.groups {
		e.MatchGroups[name] = &name
	}
	input, _ := s.input(&e).(map[string]any)
	data, err := json.Marshal(input["variables"])
	if err != nil {
		return // the input itself has mistakes
	}
	template, err := freemarker.Parse("smsBody", w.smsBody)
	if err == nil {
		var model freemarker.Value
		if model, err = freemarker.FromJSON(data); err == nil {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			_, err = template.Render(ctx, model)
			cancel()
		}
		// Other failures may be caused by the made-up values.
		if missing := (*freemarker.RenderError)(nil); errors.As(err, &missing) && missing.Kind != freemarker.KindMissing {
			err = nil
		}
	}
	if err != nil {
		c.at(0, "payload", "trigger %q: smsBody: %v", w.Name, err)
	}
}

// variables returns the payload's variables as the input of a workflow or
// signal. If there are none, it returns the zero value, so that the input is
// the event itself.
func variables(p alfrescoPayload) yamlfile.Value {
	if len(p.Variables) == 0 {
		return yamlfile.Value{}
	}
	return yamlfile.Value{Any: p.Variables}
}
