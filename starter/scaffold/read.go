package scaffold

// Reading an application: its trigger files (*.json) and models (*.bpmn20.xml,
// *.bpmn), in a directory and its subdirectories.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// maxFile limits the size of a file.
const maxFile = 10 << 20

// trigger is the part of a trigger file that a project needs; package triggers
// checks the rest.
type trigger struct {
	Name  string `json:"name"`
	Event struct {
		Source string `json:"source"`
	} `json:"event"`
	Action struct {
		Source  string  `json:"source"`
		Payload payload `json:"payload"`
	} `json:"action"`
}

type payload struct {
	PayloadType          string         `json:"payloadType"`
	ProcessDefinitionKey string         `json:"processDefinitionKey"`
	Name                 string         `json:"name"`
	Variables            map[string]any `json:"variables"`
}

// Read reads an application's directory.
func Read(dir string) (*App, error) {
	a := &App{Triggers: map[string][]byte{}}
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		base := strings.ToLower(entry.Name())
		isModel := strings.HasSuffix(base, ".bpmn20.xml") || strings.HasSuffix(base, ".bpmn")
		if !isModel && !strings.HasSuffix(base, ".json") {
			return nil
		}
		if info, err := entry.Info(); err != nil || info.Size() > maxFile {
			return errors.Join(err, fmt.Errorf("%s: larger than %d bytes", name, maxFile))
		}
		data, err := os.ReadFile(name) //nolint:gosec // the user's own directory
		if err != nil {
			return err
		}
		if isModel {
			err = a.model(data)
		} else {
			err = a.trigger(entry.Name(), data)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, p := range a.Processes {
		p.Input.Event = p.Input.Event || len(p.Input.Fields) == 0
	}
	slices.SortFunc(a.Processes, func(x, y *Process) int { return strings.Compare(x.Key, y.Key) })
	slices.SortFunc(a.Messages, func(x, y *Message) int { return strings.Compare(x.Name, y.Name) })
	return a, a.check()
}

// trigger reads a trigger file of the SMS connector. It ignores the
// application's other JSON files, and triggers for other events.
func (a *App) trigger(name string, data []byte) error {
	var t trigger
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if decoder.Decode(&t) != nil || t.Event.Source == "" || t.Action.Source == "" {
		return nil //nolint:nilerr // another file of the application
	}
	if i := strings.LastIndexByte(t.Event.Source, '.'); !strings.HasPrefix(t.Event.Source[i+1:], "SMS_") {
		return nil
	}
	if _, twice := a.Triggers[name]; twice {
		return errors.New("another directory has a trigger file with the same name")
	}
	a.Triggers[name] = data
	if t.Name == "" {
		t.Name = strings.TrimSuffix(name, filepath.Ext(name))
	}
	switch p := t.Action.Payload; {
	case t.Action.Source != "command-consumer": // the trigger starts SendSmsWorkflow
	case p.PayloadType == "StartProcessPayload" && p.ProcessDefinitionKey != "":
		a.start(p.ProcessDefinitionKey, t)
	case p.PayloadType == "StartMessagePayload" && p.Name != "":
		a.start(p.Name, t)
	case p.Name != "":
		a.throw(p.Name, p.PayloadType == "ReceiveMessagePayload", t)
	}
	return nil
}

// start records that a trigger starts a process.
func (a *App) start(key string, t trigger) {
	p := a.process(key)
	p.Triggers = append(p.Triggers, t.Name)
	p.Input.add(t.Action.Payload.Variables)
}

func (a *App) process(key string) *Process {
	for _, p := range a.Processes {
		if p.Key == key {
			return p
		}
	}
	p := &Process{Key: key}
	a.Processes = append(a.Processes, p)
	return p
}

// throw records that a trigger throws a signal or a message.
func (a *App) throw(name string, correlated bool, t trigger) {
	i := slices.IndexFunc(a.Messages, func(m *Message) bool { return m.Name == name && m.Correlated == correlated })
	if i < 0 {
		i = len(a.Messages)
		a.Messages = append(a.Messages, &Message{Name: name, Correlated: correlated})
	}
	a.Messages[i].Triggers = append(a.Messages[i].Triggers, t.Name)
	a.Messages[i].Payload.add(t.Action.Payload.Variables)
}

// Payload is the type of the input of a workflow or a signal.
type Payload struct {
	// Event is true if a trigger without variables passes on the text itself, or
	// if there are no fields.
	Event  bool
	Fields []Field
}

// Field is a field of a Payload.
type Field struct {
	// JSON is its name in the payload, and Name its field name in Go.
	JSON, Name string
	// Go and TypeScript are its types in these languages.
	Go, TypeScript string
}

// add adds the variables of a trigger.
func (p *Payload) add(variables map[string]any) {
	if len(variables) == 0 {
		p.Event = true
	}
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		f := Field{JSON: name, Name: ident(name)}
		f.Go, f.TypeScript = types(variables[name])
		if i := slices.IndexFunc(p.Fields, func(o Field) bool { return o.JSON == name }); i >= 0 {
			if p.Fields[i].Go != f.Go {
				p.Fields[i].Go, p.Fields[i].TypeScript = "any", "unknown"
			}
			continue
		}
		for n := 2; slices.ContainsFunc(p.Fields, func(o Field) bool { return o.Name == f.Name }); n++ {
			f.Name = fmt.Sprintf("%s%d", ident(name), n)
		}
		p.Fields = append(p.Fields, f)
	}
}

// expression matches a value that consists of a single expression.
var expression = regexp.MustCompile(`^\$\{\s*([^}]*?)\s*\}$`)

// types returns a variable's types in Go and TypeScript, given its value in a
// trigger file.
func types(value any) (goType, typeScript string) {
	switch value := value.(type) {
	case string:
		switch found := expression.FindStringSubmatch(value); {
		case found == nil:
			return "string", "string"
		case found[1] == "matchGroups":
			return "map[string]*string", "Record<string, string | null>"
		case found[1] == "media", found[1] == "location", found[1] == "reaction", found[1] == "parameters":
			return "any", "unknown"
		case strings.HasPrefix(found[1], "matchGroups."):
			return "string", "string | null" // a group that did not participate is null
		}
		return "string", "string"
	case json.Number:
		return "float64", "number"
	case bool:
		return "bool", "boolean"
	case map[string]any:
		return "map[string]any", "Record<string, unknown>"
	case []any:
		return "[]any", "unknown[]"
	}
	return "any", "unknown"
}
