package triggers

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

// schema compiles the schema that editors use.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("schema.json", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// valid holds a trigger file against the schema.
func valid(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(strings.ReplaceAll(text, "\t", " ")), &value); err != nil {
		return err
	}
	// Through JSON, so that numbers are what the validator knows.
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if value, err = jsonschema.UnmarshalJSON(bytes.NewReader(data)); err != nil {
		return err
	}
	return s.Validate(value)
}

func TestTheSchemaTakesEverySampleAndSoDoesTheLoader(t *testing.T) {
	s := schema(t)
	samples, err := filepath.Glob("../test/e2e/testdata/alfresco/*.json")
	if err != nil || len(samples) < 20 {
		t.Fatalf("%d samples, %v", len(samples), err)
	}
	for _, path := range append(samples, "../local/triggers.yaml") {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := valid(t, s, string(data)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := valid(t, s, strings.Replace(keywordTriggers, "+15005550007", "'+15005550007'", 1)); err != nil {
		t.Errorf("keywords: %v", err)
	}
	for name, text := range goodTriggers {
		if err := valid(t, s, "triggers:\n"+text); err != nil {
			t.Errorf("schema, %s: %v", name, err)
		}
		if _, err := parse("t.yaml", "triggers:\n"+text); err != nil {
			t.Errorf("loader, %s: %v", name, err)
		}
	}
}

func TestTheSchemaRefusesWhatTheLoaderRefuses(t *testing.T) {
	s := schema(t)
	for name, tc := range badTriggers {
		if tc.loaderOnly {
			continue
		}
		if err := valid(t, s, "triggers:\n"+tc.text); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
