package broadcast

// Parses CSV as spreadsheets and people write it.

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"temporal-twilio/sms"
)

// separators lists the separators that a header may use, most common first.
const separators = ",;\t|"

// recipientColumn is the name of the recipients' column, in any case.
const recipientColumn = "to"

// table reads the records of a CSV file.
type table struct {
	heading []string
	// to is the index of the recipients' column.
	to        int
	separator string
	// text is the record that csv reads through source.
	text   *bytes.Reader
	source *bufio.Reader
	csv    *csv.Reader
}

// newTable parses a header. If no separator is given, it chooses the one that
// yields the most columns, among those that yield a column of recipients.
func newTable(heading []byte, separator string) (*table, error) {
	var best *table
	var problem error
	for _, candidate := range separators {
		if separator != "" && separator != string(candidate) {
			continue
		}
		t := &table{to: -1, separator: string(candidate), text: bytes.NewReader(nil), source: bufio.NewReader(nil)}
		t.csv = csv.NewReader(t.source)
		t.csv.Comma = candidate
		t.csv.FieldsPerRecord = -1 // fields are counted below
		// Allow a space after a separator, unless the separator is
		// white space.
		t.csv.TrimLeadingSpace = candidate != '\t'
		fields, err := t.fields(heading)
		if err != nil {
			problem = err
			continue
		}
		t.name(fields)
		if t.to >= 0 && (best == nil || len(t.heading) > len(best.heading)) {
			best = t
		}
	}
	switch {
	case best != nil:
		best.csv.ReuseRecord = true // no record is kept from here on, and reuse is faster
		return best, best.unique()
	case separator != "" && !strings.Contains(separators, separator):
		return nil, refuse("the file says \"sep=%s\", but its separator must be one of , ; | or a tab", separator)
	case errors.Is(problem, errBlank):
		return nil, refuse("the file has no header: its first line is blank")
	case problem != nil:
		return nil, refuse("the file has no header: its first line %v", problem)
	}
	return nil, refuse("the file's header has no column %q", recipientColumn)
}

// name sets the column names and finds the recipients' column.
func (t *table) name(fields []string) {
	for i, name := range fields {
		name = strings.TrimSpace(name)
		if t.to < 0 && strings.EqualFold(name, recipientColumn) {
			t.to = i
		}
		t.heading = append(t.heading, name)
	}
}

// unique returns an error if a name appears twice in the header, because one of
// the columns would hide the other. Columns without a name are ignored.
func (t *table) unique() error {
	seen := make(map[string]string, len(t.heading))
	for _, name := range t.heading {
		if name == "" {
			continue
		}
		if first, twice := seen[strings.ToLower(name)]; twice {
			return refuse("the file's header has the column %q twice, as %q and as %q; rename or remove one", strings.ToLower(name), first, name)
		}
		seen[strings.ToLower(name)] = name
	}
	return nil
}

// fields splits a record. A quote within an unquoted field is an ordinary
// character.
func (t *table) fields(text []byte) ([]string, error) {
	fields, err := t.cut(text)
	if errors.Is(err, csv.ErrBareQuote) {
		t.csv.LazyQuotes = true
		fields, err = t.cut(text)
		t.csv.LazyQuotes = false
	}
	var problem *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return nil, errBlank
	case errors.As(err, &problem):
		return nil, badRecord("is not CSV: " + problem.Err.Error())
	}
	return fields, err
}

// cut splits the text of a record into fields. It fails if the record ends
// before the text does, because the rest would be lost.
func (t *table) cut(text []byte) ([]string, error) {
	t.text.Reset(text)
	t.source.Reset(t.text)
	before := t.csv.InputOffset()
	fields, err := t.csv.Read()
	if err == nil && t.csv.InputOffset()-before < int64(len(text)) {
		err = badRecord("has a quote that does not belong to a field")
	}
	return fields, err
}

func (t *table) recipient(text []byte, wanted bool) (recipient sms.Recipient, err error) {
	fields, err := t.fields(text)
	if err != nil {
		return recipient, err
	}
	if blank(fields) {
		return recipient, errBlank
	}
	// Spreadsheets may write extra separators after the last column.
	if n := len(t.heading); len(fields) > n && blank(fields[n:]) {
		fields = fields[:n]
	}
	if len(fields) != len(t.heading) {
		return recipient, badRecord(fmt.Sprintf("has %d fields, but the header has %d", len(fields), len(t.heading)))
	}
	recipient.To = fields[t.to]
	if len(fields) == 1 || !wanted {
		return recipient, nil
	}
	variables := make(map[string]string, len(fields)-1)
	for i, value := range fields {
		if i != t.to && t.heading[i] != "" {
			variables[t.heading[i]] = value
		}
	}
	recipient.Variables, err = json.Marshal(variables)
	return recipient, err
}

// blank reports whether all fields are empty.
func blank(fields []string) bool {
	for _, field := range fields {
		if strings.TrimSpace(field) != "" {
			return false
		}
	}
	return true
}
