package triggers

// Expressions are the ${…} in the texts and inputs of a trigger.

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"temporal-twilio/internal/yamlfile"
)

var expression = regexp.MustCompile(`\$\{[^}]*\}`)

// The prefixes of expressions that refer to a group or a parameter, and the
// name of the call's result.
const (
	groupPrefix     = "matchGroups."
	parameterPrefix = "parameters."
	resultName      = "result"
)

// template is a text whose expressions are resolved to parts of the event.
type template struct {
	// literals and references alternate, so literals has one more element.
	// The zero template is the empty text.
	literals   []string
	references []reference
	// names holds the names of the references, as written.
	names []string
}

// empty reports whether the template is the empty text.
func (t template) empty() bool { return len(t.references) == 0 && strings.Join(t.literals, "") == "" }

// reference returns one value from the event.
type reference func(*Event) any

// scope determines what an expression can refer to.
type scope struct {
	// groups lists the keys of matchGroups.
	groups []string
	// bare allows a group without the prefix "matchGroups.", as in echo.
	bare bool
	// private refuses fields that identify a person or quote a text. It is set
	// for IDs, memos and search attributes, which are never encrypted.
	private bool
	// secret is true if pseudonyms can be derived.
	secret bool
	// logged refuses fields that Twilio's log does not show.
	logged bool
	// result is true if the call has a result, such as the answer to an update.
	result bool
	// unknown is called with unknown names, which then become null. If it is
	// nil, they are refused.
	unknown func(name string)
}

// plainName matches an expression that is only a name.
var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*$`)

// parse parses a text and refuses expressions that can never be resolved.
// Values are inserted as they are, and never parsed as expressions again.
func (s scope) parse(text string) (template, error) {
	var t template
	at := 0
	for _, place := range expression.FindAllStringIndex(text, -1) {
		name := strings.TrimSpace(text[place[0]+2 : place[1]-1])
		ref, err := s.resolve(name)
		if err != nil {
			return t, err
		}
		t.literals = append(t.literals, text[at:place[0]])
		t.references, t.names = append(t.references, ref), append(t.names, name)
		at = place[1]
	}
	t.literals = append(t.literals, text[at:])
	return t, nil
}

func (s scope) resolve(name string) (reference, error) {
	ref, err := s.known(name)
	if unknown := unknownError(""); s.unknown != nil && errors.As(err, &unknown) && plainName.MatchString(name) {
		s.unknown(name)
		return func(*Event) any { return nil }, nil
	}
	return ref, err
}

// unknownError is the error for a name that does not exist.
type unknownError string

func (e unknownError) Error() string { return string(e) }

func unknown(format string, args ...any) error { return unknownError(fmt.Sprintf(format, args...)) }

func (s scope) known(name string) (reference, error) {
	group, prefixed := strings.CutPrefix(name, groupPrefix)
	if prefixed || s.bare && slices.Contains(s.groups, name) {
		if !slices.Contains(s.groups, group) {
			return nil, unknown("${%s} names no group of the pattern%s", name, cmp.Or(s.meant(name), "; it has "+s.listed()))
		}
		return groupReference(group), nil
	}
	if s.result && ofResult(name) {
		return func(*Event) any { return resultPath(name) }, nil
	}
	if s.logged && (strings.HasPrefix(name, parameterPrefix) || name == "parameters" || strings.HasPrefix(name, "location")) {
		return nil, fmt.Errorf("${%s} is not in Twilio's log, which catchUp reads; remove catchUp, or do not use this field here", name)
	}
	if parameter, ok := strings.CutPrefix(name, parameterPrefix); ok && !s.private {
		return func(e *Event) any { return orNull(e.Parameters[parameter]) }, nil
	}
	field, ok := fields[name]
	switch {
	case !ok:
		return nil, s.mistake(name)
	case s.private && field.private:
		return nil, fmt.Errorf("${%s} is not allowed here: IDs, memos and search attributes are shown and logged unencrypted; use ${messageSid}, ${conversation}, ${fromId} or a group", name)
	case field.pseudonym && !s.secret:
		return nil, fmt.Errorf("${%s} is a pseudonym, which needs a secret, and ID_SECRET is not set; set it to the same value for all webhooks and workers", name)
	}
	return field.value, nil
}

func ofResult(name string) bool { return name == resultName || strings.HasPrefix(name, resultName+".") }

// mistake returns the error about an unknown name, which suggests what to write
// instead.
func (s scope) mistake(name string) error {
	switch {
	case slices.Contains(s.groups, name):
		return unknown("${%s} is a group of the pattern: write ${%s%s}", name, groupPrefix, name)
	case ofResult(name):
		return unknown("${%s}: only the echo of an update or a signalAll has a result", name)
	}
	return unknown("${%s} is unknown%s", name, cmp.Or(s.meant(name), "; available are "+s.listed()+", and these event fields: "+eventFields))
}

// meant suggests the existing name that is closest to a misspelled one. It
// returns "" if none is close. The misspelled name may lack the prefix of a
// group.
func (s scope) meant(name string) string {
	if len(name) < shortestName && !slices.Contains(s.groups, name) {
		return "" // too short: it would resemble any name
	}
	names := s.names()
	return cmp.Or(yamlfile.DidYouMean(name, names), yamlfile.DidYouMean(groupPrefix+name, names))
}

// shortestName is the length of the shortest name for which a correction is
// suggested.
const shortestName = 3

func groupReference(name string) reference {
	return func(e *Event) any {
		if value := e.MatchGroups[name]; value != nil {
			return *value
		}
		return nil
	}
}

func (s scope) listed() string {
	if len(s.groups) == 0 {
		return "no groups"
	}
	names := make([]string, len(s.groups))
	for i, group := range s.groups {
		names[i] = groupPrefix + group
	}
	return strings.Join(names, ", ")
}

// names lists everything that an expression can refer to.
func (s scope) names() []string {
	names := slices.Collect(maps.Keys(fields))
	for _, group := range s.groups {
		names = append(names, groupPrefix+group)
		if s.bare {
			names = append(names, group)
		}
	}
	slices.Sort(names)
	return names
}

var eventFields = func() string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}()

// text resolves the template. Null becomes the empty string.
func (t template) text(e *Event) string {
	if len(t.literals) == 0 {
		return ""
	}
	if len(t.references) == 0 {
		return t.literals[0]
	}
	var out strings.Builder
	for i, ref := range t.references {
		out.WriteString(t.literals[i])
		out.WriteString(inText(ref(e)))
	}
	out.WriteString(t.literals[len(t.references)])
	return out.String()
}

// inText formats a value for use inside a text: null is empty, and lists and
// objects are JSON.
func inText(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	case time.Time:
		return value.Format(time.RFC3339Nano)
	}
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false) // keep R&D as it is
	if err := encoder.Encode(value); err != nil {
		return fmt.Sprint(value)
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// unmarshal decodes JSON, and keeps numbers as they are written.
func unmarshal(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return decoder.Decode(into)
}

// value returns the typed value if the template is a single expression, and the
// text otherwise.
func (t template) value(e *Event) any {
	if len(t.references) == 1 && t.literals[0] == "" && t.literals[1] == "" {
		return t.references[0](e)
	}
	return t.text(e)
}

// mapping makes a value from the event. Maps and lists have the same structure
// as in the trigger, and each string in them is resolved as a template. Map
// keys are not resolved.
type mapping func(*Event) any

// literal is a string in a trigger that is used as it is, even if it looks like
// a template.
type literal string

// mapping compiles a value in a trigger file.
func (s scope) mapping(node any) (mapping, error) {
	switch node := node.(type) {
	case literal:
		return func(*Event) any { return string(node) }, nil
	case mapping:
		return node, nil
	case string:
		t, err := s.parse(node)
		return t.value, err
	case []any:
		return s.list(node)
	case map[string]any:
		return s.object(node)
	}
	return func(*Event) any { return node }, nil
}

func (s scope) list(nodes []any) (mapping, error) {
	elements := make([]mapping, len(nodes))
	for i, node := range nodes {
		var err error
		if elements[i], err = s.mapping(node); err != nil {
			return nil, err
		}
	}
	return func(e *Event) any {
		values := make([]any, len(elements))
		for i, element := range elements {
			values[i] = element(e)
		}
		return values
	}, nil
}

func (s scope) object(nodes map[string]any) (mapping, error) {
	members := make(map[string]mapping, len(nodes))
	for key, node := range nodes {
		member, err := s.mapping(node)
		if err != nil {
			return nil, err
		}
		members[key] = member
	}
	return func(e *Event) any {
		values := make(map[string]any, len(members))
		for key, member := range members {
			values[key] = member(e)
		}
		return values
	}, nil
}
