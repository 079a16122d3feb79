package triggers

// This file checks a trigger as written and compiles it.

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"temporal-twilio/internal/yamlfile"
	"temporal-twilio/sms"
)

// fileTrigger is a trigger as written. schema.json describes it.
type fileTrigger struct {
	Name            string               `yaml:"name"`
	Description     string               `yaml:"description"`
	Event           string               `yaml:"event"`
	Pattern         string               `yaml:"pattern"`
	Match           string               `yaml:"match"`
	Condition       string               `yaml:"condition"`
	To              yamlfile.Value       `yaml:"to"`
	Account         string               `yaml:"account"`
	Reactions       bool                 `yaml:"reactions"`
	Stop            bool                 `yaml:"stop"`
	Echo            string               `yaml:"echo"`
	EchoError       string               `yaml:"echoError"`
	OnPublishError  string               `yaml:"onPublishError"`
	CatchUp         bool                 `yaml:"catchUp"`
	Start           *fileStart           `yaml:"start"`
	Signal          *fileSignal          `yaml:"signal"`
	SignalWithStart *fileSignalWithStart `yaml:"signalWithStart"`
	SignalAll       *fileSignalAll       `yaml:"signalAll"`
	Update          *fileSignal          `yaml:"update"`

	notes []string
	// smsBody is the template of an Alfresco action that sends a text.
	smsBody string
	// alfresco is true if the trigger comes from an Alfresco file.
	alfresco bool
}

type fileStart struct {
	Workflow         string                    `yaml:"workflow"`
	TaskQueue        string                    `yaml:"taskQueue"`
	ID               string                    `yaml:"id"`
	IDConflict       string                    `yaml:"idConflict"`
	IDReuse          string                    `yaml:"idReuse"`
	ExecutionTimeout string                    `yaml:"executionTimeout"`
	RunTimeout       string                    `yaml:"runTimeout"`
	TaskTimeout      string                    `yaml:"taskTimeout"`
	Memo             map[string]yamlfile.Value `yaml:"memo"`
	SearchAttributes map[string]yamlfile.Value `yaml:"searchAttributes"`
	Input            yamlfile.Value            `yaml:"input"`

	// holes is true if parts of ID may have no value, because ID is unique
	// without them.
	holes bool
}

type fileSignal struct {
	WorkflowID string         `yaml:"workflowId"`
	Name       string         `yaml:"name"`
	Input      yamlfile.Value `yaml:"input"`
}

type fileSignalWithStart struct {
	Start  fileStart `yaml:",inline"`
	Signal string    `yaml:"signal"`
	// SignalInput is the input of the signal; Input is the input of the
	// workflow.
	SignalInput yamlfile.Value `yaml:"signalInput"`
}

type fileSignalAll struct {
	Name           string         `yaml:"name"`
	CorrelationKey yamlfile.Value `yaml:"correlationKey"`
	Input          yamlfile.Value `yaml:"input"`
}

// triggerName matches the names that Alfresco allows.
var triggerName = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,24}[a-z0-9])?$`)

// accountSID matches the SID of a Twilio account.
var accountSID = regexp.MustCompile(`^AC[0-9a-fA-F]{32}$`)

// compile adds trigger i of the file to the set, and the trigger's mistakes to
// the list.
func (c *checker) compile(i int, w *fileTrigger) {
	t := &Trigger{
		Name: w.Name, File: c.name, Line: c.line(i, "name"), account: w.Account, reactions: w.Reactions, stop: w.Stop, catchUp: w.CatchUp,
		source: w.Pattern, notes: w.notes, secret: c.options.IDSecret, alfresco: w.alfresco,
	}
	c.set.triggers = append(c.set.triggers, t)
	c.loose(i, t)
	c.nameOf(i, w)
	c.filters(i, w, t)
	if !c.patternOf(i, w, t) {
		return
	}
	var err error
	if w.Condition != "" {
		deciding := c.scope(t)
		deciding.logged = w.CatchUp
		if t.condition, err = deciding.condition(w.Condition); err != nil {
			c.at(i, "condition", "trigger %q: condition: %v", w.Name, err)
		}
	}
	c.replies(i, w, t)
	c.action(i, w, t)
	if start, ok := t.action.(*start); ok && w.smsBody != "" && start.input != nil {
		c.checkTemplate(w, t, start)
	}
}

// loose warns about unquoted values that are numbers in YAML but not in JSON.
func (c *checker) loose(i int, t *Trigger) {
	for _, n := range c.file.Loose("triggers", i) {
		c.warn(n.Line, t.Name, "%s has an unquoted value that is a number in YAML but not in JSON, such as 01234 or +15005550009; it is read as a string: put it in quotes", n.Key)
	}
}

func (c *checker) nameOf(i int, w *fileTrigger) {
	if !triggerName.MatchString(w.Name) {
		c.at(i, "name", "trigger name %q: use 1 to 26 lower-case letters, digits and hyphens, beginning with a letter and not ending in a hyphen", w.Name)
	}
	here := fmt.Sprintf("%s:%d", c.name, c.line(i, "name"))
	if first, taken := c.places[w.Name]; taken {
		c.at(i, "name", "trigger %q is also defined at %s; rename one of them", w.Name, first)
	} else {
		c.places[w.Name] = here
	}
}

// filters compiles the requirements on a message's event, account and number.
func (c *checker) filters(i int, w *fileTrigger, t *Trigger) {
	t.event = sms.EventKind(w.Event)
	if w.Event == "" {
		t.event = sms.EventReceived
	}
	if !slices.Contains(sms.Events, t.event) {
		c.at(i, "event", "trigger %q: there is no event %q; use one of %v", w.Name, w.Event, sms.Events)
	}
	if w.Account != "" && !accountSID.MatchString(w.Account) {
		c.at(i, "account", "trigger %q: account %q is not an account SID: AC and 32 hexadecimal digits", w.Name, w.Account)
	}
	numbers, ok := w.To.Any.([]any)
	if number, one := w.To.Any.(string); one {
		numbers, ok = []any{number}, true
	}
	if w.To.Any != nil && !ok {
		c.at(i, "to", "trigger %q: to must be a number in quotes, or a list of such numbers", w.Name)
	}
	for _, written := range numbers {
		text, _ := written.(string)
		number, ok := sms.ParseSender(text)
		if !ok {
			c.at(i, "to", "trigger %q: to contains an invalid address: write each address in quotes and without spaces, as '+15005550006', 'whatsapp:+15005550006' or 'rcs:my_agent'", w.Name)
		}
		t.to = append(t.to, number)
	}
}

func (c *checker) patternOf(i int, w *fileTrigger, t *Trigger) bool {
	if w.Match != "" && w.Match != "find" && w.Match != "full" {
		c.at(i, "match", "trigger %q: match is %q; it must be find (the default) or full", w.Name, w.Match)
	}
	source := w.Pattern
	if source == "" {
		if t.event == sms.EventReceived {
			c.at(i, "pattern", "trigger %q has no pattern", w.Name)
			return false
		}
		source = `(?s).*` // any text of the event matches
	}
	var err error
	if t.pattern, err = compilePattern(source, w.Match == "full"); err != nil {
		c.at(i, "pattern", "trigger %q: the pattern is not valid: %v", w.Name, err)
		return false
	}
	return true
}

func (c *checker) scope(t *Trigger) scope {
	in := scope{groups: t.pattern.groups, secret: len(c.options.IDSecret) > 0}
	if t.alfresco {
		in.unknown = func(name string) {
			c.warn(c.lineOf("${"+name), t.Name, "${%s} is unknown, and therefore null, as in Alfresco%s", name, in.meant(name))
		}
	}
	return in
}

func (c *checker) replies(i int, w *fileTrigger, t *Trigger) {
	if t.event != sms.EventReceived && w.Echo+w.EchoError != "" {
		c.at(i, "echo", "trigger %q: %s is answered by Twilio itself; leave out echo and echoError", w.Name, t.event)
	}
	reply := c.scope(t)
	reply.bare = true
	var err error
	if t.echoError, err = reply.parse(w.EchoError); err != nil {
		c.at(i, "echoError", "trigger %q: echoError: %v", w.Name, err)
	}
	reply.result = w.Update != nil || w.SignalAll != nil
	if t.echo, err = reply.parse(w.Echo); err != nil {
		c.at(i, "echo", "trigger %q: echo: %v", w.Name, err)
	}
	switch w.OnPublishError {
	case "":
	case "reply":
		if w.CatchUp {
			c.at(i, "onPublishError", "trigger %q: with catchUp, a missed text is published later, so the sender must not be told that it failed; set onPublishError: retry or leave it out", w.Name)
		}
		if w.EchoError == "" {
			c.at(i, "onPublishError", "trigger %q: onPublishError: reply needs an echoError", w.Name)
		}
	case "retry":
		t.retry = true
	default:
		c.at(i, "onPublishError", "trigger %q: onPublishError is %q; it must be reply or retry", w.Name, w.OnPublishError)
	}
}

func (c *checker) action(i int, w *fileTrigger, t *Trigger) {
	written := map[string]bool{
		"start": w.Start != nil, "signal": w.Signal != nil, "signalWithStart": w.SignalWithStart != nil,
		"signalAll": w.SignalAll != nil, "update": w.Update != nil,
	}
	var actions []string
	for _, name := range []string{"start", "signal", "signalWithStart", "signalAll", "update"} {
		if written[name] {
			actions = append(actions, name)
		}
	}
	switch len(actions) {
	case 0:
		c.at(i, "name", "trigger %q has no action; add start, signal, signalWithStart, signalAll or update", w.Name)
		return
	case 1:
	default:
		c.at(i, actions[1], "trigger %q has %s; a trigger can have only one action; split it", w.Name, strings.Join(actions, " and "))
		return
	}
	switch {
	case w.Start != nil:
		t.action = c.start(i, "start", w.Name, w.Start, t)
	case w.Signal != nil:
		s := signal(c.target(i, "signal", w.Name, w.Signal, t))
		t.action = &s
	case w.SignalWithStart != nil:
		t.action = c.signalWithStart(i, w, t)
	case w.SignalAll != nil:
		t.action = c.signalAll(i, w, t)
	case w.Update != nil:
		s := update(c.target(i, "update", w.Name, w.Update, t))
		t.action = &s
	}
}

func (c *checker) start(i int, where, name string, w *fileStart, t *Trigger) *start {
	s := &start{workflow: w.Workflow, taskQueue: w.TaskQueue}
	if s.workflow == "" {
		c.at(i, where, "trigger %q: %s needs the workflow's type: workflow: MyWorkflow", name, where)
	}
	if s.taskQueue == "" {
		c.at(i, where, "trigger %q: %s needs the workflow's task queue: taskQueue: my-queue", name, where)
	}
	private := c.scope(t)
	private.private = true
	var err error
	if w.ID != "" {
		if s.id, err = private.parse(w.ID); err != nil {
			c.at(i, where+".id", "trigger %q: id: %v", name, err)
		}
		if !w.holes {
			t.id = s.id
		}
	}
	c.policies(i, where, name, w, s)
	for field, value := range map[string]struct {
		written string
		into    *sms.Duration
	}{
		"executionTimeout": {w.ExecutionTimeout, &s.executionTimeout},
		"runTimeout":       {w.RunTimeout, &s.runTimeout},
		"taskTimeout":      {w.TaskTimeout, &s.taskTimeout},
	} {
		if value.written == "" {
			continue
		}
		timeout, err := time.ParseDuration(value.written)
		if *value.into = sms.Duration(timeout); err != nil || timeout <= 0 {
			c.at(i, where+"."+field, "trigger %q: %s is %q; write a duration such as 30s, 15m or 24h", name, field, value.written)
		}
	}
	s.memo = c.mappings(i, where+".memo", name, w.Memo, private)
	s.searchAttributes = c.mappings(i, where+".searchAttributes", name, w.SearchAttributes, private)
	s.input = c.input(i, where+".input", name, w.Input, t)
	return s
}

// The policies that trigger files can name.
var (
	conflicts = []string{sms.ConflictFail, sms.ConflictUseExisting, sms.ConflictTerminateExisting}
	reuses    = []string{sms.ReuseAllowDuplicate, sms.ReuseAllowDuplicateFailedOnly, sms.ReuseRejectDuplicate}
)

func (c *checker) policies(i int, where, name string, w *fileStart, s *start) {
	if w.ID == "" && where == "start" {
		if w.IDConflict+w.IDReuse != "" {
			c.at(i, where, "trigger %q: idConflict and idReuse require an id; set one, or leave them out", name)
		}
		return
	}
	s.conflict, s.reuse = cmp.Or(w.IDConflict, sms.ConflictFail), cmp.Or(w.IDReuse, sms.ReuseAllowDuplicate)
	if !slices.Contains(conflicts, s.conflict) {
		c.at(i, where+".idConflict", "trigger %q: idConflict is %q; it must be fail (the default), useExisting or terminateExisting", name, w.IDConflict)
	}
	if !slices.Contains(reuses, s.reuse) {
		c.at(i, where+".idReuse", "trigger %q: idReuse is %q; it must be allowDuplicate (the default), allowDuplicateFailedOnly or rejectDuplicate", name, w.IDReuse)
	}
	if s.conflict == sms.ConflictTerminateExisting && s.reuse != sms.ReuseAllowDuplicate {
		c.at(i, where+".idReuse", "trigger %q: idConflict terminateExisting always starts a workflow, so idReuse must be allowDuplicate; leave it out", name)
	}
}

func (c *checker) mappings(i int, field, name string, written map[string]yamlfile.Value, in scope) map[string]mapping {
	made := make(map[string]mapping, len(written))
	for key, value := range written {
		var err error
		if made[key], err = in.mapping(value.Any); err != nil {
			c.at(i, field, "trigger %q: %s: %v", name, key, err)
		}
	}
	return made
}

// target compiles the workflow ID, name and input of a signal or an update.
func (c *checker) target(i int, where, name string, w *fileSignal, t *Trigger) (s struct {
	workflowID template
	name       string
	input      mapping
},
) {
	s.name = w.Name
	if s.name == "" {
		c.at(i, where, "trigger %q: %s needs a name: name: my%s", name, where, strings.ToUpper(where[:1])+where[1:])
	}
	if w.WorkflowID == "" {
		c.at(i, where, "trigger %q: %s needs the workflow's ID: workflowId: 'order-${matchGroups.1}'", name, where)
	}
	s.workflowID = c.id(i, where+".workflowId", name, w.WorkflowID, t)
	s.input = c.input(i, where+".input", name, w.Input, t)
	return s
}

func (c *checker) id(i int, field, name, written string, t *Trigger) template {
	in := c.scope(t)
	in.private = true
	id, err := in.parse(written)
	if err != nil {
		c.at(i, field, "trigger %q: workflowId: %v", name, err)
	}
	t.id = id
	return id
}

func (c *checker) signalWithStart(i int, w *fileTrigger, t *Trigger) *signalWithStart {
	const where = "signalWithStart"
	written := w.SignalWithStart
	s := &signalWithStart{start: *c.start(i, where, w.Name, &written.Start, t)}
	if written.Start.ID == "" {
		c.at(i, where, "trigger %q: %s needs the workflow's ID: id: 'chat-${conversation}'", w.Name, where)
	}
	if written.Start.IDConflict != "" {
		c.at(i, where+".idConflict", "trigger %q: %s signals the open workflow; leave idConflict out", w.Name, where)
	}
	if written.Signal == "" {
		c.at(i, where, "trigger %q: %s needs the signal's name: signal: mySignal", w.Name, where)
	}
	s.start.conflict = sms.ConflictUseExisting
	s.signal = signal{workflowID: s.start.id, name: written.Signal, input: c.input(i, where+".signalInput", w.Name, written.SignalInput, t)}
	return s
}

func (c *checker) signalAll(i int, w *fileTrigger, t *Trigger) *signalAll {
	const where = "signalAll"
	s := &signalAll{name: w.SignalAll.Name, secret: c.options.IDSecret}
	if s.name == "" {
		c.at(i, where, "trigger %q: %s needs a name: name: mySignal", w.Name, where)
	}
	if w.SignalAll.CorrelationKey.Any != nil {
		s.correlation = c.input(i, where+".correlationKey", w.Name, w.SignalAll.CorrelationKey, t)
		if len(c.options.IDSecret) == 0 {
			c.at(i, where+".correlationKey", "trigger %q: correlationKey is stored as a pseudonym, which needs a secret, and ID_SECRET is not set; set it to the same value for all webhooks and workers", w.Name)
		}
	}
	s.input = c.input(i, where+".input", w.Name, w.SignalAll.Input, t)
	return s
}

func (c *checker) input(i int, field, name string, written yamlfile.Value, t *Trigger) mapping {
	if written.Any == nil {
		return nil
	}
	made, err := c.scope(t).mapping(written.Any)
	if err != nil {
		c.at(i, field, "trigger %q: input: %v", name, err)
	}
	return made
}
