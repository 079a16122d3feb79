package main

// The variables of a template, from a file and from the command line.

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"
)

type variableFlags struct {
	file  string
	pairs []string
}

func (f *variableFlags) add(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.pairs, "var", nil, "a template variable, name=text, or name:=JSON for a number or an object; may be repeated")
	flags.StringVar(&f.file, "vars", "", "file with a JSON object of template variables; --var overrides it")
}

// brokenAt says where JSON is malformed, given the error from decoding it. It
// returns "" if the JSON is valid but not an object.
func brokenAt(err error) string {
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		return fmt.Sprintf(": %v after %d bytes", err, syntax.Offset)
	}
	return ""
}

// model returns the template's data model as JSON, or nil if there is none.
func (f *variableFlags) model() (json.RawMessage, error) {
	if f.file == "" && len(f.pairs) == 0 {
		return nil, nil
	}
	variables := map[string]json.RawMessage{}
	if f.file != "" {
		data, err := os.ReadFile(f.file)
		if err != nil {
			return nil, fmt.Errorf("--vars: %w", err)
		}
		if err := json.Unmarshal(data, &variables); err != nil {
			return nil, fmt.Errorf("--vars %s: want a JSON object, such as {\"name\": \"Ann\"}%s", f.file, brokenAt(err))
		}
		if len(f.pairs) == 0 {
			return data, nil // keeps the order of its keys
		}
	}
	for _, pair := range f.pairs {
		name, value, found := strings.Cut(pair, "=")
		if !found || name == "" || name == ":" {
			return nil, fmt.Errorf("--var %q is not name=value", pair)
		}
		if number, isJSON := strings.CutSuffix(name, ":"); isJSON {
			if !json.Valid([]byte(value)) {
				return nil, fmt.Errorf("--var %q: the value is not JSON; for a text, leave out the colon: %s=%s", pair, number, value)
			}
			variables[number] = json.RawMessage(value)
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("--var %q: %w", pair, err)
		}
		variables[name] = text
	}
	return json.Marshal(variables)
}
