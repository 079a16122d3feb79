// Package schemas generates JSON Schemas for what callers, workflows and
// activities exchange, from the types of sms and triggers. The result is in
// docs/schemas.
package schemas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"temporal-twilio/sms"
)

//go:generate go run ./write ../.. ../../docs/schemas

// Files returns the schema of each payload by its path in docs/schemas. root is
// the directory of the module, whose source code contains the descriptions.
func Files(root string) (map[string][]byte, error) {
	source, err := readSource(root)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, p := range payloads() {
		d := description{payload: p, source: source, defs: map[string]*jsonschema.Schema{}}
		file, err := d.file()
		if err != nil {
			return nil, fmt.Errorf("describe %s: %w", p.name, err)
		}
		files[p.path()] = file
	}
	return files, nil
}

// description is the schema of one payload while it is being built.
type description struct {
	payload
	*source
	// defs holds the types that the schema refers to.
	defs map[string]*jsonschema.Schema
}

func (d *description) file() ([]byte, error) {
	schema, err := d.describe(d.kind)
	if err != nil {
		return nil, err
	}
	schema.Schema, schema.Title = "https://json-schema.org/draft/2020-12/schema", d.name
	if len(d.defs) > 0 {
		schema.Defs = d.defs
	}
	var file bytes.Buffer
	encoder := json.NewEncoder(&file)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err = encoder.Encode(schema)
	return file.Bytes(), err
}

// describe returns the schema of a type. The structs and enumerations in it
// become references to defs.
func (d *description) describe(kind reflect.Type) (*jsonschema.Schema, error) {
	schema, err := jsonschema.ForType(kind, &jsonschema.ForOptions{TypeSchemas: d.known(kind)})
	if err != nil {
		return nil, err
	}
	if kind.Kind() == reflect.Struct {
		d.describeFields(schema, kind)
	}
	if !d.internal {
		// Lists that callers read are never null. Lists that are exchanged only
		// internally may be.
		withoutNull(schema)
	}
	for _, part := range partsOf(schema) {
		if part.Ref != "" && len(part.Types) > 0 { // a pointer
			*part = jsonschema.Schema{Description: part.Description, AnyOf: []*jsonschema.Schema{{Ref: part.Ref}, {Type: "null"}}}
		}
	}
	for _, part := range partsOf(schema) {
		if err := d.define(strings.TrimPrefix(part.Ref, toDefs)); err != nil {
			return nil, err
		}
	}
	return schema, nil
}

// known returns the schemas of types whose JSON form cannot be inferred from the
// Go type, and references to types that are defined separately.
func (d *description) known(root reflect.Type) map[reflect.Type]*jsonschema.Schema {
	recipient := []*jsonschema.Schema{{Type: "string"}, reference("Recipient")}
	known := map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[json.RawMessage](): {},
		reflect.TypeFor[time.Time]():       {Type: "string", Format: "date-time"},
		reflect.TypeFor[sms.Duration]():    {Types: []string{"string", "number"}},
		reflect.TypeFor[sms.Recipients](): {
			AnyOf: append(recipient, &jsonschema.Schema{Type: "array", Items: &jsonschema.Schema{AnyOf: recipient}}),
		},
	}
	for name, kind := range types {
		if kind != root && !embeds(root, kind) {
			known[kind] = reference(name)
		}
	}
	return known
}

// define adds a type to defs.
func (d *description) define(name string) error {
	kind := types[name]
	if kind == nil || d.defs[name] != nil {
		return nil
	}
	d.defs[name] = &jsonschema.Schema{}
	if kind.Kind() == reflect.Struct {
		schema, err := d.describe(kind)
		if err != nil {
			return err
		}
		*d.defs[name] = *schema
		return nil
	}
	*d.defs[name] = jsonschema.Schema{Type: "string", Description: d.comments[name]}
	if name == "Status" {
		d.defs[name].Examples = d.constants[name] // Twilio may add more
	} else {
		d.defs[name].Enum = d.constants[name]
	}
	return nil
}

// describeFields adds what the library does not derive from a type: comments,
// examples, and which fields are never null.
func (d *description) describeFields(schema *jsonschema.Schema, kind reflect.Type) {
	schema.Description = d.comments[kind.Name()]
	if !d.strict {
		schema.AdditionalProperties = nil
	}
	if kind == reflect.TypeFor[sms.BroadcastSmsInput]() { // the recipients may come from a file or an activity
		schema.Required = slices.DeleteFunc(schema.Required, func(name string) bool { return name == "smsTo" })
	}
	for _, field := range reflect.VisibleFields(kind) {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		property := schema.Properties[name]
		if property == nil {
			continue // the field is embedded or not part of the JSON
		}
		if options != "" { // with omitempty or omitzero, a field is absent rather than null
			withoutNull(property)
			if property.Ref != "" {
				property.Types = nil
			}
		}
		owner := kind
		if at := len(field.Index) - 1; at > 0 {
			owner = kind.FieldByIndex(field.Index[:at]).Type
		}
		property.Description = d.comments[owner.Name()+"."+field.Name]
		example := field.Tag.Get("example")
		if field.Type == reflect.TypeFor[json.RawMessage]() && strings.HasPrefix(example, "{") {
			property.Type = "object"
		}
		var value any
		if json.Unmarshal([]byte(example), &value) == nil {
			property.Examples = []any{value}
		}
	}
}

// withoutNull removes null from the types of a schema and of all lists in it.
func withoutNull(schema *jsonschema.Schema) {
	for _, part := range partsOf(schema) {
		if at := slices.Index(part.Types, "null"); at >= 0 && slices.Contains(part.Types, "array") {
			part.Types = slices.Delete(slices.Clone(part.Types), at, at+1)
		}
	}
	if at := slices.Index(schema.Types, "null"); at >= 0 {
		schema.Types = slices.Delete(slices.Clone(schema.Types), at, at+1)
	}
	for _, part := range partsOf(schema) {
		if len(part.Types) == 1 && part.Ref == "" {
			part.Type, part.Types = part.Types[0], nil
		}
	}
}

// partsOf returns a schema and all schemas nested in it.
func partsOf(schema *jsonschema.Schema) []*jsonschema.Schema {
	if schema == nil {
		return nil
	}
	parts := []*jsonschema.Schema{schema}
	for _, name := range schema.PropertyOrder {
		parts = append(parts, partsOf(schema.Properties[name])...)
	}
	for _, part := range schema.AnyOf {
		parts = append(parts, partsOf(part)...)
	}
	return append(append(parts, partsOf(schema.Items)...), partsOf(schema.AdditionalProperties)...)
}

// toDefs is the prefix of every reference to a type.
const toDefs = "#/$defs/"

func reference(name string) *jsonschema.Schema { return &jsonschema.Schema{Ref: toDefs + name} }

// embeds reports whether a struct embeds another.
func embeds(kind, other reflect.Type) bool {
	if kind.Kind() != reflect.Struct {
		return false
	}
	for field := range kind.Fields() {
		if field.Anonymous && (field.Type == other || embeds(field.Type, other)) {
			return true
		}
	}
	return false
}
