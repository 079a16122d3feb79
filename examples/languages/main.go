// Command languages generates the types for the examples in other languages
// from the JSON Schemas of the payloads.
package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
)

//go:generate go run . ../../docs/schemas .

// payloads lists the payloads that the examples use.
var payloads = []string{
	"SendSmsInput", "SendSmsResult", "SendSmsWorkflowInput", "SendSmsWorkflowResult", "AskSmsWorkflowInput", "AskSmsWorkflowResult",
}

// files maps the template of each language to the file that is generated from
// it.
var files = map[string]string{
	"typescript.tmpl": "typescript/src/sms.ts",
	"python.tmpl":     "python/sms.py",
	"java.tmpl":       "java/src/main/java/shop/Sms.java",
	"dotnet.tmpl":     "dotnet/Sms.cs",
}

//go:embed *.tmpl
var templates embed.FS

func main() {
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), "Generates the types for the examples: languages SCHEMAS FOLDER\n\nExample:\n  go run ./examples/languages docs/schemas examples/languages\n")
	}
	flag.Parse()
	if flag.NArg() != 2 {
		flag.Usage()
		os.Exit(2)
	}
	written, err := generate(flag.Arg(0))
	if err != nil {
		log.Fatal(err)
	}
	for name, text := range written {
		if err := os.WriteFile(filepath.Join(flag.Arg(1), name), text, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// generate returns the contents of the files by name.
func generate(schemas string) (map[string][]byte, error) {
	all, err := read(schemas)
	if err != nil {
		return nil, err
	}
	written := map[string][]byte{}
	for name, file := range files {
		t, err := template.New(name).Funcs(template.FuncMap{
			"comment": comment, "join": strings.Join, "capital": capital, "type": typeIn(strings.TrimSuffix(name, ".tmpl")),
		}).ParseFS(templates, name)
		if err != nil {
			return nil, err
		}
		var text bytes.Buffer
		if err := t.Execute(&text, all); err != nil {
			return nil, err
		}
		written[file] = text.Bytes()
	}
	return written, nil
}

// schema is the part of JSON Schema that the payloads use.
type schema struct {
	Name        string
	Description string            `json:"description"`
	Type        oneOrMore         `json:"type"`
	Format      string            `json:"format"`
	Ref         string            `json:"$ref"`
	Enum        []string          `json:"enum"`
	AnyOf       []*schema         `json:"anyOf"`
	Items       *schema           `json:"items"`
	Properties  ordered           `json:"properties"`
	Required    []string          `json:"required"`
	Defs        map[string]schema `json:"$defs"`
}

// Nullable reports whether a value may be null.
func (s schema) Nullable() bool {
	return slices.Contains(s.Type, "null") || slices.ContainsFunc(s.AnyOf, func(one *schema) bool { return one.Nullable() })
}

// Plain reports whether a type is only a named string.
func (s schema) Plain() bool { return len(s.Properties) == 0 && len(s.Enum) == 0 }

// Optional reports whether a property may be absent.
func (s schema) Optional(property string) bool { return !slices.Contains(s.Required, property) }

// Keyword reports whether the name of any property is a keyword in Python.
func (s schema) Keyword() bool {
	return slices.ContainsFunc(s.Properties, func(p *schema) bool { return p.Name == "from" })
}

// oneOrMore holds the types of a value, which a schema gives as one name or as
// a list of names.
type oneOrMore []string

func (o *oneOrMore) UnmarshalJSON(data []byte) error {
	if data[0] == '[' {
		return json.Unmarshal(data, (*[]string)(o))
	}
	*o = make([]string, 1)
	return json.Unmarshal(data, &(*o)[0])
}

// ordered holds properties in the order in which the schema lists them.
type ordered []*schema

func (o *ordered) UnmarshalJSON(data []byte) error {
	members := json.NewDecoder(bytes.NewReader(data))
	_, err := members.Token()
	for err == nil && members.More() {
		var key json.Token
		if key, err = members.Token(); err == nil {
			property := &schema{Name: key.(string)}
			err = members.Decode(property)
			*o = append(*o, property)
		}
	}
	return err
}

// read reads the schemas and returns each type after the types that it refers
// to.
func read(folder string) (all []schema, err error) {
	known := map[string]schema{}
	var names []string
	for _, name := range payloads {
		data, err := os.ReadFile(filepath.Join(folder, name+".json"))
		if err != nil {
			return nil, err
		}
		var s schema
		if err := json.Unmarshal(data, &s); err != nil {
			return nil, fmt.Errorf("read the schema %s: %w", name, err)
		}
		maps.Copy(known, s.Defs)
		known[name] = s
		names = append(names, name)
	}
	done := map[string]bool{}
	var add func(name string)
	add = func(name string) {
		if done[name] {
			return
		}
		done[name] = true
		s := known[name]
		s.Name = name
		for _, p := range s.Properties {
			for _, inner := range p.refs() {
				add(inner)
			}
		}
		all = append(all, s)
	}
	for _, name := range names {
		add(name)
	}
	return all, nil
}

// refs returns the types that a schema refers to.
func (s *schema) refs() (names []string) {
	if s.Ref != "" {
		names = append(names, refName(s.Ref))
	}
	if s.Items != nil {
		names = append(names, s.Items.refs()...)
	}
	for _, one := range s.AnyOf {
		names = append(names, one.refs()...)
	}
	return names
}

func refName(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }

// kind returns the kind of a value. For a list, inner is the schema of its
// elements; for a reference, it is the reference itself. If a value can have
// several forms, kind chooses the most general one: a list for recipients, and
// an object for a recipient.
func (s *schema) kind() (kind string, inner *schema) {
	for _, one := range s.AnyOf {
		if k, i := one.kind(); k == "list" {
			return k, i
		}
	}
	for _, one := range s.AnyOf {
		if k, i := one.kind(); k == "ref" {
			return k, i
		}
	}
	switch types := slices.DeleteFunc(slices.Clone(s.Type), func(t string) bool { return t == "null" }); {
	case s.Ref != "":
		return "ref", s
	case len(types) == 2: // a string or a number of seconds
		return "duration", nil
	case s.Format == "date-time":
		return "time", nil
	case len(types) == 1 && types[0] == "array":
		return "list", s.Items
	case len(types) == 1:
		return types[0], nil
	}
	return "any", nil
}

// words maps kinds to types in each language. %s is the type of a list's
// elements.
var words = map[string]map[string]string{
	"typescript": {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "object": "Record<string, unknown>", "time": "string", "duration": "string", "list": "%s[]"},
	"python":     {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "object": "dict[str, Any]", "time": "str", "duration": "str", "list": "list[%s]"},
	"java":       {"string": "String", "integer": "Integer", "number": "Double", "boolean": "Boolean", "object": "Map<String, Object>", "time": "OffsetDateTime", "duration": "Duration", "list": "List<%s>"},
	"dotnet":     {"string": "string", "integer": "int", "number": "double", "boolean": "bool", "object": "IReadOnlyDictionary<string, object?>", "time": "DateTimeOffset", "duration": "TimeSpan", "list": "IReadOnlyList<%s>"},
}

// typeIn returns a function that maps a property to its type in the given
// language. An enumeration becomes a plain string in languages in which an enum
// would need a converter.
func typeIn(language string) func(all []schema, p *schema) string {
	var name func(all []schema, p *schema) string
	name = func(all []schema, p *schema) string {
		kind, inner := p.kind()
		word := words[language][kind]
		switch kind {
		case "list":
			return fmt.Sprintf(word, name(all, inner))
		case "ref":
			target := all[slices.IndexFunc(all, func(s schema) bool { return s.Name == refName(inner.Ref) })]
			if target.Plain() || len(target.Enum) > 0 && (language == "java" || language == "dotnet") {
				return words[language]["string"]
			}
			return target.Name
		}
		return word
	}
	return name
}

func capital(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// comment formats a description as comment lines of the language.
func comment(begin, description string) string {
	const width = 110
	var lines []string
	line := begin
	for word := range strings.FieldsSeq(description) {
		if len(line)+1+len(word) > width {
			lines, line = append(lines, line), begin
		}
		line += " " + word
	}
	return strings.Join(append(lines, line), "\n")
}
