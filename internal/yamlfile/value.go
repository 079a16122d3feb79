package yamlfile

// Values of any type, whose numbers are kept as they are written.

import (
	"encoding/json"
	"regexp"

	"go.yaml.in/yaml/v4"
)

// Value is a string, a [json.Number], a bool, nil, or a []any or map[string]any
// of these. A number is kept as it is written, however long it is. A number
// that is valid in YAML but not in JSON, such as 01234, +15005550009 or 0x10,
// becomes a string, because 01234 is unlikely to mean 668, and a phone number
// must keep its plus sign. See [File.Loose].
type Value struct{ Any any }

// jsonNumber matches a number in JSON.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// UnmarshalYAML is called by [File.Decode].
func (v *Value) UnmarshalYAML(n *yaml.Node) error {
	v.Any = plain(n)
	return nil
}

// MarshalJSON encodes the value that v holds.
func (v Value) MarshalJSON() ([]byte, error) { return json.Marshal(v.Any) }

// plain returns the value of a node that tidy has accepted.
func plain(n *yaml.Node) any {
	switch n.Kind {
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, element := range n.Content {
			list[i] = plain(element)
		}
		return list
	case yaml.MappingNode:
		object := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			object[n.Content[i].Value] = plain(n.Content[i+1])
		}
		return object
	}
	switch tag := n.ShortTag(); {
	case tag == "!!null":
		return nil
	case tag == "!!bool":
		return n.Value[0] == 't' || n.Value[0] == 'T'
	case n.Style == 0 && jsonNumber.MatchString(n.Value): // includes 1e400, which the library treats as a string
		return json.Number(n.Value)
	}
	return n.Value
}

// Loose is an unquoted string that another YAML parser would parse as a number.
type Loose struct {
	Line int
	// Key is the nearest key that contains it, or "" if there is none.
	Key string
}

// Loose returns the loose strings in a part of the file. path is the same as
// for [File.Line].
func (f *File) Loose(path ...any) []Loose {
	n := f.root
	for _, step := range path {
		if n != nil {
			n = child(n, step)
		}
	}
	if n == nil {
		return nil
	}
	return loose(n, "")
}

func loose(n *yaml.Node, key string) (all []Loose) {
	if tag := n.ShortTag(); n.Kind == yaml.ScalarNode && (tag == "!!int" || tag == "!!float") && !jsonNumber.MatchString(n.Value) {
		return []Loose{{n.Line, key}}
	}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode {
			if i%2 == 0 {
				continue
			}
			key = n.Content[i-1].Value
		}
		all = append(all, loose(child, key)...)
	}
	return all
}
