package activities

// Records: a file of recipients, cut into records, whatever is wrong with one
// of them.

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxLine bounds a record of a file, in bytes.
const maxLine = 64 << 10

// maxAddress bounds an address in a file, in bytes. The longest that is one,
// on WhatsApp, has 25, beside punctuation.
const maxAddress = 200

// records reads a file of recipients, one record after the other. A record that
// makes no sense costs itself alone.
type records struct {
	reader *bufio.Reader
	// offset and line say where the next record begins, in bytes from 0 and in
	// lines from 1.
	offset int64
	line   int

	// table is set if the file is CSV.
	table *table
}

// badRecord says what is wrong with a record. It repeats nothing of it: what
// stands there may be anybody's.
type badRecord string

func (e badRecord) Error() string { return string(e) }

// newRecords begins with a file: JSON lines, or CSV with a heading.
func newRecords(file io.Reader, isTable bool) (*records, error) {
	r := &records{reader: bufio.NewReaderSize(file, 4*maxLine), line: 1}
	if !isTable {
		return r, nil
	}
	text, err := r.peek(true)
	if err != nil {
		return nil, invalid("the file has no heading: %v", err)
	}
	if r.table, err = newTable(bytes.TrimPrefix(text, []byte("\ufeff"))); err != nil {
		return nil, err
	}
	r.take(text)
	return r, nil
}

// next gives the next recipient, with variables only if they are wanted. Its
// error is a badRecord if there is none in this record, io.EOF after the last.
func (r *records) next(wanted bool) (recipient Recipient, err error) {
	text, err := r.peek(r.table != nil)
	switch {
	case errors.Is(err, errLong):
		if err := r.skip(); err != nil {
			return recipient, err
		}
		return recipient, badRecord(fmt.Sprintf("is longer than %d bytes", maxLine))
	case err != nil:
		return recipient, err
	case r.table != nil:
		recipient, err = r.table.recipient(text, wanted)
		if _, bad := errors.AsType[badRecord](err); bad {
			// A quote that is never closed would swallow the records behind it.
			text = text[:firstLine(text)]
		}
	default:
		recipient, err = lineRecipient(text)
	}
	r.take(text)
	if err == nil && len(recipient.To) > maxAddress {
		err = badRecord(fmt.Sprintf("has an address of more than %d bytes", maxAddress))
	}
	return recipient, err
}

// errBlank is a record without anything in it.
var errBlank = errors.New("a blank record")

// errLong is a line that is longer than maxLine.
var errLong = errors.New("a line is too long")

// peek gives the next record without going on. Between double quotes of a table
// a line break does not end it; if such quotes are never closed, the record is
// one line.
func (r *records) peek(isTable bool) ([]byte, error) {
	for n := 4 << 10; ; n *= 4 {
		window, err := r.reader.Peek(n)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		ended := err != nil
		first, open := 0, false
		for i, c := range window {
			if c == '"' && isTable {
				open = !open
			}
			if c != '\n' {
				continue
			}
			if first == 0 {
				first = i + 1
			}
			if !open {
				return window[:i+1], nil
			}
		}
		switch {
		case len(window) == 0:
			return nil, io.EOF
		case ended && (!open || first == 0):
			return window, nil // the last line needs no line break
		case !ended && n < maxLine:
			continue
		case first > 0:
			return window[:first], nil
		}
		return nil, errLong
	}
}

// take goes on behind a record.
func (r *records) take(text []byte) {
	r.offset += int64(len(text))
	r.line += bytes.Count(text, []byte("\n"))
	_, _ = r.reader.Discard(len(text)) // which has been read
}

// skip goes on behind a line of any length.
func (r *records) skip() error {
	for {
		part, err := r.reader.ReadSlice('\n')
		r.offset += int64(len(part))
		if !errors.Is(err, bufio.ErrBufferFull) {
			r.line++
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return err
		}
	}
}

func firstLine(text []byte) int {
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		return i + 1
	}
	return len(text)
}

// lineRecipient reads a line of JSON.
func lineRecipient(text []byte) (recipient Recipient, err error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return recipient, errBlank
	}
	if !json.Valid(text) || json.Unmarshal(text, &recipient) != nil {
		return recipient, badRecord("is not JSON")
	}
	return recipient, nil
}

// table reads the records of a CSV file.
type table struct {
	heading []string
	// to is the column of the recipients.
	to int
	// text is the record that csv reads, through source.
	text   *bytes.Reader
	source *bufio.Reader
	csv    *csv.Reader
}

func newTable(heading []byte) (*table, error) {
	t := &table{to: -1, text: bytes.NewReader(nil), source: bufio.NewReader(nil)}
	t.csv = csv.NewReader(t.source)
	var err error
	if t.heading, err = t.fields(heading); err != nil {
		return nil, invalid("the file has no heading: its first line %v", err)
	}
	t.csv.ReuseRecord = true // from here on, as records are read very often
	for i, name := range t.heading {
		t.heading[i] = strings.TrimSpace(name)
		if strings.EqualFold(t.heading[i], "to") {
			t.to = i
		}
	}
	if t.to < 0 {
		return nil, invalid("the file's heading has no column \"to\"")
	}
	return t, nil
}

func (t *table) fields(text []byte) ([]string, error) {
	t.text.Reset(text)
	t.source.Reset(t.text)
	fields, err := t.csv.Read()
	var problem *csv.ParseError
	switch {
	case err == nil:
		return fields, nil
	case errors.Is(err, io.EOF):
		return nil, errBlank
	case errors.Is(err, csv.ErrFieldCount):
		return nil, badRecord(fmt.Sprintf("has %d fields, the heading %d", len(fields), len(t.heading)))
	case errors.As(err, &problem):
		return nil, badRecord("is not CSV: " + problem.Err.Error())
	}
	return nil, err
}

func (t *table) recipient(text []byte, wanted bool) (recipient Recipient, err error) {
	fields, err := t.fields(text)
	if err != nil {
		return recipient, err
	}
	recipient.To = fields[t.to]
	if len(fields) == 1 || !wanted {
		return recipient, nil
	}
	variables := make(map[string]string, len(fields)-1)
	for i, value := range fields {
		if i != t.to {
			variables[t.heading[i]] = value
		}
	}
	recipient.Variables, err = json.Marshal(variables)
	return recipient, err
}
