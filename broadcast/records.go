package broadcast

// Splits a recipient file into records, even if some of them are malformed.

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"temporal-twilio/sms"
)

// maxRecord limits the size of a record, in bytes.
const maxRecord = 64 << 10

// maxAddress limits the length of an address in a file, in bytes. SendSms does
// not accept a longer one.
const maxAddress = 200

// position is a position between two records of a file.
type position struct {
	// offset is in bytes, counted from 0, and line is counted from 1.
	offset int64
	line   int
	// sum is a checksum of all text before the position.
	sum uint64
}

// layout is the format of a file.
type layout struct {
	encoding encoding
	// table is nil for JSON lines.
	table *table
}

// records reads a recipient file record by record. A malformed record does not
// affect the others.
type records struct {
	position
	layout
	reader *bufio.Reader
	// cut is true if the last record read does not end in a line break.
	cut bool
}

var checksums = crc64.MakeTable(crc64.ECMA)

// badRecord says what is wrong with a record. It does not quote the record,
// which may contain personal data.
type badRecord string

func (e badRecord) Error() string { return string(e) }

// foreignRecord says that a record is not in the file's encoding, so the whole
// file is unreadable.
type foreignRecord string

func (e foreignRecord) Error() string { return string(e) }

// newRecords starts reading a file, which is CSV with a header if isTable is
// true, and otherwise consists of JSON lines.
func newRecords(file io.Reader, isTable bool) (*records, error) {
	raw := bufio.NewReaderSize(sips{file}, 4*maxRecord)
	head, err := raw.Peek(8)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	r := &records{position: position{line: 1}}
	var mark int
	if r.encoding, mark, err = detect(head); err != nil {
		return nil, err
	}
	_, _ = raw.Discard(mark) // already peeked
	r.offset = int64(mark)
	r.reader = raw
	if r.encoding != utf8Text {
		r.reader = bufio.NewReaderSize(r.encoding.text(raw), 4*maxRecord)
	}
	if !isTable {
		return r, nil
	}
	return r, r.heading()
}

// resumeRecords continues reading a file at a position.
func resumeRecords(file io.Reader, at position, as layout) *records {
	return &records{position: at, layout: as, reader: bufio.NewReaderSize(as.encoding.text(sips{file}), 4*maxRecord)}
}

// sips reads in small pieces, because whatever is read beyond the end of a page
// is read again for the next page.
type sips struct{ io.Reader }

func (s sips) Read(p []byte) (int, error) { return s.Reader.Read(p[:min(len(p), 8<<10)]) }

// heading reads the column names, and Excel's "sep=;" if it precedes them.
func (r *records) heading() error {
	text, err := r.peek(separators)
	if err != nil {
		return refuse("the file has no header: %v", err)
	}
	if i := bytes.IndexByte(text, '\r'); i >= 0 && i+1 < len(text) && text[i+1] != '\n' {
		return refuse("the lines of the file end in CR alone, as on very old Macs; save it as \"CSV UTF-8\"")
	}
	separator := ""
	if rest, found := bytes.CutPrefix(bytes.TrimRight(text, "\r\n"), []byte("sep=")); found && len(rest) == 1 {
		separator = string(rest)
		r.consume(text)
		if text, err = r.peek(separators); err != nil {
			return refuse("the file has no header: %v", err)
		}
	}
	if what := foreign(text) + damage(text); what != "" {
		return refuse("the header of the file %s", what)
	}
	if r.table, err = newTable(text, separator); err != nil {
		return err
	}
	r.consume(text)
	return nil
}

// next reads the next recipient, with variables only if they are wanted. Its
// error is errBlank for an empty record, a badRecord or foreignRecord for one
// that cannot be read, and io.EOF after the last record.
func (r *records) next(wanted bool) (recipient sms.Recipient, err error) {
	separator := ""
	if r.table != nil {
		separator = r.table.separator
	}
	text, err := r.peek(separator)
	switch {
	case errors.Is(err, errLong):
		if err := r.skip(); err != nil {
			return recipient, err
		}
		return recipient, badRecord(fmt.Sprintf("is longer than %d bytes", maxRecord))
	case err != nil:
		return recipient, err
	}
	// A bad record of several lines is consumed as a whole, because its
	// lines may be part of a note that contains someone else's number.
	recipient, err = r.recipient(text, wanted)
	r.consume(text)
	switch {
	case err != nil:
	case strings.TrimSpace(recipient.To) == "": // without an address, only the line number identifies the record
		err = badRecord("has no recipient")
	case len(recipient.To) > maxAddress:
		err = badRecord(fmt.Sprintf("has an address of more than %d bytes", maxAddress))
	}
	return recipient, err
}

// recipient parses a record.
func (r *records) recipient(text []byte, wanted bool) (recipient sms.Recipient, err error) {
	if what := foreign(text); what != "" {
		return recipient, foreignRecord(what)
	}
	if what := damage(text); what != "" {
		return recipient, badRecord(what)
	}
	if r.table == nil {
		return lineRecipient(text)
	}
	return r.table.recipient(text, wanted)
}

// errBlank means that a record is empty.
var errBlank = errors.New("a blank record")

// errLong means that a line is longer than maxRecord.
var errLong = errors.New("a line is too long")

// peek returns the next record without consuming it. In a table, a line break
// inside a quoted field does not end the record. If the field is never closed,
// the record is a single line. separators is "" for JSON lines, and lists all
// possible separators for the header.
func (r *records) peek(separators string) ([]byte, error) {
	for n := 4 << 10; ; n *= 4 {
		window, err := r.reader.Peek(n)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		ended := err != nil
		end, first, open := recordEnd(window, separators)
		switch {
		case len(window) == 0:
			return nil, io.EOF
		case end > 0:
			return window[:end], nil
		case ended && (!open || first == 0):
			return window, nil // the last line may have no line break
		case !ended && n < maxRecord:
			continue
		case first > 0:
			return window[:first], nil
		}
		return nil, errLong
	}
}

// recordEnd returns where the first record of a window ends, or 0 if the record
// is incomplete; where its first line ends, or 0 if that line is incomplete;
// and whether a quoted field is still open at the end of the window. A quote
// opens a field only at the field's start, or after white space that the CSV
// reader trims.
func recordEnd(window []byte, separators string) (end, first int, open bool) {
	beginning := true // at the beginning of a field
	for i := 0; i < len(window); i++ {
		c := window[i]
		if c == '\n' && first == 0 {
			first = i + 1
		}
		switch {
		case open && c != '"':
		case open && i+1 < len(window) && window[i+1] == '"': // an escaped quote
			i++
		case open:
			open = false
		case c == '\n':
			return i + 1, first, false
		case c == '"' && beginning && separators != "":
			open, beginning = true, false
		case strings.IndexByte(separators, c) >= 0:
			beginning = true
		case beginning:
			r, size := utf8.DecodeRune(window[i:])
			beginning = separators != "\t" && unicode.IsSpace(r) // white space that table's csv reader trims
			i += size - 1
		}
	}
	return 0, first, open
}

// consume moves past a record that peek returned.
func (r *records) consume(text []byte) {
	r.offset += r.encoding.size(text)
	r.sum = crc64.Update(r.sum, checksums, text)
	r.line += bytes.Count(text, []byte("\n"))
	r.cut = !bytes.HasSuffix(text, []byte("\n"))
	_, _ = r.reader.Discard(len(text)) // already read
}

// skip consumes a line of any length.
func (r *records) skip() error {
	for {
		part, err := r.reader.ReadSlice('\n')
		r.offset += r.encoding.size(part)
		r.sum = crc64.Update(r.sum, checksums, part)
		if !errors.Is(err, bufio.ErrBufferFull) {
			r.line++
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return err
		}
	}
}

// lineRecipient parses a line of JSON.
func lineRecipient(text []byte) (recipient sms.Recipient, err error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return recipient, errBlank
	}
	if !json.Valid(text) || json.Unmarshal(text, &recipient) != nil {
		return recipient, badRecord("is not JSON")
	}
	return recipient, nil
}
