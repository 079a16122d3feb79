package activities

// Recipients: those of a file, a page at a time, and those that a list names
// twice.

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"

	"go.temporal.io/sdk/temporal"

	"temporal-twilio/sms"
)

// The activity types of broadcasts.
const (
	BeginBroadcastName = "BeginBroadcast"
	ReadRecipientsName = "ReadRecipients"
	FindRepeatedName   = "FindRepeated"
	WriteReportName    = "WriteReport"
	FinishReportName   = "FinishReport"
)

// PageInput asks for a page of recipients. An activity of the caller's own that
// gives recipients takes the same.
type PageInput struct {
	// File is the file's name below the worker's BROADCAST_DIR.
	File string `json:"file,omitempty"`
	// DefaultRegion is the country of numbers without a country code. Optional:
	// default the worker's.
	DefaultRegion string `json:"defaultRegion,omitempty"`
	// Input is what the caller gave for an activity of its own.
	Input json.RawMessage `json:"input,omitempty"`
	// Cursor is the Next of the page before, empty for the first.
	Cursor string `json:"cursor"`
	// Limit is how many recipients are wanted.
	Limit int `json:"limit"`
}

// Page is a part of a list of recipients. No recipient may stand on two pages:
// an activity of the caller's own has to see to that, as nobody else knows all
// of its list.
type Page struct {
	Recipients Recipients `json:"recipients"`
	// Errors are what the list holds in the place of recipients. They go into the
	// report.
	Errors []sms.Error `json:"errors,omitempty"`
	// Next is the cursor of the page after; empty after the last.
	Next string `json:"next"`
}

// maxPageBytes bounds a page of a file. Written as JSON it may be six times as
// long, and Temporal takes 2 MB.
const maxPageBytes = 256 << 10

// ReadRecipients reads a page of a file below BROADCAST_DIR. A name that ends in
// .jsonl holds a recipient in each line, as smsTo has them; every other is CSV
// with a heading: column "to" is the number, the others are variables. What
// makes no sense is told in the page's Errors.
//
// A recipient that comes again in the file is given once. To know that, each
// page reads the file from its beginning.
func (a *Activities) ReadRecipients(ctx context.Context, in PageInput) (page Page, err error) {
	var from int64
	if in.Cursor != "" {
		if from, err = strconv.ParseInt(in.Cursor, 10, 64); err != nil || from < 0 {
			return page, invalid("%q is no cursor of a file", in.Cursor)
		}
	}
	root, err := a.files()
	if err != nil {
		return page, err
	}
	defer root.Close()
	file, r, err := openRecipients(root, in.File)
	if err != nil {
		return page, err
	}
	defer file.Close()
	known := make(addresses)
	region := cmp.Or(in.DefaultRegion, a.DefaultRegion)
	for size := 0; len(page.Recipients)+len(page.Errors) < in.Limit && size < maxPageBytes; {
		if ctx.Err() != nil {
			return page, ctx.Err()
		}
		line, wanted := r.line, r.offset >= from
		recipient, err := r.next(wanted)
		bad, isBad := errors.AsType[badRecord](err)
		switch {
		case errors.Is(err, io.EOF):
			return page, nil
		case errors.Is(err, errBlank):
		case isBad:
			if wanted {
				page.Errors = append(page.Errors, sms.Error{Code: sms.InvalidInput, Message: fmt.Sprintf("line %d of the file %v", line, bad)})
			}
		case err != nil:
			return page, err
		case !known.add(recipient.To, region) && wanted:
			page.Recipients = append(page.Recipients, recipient)
			size += len(recipient.To) + len(recipient.Variables)
		}
	}
	page.Next = strconv.FormatInt(r.offset, 10)
	return page, nil
}

// openRecipients opens a file and reads what stands before the recipients.
func openRecipients(root *os.Root, name string) (*os.File, *records, error) {
	file, err := root.Open(name)
	switch {
	case err == nil:
	case !filepath.IsLocal(name), errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return nil, nil, invalid("the file of recipients cannot be opened: %v", err)
	default: // a disk that is away may come back
		return nil, nil, fmt.Errorf("open the file of recipients: %w", err)
	}
	r, err := newRecords(file, path.Ext(name) != ".jsonl")
	if err != nil {
		_ = file.Close() // it was only read
		return nil, nil, err
	}
	return file, r, nil
}

// addresses is a set of phones, in one spelling each.
type addresses map[string]struct{}

// add puts an address into the set, and reports whether it was there. What is no
// address never is: it is for SendSms to tell of each.
func (set addresses) add(address, region string) (known bool) {
	to, err := readRecipient(address, region)
	if err != nil {
		return false
	}
	to = sms.Party(to)
	_, known = set[to]
	set[to] = struct{}{}
	return known
}

// RepeatedInput is a list of recipients.
type RepeatedInput struct {
	Recipients Recipients `json:"recipients"`
	// DefaultRegion is that of the send.
	DefaultRegion string `json:"defaultRegion,omitempty"`
}

// FindRepeated gives the places of the recipients that stand earlier in their
// list, however they are written. It is a local activity: how numbers are read
// depends on the worker's settings, and takes too long for a workflow.
func (a *Activities) FindRepeated(_ context.Context, in RepeatedInput) (repeated []int, _ error) {
	known := make(addresses, len(in.Recipients))
	region := cmp.Or(in.DefaultRegion, a.DefaultRegion)
	for place := range in.Recipients {
		if known.add(in.Recipients[place].To, region) {
			repeated = append(repeated, place)
		}
	}
	return repeated, nil
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
