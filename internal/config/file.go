package config

// The configuration file sets variables in YAML, unless they are set in the
// environment.

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"temporal-twilio/internal/follow"
	"temporal-twilio/internal/yamlfile"
)

// fileVariable is the variable that names the configuration file.
const fileVariable = "CONFIG_FILE"

// merge adds the variables in the file named by CONFIG_FILE to a copy of an
// environment. A variable that the environment sets, under any of its names,
// takes precedence. from maps each added variable to its file and line.
func merge(environment map[string]string, open follow.Open) (merged, from map[string]string, err error) {
	merged, from = maps.Clone(environment), map[string]string{}
	path := strings.TrimSpace(environment[fileVariable])
	if path == "" {
		return merged, from, nil
	}
	data, err := open(path)
	if err != nil {
		return merged, from, fmt.Errorf("read %s: %w", fileVariable, err)
	}
	written := map[string]yamlfile.Value{}
	file, err := yamlfile.Parse(path, data)
	if err == nil {
		err = file.Decode(&written)
	}
	if err != nil {
		return merged, from, fmt.Errorf("%s: %w", fileVariable, err)
	}
	var mistakes Mistakes
	spellings := spellings()
	for _, name := range slices.Sorted(maps.Keys(written)) {
		at := fmt.Sprintf("%s:%d", path, file.Line(name))
		v, known := spellings[name]
		value, err := v.text(written[name])
		switch {
		case strings.HasPrefix(name, "TEMPORAL_") || strings.HasPrefix(name, "OTEL_") || name == fileVariable:
			err = errors.New("set it in the environment")
		case !known:
			err = errors.New("this program has no such variable" + didYouMean(name))
		}
		if err != nil {
			mistakes.add(fmt.Errorf("%s: %s: %w", at, name, err))
			continue
		}
		if value != "" && !v.isSet(environment) {
			merged[name], from[name] = value, at
		}
	}
	return merged, from, mistakes.err()
}

// text returns a value from the file as it would be written in the environment.
func (v variable) text(value yamlfile.Value) (string, error) {
	switch value := value.Any.(type) {
	case nil:
		return "", nil
	case string, bool, json.Number:
		return strings.TrimSpace(fmt.Sprint(value)), nil
	case []any:
		if !v.list {
			break
		}
		entries := make([]string, len(value))
		for i, entry := range value {
			text, ok := entry.(string)
			if !ok {
				return "", errors.New("each entry of the list must be a string")
			}
			entries[i] = text
		}
		return strings.Join(entries, ","), nil
	}
	if v.list {
		return "", errors.New("write a string or a list of strings")
	}
	return "", errors.New("write a single value")
}

// isSet reports whether an environment sets the variable under any of its
// names.
func (v variable) isSet(environment map[string]string) bool {
	return slices.ContainsFunc(v.spellings(), func(name string) bool { return strings.TrimSpace(environment[name]) != "" })
}

// spellings returns all names that can set the variable: its own name, Twilio's
// name for it and, if the value can come from a file, each of these with the
// suffix _FILE.
func (v variable) spellings() []string {
	names := []string{v.name}
	if alias := aliases[v.name]; alias != "" {
		names = append(names, alias)
	}
	if v.file {
		for _, name := range slices.Clone(names) {
			names = append(names, name+"_FILE")
		}
	}
	return names
}

// spellings maps every name that can set a variable to that variable.
func spellings() map[string]variable {
	all := map[string]variable{}
	for _, v := range variablesOf() {
		for _, name := range v.spellings() {
			all[name] = v
		}
	}
	return all
}

// Schema returns the JSON Schema of the configuration file.
func Schema() []byte {
	properties := map[string]any{}
	for name, v := range spellings() {
		if name != fileVariable {
			properties[name] = v.schema(name)
		}
	}
	text, err := json.MarshalIndent(map[string]any{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"title":                "The configuration file of temporal-twilio",
		"description":          "The variables of docs/configuration.md. The environment takes precedence.",
		"type":                 "object",
		"additionalProperties": false,
		"properties":           properties,
	}, "", "  ")
	if err != nil {
		panic(err) // cannot happen: every value above has a JSON form
	}
	return append(text, '\n')
}

// schema returns the schema of the variable's value under one of its names.
func (v variable) schema(name string) map[string]any {
	if held, found := strings.CutSuffix(name, "_FILE"); found {
		return map[string]any{"type": "string", "description": "The path of a file with " + held + "."}
	}
	schema := map[string]any{"type": "string", "description": v.description}
	if v.byDefault != "" {
		schema["description"] = v.description + " Default: " + v.byDefault + "."
	}
	switch {
	case v.oneof != nil:
		schema["enum"] = v.oneof
	case v.list:
		schema["type"], schema["items"] = []string{"string", "array"}, map[string]any{"type": "string"}
	case v.kind == reflect.Bool:
		schema["type"] = "boolean"
	case v.kind == reflect.Int:
		schema["type"], schema["minimum"] = "integer", json.Number(v.min)
	case v.kind == reflect.Float64:
		schema["type"], schema["minimum"] = "number", json.Number(v.min)
	}
	return schema
}
