// Package yamlfile reads files that people write in YAML or JSON. It is strict,
// so a typo is reported with its line, and has limits, because the file may
// come from anyone.
package yamlfile

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

const (
	// maxDepth limits how deeply lists and mappings may be nested.
	maxDepth = 64
	// maxKeys limits the keys of a mapping, because the library compares
	// each key with every other.
	maxKeys = 1000
)

const noAliases = "aliases are not supported; write the value out, in quotes if it is a text that begins with *"

// File is a parsed file with the lines of its parts.
type File struct {
	name string
	// root is nil if the file is empty.
	root *yaml.Node
}

// Parse parses a file with one document. Its errors have the form "name:line:
// what is wrong". They do not quote the file's values, which may be secrets.
//
// Dates, infinities and keys that are not strings are read as the strings that
// are written, because they are converted to JSON, which does not have such
// types. In a [Value], the same applies to numbers that are not valid JSON.
// Aliases and tags are refused, because a few aliases can expand to gigabytes.
func Parse(name string, data []byte) (*File, error) {
	if filepath.Ext(name) == ".json" {
		data = asYAML(data)
	}
	f := &File{name: name}
	var document yaml.Node
	err := yaml.Load(data, &document, yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(maxDepth))))
	if located := (*yaml.LoadError)(nil); errors.As(err, &located) {
		switch {
		case strings.Contains(located.Message, "no documents"):
			return f, nil
		case strings.Contains(located.Message, "found multiple"):
			return nil, f.at(1, "there is more than one document; put each into a separate file")
		case strings.Contains(located.Message, "anchor"): // the library's error may quote a secret
			return nil, f.at(syntaxLine(located, data), noAliases)
		}
		return nil, f.at(syntaxLine(located, data), "%s", located.Message)
	}
	if err != nil {
		return nil, f.at(1, "it is not YAML")
	}
	if len(document.Content) > 0 {
		f.root = document.Content[0]
	}
	return f, f.tidy(f.root)
}

// syntaxLine returns the line of a syntax error. The end of the file counts as
// its last line.
func syntaxLine(e *yaml.LoadError, data []byte) int {
	last := strings.Count(strings.TrimRight(string(data), "\n"), "\n") + 1
	return min(max(e.Mark.Line, 1), last)
}

// tidy refuses unsupported syntax, and converts values of types that JSON lacks
// to strings.
func (f *File) tidy(n *yaml.Node) error {
	if n == nil {
		return nil
	}
	switch {
	case n.Kind == yaml.AliasNode:
		return f.at(n.Line, noAliases)
	case n.Style&yaml.TaggedStyle != 0:
		return f.at(n.Line, "tags are not supported; put a text in quotes")
	case n.Kind == yaml.MappingNode && len(n.Content) > 2*maxKeys:
		return f.at(n.Line, "a mapping has %d keys; the limit is %d", len(n.Content)/2, maxKeys)
	case n.Kind == yaml.ScalarNode && (n.ShortTag() == "!!timestamp" || n.ShortTag() == "!!float" && strings.ContainsAny(n.Value, "nN")):
		n.Tag = "!!str"
	}
	first := map[string]int{}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if child.Kind != yaml.ScalarNode && child.Kind != yaml.AliasNode {
				return f.at(child.Line, "a key must be a string")
			}
			if child.Kind == yaml.ScalarNode && child.Style&yaml.TaggedStyle == 0 {
				child.Tag = "!!str"
			}
			if line, again := first[child.Value]; again {
				return f.at(child.Line, "key %q is already defined at line %d", child.Value, line)
			}
			first[child.Value] = child.Line
		}
		if err := f.tidy(child); err != nil {
			return err
		}
	}
	return nil
}

// Decode decodes the file into a struct by its yaml tags. Every key must have a
// field, and no key may appear twice. The error reports all mistakes.
func (f *File) Decode(into any) error {
	if f.root == nil {
		return nil
	}
	err := f.root.Load(into, yaml.WithKnownFields())
	var all *yaml.LoadErrors
	if !errors.As(err, &all) {
		return err
	}
	known := map[string][]string{}
	fields(reflect.TypeOf(into), known)
	mistakes := make([]error, len(all.Errors))
	for i, one := range all.Errors {
		mistakes[i] = f.at(one.Mark.Line, "%s", plainly(one.Message, known))
	}
	return errors.Join(mistakes...)
}

// Line returns the line of a part, given the keys and list indexes that lead to
// it, or the line of its parent if the part is absent.
func (f *File) Line(path ...any) int {
	n := f.root
	if n == nil {
		return 1
	}
	for _, step := range path {
		next := child(n, step)
		if next == nil {
			break
		}
		n = next
	}
	return n.Line
}

func child(n *yaml.Node, step any) *yaml.Node {
	switch step := step.(type) {
	case int:
		if n.Kind == yaml.SequenceNode && step < len(n.Content) {
			return n.Content[step]
		}
	case string:
		if n.Kind != yaml.MappingNode {
			return nil
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == step {
				return n.Content[i+1]
			}
		}
	}
	return nil
}

func (f *File) at(line int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", f.name, line, fmt.Sprintf(format, args...))
}

var (
	unknownField = regexp.MustCompile(`(?s)^field (.*) not found in type (.*)$`)
	otherKind    = regexp.MustCompile("(?s)^cannot construct !!([a-z]+)(?: `.*`)? into (.*)$")
)

// plainly rewords the library's errors without its tags and Go types.
func plainly(message string, known map[string][]string) string {
	if m := unknownField.FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("unknown field %q%s", m[1], DidYouMean(m[1], known[m[2]]))
	}
	if m := otherKind.FindStringSubmatch(message); m != nil {
		found, wanted := kinds[m[1]], "a mapping"
		switch goType := m[2]; {
		case strings.HasPrefix(goType, "[]"):
			wanted = "a list"
		case slices.Contains([]string{"string", "int", "float64", "bool"}, goType):
			wanted = kinds[map[string]string{"string": "str", "int": "int", "float64": "float", "bool": "bool"}[goType]]
		case m[1] == "seq" || m[1] == "map":
			return found + " does not belong here"
		}
		return fmt.Sprintf("found %s, expected %s", found, wanted)
	}
	return message
}

// kinds maps YAML's types to words.
var kinds = map[string]string{
	"str": "a text", "int": "a whole number", "float": "a number", "bool": "true or false", "null": "nothing",
	"seq": "a list", "map": "a mapping",
}

// jsonEscape matches an escape in a JSON string, or two escapes that form one
// character.
var jsonEscape = regexp.MustCompile(`\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|.)`)

// asYAML converts what JSON allows but YAML does not: tabs as white space, and
// characters escaped as two surrogates. Line numbers do not change.
func asYAML(data []byte) []byte {
	text := strings.ReplaceAll(string(data), "\t", " ")
	return []byte(jsonEscape.ReplaceAllStringFunc(text, func(escape string) string {
		if len(escape) != len(`\ud83d\ude00`) {
			return escape
		}
		var high, low rune
		if _, err := fmt.Sscanf(escape, `\u%04x\u%04x`, &high, &low); err != nil {
			return escape
		}
		return string(utf16.DecodeRune(high, low))
	}))
}
