package activities

// Recipients from a file: CSV or JSON lines, a page at a time.

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"go.temporal.io/sdk/temporal"

	"temporal-twilio/sms"
)

// The activity types of broadcasts.
const (
	ReadRecipientsName = "ReadRecipients"
	WriteReportName    = "WriteReport"
	FinishReportName   = "FinishReport"
)

// PageInput asks for a page of recipients. An activity of the caller's own that
// gives recipients takes the same.
type PageInput struct {
	// File is the file's name below the worker's BROADCAST_DIR.
	File string `json:"file,omitempty"`
	// Input is what the caller gave for an activity of its own.
	Input json.RawMessage `json:"input,omitempty"`
	// Cursor is the Next of the page before, empty for the first.
	Cursor string `json:"cursor"`
	// Limit is how many recipients are wanted.
	Limit int `json:"limit"`
}

// Page is a part of a list of recipients.
type Page struct {
	Recipients Recipients `json:"recipients"`
	// Next is the cursor of the page after; empty after the last.
	Next string `json:"next"`
}

// maxLine bounds a line of a file.
const maxLine = 64 << 10

// ReadRecipients reads a page of a file below BROADCAST_DIR. A name that ends in
// .jsonl holds a recipient in each line, as smsTo has them; every other is CSV
// with a heading: column "to" is the number, the others are variables.
func (a *Activities) ReadRecipients(_ context.Context, in PageInput) (Page, error) {
	root, err := a.files()
	if err != nil {
		return Page{}, err
	}
	defer root.Close()
	file, err := root.Open(in.File)
	if err != nil {
		return Page{}, invalid("the file of recipients cannot be opened: %v", err)
	}
	defer file.Close()
	var offset int64
	if in.Cursor != "" {
		if _, err := fmt.Sscan(in.Cursor, &offset); err != nil || offset < 0 {
			return Page{}, invalid("%q is no cursor of a file", in.Cursor)
		}
	}
	if path.Ext(in.File) == ".jsonl" {
		return readLines(file, offset, in.Limit)
	}
	return readCSV(file, offset, in.Limit)
}

// readLines reads JSON lines from an offset.
func readLines(file *os.File, offset int64, limit int) (page Page, err error) {
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		return page, err
	}
	reader := bufio.NewReaderSize(file, maxLine)
	for len(page.Recipients) < limit {
		line, err := reader.ReadSlice('\n')
		offset += int64(len(line))
		if errors.Is(err, bufio.ErrBufferFull) {
			return page, invalid("a line of the file is longer than %d bytes", maxLine)
		}
		if text := bytes.TrimSpace(line); len(text) > 0 {
			var recipient Recipient
			if !json.Valid(text) {
				return page, invalid("the line that ends at byte %d is not JSON", offset)
			}
			if err := json.Unmarshal(text, &recipient); err != nil {
				return page, invalid("the line that ends at byte %d is no recipient", offset)
			}
			page.Recipients = append(page.Recipients, recipient)
		}
		if errors.Is(err, io.EOF) {
			return page, nil
		}
		if err != nil {
			return page, err
		}
	}
	page.Next = fmt.Sprint(offset)
	return page, nil
}

// readCSV reads CSV from an offset, which is 0 or the end of a record.
func readCSV(file *os.File, offset int64, limit int) (page Page, err error) {
	reader := csv.NewReader(bufio.NewReaderSize(file, maxLine))
	heading, err := reader.Read()
	if err != nil {
		return page, invalid("the file has no heading: %v", err)
	}
	to := -1
	for i, name := range heading {
		heading[i] = strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))
		if strings.EqualFold(heading[i], "to") {
			to = i
		}
	}
	if to < 0 {
		return page, invalid("the file's heading has no column \"to\"")
	}
	begin := reader.InputOffset()
	if offset > begin {
		begin = offset
		if _, err := file.Seek(offset, io.SeekStart); err != nil {
			return page, err
		}
		reader = csv.NewReader(bufio.NewReaderSize(file, maxLine))
		reader.FieldsPerRecord = len(heading)
		offset = 0
	} else {
		offset = begin
	}
	for len(page.Recipients) < limit {
		fields, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return page, nil
		}
		if err != nil {
			return page, invalid("the file is not CSV after byte %d", begin)
		}
		recipient := Recipient{To: fields[to]}
		if len(fields) > 1 {
			variables := make(map[string]string, len(fields)-1)
			for i, value := range fields {
				if i != to {
					variables[heading[i]] = value
				}
			}
			if recipient.Variables, err = json.Marshal(variables); err != nil {
				return page, err
			}
		}
		page.Recipients = append(page.Recipients, recipient)
	}
	page.Next = fmt.Sprint(begin - offset + reader.InputOffset())
	return page, nil
}

// files opens BROADCAST_DIR. Nothing outside of it can be named, not by "..",
// and not by a link.
func (a *Activities) files() (*os.Root, error) {
	if a.Files == "" {
		return nil, invalid("this worker has no folder for files: set BROADCAST_DIR")
	}
	root, err := os.OpenRoot(a.Files)
	if err != nil {
		return nil, fmt.Errorf("open BROADCAST_DIR: %w", err)
	}
	return root, nil
}

func invalid(format string, args ...any) error {
	return temporal.NewNonRetryableApplicationError(fmt.Sprintf(format, args...), string(sms.InvalidInput), nil)
}
