// Package corpus reads and writes the cases in freemarker/testdata/corpus,
// which are templates with the results of Apache FreeMarker 2.3.31.
//
// A file holds one case per line. To keep them short, cases without their own
// model share the one in base.json, and those marked with prelude start with
// its prelude: a macro, a function, and a function that prints any value.
package corpus

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
)

// Case is a template with its result in Apache FreeMarker: Output, or the
// Class, Line and Column of an error. A case without either took too long
// there.
type Case struct {
	Area     string          `json:"area"`
	Template string          `json:"template"`
	Model    json.RawMessage `json:"model,omitempty"`
	Prelude  bool            `json:"prelude,omitempty"`
	Locale   string          `json:"locale,omitempty"`
	TimeZone string          `json:"timezone,omitempty"`
	Output   *string         `json:"output,omitempty"`
	Class    string          `json:"class,omitempty"`
	Line     int             `json:"line,omitempty"`
	Column   int             `json:"column,omitempty"`
}

// Base holds the prelude and the model that cases share.
type Base struct {
	Prelude string          `json:"prelude"`
	Model   json.RawMessage `json:"model"`
}

// Source returns the full source of the template.
func (b Base) Source(c Case) string {
	if c.Prelude {
		return b.Prelude + c.Template
	}
	return c.Template
}

// ModelOf returns the case's own model, or the shared one.
func (b Base) ModelOf(c Case) json.RawMessage {
	if len(c.Model) > 0 {
		return c.Model
	}
	return b.Model
}

// Load reads the base of a corpus, and returns it with the names of the
// corpus's files.
func Load(dir string) (Base, []string, error) {
	var base Base
	data, err := os.ReadFile(filepath.Join(dir, "base.json"))
	if err != nil {
		return base, nil, err
	}
	if err := json.Unmarshal(data, &base); err != nil {
		return base, nil, fmt.Errorf("%s: %w", dir, err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	sort.Strings(files)
	return base, files, err
}

// ReadFile reads the cases of one file.
func ReadFile(name string) ([]Case, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var cases []Case
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var c Case
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", name, len(cases)+1, err)
		}
		cases = append(cases, c)
	}
	return cases, lines.Err()
}

// WriteFile writes the cases of one file.
func WriteFile(name string, cases []Case) error {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	for _, c := range cases {
		if err := enc.Encode(c); err != nil {
			return err
		}
	}
	return os.WriteFile(name, out.Bytes(), 0o644)
}
