package triggers

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v4"
)

// schema compiles the schema that editors use.
func schema(t *testing.T) *jsonschema.Resolved {
	t.Helper()
	var document jsonschema.Schema
	if err := json.Unmarshal(Schema, &document); err != nil {
		t.Fatal(err)
	}
	compiled, err := document.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// valid checks a trigger file against the schema.
func valid(t *testing.T, s *jsonschema.Resolved, text string) error {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(strings.ReplaceAll(text, "\t", " ")), &value); err != nil {
		return err
	}
	// Convert the value through JSON, so that numbers have the types that
	// the validator expects.
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	var read any
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	return s.Validate(read)
}

func TestSchemaAcceptsWhatTheLoaderAccepts(t *testing.T) {
	s := schema(t)
	samples, err := filepath.Glob("../test/e2e/testdata/alfresco/*.json")
	if err != nil || len(samples) < 20 {
		t.Fatalf("got %d samples, want at least 20; error %v", len(samples), err)
	}
	for _, path := range append(samples, "../local/triggers.yaml") {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := valid(t, s, string(data)); err != nil {
			t.Errorf("%s: got error %v, want none", path, err)
		}
	}
	if err := valid(t, s, strings.Replace(keywordTriggers, "+15005550007", "'+15005550007'", 1)); err != nil {
		t.Errorf("keywords: got error %v, want none", err)
	}
	for name, text := range goodTriggers {
		if err := valid(t, s, "triggers:\n"+text); err != nil {
			t.Errorf("schema, %s: got error %v, want none", name, err)
		}
		if _, err := parse("t.yaml", "triggers:\n"+text); err != nil {
			t.Errorf("loader, %s: got error %v, want none", name, err)
		}
	}
}

func TestSchemaRefusesWhatTheLoaderRefuses(t *testing.T) {
	s := schema(t)
	for name, tc := range badTriggers {
		if tc.loaderOnly {
			continue
		}
		if err := valid(t, s, "triggers:\n"+tc.text); err == nil {
			t.Errorf("%s: the schema accepted it, want an error", name)
		}
	}
}
